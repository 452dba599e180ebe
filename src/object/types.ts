/**
 * The Object model: sections, symbols and typed relocations, neutral of any file format's numbering.
 *
 * The assembler and the ELF reader make Objects; linker, printers, VM and kernel loader take them. Objects are data: nobody
 * changes one after it was made; a pass that wants another Object builds it.
 */
import type { Endian } from "../bytes/index.js";
import type { RelocDialect } from "./dialects.js";
import type { RelocKind } from "./relocations.js";

/** The dialect a file was read in, and how that is known. */
export interface RelocOrigin {
  readonly dialect: RelocDialect;
  /** One clause, for people. */
  readonly reason: string;
  /** Addends of GNU's assembler were taken back to what was meant (docs/psabi.md "The fault of gas 2.40"). */
  readonly repaired: boolean;
}

/** What a section's bytes are. Names follow `@type` of the assembler; unknown ELF types keep their number. */
export type SectionType = "progbits" | "nobits" | "note" | "init_array" | "fini_array" | "preinit_array" | number;

export interface SectionFlags {
  readonly alloc: boolean;
  readonly write: boolean;
  /** Holds instructions. */
  readonly exec: boolean;
  readonly merge: boolean;
  readonly strings: boolean;
  /** Excluded from linked output. */
  readonly exclude: boolean;
  readonly tls: boolean;
  readonly retain: boolean;
}

/** A reference from a place in a section to a symbol. */
export interface Relocation {
  /** In bytes from the start of the section: of the instruction (not of its field), or of the datum. */
  readonly offset: number;
  readonly kind: RelocKind;
  /** Index into the Object's symbols. */
  readonly symbol: number;
  /** In bytes, signed. Whatever the file stored in the field has been moved here (see docs/psabi.md). */
  readonly addend: bigint;
}

export interface Section {
  readonly name: string;
  readonly type: SectionType;
  readonly flags: SectionFlags;
  /** In bytes, a power of two, at least 1. */
  readonly align: number;
  /** Bytes of one entry of a table or mergeable section; 0 where entries do not have one size. */
  readonly entsize: number;
  /** In bytes; larger than `data` only for `nobits`, whose data is empty. */
  readonly size: number;
  readonly data: Uint8Array;
  /** Sorted by offset. */
  readonly relocations: readonly Relocation[];
  /** Index into the Object's groups, or -1. */
  readonly group: number;
  /** Index of the section this one accompanies (`SHF_LINK_ORDER`), or -1. */
  readonly linkedTo: number;
}

/** A section group: sections kept or dropped together; a `comdat` one is kept once per signature. */
export interface SectionGroup {
  /** Index of the symbol whose name identifies the group. */
  readonly signature: number;
  readonly comdat: boolean;
}

export type SymbolBinding = "local" | "global" | "weak";
export type SymbolType = "notype" | "object" | "func" | "section" | "file" | "common" | "tls" | number;
export type SymbolVisibility = "default" | "internal" | "hidden" | "protected";

/** Where a symbol is. */
export type SymbolHome =
  | { readonly kind: "undefined" }
  /** `section` is an index into the Object's sections, `offset` in bytes from its start. */
  | { readonly kind: "section"; readonly section: number; readonly offset: number }
  | { readonly kind: "absolute"; readonly value: bigint }
  /** A tentative definition: `size` of the symbol in zero bytes, placed by the linker. `align` in bytes. */
  | { readonly kind: "common"; readonly align: number };

export interface ObjectSymbol {
  readonly name: string;
  readonly home: SymbolHome;
  /** In bytes; 0 where unknown. */
  readonly size: number;
  readonly binding: SymbolBinding;
  readonly type: SymbolType;
  readonly visibility: SymbolVisibility;
}

/** A relocatable object: what an assembler makes and a linker takes. */
export interface ObjectFile {
  /** The name for diagnostics. */
  readonly file: string;
  readonly endian: Endian;
  /** The processor flags of the file (`e_flags`): the low four bits are the ISA version where the producer sets it. */
  readonly flags: number;
  readonly sections: readonly Section[];
  /** Locals before globals. There is no null symbol: index 0 is a real one. */
  readonly symbols: readonly ObjectSymbol[];
  readonly groups: readonly SectionGroup[];
  /** Indices of the symbols whose addresses count (`.addrsig`): the others may be folded. Absent where the file does not say. */
  readonly addressSignificant?: readonly number[] | undefined;
  /** For Objects read from a file: the relocation dialect the file is in, and how that is known. */
  readonly origin?: RelocOrigin | undefined;
}

export const noFlags: SectionFlags = {
  alloc: false,
  write: false,
  exec: false,
  merge: false,
  strings: false,
  exclude: false,
  tls: false,
  retain: false,
};
