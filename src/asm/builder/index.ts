/** Programs written in TypeScript: a template for text, functions for instructions, both giving the assembler's Objects. */
export { insn, type Insns } from "./insns.js";
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
} from "./parts.js";
export { ctype, defineMap, license, type MapOptions, type MapTypeName, type MapVariable } from "./typed.js";
export { block, bpf, build, fn, textOf, type FunctionOptions, type Hole } from "./text.js";
