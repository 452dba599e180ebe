import { expect, test } from "vitest";
import fc from "fast-check";
import {
  addMapSection,
  BtfBuilder,
  readBtf,
  readMapDefinitions,
  type Btf,
  type BtfMember,
} from "../../src/btf/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing } from "../support/corpus.js";
import { fuzzRounds } from "../support/fuzz.js";

function codes(act: () => unknown): string[] {
  try {
    act();
  } catch (error) {
    if (error instanceof BpfkitError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
  return [];
}

/** BTF with one map `m` whose definition has the members that `make` adds. */
function mapWith(make: (builder: BtfBuilder, int: number) => readonly [name: string, type: number][]): Btf {
  const builder = new BtfBuilder();
  const int = builder.add({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
  const members = make(builder, int).map(([name, type], i): BtfMember => ({
    name,
    type,
    offset: 64 * i,
    bitfieldSize: 0,
  }));
  const size = 8 * members.length;
  const struct = builder.add({ kind: "struct", name: "", size, kindFlag: false, members });
  const variable = builder.add({ kind: "var", name: "m", type: struct, linkage: 1 });
  builder.add({ kind: "datasec", name: ".maps", size, vars: [{ type: variable, offset: 0, size }] });
  return builder.build("little");
}

function uint(builder: BtfBuilder, int: number, value: number): number {
  return builder.add({ kind: "ptr", type: builder.add({ kind: "array", type: int, indexType: int, nelems: value }) });
}

const type: (builder: BtfBuilder, int: number) => [string, number] = (builder, int) => ["type", uint(builder, int, 1)];

test("an unknown member, a member of the wrong kind and contradicting sizes are errors that name the map", () => {
  expect(
    codes(() => readMapDefinitions(mapWith((b, int) => [type(b, int), ["max_entires", uint(b, int, 1)]]))),
  ).toEqual(["btf-map-member"]);
  expect(codes(() => readMapDefinitions(mapWith((b, int) => [type(b, int), ["max_entries", int]])))).toEqual([
    "btf-map-field",
  ]);
  const twice = mapWith((b, int) => [
    type(b, int),
    ["key_size", uint(b, int, 8)],
    ["key", b.add({ kind: "ptr", type: int })],
  ]);
  expect(() => readMapDefinitions(twice)).toThrow(
    "in the definition of map m, key gives 4 bytes, but another member gives 8",
  );
  expect(codes(() => readMapDefinitions(mapWith((b, int) => [type(b, int), ["pinning", uint(b, int, 2)]])))).toEqual([
    "btf-map-field",
  ]);
  expect(codes(() => readMapDefinitions(mapWith((b, int) => [["max_entries", uint(b, int, 2)]])))).toEqual([
    "btf-map-field",
  ]);
  expect(codes(() => readMapDefinitions(mapWith((_, int) => [["type", int + 1000]])))).toEqual(["btf-type-id"]);
});

test("types that go in circles end in an error", () => {
  const circle = mapWith((b, int) => {
    const self = b.nextId;
    b.add({ kind: "typedef", name: "t", type: self });
    return [type(b, int), ["key", b.add({ kind: "ptr", type: self })]];
  });
  expect(codes(() => readMapDefinitions(circle))).toEqual(["btf-loop"]);
});

test("map_extra is a number or the value of an enumeration; pinning is by name; the node is told", () => {
  const btf = mapWith((b, int) => [
    type(b, int),
    [
      "map_extra",
      b.add({ kind: "enum64", name: "", size: 8, signed: false, values: [{ name: "x", value: 1n << 40n }] }),
    ],
    ["pinning", uint(b, int, 1)],
    ["numa_node", uint(b, int, 3)],
  ]);
  expect(readMapDefinitions(btf)).toMatchObject([{ name: "m", extra: 1n << 40n, pinning: "by-name", numaNode: 3 }]);
});

const mapsObjects = corpusBtf().filter(({ name }) => /own\/obj\/maps_btf\./.test(name));

test.skipIf(corpusMissing !== "")(`the maps of c/maps_btf.c, from every compiler${corpusMissing}`, () => {
  expect(new Set(mapsObjects.map(({ endian }) => endian)).size).toBe(2);
  for (const { name, btf, endian } of mapsObjects) {
    const maps = new Map(readMapDefinitions(readBtf(btf, { file: name, endian })).map((map) => [map.name, map]));
    expect(maps.size, name).toBe(23);
    expect(maps.get("hash"), name).toMatchObject({ type: 1, keySize: 8, valueSize: 24, maxEntries: 128, flags: 0 });
    expect(maps.get("array"), name).toMatchObject({ type: 2, keySize: 4, valueSize: 24, maxEntries: 4 });
    expect(maps.get("lpm"), name).toMatchObject({ type: 11, keySize: 8, valueSize: 4, maxEntries: 8, flags: 1 });
    expect(maps.get("bloom"), name).toMatchObject({ type: 30, keySize: 0, valueSize: 8, maxEntries: 32, extra: 3n });
    expect(maps.get("stk"), name).toMatchObject({ type: 7, keySize: 4, valueSize: 160, keyTypeId: 0, valueTypeId: 0 });
  }
});

const arbitraryMap = fc.record({
  name: fc.stringMatching(/^[a-z_]{1,20}$/),
  type: fc.integer({ min: 1, max: 40 }),
  keySize: fc.nat(),
  valueSize: fc.nat(),
  maxEntries: fc.integer({ min: 0, max: 0xffff_ffff }),
  flags: fc.integer({ min: 0, max: 0xffff_ffff }),
  extra: fc.bigInt({ min: 0n, max: (1n << 64n) - 1n }),
  pinning: fc.constantFrom("none", "by-name"),
  numaNode: fc.nat(100),
});

test("added map definitions read back, in both byte orders", () => {
  const property = fc.property(fc.array(arbitraryMap, { maxLength: 8 }), fc.boolean(), (maps, big) => {
    const wanted = maps.map((map, i) => ({
      ...map,
      offset: 128 * i,
      size: 80,
      keyTypeId: 0,
      valueTypeId: 0,
      inner: undefined,
    }));
    const builder = new BtfBuilder();
    addMapSection(builder, wanted);
    expect(readMapDefinitions(builder.build(big ? "big" : "little"))).toEqual(wanted);
  });
  fc.assert(property, { numRuns: fuzzRounds(200) });
});

test.skipIf(corpusMissing !== "")(`corpus definitions added to their own types read back${corpusMissing}`, () => {
  let count = 0;
  for (const { name, btf: bytes } of corpusBtf()) {
    const btf = readBtf(bytes, { file: name });
    if (codes(() => readMapDefinitions(btf)).length > 0) continue;
    const definitions = readMapDefinitions(btf).map((map, i) => ({ ...map, offset: 96 * i }));
    const builder = new BtfBuilder();
    for (const [, each] of btf.types()) {
      builder.add(each.kind === "datasec" && each.name === ".maps" ? { ...each, name: ".old" } : each);
    }
    addMapSection(builder, definitions);
    const again = readMapDefinitions(builder.build(btf.endian));
    const withoutSize = definitions.map((map) => ({ ...map, size: 0, inner: map.inner && { ...map.inner, size: 0 } }));
    expect(
      again.map((map) => ({ ...map, size: 0, inner: map.inner && { ...map.inner, size: 0 } })),
      name,
    ).toEqual(withoutSize);
    count += definitions.length;
  }
  expect(count).toBeGreaterThan(300);
});

test("maps of maps have the definition of the inner map, which must not have contents itself", () => {
  const base = { offset: 0, size: 0, keySize: 4, flags: 0, extra: 0n, pinning: "none", numaNode: 0 } as const;
  const none = { keyTypeId: 0, valueTypeId: 0, inner: undefined };
  const inner = { ...base, ...none, name: "outer.inner", type: 2, valueSize: 8, maxEntries: 5 };
  const outer = { ...base, ...none, name: "outer", type: 12, valueSize: 4, maxEntries: 3 };
  const builder = new BtfBuilder();
  addMapSection(builder, [{ ...outer, inner }]);
  expect(readMapDefinitions(builder.build("little"))).toMatchObject([
    { ...outer, size: 32, inner: { ...inner, size: 32 } },
  ]);
  const deep = new BtfBuilder();
  addMapSection(deep, [{ ...outer, inner: { ...inner, inner } }]);
  expect(codes(() => readMapDefinitions(deep.build("little")))).toEqual(["btf-map-field"]);
  const overlapping = [{ ...outer }, { ...outer, name: "b", offset: 8 }];
  expect(codes(() => addMapSection(new BtfBuilder(), overlapping))).toEqual(["btf-map-overlap"]);
});
