/** Directives for numbers that are no integers of up to 64 bits: `.octa`, floating point, strings of wide characters. */
import { decodeUtf8 } from "../../bytes/index.js";
import { stringAt, take } from "./data.js";
import { reduce } from "../match/expression.js";
import { floatBits, parseFloating } from "../floats.js";
import { maxFilled } from "../limits.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { packed, Token } from "../text/tokens.js";

const minus = packed("-");
const plus = packed("+");

/** Puts `value`, in two's complement, into `bytes` bytes at the end of the section; false after an error. */
function put(run: Run, value: bigint, bytes: number, at: number): boolean {
  const to = take(run, bytes, at, value !== 0n);
  if (to < 0) return false;
  const section = run.sections.current;
  if (section.type === "nobits") return true;
  let rest = BigInt.asUintN(8 * bytes, value);
  for (let i = 0; i < bytes; i++, rest >>= 8n) {
    section.data[to + (run.endian === "little" ? i : bytes - 1 - i)] = Number(rest & 0xffn);
  }
  return true;
}

/** Reads `A, B, …` with `one`, which returns the token after what it read, or -1. */
function list(run: Run, one: (at: number) => number): void {
  const { tokens } = run;
  if (tokens.count === 1) return;
  for (let at = 1; ;) {
    const next = one(at);
    if (next < 0 || next >= tokens.count) return;
    if (!tokens.is(next, comma)) return run.expected("`,` or the end of the statement", next);
    at = next + 1;
  }
}

/** `.octa NUMBER, …`: 16 bytes each. */
export function octas(run: Run): void {
  const { tokens, expressions } = run;
  list(run, (at) => {
    const negative = tokens.is(at, minus);
    const first = negative || tokens.is(at, plus) ? at + 1 : at;
    const wide = tokens.kind[first] === Token.huge || tokens.kind[first] === Token.big;
    if (wide && first < tokens.count) {
      const value = tokens.bigs.get(first)!;
      return put(run, negative ? -value : value, 16, at) ? first + 1 : -1;
    }
    const next = run.expression(at);
    if (next < 0) return -1;
    const { number, tree } = expressions;
    const found = tree === undefined ? undefined : reduce(tree);
    if (found !== undefined && ("problem" in found || found.add !== undefined || found.sub !== undefined)) {
      run.errorAt("asm-not-constant", {}, at, next - 1);
      return -1;
    }
    return put(run, found === undefined ? BigInt(number) : found.value, 16, at) ? next : -1;
  });
}

/** `.float NUMBER, …`, `.double NUMBER, …`: IEEE 754 numbers of `bytes` bytes. */
export function floats(run: Run, bytes: 4 | 8): void {
  list(run, (at) => {
    const found = floatingAt(run, at, bytes);
    return found !== undefined && put(run, found.bits, bytes, at) ? found.next : -1;
  });
}

/** The number at token `at` as bits; undefined after an error. */
function floatingAt(run: Run, at: number, bytes: 4 | 8): { readonly bits: bigint; readonly next: number } | undefined {
  const { tokens } = run;
  const negative = tokens.is(at, minus);
  const first = negative || tokens.is(at, plus) ? at + 1 : at;
  const text = decodeUtf8(run.source.text.subarray(tokens.start[first], tokens.end[first]));
  const value = first < tokens.count ? parseFloating(text) : undefined;
  if (value === undefined) {
    run.expected("a floating-point number", at);
    return undefined;
  }
  return { bits: floatBits(value, negative, bytes), next: first + 1 };
}

/** `.dcb.s COUNT, NUMBER`, `.dcb.d …`: COUNT times the same number. */
export function floatBlocks(run: Run, bytes: 4 | 8): void {
  const { tokens } = run;
  const count = run.constant(1, "a count", 0, maxFilled / bytes);
  if (Number.isNaN(count.value)) return;
  if (!tokens.is(count.next, comma)) return run.expected("`,`", count.next);
  const found = floatingAt(run, count.next + 1, bytes);
  if (found === undefined || !run.ends(found.next)) return;
  for (let i = 0; i < count.value; i++) if (!put(run, found.bits, bytes, 1)) return;
}

/** `.string16 "TEXT", …` and the like: each byte in `width` bytes, and a NUL of that width. */
export function wideStrings(run: Run, width: 2 | 4 | 8): void {
  list(run, (at) => {
    const bytes = stringAt(run, at);
    if (bytes === undefined) return -1;
    const to = take(run, (bytes.length + 1) * width, at, true);
    if (to < 0) return -1;
    const low = run.endian === "little" ? 0 : width - 1;
    bytes.forEach((byte, i) => (run.sections.current.data[to + i * width + low] = byte));
    return at + 1;
  });
}
