/**
 * The tables inside sections: symbols, relocations, groups, dynamic entries.
 *
 * Source: System V gABI, "Symbol Table", "Relocation", "Section Groups", "Dynamic Section".
 */
import { ByteReader } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { extendedIndexes, headerPlace, linkedStrings, linkedSymbols, stringsOf } from "./links.js";
import * as elf from "./table.js";
import type { ElfDynamic, ElfFile, ElfGroup, ElfReloc, ElfSection, ElfSymbol } from "./types.js";

const { SHT_RELA } = elf.SectionHeaderType;

function tableReader(file: ElfFile, section: ElfSection, entry: number, what: string): ByteReader {
  const reader = new ByteReader(section.data, file.endian, { file: file.file, section: section.name });
  if (section.entsize !== entry) {
    const facts = { what: `sh_entsize of ${what}`, found: section.entsize, expected: entry };
    throw failure("elf-entsize", facts, headerPlace(file, section));
  }
  if (section.data.length % entry !== 0) {
    throw failure("elf-table-size", { what, size: section.data.length, entry }, reader.place(section.data.length));
  }
  return reader;
}

/** The symbols of a SHT_SYMTAB or SHT_DYNSYM section, the null symbol first. */
export function readSymbols(file: ElfFile, section: ElfSection): ElfSymbol[] {
  const reader = tableReader(file, section, elf.SYM_SIZE, "the symbol table");
  const stringSection = linkedStrings(file, section);
  const strings = stringsOf(stringSection.data, file.file);
  const sectionCount = file.sections.length;
  let extended: ByteReader | undefined;
  const symbols: ElfSymbol[] = [];
  for (let at = 0, index = 0; at < reader.length; at += elf.SYM_SIZE, index++) {
    const info = reader.u8(at + 4);
    const raw = reader.u16(at + 6);
    let shndx = raw;
    let reserved = raw >= elf.SHN_LORESERVE;
    if (raw === elf.SHN_XINDEX) {
      extended ??= extendedReader(file, section);
      if (extended.length < 4 * index + 4) {
        throw failure("elf-no-shndx", { index, table: section.name }, reader.place(at + 6));
      }
      shndx = extended.u32(4 * index);
      reserved = false;
    }
    if (!reserved && shndx >= sectionCount) {
      const facts = { what: `st_shndx of symbol ${index}`, found: shndx, expected: "a section" };
      throw failure("elf-link", facts, reader.place(at + 6));
    }
    const nameOffset = reader.u32(at);
    const name = strings.at(nameOffset);
    if (name === undefined) throw strings.fault(nameOffset, `the name of symbol ${index}`, stringSection.name);
    symbols.push({
      name,
      value: reader.u64(at + 8),
      size: reader.u64(at + 16),
      bind: info >> 4,
      type: info & 15,
      other: reader.u8(at + 5),
      shndx,
      reserved,
    });
  }
  return symbols;
}

function extendedReader(file: ElfFile, symtab: ElfSection): ByteReader {
  const section = extendedIndexes(file, symtab);
  const origin = { file: file.file, section: section?.name };
  return new ByteReader(section?.data ?? new Uint8Array(0), file.endian, origin);
}

/**
 * The entries of a SHT_REL or SHT_RELA section. `sh_link` is checked, unless it is 0: a table without symbols needs none.
 * Whether `sym` is in that symbol table and `offset` in the target section is the caller's to check.
 */
export function readRelocs(file: ElfFile, section: ElfSection): ElfReloc[] {
  const rela = section.type === SHT_RELA;
  const entry = rela ? elf.RELA_SIZE : elf.REL_SIZE;
  const reader = tableReader(file, section, entry, "the relocation table");
  if (section.link !== 0) linkedSymbols(file, section);
  const little = file.endian === "little";
  const relocs: ElfReloc[] = [];
  for (let at = 0; at < reader.length; at += entry) {
    relocs.push({
      offset: reader.size(at, "r_offset"),
      type: reader.u32(at + (little ? 8 : 12)),
      sym: reader.u32(at + (little ? 12 : 8)),
      addend: rela ? reader.s64(at + 16) : undefined,
    });
  }
  return relocs;
}

/** A SHT_GROUP section: its flag word and the indices of its member sections. */
export function readGroup(file: ElfFile, section: ElfSection): ElfGroup {
  const reader = tableReader(file, section, 4, "the section group");
  const members: number[] = [];
  for (let at = 4; at < reader.length; at += 4) {
    const member = reader.u32(at);
    if (member === 0 || member >= file.sections.length) {
      throw failure("elf-link", { what: "a group member", found: member, expected: "a section" }, reader.place(at));
    }
    members.push(member);
  }
  return { flags: reader.u32(0, "the group's flag word"), members };
}

/** The entries of a SHT_DYNAMIC section, up to and without DT_NULL. */
export function readDynamic(file: ElfFile, section: ElfSection): ElfDynamic[] {
  const reader = tableReader(file, section, elf.DYN_SIZE, "the dynamic section");
  const entries: ElfDynamic[] = [];
  for (let at = 0; at < reader.length; at += elf.DYN_SIZE) {
    const tag = reader.u64(at);
    if (tag === 0n) break;
    entries.push({ tag, val: reader.u64(at + 8) });
  }
  return entries;
}
