/** Directives that give symbols other names: `.equiv`, `.eqv`, `.symver`, `.weakref`. */
import { decodeUtf8 } from "../../bytes/index.js";
import { treeAt } from "./symbol.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { isDefined } from "../output/symbols.js";
import type { AsmSymbol } from "../types.js";

/** `.equiv NAME, EXPRESSION`, `.eqv …`: like `.set`, for a name that has no value yet; that of `.eqv` (`anew`) is read at each use. */
export function equivalent(run: Run, anew: boolean): void {
  if (run.name(1) === undefined) return;
  if (!run.tokens.is(2, comma)) return run.expected("`,`", 2);
  defineOnce(run, 1, 3, anew);
}

/** The symbol at token `name`, which has no value yet, is the expression at token `at`, read at each use where `anew` says so. */
export function defineOnce(run: Run, name: number, at: number, anew: boolean): void {
  const { tokens, symbols } = run;
  const symbol = symbols.get(tokens.value[name]!, tokens.start[name]!);
  const found = treeAt(run, at);
  if (found === undefined) return;
  if (isDefined(symbol)) {
    const [start, end] = [tokens.start[name]!, tokens.end[name]!];
    const facts = { name: symbol.name };
    return run.report.addWithNote("asm-redefined", facts, start, end, "first defined here", symbol.at);
  }
  symbol.equation = found;
  symbol.at = tokens.start[name]!;
  if (anew) run.deferred.add(symbol, tokens.start[at]!, tokens.end[tokens.count - 1]!);
}

/** `.weakref ALIAS, TARGET`: a reference to ALIAS is one to TARGET that need not be defined. */
export function weakReference(run: Run): void {
  const { tokens, symbols } = run;
  if (run.name(1) === undefined) return;
  if (!tokens.is(2, comma)) return run.expected("`,`", 2);
  if (run.name(3) === undefined || !run.ends(4)) return;
  const alias = symbols.get(tokens.value[1]!, tokens.start[1]!);
  if (isDefined(alias)) {
    const [start, end] = [tokens.start[1]!, tokens.end[1]!];
    const facts = { name: alias.name };
    return run.report.addWithNote("asm-redefined", facts, start, end, "first defined here", alias.at);
  }
  alias.standsFor = symbols.get(tokens.value[3]!, tokens.start[3]!);
  alias.declared = true;
}

/** `.symver NAME, NAME@VERSION` (`@@`: the default one; `@@@`: that where NAME is defined, and in place of NAME): a name with a version. */
export function version(run: Run): void {
  const { tokens, symbols } = run;
  if (run.name(1) === undefined) return;
  if (!tokens.is(2, comma)) return run.expected("`,`", 2);
  let next = 3;
  while (next < tokens.count && !tokens.is(next, comma)) next++;
  const text = next > 3 ? decodeUtf8(run.source.text.subarray(tokens.start[3], tokens.end[next - 1])) : "";
  const [, name, marks, node] = /^([^@\s]+)(@{1,3})([^@\s]+)$/.exec(text) ?? [];
  if (name === undefined) return run.expected("`NAME@VERSION`", 3);
  let what: Version["original"] = marks === "@@@" ? "remove" : "stay";
  if (tokens.is(next, comma)) {
    const how = run.name(next + 1);
    if (how === undefined) return;
    if (how !== "remove" && how !== "local" && how !== "hidden")
      return run.expected("`local`, `hidden` or `remove`", next + 1);
    what = how;
    next += 2;
  }
  if (!run.ends(next)) return;
  const symbol = symbols.get(tokens.value[1]!, tokens.start[1]!);
  symbol.declared = true;
  run.versions.push({
    symbol,
    name,
    marks: marks!,
    node: node!,
    original: what,
    at: tokens.start[3]!,
    end: tokens.end[next - 1]!,
  });
}

/** What `.symver` said. */
export interface Version {
  readonly symbol: AsmSymbol;
  readonly name: string;
  readonly marks: string;
  readonly node: string;
  /** What becomes of the symbol: it has the new name instead of its own, or is nobody else's. */
  readonly original: "stay" | "local" | "hidden" | "remove";
  /** Byte offsets in the text. */
  readonly at: number;
  readonly end: number;
}

/** Aliases with versions for symbols that are defined; the others are renamed. */
export function applyVersions(run: Run): void {
  for (const { symbol, name, marks, node, original, at, end } of run.versions) {
    const defined = isDefined(symbol);
    const sign = marks === "@@@" ? (defined ? "@@" : "@") : marks;
    const full = `${name}${sign}${node}`;
    if (!defined && marks === "@@") run.report.add("asm-version-undefined", { name: symbol.name }, at, end);
    if (!defined || original === "remove") {
      symbol.name = full;
      continue;
    }
    const alias = run.symbols.get(run.interner.word(full), at);
    alias.equation = { kind: "symbol", symbol, at };
    alias.binding = symbol.binding;
    alias.type = symbol.type;
    alias.visibility = symbol.visibility;
    alias.size = symbol.size;
    if (original === "local") symbol.binding = "local";
    if (original === "hidden") symbol.visibility = "hidden";
  }
}

/** A weak reference to what is defined here is a reference; to anything else it stays weak, unless a stronger one is there. */
export function applyWeakReferences(symbols: readonly AsmSymbol[]): void {
  for (const alias of symbols) {
    const { standsFor } = alias;
    if (standsFor === undefined || !isDefined(standsFor)) continue;
    alias.equation = { kind: "symbol", symbol: standsFor, at: alias.at };
    alias.temporary = true;
  }
}
