/** The one context that the passes of a link share: inputs, output sections, global symbols, diagnostics so far. */
import { countBefore, type NameTable } from "../bytes/index.js";
import type { Diagnostic } from "../diag/index.js";
import {
  visibilities,
  visibilityOf,
  type JumpTable,
  type ObjectFile,
  type ObjectSymbol,
  type RelocationList,
  type Section,
  type SymbolList,
  type SymbolVisibility,
} from "../object/index.js";
import type { OffsetMap } from "./offset-map.js";
import type { LinkOptions } from "./types.js";
import type { Types } from "./type-merge.js";

/** A stretch of a section that is kept or dropped as a whole: a function, a variable, a string. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  live: boolean;
  /** What first led to it, for --why-live. */
  why: Reason | undefined;
  /** Its content stands elsewhere, too: identical code that was folded into that piece. */
  foldedInto: PieceRef | undefined;
}

export interface PieceRef {
  readonly input: number;
  readonly section: number;
  readonly piece: number;
}

/** Why a piece is live: a root, or a reference from another piece at `offset` of that section. */
export type Reason = { readonly root: string } | { readonly by: PieceRef; readonly offset: number };

/** The instruction at `at` is written anew, most of them with another number of slots. */
export interface Edit {
  readonly at: number;
  readonly kind: "expand-map" | "shrink-wide" | "long-jump" | "short-jump";
}

export interface SectionState {
  readonly relocations: RelocationList;
  /** Why nothing of the section is in the output; undefined while it is to be placed. */
  dropped: string | undefined;
  /** Number of the output section; -1 where it has none. */
  output: number;
  /** Where its bytes went; set by the layout. */
  map: OffsetMap | undefined;
  /** The pieces of the section by rising offset; undefined where it is taken whole. */
  pieces: Piece[] | undefined;
  edits: readonly Edit[];
}

export interface Input {
  readonly number: number;
  readonly object: ObjectFile;
  readonly sections: readonly SectionState[];
  /** The sections that are to be placed, by number: few of what compilers write. Set by the pass that chooses them. */
  placed: readonly number[];
  /** The symbols of the object as rows. */
  readonly symbols: SymbolList;
  /** Number of the global by symbol; -1 for local symbols. */
  readonly globalOf: Int32Array;
  /** Old name -> new name of the symbols that an option renamed. */
  readonly renamed: ReadonlyMap<string, string>;
  /** Its jump tables, whose words follow the code they lead to. */
  readonly tables: readonly JumpTable[];
  /** Source lines that its types do not tell. */
  readonly lineOf: LinkOptions["lineOf"] | undefined;
}

/** All symbols of one name, and the winner among them. */
export class Global {
  readonly number: number;
  readonly #names: NameTable;
  /** The input whose symbol won, and where that stands: a definition where there is one. */
  input: number;
  symbols: SymbolList;
  at: number;
  /** The most constraining visibility that any of them has. */
  visibility: SymbolVisibility;
  /** An option made it local. */
  localized = false;

  /** `number` is that of its name in `names`. */
  constructor(names: NameTable, number: number, input: number, symbols: SymbolList, at: number) {
    this.#names = names;
    this.number = number;
    this.input = input;
    this.symbols = symbols;
    this.at = at;
    this.visibility = visibilities[visibilityOf(symbols.info(at))]!;
  }

  get name(): string {
    return this.#names.text(this.number);
  }

  /** The symbol that won, made anew each time. */
  get symbol(): ObjectSymbol {
    return this.symbols.record(this.at);
  }

  /** The section it stands in, or one of `homes`. */
  get home(): number {
    return this.symbols.home(this.at);
  }

  win(input: number, symbols: SymbolList, at: number): void {
    this.input = input;
    this.symbols = symbols;
    this.at = at;
  }
}

/** An output section under construction. */
export interface OutputSection {
  readonly first: Section;
  readonly name: string;
  align: number;
  size: number;
  noBits: boolean;
  /** Contributions have entries of other kinds: it is no mergeable section any more. */
  mixed: boolean;
  /** A contribution is to stay whatever garbage collection says. */
  retain: boolean;
  /** The group whose members keep their own sections, in a relocatable link; undefined for all others. */
  readonly group: { readonly input: number; readonly group: number } | undefined;
  /** Contributions in command-line order; `offset` and `end` in the output section. */
  readonly parts: { readonly input: number; readonly section: number; readonly offset: number; readonly end: number }[];
}

export interface Context {
  readonly options: LinkOptions;
  readonly inputs: Input[];
  readonly globals: Global[];
  /** The names of globals, by their numbers; behind them others that the output has. */
  readonly names: NameTable;
  readonly outputs: OutputSection[];
  /** Comdat groups met so far: the input that keeps the group, by signature. */
  readonly groups: Map<string, number>;
  /** For each archive: its member that defines a name and was left outside, for advice. */
  readonly archives: ((name: string) => string | undefined)[];
  types: Types | undefined;
  readonly diagnostics: Diagnostic[];
}

/** What a symbol of an input stands for after resolution: the symbol itself, or the winner of its name. */
export function definition(
  context: Context,
  input: Input,
  number: number,
): {
  readonly input: Input;
  readonly symbols: SymbolList;
  /** Its number in `symbols`. */
  readonly at: number;
  readonly global: Global | undefined;
} {
  const globalNumber = input.globalOf[number]!;
  if (globalNumber < 0) return { input, symbols: input.symbols, at: number, global: undefined };
  const global = context.globals[globalNumber]!;
  return { input: context.inputs[global.input]!, symbols: global.symbols, at: global.at, global };
}

/** The global called `name`, if any input or option speaks of it. */
export function globalNamed(context: Context, name: string): Global | undefined {
  return context.globals[context.names.find(name)];
}

/** The number of the piece that holds `offset`; pieces cover the section without gaps. */
export function pieceAt(pieces: readonly Piece[], offset: number): number {
  return Math.max(0, countBefore(pieces.length, (piece) => pieces[piece]!.start <= offset) - 1);
}

/** The edit of the instruction at `offset`, if there is one. */
export function editAt({ edits }: SectionState, offset: number): Edit | undefined {
  const edit = edits[countBefore(edits.length, (at) => edits[at]!.at < offset)];
  return edit?.at === offset ? edit : undefined;
}

/** Is what stands at `offset` of a section one with equal code elsewhere, which is in the output in its place? */
export function isFolded({ sections }: Input, section: number, offset: number): boolean {
  const { pieces } = sections[section]!;
  return pieces !== undefined && pieces[pieceAt(pieces, offset)]?.foldedInto !== undefined;
}

/** Does one of `patterns` (`*` and `?` stand for any characters and any one) match the whole of `name`? */
export function matcher(patterns: readonly string[] | undefined): (name: string) => boolean {
  if (patterns === undefined || patterns.length === 0) return () => false;
  const plain = new Set(patterns.filter((each) => !/[*?]/.test(each)));
  const globs = patterns
    .filter((each) => /[*?]/.test(each))
    .map((each) => {
      const source = each.replace(/[.+^${}()|[\]\\]/g, "\\$&").replaceAll("*", ".*");
      return new RegExp(`^${source.replaceAll("?", ".")}$`, "s");
    });
  return (name) => plain.has(name) || globs.some((each) => each.test(name));
}
