/** Views show what can be read of a broken file, and say what cannot. */
import { BpfkitError, type Diagnostic } from "../diag/index.js";

/** What `read` returns, or undefined, its diagnostics put into `problems`. */
export function tolerant<Facts>(problems: Diagnostic[], read: () => Facts): Facts | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    problems.push(...error.diagnostics);
    return undefined;
  }
}
