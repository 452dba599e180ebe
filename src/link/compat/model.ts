/** What the steps of libbpf's linker share: an input as it stands in its file, and the output as far as it is made. */
import type { Btf, BtfExtTables } from "../../btf/index.js";
import type { Endian } from "../../bytes/index.js";
import { failure, type BpfkitError, type Diagnostic } from "../../diag/index.js";
import type { ElfFile, ElfSection, ElfSymbol, StringTable } from "../../elf/index.js";
import type { MergedTypes } from "./merged-types.js";

/** A section of an input. */
export interface SourceSection {
  readonly name: string;
  /** Undefined for a section that only the types name: variables of the kernel, maps of other objects. */
  readonly elf: ElfSection | undefined;
  /** Nothing of it is taken over. */
  skipped: boolean;
  /** Where it goes, and from which byte on. */
  target: TargetSection | undefined;
  offset: number;
  /** Id of the type that lists its variables; 0 where none does. */
  datasec: number;
}

/** What the types of an input say of a name that is not static. */
export interface Declared {
  /** The variable or function; 0 where there is none. */
  id: number;
  /** Id of the data section that lists it; 0 where none does. */
  datasec: number;
  /** Two declarations that differ. */
  ambiguous: boolean;
}

export interface SourceFile {
  readonly file: string;
  readonly elf: ElfFile;
  /** By index in the file, those that only the types name behind them. */
  readonly sections: SourceSection[];
  /** The first section of each name. */
  readonly byName: Map<string, SourceSection>;
  /** Index of the symbol table's section. */
  readonly symtab: number;
  readonly symbols: readonly ElfSymbol[];
  readonly btf: Btf | undefined;
  readonly ext: BtfExtTables | undefined;
  readonly declared: ReadonlyMap<string, Declared>;
  /** Offsets of global variables by the word of the types that should have them. */
  readonly variableOffsets: ReadonlyMap<number, number>;
  /** Number of the output's symbol by that of the input; 0 for those that are dropped. */
  readonly symbolMap: Uint32Array;
}

/** A table of .BTF.ext for one section: runs of records. */
export type Records = Uint32Array[];

/** A section of the output. */
export interface TargetSection {
  readonly name: string;
  /** The fields of its header; undefined while only types name it. */
  header: { readonly type: number; readonly flags: bigint; readonly entsize: number; align: number } | undefined;
  /** In the section header table; 0 without a header. */
  index: number;
  size: number;
  /** At least `size` bytes; none for SHT_NOBITS. */
  bytes: Uint8Array;
  link: number;
  info: number;
  /** The symbol that stands for the section; 0 where there is none. */
  symbol: number;
  /** The types of an input list its variables, if only none. */
  typed: boolean;
  /** Type, offset and size of each variable. */
  readonly variables: number[];
  readonly funcInfo: Records;
  readonly lineInfo: Records;
  readonly coreRelos: Records;
}

/** A symbol of the output; `shndx` is an index of the output, or a reserved number. */
export interface TargetSymbol {
  readonly name: string;
  readonly nameOffset: number;
  value: bigint;
  size: bigint;
  bind: number;
  type: number;
  other: number;
  shndx: number;
}

/** All symbols of one name that are not local. */
export interface Global {
  readonly symbol: number;
  section: TargetSection | undefined;
  isExtern: boolean;
  isWeak: boolean;
  /** Its variable or function among the merged types; 0 while there is none. */
  type: number;
  /** The type that one refers to; negative: the negated id of the input that is being added; 0: to be taken from it. */
  refers: number;
  /** Which of the section's variables it is; -1 where it is none. */
  variable: number;
}

export interface Output {
  readonly endian: Endian;
  /** Names of sections and symbols, in the order in which they came. */
  readonly names: StringTable;
  /** In the order in which inputs name them. */
  readonly sections: TargetSection[];
  readonly byName: Map<string, TargetSection>;
  /** Those with a header, in its order; the string table and the symbol table stand before them. */
  readonly placed: TargetSection[];
  readonly symbols: TargetSymbol[];
  readonly globals: Map<string, Global>;
  readonly types: MergedTypes;
  readonly diagnostics: Diagnostic[];
}

/** Indices of the first two sections of the output. */
export const strtabIndex = 1;
export const symtabIndex = 2;

/** The error of what libbpf's linker does not take. */
export function refusal(file: string, problem: string, section?: string, offset = 0): BpfkitError {
  return failure("link-compat", { problem }, { kind: "binary", file, section, offset });
}
