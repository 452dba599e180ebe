/** Which options go with `--compat libbpf`: those that choose inputs or ask for a report, and none that changes contents. */
import { diagnostic, type Diagnostic } from "../../diag/index.js";
import type { LinkOptions } from "../types.js";

/** Options that change what is in a file, with their names on the command line. */
const contrary: readonly (readonly [keyof LinkOptions, string])[] = [
  ["keepDebug", "--keep-debug"],
  ["defsym", "--defsym"],
  ["wrap", "--wrap"],
  ["exports", "--export"],
  ["retainSymbols", "--retain-symbols-file"],
  ["allowMultipleDefinition", "--allow-multiple-definition"],
  ["prefixSymbols", "--prefix-symbols"],
  ["localize", "--localize"],
  ["rename", "--rename"],
  ["defineCommon", "--define-common"],
  ["gcSections", "--gc-sections"],
  ["icf", "--icf"],
  ["relax", "--relax"],
  ["isa", "--isa"],
];

/** An error for each option that contradicts `compat`. */
export function contraryOptions(options: LinkOptions): Diagnostic[] {
  return contrary
    .filter(([key]) => {
      const value = options[key];
      return Array.isArray(value) ? value.length > 0 : value !== undefined && value !== false;
    })
    .map(([, option]) => diagnostic("link-compat-option", { option }));
}

/** The options under which the passes before the output do what that linker does: nothing is merged or rewritten. */
export function compatOptions(options: LinkOptions): LinkOptions {
  return { ...options, relocatable: true, keepStrings: true, keepMapMoves: true };
}
