/** The one context that the passes of a link share: inputs, output sections, global symbols, diagnostics so far. */
import type { BinaryPlace, Diagnostic } from "../diag/index.js";
import type { ObjectFile, ObjectSymbol, Relocation, Section } from "../object/index.js";

/** An output section under construction. */
export interface OutputSection {
  readonly first: Section;
  align: number;
  size: number;
  /** Contributions in command-line order. */
  readonly parts: { readonly input: number; readonly section: number; readonly offset: number }[];
}

/** Where an input section went: output section number and offset in it; `undefined` when it was dropped. */
export interface Placed {
  readonly output: number;
  readonly offset: number;
}

/** The winner among the symbols of one name. */
export interface Resolved {
  input: number;
  symbol: ObjectSymbol;
}

export interface Context {
  readonly inputs: readonly ObjectFile[];
  readonly relocatable: boolean;
  readonly outputs: OutputSection[];
  /** By input, then by input section. */
  readonly placed: (Placed | undefined)[][];
  readonly globals: Map<string, Resolved>;
  readonly diagnostics: Diagnostic[];
}

/** The place of byte `offset` in a section of an input. */
export function placeIn(object: ObjectFile, section: number, offset: number): BinaryPlace {
  return { kind: "binary", file: object.file, section: object.sections[section]?.name, offset };
}

/** The place of a definition; undefined where the symbol has no section. */
export function placeOf(object: ObjectFile, symbol: ObjectSymbol): BinaryPlace | undefined {
  return symbol.home.kind === "section" ? placeIn(object, symbol.home.section, symbol.home.offset) : undefined;
}

/** Calls `visit` for every relocation of the sections that were kept. */
export function eachRelocation(
  context: Context,
  visit: (relocation: Relocation, input: number, section: number, placed: Placed) => void,
): void {
  for (const [outputNumber, output] of context.outputs.entries()) {
    for (const part of output.parts) {
      const section = context.inputs[part.input]!.sections[part.section]!;
      for (const relocation of section.relocations) {
        visit(relocation, part.input, part.section, { output: outputNumber, offset: part.offset });
      }
    }
  }
}
