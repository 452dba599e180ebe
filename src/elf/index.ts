/** Room `elf`: ELF64 as it stands in the file, both byte orders. */
export { readElf } from "./read.js";
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
export { readGroup, readRelocs, readSymbols } from "./tables.js";
export type { ElfFile, ElfHeader, ElfReloc, ElfSection, ElfSegment, ElfSymbol } from "./types.js";
export {
  encodeRel,
  encodeSymbols,
  layoutElf,
  shndxSection,
  StringTable,
  writeElf,
  type NewElf,
  type NewSection,
  type SymbolTableData,
} from "./write.js";
