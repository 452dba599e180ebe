/**
 * Bytes to ElfFile. Source: System V gABI, "ELF Header", "Sections" (with extended section numbering), "Program Header".
 *
 * Any legal order of tables and sections is read; whatever points out of the file is one structured error.
 */
import { ByteReader, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import * as elf from "./table.js";
import type { ElfFile, ElfHeader, ElfSection, ElfSegment } from "./types.js";

const { SHT_NULL, SHT_NOBITS, SHT_STRTAB } = elf.SectionHeaderType;

function identify(bytes: Uint8Array, file: string | undefined): Endian {
  const at = (offset: number): { kind: "binary"; file: string | undefined; offset: number } => ({
    kind: "binary",
    file,
    offset,
  });
  if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw failure("elf-not-elf", {}, at(0));
  }
  if (bytes.length < elf.EHDR_SIZE) {
    throw failure("bytes-truncated", { what: "the ELF header", needed: elf.EHDR_SIZE, available: bytes.length }, at(0));
  }
  if (bytes[4] !== 2) throw failure("elf-class", { found: bytes[4]! }, at(4));
  if (bytes[5] !== 1 && bytes[5] !== 2) throw failure("elf-data", { found: bytes[5]! }, at(5));
  if (bytes[6] !== 1) throw failure("elf-version", { found: bytes[6]! }, at(6));
  return bytes[5] === 1 ? "little" : "big";
}

interface RawSection {
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
}

function rawSection(reader: ByteReader, at: number): RawSection {
  return {
    nameOffset: reader.u32(at),
    type: reader.u32(at + 4),
    flags: reader.u64(at + 8),
    addr: reader.u64(at + 16),
    offset: reader.size(at + 24, "sh_offset"),
    size: reader.size(at + 32, "sh_size"),
    link: reader.u32(at + 40),
    info: reader.u32(at + 44),
    addralign: reader.size(at + 48, "sh_addralign"),
    entsize: reader.size(at + 56, "sh_entsize"),
  };
}

function readHeader(reader: ByteReader): ElfHeader {
  const shoff = reader.size(40, "e_shoff");
  const header = {
    osabi: reader.u8(7),
    abiversion: reader.u8(8),
    type: reader.u16(16),
    machine: reader.u16(18),
    version: reader.u32(20),
    entry: reader.u64(24),
    phoff: reader.size(32, "e_phoff"),
    shoff,
    flags: reader.u32(48),
    ehsize: reader.u16(52),
    phentsize: reader.u16(54),
    shentsize: reader.u16(58),
    phnum: reader.u16(56),
    shnum: reader.u16(60),
    shstrndx: reader.u16(62),
  };
  if (shoff === 0) return { ...header, shnum: 0, shstrndx: 0 };
  if (header.shentsize !== elf.SHDR_SIZE) {
    throw failure(
      "elf-entsize",
      { what: "e_shentsize", found: header.shentsize, expected: elf.SHDR_SIZE },
      reader.place(58),
    );
  }
  // Numbers that do not fit the header stand in section 0.
  reader.need(shoff, elf.SHDR_SIZE, "the section header table");
  if (header.shnum === 0) header.shnum = reader.size(shoff + 32, "the number of sections");
  if (header.shstrndx === elf.SHN_XINDEX) header.shstrndx = reader.u32(shoff + 40);
  if (header.phnum === 0xffff) header.phnum = reader.u32(shoff + 44);
  return header;
}

/** A string of the string table `table`, decoded once per offset. */
export function stringReader(
  table: Uint8Array,
  endian: Endian,
  origin: { readonly file: string | undefined; readonly section: string },
): (offset: number, what: string) => string {
  const reader = new ByteReader(table, endian, origin);
  const known = new Map<number, string>();
  return (offset, what) => {
    const found = known.get(offset);
    if (found !== undefined) return found;
    const text = offset === 0 && table.length === 0 ? "" : reader.cstring(offset, what);
    known.set(offset, text);
    return text;
  };
}

function readSections(reader: ByteReader, header: ElfHeader): ElfSection[] {
  const { shnum, shoff, shstrndx } = header;
  // The check comes before any allocation by count.
  reader.need(shoff, shnum > reader.length ? reader.length + 1 : shnum * elf.SHDR_SIZE, "the section header table");
  const raw: RawSection[] = [];
  for (let i = 0; i < shnum; i++) raw.push(rawSection(reader, shoff + i * elf.SHDR_SIZE));
  const data = (section: RawSection, what: string): Uint8Array =>
    section.type === SHT_NOBITS || section.type === SHT_NULL
      ? new Uint8Array(0)
      : reader.slice(section.offset, section.size, what);
  let names = new Uint8Array(0);
  if (shnum > 0 && shstrndx !== elf.SHN_UNDEF) {
    const table = raw[shstrndx];
    if (table === undefined || table.type !== SHT_STRTAB) {
      throw failure("elf-link", { what: "e_shstrndx", found: shstrndx, expected: "a string table" }, reader.place(62));
    }
    names = new Uint8Array(data(table, "the section name table"));
  }
  const string = stringReader(names, reader.endian, { file: reader.origin.file, section: "section name table" });
  return raw.map((section, index) => {
    const name = string(section.nameOffset, `the name of section ${index}`);
    return { index, name, ...section, data: data(section, `section ${index} (${name})`) };
  });
}

function readSegments(reader: ByteReader, header: ElfHeader): ElfSegment[] {
  const { phoff, phnum, phentsize } = header;
  if (phoff === 0 || phnum === 0) return [];
  if (phentsize !== elf.PHDR_SIZE) {
    throw failure("elf-entsize", { what: "e_phentsize", found: phentsize, expected: elf.PHDR_SIZE }, reader.place(54));
  }
  reader.need(phoff, phnum * elf.PHDR_SIZE, "the program header table");
  const segments: ElfSegment[] = [];
  for (let i = 0, at = phoff; i < phnum; i++, at += elf.PHDR_SIZE) {
    segments.push({
      type: reader.u32(at),
      flags: reader.u32(at + 4),
      offset: reader.size(at + 8, "p_offset"),
      vaddr: reader.u64(at + 16),
      paddr: reader.u64(at + 24),
      filesz: reader.size(at + 32, "p_filesz"),
      memsz: reader.u64(at + 40),
      align: reader.u64(at + 48),
    });
  }
  return segments;
}

/** Reads an ELF64 file of either byte order. Section data are views of `bytes`. Throws BpfkitError on anything illegal. */
export function readElf(bytes: Uint8Array, options: { readonly file?: string } = {}): ElfFile {
  const { file } = options;
  const endian = identify(bytes, file);
  const reader = new ByteReader(bytes, endian, { file });
  const header = readHeader(reader);
  const sections = header.shoff === 0 ? [] : readSections(reader, header);
  return { file, endian, bytes, header, sections, segments: readSegments(reader, header) };
}
