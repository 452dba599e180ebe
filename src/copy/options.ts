/** What can be asked of a copy. Sections and symbols are called by their names in the input, whatever else is asked. */

/** Flags of a section, as objcopy names them. */
export type SectionFlagName =
  | "alloc"
  | "load"
  | "noload"
  | "readonly"
  | "code"
  | "data"
  | "rom"
  | "debug"
  | "contents"
  | "merge"
  | "strings"
  | "exclude"
  | "share"
  | "small"
  | "large";

export interface NewSymbol {
  readonly name: string;
  /** The section it is in; undefined for an absolute value. */
  readonly section: string | undefined;
  readonly value: bigint;
  readonly bind: "local" | "global" | "weak";
  readonly type: "notype" | "object" | "func";
  readonly hidden: boolean;
}

export interface CopyOptions {
  /** Names or patterns (`*`, `?`, `[…]`, `!` before what is to be left out) of sections. */
  readonly removeSections?: readonly string[];
  /** Only these, their relocations and the symbol table stay. */
  readonly onlySections?: readonly string[];
  /** Stay whatever else is asked. */
  readonly keepSections?: readonly string[];
  /** The relocations of a section are renamed with it. */
  readonly renameSections?: readonly {
    readonly from: string;
    readonly to: string;
    readonly flags?: readonly SectionFlagName[];
  }[];
  readonly addSections?: readonly { readonly name: string; readonly data: Uint8Array }[];
  readonly updateSections?: readonly { readonly name: string; readonly data: Uint8Array }[];
  readonly setSectionFlags?: readonly { readonly name: string; readonly flags: readonly SectionFlagName[] }[];
  /** In bytes, powers of two. */
  readonly setSectionAlignment?: readonly { readonly name: string; readonly align: number }[];
  /**
   * `debug`: debugging sections and file names. `unneeded`: those, and symbols no relocation and no loader asks for. `all`:
   * those, and comments and tables for linkers; in a linked file, the symbol table.
   */
  readonly strip?: "debug" | "unneeded" | "all";
  /** Local symbols that no relocation refers to: all of them, or those made by compilers (`.L…`). */
  readonly discard?: "all" | "locals";
  readonly stripSymbols?: readonly string[];
  readonly keepSymbols?: readonly string[];
  readonly localizeSymbols?: readonly string[];
  /** Every other global symbol that is defined becomes local. */
  readonly keepGlobalSymbols?: readonly string[];
  readonly globalizeSymbols?: readonly string[];
  readonly weakenSymbols?: readonly string[];
  /** All global symbols become weak. */
  readonly weaken?: boolean;
  readonly redefineSymbols?: ReadonlyMap<string, string>;
  readonly prefixSymbols?: string;
  /** Before the name of every section, and of every section that is loaded; their relocations are called after them. */
  readonly prefixSections?: string;
  readonly prefixAllocSections?: string;
  /** Tables of relocations for these sections go, and what they say is lost. */
  readonly removeRelocations?: readonly string[];
  readonly addSymbols?: readonly NewSymbol[];
  /** Global symbols of hidden and internal visibility become local. */
  readonly localizeHidden?: boolean;
  /** Names of source files stay, whatever is stripped. */
  readonly keepFileSymbols?: boolean;
  /** Sections that were compressed are what they were before. */
  readonly decompress?: boolean;
  /** Sections that are loaded lose their contents: what is left is a companion for debuggers. */
  readonly onlyDebug?: boolean;
  /** Says which file holds the debugging data, in `.gnu_debuglink`. */
  readonly debugLink?: { readonly file: string; readonly contents: Uint8Array };
  /** Names of symbols are patterns, too. */
  readonly wildcard?: boolean;
}
