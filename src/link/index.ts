/** Room `link`: Objects to one Object. */
export { link } from "./link.js";
export type {
  ArchiveGroup,
  ArchiveInput,
  ArchiveInputMember,
  LinkInput,
  LinkOptions,
  LinkResult,
  SymbolDefinition,
  SymbolPrefix,
} from "./types.js";
