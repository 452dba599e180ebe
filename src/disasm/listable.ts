/**
 * An Object to look at, of any ELF file that holds BPF code: of linked files, and of objects whose relocations are in another
 * toolchain's numbers, too. Linker and loaders must not use it: what could not be read is missing.
 */
import { BpfkitError, type Diagnostic } from "../diag/index.js";
import { ElfType, SectionHeaderFlag, SectionHeaderType, type ElfFile, type ElfSection } from "../elf/index.js";
import { objectFromElf, type ObjectFile, type ObjectSymbol, type RelocDialect } from "../object/index.js";

export interface Listable {
  readonly object: ObjectFile;
  /** The address of each of `object`'s sections; all 0 but in linked files. */
  readonly addresses: readonly bigint[];
  /** Why relocations are missing from `object`; empty where none is. */
  readonly problems: readonly Diagnostic[];
}

/** `elf` as if it were relocatable, with the relocation tables that `keep` accepts. */
function relaxed(elf: ElfFile, keep: (target: ElfSection | undefined) => boolean): ElfFile {
  const { SHT_REL, SHT_RELA, SHT_NULL } = SectionHeaderType;
  const sections = elf.sections.map((section) => {
    const isTable = section.type === SHT_REL || section.type === SHT_RELA;
    return isTable && !keep(elf.sections[section.info]) ? { ...section, type: SHT_NULL } : section;
  });
  return { ...elf, header: { ...elf.header, type: ElfType.ET_REL }, sections };
}

/** A linked file: its symbols are addresses, turned here into distances from the start of their sections. */
function linked(elf: ElfFile): Listable {
  const object = objectFromElf(relaxed(elf, () => false));
  const byData = new Map(elf.sections.map(({ data, addr }) => [data, addr]));
  const addresses = object.sections.map(({ data }) => byData.get(data) ?? 0n);
  const symbols = object.symbols.map((symbol): ObjectSymbol => {
    const { home } = symbol;
    if (home.kind !== "section") return symbol;
    return { ...symbol, home: { ...home, offset: home.offset - Number(addresses[home.section]!) } };
  });
  return { object: { ...object, symbols }, addresses, problems: [] };
}

export interface ListableOptions {
  /** The relocation dialect, where the one that would be found is wrong. */
  readonly dialect?: RelocDialect | undefined;
  /** The dynamic symbols instead of the others, and no relocations. */
  readonly dynamic?: boolean;
  /** False: without relocations, for who only asks for symbols; what is wrong with them is not told. */
  readonly relocations?: boolean;
}

/** `elf` with its dynamic symbol table in the other one's place. */
function dynamicTable(elf: ElfFile): ElfFile {
  const { SHT_SYMTAB, SHT_DYNSYM, SHT_NULL } = SectionHeaderType;
  const sections = elf.sections.map((section) => {
    if (section.type === SHT_DYNSYM) return { ...section, type: SHT_SYMTAB };
    return section.type === SHT_SYMTAB ? { ...section, type: SHT_NULL } : section;
  });
  return { ...elf, sections };
}

/** Reads `elf` for printing. Throws BpfkitError where not even sections and symbols can be read. */
export function listableObject(elf: ElfFile, options: ListableOptions = {}): Listable {
  if (options.dynamic === true) return linked(dynamicTable(elf));
  if (elf.header.type === ElfType.ET_EXEC || elf.header.type === ElfType.ET_DYN) return linked(elf);
  const isCode = (target: ElfSection | undefined): boolean =>
    ((target?.flags ?? 0n) & BigInt(SectionHeaderFlag.SHF_EXECINSTR)) !== 0n;
  const problems: Diagnostic[] = [];
  const done = (object: ObjectFile): Listable => ({ object, addresses: object.sections.map(() => 0n), problems });
  if (options.relocations === false) return done(objectFromElf(relaxed(elf, () => false)));
  for (const attempt of [elf, relaxed(elf, isCode)]) {
    try {
      return done(objectFromElf(attempt, options));
    } catch (error) {
      if (!(error instanceof BpfkitError)) throw error;
      problems.push(...error.diagnostics);
    }
  }
  return done(objectFromElf(relaxed(elf, () => false)));
}
