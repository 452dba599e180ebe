/** Directives that say something about symbols. */
import { alignUp, ByteWriter, decodeUtf8 } from "../../bytes/index.js";
import { noFlags, type SymbolBinding, type SymbolType, type SymbolVisibility } from "../../object/index.js";
import { stringAt } from "./data.js";
import { reduce } from "../match/expression.js";
import { maxBytes } from "../limits.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { reserve } from "../output/sections.js";
import { isDefined } from "../output/symbols.js";
import { packed, Token } from "../text/tokens.js";
import type { AsmSymbol, Expression } from "../types.js";

/** Calls `each` for the symbols of `.globl a, b`. */
function forEachName(run: Run, each: (symbol: AsmSymbol) => void): void {
  const { tokens } = run;
  for (let at = 1; ; at += 2) {
    if (run.name(at) === undefined) return;
    each(run.symbols.get(tokens.value[at]!, tokens.start[at]!));
    if (at + 1 >= tokens.count) return;
    if (!tokens.is(at + 1, comma)) return run.expected("`,` or the end of the statement", at + 1);
  }
}

export function bind(run: Run, binding: SymbolBinding): void {
  forEachName(run, (symbol) => {
    // A weak symbol stays weak when it is made global, too.
    if (!(symbol.binding === "weak" && binding === "global")) symbol.binding = binding;
    symbol.declared = true;
    symbol.kept = binding === "local";
  });
}

export function extern(run: Run): void {
  forEachName(run, (symbol) => (symbol.declared = true));
}

export function visibility(run: Run, kind: SymbolVisibility): void {
  forEachName(run, (symbol) => (symbol.visibility = kind));
}

const typeNames: ReadonlyMap<string, SymbolType> = new Map<string, SymbolType>([
  ["function", "func"],
  ["object", "object"],
  ["notype", "notype"],
  ["common", "common"],
  ["tls_object", "tls"],
  ["gnu_indirect_function", 10],
  ["STT_FUNC", "func"],
  ["STT_OBJECT", "object"],
  ["STT_NOTYPE", "notype"],
  ["STT_COMMON", "common"],
  ["STT_TLS", "tls"],
  ["STT_GNU_IFUNC", 10],
]);

/** `.type NAME, @function`; the comma may be missing, the mark `%` or nothing. */
export function type(run: Run): void {
  const { tokens } = run;
  if (run.name(1) === undefined) return;
  let at = tokens.is(2, comma) ? 3 : 2;
  if (tokens.is(at, packed("@")) || tokens.is(at, packed("%"))) at++;
  let word = tokens.kind[at] === Token.word && at < tokens.count ? run.interner.names[tokens.value[at]!]! : "";
  if (tokens.kind[at] === Token.string && at < tokens.count) {
    const bytes = stringAt(run, at);
    if (bytes === undefined) return;
    word = decodeUtf8(bytes);
  }
  const found = typeNames.get(word);
  if (found === undefined) return run.expected("`@function`, `@object`, `@notype` or `@tls_object`", at);
  if (run.ends(at + 1)) run.symbols.get(tokens.value[1]!, tokens.start[1]!).type = found;
}

/** The expression at token `at` as a tree; undefined after an error. */
export function treeAt(run: Run, at: number): Expression | undefined {
  const next = run.expression(at);
  if (next < 0 || !run.ends(next)) return undefined;
  return run.expressions.tree ?? { kind: "number", value: BigInt(run.expressions.number) };
}

/** `.size NAME, EXPRESSION` */
export function size(run: Run): void {
  if (run.name(1) === undefined) return;
  if (!run.tokens.is(2, comma)) return run.expected("`,`", 2);
  const symbol = run.symbols.get(run.tokens.value[1]!, run.tokens.start[1]!);
  const found = treeAt(run, 3);
  if (found !== undefined) symbol.size = found;
}

/** `.set NAME, EXPRESSION` */
export function set(run: Run): void {
  if (run.name(1) === undefined) return;
  if (!run.tokens.is(2, comma)) return run.expected("`,`", 2);
  assign(run, 1, 3);
}

