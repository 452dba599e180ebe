/** Legacy map definitions of every length in use, with the words behind the fifth under their loaders' names. */
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { BtfBuilder } from "../../src/btf/index.js";
import { formatMaps, mapFacts } from "../../src/disasm/index.js";
import type { ObjectFile } from "../../src/object/index.js";

/** An object with a section `maps` of these definitions. */
function object(maps: Readonly<Record<string, readonly number[]>>): ObjectFile {
  const text = Object.entries(maps).map(
    ([name, words]) =>
      `\t.globl ${name}\n\t.type ${name},@object\n\t.size ${name},${4 * words.length}\n${name}:\t.4byte ${words.join(",")}\n`,
  );
  const { object: made, diagnostics } = assemble(`\t.section maps,"aw",@progbits\n${text.join("")}`);
  expect(diagnostics).toEqual([]);
  return made!;
}

const remarks = (maps: Readonly<Record<string, readonly number[]>>): (string | undefined)[] =>
  formatMaps(mapFacts(object(maps), undefined, []))
    .trim()
    .split("\n")
    .slice(1)
    .map((row) => row.split(/ {2,}/)[7]);

test("four and five words have nothing behind them, even when another map follows", () => {
  expect(remarks({ a: [1, 4, 8, 2], b: [1, 4, 8, 2, 1], c: [2, 4, 4, 1] })).toEqual([
    undefined,
    "NO_PREALLOC",
    undefined,
  ]);
});

test("iproute2's bpf_elf_map: id, pinning, inner_id, inner_idx", () => {
  const [outer, inner, pinned] = mapFacts(
    object({
      outer: [12, 4, 4, 8, 0, 1, 0, 7, 0],
      inner: [2, 4, 8, 1, 0, 7, 1, 0, 3],
      pinned: [1, 4, 8, 2, 0, 0, 2, 0, 0xffff_ffff],
    }),
    undefined,
    [],
  );
  expect(outer).toMatchObject({ typeName: "ARRAY_OF_MAPS", innerName: "inner" });
  expect(inner!.moreWords).toEqual([
    { name: "id", value: 7 },
    { name: "pinning", value: 1 },
    { name: "inner_id", value: 0 },
    { name: "inner_idx", value: 3 },
  ]);
  expect(formatMaps([outer!, inner!, pinned!])).toBe(`
Map     Section  Defined by  Type           Key  Value  Entries  Remarks
outer   maps     legacy      ARRAY_OF_MAPS  4    4      8        id 1, holds inner
inner   maps     legacy      ARRAY          4    8      1        id 7, pinned for the object, inner_idx 3
pinned  maps     legacy      HASH           4    8      2        pinned globally
`);
});

test("bpf_load.h's inner_map_idx and numa_node; aya's id and pinning have the same length", () => {
  expect(
    remarks({
      inner: [2, 4, 8, 1, 0],
      outer: [13, 4, 4, 8, 1, 0],
      node: [1, 4, 8, 2, 4, 0, 3],
      aya: [1, 4, 8, 2, 0, 5, 2],
    }),
  ).toEqual([undefined, "NO_PREALLOC, holds inner", "NUMA_NODE, node 3", "id 5, pinned globally"]);
});

test("an inner_id that no map has, and words nobody is known to read, stay numbers", () => {
  expect(remarks({ outer: [12, 4, 4, 8, 0, 0, 0, 9, 0], long: [1, 4, 8, 2, 0, 0, 6, 0, 0, 1] })).toEqual([
    "inner_id 9",
    "more words 0 6 0 0 1",
  ]);
});

test("BTF names the words of a loader's own struct", () => {
  const builder = new BtfBuilder();
  const type = builder.add({ kind: "int", name: "u32", size: 4, encoding: 0, offset: 0, bits: 32 });
  const names = ["type", "key_size", "value_size", "max_entries", "map_flags", "numa_node", "namespace"];
  const members = names.map((name, i) => ({ name, type, offset: 32 * i, bitfieldSize: 0 }));
  const struct = builder.add({ kind: "struct", name: "my_map_def", size: 28, kindFlag: false, members });
  builder.add({ kind: "var", name: "m", type: struct, linkage: 1 });
  const [map] = mapFacts(object({ m: [1, 4, 8, 2, 0, 2, 6] }), builder.build("little"), []);
  expect(map).toMatchObject({ numaNode: 2, moreWords: [{ name: "numa_node" }, { name: "namespace", value: 6 }] });
  expect(formatMaps([map!])).toMatch(/ 2 {8}node 2, namespace 6\n$/);
});
