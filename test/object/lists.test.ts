/** Symbols and relocations as rows say what the records said; copies of what was made from rows have records of their own. */
import { expect, test } from "vitest";
import { objectOf, RelocationList, relocationRows, sectionOf, symbolRows } from "../../src/object/lists.js";
import { readObject, relocKinds, writeObject } from "../../src/object/index.js";
import { noFlags, type ObjectFile, type ObjectSymbol, type Relocation, type Section } from "../../src/object/types.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import type { Random } from "../support/random.js";

const addends = [
  0n,
  1n,
  -1n,
  0x7fff_ffffn,
  0x8000_0000n,
  -0x8000_0000n,
  -0x8000_0001n,
  1n << 63n,
  -(1n << 63n),
  1n << 70n,
];
const sizes = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0x1_0000_0000, Number.MAX_SAFE_INTEGER];

function relocation(random: Random): Relocation {
  const offset = random.pick([0, 8, 0x7fff_ffff, 0xffff_fff8]);
  return { offset, kind: random.pick(relocKinds), symbol: random.below(50), addend: random.pick(addends) };
}

function symbol(random: Random): ObjectSymbol {
  return {
    name: random.pick(["", "a", "naïve", "x\ufffdy"]),
    home: random.pick([
      { kind: "undefined" },
      { kind: "section", section: random.below(9), offset: random.pick(sizes) },
      { kind: "absolute", value: random.pick(addends) },
      { kind: "common", align: random.pick(sizes) },
    ] as const),
    size: random.pick(sizes),
    binding: random.pick(["local", "global", "weak"] as const),
    type: random.pick(["notype", "object", "func", "section", "file", "common", "tls", 10, 77] as const),
    visibility: random.pick(["default", "internal", "hidden", "protected"] as const),
  };
}

function sectionWith(relocations: readonly Relocation[]): Section {
  const data = new Uint8Array(64);
  for (let at = 0; at < data.length; at += 8) data[at] = 0x85;
  const flags = { ...noFlags, alloc: true, exec: true };
  return {
    name: ".text",
    type: "progbits",
    flags,
    align: 8,
    entsize: 0,
    size: 64,
    data,
    relocations,
    group: -1,
    linkedTo: -1,
  };
}

test("records become rows and rows records without a change", () => {
  fuzz(fuzzRounds(300), (random) => {
    const relocations = Array.from({ length: random.below(20) }, () => relocation(random));
    expect(relocationRows(sectionWith(relocations)).records()).toEqual(relocations);
    const symbols = Array.from({ length: random.below(20) }, () => symbol(random));
    const object: ObjectFile = { file: "x", endian: "little", flags: 0, sections: [], symbols, groups: [] };
    expect(symbolRows(object).records()).toEqual(symbols);
  });
});

test("rows are sorted by offset, those of one place in their order", () => {
  fuzz(fuzzRounds(100), (random) => {
    const list = new RelocationList();
    const relocations = Array.from({ length: 30 }, (_, symbol): Relocation => {
      return { offset: 8 * random.below(10), kind: "call_imm32", symbol, addend: random.pick(addends) };
    });
    for (const each of relocations) list.add(each);
    list.sort();
    expect(list.records()).toEqual(relocations.toSorted((a, b) => a.offset - b.offset));
  });
});

test("a changed copy of what was made from rows is written as it says", () => {
  const list = new RelocationList();
  list.add({ offset: 8, kind: "call_imm32", symbol: 0, addend: 0n });
  const section = sectionOf({ ...sectionWith([]) }, list);
  const named = (name: string): ObjectSymbol => {
    return { name, home: { kind: "undefined" }, size: 0, binding: "global", type: "notype", visibility: "default" };
  };
  const made: ObjectFile = { file: "x", endian: "little", flags: 0, sections: [], symbols: [named("a")], groups: [] };
  const object = objectOf({ file: "x", endian: "little", flags: 0, sections: [section], groups: [] }, symbolRows(made));
  const read = (each: ObjectFile): unknown[] => {
    const { symbols, sections } = readObject(writeObject(each));
    return [symbols.map(({ name }) => name), sections[0]!.relocations.map(({ offset }) => offset)];
  };
  expect(read(object)).toEqual([["a"], [8]]);
  const changed: Section = { ...section, relocations: [{ ...section.relocations[0]!, offset: 16 }] };
  expect(read({ ...object, sections: [changed] })).toEqual([["a"], [16]]);
  expect(read({ ...object, symbols: [named("b")] })).toEqual([["b"], [8]]);
});
