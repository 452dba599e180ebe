/** Where the peers make other things of the same text or the same bytes: linked, they mean what the text says. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/index.js";
import { link } from "../../src/link/index.js";
import { readObject, type ObjectFile } from "../../src/object/index.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";
import { answer, main, object } from "./objects.js";

const missing = toolMissing("bpf-as", "llvm-mc-22");
const compilers = toolMissing("clang", "clang-22", "bpf-gcc");

function made(tool: string, args: readonly string[], suffix: string, text: string): ObjectFile {
  return inScratchFolder((folder) => {
    const [source, output] = [join(folder, `in.${suffix}`), join(folder, "out.o")];
    writeFileSync(source, text);
    const { status, stderr } = runTool(tool, [...args, "-o", output, source]);
    if (status !== 0) throw new Error(`${tool}: ${stderr}`);
    return readObject(new Uint8Array(readFileSync(output)), { file: `${tool}.o` });
  });
}

const gas = (text: string): ObjectFile => made("bpf-as", ["-EL"], "s", text);
const llvm = (text: string): ObjectFile => made("llvm-mc-22", ["-triple", "bpfel", "-filetype=obj"], "s", text);

function linked(...objects: ObjectFile[]): ObjectFile {
  const { object: out, diagnostics } = link(objects);
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return out!;
}

const bytes = (from: ObjectFile, name: string): string =>
  toHex(from.sections.find((section) => section.name === name)!.data);

/** `ed` and `ext` are numbers of another object. */
const numbers = object(".globl ed\n.set ed, 0x1014\n.globl ext\n.set ext, 0x1010\n", "numbers.o");
const data = ".data\n.byte 1, 2, 3\n";

test.skipIf(missing !== "")(`addresses in data, which GNU's linker spoils in LLVM's objects${missing}`, () => {
  const expected = `010203${"1410000000000000"}${"14100000"}`;
  expect(bytes(linked(llvm(`${data}.quad ed\n.long ed\n`), numbers), ".data")).toBe(expected);
  expect(bytes(linked(gas(`${data}.dword ed\n.word ed\n`), numbers), ".data")).toBe(expected);
});

test.skipIf(missing !== "")(`negative addends of 64-bit loads, which GNU and LLVM store otherwise${missing}`, () => {
  const expected = "18010000081000000000000000000000";
  expect(bytes(linked(llvm("r1 = ext-8 ll"), numbers), ".text")).toBe(expected);
  expect(bytes(linked(gas("lddw %r1, ext-8"), numbers), ".text")).toBe(expected);
});

test.skipIf(missing !== "")(`calls of global and local functions, whose fields differ by tool${missing}`, () => {
  const text = (mov: (value: number) => string, head: string): string =>
    `.globl start\n.globl gg\n.section a,"ax",@progbits\nstart:\n call gg\n call lf\n exit\n.section b,"ax",@progbits\n${head}lf: ${mov(3)}\n exit\ngg: ${mov(4)}\n exit\n`;
  const caller = object(main(" call start"), "main.o");
  for (const callee of [
    gas(text((value) => `mov %r0, ${value}`, "mov %r0, 1\nmov %r0, 2\n")),
    llvm(text((value) => `r0 = ${value}`, "r0 = 1\nr0 = 2\n")),
  ]) {
    const { object: out } = link([caller, callee]);
    const { relocations } = out!.sections.find(({ name }) => name === "a")!;
    const places = relocations.map(({ symbol, addend }) => {
      const { home } = out!.symbols[symbol]!;
      return home.kind === "section" ? home.offset + Number(addend) : -1;
    });
    expect(places).toEqual([0x20, 0x10]);
  }
});

test.skipIf(missing !== "")(`distances and operands of gas 2.40 that no other tool writes${missing}`, () => {
  const text =
    "mov %r2, ed\nldxw %r3, [%r1+small]\nja there\nexit\nthere: exit\n.data\nhere: .word 0\n.word far - .\n.word 0\n";
  const more = ".globl far\n.data\n.dword 0\nfar: .dword 1\n.globl small\n.set small, 0x12\n";
  const out = linked(gas(`${text}`), numbers, gas(more));
  expect(bytes(out, ".text").slice(0, 48)).toBe("b702000014100000" + "6113120000000000" + "0500010000000000");
  // far is at 12 + 8, and the distance counts from 4.
  expect(bytes(out, ".data").slice(0, 24)).toBe("00000000" + "10000000" + "00000000");
});

test.skipIf(missing !== "")(`an operand behind a section's symbol, in the second of two objects${missing}`, () => {
  const one = gas(".data\n.dword 1\n.dword 2\n");
  const two = gas("mov %r2, loc\nexit\n.data\n.dword 3\nloc: .dword 4\n");
  const { relocations } = linked(one, two).sections.find(({ name }) => name === ".text")!;
  expect(relocations).toMatchObject([{ offset: 0, kind: "abs_imm32", addend: 0x18n }]);
});

test.skipIf(compilers !== "")(
  `calls through a register: clang 14 has it in the immediate, the others in dst${compilers}`,
  () => {
    const source = `typedef unsigned long u64; static __attribute__((noinline)) u64 f(u64 x) { return x * 7; }
    u64 call(u64 x) { u64 (*p)(u64) = f; asm volatile("" : "+r"(p)); return p(x); }`;
    const starts = object(main(" mov r1, 6\n call call"), "main.o");
    const flags = ["-O2", "-target", "bpf", "-c"];
    for (const each of [
      made("clang", flags, "c", source),
      made("clang-22", flags, "c", source),
      made("bpf-gcc", ["-O2", "-mxbpf", "-c"], "c", source),
    ]) {
      const { object: out, diagnostics } = link([starts, each]);
      expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(answer(out!), each.file).toBe(42n);
    }
  },
);
