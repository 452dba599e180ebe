/** Room `object`: the Object and Image models, the relocation table and its dialects. */
export { dialects, type DialectRow, type RelocDialect } from "./dialects.js";
export {
  programType,
  type Image,
  type ImageFunction,
  type ImageMap,
  type ImageProgram,
  type ImageSegment,
  type Patch,
  type PatchKind,
} from "./image.js";
export { fieldBytes, fitsField, readField, writeField } from "./fields.js";
export { imageOf } from "./image-of.js";
export { isMapSection, isMetadataSection } from "./names.js";
export { objectFromElf, readObject } from "./read.js";
export { writeObject } from "./write.js";
export {
  patchesInsn,
  relocTable,
  type RelocField,
  type RelocKind,
  type RelocRange,
  type RelocRow,
  type RelocValue,
  type Resolver,
} from "./relocations.js";
export {
  noFlags,
  type ObjectFile,
  type ObjectSymbol,
  type Relocation,
  type Section,
  type SectionFlags,
  type SectionGroup,
  type SectionType,
  type SymbolBinding,
  type SymbolHome,
  type SymbolType,
  type SymbolVisibility,
} from "./types.js";
