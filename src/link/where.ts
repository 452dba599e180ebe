/** Where something is, in the words of the source: function, line, instruction. For messages only: nothing here throws. */
import { countBefore } from "../bytes/index.js";
import { BpfkitError, type Note, type Place } from "../diag/index.js";
import type { ObjectSymbol } from "../object/index.js";
import type { Input } from "./context.js";
import { declaration } from "./declare.js";
import { declarationOf, linesOf, typesOf, type InputTypes } from "./type-read.js";
import type { SourceLine } from "./types.js";

/** The types of an input, or none where they cannot be read. */
function readable(input: Input): InputTypes | undefined {
  try {
    return typesOf(input);
  } catch (error) {
    if (error instanceof BpfkitError) return undefined;
    throw error;
  }
}

/** Functions of a section by rising offset, made once for each input that errors speak of. */
const functions = new WeakMap<Input, Map<number, { readonly offset: number; readonly name: string }[]>>();

function functionAt(input: Input, section: number, offset: number): string | undefined {
  let bySection = functions.get(input);
  if (bySection === undefined) {
    bySection = new Map();
    for (const { name, home, type, binding } of input.object.symbols) {
      if (home.kind !== "section" || name === "" || type === "section") continue;
      if (type !== "func" && (type !== "notype" || binding === "local")) continue;
      const list = bySection.get(home.section);
      if (list === undefined) bySection.set(home.section, [{ offset: home.offset, name }]);
      else list.push({ offset: home.offset, name });
    }
    for (const list of bySection.values()) list.sort((a, b) => a.offset - b.offset);
    functions.set(input, bySection);
  }
  const list = bySection.get(section) ?? [];
  return list[countBefore(list.length, (at) => list[at]!.offset <= offset) - 1]?.name;
}

/** The source line of the instruction at `offset` as DWARF tells it; none where that cannot be read. */
function dwarfLineAt({ object, lineOf }: Input, section: number, offset: number): SourceLine | undefined {
  try {
    return lineOf?.(object.file, object.sections[section]!.name, offset);
  } catch (error) {
    if (error instanceof BpfkitError) return undefined;
    throw error;
  }
}

/** The source line of the instruction at `offset`, as .BTF.ext tells it. */
function lineAt(input: Input, section: number, offset: number): Place | undefined {
  const types = readable(input);
  const lines = types === undefined ? undefined : linesOf(types).get(input.object.sections[section]!.name);
  if (types === undefined || lines === undefined) return undefined;
  const found = lines[countBefore(lines.length, (at) => lines[at]!.insnOff <= offset) - 1];
  if (found === undefined) return undefined;
  try {
    const source = types.btf.string(found.lineOff);
    const file = types.btf.string(found.fileNameOff);
    if (source === "") return undefined;
    return { kind: "text", file, line: found.line, column: Math.max(1, found.column), length: 1, source };
  } catch (error) {
    if (error instanceof BpfkitError) return undefined;
    throw error;
  }
}

/** The place of byte `offset` in a section of an input: the source line where that is known. */
export function placeIn(input: Input, section: number, offset: number): Place {
  const { file, sections } = input.object;
  const { name, flags } = sections[section]!;
  const line = flags.exec ? lineAt(input, section, offset) : undefined;
  if (line !== undefined) return line;
  const dwarf = flags.exec ? dwarfLineAt(input, section, offset) : undefined;
  if (dwarf?.source === undefined) return { kind: "binary", file, section: name, offset };
  const column = 1 + (dwarf.source.length - dwarf.source.trimStart().length);
  return { kind: "text", file: dwarf.file, line: dwarf.line, column, length: 1, source: dwarf.source };
}

/** Who refers: function and instruction, or the variable's section. */
export function siteNote(input: Input, section: number, offset: number): Note {
  const { file, sections } = input.object;
  const { name, flags } = sections[section]!;
  const place = { kind: "binary", file, section: name, offset } as const;
  if (!flags.exec) return { message: `referred to from data of ${file}`, place };
  const inside = functionAt(input, section, offset);
  const line = lineAt(input, section, offset) === undefined ? dwarfLineAt(input, section, offset) : undefined;
  const source = line === undefined ? "" : ` (${line.file}:${line.line})`;
  return { message: `in ${inside ?? `section ${name}`}, instruction ${offset / 8} of section ${name}${source}`, place };
}

/** The place of a definition; undefined where the symbol has no section. */
export function placeOfSymbol(input: Input, { home }: ObjectSymbol): Place | undefined {
  if (home.kind !== "section") return { kind: "binary", file: input.object.file, offset: 0 };
  return placeIn(input, home.section, home.offset);
}

/** A symbol as C declares it; undefined where its type is not known. */
export function declarationIn(input: Input, { name }: ObjectSymbol): string | undefined {
  const types = readable(input);
  const id = types === undefined ? undefined : declarationOf(types, name);
  return types === undefined || id === undefined ? undefined : declaration(types.btf, id);
}

/** The same, or what kind of thing it is. */
export function describeSymbol(input: Input, symbol: ObjectSymbol): string {
  const text = declarationIn(input, symbol);
  if (text !== undefined) return text;
  if (symbol.home.kind === "absolute") return "an absolute symbol";
  if (symbol.home.kind === "common") return "a tentative definition";
  return symbol.type === "func" ? "a function" : symbol.type === "object" ? "a variable" : "a label";
}
