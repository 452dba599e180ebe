/** From one section to another: the checked meaning of `sh_link`, and lookups that several tables share. */
import { failure, type BinaryPlace } from "../diag/index.js";
import { StringTableReader } from "./strings.js";
import { SectionHeaderType } from "./table.js";
import type { ElfFile, ElfSection } from "./types.js";

const { SHT_SYMTAB, SHT_DYNSYM, SHT_STRTAB, SHT_SYMTAB_SHNDX } = SectionHeaderType;

/** The place of the header of `section`, for a fault of one of its fields. */
export function headerPlace(file: ElfFile, section: ElfSection): BinaryPlace {
  const offset = file.header.shoff + section.index * file.header.shentsize;
  return { kind: "binary", file: file.file, offset };
}

function linked(file: ElfFile, section: ElfSection, types: readonly number[], expected: string): ElfSection {
  const found = file.sections[section.link];
  if (found !== undefined && types.includes(found.type)) return found;
  const facts = { what: `sh_link of section ${section.index} (${section.name})`, found: section.link, expected };
  throw failure("elf-link", facts, headerPlace(file, section));
}

/** The string table of a symbol table or dynamic section. Throws `elf-link` where `sh_link` names none. */
export function linkedStrings(file: ElfFile, section: ElfSection): ElfSection {
  return linked(file, section, [SHT_STRTAB], "a string table");
}

/** The symbol table of a relocation table or group. Throws `elf-link` where `sh_link` names none. */
export function linkedSymbols(file: ElfFile, section: ElfSection): ElfSection {
  return linked(file, section, [SHT_SYMTAB, SHT_DYNSYM], "a symbol table");
}

const stringTables = new WeakMap<Uint8Array, StringTableReader>();

/** The reader of a string table; the same one for the same data, so that what was decoded is decoded once. */
export function stringsOf(table: Uint8Array, file: string | undefined): StringTableReader {
  let strings = stringTables.get(table);
  if (strings === undefined) {
    strings = new StringTableReader(table, file);
    stringTables.set(table, strings);
  }
  return strings;
}

const extendedTables = new WeakMap<ElfFile, ReadonlyMap<number, ElfSection>>();

/** The SHT_SYMTAB_SHNDX section that belongs to a symbol table, if there is one. */
export function extendedIndexes(file: ElfFile, symtab: ElfSection): ElfSection | undefined {
  let tables = extendedTables.get(file);
  if (tables === undefined) {
    const all = file.sections.filter((section) => section.type === SHT_SYMTAB_SHNDX);
    tables = new Map(all.map((section) => [section.link, section]));
    extendedTables.set(file, tables);
  }
  return tables.get(symtab.index);
}
