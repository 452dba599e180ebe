/** Facts and Objects with the names of C++ and Rust as their source has them. */
import type { ObjectFile } from "../object/index.js";
import { demangled } from "./demangle.js";
import type { ElfFacts } from "./elf-facts.js";

export function demangledFacts(facts: ElfFacts): ElfFacts {
  const symbolTables = facts.symbolTables.map(({ section, symbols }) => ({
    section,
    symbols: symbols.map((symbol) => ({ ...symbol, name: demangled(symbol.name) })),
  }));
  const relocTables = facts.relocTables.map((table) => ({
    ...table,
    relocs: table.relocs.map((reloc) => ({ ...reloc, symbolName: demangled(reloc.symbolName) })),
  }));
  return { ...facts, symbolTables, relocTables };
}

/** For listings: an Object of such names is not to be linked. */
export function demangledObject(object: ObjectFile): ObjectFile {
  return { ...object, symbols: object.symbols.map((symbol) => ({ ...symbol, name: demangled(symbol.name) })) };
}
