/**
 * Pass: one winner for every global name. A strong definition beats a weak one, a weak one a common, a common an undefined;
 * of two weak ones the first wins; of two commons the larger; two strong ones are an error at the second.
 */
import { diagnostic, nearest, type Note } from "../diag/index.js";
import { helperId, helperNames } from "../isa/index.js";
import type { ObjectSymbol } from "../object/index.js";
import { eachRelocation, placeIn, placeOf, type Context } from "./context.js";
import { singleSections } from "./sections.js";

/** The rank of a symbol among those of its name. */
function rank(symbol: ObjectSymbol): 0 | 1 | 2 | 3 {
  if (symbol.home.kind === "undefined") return 0;
  if (symbol.home.kind === "common") return 1;
  return symbol.binding === "weak" ? 2 : 3;
}

export function resolveSymbols(context: Context): void {
  const { inputs, globals, diagnostics } = context;
  inputs.forEach((object, input) => {
    for (const symbol of object.symbols) {
      if (symbol.binding === "local") continue;
      const known = globals.get(symbol.name);
      if (known === undefined) {
        globals.set(symbol.name, { input, symbol });
        continue;
      }
      const was = rank(known.symbol);
      const is = rank(symbol);
      if (was === 3 && is === 3) {
        const sectionName = symbol.home.kind === "section" ? object.sections[symbol.home.section]!.name : "";
        if (singleSections.has(sectionName)) continue;
        const first = inputs[known.input]!;
        const notes: Note[] = [{ message: `first defined in ${first.file}`, place: placeOf(first, known.symbol) }];
        diagnostics.push(diagnostic("link-duplicate", { name: symbol.name }, placeOf(object, symbol), notes));
      } else if (is > was || (is === 1 && was === 1 && symbol.size > known.symbol.size)) {
        globals.set(symbol.name, { input, symbol });
      } else if (is === 0 && was === 0 && symbol.binding === "global" && known.symbol.binding === "weak") {
        // One strong reference makes the name needed.
        globals.set(symbol.name, { input, symbol });
      }
    }
  });
}

/** Pass of the final link: every reference must have a definition; one error at each place that refers. */
export function reportUndefined(context: Context): void {
  const { inputs, globals, diagnostics } = context;
  const defined = [...globals].filter(([, { symbol }]) => symbol.home.kind !== "undefined").map(([name]) => name);
  eachRelocation(context, (relocation, input, section) => {
    const object = inputs[input]!;
    const symbol = object.symbols[relocation.symbol]!;
    if (symbol.binding === "local" || globals.get(symbol.name)!.symbol.home.kind !== "undefined") return;
    // Helpers are the kernel's: a loader resolves them.
    if (relocation.kind === "call_imm32" && helperId(symbol.name) !== undefined) return;
    const meant = nearest(symbol.name, [...defined, ...(relocation.kind === "call_imm32" ? helperNames : [])]);
    const facts = {
      name: symbol.name,
      advice: meant === undefined ? "give the object that defines it" : `did you mean ${meant}?`,
    };
    diagnostics.push(diagnostic("link-undefined", facts, placeIn(object, section, relocation.offset)));
  });
}
