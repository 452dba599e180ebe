/**
 * One winner for every global name, decided as the inputs come: a strong definition beats a common, a common a weak one, a
 * weak one an undefined; of two weak ones the first wins; of two commons the larger; two strong ones are an error at the second.
 */
import { newWords } from "../bytes/index.js";
import { diagnostic, type BinaryPlace, type Note } from "../diag/index.js";
import {
  homes,
  jumpTablesOf,
  relocationRows,
  rowOfSymbol,
  symbolRow,
  symbolRows,
  visibilities,
  visibilityOf,
  type ObjectFile,
  type ObjectSymbol,
  type SymbolList,
  type SymbolVisibility,
} from "../object/index.js";
import { Global, type Context, type Edit, type Input, type SectionState } from "./context.js";
import { withOwnTables } from "./jump-tables.js";
import { renamer, renameSymbols } from "./rename.js";
import { describeSymbol, placeOfSymbol } from "./where.js";

/** Sections of which one copy is enough, provided that all copies are equal. */
export const singleSections: ReadonlySet<string> = new Set(["license", "version"]);

/** From the least constraining on. */
const constraints: readonly SymbolVisibility[] = ["default", "protected", "hidden", "internal"];

/** The rank of a symbol among those of its name. */
function rank(symbols: SymbolList, at: number): 0 | 1 | 2 | 3 {
  const home = symbols.home(at);
  if (home === homes.undefined) return 0;
  if (home === homes.common) return 2;
  return symbols.isWeak(at) ? 1 : 3;
}

const noEdits: readonly Edit[] = [];
const noNames: ReadonlyMap<string, string> = new Map();

/**
 * Adds an input: its comdat groups and its symbols compete with those of the inputs before it. Without `renames` its names are those
 * that options have given to others.
 */
export function addObject(context: Context, given: ObjectFile, renames = true): Input {
  const rename = renames ? renamer(context.options, given) : undefined;
  const tables = jumpTablesOf(given);
  const own = withOwnTables(given, tables);
  if (own !== given && context.options.compat !== undefined) {
    const problem = "section .jumptables, whose words have to follow the code";
    const place: BinaryPlace = { kind: "binary", file: given.file, section: ".jumptables", offset: 0 };
    context.diagnostics.push(diagnostic("link-compat", { problem }, place));
  }
  const { object, renamed } = rename === undefined ? { object: own, renamed: noNames } : renameSymbols(own, rename);
  const symbols = symbolRows(object);
  const sections = object.sections.map((section): SectionState => ({
    relocations: relocationRows(section),
    dropped: undefined,
    output: -1,
    map: undefined,
    pieces: undefined,
    edits: noEdits,
  }));
  const number = context.inputs.length;
  const globalOf = newWords(symbols.count).fill(-1);
  const { lineOf } = context.options;
  const input: Input = { number, object, sections, placed: [], symbols, globalOf, renamed, tables, lineOf };
  context.inputs.push(input);
  dropKnownGroups(context, input);
  const { words, count } = symbols;
  for (let at = 0, row = 2; at < count; at++, row += symbolRow) {
    if ((words[row]! & 3) !== 0) globalOf[at] = enter(context, input, at);
  }
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

/** Enters symbol `at` of `input`; gives the number of its name. */
function enter(context: Context, input: Input, at: number): number {
  const { globals, names } = context;
  const given = input.symbols;
  const home = given.home(at);
  const gone = home >= 0 && input.sections[home]!.dropped !== undefined;
  const symbols = gone ? rowOfSymbol({ ...given.record(at), home: { kind: "undefined" } }) : given;
  const number = gone ? 0 : at;
  const known = given.nameIn(names, at);
  const global = globals[known];
  if (global === undefined) return globals.push(new Global(names, known, input.number, symbols, number)) - 1;
  const hidden = visibilityOf(symbols.info(number));
  if (hidden !== 0) constrain(global, visibilities[hidden]!);
  const was = rank(global.symbols, global.at);
  const is = rank(symbols, number);
  if (was === 3 && is === 3) {
    if (!isSingle(input, symbols.home(number)) && context.options.allowMultipleDefinition !== true) {
      reportDuplicate(context, global, input, symbols.record(number));
    }
  } else if (is > was) {
    global.win(input.number, symbols, number);
  } else if (is === 2 && was === 2) {
    joinCommons(global, input, symbols.record(number));
  } else if (is === 0 && was === 0 && !symbols.isWeak(number) && global.symbols.isWeak(global.at)) {
    // One strong reference makes the name needed.
    global.win(input.number, symbols, number);
  }
  return known;
}

/** The most constraining visibility of all symbols of a name is that of the name. */
function constrain(global: Global, visibility: SymbolVisibility): void {
  if (constraints.indexOf(visibility) > constraints.indexOf(global.visibility)) global.visibility = visibility;
}

/** Of two tentative definitions the larger stays, at the stricter of both alignments. */
function joinCommons(global: Global, input: Input, symbol: ObjectSymbol): void {
  const before = global.symbol;
  if (before.home.kind !== "common" || symbol.home.kind !== "common") return;
  const align = Math.max(before.home.align, symbol.home.align);
  const larger = symbol.size > before.size ? symbol : before;
  const joined = rowOfSymbol({ ...larger, home: { kind: "common", align } });
  global.win(larger === symbol ? input.number : global.input, joined, 0);
}

function isSingle({ object }: Input, home: number): boolean {
  return home >= 0 && singleSections.has(object.sections[home]!.name);
}

function reportDuplicate(context: Context, global: Global, input: Input, symbol: ObjectSymbol): void {
  const first = context.inputs[global.input]!;
  const notes: Note[] = [
    {
      message: `first defined in ${first.object.file} as ${describeSymbol(first, global.symbol)}`,
      place: placeOfSymbol(first, global.symbol),
    },
  ];
  const { file } = input.object;
  // Texts without a name of their own are all called <source>.
  const same = file === first.object.file && !file.startsWith("<") && input.symbols.count === first.symbols.count;
  const advice = same
    ? `${file} stands twice among the inputs; give it once`
    : "remove one definition, make it local (static, in C), or mark one weak";
  const facts = { name: symbol.name, file, advice };
  context.diagnostics.push(diagnostic("link-duplicate", facts, placeOfSymbol(input, symbol), notes));
}
