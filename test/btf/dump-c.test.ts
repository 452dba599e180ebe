import { expect, test } from "vitest";
import { BtfBuilder, readBtf, writeC, type Btf, type BtfType } from "../../src/btf/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { corpusBtf, readVmlinux, vmlinuxMissing } from "../support/btf.js";
import { assertLayouts, compareLayouts, compile, headerOf } from "../support/btf-layout.js";
import { corpusMissing } from "../support/corpus.js";
import { fuzzRounds } from "../support/fuzz.js";
import { expectGolden } from "../support/golden.js";
import { toolMissing } from "../support/tools.js";

const clang = toolMissing("clang-22");
const kernel = vmlinuxMissing + clang;

test.skipIf(kernel !== "")(`the kernel's header compiles and lays out every struct as the kernel does${kernel}`, () => {
  const btf = readBtf(readVmlinux());
  const { asserted, errors } = assertLayouts(btf);
  expect(errors).toBe("");
  // The compiler takes 15 seconds for the types of all: with BPFKIT_FUZZ.
  const { compared, problems } = compareLayouts(btf, ["-Wall", "-Werror"], fuzzRounds(0) > 0 ? 1 : 8);
  expect(problems).toEqual([]);
  expect(compared).toBeGreaterThan(1000);
  console.log(`btf: ${asserted} sizes and offsets of the kernel asserted, ${compared} types compared as BTF`);
});

const corpus = corpusMissing + clang;

test.skipIf(corpus !== "")(`headers of corpus objects compile to the same layouts${corpus}`, () => {
  const seen = new Set<string>();
  let structs = 0;
  for (const { name, btf: bytes, endian } of corpusBtf()) {
    const btf = readBtf(bytes, { file: name });
    const header = headerOf(btf);
    // Most objects of the corpus were made from a few sources.
    if (seen.has(header) || seen.size >= 60) continue;
    seen.add(header);
    const flags = endian === "big" ? ["--target=bpfeb"] : [];
    const { compared, problems } = compareLayouts(btf, ["-Wall", "-Werror", "-Wno-pragma-clang-attribute", ...flags]);
    expect(problems, name).toEqual([]);
    structs += compared;
  }
  console.log(`btf: headers of ${seen.size} objects compiled, ${structs} structs and unions compared`);
});

