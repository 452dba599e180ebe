/** Directives that put bytes: numbers, strings, gaps, alignment. */
import { decodeUtf8 } from "../../bytes/index.js";
import { maxBytes, maxFilled } from "../limits.js";
import type { Run } from "../run.js";
import { noteFilled, reserve } from "../output/sections.js";
import { unescape } from "../text/strings.js";
import { Token } from "../text/tokens.js";
import { comma } from "../text/scan.js";
import type { FixupKind } from "../types.js";

/** Room for `size` bytes, or -1 and an error where that would be too many. `data`: are they more than zeros? */
export function take(run: Run, size: number, at: number, data: boolean): number {
  const section = run.sections.current;
  if (section.size + size > maxBytes) {
    run.errorAt("asm-too-large", { section: section.name, limit: maxBytes }, at);
    return -1;
  }
  if (section.type === "nobits") {
    if (data) {
      run.errorAt("asm-nobits", { section: section.name }, at);
      return -1;
    }
  } else if ((run.filled += size) > maxFilled) {
    run.errorAt("asm-too-large", { section: section.name, limit: maxFilled }, at);
    return -1;
  }
  if (section.flags.exec) {
    noteFilled(section, section.size, section.size + size);
    if (run.lines.pending !== undefined) run.lines.take(section);
  }
  return reserve(section, size);
}

/** `.byte`, `.long`, … : numbers of `bytes` bytes. */
export function numbers(run: Run, bytes: 1 | 2 | 4 | 8): void {
  const { tokens, expressions } = run;
  const kind = `data${8 * bytes}` as FixupKind;
  const high = 2 ** (8 * bytes) - 1;
  const low = -(2 ** (8 * bytes - 1));
  if (tokens.count === 1) return;
  for (let at = 1; ;) {
    const next = run.expression(at);
    if (next < 0) return;
    const { number, tree } = expressions;
    const section = run.sections.current;
    // Compilers write the zeros of .bss as numbers.
    const to = take(run, bytes, at, tree !== undefined || number !== 0);
    if (to < 0) return;
    if (tree !== undefined) {
      const start = tokens.start[at]!;
      section.fixups.push({ kind, offset: to, expression: tree, at: start, end: tokens.end[next - 1]! });
    } else if (number < low || number > high) {
      const what = `a datum of ${8 * bytes} bits`;
      run.errorAt("asm-range", { what, value: number, low: String(low), high: String(high) }, at, next - 1);
    } else if (number !== 0) {
      putNumber(section.data, to, bytes, number, run.endian === "little");
    }
    if (next >= tokens.count) return;
    if (!tokens.is(next, comma)) return run.expected("`,` or the end of the statement", next);
    at = next + 1;
  }
}

function putNumber(data: Uint8Array, at: number, bytes: number, value: number, little: boolean): void {
  const lower = value | 0;
  const upper = Math.floor(value / 2 ** 32);
  for (let i = 0; i < bytes; i++) data[at + (little ? i : bytes - 1 - i)] = (i < 4 ? lower : upper) >> (8 * (i & 3));
}

/** `.ascii` (`end` empty) and `.asciz`, `.string` (a NUL after each string; strings side by side are one). */
export function strings(run: Run, end: 0 | 1): void {
  const { tokens } = run;
  if (tokens.count === 1) return;
  for (let at = 1; ; at++) {
    const bytes = stringAt(run, at);
    if (bytes === undefined) return;
    const goesOn = tokens.kind[at + 1] === Token.string && at + 1 < tokens.count;
    const to = take(run, bytes.length + (goesOn ? 0 : end), at, true);
    if (to < 0) return;
    run.sections.current.data.set(bytes, to);
    if (goesOn) continue;
    if (++at >= tokens.count) return;
    if (!tokens.is(at, comma)) return run.expected("`,` or the end of the statement", at);
  }
}

const base64Text = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** `.base64 "TEXT", …`: the bytes that the texts stand for (RFC 4648 section 4). */
export function base64(run: Run): void {
  const { tokens } = run;
  for (let at = 1; ; at += 2) {
    const text = stringAt(run, at);
    if (text === undefined) return;
    const letters = decodeUtf8(text);
    if (!base64Text.test(letters)) return run.errorAt("asm-base64", {}, at);
    const bytes = Uint8Array.from(atob(letters), (char) => char.charCodeAt(0));
    const to = take(run, bytes.length, at, true);
    if (to < 0) return;
    run.sections.current.data.set(bytes, to);
    if (at + 1 >= tokens.count) return;
    if (!tokens.is(at + 1, comma)) return run.expected("`,` or the end of the statement", at + 1);
  }
}

/** The bytes of the string at token `at`; undefined after an error. */
export function stringAt(run: Run, at: number): Uint8Array | undefined {
  const { tokens } = run;
  if (tokens.kind[at] !== Token.string || at >= tokens.count) {
    run.expected("a string in double quotes", at);
    return undefined;
  }
  const bytes = unescape(run.source.text, tokens.start[at]!, tokens.end[at]!);
  if (typeof bytes !== "number") return bytes;
  run.report.add("asm-escape", {}, bytes, bytes + 2);
  return undefined;
}
