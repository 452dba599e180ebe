/** Directives whose bytes may have to wait until every place is known: gaps, alignment, `.org`, LEB128 numbers. */
import { encodeSlot, opcodes } from "../../isa/index.js";
import { take } from "./data.js";
import { reduce } from "../match/expression.js";
import { fillWith, pad } from "../output/layout.js";
import { lebSize, putLeb } from "../leb128.js";
import { maxBytes } from "../limits.js";
import { reserve } from "../output/sections.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import type { AsmSection, Expression, Filler, GapKind } from "../types.js";

/** The value of an expression just read, if it is known now and will not change; `tree` undefined means `number`. */
function known(run: Run): bigint | undefined {
  const { number, tree } = run.expressions;
  if (tree === undefined) return BigInt(number);
  return tree.kind === "number" ? tree.value : undefined;
}

function treeOf(run: Run): Expression {
  const { number, tree } = run.expressions;
  return tree ?? { kind: "number", value: BigInt(number) };
}

/** Leaves a gap for tokens `first` up to `last`. */
function postpone(run: Run, what: GapKind, first: number, last: number): void {
  const section = run.sections.current;
  if (section.absolute) return run.errorAt("asm-not-constant", {}, first, last);
  const { start, end } = run.tokens;
  section.gaps.push({ at: section.size, size: 0, what, from: start[first]!, to: end[last]! });
}

/** Is the place of the section's end known? */
function fixed(section: AsmSection): boolean {
  return section.gaps.length === 0 && section.parent === undefined;
}

/** `, VALUE` as a filler of `width` bytes, zero when it is not there; undefined after an error. */
function filler(run: Run, at: number, width: number): { readonly fill: Filler; readonly next: number } | undefined {
  if (!run.tokens.is(at, comma)) return { fill: { value: 0, width }, next: at };
  const bits = 8 * Math.min(width, 4);
  const given = run.constant(at + 1, width === 1 ? "a byte" : `${bits} bits`, -(2 ** (bits - 1)), 2 ** bits - 1);
  return Number.isNaN(given.value) ? undefined : { fill: { value: given.value, width }, next: given.next };
}

/** `count` copies of `fill` at the end of the section. */
function put(run: Run, count: number, fill: Filler): void {
  const size = count * fill.width;
  const section = run.sections.current;
  const at = take(run, size, 1, fill.value !== 0);
  if (at < 0 || fill.value === 0 || section.type === "nobits") return;
  fillWith(section.data, at, at + size, fill, run.endian === "little");
}

/** The number of fillers at token `at`, which may be known later: its tree, or a number. */
function count(run: Run, at: number, what: string): { value: number; tree: Expression; next: number } | undefined {
  const next = run.expression(at);
  if (next < 0) return undefined;
  const tree = treeOf(run);
  const now = known(run) ?? constantNow(tree);
  if (now === undefined) return { value: Number.NaN, tree, next };
  if (now >= 0n && now <= BigInt(maxBytes)) return { value: Number(now), tree, next };
  run.errorAt("asm-range", { what, value: now, low: "0", high: String(maxBytes) }, at, next - 1);
  return undefined;
}

function constantNow(tree: Expression): bigint | undefined {
  const found = reduce(tree);
  return "problem" in found || found.add !== undefined || found.sub !== undefined ? undefined : found.value;
}

/** `.zero SIZE`, `.skip SIZE, FILL`, `.space SIZE, FILL`; `.ds.w COUNT` (`width`). */
export function gap(run: Run, width = 1): void {
  const size = count(run, 1, "a size in bytes");
  if (size === undefined) return;
  const found = filler(run, size.next, 1);
  if (found === undefined || !run.ends(found.next)) return;
  const fill: Filler = width === 1 ? found.fill : { value: 0, width };
  if (Number.isNaN(size.value)) postpone(run, { kind: "space", expression: size.tree, fill }, 1, size.next - 1);
  else put(run, size.value, fill);
}

/** `.fill COUNT[, SIZE[, VALUE]]`: what SIZE has beyond four bytes is zeros. */
export function fill(run: Run): void {
  const times = count(run, 1, "a count");
  if (times === undefined) return;
  let width = 1;
  let { next } = times;
  if (run.tokens.is(next, comma)) {
    const given = run.constant(next + 1, "a size of 0 to 8 bytes", 0, 8);
    if (Number.isNaN(given.value)) return;
    ({ value: width, next } = given);
  }
  const found = filler(run, next, Math.max(1, width));
  if (found === undefined || !run.ends(found.next) || width === 0) return;
  if (Number.isNaN(times.value)) {
    postpone(run, { kind: "space", expression: times.tree, fill: found.fill }, 1, times.next - 1);
  } else {
    put(run, times.value, found.fill);
  }
}

/** `.dcb.w COUNT[, VALUE]` */
export function blocks(run: Run, width: number): void {
  const times = count(run, 1, "a count");
  if (times === undefined) return;
  const found = filler(run, times.next, width);
  if (found === undefined || !run.ends(found.next)) return;
  if (Number.isNaN(times.value)) {
    postpone(run, { kind: "space", expression: times.tree, fill: found.fill }, 1, times.next - 1);
  } else {
    put(run, times.value, found.fill);
  }
}

