/** Values of expressions that stand in raw text: `%EXPRESSION` of `.altmacro`. */
import { parseText } from "./deferred.js";
import { reduce } from "./expression.js";
import { bytesOf } from "../macros/raw.js";
import type { Run } from "../run.js";

/** The value of the expression at `at` of `text` (`latin1`) and where it ends; undefined after an error. */
export function evaluate(
  run: Run,
  text: string,
  at: number,
): { readonly value: bigint; readonly next: number } | undefined {
  const read = parseText(run, bytesOf(text.slice(at)), run.tokens.start[0]!);
  if (read !== undefined) {
    const found = reduce(read.tree);
    if (!("problem" in found) && found.add === undefined && found.sub === undefined) {
      return { value: found.value, next: at + read.next };
    }
  }
  run.errorAt("asm-not-constant", {}, 0, run.tokens.count - 1);
  return undefined;
}
