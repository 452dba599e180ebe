/** Collects the diagnostics of a run; stops it after `maxErrors`, or where a limit is hit. */
import { diagnostic, type Diagnostic, type DiagnosticCode, type DiagnosticFacts, type Note } from "../../diag/index.js";
import { maxText, type Source } from "./source.js";

export const maxErrors = 1000;
export const maxWarnings = 1000;

/** What becomes of warnings. */
export interface WarningPolicy {
  /** False: none is given. */
  readonly warnings: boolean;
  /** A warning is an error. */
  readonly fatal: boolean;
  /** Codes of warnings that are not given. */
  readonly silenced: ReadonlySet<string>;
}

interface Entry {
  readonly path: readonly number[];
  readonly diagnostic: Diagnostic;
}

function inReadingOrder({ path: a }: Entry, { path: b }: Entry): number {
  for (let i = 0; i < a.length && i < b.length; i++) if (a[i] !== b[i]) return a[i]! - b[i]!;
  return a.length - b.length;
}

export class Report {
  readonly #entries: Entry[] = [];
  /** What was said, where: a line read many times is complained about once. */
  readonly #said: Set<string> = new Set();
  errors = 0;
  #warnings = 0;
  #halted = false;
  readonly #source: Source;
  readonly #policy: WarningPolicy;

  constructor(source: Source, policy: WarningPolicy) {
    this.#source = source;
    this.#policy = policy;
  }

  /** Is the run over before its time? */
  get full(): boolean {
    return this.#halted || this.errors >= maxErrors;
  }

  /** `start` and `end` are byte offsets in the text. */
  add<Code extends DiagnosticCode>(code: Code, facts: DiagnosticFacts<Code>, start: number, end: number): void {
    this.#add(code, facts, start, end, []);
  }

  /** Takes diagnostics that others have made. */
  include(diagnostics: readonly Diagnostic[]): void {
    for (const each of diagnostics) this.#entries.push({ path: [maxText], diagnostic: each });
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
    this.#add(code, facts, start, end, [{ message, place: this.#source.place(noteAt, noteAt) }]);
  }

  /** Like `add`, for what ends the run: a limit. */
  halt<Code extends DiagnosticCode>(code: Code, facts: DiagnosticFacts<Code>, start: number, end: number): void {
    this.add(code, facts, start, end);
    this.#halted = true;
  }

  #add<Code extends DiagnosticCode>(
    code: Code,
    facts: DiagnosticFacts<Code>,
    start: number,
    end: number,
    notes: readonly Note[],
  ): void {
    if (this.full) return;
    const plain = diagnostic(code, facts);
    const warning = plain.severity === "warning";
    const { warnings, fatal, silenced } = this.#policy;
    if (warning && (!warnings || silenced.has(code))) return;
    const severity = warning && fatal ? "error" : plain.severity;
    if (severity !== "error" && this.#warnings > maxWarnings) return;
    const key = `${start} ${end} ${code} ${plain.message}`;
    if (this.#said.has(key)) return;
    this.#said.add(key);
    if (severity === "error") this.errors++;
    else if (++this.#warnings > maxWarnings) return;
    const place = this.#source.place(start, end);
    const made = { ...plain, severity, place, notes: [...notes, ...this.#source.trace(start)] };
    this.#entries.push({ path: this.#source.path(start), diagnostic: made });
  }

  /** In the order a person reads, with a closing one where a limit was reached. */
  finish(): readonly Diagnostic[] {
    const found = this.#entries.toSorted(inReadingOrder).map((each) => each.diagnostic);
    if (this.#warnings > maxWarnings) found.push(diagnostic("asm-too-many-warnings", { limit: maxWarnings }));
    if (this.errors >= maxErrors && !this.#halted) found.push(diagnostic("asm-too-many-errors", { limit: maxErrors }));
    return found;
  }
}
