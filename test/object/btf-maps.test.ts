import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { MapType } from "../../src/isa/index.js";
import { imageOf, readObject, type ObjectFile } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, readCorpus, readCorpusText } from "../support/corpus.js";

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
