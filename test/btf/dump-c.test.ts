import { expect, test } from "vitest";
import {
  BtfBuilder,
  diffBtf,
  readBtf,
  writeC,
  writeJson,
  writeRaw,
  writeTypeScript,
  type Btf,
} from "../../src/btf/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { corpusBtf, readVmlinux, vmlinuxMissing } from "../support/btf.js";
import { assertLayouts, compareLayouts, compile, headerOf } from "../support/btf-layout.js";
import { oddities } from "../support/btf-oddities.js";
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

/** A struct with members of a kind that the layout section alone tells the size of. */
function fromTheFuture(): Btf {
  const builder = new BtfBuilder();
  const char = builder.add({ kind: "int", name: "char", size: 1, encoding: 1, offset: 0, bits: 8 });
  const later = { kind: "unknown", name: "later", number: 25, kindFlag: false, vlen: 1, sizeOrType: 12 } as const;
  const unknown = builder.add({ ...later, words: [1, 2, 3] });
  const pointer = builder.add({ kind: "ptr", type: unknown });
  const member = (name: string, type: number, byte: number) => ({ name, type, offset: 8 * byte, bitfieldSize: 0 });
  const members = [
    member("a", char, 0),
    member("new_one", unknown, 4),
    member("p", pointer, 16),
    member("last", unknown, 24),
  ];
  builder.add({ kind: "struct", name: "modern", size: 32, kindFlag: false, members });
  const layout = new Uint8Array(4 * 26);
  // Of kind 25: four bytes once, eight for each element.
  layout.set([4, 8, 0, 0], 4 * 25);
  const rest = builder.bytes("little");
  const typeLen = new DataView(rest.buffer, rest.byteOffset).getUint32(12, true);
  const strLen = new DataView(rest.buffer, rest.byteOffset).getUint32(20, true);
  const bytes = new Uint8Array(rest.length + 8 + layout.length);
  const view = new DataView(bytes.buffer);
  bytes.set(rest.subarray(0, 24));
  for (const [at, value] of [
    [4, 32],
    [16, typeLen + layout.length],
    [20, strLen],
    [24, typeLen],
    [28, layout.length],
  ] as const) {
    view.setUint32(at, value, true);
  }
  bytes.set(rest.subarray(24, 24 + typeLen), 32);
  bytes.set(layout, 32 + typeLen);
  bytes.set(rest.subarray(24 + typeLen), 32 + typeLen + layout.length);
  return readBtf(bytes);
}

test("types of kinds not known are shown, and bytes in C", () => {
  const btf = fromTheFuture();
  const header = headerOf(btf);
  expect(header).toContain(
    "struct modern {\n\tchar a;\n\tlong: 24;\n\tunsigned char new_one[12]; /* type [2]: unknown */\n" +
      "\tvoid *p;\n\tunsigned char last[8]; /* type [2]: unknown */\n};",
  );
  if (clang === "") {
    const asserted = `${header}_Static_assert(sizeof(struct modern) == 32, "");\n`;
    expect(compile(asserted, ["-fsyntax-only", "-Wall", "-Werror"]).errors).toBe("");
  }
  const shown: string[] = [];
  writeRaw(btf, (chunk) => void shown.push(new TextDecoder().decode(chunk)));
  expect(shown.join("")).toContain("[2] UNKNOWN 'later' kind=25 vlen=1 size_or_type_id=12\n");
  writeJson(btf, [2], (text) => void shown.push(text));
  expect(shown.join("")).toContain('"kind":"UNKN","name":"later","kind_number":25');
  writeTypeScript(btf, {}, (text) => void shown.push(text));
  expect(shown.join("")).toContain("export interface modern {\n  a: number; // char\n  p: bigint;");
  expect(diffBtf(btf, btf)).toEqual([]);
});
