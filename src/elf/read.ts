/**
 * Bytes to ElfFile. Source: System V gABI, "ELF Header", "Sections" (with extended section numbering), "Program Header".
 *
 * Any legal order of tables and sections is read; whatever points out of the file is one structured error.
 */
import { ByteReader, readWords, type Endian } from "../bytes/index.js";
import { BpfkitError, failure, type BinaryPlace, type Diagnostic } from "../diag/index.js";
import { foreignFile } from "./foreign.js";
import { stringsOf } from "./links.js";
import { shortName } from "./section-names.js";
import * as elf from "./table.js";
import type { ElfFile, ElfHeader, ElfSection, ElfSegment } from "./types.js";

const { SHT_NULL, SHT_NOBITS, SHT_STRTAB } = elf.SectionHeaderType;

export interface ReadElfOptions {
  /** The name for diagnostics. */
  readonly file?: string | undefined;
  /**
   * Takes the faults of single sections and segments instead of having the first one thrown. A section whose name is not
   * to be found gets an empty one, a section that reaches out of the file gets what is there of its data, a number that no
   * file is large enough for becomes 0.
   */
  readonly faults?: Diagnostic[];
}

/** Throws a fault, or keeps it. */
type Report = (fault: BpfkitError) => void;

function identify(bytes: Uint8Array, file: string | undefined): Endian {
  const at = (offset: number): BinaryPlace => ({ kind: "binary", file, offset });
  if (bytes.length < 4 || bytes[0] !== 0x7f || bytes[1] !== 0x45 || bytes[2] !== 0x4c || bytes[3] !== 0x46) {
    throw failure("elf-not-elf", foreignFile(bytes), at(0));
  }
  if (bytes.length < elf.EHDR_SIZE) {
    throw failure("bytes-truncated", { what: "the ELF header", needed: elf.EHDR_SIZE, available: bytes.length }, at(0));
  }
  if (bytes[4] !== 2) throw failure("elf-class", { found: bytes[4]! }, at(4));
  if (bytes[5] !== 1 && bytes[5] !== 2) throw failure("elf-data", { found: bytes[5]! }, at(5));
  if (bytes[6] !== 1) throw failure("elf-version", { found: bytes[6]! }, at(6));
  return bytes[5] === 1 ? "little" : "big";
}

/** A section on the way: its name and data come when all headers are read. One object a section, for there are very many. */
type RawSection = { -readonly [Field in keyof ElfSection]: ElfSection[Field] };

const noBytes = new Uint8Array(0);

/** Flags and addresses as bigints: nearly all are small, and there are very many of them. */
const small = Array.from({ length: 256 }, (_, value) => BigInt(value));

/** The 64-bit number of two words. */
function wide(low: number, high: number): bigint {
  if (high === 0) return low < small.length ? small[low]! : BigInt(low);
  return (BigInt(high) << 32n) | BigInt(low);
}

const headerWords = elf.SHDR_SIZE / 4;

/** The section headers, whose bytes are there; of fields of 64 bits mostly the low word says all. */
function rawSections(reader: ByteReader, shoff: number, shnum: number, report: Report): RawSection[] {
  const { bytes, endian } = reader;
  const words = readWords(bytes.subarray(shoff, shoff + shnum * elf.SHDR_SIZE), endian);
  const low = endian === "little" ? 0 : 1;
  const high = 1 - low;
  const sections: RawSection[] = [];
  for (let index = 0, at = 0; index < shnum; index++, at += headerWords) {
    const beyond = words[at + 6 + high]! | words[at + 8 + high]! | words[at + 12 + high]! | words[at + 14 + high]!;
    if (beyond !== 0) {
      sections.push(largeSection(reader, index, shoff + index * elf.SHDR_SIZE, report));
      continue;
    }
    sections.push({
      index,
      name: "",
      nameOffset: words[at]!,
      type: words[at + 1]!,
      flags: wide(words[at + 2 + low]!, words[at + 2 + high]!),
      addr: wide(words[at + 4 + low]!, words[at + 4 + high]!),
      offset: words[at + 6 + low]!,
      size: words[at + 8 + low]!,
      link: words[at + 10]!,
      info: words[at + 11]!,
      addralign: words[at + 12 + low]!,
      entsize: words[at + 14 + low]!,
      data: noBytes,
    });
  }
  return sections;
}

