/** Making diagnostics: the templates of the catalogue filled with facts. */
import { catalogue, type DiagnosticCode, type DiagnosticFacts } from "./catalogue.js";
import type { CatalogueEntry } from "./catalogue/entry.js";
import type { Diagnostic, Note, Place } from "./types.js";

function fill(template: string, facts: Readonly<Record<string, string | number | bigint>>): string {
  return template.replace(/\{(\w+)\}/g, (_, hole: string) => String(facts[hole]));
}

/** A diagnostic of `code`, its message and advice filled with `facts`. */
export function diagnostic<Code extends DiagnosticCode>(
  code: Code,
  facts: DiagnosticFacts<Code>,
  place?: Place,
  notes: readonly Note[] = [],
): Diagnostic {
  const entry: CatalogueEntry = catalogue()[code];
  return {
    code,
    severity: entry.severity,
    message: fill(entry.message, facts),
    place,
    help: entry.help === undefined ? undefined : fill(entry.help, facts),
    notes,
  };
}

/**
 * The one error bpfkit throws: machine-made input (a file's bytes, a linked image) that cannot be used.
 * Text written by people is never answered with a throw; its diagnostics are collected.
 */
export class BpfkitError extends Error {
  override readonly name = "BpfkitError";
  readonly diagnostics: readonly Diagnostic[];

  constructor(diagnostics: readonly Diagnostic[]) {
    super(diagnostics.map((each) => each.message).join("; "));
    this.diagnostics = diagnostics;
  }
}

/** A `BpfkitError` with one diagnostic, ready to be thrown. */
export function failure<Code extends DiagnosticCode>(
  code: Code,
  facts: DiagnosticFacts<Code>,
  place?: Place,
  notes: readonly Note[] = [],
): BpfkitError {
  return new BpfkitError([diagnostic(code, facts, place, notes)]);
}