/** Types that C headers get wrong: what is packed, padded, cyclic, named twice, not C at all. */
function oddities(): Btf {
  const builder = new BtfBuilder();
  const add = (type: BtfType): number => builder.add(type);
  const int = (name: string, size: number, encoding = 0): number =>
    add({ kind: "int", name, size, encoding, offset: 0, bits: 8 * size });
  const member = (name: string, type: number, offset: number, bitfieldSize = 0) => ({
    name,
    type,
    offset,
    bitfieldSize,
  });
  const struct = (
    name: string,
    size: number,
    members: ReturnType<typeof member>[],
    kind: "struct" | "union" = "struct",
  ) => add({ kind, name, size, members, kindFlag: members.some(({ bitfieldSize }) => bitfieldSize > 0) });
  const u8 = int("unsigned char", 1);
  const u32 = int("unsigned int", 4);
  const u64 = int("unsigned long", 8);
  const s32 = int("int", 4, 1);
  // Rust's.
  const usize = int("usize", 8);
  const truth = int("bool", 1, 4);
  struct("foreign", 16, [member("len", usize, 0), member("ok", truth, 64)]);
  struct("option<u32>", 8, [member("0", u32, 0), member("register", u32, 32)]);
  // Layouts.
  struct("packed_one", 5, [member("a", u8, 0), member("b", u32, 8)]);
  struct("packed_size", 9, [member("a", u64, 0), member("b", u8, 64)]);
  struct("padded", 128, [member("a", u8, 0), member("b", u64, 512)]);
  struct("roomy", 16384, [member("a", u8, 0), member("b", u64, 131008)]);
  struct("bits", 16, [
    member("a", u32, 0, 3),
    member("b", u32, 5, 7),
    member("c", u32, 32, 31),
    member("d", u8, 64),
    member("e", s32, 72, 20),
  ]);
  struct("straddling", 5, [member("a", u32, 0, 30), member("b", u32, 30, 10)]);
  struct("wide_union", 64, [member("a", u32, 0)], "union");
  struct(
    "tight_union",
    5,
    [member("a", u32, 0), member("b", add({ kind: "array", type: u8, indexType: u32, nelems: 5 }), 0)],
    "union",
  );
  struct("overlapping", 8, [member("a", u32, 0), member("b", u32, 16)]);
  struct("empty", 0, []);
  // Nesting, and names that are used twice.
  const inner = struct("", 8, [member("x", u32, 0), member("y", u32, 32)]);
  const either = struct("", 8, [member("whole", u64, 0), member("", inner, 0)], "union");
  struct("nested", 24, [
    member("", either, 0),
    member("array", add({ kind: "array", type: inner, indexType: u32, nelems: 2 }), 64),
  ]);
  struct("twice", 4, [member("a", u32, 0)]);
  struct("twice", 8, [member("a", u64, 0)]);
  struct("twice", 8, [member("a", u64, 0)], "union");
  add({ kind: "typedef", name: "twice", type: u64 });
  add({ kind: "typedef", name: "twice", type: u32 });
  // A list that is a typedef, and a struct that knows its holder: cycles.
  const next = builder.nextId;
  struct("list", 8, [member("next", next + 1, 0)]);
  add({ kind: "ptr", type: next + 2 });
  add({ kind: "typedef", name: "list_t", type: next });
  const held = builder.nextId;
  struct("holder", 16, [member("held", held + 1, 0), member("self", held + 2, 64)]);
  struct("held", 8, [member("holder", held + 2, 0)]);
  add({ kind: "ptr", type: held });
  // Declarators.
  const text = add({ kind: "ptr", type: add({ kind: "const", type: int("char", 1, 1) }) });
  const call = add({
    kind: "func_proto",
    type: 0,
    params: [
      { name: "format", type: text },
      { name: "", type: 0 },
    ],
  });
  const calls = add({ kind: "array", type: add({ kind: "ptr", type: call }), indexType: u32, nelems: 4 });
  const nothing = add({ kind: "func_proto", type: add({ kind: "ptr", type: calls }), params: [] });
  const user = add({ kind: "type_tag", name: "user", type: u8, attribute: false });
  struct("declarators", 48, [
    member("calls", calls, 0),
    member("nothing", add({ kind: "const", type: add({ kind: "ptr", type: nothing }) }), 256),
    member("tagged", add({ kind: "ptr", type: user }), 320),
  ]);
  add({ kind: "typedef", name: "function", type: call });
  // Enums.
  const values = [
    { name: "RED", value: 0 },
    { name: "GREEN", value: -1 },
  ];
  add({ kind: "enum", name: "colour", size: 4, signed: true, values });
  add({ kind: "enum", name: "tiny", size: 1, signed: false, values: [{ name: "SMALL", value: 255 }] });
  add({ kind: "enum", name: "", size: 4, signed: false, values: [{ name: "RED", value: 4_294_967_295 }] });
  add({ kind: "enum64", name: "huge", size: 8, signed: true, values: [{ name: "LEAST", value: -(2n ** 63n) }] });
  add({ kind: "enum64", name: "long_one", size: 8, signed: false, values: [{ name: "ONE", value: 1n }] });
  add({ kind: "enum", name: "later", size: 4, signed: false, values: [] });
  add({ kind: "fwd", name: "elsewhere", of: "union" });
  add({ kind: "fwd", name: "list", of: "struct" });
  // A function of the kernel for programs.
  const kfunc = add({ kind: "func", name: "bpf_do_it", type: nothing, linkage: 0 });
  add({ kind: "decl_tag", name: "bpf_kfunc", type: kfunc, componentIdx: -1, attribute: false });
  add({ kind: "decl_tag", name: "bpf_fastcall", type: kfunc, componentIdx: -1, attribute: false });
  return builder.build("little");
}

