/** ELF64 as it stands in the file. Fields are the gABI's names without their prefix. */
import type { Endian } from "../bytes/index.js";

export interface ElfHeader {
  readonly osabi: number;
  readonly abiversion: number;
  readonly type: number;
  readonly machine: number;
  readonly version: number;
  readonly entry: bigint;
  readonly phoff: number;
  readonly shoff: number;
  readonly flags: number;
  readonly ehsize: number;
  readonly phentsize: number;
  readonly shentsize: number;
  /** True counts and index, extended numbering already resolved. */
  readonly phnum: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

export interface ElfSection {
  /** Position in the section header table. */
  readonly index: number;
  readonly name: string;
  /** Offset of the name in the section name table. */
  readonly nameOffset: number;
  readonly type: number;
  readonly flags: bigint;
  readonly addr: bigint;
  readonly offset: number;
  readonly size: number;
  readonly link: number;
  readonly info: number;
  readonly addralign: number;
  readonly entsize: number;
  /** A view of the file; empty for SHT_NOBITS and SHT_NULL. */
  readonly data: Uint8Array;
  /** Numbers of the header were beyond 2^53 and read as 0; the file is written back with them. */
  readonly damaged?: boolean;
}

export interface ElfSegment {
  readonly type: number;
  readonly flags: number;
  readonly offset: number;
  readonly vaddr: bigint;
  readonly paddr: bigint;
  readonly filesz: number;
  readonly memsz: bigint;
  readonly align: bigint;
}

export interface ElfSymbol {
  readonly name: string;
  readonly value: bigint;
  readonly size: bigint;
  readonly bind: number;
  readonly type: number;
  /** The whole `st_other`; the low two bits are the visibility. */
  readonly other: number;
  /** SHN_XINDEX resolved: a section index, or a reserved index when `reserved` is set. */
  readonly shndx: number;
  /** `shndx` is a reserved number (SHN_ABS, SHN_COMMON …), not a section. */
  readonly reserved: boolean;
}

export interface ElfReloc {
  readonly offset: number;
  readonly type: number;
  readonly sym: number;
  /** Undefined in SHT_REL, whose addend is in the relocated field. */
  readonly addend: bigint | undefined;
}

/** A section group: sections kept or dropped together. Its signature is symbol `info` of the symbol table `link`. */
export interface ElfGroup {
  /** The flag word; bit 0 is GRP_COMDAT. */
  readonly flags: number;
  /** Indices of the member sections. */
  readonly members: number[];
}

export interface ElfNote {
  /** The owner, without its NUL. */
  readonly name: string;
  readonly type: number;
  readonly desc: Uint8Array;
}

/** An entry of a dynamic section. */
export interface ElfDynamic {
  readonly tag: bigint;
  /** `d_val` or `d_ptr`. */
  readonly val: bigint;
}

export interface ElfFile {
  readonly file: string | undefined;
  readonly endian: Endian;
  readonly bytes: Uint8Array;
  readonly header: ElfHeader;
  readonly sections: readonly ElfSection[];
  readonly segments: readonly ElfSegment[];
}
