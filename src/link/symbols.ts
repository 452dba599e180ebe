/**
 * One winner for every global name, decided as the inputs come: a strong definition beats a weak one, a weak one a common, a
 * common an undefined; of two weak ones the first wins; of two commons the larger; two strong ones are an error at the second.
 */
import { diagnostic, type BinaryPlace, type Note } from "../diag/index.js";
import { jumpTablesOf, type ObjectFile, type ObjectSymbol, type SymbolVisibility } from "../object/index.js";
import type { Context, Edit, Global, Input, SectionState } from "./context.js";
import { withOwnTables } from "./jump-tables.js";
import { renamer, renameSymbols } from "./rename.js";
import { describeSymbol, placeOfSymbol } from "./where.js";

/** Sections of which one copy is enough, provided that all copies are equal. */
export const singleSections: ReadonlySet<string> = new Set(["license", "version"]);

const visibilities: readonly SymbolVisibility[] = ["default", "protected", "hidden", "internal"];

/** The rank of a symbol among those of its name. */
function rank(symbol: ObjectSymbol): 0 | 1 | 2 | 3 {
  if (symbol.home.kind === "undefined") return 0;
  if (symbol.home.kind === "common") return 1;
  return symbol.binding === "weak" ? 2 : 3;
}

const noEdits: readonly Edit[] = [];

/** Adds an input: its comdat groups and its symbols compete with those of the inputs before it. */
export function addObject(context: Context, given: ObjectFile): Input {
  const rename = renamer(context.options, given.file);
  const tables = jumpTablesOf(given);
  const own = withOwnTables(given, tables);
  if (own !== given && context.options.compat !== undefined) {
    const problem = "section .jumptables, whose words have to follow the code";
    const place: BinaryPlace = { kind: "binary", file: given.file, section: ".jumptables", offset: 0 };
    context.diagnostics.push(diagnostic("link-compat", { problem }, place));
  }
  const { object, renamed } =
    rename === undefined ? { object: own, renamed: new Map<string, string>() } : renameSymbols(own, rename);
  const sections = object.sections.map((): SectionState => ({
    dropped: undefined,
    output: -1,
    map: undefined,
    pieces: undefined,
    edits: noEdits,
  }));
  const number = context.inputs.length;
  const globalOf = new Int32Array(object.symbols.length).fill(-1);
  const input: Input = { number, object, sections, globalOf, renamed, tables, lineOf: context.options.lineOf };
  context.inputs.push(input);
  dropKnownGroups(context, input);
  object.symbols.forEach((symbol, index) => {
    if (symbol.binding !== "local") globalOf[index] = enter(context, input, symbol);
  });
  return input;
}

/** A comdat group is kept in the first input that has it; what later ones have of it is what they refer to. */
function dropKnownGroups(context: Context, { number, object, sections }: Input): void {
  object.groups.forEach(({ comdat, signature }, group) => {
    if (!comdat) return;
    const { name } = object.symbols[signature]!;
    const keeper = context.groups.get(name);
    if (keeper === undefined) {
      context.groups.set(name, number);
      return;
    }
    const first = context.inputs[keeper]!.object.file;
    object.sections.forEach((section, index) => {
      if (section.group === group) sections[index]!.dropped = `group ${name} is kept in ${first}`;
    });
  });
}

function enter(context: Context, input: Input, given: ObjectSymbol): number {
  const { globals, globalNumbers } = context;
  const { home } = given;
  const gone = home.kind === "section" && input.sections[home.section]!.dropped !== undefined;
  const symbol: ObjectSymbol = gone ? { ...given, home: { kind: "undefined" } } : given;
  const known = globalNumbers.get(symbol.name);
  if (known === undefined) {
    const number = globals.length;
    const { name, visibility } = symbol;
    globals.push({ name, number, input: input.number, symbol, visibility, localized: false });
    globalNumbers.set(name, number);
    return number;
  }
  const global = globals[known]!;
  if (visibilities.indexOf(symbol.visibility) > visibilities.indexOf(global.visibility)) {
    global.visibility = symbol.visibility;
  }
  const was = rank(global.symbol);
  const is = rank(symbol);
  if (was === 3 && is === 3) {
    if (!isSingle(input, symbol) && context.options.allowMultipleDefinition !== true) {
      reportDuplicate(context, global, input, symbol);
    }
  } else if (is > was) {
    win(global, input, symbol);
  } else if (is === 1 && was === 1) {
    joinCommons(global, input, symbol);
  } else if (is === 0 && was === 0 && symbol.binding === "global" && global.symbol.binding === "weak") {
    // One strong reference makes the name needed.
    win(global, input, symbol);
  }
  return known;
}

function win(global: Global, input: Input, symbol: ObjectSymbol): void {
  global.input = input.number;
  global.symbol = symbol;
}

/** Of two tentative definitions the larger stays, at the stricter of both alignments. */
function joinCommons(global: Global, input: Input, symbol: ObjectSymbol): void {
  const mine = global.symbol.home;
  if (mine.kind !== "common" || symbol.home.kind !== "common") return;
  const align = Math.max(mine.align, symbol.home.align);
  if (symbol.size > global.symbol.size) win(global, input, { ...symbol, home: { kind: "common", align } });
  else global.symbol = { ...global.symbol, home: { kind: "common", align } };
}

function isSingle({ object }: Input, { home }: ObjectSymbol): boolean {
  return home.kind === "section" && singleSections.has(object.sections[home.section]!.name);
}

function reportDuplicate(context: Context, global: Global, input: Input, symbol: ObjectSymbol): void {
  const first = context.inputs[global.input]!;
  const notes: Note[] = [
    {
      message: `first defined in ${first.object.file} as ${describeSymbol(first, global.symbol)}`,
      place: placeOfSymbol(first, global.symbol),
    },
  ];
  const facts = { name: symbol.name, file: input.object.file };
  context.diagnostics.push(diagnostic("link-duplicate", facts, placeOfSymbol(input, symbol), notes));
}
