/** Room `link`: Objects to one Object. */
export { readForLink } from "./inputs.js";
export { link } from "./link.js";
export {
  formatMap,
  type LinkMap,
  type LinkReport,
  type MapChoice,
  type MapContribution,
  type MapDropped,
  type MapSection,
  type MapSymbol,
} from "./map.js";
export type {
  ArchiveGroup,
  ArchiveInput,
  ArchiveInputMember,
  LinkInput,
  LinkOptions,
  LinkResult,
  SourceLine,
  SymbolDefinition,
  SymbolPrefix,
} from "./types.js";
