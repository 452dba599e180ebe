/** Room `elf`: ELF64 as it stands in the file, both byte orders; `ar` archives. */
export { arHeaderSize, isArchive, readArchive, type Archive, type ArchiveMember } from "./ar.js";
export { addMembers, moveMembers, pickMembers, type ArchivePlace, type Picked } from "./ar-edit.js";
export type { ArchiveSymbol } from "./ar-index.js";
export { definedSymbols, writeArchive, type NewArchiveMember, type WriteArchiveOptions } from "./ar-write.js";
export { uncompressed } from "./compressed.js";
export {
  encodeGroup,
  encodeHeader,
  encodeRel,
  encodeRela,
  encodeSectionHeaders,
  encodeSymbols,
  SymbolEncoder,
  type NewReloc,
  type SymbolTableData,
} from "./encode.js";
export { layoutElf, layoutElfPieces, shndxSection, type NewElf, type NewImage, type NewSection } from "./layout.js";
export { linkedStrings, linkedSymbols, stringsOf } from "./links.js";
export { encodeNotes, readNotes } from "./notes.js";
export { readElf, type ReadElfOptions } from "./read.js";
export { relocRows, relocWords, symbolRows, symbolWords, type RelocRows, type SymbolRows } from "./rows.js";
export { StringTable, type StringTableReader } from "./strings.js";
export * as elfTable from "./table.js";
export {
  elfName,
  ElfType,
  SectionHeaderFlag,
  SectionHeaderType,
  SymbolBind,
  SymbolKind,
  SymbolOther,
} from "./table.js";
export { readDynamic, readGroup, readRelocs, readSymbols } from "./tables.js";
export type {
  ElfDynamic,
  ElfFile,
  ElfGroup,
  ElfHeader,
  ElfNote,
  ElfReloc,
  ElfSection,
  ElfSegment,
  ElfSymbol,
} from "./types.js";
export { writeElf } from "./write.js";
