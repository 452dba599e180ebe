/** Room `btf`: BTF and .BTF.ext in both byte orders. */
export { Btf } from "./btf.js";
export { BtfBuilder, rebuildBtf, type BtfBuilderOptions } from "./builder.js";
export {
  extTables,
  extWidths,
  lineRecords,
  readBtfExt,
  readBtfExtTables,
  type BtfExt,
  type BtfExtSection,
  type BtfExtTables,
  type BtfExtWords,
  type CoreRelo,
  type FuncInfo,
  type LineInfo,
} from "./ext.js";
export { extPlaces, writeBtfExt, writeBtfExtTables, type WrittenBtfExt } from "./ext-write.js";
export { declareC, parseCPrototype, parseCType } from "./c/c.js";
export { cAccess, type CAccess, type CNoAccess, type CStep } from "./c/access.js";
export { CEmitter } from "./c/emit.js";
export type { CReport } from "./c/lex.js";
export { CScope, type CDeclared, type CDeclaredFunction, type CScopeOptions } from "./c/scope.js";
export { baseOf as cBaseOf, cAlign, cSize, type CBase, type CFunction, type CType } from "./c/types.js";
export { compareTypes, type TypeDifference, type TypeDifferenceWhat } from "./join/compare.js";
export {
  corePath,
  coreReloClass,
  matchCorePath,
  parseCoreAccess,
  type CorePath,
  type CoreReloClass,
  type CoreStep,
} from "./core/core-access.js";
export { coreFieldsCompatible, coreTypesCompatible, coreTypesMatch } from "./core/core-match.js";
export { coreCandidates, resolveCoreRelo, type CoreResult } from "./core/core.js";
export { diffBtf } from "./diff/diff.js";
export { summarizeDiff, writeDiff, type DiffSummary } from "./diff/format.js";
export type { Breaks, Change, ChangeWhat, DiffKind, TypeChange } from "./diff/types.js";
export { cTypeNames, writeC, type CHeaderOptions } from "./dump/c.js";
export { jsonType, writeJson } from "./dump/json.js";
export { writeTypeScript, type TypeScriptOptions } from "./dump/ts.js";
export { dedupBtf, type DedupedBtf } from "./join/dedup.js";
export { joinTypes, type JoinedInput, type JoinedTypes, type JoinInput } from "./join/join.js";
export { mergeBtf, type MergedBtf } from "./join/merge.js";
export { minimalBtf, type CoreObject, type MinimalBtf, type UnresolvedRelo } from "./core/min.js";
export { writeRaw, type RawSink } from "./write-raw.js";
export { formatRaw, formatRawType } from "./format-raw.js";
export { addMapDefinition, addMapSection, mapVariableSize } from "./maps-add.js";
export { readMapDefinitions, type BtfMapDefinition } from "./maps.js";
export { essentialName, exceptionCallback } from "./names.js";
export { readBtf, type ReadBtfOptions } from "./read.js";
export { renameTypes } from "./join/rename.js";
export { visitStrings, visitTypeIds } from "./join/refs.js";
export { hasBit, JoinedRecords, setBit } from "./join/records.js";
export { reshapeBtf, type Reshape, type ReshapedBtf } from "./join/reshape.js";
export { resolveType, sizeOf } from "./sizes.js";
export {
  BtfFuncLinkage,
  BtfIntEncoding,
  BtfKind,
  btfKindNumber,
  btfKinds,
  BtfVarLinkage,
  CoreReloKind,
  coreReloNames,
  type BtfKindRow,
  infoKind,
  infoKindFlag,
  infoVlen,
} from "./table.js";
export { fileNumbers, MovedStrings, StringTable, type KeptStrings } from "./strings.js";
export { typeText } from "./type-text.js";
export type * from "./types.js";
export { writeBtf, type BtfSectionParts } from "./write.js";
