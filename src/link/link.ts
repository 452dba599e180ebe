/** The link, pass by pass. Source: docs/psabi.md "Linking". */
import { diagnostic } from "../diag/index.js";
import type { ObjectFile } from "../object/index.js";
import type { Context } from "./context.js";
import { buildOutput, placeCommons } from "./output.js";
import { mergeSections } from "./sections.js";
import { reportUndefined, resolveSymbols } from "./symbols.js";
import type { LinkOptions, LinkResult } from "./types.js";

/** Links `inputs` in the given order into one Object. All errors of the link are reported, not the first. */
export function link(inputs: readonly ObjectFile[], options: LinkOptions = {}): LinkResult {
  const context: Context = {
    inputs,
    relocatable: options.relocatable ?? false,
    outputs: [],
    placed: [],
    globals: new Map(),
    diagnostics: [],
  };
  const { diagnostics } = context;
  const failed = (): boolean => diagnostics.some(({ severity }) => severity === "error");

  // Nothing else makes sense when there is no input or the byte orders differ.
  checkInputs(context);
  if (failed()) return { object: undefined, diagnostics };

  // Sections first: symbols need to know where their sections went.
  mergeSections(context);

  // One winner for every global name.
  resolveSymbols(context);
  placeCommons(context);

  // A final link leaves nothing open but what the kernel provides.
  if (!context.relocatable) reportUndefined(context);

  // Copy contents, renumber, resolve what is now within one section.
  const object = buildOutput(context, options.file ?? "a.out");
  return { object: failed() ? undefined : object, diagnostics };
}

function checkInputs({ inputs, diagnostics }: Context): void {
  const [first] = inputs;
  if (first === undefined) {
    diagnostics.push(diagnostic("link-no-input", {}));
    return;
  }
  for (const { endian, file } of inputs) {
    if (endian === first.endian) continue;
    const facts = { file, endian, first: first.file, other: first.endian };
    diagnostics.push(diagnostic("link-endian", facts));
  }
}
