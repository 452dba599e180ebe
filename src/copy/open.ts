/** ElfFile to the model that can be changed: every number that refers to a section or a symbol becomes a reference. */
import { ByteReader } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import {
  elfTable,
  readElf,
  readGroup,
  readRelocs,
  readSymbols,
  SectionHeaderFlag,
  SectionHeaderType,
  type ElfFile,
  type ElfSection,
} from "../elf/index.js";
import type { EditFile, EditSection, EditSymbol, SectionInfo } from "./types.js";

const sht = SectionHeaderType;

/** Tables whose `sh_info` is the section they are about. */
function infoIsSection({ type, flags }: ElfSection): boolean {
  return type === sht.SHT_REL || type === sht.SHT_RELA || (flags & BigInt(SectionHeaderFlag.SHF_INFO_LINK)) !== 0n;
}

/** The end of the bytes that segments have, which stay where they are; 0 where there are no segments. */
export function imageEnd({ header, segments }: Pick<ElfFile, "header" | "segments">): number {
  if (header.phoff === 0 || segments.length === 0) return 0;
  let end: number = elfTable.EHDR_SIZE;
  for (const { offset, filesz } of segments) if (filesz > 0) end = Math.max(end, offset + filesz);
  return end;
}

function bare(section: ElfSection, end: number): EditSection {
  const { name, type, flags, addr, addralign, entsize, size, data, offset } = section;
  const isLoaded = (flags & BigInt(SectionHeaderFlag.SHF_ALLOC)) !== 0n;
  return {
    name,
    type,
    flags,
    addr,
    addralign,
    entsize,
    size,
    data,
    link: undefined,
    info: {
      kind: "number",
      number: section.info,
    },
    pinned: isLoaded && end > 0 && offset + data.length <= end ? offset : undefined,
    symbols: undefined,
    relocs: undefined,
    group: undefined,
    addrsig: undefined,
  };
}

function symbolsOf(elf: ElfFile, table: ElfSection, sections: readonly (EditSection | undefined)[]): EditSymbol[] {
  return readSymbols(elf, table).map(({ shndx, reserved, ...symbol }) => ({
    ...symbol,
    section: reserved ? undefined : sections[shndx],
    reserved: reserved ? shndx : undefined,
  }));
}

/** The numbers in a SHT_LLVM_ADDRSIG section: ULEB128, one behind the other. */
function addrsigNumbers(elf: ElfFile, { data, name }: ElfSection): number[] {
  const numbers: number[] = [];
  const reader = new ByteReader(data, elf.endian, { file: elf.file, section: name });
  for (let at = 0; at < data.length;) {
    let value = 0;
    for (let scale = 1, byte = 0x80; byte >= 0x80; scale *= 128) {
      byte = reader.u8(at++, "a symbol number of the address table");
      // More than any symbol table has: refused by the caller, whatever follows.
      value = Math.min(value + (byte & 0x7f) * scale, 2 ** 40);
    }
    numbers.push(value);
  }
  return numbers;
}

/** Reads `bytes` to be changed. Throws BpfkitError where a table is broken: a copy would be, too. */
export function openEdit(bytes: Uint8Array, file: string | undefined): EditFile {
  const elf = readElf(bytes, { file });
  const end = imageEnd(elf);
  const sections = elf.sections.map((section, index) => (index === 0 ? undefined : bare(section, end)));
  const symbolAt = (table: EditSection | undefined, number: number, what: string, offset: number): EditSymbol => {
    const symbol = table?.symbols?.[number];
    if (symbol !== undefined) return symbol;
    throw failure("copy-symbol-number", { what, number }, { kind: "binary", file, offset });
  };
  for (const section of elf.sections) {
    const edit = sections[section.index];
    if (edit === undefined) continue;
    edit.link = sections[section.link];
    if (section.type === sht.SHT_SYMTAB || section.type === sht.SHT_DYNSYM) {
      edit.symbols = symbolsOf(elf, section, sections);
    }
  }
  const infoOf = (section: ElfSection, edit: EditSection): SectionInfo => {
    if (section.type === sht.SHT_GROUP) {
      const symbol = symbolAt(edit.link, section.info, `the signature of group ${section.name}`, section.offset);
      return { kind: "symbol", symbol };
    }
    const target = infoIsSection(section) ? sections[section.info] : undefined;
    return target === undefined ? edit.info : { kind: "section", section: target };
  };
  for (const section of elf.sections) {
    const edit = sections[section.index];
    if (edit === undefined) continue;
    edit.info = infoOf(section, edit);
    const { type, name, offset } = section;
    const isStatic = edit.link?.type === sht.SHT_SYMTAB;
    if ((type === sht.SHT_REL || type === sht.SHT_RELA) && isStatic) {
      edit.relocs = readRelocs(elf, section).map(({ sym, ...reloc }) => ({
        ...reloc,
        symbol: sym === 0 ? undefined : symbolAt(edit.link, sym, `a relocation of ${name}`, offset),
      }));
    } else if (type === sht.SHT_GROUP) {
      const { flags, members } = readGroup(elf, section);
      edit.group = { flags, members: members.map((number) => sections[number]!) };
    } else if (type === sht.SHT_LLVM_ADDRSIG && isStatic) {
      const what = `section ${name}`;
      edit.addrsig = addrsigNumbers(elf, section).map((number) => symbolAt(edit.link, number, what, offset));
    }
  }
  return {
    elf,
    sections: sections.filter((section) => section !== undefined),
    names: sections[elf.header.shstrndx],
    changes: [],
  };
}
