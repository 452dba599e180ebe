import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { BtfBuilder, dedupBtf, mergeBtf, readBtf, type Btf } from "../../src/btf/index.js";
import { btfSections, corpusBtf } from "../support/btf.js";
import { corpusFiles, corpusMissing, corpusPath } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const int = { kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 } as const;
const member = (name: string, type: number, offset: number) => ({ name, type, offset, bitfieldSize: 0 });

/** struct A { int n; struct A *self; struct B *b; } with struct B known or only declared, and the other way round. */
function unit(full: "A" | "B"): Btf {
  const other = full === "A" ? "B" : "A";
  const builder = new BtfBuilder();
  builder.add(int); // 1
  const members = [member("n", 1, 0), member("self", 3, 64), member("other", 4, 128)];
  builder.add({ kind: "struct", name: full, size: 24, kindFlag: false, members }); // 2
  builder.add({ kind: "ptr", type: 2 }); // 3
  builder.add({ kind: "ptr", type: 5 }); // 4
  builder.add({ kind: "fwd", name: other, of: "struct" }); // 5
  return builder.build("little");
}

test("structs known in one unit each are joined", () => {
  const { btf: merged, shifts } = mergeBtf([unit("A"), unit("B"), unit("A")], "little");
  expect(shifts).toEqual([0, 5, 10]);
  const { btf, ids } = dedupBtf(merged);
  const a = btf.findByName("A", "struct")!;
  const b = btf.findByName("B", "struct")!;
  expect([...btf.types()].map(([, type]) => type.kind).toSorted()).toEqual(["int", "ptr", "ptr", "struct", "struct"]);
  expect([ids[2], ids[7], ids[12]]).toEqual([a, b, a]);
  expect([ids[5], ids[10]]).toEqual([b, a]);
  const pointers = [...btf.types()].flatMap(([, type]) => (type.kind === "ptr" ? [type.type] : []));
  expect(pointers.toSorted()).toEqual([a, b].toSorted());
});

test("types of one name that differ both stay", () => {
  const other = new BtfBuilder();
  other.add(int);
  other.add({ kind: "struct", name: "A", size: 8, kindFlag: false, members: [member("n", 1, 0), member("m", 1, 32)] });
  const { btf } = dedupBtf(mergeBtf([unit("A"), other.build("little")], "little").btf);
  expect([...btf.findAll("A", "struct")].length).toBe(2);
});

test("references that go in circles are refused", () => {
  const builder = new BtfBuilder();
  builder.add({ kind: "ptr", type: 2 });
  builder.add({ kind: "const", type: 1 });
  expect(() => dedupBtf(builder.build("little"))).toThrowError("refers to itself");
});

test.skipIf(corpusMissing !== "")(
  `deduplicating twice changes nothing, and merging with oneself neither${corpusMissing}`,
  () => {
    for (const { name, btf: bytes, endian } of corpusBtf()) {
      const once = dedupBtf(mergeBtf([readBtf(bytes)], endian).btf).btf;
      const again = dedupBtf(once);
      expect([...again.btf.types()], name).toEqual([...once.types()]);
      // Variables and data sections are never joined.
      const plain = [...once.types()].every(([, type]) => !["var", "datasec", "decl_tag"].includes(type.kind));
      if (!plain) continue;
      const twice = dedupBtf(mergeBtf([once, once], endian).btf);
      expect([...twice.btf.types()], name).toEqual([...once.types()]);
    }
  },
);

/** The C declarations of a file with BTF, one a string, sorted; variables and sections are not in it. */
function declarations(path: string): string[] {
  const { status, stdout } = runTool("bpftool", ["btf", "dump", "file", path, "format", "c"]);
  expect(status, path).toBe(0);
  return stdout.split("\n\n").toSorted();
}

/** How many types of each kind there are, but for functions, variables and sections, which a linker itself replaces. */
function kinds(btf: Btf): Record<string, number> {
  const count: Record<string, number> = {};
  for (const [, type] of btf.types()) {
    if (type.kind !== "var" && type.kind !== "datasec" && type.kind !== "func")
      count[type.kind] = (count[type.kind] ?? 0) + 1;
  }
  return count;
}

/** libbpf before 1.2 leaves a forward declaration alone that no compared struct refers to, though the struct is there. */
function hasLoneForward(btf: Btf): boolean {
  return [...btf.types()].some(([, type]) => type.kind === "fwd" && [...btf.findAll(type.name, type.of)].length === 1);
}

const skipped = corpusMissing + toolMissing("bpftool");

test.skipIf(skipped !== "")(`the same types stay as with bpftool gen object${skipped}`, () => {
  inScratchFolder((folder) => {
    const objects = corpusFiles("objects/own/obj", ".c22.v3.o").map(corpusPath);
    const pairs = objects.flatMap((one, i) => objects.slice(i + 1).map((other) => [one, other]));
    let compared = 0;
    let newer = 0;
    for (const pair of [...pairs, objects]) {
      const linked = join(folder, "linked.o");
      if (runTool("bpftool", ["gen", "object", linked, ...pair]).status !== 0) continue;
      const inputs = pair.map((path) => readBtf(btfSections(path, readFileSync(path))!.btf));
      const ours = dedupBtf(mergeBtf(inputs, "little").btf).btf;
      const theirs = readBtf(btfSections(linked, readFileSync(linked))!.btf);
      if (hasLoneForward(theirs)) {
        newer++;
        expect(kinds(ours), pair.join()).toEqual(kinds(dedupBtf(theirs).btf));
        continue;
      }
      const file = join(folder, "ours.btf");
      writeFileSync(file, ours.bytes);
      expect(kinds(ours), pair.join()).toEqual(kinds(theirs));
      expect(declarations(file), pair.join()).toEqual(declarations(linked));
      compared++;
    }
    console.log(`dedup: ${compared} + ${newer} links of ${objects.length} objects compared with bpftool gen object`);
    expect(compared).toBeGreaterThan(30);
  });
});

test.skipIf(corpusMissing !== "")(`mutated BTF gives structured errors only${corpusMissing}`, () => {
  const inputs = corpusBtf().map((object) => object.btf);
  const count = fuzz(fuzzRounds(1500), (random) => {
    const bytes = random.pick(inputs).slice();
    for (let n = random.between(1, 6); n > 0; n--) bytes[24 + random.below(bytes.length - 24)] = random.below(32);
    dedupBtf(mergeBtf([readBtf(bytes), readBtf(random.pick(inputs))], "little").btf);
  });
  expect(count.refused).toBeGreaterThan(0);
  expect(count.accepted).toBeGreaterThan(0);
});
