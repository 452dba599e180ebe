/** Symbols of an ELF file as the Object's: sections renumbered, locals first. */
import { ByteReader, toNumber } from "../bytes/index.js";
import { failure, type BinaryPlace } from "../diag/index.js";
import {
  elfTable,
  SectionHeaderType,
  SymbolBind,
  type ElfFile,
  type ElfSection,
  type ElfSymbol,
} from "../elf/index.js";
import type { ObjectSymbol, SymbolBinding, SymbolHome, SymbolType, SymbolVisibility } from "./types.js";

export const bindings: readonly SymbolBinding[] = ["local", "global", "weak"];
export const symbolTypes: readonly SymbolType[] = ["notype", "object", "func", "section", "file", "common", "tls"];
/** The numbers of the types of functions' symbols and of sections' symbols. */
export const functionSymbol = 2;
export const sectionSymbol = 3;
export const visibilities: readonly SymbolVisibility[] = ["default", "internal", "hidden", "protected"];

/** A number of a symbol; its words for an error are made only then. */
function numberOf(value: bigint, what: string, { name }: ElfSymbol, place: () => BinaryPlace): number {
  const number = Number(value);
  return number <= Number.MAX_SAFE_INTEGER ? number : toNumber(value, `the ${what} of ${name}`, place());
}

function homeOf(symbol: ElfSymbol, section: number, place: () => BinaryPlace): SymbolHome {
  if (symbol.reserved) {
    if (symbol.shndx === elfTable.SHN_ABS) return { kind: "absolute", value: symbol.value };
    if (symbol.shndx === elfTable.SHN_COMMON) {
      return { kind: "common", align: numberOf(symbol.value, "alignment", symbol, place) };
    }
    throw failure("object-symbol-index", { name: symbol.name, index: symbol.shndx }, place());
  }
  if (symbol.shndx === elfTable.SHN_UNDEF) return { kind: "undefined" };
  return { kind: "section", section, offset: numberOf(symbol.value, "value", symbol, place) };
}

export interface SymbolTable {
  readonly symbols: ObjectSymbol[];
  /** Object symbol by ELF symbol; -1 for the null symbol and for symbols of sections the Object does not have. */
  readonly numbers: Int32Array;
}

/** What relocations refer to whose value needs no symbol: the number 0. */
const nobody: ObjectSymbol = {
  name: "",
  home: { kind: "absolute", value: 0n },
  size: 0,
  binding: "local",
  type: "notype",
  visibility: "default",
};

/** The symbols of the file, its table's entries given as `raw`; `withNobody` puts a symbol that stands for nothing before them. */
export function convertSymbols(
  file: ElfFile,
  table: ElfSection | undefined,
  raw: readonly ElfSymbol[],
  sectionNumbers: Int32Array,
  withNobody: boolean,
): SymbolTable {
  const symbols: ObjectSymbol[] = withNobody ? [nobody] : [];
  if (table === undefined) return { symbols, numbers: new Int32Array(1).fill(-1) };
  const numbers = new Int32Array(raw.length).fill(-1);
  const reader = new ByteReader(table.data, file.endian, { file: file.file, section: table.name });
  const convert = (symbol: ElfSymbol, index: number): void => {
    const place = (): BinaryPlace => reader.place(index * elfTable.SYM_SIZE);
    const section = symbol.reserved ? -1 : sectionNumbers[symbol.shndx]!;
    const dropped = !symbol.reserved && symbol.shndx !== elfTable.SHN_UNDEF && section < 0;
    // Assemblers put the name of a group into the group's own section: it is defined nowhere.
    const names = dropped && symbol.type !== 3 && file.sections[symbol.shndx]!.type === SectionHeaderType.SHT_GROUP;
    if (index === 0 || (dropped && !names)) return;
    const binding = bindings[symbol.bind];
    if (binding === undefined) throw failure("object-binding", { name: symbol.name, found: symbol.bind }, place());
    const isSection = symbol.type === 3;
    numbers[index] = symbols.length;
    symbols.push({
      // Producers differ in whether a section's symbol repeats the section's name.
      name: isSection && symbol.name === "" && !symbol.reserved ? file.sections[symbol.shndx]!.name : symbol.name,
      home: names ? { kind: "undefined" } : homeOf(symbol, section, place),
      size: numberOf(symbol.size, "size", symbol, place),
      binding,
      type: symbolTypes[symbol.type] ?? symbol.type,
      visibility: visibilities[symbol.other & 3]!,
    });
  };
  // Locals first: some writers (libbpf's) leave them mixed.
  raw.forEach((symbol, index) => symbol.bind === SymbolBind.STB_LOCAL && convert(symbol, index));
  raw.forEach((symbol, index) => symbol.bind !== SymbolBind.STB_LOCAL && convert(symbol, index));
  return { symbols, numbers };
}
