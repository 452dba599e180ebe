/** How instructions are written. */
import type { Dialect, InsnRow } from "./types.js";

/** The templates of `row` in `dialect`. Kernel text falls back to pseudo-C, the mnemonic dialects to GNU's words. */
export function spellings(row: InsnRow, dialect: Dialect): readonly string[] {
  return row.spelling[dialect] ?? (dialect === "kernel" ? row.spelling.pseudoc : row.spelling.gnu);
}
