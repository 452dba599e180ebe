/** What a file begins with that is not the text of a program: marks of encodings and of other kinds of files. */
import type { Run } from "../run.js";

function begins(text: Uint8Array, at: number, ...bytes: readonly number[]): boolean {
  return bytes.every((byte, i) => text[at + i] === byte);
}

/** `text` without the mark that editors put before UTF-8. */
export function withoutMark(text: Uint8Array): Uint8Array {
  return begins(text, 0, 0xef, 0xbb, 0xbf) ? text.subarray(3) : text;
}

/** Is there a text at `at`, or what is no text in any of its bytes? Then that is said once. */
export function isText({ source, report }: Run, at: number): boolean {
  const { text } = source;
  if (begins(text, at, 0xff, 0xfe) || begins(text, at, 0xfe, 0xff)) report.halt("asm-utf16", {}, at, at);
  else if (begins(text, at, 0x7f, 0x45, 0x4c, 0x46)) report.halt("asm-elf", {}, at, at);
  return !report.full;
}
