/** Jump tables: read, linked, drawn and run; what no table can be, and what the kernel does not take. */
import { expect, test } from "vitest";
import { controlFlow } from "../../src/disasm/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { link } from "../../src/link/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { toolMissing } from "../support/tools.js";
import { clangMissing, kitchen } from "./compile.js";
import { answer, fn, main, object, linked } from "./objects.js";

const { compile } = kitchen();

/** A function that goes through its table: entry n gives `values[n]`. */
function choice(
  name: string,
  values: readonly number[],
  words = values.map((_, i) => `.L${name}${i} - .text`),
): string {
  const cases = values.map((value, i) => `.L${name}${i}:\n mov r0, ${value}\n ja .Ldone${name}\n`).join("");
  const body = ` lsh r1, 3\n ldimm64 r2, BPF.JT.0.0\n add r2, r1\n ldxdw r2, [r2+0]\n gotox r2\n${cases}.Ldone${name}:`;
  const table = `.section .jumptables,"",@progbits\n.globl BPF.JT.0.0\n.type BPF.JT.0.0,@object\nBPF.JT.0.0:\n .quad ${words.join(", ")}\n.size BPF.JT.0.0, . - BPF.JT.0.0\n`;
  return fn(name, body) + table;
}

const words = (made: ObjectFile): bigint[] => {
  const { data } = made.sections.find(({ name }) => name === ".jumptables")!;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Array.from({ length: data.length / 8 }, (_, i) => view.getBigUint64(8 * i, made.endian === "little"));
};

const call = (name: string, x: number): string => ` mov r1, ${x}\n call ${name}`;

test.each(["little", "big"] as const)("tables of one name in two objects each follow their code (%s)", (endian) => {
  const inputs = [
    object(main(`${call("a", 2)}\n mov r6, r0\n${call("b", 1)}\n add r0, r6`), "main.o", endian),
    object(choice("a", [100, 200, 300]), "a.o", endian),
    object(choice("b", [10, 20]), "b.o", endian),
  ];
  const starts = [48n, 64n, 80n];
  const size = 6n * 8n + 3n * 16n + 8n;
  for (const options of [{}, { relocatable: true }, { gcSections: true }]) {
    const made = linked(inputs, options);
    expect(words(made)).toEqual([...starts, ...starts.slice(0, 2).map((each) => each + size)]);
    const tables = made.symbols.filter(({ name }) => name === "BPF.JT.0.0");
    expect(
      tables.map(({ binding, home, size: bytes }) => [binding, home.kind === "section" && home.offset, bytes]),
    ).toEqual([
      ["local", 0, 24],
      ["local", 24, 16],
    ]);
    if (endian === "little") expect(answer(options.relocatable === true ? linked([made]) : made)).toBe(320n);
    const again = readObject(writeObject(made));
    expect(words(linked([again], { relocatable: true }))).toEqual(words(made));
  }
});

test("loads of tables refer to symbols of their size, whatever they referred to, for libbpf", () => {
  // The assembler refers to the section, and nothing says how long the tables are.
  const text = `${choice("a", [1, 2])}${choice("b", [3, 4]).replaceAll("BPF.JT.0.0", "BPF.JT.1.0")}`;
  const bare = text.replaceAll(/^\.(globl|type|size) BPF.*\n/gm, "");
  const input = object(bare, "ab.o");
  const loads = ({ sections, symbols }: ObjectFile): unknown[] =>
    sections
      .flatMap(({ relocations }) => relocations)
      .filter(({ kind }) => kind === "abs_imm64")
      .map(({ symbol, addend }) => [symbols[symbol]!.name, symbols[symbol]!.size, addend]);
  expect(loads(input)).toEqual([
    ["", 0, 0n],
    ["", 0, 16n],
  ]);
  for (const options of [{ relocatable: true }, {}]) {
    expect(loads(linked([object(main(call("b", 1))), input], options))).toEqual([
      ["BPF.JT.0.0", 16, 0n],
      ["BPF.JT.1.0", 16, 0n],
    ]);
  }
});

test("code that becomes longer or shorter before a target moves the words", () => {
  const longer = `${fn("first", " mov32 r1, %map(m)\n mov r0, 1")}.section maps,"aw",@progbits\n.globl m\nm:\n .long 2, 4, 8, 1\n`;
  const text = choice("a", [1, 2, 3]).replace(" mov r0, 2", " ldimm64 r0, 2");
  const made = linked([object(main(call("a", 2))), object(longer + text, "a.o")], { relax: true });
  expect(words(made)).toEqual([80n, 96n, 112n]);
  expect(answer(made)).toBe(3n);
});

