/** What the linker is given and what it gives back. */
import type { Diagnostic } from "../diag/index.js";
import type { ObjectFile } from "../object/index.js";

export interface LinkOptions {
  /** The name of the output, for diagnostics. */
  readonly file?: string;
  /** `-r`: keep undefined symbols for a later link. */
  readonly relocatable?: boolean;
}

export interface LinkResult {
  /** Undefined when there are errors. */
  readonly object: ObjectFile | undefined;
  readonly diagnostics: readonly Diagnostic[];
}
