/** Declared names that are symbols of the file: where its data with a type stands, and what comes from elsewhere. */
import { cBaseOf, cSize, type CDeclared, type CType } from "../../btf/index.js";
import { reduce } from "../match/expression.js";
import { placeOf } from "../output/place.js";
import type { Run } from "../run.js";
import { isDefined } from "../output/symbols.js";
import type { AsmSymbol } from "../types.js";

export interface TypedVariable {
  readonly declared: CDeclared;
  readonly symbol: AsmSymbol;
  readonly type: CType;
  readonly size: number;
  /** The data section of BTF it belongs to; none for what another object of the same link has. */
  readonly section: string | undefined;
  /** Not of this file. */
  readonly external: boolean;
}

/** The declared variables, and the functions without a `.func`, that the file has or uses; in the order of their places. */
export function typedData(run: Run): TypedVariable[] {
  const { typed, sections, symbols, interner, report } = run;
  const functions = new Set(typed.functions.map(({ declared }) => declared.name));
  const found: TypedVariable[] = [];
  for (const declared of typed.scope.declared.values()) {
    const { name } = declared;
    if (functions.has(name)) continue;
    const [start, end] = typed.places.get(name) ?? [0, 0];
    const symbol = symbols.peek(interner.word(name));
    if (symbol === undefined) {
      if (!declared.extern && declared.type.kind !== "func") report.add("asm-ctype-nowhere", { name }, start, end);
      continue;
    }
    const made = isDefined(symbol) ? own(run, declared, symbol) : external(declared, symbol);
    if (made !== undefined) found.push(made);
  }
  const number = new Map(sections.all.map((section, i) => [section, i]));
  const order = ({ section }: AsmSymbol): number => (section === undefined ? -1 : number.get(section)!);
  found.sort((a, b) => order(a.symbol) - order(b.symbol) || placeOf(a.symbol) - placeOf(b.symbol));
  const ends = new Map<string, TypedVariable>();
  for (const each of found) {
    if (each.external || each.section === undefined || each.type.kind === "func") continue;
    const before = ends.get(each.section);
    if (before !== undefined && placeOf(before.symbol) + before.size > placeOf(each.symbol)) {
      const [start, end] = typed.places.get(each.declared.name)!;
      report.add("asm-ctype-overlap", { name: each.declared.name, other: before.declared.name }, start, end);
    }
    ends.set(each.section, each);
  }
  return found;
}

function external(declared: CDeclared, symbol: AsmSymbol): TypedVariable {
  if (declared.weak) symbol.binding = "weak";
  symbol.declared = true;
  const { type, section } = declared;
  return { declared, symbol, type, size: cSize(type) ?? 0, section, external: true };
}

function own(run: Run, declared: CDeclared, symbol: AsmSymbol): TypedVariable | undefined {
  const { report, typed } = run;
  const home = symbol.section;
  if (home === undefined) return undefined;
  const { name } = declared;
  const [start, end] = typed.places.get(name) ?? [0, 0];
  if (declared.type.kind === "func") {
    if (!home.flags.exec) report.add("asm-func-code", { section: home.name }, start, end);
    return { declared, symbol, type: declared.type, size: 0, section: home.name, external: false };
  }
  const given = givenSize(symbol);
  const type = counted(run, declared.type, given);
  const size = cSize(type);
  if (size === undefined || size === 0) {
    report.add("asm-ctype-no-size", { name }, start, end);
    return undefined;
  }
  if (given !== undefined && given !== size) {
    report.add("asm-ctype-size", { name, size: given, typeSize: size }, start, end);
    return undefined;
  }
  symbol.size ??= { kind: "number", value: BigInt(size) };
  if (symbol.type === "notype") symbol.type = "object";
  if (!declared.static && symbol.binding === "local" && !symbol.kept)
    symbol.binding = declared.weak ? "weak" : "global";
  return { declared, symbol, type, size, section: home.name, external: false };
}

/** What `.size` says; undefined where it says nothing. */
function givenSize({ size }: AsmSymbol): number | undefined {
  if (size === undefined) return undefined;
  const found = reduce(size);
  if ("problem" in found || found.add !== undefined || found.sub !== undefined) return undefined;
  return Number(found.value);
}

/** `int table[]` has as many elements as the symbol has room for. */
function counted(run: Run, type: CType, size: number | undefined): CType {
  const base = cBaseOf(type);
  if (base.kind !== "array" || base.count !== undefined || size === undefined) return type;
  const element = cSize(base.of);
  if (element === undefined || element === 0 || size % element !== 0) return type;
  return run.typed.scope.derived.array(base.of, size / element);
}
