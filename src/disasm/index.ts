/** Room `disasm`: Objects and ELF files as facts and as text: listings, symbols, headers. */
export {
  disassemble,
  type DataItem,
  type DisassembleOptions,
  type InsnItem,
  type RelocationFacts,
  type SectionListing,
  type TargetFacts,
} from "./disassemble.js";
export { formatInsn, formatInsnAt, type InsnNames } from "./format-insn.js";
export { formatSymbols, listSymbols, type ListedSymbol, type SymbolFormat } from "./nm.js";
export { type Label } from "./places.js";
export { formatDisassembly, writeDisassembly, type PrintOptions } from "./print.js";
export { printDialects } from "./template.js";
