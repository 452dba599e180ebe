/** Rules of docs/psabi.md that the linker keeps: padding, ISA versions, weak names, distances between slots. */
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { link, type LinkOptions } from "../../src/link/index.js";
import { imageOf, type ObjectFile } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";

function objectOf(text: string, flags = 0): ObjectFile {
  const { object, diagnostics } = assemble(text);
  expect(diagnostics).toEqual([]);
  return { ...object!, flags };
}

function linked(inputs: readonly ObjectFile[], options: LinkOptions = {}): ObjectFile {
  const { object, diagnostics } = link(inputs, options);
  expect(diagnostics).toEqual([]);
  return object!;
}

const codesOf = (inputs: readonly ObjectFile[]): string[] => link(inputs).diagnostics.map(({ code }) => code);

test("code is padded with jumps to the next instruction, but for libbpf's layout", () => {
  const inputs = [
    objectOf('.section xdp,"ax",@progbits\n.globl a\na: mov r0, 1\nexit\nmov r0, 1\n'),
    objectOf('.section xdp,"ax",@progbits\n.p2align 5\n.globl b\nb: exit\n'),
  ];
  const code = (object: ObjectFile): string =>
    toHex(object.sections.find(({ name }) => name === "xdp")!.data.subarray(24, 32));
  expect(code(linked(inputs, { relocatable: true }))).toBe("0500000000000000");
  expect(code(linked(inputs, { relocatable: true, compat: "libbpf" }))).toBe("0000000000000000");
});

test("the output states the highest instruction set; xBPF joins no other", () => {
  const one = (flags: number, name: string): ObjectFile => objectOf(`.globl ${name}\n${name}: exit\n`, flags);
  expect(linked([one(0, "a"), one(0, "b")], { relocatable: true }).flags).toBe(0);
  expect(linked([one(2, "a"), one(0, "b"), one(3, "c")], { relocatable: true }).flags).toBe(3);
  expect(linked([one(15, "a"), one(0, "b")], { relocatable: true }).flags).toBe(15);
  expect(codesOf([one(15, "a"), one(4, "b")])).toContain("link-isa");
});

test("a weak name that nobody defines has the address 0, its call is refused only when it runs, a jump to it at once", () => {
  const text = (body: string): ObjectFile =>
    objectOf(`.weak f\n.section socket,"ax",@progbits\n.globl p\np:\n${body}\nexit\n`);
  const run = (object: ObjectFile): unknown => createVm(imageOf(object)).run("p");
  const guarded = text("lddw r1, f\nmov r0, 7\njeq r1, 0, out\ncall f\nout:");
  expect(run(linked([guarded]))).toMatchObject({ r0: 7n });
  const data = linked([guarded]).sections.find(({ name }) => name === "socket")!.data;
  expect(toHex(data.subarray(32, 40))).toBe("8500000080185477");
  // The same where nobody links: an Object without other undefined names is an image as it is.
  expect(run(guarded)).toMatchObject({ r0: 7n });
  expect(run(text("call f"))).toMatchObject({ kind: "fault" });
  expect(codesOf([text("ja f")])).toEqual(["link-weak-jump"]);
});

test("a distance that ends between two instructions is an error", () => {
  const jump = objectOf(".extern f\n.globl p\np: call f+4\nexit\n");
  const target = objectOf(".globl f\nf: exit\nexit\n");
  const { diagnostics } = link([jump, target]);
  expect(diagnostics.map(({ code }) => code)).toEqual(["link-align"]);
  expect(diagnostics[0]!.message).toContain("20 bytes away");
});
