/** The link, pass by pass. Source: docs/linker.md. */
import { NameTable } from "../bytes/index.js";
import { checkRequired, chooseLocals, defineSymbols, placeCommons } from "./common.js";
import { linkLikeLibbpf } from "./compat/compat.js";
import { compatOptions, contraryOptions } from "./compat/options.js";
import type { Context } from "./context.js";
import { gatherInputs, requestSymbols } from "./inputs.js";
import { collectGarbage } from "./gc.js";
import { foldIdenticalCode } from "./icf.js";
import { chooseSections, layOut } from "./layout.js";
import { lengthenJumps } from "./lengthen.js";
import { relaxCode } from "./relax.js";
import { splitPieces, splitStrings } from "./split.js";
import { reportOf } from "./map.js";
import { buildOutput } from "./output.js";
import { checkTypes } from "./type-check.js";
import { mergeTypes } from "./type-merge.js";
import { buildTypes } from "./type-output.js";
import { reportUndefined } from "./undefined.js";
import type { LinkInput, LinkOptions, LinkResult } from "./types.js";

/**
 * Links `inputs` in the given order into one Object. All errors of the link are reported, not the first. Throws BpfkitError where
 * an archive's member or an object's type information cannot be read.
 */
export function link(inputs: readonly LinkInput[], asked: LinkOptions = {}): LinkResult {
  const compat = asked.compat !== undefined;
  const options = compat ? compatOptions(asked) : asked;
  const context: Context = {
    options,
    inputs: [],
    globals: [],
    names: new NameTable(),
    outputs: [],
    groups: new Map(),
    archives: [],
    types: undefined,
    diagnostics: compat ? contraryOptions(asked) : [],
  };
  const { diagnostics } = context;
  const failed = (): boolean => diagnostics.some(({ severity }) => severity === "error");

  // Inputs come in order, archive members where they are needed; one symbol wins for every global name.
  requestSymbols(context);
  gatherInputs(context, inputs);
  if (context.inputs.length === 0 || diagnostics.some(({ code }) => code === "link-endian")) {
    return { object: undefined, diagnostics, report: undefined };
  }

  // Definitions of the linker's own, and what the command line says about names.
  placeCommons(context);
  defineSymbols(context);
  checkRequired(context);
  chooseLocals(context);

  // The types of all inputs become one set, in which declarations can be compared.
  mergeTypes(context);
  checkTypes(context);

  // What is placed: all, or what programs lead to; equal strings once.
  chooseSections(context);
  if (options.keepStrings !== true) splitStrings(context);
  if (options.gcSections === true || options.icf === true) splitPieces(context);
  if (options.gcSections === true) collectGarbage(context);
  if (options.icf === true) foldIdenticalCode(context);

  // And where; code in the forms that the target takes.
  relaxCode(context);
  layOut(context);
  if (!compat && !failed()) lengthenJumps(context);

  // A final link leaves nothing open but what the kernel provides.
  if (asked.relocatable !== true) reportUndefined(context);
  if (failed()) return { object: undefined, diagnostics, report: reportOf(context, () => 0) };

  if (compat) return compatResult(context);

  // Copy contents, renumber symbols, resolve what is known; then describe the result in types.
  const types = buildTypes(context);
  const object = buildOutput(context, types.sections);
  return { object: failed() ? undefined : object, diagnostics, report: reportOf(context, () => types.count) };
}

/** The result whose file is that of libbpf's linker. */
function compatResult(context: Context): LinkResult {
  const { inputs, options, diagnostics } = context;
  const objects = inputs.map(({ object }) => object);
  const made = linkLikeLibbpf(objects, options, diagnostics);
  return { object: made?.object, bytes: made?.bytes, diagnostics, report: reportOf(context, () => made?.types ?? 0) };
}