/** `.nop`: an instruction that does nothing. */
export function nop(run: Run): void {
  const { sections, endian } = run;
  if (!run.ends(1)) return;
  const section = sections.current;
  if (section.type === "nobits") return run.errorAt("asm-nobits", { section: section.name }, 0);
  if (run.lines.pending !== undefined) run.lines.take(section);
  const at = reserve(section, opcodes.SLOT);
  encodeSlot(section.data, at, endian, opcodes.JA, 0, 0, 0, 0);
  if (section.align < opcodes.SLOT) section.align = opcodes.SLOT;
}

/** `.org PLACE[, FILL]`, `. = PLACE`: a number of bytes from the start of the section, or a place in it, at token `at`. */
export function org(run: Run, at: number): void {
  const section = run.sections.current;
  const next = run.expression(at);
  if (next < 0) return;
  const expression = treeOf(run);
  const found = filler(run, next, 1);
  if (found === undefined || !run.ends(found.next)) return;
  const there = reduce(expression);
  const placed = !("problem" in there) && there.sub === undefined;
  if (placed && fixed(section) && (there.add === undefined || there.add.section === section)) {
    const to = there.value + BigInt(there.add?.offset ?? 0);
    if (to < section.size) return run.errorAt("asm-org-back", { here: section.size, there: to }, at, next - 1);
    if (to <= maxBytes) return put(run, Number(to) - section.size, found.fill);
  }
  postpone(run, { kind: "org", expression, fill: found.fill }, at, next - 1);
}

/** `.balign BYTES`, `.p2align POWER` (`power`), each with `, FILL, MOST`; the fill has `width` bytes. */
export function align(run: Run, power: boolean, width = 1): void {
  const { tokens } = run;
  let bytes = 1;
  let next = 1;
  if (tokens.count > 1) {
    const given = run.constant(
      1,
      power ? "the exponent of an alignment" : "an alignment in bytes",
      0,
      power ? 28 : 2 ** 28,
    );
    if (Number.isNaN(given.value)) return;
    bytes = power ? 2 ** given.value : Math.max(1, given.value);
    ({ next } = given);
  }
  if ((bytes & (bytes - 1)) !== 0) return run.errorAt("asm-alignment", { bytes }, 1);
  let given: Filler | undefined;
  let most = Number.POSITIVE_INFINITY;
  if (tokens.is(next, comma)) {
    if (tokens.is(next + 1, comma)) {
      next++;
    } else {
      const found = filler(run, next, width);
      if (found === undefined) return;
      ({ fill: given, next } = found);
    }
    if (tokens.is(next, comma)) {
      const value = run.constant(next + 1, "a size in bytes", 0, 2 ** 28);
      if (Number.isNaN(value.value)) return;
      ({ value: most, next } = value);
    }
  }
  if (!run.ends(next)) return;
  const section = run.sections.current;
  if (!fixed(section)) {
    raise(section, bytes);
    return postpone(run, { kind: "align", bytes, fill: given, most }, 1, 1);
  }
  raise(section, bytes);
  const needed = (bytes - (section.size % bytes)) % bytes;
  if (needed === 0 || needed > most) return;
  if (given !== undefined && needed % given.width !== 0) {
    return run.errorAt("asm-padding", { needed, width: given.width }, 1);
  }
  const at = take(run, needed, 1, (given?.value ?? 0) !== 0);
  if (at < 0 || section.type === "nobits") return;
  if (given !== undefined) fillWith(section.data, at, at + needed, given, run.endian === "little");
  else pad(section.data, at, at + needed, section.flags.exec);
}

function raise(section: AsmSection, bytes: number): void {
  if (section.align < bytes) section.align = bytes;
}

/** `.uleb128 NUMBER, …`, `.sleb128 …` (`signed`). */
export function leb128(run: Run, signed: boolean): void {
  const { tokens } = run;
  if (tokens.count === 1) return run.expected("a number", 1);
  for (let at = 1; ;) {
    const next = run.expression(at);
    if (next < 0) return;
    const value = known(run);
    if (value === undefined) {
      postpone(run, { kind: "leb", signed, expression: treeOf(run) }, at, next - 1);
    } else if (value < 0n && !signed) {
      const facts = { what: "an unsigned LEB128 number", value, low: "0", high: String(2n ** 64n - 1n) };
      run.errorAt("asm-range", facts, at, next - 1);
    } else {
      const size = lebSize(value, signed);
      const to = take(run, size, at, value !== 0n);
      if (to < 0) return;
      if (run.sections.current.type !== "nobits") putLeb(run.sections.current.data, to, size, value);
    }
    if (next >= tokens.count) return;
    if (!tokens.is(next, comma)) return run.expected("`,` or the end of the statement", next);
    at = next + 1;
  }
}
