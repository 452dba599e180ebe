/**
 * ElfFile to bytes. Two ways: `writeElf` puts a file back as it was read, `layoutElf` places new sections.
 *
 * Layout of a new file: header, section contents in table order, section header table. Same input, same bytes.
 */
import { alignUp, ByteWriter, encodeUtf8, type Endian } from "../bytes/index.js";
import * as elf from "./table.js";
import type { ElfFile, ElfSymbol } from "./types.js";

const { SHT_NOBITS, SHT_NULL, SHT_STRTAB, SHT_SYMTAB_SHNDX } = elf.SectionHeaderType;

/** A string table under construction: every distinct string once, in order of first use. */
export class StringTable {
  readonly #writer = new ByteWriter("little");
  readonly #offsets = new Map<string, number>([["", 0]]);

  constructor() {
    this.#writer.u8(0);
  }

  /** The offset of `text`, added when it is new. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const offset = this.#writer.length;
    this.#offsets.set(text, offset);
    this.#writer.write(encodeUtf8(text));
    this.#writer.u8(0);
    return offset;
  }

  bytes(): Uint8Array {
    return this.#writer.bytes().slice();
  }
}

/** The contents of a symbol table, its string table, and its extended index table where one is needed. */
export interface SymbolTableData {
  readonly symtab: Uint8Array;
  readonly strtab: Uint8Array;
  /** SHT_SYMTAB_SHNDX contents: present when a section index reaches SHN_LORESERVE. */
  readonly shndx: Uint8Array | undefined;
  /** `sh_info`: index of the first symbol that is not local. */
  readonly firstGlobal: number;
}

/** Encodes `symbols`, which start with the null symbol and have locals before all others. */
export function encodeSymbols(symbols: readonly ElfSymbol[], endian: Endian): SymbolTableData {
  const writer = new ByteWriter(endian, symbols.length * elf.SYM_SIZE);
  const extended = new ByteWriter(endian);
  const strings = new StringTable();
  let needed = false;
  for (const symbol of symbols) {
    const large = !symbol.reserved && symbol.shndx >= elf.SHN_LORESERVE;
    needed ||= large;
    writer.u32(strings.add(symbol.name));
    writer.u8((symbol.bind << 4) | symbol.type);
    writer.u8(symbol.other);
    writer.u16(large ? elf.SHN_XINDEX : symbol.shndx);
    writer.u64(symbol.value);
    writer.u64(symbol.size);
    extended.u32(large ? symbol.shndx : 0);
  }
  const firstGlobal = symbols.findIndex((symbol) => symbol.bind !== elf.SymbolBind.STB_LOCAL);
  return {
    symtab: writer.bytes(),
    strtab: strings.bytes(),
    shndx: needed ? extended.bytes() : undefined,
    firstGlobal: firstGlobal < 0 ? symbols.length : firstGlobal,
  };
}

/** Encodes a SHT_REL table. */
export function encodeRel(
  relocs: readonly { readonly offset: number; readonly type: number; readonly sym: number }[],
  endian: Endian,
): Uint8Array {
  const writer = new ByteWriter(endian, relocs.length * elf.REL_SIZE);
  for (const { offset, type, sym } of relocs) {
    writer.u64(offset);
    writer.u32(endian === "little" ? type : sym);
    writer.u32(endian === "little" ? sym : type);
  }
  return writer.bytes();
}

/** A section to be placed; section 0 and the section name table are made by `layoutElf`. */
export interface NewSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number;
  readonly link: number;
  readonly info: number;
  readonly addralign: number;
  readonly entsize: number;
  readonly data: Uint8Array;
  /** For SHT_NOBITS; else the length of `data`. */
  readonly size?: number;
}

export interface NewElf {
  readonly endian: Endian;
  readonly type: number;
  readonly machine: number;
  readonly flags: number;
  /** Section header entries from index 1 on. The section name table is appended behind them as `.shstrtab`. */
  readonly sections: readonly NewSection[];
}

interface HeaderNumbers {
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
  readonly phnum: number;
  readonly shentsize: number;
  readonly shnum: number;
  readonly shstrndx: number;
}

function writeHeader(writer: ByteWriter, header: HeaderNumbers): void {
  writer.write(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, writer.endian === "little" ? 1 : 2, 1]));
  writer.u8(header.osabi);
  writer.u8(header.abiversion);
  writer.reserve(7);
  writer.u16(header.type);
  writer.u16(header.machine);
  writer.u32(header.version);
  writer.u64(header.entry);
  writer.u64(header.phoff);
  writer.u64(header.shoff);
  writer.u32(header.flags);
  writer.u16(header.ehsize);
  writer.u16(header.phentsize);
  writer.u16(Math.min(header.phnum, 0xffff));
  writer.u16(header.shentsize);
  writer.u16(header.shnum >= elf.SHN_LORESERVE ? 0 : header.shnum);
  writer.u16(header.shstrndx >= elf.SHN_LORESERVE ? elf.SHN_XINDEX : header.shstrndx);
}