test("a table that nothing loads goes with its function", () => {
  const both = object(choice("a", [1, 2]) + choice("b", [3, 4]).replaceAll("BPF.JT.0.0", "BPF.JT.1.0"), "ab.o");
  const made = linked([object(main(call("b", 1))), both], { gcSections: true });
  expect(words(made)).toEqual([48n, 64n]);
  expect(made.symbols.map(({ name }) => name)).not.toContain("BPF.JT.0.0");
  expect(answer(made)).toBe(4n);
});

test.each([
  ["an odd place", ["4"], "4 is no offset of an instruction of section .text"],
  ["a place behind the code", ["800"], "800 is no offset of an instruction of section .text"],
  ["a place before it", ["-8"], "-8 is no offset of an instruction of section .text"],
])("%s is no entry of a table", (_, entries, reason) => {
  const bad = object(choice("a", [1], entries));
  const message = `the jump table here cannot be one: ${reason}`;
  expect(() => link([bad])).toThrow(message);
  expect(() => imageOf(bad)).toThrow(message);
});

test("with --compat libbpf, jump tables are refused", () => {
  const { object: made, diagnostics } = link([object(choice("a", [1]))], { relocatable: true, compat: "libbpf" });
  expect(made).toBeUndefined();
  expect(diagnostics).toMatchObject([{ code: "link-compat", place: { file: "a.o", section: ".jumptables" } }]);
});

test("code of two sections cannot share a table", () => {
  const text = `${choice("a", [1])}.section .text.b,"ax",@progbits\n.globl b\n.type b,@function\nb:\n ldimm64 r0, BPF.JT.0.0\n exit\n`;
  expect(() => link([object(text)])).toThrow("code of two sections loads it");
});

test("the graph of a function has the ways of its table", () => {
  const graph = controlFlow(object(choice("a", [1, 2, 3])), { name: "a" })[0]!;
  expect(graph.edges.filter(({ from }) => from === 0).map(({ to, kind }) => [to, kind])).toEqual([
    [1, "jump"],
    [2, "jump"],
    [3, "jump"],
  ]);
  expect(graph.blocks.some(({ dead }) => dead)).toBe(false);
  // A broken table leaves the way open.
  const broken = controlFlow(object(choice("a", [1], ["4"])), { name: "a" })[0]!;
  expect(broken.edges[0]).toMatchObject({ to: undefined, outside: "by register" });
});

const missing = clangMissing + toolMissing("clang-22");

test.skipIf(missing !== "")(`labels as values: a table in .rodata, an address in code${missing}`, () => {
  const source = `unsigned long f(unsigned long x) {
    static const void *const t[] = {&&a, &&b, &&c};
    asm volatile("" : "+r"(x));
    goto *t[x % 3];
    a: return x + 1; b: return x * 7; c: return x ^ 9; }
  unsigned long g(unsigned long x) {
    const void *p = x & 1 ? &&a : &&b; asm volatile("" : "+r"(p)); goto *p;
    a: return x + 100; b: return x + 200; }`;
  const made = compile("labels.o", source, "-mcpu=v4");
  const before = object(fn("before", " mov r0, 1"), "before.o");
  const at = (x: number): string => ` mov r1, ${x}\n call f\n add r6, r0\n mov r1, ${x}\n call g\n add r6, r0\n`;
  const start = object(main(` mov r6, 0\n${at(3)}${at(4)}${at(5)} mov r0, r6`), "main.o");
  const expected = BigInt(3 + 1 + 4 * 7 + (5 ^ 9) + 103 + 204 + 105);
  for (const options of [{}, { gcSections: true }])
    expect(answer(linked([start, before, made], options))).toBe(expected);
});

test("the VM takes no entry that is no slot of the code", () => {
  const image = imageOf(linked([object(main(call("a", 0))), object(choice("a", [1]))]));
  const far = image.patches.map((patch) => (patch.kind === "instruction" ? { ...patch, target: 10_000 } : patch));
  expect(far).not.toEqual(image.patches);
  expect(() => createVm({ ...image, patches: far })).toThrow("there is no slot 10000");
});

test.skipIf(kernelMissing !== "")(`the kernel's loader refuses jump tables${kernelMissing}`, () => {
  const image = imageOf(linked([object(main(call("a", 0))), object(choice("a", [1]))]));
  expect(() => loadImage(image, kernel())).toThrow(".jumptables holds the address of an instruction");
  const inCode = fn("f", " ldimm64 r1, .Lthere\n gotox r1\n.Lthere:\n mov r0, 1");
  const other = imageOf(linked([object(main(" call f")), object(inCode)]));
  expect(createVm(other).run("main")).toMatchObject({ r0: 1n });
  expect(() => loadImage(other, kernel())).toThrow("code holds the address of an instruction");
});
