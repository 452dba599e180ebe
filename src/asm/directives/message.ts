/** Directives with which a text speaks to who assembles it: `.error`, `.err`, `.warning`, `.print`, `.fail`. */
import { decodeUtf8 } from "../../bytes/index.js";
import { stringAt } from "./data.js";
import type { Run } from "../run.js";

/** The string of the statement, or `otherwise` where there is none; undefined after an error. */
function message(run: Run, otherwise: string): string | undefined {
  if (run.tokens.count === 1) return otherwise;
  const bytes = stringAt(run, 1);
  return bytes === undefined || !run.ends(2) ? undefined : decodeUtf8(bytes);
}

export function error(run: Run): void {
  const text = message(run, "`.error` was reached");
  if (text !== undefined) run.errorAt("asm-said-error", { text }, 0, run.tokens.count - 1);
}

export function err(run: Run): void {
  if (run.ends(1)) run.errorAt("asm-said-error", { text: "`.err` was reached" }, 0);
}

export function warning(run: Run): void {
  const text = message(run, "`.warning` was reached");
  if (text !== undefined) run.errorAt("asm-said-warning", { text }, 0, run.tokens.count - 1);
}

export function print(run: Run): void {
  const text = run.tokens.count === 1 ? undefined : message(run, "");
  if (text !== undefined) run.errorAt("asm-said-note", { text }, 0, run.tokens.count - 1);
  else if (run.tokens.count === 1) run.expected("a string in double quotes", 1);
}

/** `.fail NUMBER`: a warning from 500 on, an error below. */
export function fail(run: Run): void {
  const { value, next } = run.constant(1, "a number", Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
  if (Number.isNaN(value) || !run.ends(next)) return;
  const text = `\`.fail ${value}\` was reached`;
  if (value >= 500) run.errorAt("asm-said-warning", { text }, 0, next - 1);
  else run.errorAt("asm-said-error", { text }, 0, next - 1);
}