/** Gives the symbol at token `name` the value of the expression at token `at`. */
export function assign(run: Run, name: number, at: number): void {
  const { tokens } = run;
  const symbol = run.symbols.get(tokens.value[name]!, tokens.start[name]!);
  const found = treeAt(run, at);
  if (found === undefined) return;
  if (symbol.section !== undefined || symbol.common !== undefined) {
    const facts = { name: symbol.name };
    const [start, end] = [tokens.start[name]!, tokens.end[name]!];
    return run.report.addWithNote("asm-redefined", facts, start, end, "first defined here", symbol.at);
  }
  const now = reduce(found);
  const known = !("problem" in now) && now.add === undefined && now.sub === undefined;
  symbol.equation = known ? { kind: "number", value: now.value } : found;
  symbol.at = tokens.start[name]!;
}

/** `.addrsig`: the object is to tell which symbols' addresses count. */
export function addressTable(run: Run): void {
  if (run.ends(1)) run.addressTable = true;
}

/** `.addrsig_sym NAME` */
export function addressCounts(run: Run): void {
  if (run.name(1) === undefined || !run.ends(2)) return;
  run.addressed.push(run.symbols.get(run.tokens.value[1]!, run.tokens.start[1]!));
}

/** `.comm NAME, SIZE[, ALIGN]`; `.lcomm` (`local`) and `.local` symbols are put into `.bss` at once. */
export function common(run: Run, local: boolean): void {
  const { tokens } = run;
  if (run.name(1) === undefined) return;
  if (!tokens.is(2, comma)) return run.expected("`,`", 2);
  const bytes = run.constant(3, "a size in bytes", 0, Number.MAX_SAFE_INTEGER);
  if (Number.isNaN(bytes.value)) return;
  let align = 1;
  let { next } = bytes;
  if (tokens.is(next, comma)) {
    const given = run.constant(next + 1, "an alignment in bytes", 1, 2 ** 28);
    if (Number.isNaN(given.value)) return;
    ({ value: align, next } = given);
    if ((align & (align - 1)) !== 0) return run.errorAt("asm-alignment", { bytes: align }, next - 1);
  }
  if (!run.ends(next)) return;
  const symbol = run.symbols.get(tokens.value[1]!, tokens.start[1]!);
  if (isDefined(symbol)) {
    const [start, end] = [tokens.start[1]!, tokens.end[1]!];
    const facts = { name: symbol.name };
    return run.report.addWithNote("asm-redefined", facts, start, end, "first defined here", symbol.at);
  }
  symbol.type = "object";
  symbol.at = tokens.start[1]!;
  if (local || symbol.kept) {
    const bss = run.sections.open(".bss");
    const offset = alignUp(bss.size, align);
    if (offset + bytes.value > maxBytes) {
      return run.errorAt("asm-too-large", { section: bss.name, limit: maxBytes }, 1);
    }
    reserve(bss, offset + bytes.value - bss.size);
    bss.align = Math.max(bss.align, align);
    symbol.section = bss;
    symbol.offset = offset;
    symbol.size = { kind: "number", value: BigInt(bytes.value) };
    return;
  }
  symbol.common = { size: bytes.value, align };
  if (symbol.binding === "local") symbol.binding = "global";
}

/** `.ident "TEXT"`: a string of the section `.comment`. */
export function ident(run: Run): void {
  const bytes = stringAt(run, 1);
  if (bytes === undefined || !run.ends(2)) return;
  const comment = run.sections.open(".comment", { ...noFlags, merge: true, strings: true }, "progbits", 1);
  if (comment.size === 0) reserve(comment, 1);
  const at = reserve(comment, bytes.length + 1);
  comment.data.set(bytes, at);
}

/** `.version "TEXT"`: a note of the section `.note`. */
export function versionNote(run: Run): void {
  const bytes = stringAt(run, 1);
  if (bytes === undefined || !run.ends(2)) return;
  const writer = new ByteWriter(run.endian);
  writer.u32(bytes.length + 1);
  writer.u32(0);
  writer.u32(1);
  writer.write(bytes);
  writer.u8(0);
  writer.align(4);
  const note = run.sections.open(".note", noFlags, "note");
  note.align = Math.max(note.align, 4);
  const at = reserve(note, writer.length);
  note.data.set(writer.bytes(), at);
}
