/** The tables inside sections: symbols, relocations, groups. Source: gABI "Symbol Table", "Relocation", "Section Groups". */
import { ByteReader } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { stringReader } from "./read.js";
import * as elf from "./table.js";
import type { ElfFile, ElfReloc, ElfSection, ElfSymbol } from "./types.js";

const { SHT_RELA, SHT_STRTAB, SHT_SYMTAB_SHNDX } = elf.SectionHeaderType;

function tableReader(file: ElfFile, section: ElfSection, entry: number, what: string): ByteReader {
  const reader = new ByteReader(section.data, file.endian, { file: file.file, section: section.name });
  if (section.entsize !== entry) {
    throw failure(
      "elf-entsize",
      { what: `sh_entsize of ${what}`, found: section.entsize, expected: entry },
      reader.place(0),
    );
  }
  if (section.data.length % entry !== 0) {
    throw failure("elf-table-size", { what, size: section.data.length, entry }, reader.place(section.data.length));
  }
  return reader;
}

/** The symbols of a SHT_SYMTAB or SHT_DYNSYM section, the null symbol first. */
export function readSymbols(file: ElfFile, section: ElfSection): ElfSymbol[] {
  const reader = tableReader(file, section, elf.SYM_SIZE, "the symbol table");
  const strings = file.sections[section.link];
  if (strings === undefined || strings.type !== SHT_STRTAB) {
    const facts = { what: "sh_link of the symbol table", found: section.link, expected: "a string table" };
    throw failure("elf-link", facts, reader.place(0));
  }
  const string = stringReader(strings.data, file.endian, { file: file.file, section: strings.name });
  const extended = file.sections.find((each) => each.type === SHT_SYMTAB_SHNDX && each.link === section.index);
  const extendedReader =
    extended && new ByteReader(extended.data, file.endian, { file: file.file, section: extended.name });
  const symbols: ElfSymbol[] = [];
  for (let at = 0; at < reader.length; at += elf.SYM_SIZE) {
    const info = reader.u8(at + 4);
    const raw = reader.u16(at + 6);
    const isExtended = raw === elf.SHN_XINDEX && extendedReader !== undefined;
    const shndx = isExtended ? extendedReader.u32((at / elf.SYM_SIZE) * 4, "an extended section index") : raw;
    const reserved = !isExtended && raw >= elf.SHN_LORESERVE;
    if (!reserved && shndx >= file.sections.length) {
      const facts = { what: `st_shndx of symbol ${at / elf.SYM_SIZE}`, found: shndx, expected: "a section" };
      throw failure("elf-link", facts, reader.place(at + 6));
    }
    symbols.push({
      name: string(reader.u32(at), `the name of symbol ${at / elf.SYM_SIZE}`),
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

/** The entries of a SHT_REL or SHT_RELA section. */
export function readRelocs(file: ElfFile, section: ElfSection): ElfReloc[] {
  const rela = section.type === SHT_RELA;
  const entry = rela ? elf.RELA_SIZE : elf.REL_SIZE;
  const reader = tableReader(file, section, entry, "the relocation table");
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
export function readGroup(file: ElfFile, section: ElfSection): { readonly flags: number; readonly members: number[] } {
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
