/** What a link is asked for and what it gives. */
import type { Diagnostic } from "../diag/index.js";
import type { IsaVersion } from "../isa/index.js";
import type { LinkReport } from "./map.js";
import type { ObjectFile, RelocDialect } from "../object/index.js";

/** A member of an archive that has not been read yet. */
export interface ArchiveInputMember {
  readonly name: string;
  /** Undefined in a thin archive as `readArchive` reads it: the file that `name` says is to be put in. */
  readonly data: Uint8Array | undefined;
}

/** An archive: its members are linked on demand, those that define what is still undefined. */
export interface ArchiveInput {
  readonly kind: "archive";
  /** Empty where the members are files of their own (`--start-lib`). */
  readonly file: string;
  readonly members: readonly ArchiveInputMember[];
  /** The archive's own index: which member defines what. Without one, the members' symbols are read. */
  readonly symbols?: readonly { readonly name: string; readonly member: number }[] | undefined;
  /** Link all members, needed or not. */
  readonly whole?: boolean;
  /** How to read the members' relocations, where that is not to be found out. */
  readonly dialect?: RelocDialect | undefined;
  /** The link keeps DWARF sections, so the members' are to be read in full. */
  readonly keepDebug?: boolean;
}

/** Archives that need each other: they are searched until nothing more is found in any of them. */
export interface ArchiveGroup {
  readonly kind: "group";
  readonly inputs: readonly (ObjectFile | ArchiveInput)[];
}

export type LinkInput = ObjectFile | ArchiveInput | ArchiveGroup;

/** `--defsym name=value`: a number, or another symbol and a distance from it. */
export interface SymbolDefinition {
  readonly name: string;
  readonly base?: string | undefined;
  readonly value: bigint;
}

/** `--prefix-symbols`: for one input file, or for all. */
export interface SymbolPrefix {
  readonly file?: string | undefined;
  readonly prefix: string;
}

/** A line of source; `source` is its text, undefined where that is not at hand. */
export interface SourceLine {
  readonly file: string;
  readonly line: number;
  readonly source: string | undefined;
}

/** Names of symbols may be patterns with `*` and `?` where the option takes several. */
export interface LinkOptions {
  /** The name of the linked object. */
  readonly file?: string;
  /** Keep undefined symbols for a later link. */
  readonly relocatable?: boolean;
  /**
   * Write the very file that `bpftool gen object` writes: that of Linux 6.1 (bpftool 7.1), or that of the version named and
   * those after it, up to the next one here. Options that change what is in a file do not go with it.
   */
  readonly compat?: "libbpf" | "libbpf-1.0" | "libbpf-1.1" | "libbpf-1.6" | "libbpf-1.7" | "libbpf-1.8" | undefined;
  /** The source line of an instruction of an input, for errors in objects whose types tell none: a reader of DWARF. */
  readonly lineOf?: (file: string, section: string, offset: number) => SourceLine | undefined;
  /** Keep DWARF sections (`.debug_*`). */
  readonly keepDebug?: boolean;

  readonly defsym?: readonly SymbolDefinition[];
  readonly wrap?: readonly string[];
  readonly undefined?: readonly string[];
  readonly requireDefined?: readonly string[];
  readonly entry?: string | undefined;
  /** With this, all other definitions but programs and maps become local. */
  readonly exports?: readonly string[];
  /** The only symbols to keep in the symbol table, beside functions and those that relocations need. */
  readonly retainSymbols?: readonly string[] | undefined;
  readonly allowMultipleDefinition?: boolean;
  readonly prefixSymbols?: readonly SymbolPrefix[];
  readonly localize?: readonly string[];
  readonly rename?: readonly { readonly from: string; readonly to: string }[];
  /** Give tentative definitions room in a relocatable link, too. */
  readonly defineCommon?: boolean;

  /** Drop functions, variables, maps and types that no program leads to. */
  readonly gcSections?: boolean;
  /** Make functions with identical code one. */
  readonly icf?: boolean;
  /** Keep every mergeable string of every input. */
  readonly keepStrings?: boolean;

  /** Keep `mov32 %map` as it is: the target takes it. */
  readonly keepMapMoves?: boolean;
  /** The newest instructions that the linker may write: long jumps are v4's. Default: what the inputs' `e_flags` say, else v4. */
  readonly isa?: IsaVersion | undefined;
  /** Write 64-bit loads of small constants as moves, and long jumps as short ones where they reach. */
  readonly relax?: boolean;
}

export interface LinkResult {
  /** Undefined when there is an error among the diagnostics. */
  readonly object: ObjectFile | undefined;
  /** With `compat`, the file: `writeObject` of `object` has another order. */
  readonly bytes?: Uint8Array | undefined;
  readonly diagnostics: readonly Diagnostic[];
  /** What came from where, who won, what was dropped and why; undefined when nothing could be read. */
  readonly report: LinkReport | undefined;
}
