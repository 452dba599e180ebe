/** Notes of SHT_NOTE sections and PT_NOTE segments, read and encoded. Source: System V gABI, "Note Section". */
import { alignUp, ByteReader, ByteWriter, decodeUtf8, encodeUtf8, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import type { ElfFile, ElfNote, ElfSection, ElfSegment } from "./types.js";

/** namesz, descsz, type. */
const noteHeader = 12;

/** 8 in sections and segments aligned so (GNU property notes), 4 in all others whatever they say. */
function noteAlign(align: number | bigint): number {
  return Number(align) === 8 ? 8 : 4;
}

/** The notes of a section or a segment, in order. Descriptors are views of the file. */
export function readNotes(file: ElfFile, part: ElfSection | ElfSegment): ElfNote[] {
  const isSection = "data" in part;
  const name = isSection ? part.name : "the segment";
  const data = isSection ? part.data : file.bytes.subarray(part.offset, part.offset + part.filesz);
  const reader = new ByteReader(data, file.endian, { file: file.file, section: isSection ? part.name : undefined });
  const align = noteAlign(isSection ? part.addralign : part.align);
  const place = (at: number): ReturnType<ByteReader["place"]> => reader.place(isSection ? at : part.offset + at);
  const notes: ElfNote[] = [];
  for (let at = 0; at < reader.length;) {
    const check = (needed: number): void => {
      const available = reader.length - at;
      if (needed > available) {
        throw failure("elf-note", { index: notes.length, part: name, needed, available }, place(at));
      }
    };
    check(noteHeader);
    const namesz = reader.u32(at);
    const descsz = reader.u32(at + 4);
    const descAt = alignUp(at + noteHeader + namesz, align);
    check(descsz === 0 ? noteHeader + namesz : descAt + descsz - at);
    const text = reader.slice(at + noteHeader, namesz);
    // The size counts the NUL; writers that leave it out exist.
    const end = text.at(-1) === 0 ? namesz - 1 : namesz;
    notes.push({
      name: decodeUtf8(text.subarray(0, end)),
      type: reader.u32(at + 8),
      desc: data.subarray(descAt, descAt + descsz),
    });
    // The padding of the last descriptor may be left out.
    at = alignUp(descAt + descsz, align);
  }
  return notes;
}

/** The contents of a note section; `align` as its `sh_addralign`. */
export function encodeNotes(notes: readonly ElfNote[], endian: Endian, align: 4 | 8 = 4): Uint8Array {
  const writer = new ByteWriter(endian);
  for (const { name, type, desc } of notes) {
    const text = encodeUtf8(`${name}\0`);
    writer.u32(text.length);
    writer.u32(desc.length);
    writer.u32(type);
    writer.write(text);
    writer.align(align);
    writer.write(desc);
    writer.align(align);
  }
  return writer.bytes().slice();
}
