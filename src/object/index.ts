/** Room `object`: the Object and Image models, the relocation table and its dialects. */
export { detectDialect } from "./detect.js";
export {
  dialectFacts,
  dialects,
  relocDialects,
  rowsOfType,
  type AddendRule,
  type DialectFacts,
  type DialectRow,
  type RelocDialect,
} from "./dialects.js";
export {
  programType,
  type Image,
  type ImageFunction,
  type ImageMap,
  type ImageProgram,
  type ImageSegment,
  type MapValue,
  type Patch,
  type PatchKind,
} from "./image.js";
export { fieldBytes, fitsField, noFunction, readField, relocate, writeField, type Relocated } from "./fields.js";
export type { ImageDebug } from "./image-debug.js";
export { imageOf } from "./image-of.js";
export { mergedFlags } from "./isa-tag.js";
export { readLegacyMaps, type LegacyMap } from "./legacy-maps.js";
export { eachEntry, jumpTablesOf, type JumpTable } from "./jump-tables.js";
export { kernelNamesOf } from "./kernel-names.js";
export { isDebugSection, isJumpTableSection, isMapSection, isMetadataSection, isOutsideText } from "./names.js";
export {
  bindingOf,
  homes,
  infoOf,
  kindNumbers,
  largeAddend,
  objectOf,
  RelocationList,
  relocationRow,
  relocationRows,
  rowOfSymbol,
  sectionOf,
  SymbolList,
  symbolRow,
  symbolRows,
  TableNames,
  typeOf,
  visibilityOf,
} from "./lists.js";
export { placeOpcodes, type InsnPlace } from "./insn-place-table.js";
export { bindings, functionSymbol, sectionSymbol, symbolTypes, visibilities } from "./read-symbols.js";
export { fileOf, objectFromElf, readObject, type ReadOptions } from "./read.js";
export { writeObject, writeObjectPieces, type WriteOptions } from "./write.js";
export {
  firstAt,
  patchesInsn,
  relocKinds,
  relocTable,
  type RelocField,
  type RelocKind,
  type RelocRange,
  type RelocRow,
  type RelocValue,
  type Resolver,
} from "./relocations.js";
export { flagsOfBits } from "./section-flags.js";
export {
  noFlags,
  type ObjectFile,
  type ObjectSymbol,
  type Relocation,
  type RelocOrigin,
  type Section,
  type SectionFlags,
  type SectionGroup,
  type SectionType,
  type SymbolBinding,
  type SymbolHome,
  type SymbolType,
  type SymbolVisibility,
} from "./types.js";
