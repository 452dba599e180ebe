/** The shape of one catalogue row. */
import type { Severity } from "../types.js";

export interface CatalogueEntry {
  readonly severity: Severity;
  /** What was found and what was expected; `{hole}` takes a fact. */
  readonly message: string;
  /** One line of advice, with the same holes. */
  readonly help?: string;
}

/** The shape of one room's table, keyed by diagnostic code. */
export type Catalogue = Readonly<Record<string, CatalogueEntry>>;
