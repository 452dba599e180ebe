/** Room `asm`: text to Object, in every spelling of the instruction table. */
export { assemble } from "./assemble.js";
export type { AssembleOptions, AssembleResult } from "./types.js";
