/** Directives that put bytes: numbers, strings, gaps, alignment. */
import { opcodes } from "../isa/index.js";
import type { Run } from "./run.js";
import { reserve } from "./sections.js";
import { unescape } from "./strings.js";
import { Token } from "./tokens.js";
import { comma } from "./scan.js";
import type { FixupKind } from "./types.js";

/** A section has at most this many bytes. */
export const maxBytes: number = 2 ** 30;
/** What `.zero` and the like may ask for in all sections that have contents: more bytes than the text has cost memory. */
const maxFilled: number = 2 ** 27;

/** Room for `size` bytes, or -1 and an error where that would be too many. `data`: are they more than zeros? */
function take(run: Run, size: number, at: number, data: boolean): number {
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

/** `.ascii` (`end` empty) and `.asciz`, `.string` (a NUL after each string). */
export function strings(run: Run, end: 0 | 1): void {
  const { tokens } = run;
  if (tokens.count === 1) return;
  for (let at = 1; ; at++) {
    const bytes = stringAt(run, at);
    if (bytes === undefined) return;
    const to = take(run, bytes.length + end, at, true);
    if (to < 0) return;
    run.sections.current.data.set(bytes, to);
    // Two strings side by side are one, but for what `end` puts after each.
    if (tokens.kind[at + 1] === Token.string && at + 1 < tokens.count) continue;
    if (++at >= tokens.count) return;
    if (!tokens.is(at, comma)) return run.expected("`,` or the end of the statement", at);
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

/** `.zero SIZE`, `.skip SIZE, FILL`. */
export function gap(run: Run): void {
  const size = run.constant(1, "a size in bytes", 0, maxBytes);
  if (Number.isNaN(size.value)) return;
  let fill = 0;
  let { next } = size;
  if (run.tokens.is(next, comma)) {
    const given = run.constant(next + 1, "a byte", -128, 255);
    if (Number.isNaN(given.value)) return;
    ({ value: fill, next } = given);
  }
  if (!run.ends(next)) return;
  const at = take(run, size.value, 1, fill !== 0);
  if (at >= 0 && fill !== 0) run.sections.current.data.fill(fill & 0xff, at, at + size.value);
}

/** `.balign BYTES`, `.p2align POWER` (`power`), each with `, FILL, MOST`. */
export function align(run: Run, power: boolean): void {
  const { tokens } = run;
  const given = run.constant(1, power ? "a power of two" : "an alignment in bytes", 0, power ? 28 : 2 ** 28);
  if (Number.isNaN(given.value)) return;
  const bytes = power ? 2 ** given.value : Math.max(1, given.value);
  if ((bytes & (bytes - 1)) !== 0) return run.errorAt("asm-alignment", { bytes }, 1);
  let fill: number | undefined;
  let most = Number.POSITIVE_INFINITY;
  let { next } = given;
  if (tokens.is(next, comma)) {
    next++;
    if (!tokens.is(next, comma)) {
      const value = run.constant(next, "a byte", -128, 255);
      if (Number.isNaN(value.value)) return;
      ({ value: fill, next } = value);
    }
    if (tokens.is(next, comma)) {
      const value = run.constant(next + 1, "a size in bytes", 0, 2 ** 28);
      if (Number.isNaN(value.value)) return;
      ({ value: most, next } = value);
    }
  }
  if (!run.ends(next)) return;
  const section = run.sections.current;
  const needed = (bytes - (section.size % bytes)) % bytes;
  if (needed > most) return;
  if (section.align < bytes) section.align = bytes;
  if (needed === 0) return;
  const at = take(run, needed, 1, (fill ?? 0) !== 0);
  if (at < 0 || section.type === "nobits") return;
  if (fill !== undefined) section.data.fill(fill & 0xff, at, at + needed);
  // Between instructions the gap must be instructions: `goto +0`, all zeros but for the opcode.
  else if (section.flags.exec && needed % opcodes.SLOT === 0 && at % opcodes.SLOT === 0) {
    for (let i = 0; i < needed; i += opcodes.SLOT) section.data[at + i] = opcodes.BPF_JMP;
  }
}
