/** Room `copy`: changed copies of ELF files: `objcopy` and `strip` as functions. */
export { copyArchive, copyElf, copyFile, type CopyResult } from "./copy.js";
export type { CopyOptions, NewSymbol, SectionFlagName } from "./options.js";
export { rawContents, type RawOptions } from "./raw.js";
export { sectionFlagNames } from "./sections.js";
export type { CopyChange } from "./types.js";