test("odd types as C", () => {
  expectGolden("btf/oddities.h", headerOf(oddities()));
});

test.skipIf(clang !== "")(`odd types compile in two standards of C, to the layouts they had${clang}`, () => {
  for (const standard of ["gnu17", "gnu23"]) {
    const { problems } = compareLayouts(oddities(), [`-std=${standard}`, "-Wall", "-Werror"]);
    // What no C struct can be is shown as bytes; names that are no C are changed.
    expect(problems, standard).toEqual([
      "struct option_u32_.0: called _0",
      "struct option_u32_.register: called register_",
      "struct roomy: other members",
      "struct overlapping: other members",
    ]);
  }
});

test("a header of some types has what they need and no more", () => {
  const btf = oddities();
  const text = headerOf(btf, { roots: [btf.findByName("holder")!] });
  expect(text).toContain("struct holder {\n\tstruct held held;\n\tstruct holder *self;\n};");
  expect(text).not.toContain("nested");
  expect(text.indexOf("struct held {")).toBeLessThan(text.indexOf("struct holder {"));
});

test("bool, true and false are not declared again where C has them", () => {
  const builder = new BtfBuilder();
  const bool = builder.add({ kind: "int", name: "_Bool", size: 1, encoding: 4, offset: 0, bits: 8 });
  const type = builder.add({ kind: "typedef", name: "bool", type: bool });
  const values = [
    { name: "false", value: 0 },
    { name: "true", value: 1 },
  ];
  builder.add({ kind: "enum", name: "", size: 4, signed: false, values });
  builder.add({
    kind: "struct",
    name: "s",
    size: 1,
    kindFlag: false,
    members: [{ name: "b", type, offset: 0, bitfieldSize: 0 }],
  });
  const header = headerOf(builder.build("little"));
  expect(header.match(/#if __STDC_VERSION__ < 202311L/g)).toHaveLength(2);
  if (clang === "") {
    for (const standard of ["gnu17", "gnu23"]) {
      expect(compile(header, ["-fsyntax-only", "-Wall", "-Werror", `-std=${standard}`]).errors).toBe("");
    }
  }
});

function failsWith(code: string, btf: Btf): void {
  try {
    writeC(btf, {}, () => {});
  } catch (error) {
    expect(error).toBeInstanceOf(BpfkitError);
    expect((error as BpfkitError).diagnostics[0]!.code).toBe(code);
    return;
  }
  expect.unreachable(`expected ${code}`);
}

test("types that hold each other without end are refused, in little time", () => {
  const cycle = new BtfBuilder();
  const self = cycle.nextId;
  cycle.add({
    kind: "struct",
    name: "s",
    size: 8,
    kindFlag: false,
    members: [{ name: "s", type: self, offset: 0, bitfieldSize: 0 }],
  });
  failsWith("btf-loop", cycle.build("little"));

  const unnamed = new BtfBuilder();
  const again = unnamed.nextId;
  unnamed.add({
    kind: "struct",
    name: "",
    size: 8,
    kindFlag: false,
    members: [{ name: "s", type: again, offset: 0, bitfieldSize: 0 }],
  });
  unnamed.add({ kind: "typedef", name: "t", type: again });
  failsWith("btf-depth", unnamed.build("little"));

  // Each level holds two of the level below: 2 to the 60th.
  const doubling = new BtfBuilder();
  let below = doubling.add({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
  for (let n = 0; n < 60; n++) {
    const members = ["a", "b"].map((name) => ({ name, type: below, offset: 0, bitfieldSize: 0 }));
    below = doubling.add({ kind: "union", name: "", size: 4, kindFlag: false, members });
  }
  doubling.add({ kind: "typedef", name: "t", type: below });
  failsWith("btf-output", doubling.build("little"));
});
