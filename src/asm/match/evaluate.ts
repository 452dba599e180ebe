/** Values of expressions that stand in raw text: `%EXPRESSION` of `.altmacro`. */
import { ExpressionParser, reduce } from "./expression.js";
import { bytesOf } from "../macros/raw.js";
import type { Run } from "../run.js";
import { Scanner } from "../text/scan.js";
import { Tokens } from "../text/tokens.js";

/** The value of the expression at `at` of `text` (`latin1`) and where it ends; undefined after an error. */
export function evaluate(
  run: Run,
  text: string,
  at: number,
): { readonly value: bigint; readonly next: number } | undefined {
  const tokens = new Tokens();
  new Scanner(bytesOf(text.slice(at)), tokens, run.interner, run.dialect).next();
  const here = run.tokens.start[0]!;
  const parser = new ExpressionParser(tokens, {
    word: (id) => run.word(id, here),
    numeric: (label, forward) => run.numeric(label, forward, here),
    unquote: () => false,
    operator: () => undefined,
  });
  const next = parser.parse(0);
  if (next > 0) {
    const tree = parser.tree ?? ({ kind: "number", value: BigInt(parser.number) } as const);
    const found = reduce(tree);
    if (!("problem" in found) && found.add === undefined && found.sub === undefined) {
      return { value: found.value, next: at + tokens.end[next - 1]! };
    }
  }
  run.errorAt("asm-not-constant", {}, 0, run.tokens.count - 1);
  return undefined;
}