function writeSectionHeader(
  writer: ByteWriter,
  section: Omit<NewSection, "flags" | "name" | "data" | "size"> & {
    readonly nameOffset: number;
    readonly flags: bigint | number;
    readonly addr: bigint;
    readonly offset: number;
    readonly size: number;
  },
): void {
  writer.u32(section.nameOffset);
  writer.u32(section.type);
  writer.u64(section.flags);
  writer.u64(section.addr);
  writer.u64(section.offset);
  writer.u64(section.size);
  writer.u32(section.link);
  writer.u32(section.info);
  writer.u64(section.addralign);
  writer.u64(section.entsize);
}

/** Places `file.sections` behind the header, the section header table last, and writes it all. */
export function layoutElf(file: NewElf): Uint8Array {
  const names = new StringTable();
  const nameOffsets = file.sections.map((section) => names.add(section.name));
  const ownName = names.add(".shstrtab");
  const strings = { name: ".shstrtab", type: SHT_STRTAB, flags: 0, link: 0, info: 0, addralign: 1, entsize: 0 };
  const sections: readonly NewSection[] = [...file.sections, { ...strings, data: names.bytes() }];
  nameOffsets.push(ownName);

  let end = elf.EHDR_SIZE;
  const offsets = sections.map((section) => {
    const offset = alignUp(end, Math.max(1, section.addralign));
    end = section.type === SHT_NOBITS ? offset : offset + section.data.length;
    return offset;
  });
  const shoff = alignUp(end, 8);
  const shnum = sections.length + 1;
  const shstrndx = sections.length;

  const writer = new ByteWriter(file.endian, shoff + shnum * elf.SHDR_SIZE);
  writeHeader(writer, {
    osabi: 0,
    abiversion: 0,
    type: file.type,
    machine: file.machine,
    version: 1,
    entry: 0n,
    phoff: 0,
    shoff,
    flags: file.flags,
    ehsize: elf.EHDR_SIZE,
    phentsize: 0,
    phnum: 0,
    shentsize: elf.SHDR_SIZE,
    shnum,
    shstrndx,
  });
  sections.forEach((section, i) => {
    if (section.type === SHT_NOBITS) return;
    writer.reserve(offsets[i]! - writer.length);
    writer.write(section.data);
  });
  writer.reserve(shoff - writer.length);
  writeSectionHeader(writer, {
    nameOffset: 0,
    type: SHT_NULL,
    flags: 0,
    addr: 0n,
    offset: 0,
    // Extended numbering: what does not fit the ELF header stands here.
    size: shnum >= elf.SHN_LORESERVE ? shnum : 0,
    link: shstrndx >= elf.SHN_LORESERVE ? shstrndx : 0,
    info: 0,
    addralign: 0,
    entsize: 0,
  });
  sections.forEach((section, i) => {
    const size = section.size ?? section.data.length;
    writeSectionHeader(writer, { ...section, nameOffset: nameOffsets[i]!, addr: 0n, offset: offsets[i]!, size });
  });
  return writer.bytes();
}

/** The section that goes with a symbol table whose section indices need 32 bits. */
export function shndxSection(data: Uint8Array, symtab: number): NewSection {
  const name = ".symtab_shndx";
  return { name, type: SHT_SYMTAB_SHNDX, flags: 0, link: symtab, info: 0, addralign: 4, entsize: 4, data };
}

/** Writes a file back with every table and section at the offset it was read from; bytes between them are kept. */
export function writeElf(file: ElfFile): Uint8Array {
  const { header, sections } = file;
  const bytes = file.bytes.slice();
  const head = new ByteWriter(file.endian, elf.EHDR_SIZE);
  writeHeader(head, header);
  // e_ident's padding is kept as it was.
  const headBytes = head.bytes();
  headBytes.set(bytes.subarray(9, 16), 9);
  bytes.set(headBytes);
  const table = new ByteWriter(file.endian, sections.length * elf.SHDR_SIZE);
  for (const section of sections) {
    writeSectionHeader(table, section);
    if (section.data.length > 0) bytes.set(section.data, section.offset);
  }
  if (sections.length > 0) bytes.set(table.bytes(), header.shoff);
  return bytes;
}
