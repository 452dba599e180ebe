/** Room `asm`: text to Object, in every spelling of the instruction table. */
export { assemble } from "./assemble.js";
export type { DebugOptions } from "./debug/generate.js";
export type { AssembleOptions, AssembleResult, ListingOptions, ReadFile } from "./types.js";
// Programs written in TypeScript.
export { insn, type Insns } from "./builder/insns.js";
export {
  label,
  map,
  mem,
  r0,
  r1,
  r10,
  r2,
  r3,
  r4,
  r5,
  r6,
  r7,
  r8,
  r9,
  symbol,
  type Body,
  type Callee,
  type Fragment,
  type Label,
  type Memory,
  type Register,
  type SymbolRef,
  type Target,
  type Value,
} from "./builder/parts.js";
export { ctype, defineMap, license, type MapOptions, type MapTypeName, type MapVariable } from "./builder/typed.js";
export { block, bpf, build, fn, textOf, type FunctionOptions, type Hole } from "./builder/text.js";
