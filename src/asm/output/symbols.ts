/** The names of a run, and its numeric labels. */
import type { Interner } from "../text/intern.js";
import type { AsmSection, AsmSymbol } from "../types.js";

export function newSymbol(name: string, at: number, temporary: boolean): AsmSymbol {
  return {
    name,
    section: undefined,
    offset: 0,
    after: 0,
    equation: undefined,
    binding: "local",
    declared: false,
    standsFor: undefined,
    referred: "no",
    kept: false,
    type: "notype",
    visibility: "default",
    size: undefined,
    common: undefined,
    temporary,
    at,
    busy: false,
    index: -1,
  };
}

/** Puts `symbol` at the end of what `section` has by now. */
export function putHere(symbol: AsmSymbol, section: AsmSection): void {
  if (section.absolute) {
    symbol.equation = { kind: "number", value: BigInt(section.size) };
    return;
  }
  symbol.section = section;
  symbol.offset = section.size;
  symbol.after = section.gaps.length;
  if (section.parent !== undefined) section.places.push(symbol);
}

/** A symbol for the end of `section` that nobody named: `.`. */
export function placeSymbol(section: AsmSection, at: number): AsmSymbol {
  const symbol = newSymbol("", at, true);
  putHere(symbol, section);
  return symbol;
}

export function isDefined(symbol: AsmSymbol): boolean {
  return symbol.section !== undefined || symbol.equation !== undefined || symbol.common !== undefined;
}

export class Symbols {
  /** In the order of first mention. */
  readonly all: AsmSymbol[] = [];
  readonly #byWord: (AsmSymbol | undefined)[] = [];
  readonly #interner: Interner;
  readonly #backward: Map<number, AsmSymbol> = new Map();
  readonly #forward: Map<number, AsmSymbol> = new Map();

  readonly #keepsLocals: boolean;

  /** `keepsLocals`: names with `.L` before them are like others. */
  constructor(interner: Interner, keepsLocals = false) {
    this.#interner = interner;
    this.#keepsLocals = keepsLocals;
  }

  /** The symbol of word `id`; `at` is where it stands, for one never seen before. */
  get(id: number, at: number): AsmSymbol {
    const known = this.#byWord[id];
    if (known !== undefined) return known;
    const name = this.#interner.names[id]!;
    const symbol = newSymbol(name, at, !this.#keepsLocals && name.startsWith(".L"));
    while (this.#byWord.length <= id) this.#byWord.push(undefined);
    this.#byWord[id] = symbol;
    this.all.push(symbol);
    return symbol;
  }

  peek(id: number): AsmSymbol | undefined {
    return this.#byWord[id];
  }

  /** `1:` */
  defineNumeric(label: number, section: AsmSection, at: number): void {
    const symbol = this.#forward.get(label) ?? newSymbol("", at, true);
    this.#forward.delete(label);
    putHere(symbol, section);
    this.#backward.set(label, symbol);
  }

  /** `1b`; undefined where there was none. */
  backward(label: number): AsmSymbol | undefined {
    return this.#backward.get(label);
  }

  /** `1f` */
  forward(label: number, at: number): AsmSymbol {
    let symbol = this.#forward.get(label);
    if (symbol === undefined) this.#forward.set(label, (symbol = newSymbol("", at, true)));
    return symbol;
  }

  /** Numeric labels that were promised and never came. */
  pending(): ReadonlyMap<number, AsmSymbol> {
    return this.#forward;
  }
}
