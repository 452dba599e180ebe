/**
 * What the assembler works on between text and Object: symbols, sections being filled, expressions and fixups.
 *
 * These are mutable on purpose: one run owns them. The Object that comes out is data.
 */
import type { Diagnostic, DiagnosticCode } from "../diag/index.js";
import type { Endian } from "../bytes/index.js";
import type { Dialect, IsaVersion } from "../isa/index.js";
import type { Layout } from "./output/layout.js";
import type { DebugOptions } from "./debug/generate.js";
import type { LineRow } from "./debug/lines.js";
import type {
  ObjectFile,
  RelocKind,
  SectionFlags,
  SectionType,
  SymbolBinding,
  SymbolType,
  SymbolVisibility,
} from "../object/index.js";

export interface AssembleOptions {
  /** The name for diagnostics and for the Object. Default `<source>`. */
  readonly file?: string;
  /** Byte order of the Object. Default `little`. */
  readonly endian?: Endian;
  /** The spelling of instructions; `auto` (the default) looks at the text, see `text/detect.ts`. */
  readonly syntax?: Dialect | "auto";
  /** The level of the instruction set: instructions of later ones are errors. When given, the Object says so. Default 4, the last. */
  readonly isa?: IsaVersion;
  /** Give a jump that is too far a longer form, where the ISA level has one. Default true. */
  readonly relax?: boolean;
  /** Fill every section up to a multiple of its alignment, as GNU as does unless told not to. Default false. */
  readonly padSections?: boolean;
  /** Refuse the additions of bpfkit: `.map`, `.ctype`, `.func` with a prototype, `.program`, `.license`, `%core`, `.core_reloc`. Default `false`. */
  readonly strict?: boolean;
  /** Reads the files of `.include` and `.incbin`. Without it there are none. */
  readonly readFile?: ReadFile;
  /** Absolute symbols that are defined before the text is read. */
  readonly defines?: Readonly<Record<string, number | bigint>>;
  /** False: no warnings. */
  readonly warnings?: boolean;
  /** Warnings are errors. */
  readonly fatalWarnings?: boolean;
  /** Codes of warnings that are not given. */
  readonly silenced?: Iterable<DiagnosticCode>;
  /** Make debugging data (DWARF) of the text itself, where it has none of its own. */
  readonly debug?: DebugOptions;
  /** Make a listing, too. */
  readonly listing?: ListingOptions;
  /** Symbols whose names begin with `.L` are in the object's symbol table, too. Default false. */
  readonly keepLocals?: boolean;
  /** Make the text with all map references written out, too. */
  readonly explicitMaps?: boolean;
}

/**
 * Finds the file that the text of `from` calls `name`, of at most `limit` bytes. `path` names it in diagnostics; `reason`: why there
 * is none.
 */
export type ReadFile = (
  name: string,
  from: string,
  limit: number,
) => { readonly path: string; readonly bytes: Uint8Array } | { readonly reason: string };

export interface AssembleResult {
  /** Undefined when there is an error. */
  readonly object: ObjectFile | undefined;
  /** In the order of the text. */
  readonly diagnostics: readonly Diagnostic[];
  /** With `listing`. */
  readonly listing?: string;
  /**
   * With `explicitMaps`: the text with `%map(…)` around each operand that was taken for a map without it. Macros and included files that
   * have such operands are written out. Undefined when there is an error.
   */
  readonly explicitText?: Uint8Array | undefined;
}

/** What is in a listing. */
export interface ListingOptions {
  /** Each line with the place and the bytes that it has made. */
  readonly lines?: boolean;
  /** The lines of expansions and repetitions, too. */
  readonly macros?: boolean;
  /** False: not the directives of debugging data. */
  readonly debugging?: boolean;
  /** The names, and where each is. */
  readonly symbols?: boolean;
}

/** Bytes of the text from `start` up to `end`. */
export interface TextRange {
  readonly start: number;
  readonly end: number;
}

/** A name, a numeric label or a place (`.`). */
export interface AsmSymbol {
  /** Empty for places and numeric labels; `.symver` changes it. */
  name: string;
  section: AsmSection | undefined;
  /** In bytes from the start of `section`, the gaps of unknown size left out: `output/place.ts` tells the place. */
  offset: number;
  /** How many gaps of `section` stand before it; -1: `offset` has their sizes in it. */
  after: number;
  /** What `.set` gave. */
  equation: Expression | undefined;
  binding: SymbolBinding;
  /** Named by `.globl`, `.weak`, `.extern` or the like: a reference to it need not be a misspelling. */
  declared: boolean;
  /** `.weakref`: the symbol that this one is another, weak name of. */
  standsFor: AsmSymbol | undefined;
  /** How relocations refer to it: not at all, by weak names alone, or by its own. */
  referred: "no" | "weakly" | "yes";
  /** `.local`: `.comm` gives it room in `.bss`. */
  kept: boolean;
  type: SymbolType;
  visibility: SymbolVisibility;
  size: Expression | undefined;
  /** `.comm`: bytes and alignment. */
  common: { readonly size: number; readonly align: number } | undefined;
  /** Does not appear in the symbol table: `.L…`, places, numeric labels, names of sections. */
  temporary: boolean;
  /** Byte offset in the text of the definition, or of the first use. */
  at: number;
  /** Is its equation being evaluated? */
  busy: boolean;
  /** Index in the Object, set when the Object is made. */
  index: number;
}

