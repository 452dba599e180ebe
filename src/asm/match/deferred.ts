/**
 * `.eqv`: names whose expressions are read anew wherever the names are used, so that `.` and symbols that `.set` changes mean what they
 * mean there. Source: the manual of GNU as, `.eqv`.
 */
import { ExpressionParser } from "./expression.js";
import type { Run } from "../run.js";
import { Scanner } from "../text/scan.js";
import { newSymbol } from "../output/symbols.js";
import { Tokens } from "../text/tokens.js";
import type { AsmSymbol, Expression } from "../types.js";

/** Names that stand for names, one behind the other. */
const maxDepth = 100;

/**
 * The expression that stands alone in `text`, its symbols used at the byte offset `here`; `next`: the end of its last token.
 * `tokens` are those of no other text that is being read.
 */
export function parseText(
  run: Run,
  text: Uint8Array,
  here: number,
  tokens: Tokens = new Tokens(),
): { readonly tree: Expression; readonly next: number } | undefined {
  new Scanner(text, tokens, run.interner, run.dialect).next();
  const parser = new ExpressionParser(tokens, {
    word: (id) => run.word(id, here),
    numeric: (label, forward) => run.numeric(label, forward, here),
    unquote: () => false,
    operator: () => undefined,
  });
  const next = parser.parse(0);
  if (next <= 0) return undefined;
  const tree = parser.tree ?? ({ kind: "number", value: BigInt(parser.number) } as const);
  return { tree, next: tokens.end[next - 1]! };
}

export class Deferred {
  readonly #run: Run;
  /** Where each name's expression stands in the text. */
  readonly #texts: Map<AsmSymbol, readonly [start: number, end: number]> = new Map();
  /** What names are worth, while one of them is read: no other may have changed. */
  readonly #now: Map<AsmSymbol, AsmSymbol | Expression> = new Map();
  /** By depth: making them anew costs more than reading most expressions. */
  readonly #tokens: Tokens[] = [];
  #depth = 0;
  /** Was it said that names go round, or too far? */
  #told = false;

  constructor(run: Run) {
    this.#run = run;
  }

  get none(): boolean {
    return this.#texts.size === 0;
  }

  add(symbol: AsmSymbol, start: number, end: number): void {
    this.#texts.set(symbol, [start, end]);
  }

  /** What `symbol` is worth at the byte offset `at`; undefined where it is no name of `.eqv`. */
  value(symbol: AsmSymbol, at: number): AsmSymbol | Expression | undefined {
    const place = this.#texts.get(symbol);
    if (place === undefined) return undefined;
    const known = this.#now.get(symbol);
    if (known !== undefined) return known;
    const { source, report } = this.#run;
    const zero: Expression = { kind: "number", value: 0n };
    // The text is refused already: to read on would tell nothing, at the cost of a hundred names each.
    if (this.#told) return zero;
    if (symbol.busy || this.#depth >= maxDepth) {
      report.add(symbol.busy ? "asm-cycle" : "asm-deep", {}, ...place);
      this.#told = true;
      return zero;
    }
    symbol.busy = true;
    this.#depth++;
    const tokens = (this.#tokens[this.#depth] ??= new Tokens());
    const tree = parseText(this.#run, source.text.subarray(...place), at, tokens)?.tree ?? zero;
    this.#depth--;
    symbol.busy = false;
    let made: AsmSymbol | Expression = tree;
    if (tree.kind !== "number") {
      // A symbol of its own, so that what stands for sums of sums costs no more than once each.
      made = newSymbol("", at, true);
      made.equation = tree;
    }
    if (this.#depth === 0) this.#now.clear();
    else this.#now.set(symbol, made);
    return made;
  }

  /** At the end of the text: what the symbol table tells of the names. */
  close(): void {
    for (const symbol of this.#texts.keys()) {
      const found = this.value(symbol, symbol.at)!;
      symbol.equation = "kind" in found ? found : found.equation;
    }
  }
}