/** A section header with numbers beyond 32 bits, which are errors beyond 2^53. */
function largeSection(reader: ByteReader, index: number, at: number, report: Report): RawSection {
  let damaged = false;
  const size = (offset: number, what: string): number => {
    try {
      return reader.size(offset, what);
    } catch (error) {
      if (!(error instanceof BpfkitError)) throw error;
      report(error);
      damaged = true;
      return 0;
    }
  };
  const section = {
    index,
    name: "",
    nameOffset: reader.u32(at),
    type: reader.u32(at + 4),
    flags: reader.u64(at + 8),
    addr: reader.u64(at + 16),
    offset: size(at + 24, "sh_offset"),
    size: size(at + 32, "sh_size"),
    link: reader.u32(at + 40),
    info: reader.u32(at + 44),
    addralign: size(at + 48, "sh_addralign"),
    entsize: size(at + 56, "sh_entsize"),
    data: noBytes,
  };
  return damaged ? { ...section, damaged } : section;
}

/** The ELF header as it stands there; its bytes are. */
function headerFields(reader: ByteReader): ElfHeader {
  const { buffer, byteOffset } = reader.bytes;
  const view = new DataView(buffer, byteOffset, elf.EHDR_SIZE);
  const little = reader.endian === "little";
  return {
    osabi: view.getUint8(7),
    abiversion: view.getUint8(8),
    type: view.getUint16(16, little),
    machine: view.getUint16(18, little),
    version: view.getUint32(20, little),
    entry: view.getBigUint64(24, little),
    phoff: reader.size(32, "e_phoff"),
    shoff: reader.size(40, "e_shoff"),
    flags: view.getUint32(48, little),
    ehsize: view.getUint16(52, little),
    phentsize: view.getUint16(54, little),
    shentsize: view.getUint16(58, little),
    phnum: view.getUint16(56, little),
    shnum: view.getUint16(60, little),
    shstrndx: view.getUint16(62, little),
  };
}

/** The ELF header, its counts resolved through section 0 where they do not fit the header. */
export function readHeader(reader: ByteReader, fields: ElfHeader = headerFields(reader)): ElfHeader {
  const header = { ...fields };
  const { shoff } = header;
  if (shoff === 0) return { ...header, shnum: 0, shstrndx: 0 };
  if (header.shentsize !== elf.SHDR_SIZE) {
    const facts = { what: "e_shentsize", found: header.shentsize, expected: elf.SHDR_SIZE };
    throw failure("elf-entsize", facts, reader.place(58));
  }
  reader.need(shoff, elf.SHDR_SIZE, "the section header table");
  if (header.shnum === 0) header.shnum = reader.size(shoff + 32, "the number of sections");
  if (header.shstrndx === elf.SHN_XINDEX) header.shstrndx = reader.u32(shoff + 40);
  if (header.phnum === elf.PN_XNUM) header.phnum = reader.u32(shoff + 44);
  return header;
}

/** The bytes of section `index`, -1 for the name table; what is in the file of them where it reaches out. */
function sectionData(reader: ByteReader, section: RawSection, index: number, name: string, report: Report): Uint8Array {
  const { type, offset, size } = section;
  if (type === SHT_NOBITS || type === SHT_NULL) return noBytes;
  const end = offset + size;
  const { bytes } = reader;
  if (end <= bytes.length) return new Uint8Array(bytes.buffer, bytes.byteOffset + offset, size);
  const available = Math.max(0, reader.length - offset);
  const what = index < 0 ? "the section name table" : `section ${index} (${name})`;
  report(failure("elf-bounds", { what, size, available }, reader.place(offset)));
  return reader.bytes.subarray(Math.min(offset, reader.length));
}

/** Sections may not share bytes; a table that claims the same ones again and again would cost without bound. */
function checkOverlap(reader: ByteReader, sections: readonly ElfSection[]): void {
  let claimed = 0;
  for (const { data } of sections) claimed += data.length;
  if (claimed <= 2 * reader.length) return;
  throw failure("elf-overlap", { claimed, size: reader.length }, reader.place(0));
}

