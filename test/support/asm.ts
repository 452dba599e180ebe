/** Texts to Objects, and to what is looked at in them. */
import { expect } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import type { ObjectFile, Section } from "../../src/object/index.js";

/** The Object of a text without a fault. */
export function object(text: string, options: AssembleOptions = {}): ObjectFile {
  const result = assemble(text, options);
  expect(result.diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  return result.object!;
}

export function section(text: string, name: string, options: AssembleOptions = {}): Section {
  return object(text, options).sections.find((each) => each.name === name)!;
}

/** The bytes that directives put, in hex. */
export const data = (text: string, options: AssembleOptions = {}): string =>
  toHex(section(`.data\n${text}`, ".data", options).data);

/** A program `main` that goes on to `next`, which does `body`, through an array of programs; `maps` are more maps. */
export function tailCall(body: string, maps = ""): string {
  return `
	.license "GPL"
	${maps}
	.map jumps, type=prog_array, key=4, max_entries=4, values={0, 0, next}
	.program xdp
	.func int main(struct xdp_md *ctx)
	ldimm64 r2, jumps
	mov r3, 2
	call bpf_tail_call
	mov r0, 0
	exit
	.endfunc
	.func int next(struct xdp_md *ctx)
	${body}
	exit
	.endfunc
`;
}
