/**
 * An ELF file to be changed: sections and symbols refer to each other, not to numbers, so that any of them can go, come and
 * change its name. Private to the room; `open.ts` makes it, `close.ts` writes it.
 */
import type { ElfFile } from "../elf/index.js";

export interface EditSymbol {
  name: string;
  readonly value: bigint;
  readonly size: bigint;
  bind: number;
  readonly type: number;
  readonly other: number;
  /** The section it is in; undefined for undefined symbols and those with a reserved index. */
  readonly section: EditSection | undefined;
  /** SHN_ABS, SHN_COMMON …; undefined for others. */
  readonly reserved: number | undefined;
}

export interface EditReloc {
  readonly offset: number;
  readonly type: number;
  /** Undefined where the relocation is against no symbol. */
  readonly symbol: EditSymbol | undefined;
  readonly addend: bigint | undefined;
}

/** What `sh_info` says. */
export type SectionInfo =
  | { readonly kind: "number"; readonly number: number }
  | { readonly kind: "section"; readonly section: EditSection }
  | { readonly kind: "symbol"; readonly symbol: EditSymbol };

export interface EditSection {
  name: string;
  type: number;
  flags: bigint;
  readonly addr: bigint;
  addralign: number;
  readonly entsize: number;
  size: number;
  data: Uint8Array;
  /** The section `sh_link` names. */
  link: EditSection | undefined;
  info: SectionInfo;
  /** In a linked file, where it stands in a segment. */
  readonly pinned: number | undefined;
  /** Of SHT_SYMTAB, and of SHT_DYNSYM, whose symbols stay as they are; the null symbol first. */
  symbols: EditSymbol[] | undefined;
  /** Of a relocation table whose symbols are in a SHT_SYMTAB. */
  relocs: EditReloc[] | undefined;
  group: { readonly flags: number; members: EditSection[] } | undefined;
  /** Of SHT_LLVM_ADDRSIG: the symbols whose address matters. */
  addrsig: EditSymbol[] | undefined;
}

export interface EditFile {
  readonly elf: ElfFile;
  /** Without the null section. */
  sections: EditSection[];
  /** The section that holds the section names. */
  readonly names: EditSection | undefined;
  readonly changes: CopyChange[];
}

/** What was done to the file; nothing done, and the copy is the same bytes. */
export interface CopyChange {
  readonly what:
    | "section-removed"
    | "section-added"
    | "section-updated"
    | "section-renamed"
    | "section-flags"
    | "relocations-dropped"
    | "contents-removed"
    | "symbol-added"
    | "symbol-removed"
    | "symbol-renamed"
    | "symbol-binding";
  /** The name in the input. */
  readonly name: string;
  /** The new name, flags or binding. */
  readonly to?: string;
}
