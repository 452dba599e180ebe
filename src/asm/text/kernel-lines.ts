/**
 * What stands around the instructions in kernel text: the verifier's log and `bpftool prog dump xlated`. Each instruction has its
 * number and its opcode before it, `12: (bf) `; at log level 2 the registers that are live, `12: .1....6... (bf) `, too.
 * Source: kernel 6.18, kernel/bpf/verifier.c, and bpftool 7.
 */
import { decodeUtf8 } from "../../bytes/index.js";

/** Before an instruction: its number, live registers, its opcode. */
const prefix = /^\s*\d+:\s*(?:[.\d]{10}\s+)?\(([0-9a-f]{2})\)/i;

/** An instruction's bytes, in a line of their own: `bpftool prog dump xlated … opcodes`. */
const bytes = /^\s*(?:[\da-f]{2} +){7}(?:(?:[\da-f]{2} +){8})?[\da-f]{2}\s*$/i;

/** Lines that tell what the verifier thought, and a function's prototype above its instructions: nothing to assemble. */
const remark = new RegExp(
  [
    /\d+: (?:R\d|frame\d|safe$)/,
    /(?:frame\d+: )?(?:R\d+\w*|fp-\d+\w*)=/,
    /\(\d+\) (?:frame \d|live|\S+:)/,
    /-- (?:BEGIN|END) /,
    /(?:from \d+ to \d+|caller|callee|returning from callee|to caller at \d+|frame\d+|Live regs before insn):/,
    /(?:libbpf: |func#\d|Func#\d|processed \d+ insns|mark_precise: |propagating |verification time |stack depth )/,
    /[A-Za-z_][\w *]*\(.*\):\s*$/,
  ]
    .map(({ source }) => `^\\s*${source}`)
    .join("|"),
);

/** Is `line` one of those that kernel text has between its instructions? */
export function isRemark(line: string): boolean {
  return remark.test(line) || bytes.test(line);
}

/** The bytes in the line at `at`; undefined where it is another line. */
export function bytesLine(text: Uint8Array, at: number): Uint8Array | undefined {
  const newline = text.indexOf(10, at);
  const line = decodeUtf8(text.subarray(at, Math.min(newline < 0 ? text.length : newline, at + window)));
  return bytes.test(line) ? Uint8Array.from(line.trim().split(/ +/), (byte) => Number.parseInt(byte, 16)) : undefined;
}

/** Longer than anything that stands before an instruction; remarks may be longer. */
const window = 2048;

/** The opcode that is printed before the instruction at `at` (-1: none), and where to go on reading; the end of a remark's line. */
export function kernelLine(text: Uint8Array, at: number): { readonly opcode: number; readonly at: number } {
  const newline = text.indexOf(10, at);
  const end = newline < 0 ? text.length : newline;
  const line = decodeUtf8(text.subarray(at, Math.min(end, at + window)));
  const found = prefix.exec(line);
  if (found !== null) return { opcode: Number.parseInt(found[1]!, 16), at: at + found[0].length };
  return { opcode: -1, at: isRemark(line) ? end : at };
}