/** A binary operator of expressions, as it is written. */
export type BinaryOperator =
  | "+"
  | "-"
  | "*"
  | "!"
  | "/"
  | "%"
  | "&"
  | "|"
  | "^"
  | "<<"
  | ">>"
  | "=="
  | "!="
  | "<>"
  | "<"
  | "<="
  | ">"
  | ">="
  | "&&"
  | "||";

export type Expression =
  | { readonly kind: "number"; readonly value: bigint }
  | { readonly kind: "symbol"; readonly symbol: AsmSymbol; readonly at: number }
  | { readonly kind: "not"; readonly of: Expression }
  | {
      readonly kind: "binary";
      readonly operator: BinaryOperator;
      readonly left: Expression;
      readonly right: Expression;
      readonly at: number;
    };

/** What a field is to hold once symbols have places. */
export type FixupKind =
  | "off16"
  | "imm32"
  | "imm64"
  | "map_imm32"
  | "map_imm64"
  | "jump16"
  | "jump16_long"
  | "jump32"
  /** A call of a function, of a function or helper, of a helper. */
  | "call"
  | "call_name"
  | "call_helper"
  | "data8"
  | "data16"
  | "data32"
  | "data64";

export interface Fixup {
  /** A `jump16` may become a `jump16_long`, with room for `gotol` after it. */
  kind: FixupKind;
  /** Of the instruction or datum, in bytes from the start of the section; moved when the section is laid out. */
  offset: number;
  readonly expression: Expression;
  /** The operand in the text: byte offsets. */
  readonly at: number;
  readonly end: number;
}

export interface AsmRelocation {
  readonly offset: number;
  readonly kind: RelocKind;
  /** A symbol, or the section whose symbol is meant. */
  readonly target: AsmSymbol | AsmSection;
  readonly addend: bigint;
}

/** A place of a section whose size is not known where it is read: it takes no bytes until the section is laid out. */
export interface Gap {
  /** Offset in the section, the gaps left out. */
  at: number;
  /** The bytes it takes, once known; an estimate while sections are laid out. */
  size: number;
  readonly what: GapKind;
  /** The operand in the text: byte offsets. */
  readonly from: number;
  readonly to: number;
}

export type GapKind =
  | { readonly kind: "align"; readonly bytes: number; readonly fill: Filler | undefined; readonly most: number }
  | { readonly kind: "leb"; readonly signed: boolean; readonly expression: Expression }
  /** `expression` times the filler; as far as the place `expression` for `org`. */
  | { readonly kind: "space" | "org"; readonly expression: Expression; readonly fill: Filler };

/** A number of `width` bytes, repeated. */
export interface Filler {
  readonly value: number;
  readonly width: number;
}

/** A section group, by the symbol that names it. */
export interface AsmGroup {
  readonly signature: AsmSymbol;
  readonly comdat: boolean;
}

/** What `.section` says; flags and type undefined where it leaves them out. */
export interface SectionOperands {
  readonly name: string;
  readonly flags: SectionFlags | undefined;
  readonly type: SectionType | undefined;
  readonly entsize: number;
  readonly group: AsmGroup | undefined;
  /** In the section that this one accompanies. */
  readonly linked: AsmSymbol | undefined;
  /** Tells sections of one name apart; -1 where there is only one. */
  readonly unique: number;
}

export interface AsmSection {
  readonly name: string;
  readonly type: SectionType;
  readonly flags: SectionFlags;
  readonly entsize: number;
  /** `.attach_to_group` may give it. */
  group: AsmGroup | undefined;
  /** In the section that this one accompanies. */
  readonly linked: AsmSymbol | undefined;
  /** Of `.struct`: no section at all, its labels are numbers. */
  readonly absolute: boolean;
  align: number;
  /** Bytes used; larger than what `data` holds only for `nobits`. */
  size: number;
  data: Uint8Array;
  readonly fixups: Fixup[];
  readonly gaps: Gap[];
  /** Rows of the line table, by place. */
  readonly lines: LineRow[];
  /** A subsection: the section whose bytes it will follow. */
  readonly parent: AsmSection | undefined;
  /** The subsections, by number; of a subsection none. */
  readonly parts: Map<number, AsmSection>;
  /** Symbols of a subsection, which move with it. */
  readonly places: AsmSymbol[];
  /** The places, once gaps and long jumps are known; undefined where nothing moves. */
  layout: Layout | undefined;
  /** Of a section for code: the stretches that directives have filled, start and end by turns, those side by side as one. */
  readonly filled: number[];
  /** Offsets between which a difference was taken for a number while the text was read: no jump may grow there. */
  measured: { low: number; high: number } | undefined;
  readonly relocations: AsmRelocation[];
  /** Offset of the first `exit` instruction, or -1: the conformance texts jump to it by name. */
  firstExit: number;
  /** Index of the section symbol in the Object, or -1; set when the Object is made. */
  symbol: number;
  index: number;
}
