/** `.reloc`: a relocation for a place that says nothing of it. */
import { dialects, relocDialects, relocTable, type RelocKind } from "../../object/index.js";
import { nearest } from "../../diag/index.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import type { AsmSection, Expression } from "../types.js";

/** What `.reloc` said. */
export interface StatedRelocation {
  readonly section: AsmSection;
  readonly place: Expression;
  readonly kind: RelocKind;
  readonly expression: Expression | undefined;
  /** The statement's operands: byte offsets. */
  readonly from: number;
  readonly to: number;
}

/** The kind that `name` is in code or data: one of the psABI's names, or a name of a dialect's table. */
function kindOf(name: string, where: "code" | "data"): RelocKind | undefined {
  if (Object.hasOwn(relocTable, name)) return name as RelocKind;
  for (const dialect of relocDialects) {
    for (const row of dialects[dialect])
      if (row.name === name && row.in === where && row.of === undefined) return row.kind;
  }
  return undefined;
}

function treeOf(run: Run): Expression {
  const { number, tree } = run.expressions;
  return tree ?? { kind: "number", value: BigInt(number) };
}

/** `.reloc PLACE, TYPE[, EXPRESSION]` */
export function reloc(run: Run): void {
  const { tokens, sections } = run;
  let next = run.expression(1);
  if (next < 0) return;
  const place = treeOf(run);
  if (!tokens.is(next, comma)) return run.expected("`,`", next);
  const name = run.name(next + 1);
  if (name === undefined) return;
  const section = sections.current;
  const kind = kindOf(name, section.flags.exec ? "code" : "data");
  if (kind === undefined) {
    const guess = nearest(name, [...Object.keys(relocTable), ...dialects.llvm.map((row) => row.name)]);
    return run.errorAt("asm-reloc-type", { name, guess: guess ?? "abs_data64" }, next + 1);
  }
  next += 2;
  let expression: Expression | undefined;
  if (tokens.is(next, comma)) {
    next = run.expression(next + 1);
    if (next < 0) return;
    expression = treeOf(run);
  }
  if (!run.ends(next)) return;
  run.relocs.push({ section, place, kind, expression, from: tokens.start[1]!, to: tokens.end[next - 1]! });
}
