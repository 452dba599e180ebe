/**
 * Numbers of the ELF format. Source: System V gABI chapters 4 and 5, elf.h, and LLVM's extensions. Keys are their names.
 *
 * Files hold other numbers too: record fields are plain numbers, `elfName` prints the unknown ones in hex.
 */

export const ElfType = { ET_NONE: 0, ET_REL: 1, ET_EXEC: 2, ET_DYN: 3, ET_CORE: 4 } as const;
export type ElfType = (typeof ElfType)[keyof typeof ElfType];

export const EM_NONE = 0;
export const EM_BPF = 247;

/** Processors whose ELF64 files people hold beside BPF objects. */
export const Machine = {
  EM_NONE: 0,
  EM_MIPS: 8,
  EM_PPC64: 21,
  EM_S390: 22,
  EM_SPARCV9: 43,
  EM_IA_64: 50,
  EM_X86_64: 62,
  EM_AARCH64: 183,
  EM_AMDGPU: 224,
  EM_RISCV: 243,
  EM_BPF: 247,
  EM_LOONGARCH: 258,
  EM_SBF: 263,
} as const;
export type Machine = (typeof Machine)[keyof typeof Machine];

/** The ISA version that GNU binutils 2.41 and later put into `e_flags` of BPF objects. */
export const EF_BPF_CPUVER = 0xf;

export const OsAbi = {
  ELFOSABI_NONE: 0,
  ELFOSABI_GNU: 3,
  ELFOSABI_SOLARIS: 6,
  ELFOSABI_FREEBSD: 9,
  ELFOSABI_OPENBSD: 12,
  ELFOSABI_STANDALONE: 255,
} as const;
export type OsAbi = (typeof OsAbi)[keyof typeof OsAbi];

export const SectionHeaderType = {
  SHT_NULL: 0,
  SHT_PROGBITS: 1,
  SHT_SYMTAB: 2,
  SHT_STRTAB: 3,
  SHT_RELA: 4,
  SHT_HASH: 5,
  SHT_DYNAMIC: 6,
  SHT_NOTE: 7,
  SHT_NOBITS: 8,
  SHT_REL: 9,
  SHT_SHLIB: 10,
  SHT_DYNSYM: 11,
  SHT_INIT_ARRAY: 14,
  SHT_FINI_ARRAY: 15,
  SHT_PREINIT_ARRAY: 16,
  SHT_GROUP: 17,
  SHT_SYMTAB_SHNDX: 18,
  SHT_RELR: 19,
  SHT_CREL: 0x40000014,
  SHT_LLVM_ODRTAB: 0x6fff4c00,
  SHT_LLVM_LINKER_OPTIONS: 0x6fff4c01,
  SHT_LLVM_ADDRSIG: 0x6fff4c03,
  SHT_LLVM_DEPENDENT_LIBRARIES: 0x6fff4c04,
  SHT_LLVM_SYMPART: 0x6fff4c05,
  SHT_LLVM_CALL_GRAPH_PROFILE: 0x6fff4c09,
  SHT_LLVM_BB_ADDR_MAP: 0x6fff4c0a,
  SHT_LLVM_OFFLOADING: 0x6fff4c0b,
  SHT_LLVM_LTO: 0x6fff4c0c,
  SHT_GNU_SFRAME: 0x6ffffff4,
  SHT_GNU_ATTRIBUTES: 0x6ffffff5,
  SHT_GNU_HASH: 0x6ffffff6,
  SHT_GNU_LIBLIST: 0x6ffffff7,
  SHT_GNU_VERDEF: 0x6ffffffd,
  SHT_GNU_VERNEED: 0x6ffffffe,
  SHT_GNU_VERSYM: 0x6fffffff,
} as const;
export type SectionHeaderType = (typeof SectionHeaderType)[keyof typeof SectionHeaderType];

export const SectionHeaderFlag = {
  SHF_WRITE: 0x1,
  SHF_ALLOC: 0x2,
  SHF_EXECINSTR: 0x4,
  SHF_MERGE: 0x10,
  SHF_STRINGS: 0x20,
  SHF_INFO_LINK: 0x40,
  SHF_LINK_ORDER: 0x80,
  SHF_OS_NONCONFORMING: 0x100,
  SHF_GROUP: 0x200,
  SHF_TLS: 0x400,
  SHF_COMPRESSED: 0x800,
  SHF_GNU_RETAIN: 0x200000,
  SHF_EXCLUDE: 0x80000000,
} as const;
export type SectionHeaderFlag = (typeof SectionHeaderFlag)[keyof typeof SectionHeaderFlag];

export const SymbolBind = { STB_LOCAL: 0, STB_GLOBAL: 1, STB_WEAK: 2, STB_GNU_UNIQUE: 10 } as const;
export type SymbolBind = (typeof SymbolBind)[keyof typeof SymbolBind];

export const SymbolKind = {
  STT_NOTYPE: 0,
  STT_OBJECT: 1,
  STT_FUNC: 2,
  STT_SECTION: 3,
  STT_FILE: 4,
  STT_COMMON: 5,
  STT_TLS: 6,
  STT_GNU_IFUNC: 10,
} as const;
export type SymbolKind = (typeof SymbolKind)[keyof typeof SymbolKind];

