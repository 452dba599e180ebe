/** `.core_reloc PLACE, [KIND,] TYPE[, PATH]`: a CO-RE record for an instruction that holds the local value already. */
import { allowed } from "./typed.js";
import { readCore } from "../typed/core.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";

export function coreReloc(run: Run): void {
  const { tokens, expressions } = run;
  if (!allowed(run, ".core_reloc")) return;
  const next = run.expression(1);
  if (next < 0) return;
  const { tree } = expressions;
  if (tree?.kind !== "symbol") return run.expected("the label of an instruction or `.`", 1);
  if (!tokens.is(next, comma)) return run.expected("`,`", next);
  const { count } = tokens;
  const reading = readCore(run, next + 1, count, tokens.start[1]!, tokens.end[count - 1]!);
  if (reading !== undefined) run.core.records.push({ ...reading, start: tree.symbol });
}