/** The name of a section, in whatever bytes; empty where there is none. */
function rareName(
  table: Uint8Array,
  { nameOffset, index }: RawSection,
  file: string | undefined,
  report: Report,
): string {
  const strings = stringsOf(table, file);
  const name = strings.at(nameOffset);
  if (name === undefined) report(strings.fault(nameOffset, `the name of section ${index}`, "section name table"));
  return name ?? "";
}

function readSections(reader: ByteReader, header: ElfHeader, report: Report): ElfSection[] {
  const { shnum, shoff, shstrndx } = header;
  const { file } = reader.origin;
  // The check comes before any allocation by count.
  reader.need(shoff, shnum > reader.length ? reader.length + 1 : shnum * elf.SHDR_SIZE, "the section header table");
  const raw = rawSections(reader, shoff, shnum, report);
  const table = raw[shstrndx];
  const hasNames = shstrndx !== elf.SHN_UNDEF && table?.type === SHT_STRTAB;
  if (shstrndx !== elf.SHN_UNDEF && !hasNames) {
    const facts = { what: "e_shstrndx", found: shstrndx, expected: "a string table" };
    report(failure("elf-link", facts, reader.place(62)));
  }
  const nameData = hasNames ? sectionData(reader, table, -1, "", report) : new Uint8Array(0);

  for (let index = 0; index < raw.length; index++) {
    const section = raw[index]!;
    if (hasNames)
      section.name = shortName(nameData, section.nameOffset, index) ?? rareName(nameData, section, file, report);
    // The name table's faults were reported above.
    const isNames = hasNames && index === shstrndx;
    section.data = isNames ? nameData : sectionData(reader, section, index, section.name, report);
  }
  checkOverlap(reader, raw);
  return raw;
}

function readSegments(reader: ByteReader, header: ElfHeader, report: Report): ElfSegment[] {
  const { phoff, phnum, phentsize } = header;
  if (phoff === 0 || phnum === 0) return [];
  if (phentsize !== elf.PHDR_SIZE) {
    throw failure("elf-entsize", { what: "e_phentsize", found: phentsize, expected: elf.PHDR_SIZE }, reader.place(54));
  }
  reader.need(phoff, phnum * elf.PHDR_SIZE, "the program header table");
  const segments: ElfSegment[] = [];
  for (let i = 0, at = phoff; i < phnum; i++, at += elf.PHDR_SIZE) {
    const segment = {
      type: reader.u32(at),
      flags: reader.u32(at + 4),
      offset: reader.size(at + 8, "p_offset"),
      vaddr: reader.u64(at + 16),
      paddr: reader.u64(at + 24),
      filesz: reader.size(at + 32, "p_filesz"),
      memsz: reader.u64(at + 40),
      align: reader.u64(at + 48),
    };
    const { type, offset, filesz } = segment;
    if (type !== elf.SegmentType.PT_NULL && offset + filesz > reader.length) {
      const facts = { what: `segment ${i}`, size: filesz, available: Math.max(0, reader.length - offset) };
      report(failure("elf-bounds", facts, reader.place(offset)));
    }
    segments.push(segment);
  }
  return segments;
}

/**
 * Reads an ELF64 file of either byte order. Section data are views of `bytes`. Throws BpfkitError on anything illegal;
 * with `options.faults`, only where there is no ELF header, and a table that cannot be read is empty.
 */
export function readElf(bytes: Uint8Array, options: ReadElfOptions = {}): ElfFile {
  const { file, faults } = options;
  const report: Report = (fault) => {
    if (faults === undefined) throw fault;
    faults.push(...fault.diagnostics);
  };
  const endian = identify(bytes, file);
  const reader = new ByteReader(bytes, endian, { file });
  const part = <Part>(read: () => Part, without: Part): Part => {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof BpfkitError)) throw error;
      report(error);
      return without;
    }
  };
  const fields = headerFields(reader);
  const header = part(() => readHeader(reader, fields), fields);
  // Without counts there is nothing to be read.
  const sections = header.shoff === 0 || header === fields ? [] : part(() => readSections(reader, header, report), []);
  const segments = part(() => readSegments(reader, header, report), []);
  return { file, endian, bytes, header, sections, segments };
}
