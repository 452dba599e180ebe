/** Room `disasm`: Objects and ELF files as facts and as text: listings, symbols, headers. */
export { writeAnnotated, type AnnotatedOptions, type Remarks } from "./annotated.js";
export { btfParts, coreFacts, coreWords, type BtfParts, type CoreReloFacts } from "./btf-parts.js";
export {
  btfExtFacts,
  elfBtfExt,
  formatBtfExt,
  type BtfExtFacts,
  type FuncInfoFacts,
  type LineInfoFacts,
} from "./btf-ext-facts.js";
export {
  disassemble,
  type DataItem,
  type DisassembleOptions,
  type InsnItem,
  type RelocationFacts,
  type SectionListing,
  type TargetFacts,
} from "./disassemble.js";
export {
  controlFlow,
  type CfgBlock,
  type CfgEdge,
  type CfgEdgeKind,
  type CfgLine,
  type CfgOptions,
  type FunctionGraph,
} from "./cfg/cfg.js";
export { formatCfgDot } from "./cfg/dot.js";
export {
  formatCfgSvg,
  type CfgBox,
  type CfgLayout,
  type CfgLayoutFunction,
  type CfgLink,
  type CfgPoint,
} from "./cfg/svg.js";
export {
  elfFacts,
  type ElfFacts,
  type ElfFactsOptions,
  type HeaderFacts,
  type RelocFacts,
  type RelocTableFacts,
  type SectionFacts,
  type SegmentFacts,
  type SymbolFacts,
  type SymbolTableFacts,
} from "./elf-facts.js";
export type { DynamicFacts, GroupFacts, NoteFacts, NoteTableFacts } from "./elf-extra.js";
export { demangled } from "./demangle.js";
export { demangledFacts, demangledObject } from "./demangle-facts.js";
export { dwarfLines, dwarfPlaces, type DwarfLine } from "./dwarf-lines.js";
export { formatDwarfLines } from "./dwarf-table.js";
export { formatInsn, formatInsnAt, type InsnNames } from "./format-insn.js";
export { listableObject, type Listable } from "./listable.js";
export type { LegacyWord } from "./legacy-words.js";
export { formatMaps, mapFacts, type MapFacts } from "./map-facts.js";
export { formatSymbols, type SymbolFormat, type SymbolLayout } from "./nm-format.js";
export { symbolListWriter } from "./nm-rows.js";
export { listSymbols, type ListedSymbol, type ListOptions } from "./nm.js";
export { formatObjdump, writeObjdump, type ObjdumpViews } from "./objdump.js";
export { type Label } from "./places.js";
export { formatDisassembly, writeDisassembly, type PrintOptions } from "./print.js";
export type { PartOptions } from "./part.js";
export { formatPrograms, programFacts, type ProgramFacts } from "./programs.js";
export { formatElf, writeElf, type ElfViews } from "./readelf.js";
export { formatRelocatedDump, relocatedSection, type RelocatedSection } from "./relocated.js";
export { remarksOf, type RemarkOptions, type SourcePlace } from "./remarks.js";
export {
  findSection,
  formatContents,
  formatHexDump,
  formatStrings,
  sectionStrings,
  type SectionString,
} from "./section-dump.js";
export {
  formatGnuSizes,
  formatSectionSizes,
  formatSizes,
  sizeFacts,
  type SectionSize,
  type SizeFacts,
  type SizeFormat,
} from "./size.js";
export { formatSource, type SourceOptions } from "./source.js";
export { printDialects } from "./template.js";
