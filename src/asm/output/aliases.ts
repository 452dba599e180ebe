/**
 * `.set NAME, PLACE`: NAME is a symbol of its own at that place, with the type and the size of what stands there where nothing says
 * otherwise. References to it are to it, not to what it was made of: another object's definition may take the place of a weak one.
 * GNU as and LLVM have it so.
 */
import { reduce } from "../match/expression.js";
import { placeOf } from "./place.js";
import type { AsmSymbol, Expression } from "../types.js";

/** Gives symbols that are places of this file these places, once sections are laid out. */
export function placeAliases(symbols: readonly AsmSymbol[]): void {
  for (const symbol of symbols) place(symbol);
}

function place(symbol: AsmSymbol): void {
  const { equation, standsFor, busy } = symbol;
  if (equation === undefined || equation.kind === "number" || standsFor !== undefined || busy) return;
  const base = baseOf(equation);
  if (base !== undefined) {
    symbol.busy = true;
    place(base);
    symbol.busy = false;
  }
  const found = reduce(equation);
  if ("problem" in found || found.sub !== undefined || found.add?.section === undefined) return;
  const { section } = found.add;
  symbol.section = section;
  symbol.offset = placeOf(found.add) + Number(found.value);
  symbol.after = section.layout === undefined ? 0 : -1;
  symbol.equation = undefined;
  if (base === undefined) return;
  if (symbol.type === "notype") symbol.type = base.type;
  symbol.size ??= base.size;
}

/** The first symbol of `tree`. */
function baseOf(tree: Expression): AsmSymbol | undefined {
  let at = tree;
  while (at.kind === "binary") at = at.left;
  return at.kind === "symbol" ? at.symbol : undefined;
}
