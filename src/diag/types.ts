/**
 * Diagnostics as data: what went wrong, where, and what to do about it.
 *
 * Nothing here prints. `format.ts` turns a diagnostic into text; the CLI decides where that text goes.
 */
import type { DiagnosticCode } from "./catalogue.js";

export type Severity = "error" | "warning" | "note";

/** A stretch of one line of a text file. Lines and columns count from 1, columns and `length` in UTF-16 units. */
export interface TextPlace {
  readonly kind: "text";
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** Width of the caret underline; 0 and 1 both draw one caret. */
  readonly length: number;
  /** The source line without its line terminator. */
  readonly source: string;
}

/** A byte offset in a binary file, or in one of its sections when `section` is given. */
export interface BinaryPlace {
  readonly kind: "binary";
  readonly file?: string | undefined;
  readonly section?: string | undefined;
  /** In bytes, from the start of `section`, or of the file when there is no section. */
  readonly offset: number;
}

export type Place = TextPlace | BinaryPlace;

/** A remark that belongs to a diagnostic: an include or macro back-trace line, the place of an earlier definition. */
export interface Note {
  readonly message: string;
  readonly place?: Place | undefined;
}

export interface Diagnostic {
  readonly code: DiagnosticCode;
  readonly severity: Severity;
  readonly message: string;
  readonly place?: Place | undefined;
  /** One line of advice: what to do. */
  readonly help?: string | undefined;
  readonly notes: readonly Note[];
}
