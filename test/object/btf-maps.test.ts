import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { MapType } from "../../src/isa/index.js";
import { imageOf, readObject, type ImageMap, type ObjectFile } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, readCorpus, readCorpusText } from "../support/corpus.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const objects = corpusObjects().filter((name) => /own\/obj\/maps_btf\.c(14|22)\.(v\d|eb|dwarf5)\.o$/.test(name));

function read(name: string): ObjectFile {
  return readObject(readCorpus(name), { file: name });
}

function diagnosticsOf(object: ObjectFile): readonly { code: string; message: string }[] {
  try {
    imageOf(object);
  } catch (error) {
    if (error instanceof BpfkitError) return error.diagnostics;
    throw error;
  }
  return [];
}

/** Name -> type and number of entries, from the lines of the C source. */
function mapsOfSource(): Map<string, { type: number; maxEntries: number }> {
  const text = readCorpusText("c/maps_btf.c");
  const maps = new Map<string, { type: number; maxEntries: number }>();
  const add = (name: string, type: string, entries: string | undefined): void => {
    const number = MapType[`BPF_MAP_TYPE_${type}` as keyof typeof MapType];
    maps.set(name, { type: number, maxEntries: Number(entries ?? 0) });
  };
  for (const [, name, type, entries] of text.matchAll(/\bM\((\w+),([A-Z_]+),[^,]+,[^,]+,(\d+)\)/g)) {
    add(name!, type!, entries);
  }
  for (const [, type, rest, name] of text.matchAll(/__uint\(type,BPF_MAP_TYPE_([A-Z_]+)\);([^}]*)\} ?(\w+) SEC/g)) {
    add(name!, type!, /max_entries,(\d+)/.exec(rest!)?.[1]);
  }
  return maps;
}

test.skipIf(corpusMissing !== "")(
  `images have the maps of the C source, patched where code uses them${corpusMissing}`,
  () => {
    const wanted = mapsOfSource();
    expect(wanted.size).toBe(23);
    expect(objects.length).toBeGreaterThan(5);
    for (const name of objects) {
      const image = imageOf(read(name));
      const found = image.maps.map((map): [string, object] => [
        map.name,
        { type: map.type, maxEntries: map.maxEntries },
      ]);
      expect(new Map(found), name).toEqual(wanted);
      const size = (map: string): number[] =>
        image.maps.filter((m) => m.name === map).flatMap((m) => [m.keySize, m.valueSize]);
      expect([size("hash"), size("q"), size("stk")], name).toEqual([
        [8, 24],
        [0, 8],
        [4, 160],
      ]);
      const used = new Set(
        image.patches.filter(({ kind }) => kind === "map").map(({ target }) => image.maps[target]!.name),
      );
      expect([...used].toSorted(), name).toEqual(["array", "hash", "lru", "q", "st"]);
    }
  },
);

const mapsOfMaps = `
#define __uint(name, val) int (*name)[val]
#define __type(name, val) typeof(val) *name
#define __array(name, val) typeof(val) *name[]
#define SEC(name) __attribute__((section(name), used))
struct inner { __uint(type, 2); __type(key, int); __type(value, long); __uint(max_entries, 7); };
struct inner one SEC(".maps");
int f(void *c);
struct { __uint(type, 12); __uint(max_entries, 3); __type(key, int); __array(values, struct inner); } outer SEC(".maps")
INIT;
SEC("xdp") int f(void *c) { int k = 0; return ((void *(*)(void *, void *))1)(&outer, &k) != 0; }
`;

const clangMissing = toolMissing("clang-22");

test.skipIf(clangMissing !== "")(`maps of maps have a template, and maps at their entries${clangMissing}`, () => {
  const compiled = (init: string): ObjectFile =>
    inScratchFolder((folder) => {
      const source = join(folder, "m.c");
      const output = join(folder, "m.o");
      writeFileSync(source, mapsOfMaps.replace("INIT", init));
      const flags = ["--target=bpf", "-O2", "-g", "-w", "-c", source, "-o", output];
      const { status, stderr } = runTool("clang-22", flags);
      expect(status, stderr).toBe(0);
      return readObject(new Uint8Array(readFileSync(output)), { file: "m.o" });
    });
  const outer = (init: string): ImageMap => imageOf(compiled(init)).maps.find(({ name }) => name === "outer")!;
  expect(outer("")).toMatchObject({ valueSize: 4, inner: { type: 2, keySize: 4, valueSize: 8, maxEntries: 7 } });
  expect(outer("").values).toBeUndefined();
  const { maps } = imageOf(compiled("= { .values = { [1] = &one, [2] = &one } }"));
  const one = maps.findIndex(({ name }) => name === "one");
  expect(maps.find(({ name }) => name === "outer")!.values).toEqual([
    { index: 1, target: one },
    { index: 2, target: one },
  ]);
  const messages = (init: string): string[] => diagnosticsOf(compiled(init)).map(({ message }) => message);
  expect(messages("= { .values = { [3] = &one } }")).toEqual([
    "the initial contents of map outer are wrong: entry 3 is behind its 3 entries",
  ]);
  expect(messages("= { .values = { (void *)f } }")).toEqual([
    "the initial contents of map outer are wrong: entry 0, f, is no map",
  ]);
});

test.skipIf(corpusMissing !== "")(`without .BTF, or with a broken one, the error names a map${corpusMissing}`, () => {
  const good = read(objects[0]!);
  const without = good.sections.map((each) => (each.name === ".BTF" ? { ...each, name: "other" } : each));
  expect(diagnosticsOf({ ...good, sections: without })).toMatchObject([
    { code: "image-btf-maps", message: expect.stringContaining("there is no section .BTF") as unknown },
  ]);
  const broken = good.sections.map((each) => (each.name === ".BTF" ? { ...each, data: each.data.slice(0, 60) } : each));
  expect(diagnosticsOf({ ...good, sections: broken }).map(({ code }) => code)).toEqual([
    "image-btf-maps",
    "btf-header",
  ]);
});

test.skipIf(corpusMissing !== "")(
  `every intact object's .maps are read, or refused for a stated reason${corpusMissing}`,
  () => {
    let images = 0;
    const reasons = new Map<string, number>();
    for (const name of corpusObjects()) {
      if (name.includes("/corrupt/")) continue;
      try {
        const object = read(name);
        if (!object.sections.some((each) => each.name === ".maps")) continue;
        if (imageOf(object).maps.length > 0) images++;
      } catch (error) {
        if (!(error instanceof BpfkitError)) throw error;
        const { code, message } = error.diagnostics[0]!;
        const reason = code === "image-btf-maps" ? message.replace(/map \S+/, "map") : code;
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
      }
    }
    console.log(`.maps: ${images} images, refused:`, Object.fromEntries(reasons));
    expect(images).toBeGreaterThan(40);
  },
);
