/** Collects the diagnostics of a run; stops it after `maxErrors`. */
import { diagnostic, type Diagnostic, type DiagnosticCode, type DiagnosticFacts } from "../diag/index.js";
import type { Source } from "./source.js";

export const maxErrors = 1000;

function inTextOrder(a: Diagnostic, b: Diagnostic): number {
  if (a.place?.kind !== "text" || b.place?.kind !== "text") return 0;
  return a.place.line - b.place.line || a.place.column - b.place.column;
}

export class Report {
  readonly diagnostics: Diagnostic[] = [];
  errors = 0;
  readonly #source: Source;

  constructor(source: Source) {
    this.#source = source;
  }

  /** Has the limit been reached? */
  get full(): boolean {
    return this.errors >= maxErrors;
  }

  /** `start` and `end` are byte offsets in the text. */
  add<Code extends DiagnosticCode>(code: Code, facts: DiagnosticFacts<Code>, start: number, end: number): void {
    if (this.full) return;
    const made = diagnostic(code, facts, this.#source.place(start, end));
    this.diagnostics.push(made);
    if (made.severity === "error") this.errors++;
  }

  /** Takes diagnostics that others have made. */
  include(diagnostics: readonly Diagnostic[]): void {
    this.diagnostics.push(...diagnostics);
    this.errors += diagnostics.filter(({ severity }) => severity === "error").length;
  }

  /** Like `add`, with a note at another place. */
  addWithNote<Code extends DiagnosticCode>(
    code: Code,
    facts: DiagnosticFacts<Code>,
    start: number,
    end: number,
    message: string,
    noteAt: number,
  ): void {
    if (this.full) return;
    const notes = [{ message, place: this.#source.place(noteAt, noteAt) }];
    this.diagnostics.push(diagnostic(code, facts, this.#source.place(start, end), notes));
    this.errors++;
  }

  /** In the order of the text, with the closing limit error where the limit was reached. */
  finish(): readonly Diagnostic[] {
    this.diagnostics.sort(inTextOrder);
    if (this.full) this.diagnostics.push(diagnostic("asm-too-many-errors", { limit: maxErrors }));
    return this.diagnostics;
  }
}
