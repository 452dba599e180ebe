/**
 * The psABI's note: it says that private relocation numbers are this psABI's, and names the dialect of a file whose numbers do
 * not tell it. Owner `bpf-psabi`, type 1, descriptor: the version as a 32-bit word, then the dialect's name with its NUL.
 *
 * Source: docs/psabi.md "The note".
 */
import { ByteReader, ByteWriter, decodeUtf8, encodeUtf8, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { encodeNotes, readNotes, SectionHeaderType, type ElfFile, type ElfSection } from "../elf/index.js";
import { relocDialects, type RelocDialect } from "./dialects.js";

export const psabiNoteSection = ".note.bpf.psabi";
const owner = "bpf-psabi";
const versionNote = 1;
/** The psABI's version that is read and written. */
export const psabiVersion = 1;

/** Is the section the note's? It states something about the file and is no part of the Object. */
export function isPsabiNote({ name, type }: ElfSection): boolean {
  return type === SectionHeaderType.SHT_NOTE && name === psabiNoteSection;
}

/** The dialect that the file's note names, or undefined where there is none. */
export function notedDialect(elf: ElfFile): RelocDialect | undefined {
  const section = elf.sections.find(isPsabiNote);
  if (section === undefined) return undefined;
  let found: RelocDialect | undefined;
  for (const { name, type, desc } of readNotes(elf, section)) {
    if (name !== owner || type !== versionNote) continue;
    const reader = new ByteReader(desc, elf.endian, { file: elf.file, section: section.name });
    const version = reader.u32(0, "the psABI's version");
    const text = decodeUtf8(desc.subarray(4));
    const dialect = text.slice(0, Math.max(0, text.indexOf("\0")));
    const known = relocDialects.find((each) => each === dialect);
    // A linker that joins notes unread may leave two: files of two dialects cannot be told apart any more.
    if (version !== psabiVersion || known === undefined || (found !== undefined && found !== known)) {
      throw failure("object-note", { version, dialect: dialect.slice(0, 40) }, reader.place(0));
    }
    found = known;
  }
  return found;
}

export function encodePsabiNote(dialect: RelocDialect, endian: Endian): Uint8Array {
  const desc = new ByteWriter(endian);
  desc.u32(psabiVersion);
  desc.write(encodeUtf8(`${dialect}\0`));
  return encodeNotes([{ name: owner, type: versionNote, desc: desc.bytes() }], endian);
}