export const SymbolOther = { STV_DEFAULT: 0, STV_INTERNAL: 1, STV_HIDDEN: 2, STV_PROTECTED: 3 } as const;
export type SymbolOther = (typeof SymbolOther)[keyof typeof SymbolOther];

export const SHN_UNDEF = 0;
export const SHN_LORESERVE = 0xff00;
export const SHN_ABS = 0xfff1;
export const SHN_COMMON = 0xfff2;
export const SHN_XINDEX = 0xffff;

/** `e_phnum` when the true count stands in section 0. */
export const PN_XNUM = 0xffff;

/** `GRP_COMDAT`: the flag word of a section group. */
export const GRP_COMDAT = 1;

export const SegmentType = {
  PT_NULL: 0,
  PT_LOAD: 1,
  PT_DYNAMIC: 2,
  PT_INTERP: 3,
  PT_NOTE: 4,
  PT_SHLIB: 5,
  PT_PHDR: 6,
  PT_TLS: 7,
  PT_GNU_EH_FRAME: 0x6474e550,
  PT_GNU_STACK: 0x6474e551,
  PT_GNU_RELRO: 0x6474e552,
  PT_GNU_PROPERTY: 0x6474e553,
  PT_GNU_SFRAME: 0x6474e554,
} as const;
export type SegmentType = (typeof SegmentType)[keyof typeof SegmentType];

export const SegmentFlag = { PF_X: 1, PF_W: 2, PF_R: 4 } as const;
export type SegmentFlag = (typeof SegmentFlag)[keyof typeof SegmentFlag];

export const DynamicTag = {
  DT_NULL: 0,
  DT_NEEDED: 1,
  DT_PLTRELSZ: 2,
  DT_PLTGOT: 3,
  DT_HASH: 4,
  DT_STRTAB: 5,
  DT_SYMTAB: 6,
  DT_RELA: 7,
  DT_RELASZ: 8,
  DT_RELAENT: 9,
  DT_STRSZ: 10,
  DT_SYMENT: 11,
  DT_INIT: 12,
  DT_FINI: 13,
  DT_SONAME: 14,
  DT_RPATH: 15,
  DT_SYMBOLIC: 16,
  DT_REL: 17,
  DT_RELSZ: 18,
  DT_RELENT: 19,
  DT_PLTREL: 20,
  DT_DEBUG: 21,
  DT_TEXTREL: 22,
  DT_JMPREL: 23,
  DT_BIND_NOW: 24,
  DT_INIT_ARRAY: 25,
  DT_FINI_ARRAY: 26,
  DT_INIT_ARRAYSZ: 27,
  DT_FINI_ARRAYSZ: 28,
  DT_RUNPATH: 29,
  DT_FLAGS: 30,
  DT_PREINIT_ARRAY: 32,
  DT_PREINIT_ARRAYSZ: 33,
  DT_SYMTAB_SHNDX: 34,
  DT_RELRSZ: 35,
  DT_RELR: 36,
  DT_RELRENT: 37,
  DT_GNU_HASH: 0x6ffffef5,
  DT_VERSYM: 0x6ffffff0,
  DT_RELACOUNT: 0x6ffffff9,
  DT_RELCOUNT: 0x6ffffffa,
  DT_FLAGS_1: 0x6ffffffb,
  DT_VERDEF: 0x6ffffffc,
  DT_VERDEFNUM: 0x6ffffffd,
  DT_VERNEED: 0x6ffffffe,
  DT_VERNEEDNUM: 0x6fffffff,
} as const;
export type DynamicTag = (typeof DynamicTag)[keyof typeof DynamicTag];

/** Types of notes named `GNU`. */
export const GnuNoteType = {
  NT_GNU_ABI_TAG: 1,
  NT_GNU_HWCAP: 2,
  NT_GNU_BUILD_ID: 3,
  NT_GNU_GOLD_VERSION: 4,
  NT_GNU_PROPERTY_TYPE_0: 5,
} as const;
export type GnuNoteType = (typeof GnuNoteType)[keyof typeof GnuNoteType];

/** Bytes of the records of ELF64. */
export const EHDR_SIZE = 64;
export const SHDR_SIZE = 64;
export const PHDR_SIZE = 56;
export const SYM_SIZE = 24;
export const REL_SIZE = 16;
export const RELA_SIZE = 24;
export const DYN_SIZE = 16;

type NumberTable = Readonly<Record<string, number>>;
const namesOf = new WeakMap<NumberTable, ReadonlyMap<number, string>>();

/** The name of `value` in `table`, without `prefix`; an unknown value in hex. */
export function elfName(table: NumberTable, value: number, prefix = ""): string {
  let names = namesOf.get(table);
  if (names === undefined) {
    names = new Map(Object.entries(table).map(([name, number]) => [number, name]));
    namesOf.set(table, names);
  }
  return names.get(value)?.slice(prefix.length) ?? `0x${value.toString(16)}`;
}
