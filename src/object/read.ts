/**
 * ELF to Object: sections, symbols and groups renumbered, relocation numbers turned into kinds, addends taken out of the fields.
 *
 * Source: docs/psabi.md. An unknown relocation number is an error with its section, offset and symbol.
 */
import { ByteReader, toNumber } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import {
  elfTable,
  readElf,
  readGroup,
  readRelocs,
  readSymbols,
  SectionHeaderFlag,
  SectionHeaderType,
  SymbolBind,
  type ElfFile,
  type ElfReloc,
  type ElfSection,
  type ElfSymbol,
} from "../elf/index.js";
import { dialects, type DialectRow, type RelocDialect } from "./dialects.js";
import { fieldBytes, readField } from "./fields.js";
import { isMapSection } from "./names.js";
import { relocTable } from "./relocations.js";
import type {
  ObjectFile,
  ObjectSymbol,
  Relocation,
  Section,
  SectionFlags,
  SectionGroup,
  SectionType,
  SymbolBinding,
  SymbolHome,
  SymbolType,
  SymbolVisibility,
} from "./types.js";

const sht = SectionHeaderType;

/** Sections that are the file format's own; the Object states their contents in other words, or has no use for them. */
const mechanics: ReadonlySet<number> = new Set([
  sht.SHT_NULL,
  sht.SHT_SYMTAB,
  sht.SHT_STRTAB,
  sht.SHT_REL,
  sht.SHT_RELA,
  sht.SHT_GROUP,
  sht.SHT_SYMTAB_SHNDX,
  sht.SHT_LLVM_ADDRSIG,
]);

const sectionTypes: ReadonlyMap<number, SectionType> = new Map<number, SectionType>([
  [sht.SHT_PROGBITS, "progbits"],
  [sht.SHT_NOBITS, "nobits"],
  [sht.SHT_NOTE, "note"],
  [sht.SHT_INIT_ARRAY, "init_array"],
  [sht.SHT_FINI_ARRAY, "fini_array"],
  [sht.SHT_PREINIT_ARRAY, "preinit_array"],
]);

const bindings: readonly SymbolBinding[] = ["local", "global", "weak"];
const symbolTypes: readonly SymbolType[] = ["notype", "object", "func", "section", "file", "common", "tls"];
const visibilities: readonly SymbolVisibility[] = ["default", "internal", "hidden", "protected"];

function flagsOf(bits: bigint): SectionFlags {
  const has = (flag: number): boolean => (bits & BigInt(flag)) !== 0n;
  return {
    alloc: has(SectionHeaderFlag.SHF_ALLOC),
    write: has(SectionHeaderFlag.SHF_WRITE),
    exec: has(SectionHeaderFlag.SHF_EXECINSTR),
    merge: has(SectionHeaderFlag.SHF_MERGE),
    strings: has(SectionHeaderFlag.SHF_STRINGS),
    exclude: has(SectionHeaderFlag.SHF_EXCLUDE),
    tls: has(SectionHeaderFlag.SHF_TLS),
    retain: has(SectionHeaderFlag.SHF_GNU_RETAIN),
  };
}

function homeOf(symbol: ElfSymbol, section: number, place: () => ReturnType<ByteReader["place"]>): SymbolHome {
  if (symbol.reserved) {
    if (symbol.shndx === elfTable.SHN_ABS) return { kind: "absolute", value: symbol.value };
    if (symbol.shndx === elfTable.SHN_COMMON) {
      return { kind: "common", align: toNumber(symbol.value, `the alignment of ${symbol.name}`, place()) };
    }
    throw failure("object-symbol-index", { name: symbol.name, index: symbol.shndx }, place());
  }
  if (symbol.shndx === elfTable.SHN_UNDEF) return { kind: "undefined" };
  return { kind: "section", section, offset: toNumber(symbol.value, `the value of ${symbol.name}`, place()) };
}

interface SymbolTable {
  readonly symbols: ObjectSymbol[];
  /** Object symbol by ELF symbol; -1 for the null symbol and for symbols of sections the Object does not have. */
  readonly numbers: Int32Array;
}

