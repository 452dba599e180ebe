/**
 * ElfFile back to bytes, everything at the offset it was read from and the bytes between kept: an unchanged file is written
 * back byte for byte. Header fields, names and data may have been changed; sizes and counts may not (see layout.ts).
 */
import { ByteReader } from "../bytes/index.js";
import { failure, type BinaryPlace } from "../diag/index.js";
import { encodeHeader, encodeSectionHeaders, encodeSegments } from "./encode.js";
import { readHeader } from "./read.js";
import * as elf from "./table.js";
import type { ElfFile, ElfSection } from "./types.js";

const { SHT_NOBITS, SHT_NULL } = elf.SectionHeaderType;

/** Are these the bytes that the file was read from, at their own place? Then they are in the copy already. */
function isAsRead(file: ElfFile, { data, offset }: ElfSection): boolean {
  const { buffer, byteOffset } = file.bytes;
  // A section that reaches out of the file was read as what is there of it, which may be nothing.
  return data.buffer === buffer && (data.byteOffset === byteOffset + offset || data.length === 0);
}

function changed(what: string, found: number, expected: number, place: BinaryPlace): void {
  if (found !== expected) throw failure("elf-changed", { what, found, expected }, place);
}

/** The header's bytes. Counts are written the way the file had them, if they still are what the file had. */
function headerBytes(file: ElfFile): Uint8Array {
  const bytes = encodeHeader(file.header, file.endian);
  const { phnum, shnum, shstrndx } = file.header;
  const before = readHeader(new ByteReader(file.bytes, file.endian));
  // e_ident's padding is nobody's.
  bytes.set(file.bytes.subarray(9, 16), 9);
  if (before.phnum === phnum) bytes.set(file.bytes.subarray(56, 58), 56);
  if (before.shnum === shnum) bytes.set(file.bytes.subarray(60, 62), 60);
  if (before.shstrndx === shstrndx) bytes.set(file.bytes.subarray(62, 64), 62);
  return bytes;
}

/** Writes a file back. Throws `elf-changed` where sections were added, dropped, resized or moved out of the file. */
export function writeElf(file: ElfFile): Uint8Array {
  const { header, sections, segments, endian } = file;
  const place = (offset: number): BinaryPlace => ({ kind: "binary", file: file.file, offset });
  changed("the number of sections", sections.length, header.shnum, place(60));
  if (header.phoff !== 0) changed("the number of segments", segments.length, header.phnum, place(56));

  const bytes = new Uint8Array(file.bytes);
  const put = (what: string, data: Uint8Array, offset: number): void => {
    const end = offset + data.length;
    if (end > bytes.length) changed(`the end of ${what}`, end, bytes.length, place(offset));
    bytes.set(data, offset);
  };
  for (const section of sections) {
    const { index, type, name, data, size, offset } = section;
    if (type === SHT_NOBITS || type === SHT_NULL || isAsRead(file, section)) continue;
    const what = `section ${index} (${name})`;
    changed(`the size of ${what}`, data.length, size, place(offset));
    put(what, data, offset);
  }
  put("the section header table", encodeSectionHeaders(sections, endian), header.shoff);
  for (const { index, damaged } of sections) {
    if (damaged !== true) continue;
    const at = header.shoff + index * elf.SHDR_SIZE;
    bytes.set(file.bytes.subarray(at, at + elf.SHDR_SIZE), at);
  }
  put("the program header table", encodeSegments(segments, endian), header.phoff);
  put("the ELF header", headerBytes(file), 0);
  return bytes;
}
