import { expect, test } from "vitest";
import {
  BtfBuilder,
  diffBtf,
  readBtf,
  typeText,
  writeDiff,
  type Btf,
  type BtfType,
  type TypeChange,
} from "../../src/btf/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing } from "../support/corpus.js";
import { fuzz } from "../support/fuzz.js";
import { expectGolden } from "../support/golden.js";

/** A small kernel; `fresh` is the next release of it. */
function kernel(fresh: boolean): Btf {
  const builder = new BtfBuilder();
  const add = (type: BtfType): number => builder.add(type);
  const pick = <Value>(old: Value, now: Value): Value => (fresh ? now : old);
  const member = (name: string, type: number, offset: number, bitfieldSize = 0) => ({
    name,
    type,
    offset,
    bitfieldSize,
  });
  const struct = (name: string, size: number, members: ReturnType<typeof member>[]): number =>
    add({ kind: "struct", name, size, members, kindFlag: members.some(({ bitfieldSize }) => bitfieldSize > 0) });
  if (fresh) struct("brand_new", 0, []);
  const int = add({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
  const u32 = add({ kind: "int", name: "unsigned int", size: 4, encoding: 0, offset: 0, bits: 32 });
  const long = add({ kind: "int", name: "long", size: 8, encoding: 1, offset: 0, bits: 64 });
  add({ kind: "int", name: "char", size: 1, encoding: pick(1, 0), offset: 0, bits: 8 });
  const typed = add({ kind: "typedef", name: "u32", type: u32 });
  const one = struct("one", 4, [member("a", int, 0)]);
  const two = struct("two", 4, [member("a", int, 0)]);
  const toOne = add({ kind: "ptr", type: one });
  const toTwo = add({ kind: "ptr", type: two });
  const toVoid = add({ kind: "ptr", type: 0 });
  const array = add({ kind: "array", type: int, indexType: int, nelems: pick(4, 8) });
  const pair = struct("", 8, [member("x", int, 0), ...pick([member("y", int, 32)], [])]);
  const union = add({
    kind: "union",
    name: "",
    size: 8,
    kindFlag: false,
    members: [member("whole", long, 0), member("pair", pair, 0)],
  });
  struct("task", pick(72, 96), [
    member("pid", int, 0),
    member("flags", u32, pick(32, 64), pick(3, 4)),
    member("", union, 128),
    member("wider", pick(int, long), 192),
    member("spelled", pick(u32, typed), 256),
    member("sign", pick(int, u32), 288),
    member("parent", pick(toOne, toTwo), 320),
    member("any", pick(toVoid, toTwo), 384),
    member("other", pick(int, toOne), 448),
    ...pick([member("gone", int, 512)], [member("added", int, 512)]),
    member("array", array, 576),
  ]);
  const values = [
    { name: "IDLE", value: 0 },
    { name: "RUN", value: pick(1, 2) },
  ];
  add({
    kind: "enum",
    name: "state",
    size: 4,
    signed: false,
    values: [...values, { name: pick("DEAD", "BORN"), value: 3 }],
  });
  const params = [
    { name: "task", type: toOne },
    { name: pick("size", "length"), type: pick(int, long) },
  ];
  const proto = add({
    kind: "func_proto",
    type: pick(0, int),
    params: [...params, ...pick([], [{ name: "more", type: int }])],
  });
  add({ kind: "func", name: "do_it", type: proto, linkage: pick(0, 1) });
  const call = add({ kind: "func_proto", type: int, params: [{ name: "", type: pick(toOne, toTwo) }] });
  add({ kind: "typedef", name: "callback", type: add({ kind: "ptr", type: call }) });
  add({ kind: "var", name: "jiffies", type: pick(int, long), linkage: 1 });
  if (!fresh) struct("abandoned", 4, [member("a", int, 0)]);
  return builder.build("little");
}

function textOf(changes: readonly TypeChange[]): string {
  const parts: string[] = [];
  writeDiff(changes, (text) => parts.push(text));
  return parts.join("");
}

test("each kind of difference is told, with whom it breaks", () => {
  expectGolden("btf/diff.txt", textOf(diffBtf(kernel(false), kernel(true))));
});

test("nothing differs between a BTF and itself", () => {
  expect(diffBtf(kernel(false), kernel(false))).toEqual([]);
  expect(textOf([])).toBe("");
});

test("differences are plain data", () => {
  const changes = diffBtf(kernel(false), kernel(true));
  const state = changes.find(({ name }) => name === "state");
  expect(state).toEqual({
    kind: "enum",
    name: "state",
    change: "changed",
    breaks: "core",
    changes: [
      { what: "value-changed", name: "RUN", old: "1", new: "2", breaks: "layout" },
      { what: "value-removed", name: "DEAD", old: "3", new: undefined, breaks: "core" },
      { what: "value-added", name: "BORN", old: undefined, new: "3", breaks: "nothing" },
    ],
  });
  expect(changes.find(({ name }) => name === "abandoned")).toMatchObject({ change: "removed", breaks: "core" });
  expect(changes.find(({ name }) => name === "brand_new")).toMatchObject({ change: "added", breaks: "nothing" });
});

test("of several types of one name equal ones belong together", () => {
  const make = (sizes: readonly number[]): Btf => {
    const builder = new BtfBuilder();
    for (const size of sizes) builder.add({ kind: "struct", name: "s", size, kindFlag: false, members: [] });
    return builder.build("big");
  };
  expect(diffBtf(make([1, 2, 3]), make([3, 1, 2]))).toEqual([]);
  expect(textOf(diffBtf(make([1, 2, 3]), make([3, 4, 1])))).toContain("~ struct s\n    ~ size: 2 -> 4");
  expect(diffBtf(make([1, 2]), make([2]))).toMatchObject([{ change: "removed" }]);
  expect(diffBtf(make([1]), make([2, 1, 3])).map(({ change }) => change)).toEqual(["added", "added"]);
});

test("a member that moves into a member without a name keeps its name", () => {
  const make = (wrapped: boolean): Btf => {
    const builder = new BtfBuilder();
    const int = builder.add({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
    const members = [{ name: "a", type: int, offset: 0, bitfieldSize: 0 }];
    const union = builder.add({ kind: "union", name: "", size: 4, kindFlag: false, members });
    const held = wrapped ? [{ name: "", type: union, offset: 0, bitfieldSize: 0 }] : members;
    builder.add({ kind: "struct", name: "s", size: 4, kindFlag: false, members: held });
    return builder.build("little");
  };
  expect(diffBtf(make(false), make(true))).toEqual([]);
});

test("types as C spells them", () => {
  const btf = kernel(true);
  const callback = btf.type(btf.findByName("callback")!);
  expect(typeText(btf, callback.kind === "typedef" ? callback.type : 0)).toBe("int (*)(struct two *)");
  expect(typeText(btf, btf.findByName("task")!, "t")).toBe("struct task t");
  expect(typeText(btf, 0)).toBe("void");
});

test.skipIf(corpusMissing !== "")(`no corpus object differs from itself${corpusMissing}`, () => {
  for (const { name, btf: bytes } of corpusBtf()) {
    const btf = readBtf(bytes);
    expect(diffBtf(btf, btf), name).toEqual([]);
  }
});

/** Structs of random members, told by their numbers; an edit changes one thing of one of them. */
interface Plan {
  readonly structs: { members: { name: string; type: number; offset: number }[]; size: number }[];
  readonly values: { name: string; value: number }[];
}

function build({ structs, values }: Plan): Btf {
  const builder = new BtfBuilder();
  for (const [name, size, encoding] of [
    ["int", 4, 1],
    ["unsigned int", 4, 0],
    ["long", 8, 1],
  ] as const) {
    builder.add({ kind: "int", name, size, encoding, offset: 0, bits: 8 * size });
  }
  for (const [i, { members, size }] of structs.entries()) {
    const own = members.map((each) => ({ ...each, bitfieldSize: 0 }));
    builder.add({ kind: "struct", name: `s${i}`, size, kindFlag: false, members: own });
  }
  builder.add({ kind: "enum", name: "e", size: 4, signed: false, values });
  return builder.build("little");
}

test("each single edit is found, and nothing else", () => {
  fuzz(300, (random) => {
    const plan = (): Plan => ({ structs: [], values: [] });
    const before = plan();
    for (let i = 0; i < 4; i++) {
      const members = Array.from({ length: random.between(2, 6) }, (_, n) => {
        return { name: `m${n}`, type: random.between(1, 3), offset: 64 * n };
      });
      before.structs.push({ members, size: 8 * members.length });
    }
    for (let i = 0; i < 5; i++) before.values.push({ name: `V${i}`, value: i });
    const after = structuredClone(before);
    const struct = random.below(4);
    const member = random.pick(after.structs[struct]!.members);
    const { name } = member;
    const expected = ((): string => {
      switch (random.below(6)) {
        case 0:
          member.offset += 32;
          return `s${struct} member-moved ${name} layout`;
        case 1:
          after.structs[struct]!.members = after.structs[struct]!.members.filter((each) => each !== member);
          return `s${struct} member-removed ${name} core`;
        case 2:
          after.structs[struct]!.members.push({ name: "fresh", type: 1, offset: 0 });
          return `s${struct} member-added fresh nothing`;
        case 3:
          after.structs[struct]!.size += 8;
          return `s${struct} size  layout`;
        case 4:
          after.values[2]!.value = 77;
          return "e value-changed V2 layout";
        default:
          after.values.splice(2, 1);
          return "e value-removed V2 core";
      }
    })();
    const found = diffBtf(build(before), build(after)).flatMap(({ name: type, changes }) =>
      changes.map((each) => `${type} ${each.what} ${each.name} ${each.breaks}`),
    );
    expect(found).toEqual([expected]);
  });
});