function readSymbolTable(file: ElfFile, table: ElfSection | undefined, sectionNumbers: Int32Array): SymbolTable {
  if (table === undefined) return { symbols: [], numbers: new Int32Array(1).fill(-1) };
  const raw = readSymbols(file, table);
  const numbers = new Int32Array(raw.length).fill(-1);
  const symbols: ObjectSymbol[] = [];
  const reader = new ByteReader(table.data, file.endian, { file: file.file, section: table.name });
  const convert = (symbol: ElfSymbol, index: number): void => {
    const place = (): ReturnType<ByteReader["place"]> => reader.place(index * elfTable.SYM_SIZE);
    const section = symbol.reserved ? -1 : sectionNumbers[symbol.shndx]!;
    const dropped = !symbol.reserved && symbol.shndx !== elfTable.SHN_UNDEF && section < 0;
    if (index === 0 || dropped) return;
    const binding = bindings[symbol.bind];
    if (binding === undefined) throw failure("object-binding", { name: symbol.name, found: symbol.bind }, place());
    const isSection = symbol.type === 3;
    numbers[index] = symbols.length;
    symbols.push({
      // Producers differ in whether a section's symbol repeats the section's name.
      name: isSection && symbol.name === "" ? file.sections[symbol.shndx]!.name : symbol.name,
      home: homeOf(symbol, section, place),
      size: toNumber(symbol.size, `the size of ${symbol.name}`, place()),
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

/** The row of `dialect` for a relocation number that stands in code or data and refers to a map or not. */
function dialectRow(dialect: RelocDialect, reloc: ElfReloc, code: boolean, map: boolean): DialectRow | undefined {
  const where = code ? "code" : "data";
  return dialects[dialect].find((row) => row.type === reloc.type && row.in === where && (row.of === undefined || map));
}

function readRelocations(
  file: ElfFile,
  table: ElfSection,
  target: ElfSection,
  { symbols, numbers }: SymbolTable,
  sectionName: (index: number) => string,
): Relocation[] {
  const exec = (target.flags & BigInt(SectionHeaderFlag.SHF_EXECINSTR)) !== 0n;
  const reader = new ByteReader(target.data, file.endian, { file: file.file, section: target.name });
  const relocations: Relocation[] = [];
  for (const reloc of readRelocs(file, table)) {
    if (reloc.type === 0) continue;
    const symbolNumber = reloc.sym < numbers.length ? numbers[reloc.sym]! : -1;
    const symbol = symbols[symbolNumber];
    const place = reader.place(reloc.offset);
    if (symbol === undefined) throw failure("object-reloc-symbol", { type: reloc.type, symbol: reloc.sym }, place);
    const map = symbol.home.kind === "section" && isMapSection(sectionName(symbol.home.section));
    const row = dialectRow("llvm", reloc, exec, map);
    if (row === undefined) {
      const facts = { type: reloc.type, name: symbol.name, where: exec ? "code" : "data", dialect: "llvm" };
      throw failure("object-reloc-unknown", facts, place);
    }
    const { field } = relocTable[row.kind];
    const offset = reloc.offset - (row.skew ?? 0);
    reader.need(offset, fieldBytes[field], `relocation ${row.name} against ${symbol.name}`);
    const stored = reloc.addend ?? readField(target.data, offset, field, file.endian);
    const addend = row.addend === "slots" && reloc.addend === undefined ? (stored + 1n) * 8n : stored;
    relocations.push({ offset, kind: row.kind, symbol: symbolNumber, addend });
  }
  return relocations.toSorted((a, b) => a.offset - b.offset);
}

/** Turns an ELF file into an Object. Throws BpfkitError on what is no relocatable BPF object. */
export function objectFromElf(elf: ElfFile): ObjectFile {
  const at = (offset: number): ReturnType<ByteReader["place"]> => ({ kind: "binary", file: elf.file, offset });
  const { machine, type } = elf.header;
  // EM_NONE: LLVM before BPF had a machine number.
  if (machine !== elfTable.EM_BPF && machine !== elfTable.EM_NONE) throw failure("object-machine", { machine }, at(18));
  if (type !== elfTable.ElfType.ET_REL) throw failure("object-type", { type }, at(16));

  const sectionNumbers = new Int32Array(elf.sections.length).fill(-1);
  const kept = elf.sections.filter((section) => !mechanics.has(section.type));
  kept.forEach((section, number) => (sectionNumbers[section.index] = number));
  const table = elf.sections.find((section) => section.type === sht.SHT_SYMTAB);
  const symbolTable = readSymbolTable(elf, table, sectionNumbers);

  const groups: SectionGroup[] = [];
  const groupOf = new Int32Array(elf.sections.length).fill(-1);
  for (const section of elf.sections) {
    if (section.type !== sht.SHT_GROUP) continue;
    const { flags, members } = readGroup(elf, section);
    const signature = symbolTable.numbers[section.info] ?? -1;
    if (signature < 0) throw failure("object-group", { symbol: section.info }, at(section.offset));
    for (const member of members) groupOf[member] = groups.length;
    groups.push({ signature, comdat: (flags & elfTable.GRP_COMDAT) !== 0 });
  }

  const relocations = new Map<number, Relocation[]>();
  for (const section of elf.sections) {
    if (section.type !== sht.SHT_REL && section.type !== sht.SHT_RELA) continue;
    const target = elf.sections[section.info];
    if (target === undefined || sectionNumbers[target.index]! < 0) continue;
    const sectionName = (number: number): string => kept[number]!.name;
    const more = readRelocations(elf, section, target, symbolTable, sectionName);
    relocations.set(target.index, [...(relocations.get(target.index) ?? []), ...more]);
  }

  const sections = kept.map((section): Section => {
    const linked = (section.flags & BigInt(SectionHeaderFlag.SHF_LINK_ORDER)) !== 0n;
    return {
      name: section.name,
      type: sectionTypes.get(section.type) ?? section.type,
      flags: flagsOf(section.flags),
      align: Math.max(1, section.addralign),
      entsize: section.entsize,
      size: section.size,
      data: section.data,
      relocations: relocations.get(section.index) ?? [],
      group: groupOf[section.index]!,
      linkedTo: linked ? (sectionNumbers[section.link] ?? -1) : -1,
    };
  });
  return {
    file: elf.file ?? "<memory>",
    endian: elf.endian,
    flags: elf.header.flags,
    sections,
    symbols: symbolTable.symbols,
    groups,
  };
}

/** Reads a relocatable BPF object. */
export function readObject(bytes: Uint8Array, options: { readonly file?: string } = {}): ObjectFile {
  return objectFromElf(readElf(bytes, options));
}
