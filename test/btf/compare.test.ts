import { expect, test } from "vitest";
import { BtfBuilder, compareTypes, readBtf, type BtfMember } from "../../src/btf/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing } from "../support/corpus.js";

const int = (name: string, size: number, encoding: number) =>
  ({ kind: "int", name, size, encoding, offset: 0, bits: 8 * size }) as const;
const field = (name: string, type: number, offset: number): BtfMember => ({ name, type, offset, bitfieldSize: 0 });

const builder = new BtfBuilder();
const signed = builder.add(int("int", 4, 1));
const unsigned = builder.add(int("unsigned int", 4, 0));
const long = builder.add(int("long", 8, 1));
const four = builder.add({ kind: "array", type: signed, indexType: unsigned, nelems: 4 });
const eight = builder.add({ kind: "array", type: signed, indexType: unsigned, nelems: 8 });
const struct = (name: string, members: BtfMember[]) =>
  builder.add({ kind: "struct", name, size: 16, kindFlag: false, members });
const s = struct("s", [field("a", signed, 0), field("b", four, 64)]);
const moved = struct("s", [field("a", signed, 32), field("c", eight, 64)]);
const q = struct("q", []);
const fwd = builder.add({ kind: "fwd", name: "s", of: "struct" });
const [toS, toMoved, toQ, toFwd, toInt] = [s, moved, q, fwd, signed].map((type) => builder.add({ kind: "ptr", type }));
const toVoid = builder.add({ kind: "ptr", type: 0 });
const colour = builder.add({
  kind: "enum",
  name: "colour",
  size: 4,
  signed: false,
  values: [{ name: "RED", value: 1 }],
});
const const4 = builder.add({ kind: "const", type: signed });
const node = builder.nextId;
struct("node", [field("next", node + 1, 0), field("value", long, 64)]);
builder.add({ kind: "ptr", type: node });
const btf = builder.build("little");

test("layout differences and differences of meaning are told apart, with both sides", () => {
  const differ = (left: number, right: number): string[] =>
    compareTypes(btf, left, btf, right).map(
      ({ what, layout, path, left: l, right: r }) => `${layout ? "layout" : "meaning"} ${path} ${what} ${l}/${r}`,
    );
  expect(differ(signed, const4)).toEqual([]);
  expect(differ(signed, unsigned)).toEqual(["meaning  signedness signed/unsigned"]);
  expect(differ(signed, long)).toEqual(["layout  size 4/8"]);
  expect(differ(four, eight)).toEqual(["meaning  array-length 4/8"]);
  expect(differ(s, moved)).toEqual([
    "layout a member-offset 0/32",
    "layout b member-name b/c",
    "meaning b array-length 4/8",
  ]);
  expect(differ(signed, four)).toEqual(["layout  kind int int/array"]);
  expect(differ(toS!, toMoved!)).toEqual([]);
  expect(differ(toS!, toFwd!)).toEqual([]);
  expect(differ(toS!, toQ!)).toEqual(["layout * name s/q"]);
  expect(differ(toS!, toInt!)).toEqual(["layout * kind struct s/int int"]);
  expect(differ(toS!, toVoid)).toEqual(["meaning * pointee struct s/void"]);
  expect(differ(toVoid, toVoid)).toEqual([]);
  expect(differ(colour, unsigned)).toEqual(["meaning  enumerators RED=1/int unsigned int"]);
  expect(differ(long, colour)).toEqual(["layout  size 8/4", "meaning  enumerators int long/RED=1"]);
  expect(differ(node, node)).toEqual([]);
});

test.skipIf(corpusMissing !== "")(`every corpus type is the same as itself in another copy${corpusMissing}`, () => {
  let compared = 0;
  for (const { name, btf: bytes } of corpusBtf()) {
    const one = readBtf(bytes);
    const other = readBtf(bytes);
    for (const [id, type] of one.types()) {
      expect(compareTypes(one, id, other, id), `${name} [${id}] ${type.kind}`).toEqual([]);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(5000);
});
