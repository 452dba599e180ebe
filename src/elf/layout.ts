/**
 * New sections to bytes: header, section contents in table order, each aligned, section header table. Same input, same bytes.
 */
import { alignUp, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { encodeHeader, encodeSectionHeaders, encodeSegments } from "./encode.js";
import { StringTable } from "./strings.js";
import * as elf from "./table.js";
import type { ElfSegment } from "./types.js";

const { SHT_NOBITS, SHT_NULL, SHT_STRTAB, SHT_SYMTAB_SHNDX } = elf.SectionHeaderType;

/** A section to be placed. */
export interface NewSection {
  readonly name: string;
  readonly type: number;
  readonly flags: number | bigint;
  /** 0 when absent. */
  readonly addr?: bigint;
  readonly link: number;
  readonly info: number;
  readonly addralign: number;
  readonly entsize: number;
  readonly data: Uint8Array;
  /** For SHT_NOBITS; else the length of `data`. */
  readonly size?: number;
  /** In a linked file: the section stands at this place of `NewElf.image`. */
  readonly pinned?: number;
}

/** The part of a linked file that is loaded as it stands: nothing in it moves. */
export interface NewImage {
  /** The file from its start to the end of the last segment. */
  readonly bytes: Uint8Array;
  /** Where the program headers stand. */
  readonly phoff: number;
  readonly segments: readonly ElfSegment[];
}

export interface NewElf {
  readonly endian: Endian;
  readonly type: number;
  readonly machine: number;
  readonly flags: number;
  /** 0 when absent. */
  readonly osabi?: number;
  readonly abiversion?: number;
  readonly entry?: bigint;
  /** Section header entries from index 1 on. */
  readonly sections: readonly NewSection[];
  /**
   * The section (counted from 1) that takes the section names: a string table, empty or with strings that keep their
   * offsets. When absent, a section `.shstrtab` is appended.
   */
  readonly shstrndx?: number;
  /** The strings of that section, where its data is still to be made of them. */
  readonly strings?: StringTable;
  /** Sections that are not pinned are placed behind it. */
  readonly image?: NewImage;
}

/** All padding of a file together stays below this, so that a damaged alignment cannot blow it up. */
const paddingLimit = 1 << 26;

/** The sections with their name table filled, and the offset of each name in it. */
function nameSections(file: NewElf): { sections: NewSection[]; nameOffsets: number[]; shstrndx: number } {
  const sections = [...file.sections];
  let { shstrndx } = file;
  if (shstrndx === undefined) {
    const empty = { flags: 0, link: 0, info: 0, addralign: 1, entsize: 0, data: new Uint8Array(0) };
    shstrndx = sections.push({ name: ".shstrtab", type: SHT_STRTAB, ...empty });
  }
  const table = sections[shstrndx - 1];
  if (table?.type !== SHT_STRTAB) {
    throw failure("elf-link", { what: "shstrndx of the new file", found: shstrndx, expected: "a string table" });
  }
  const names = file.strings ?? (table.data.length === 0 ? new StringTable() : new StringTable(table.data));
  const nameOffsets = sections.map((section) => names.add(section.name));
  sections[shstrndx - 1] = { ...table, data: names.bytes() };
  return { sections, nameOffsets, shstrndx };
}

/** The file offset of each section and of the section header table. */
function place(sections: readonly NewSection[], start: number): { offsets: number[]; shoff: number } {
  let end = start;
  let padding = 0;
  const offsets = sections.map(({ name, type, addralign, data, pinned }) => {
    if (pinned !== undefined) return pinned;
    const align = Math.max(1, addralign);
    // A power of two of any size has one bit, which Math.log2 finds exactly.
    if (!Number.isInteger(Math.log2(align))) throw failure("elf-alignment", { name, value: addralign });
    // What takes no room in the file needs no alignment there.
    const offset = type === SHT_NOBITS ? end : alignUp(end, align);
    padding += offset - end;
    if (padding > paddingLimit) {
      throw failure("elf-padding", { name, padding, limit: paddingLimit, value: addralign });
    }
    end = type === SHT_NOBITS ? offset : offset + data.length;
    return offset;
  });
  return { offsets, shoff: alignUp(end, 8) };
}

function tableEnd({ phoff, segments }: NewImage): number {
  return phoff + elf.PHDR_SIZE * segments.length;
}

/** Bytes and where they stand in the file. */
type Placed = readonly [offset: number, bytes: Uint8Array];

/** Places `file.sections` behind the header, the section header table last. What comes later in the list stands above what it overlaps. */
function placed(file: NewElf): Placed[] {
  const { sections, nameOffsets, shstrndx } = nameSections(file);
  const { image } = file;
  const imageEnd = image === undefined ? 0 : Math.max(image.bytes.length, tableEnd(image));
  const { offsets, shoff } = place(sections, Math.max(elf.EHDR_SIZE, imageEnd));
  const shnum = sections.length + 1;

  const header = encodeHeader(
    {
      osabi: file.osabi ?? 0,
      abiversion: file.abiversion ?? 0,
      type: file.type,
      machine: file.machine,
      version: 1,
      entry: file.entry ?? 0n,
      phoff: image?.phoff ?? 0,
      shoff,
      flags: file.flags,
      ehsize: elf.EHDR_SIZE,
      phentsize: image === undefined ? 0 : elf.PHDR_SIZE,
      phnum: image?.segments.length ?? 0,
      shentsize: elf.SHDR_SIZE,
      shnum,
      shstrndx,
    },
    file.endian,
  );
  const zero = { nameOffset: 0, flags: 0n, addr: 0n, offset: 0, info: 0, addralign: 0, entsize: 0 };
  // Extended numbering: what does not fit the ELF header stands in section 0.
  const size = shnum >= elf.SHN_LORESERVE ? shnum : 0;
  const link = shstrndx >= elf.SHN_LORESERVE ? shstrndx : 0;
  const headers = sections.map((section, i) => ({
    ...section,
    nameOffset: nameOffsets[i]!,
    flags: BigInt(section.flags),
    addr: section.addr ?? 0n,
    offset: offsets[i]!,
    size: section.type === SHT_NOBITS ? (section.size ?? 0) : section.data.length,
  }));
  const phnum = image?.segments.length ?? 0;
  const info = phnum >= elf.PN_XNUM ? phnum : 0;
  const first = { ...zero, name: "", type: SHT_NULL, size, link, info };
  const table = encodeSectionHeaders([first, ...headers], file.endian);

  const pieces: Placed[] = image === undefined ? [] : [[0, image.bytes]];
  pieces.push([0, header]);
  sections.forEach(({ type, data }, i) => type !== SHT_NOBITS && pieces.push([offsets[i]!, data]));
  pieces.push([shoff, table]);
  if (image !== undefined) pieces.push([image.phoff, encodeSegments(image.segments, file.endian)]);
  return pieces;
}

/** The bytes of `pieces` from offset `from` on, with zeros between them. */
function joined(pieces: readonly Placed[], from = 0): Uint8Array {
  const end = pieces.reduce((most, [offset, { length }]) => Math.max(most, offset + length), from);
  const bytes = new Uint8Array(end - from);
  for (const [offset, piece] of pieces) bytes.set(piece, offset - from);
  return bytes;
}

export function layoutElf(file: NewElf): Uint8Array {
  return joined(placed(file));
}

/** Sections from this size on are not copied by `layoutElfPieces`. */
const largeSection = 1 << 16;

/** What `layoutElf` gives, in pieces that follow each other: large sections are pieces of their own, and the very arrays of `file`. */
export function layoutElfPieces(file: NewElf): readonly Uint8Array[] {
  const all = placed(file);
  if (file.image !== undefined) return [joined(all)];
  const pieces: Uint8Array[] = [];
  let end = 0;
  let small: Placed[] = [];
  for (const piece of all) {
    const [offset, bytes] = piece;
    if (bytes.length < largeSection) {
      small.push(piece);
      continue;
    }
    // The zeros before it, too.
    const before = joined([...small, [offset, bytes.subarray(0, 0)]], end);
    small = [];
    end = offset + bytes.length;
    pieces.push(before, bytes);
  }
  return [...pieces, joined(small, end)];
}

/** The section that goes with a symbol table whose section indices need 32 bits. */
export function shndxSection(data: Uint8Array, symtab: number): NewSection {
  const name = ".symtab_shndx";
  return { name, type: SHT_SYMTAB_SHNDX, flags: 0, link: symtab, info: 0, addralign: 4, entsize: 4, data };
}
