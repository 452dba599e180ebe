/**
 * What readelf shows of an ELF file, as plain data: numbers of the file beside their names. A table that cannot be read is
 * reported in `problems` and left out; the rest is still shown.
 */
import type { Diagnostic } from "../diag/index.js";
import {
  elfTable,
  readRelocs,
  readSymbols,
  relocRows,
  relocWords,
  SectionHeaderFlag,
  SectionHeaderType,
  SymbolKind,
  symbolRows,
  symbolWords,
  type ElfFile,
  type ElfHeader,
  type ElfReloc,
  type ElfSection,
  type ElfSegment,
  type ElfSymbol,
  type RelocRows,
  type SymbolRows,
} from "../elf/index.js";
import { decodeUtf8, type Endian } from "../bytes/index.js";
import { detectDialect, type RelocDialect } from "../object/index.js";
import { elfExtras, type DynamicFacts, type GroupFacts, type NoteTableFacts } from "./elf-extra.js";
import * as names from "./elf-names.js";
import { tolerant } from "./tolerant.js";

export interface HeaderFacts extends ElfHeader {
  /** The 16 bytes of `e_ident`, hex. */
  readonly ident: readonly number[];
  readonly endian: Endian;
  readonly typeName: string;
  readonly machineName: string;
  readonly abiName: string;
}

/** A section header; `data` stays in the file. */
export interface SectionFacts extends Omit<ElfSection, "data" | "nameOffset"> {
  readonly typeName: string;
  readonly flagLetters: string;
}

export interface SegmentFacts extends ElfSegment {
  readonly typeName: string;
}

export interface SymbolFacts {
  readonly index: number;
  readonly name: string;
  readonly value: bigint;
  /** In bytes. */
  readonly size: bigint;
  readonly type: string;
  readonly bind: string;
  readonly visibility: string;
  /** `UND`, `ABS`, `COM` or a section's index. */
  readonly home: string;
}

export interface SymbolTableFacts {
  readonly section: string;
  readonly symbols: readonly SymbolFacts[];
}

export interface RelocFacts {
  /** `r_offset`, in bytes. */
  readonly offset: number;
  readonly type: number;
  /** The dialect's name of `type`, or undefined. */
  readonly typeName: string | undefined;
  readonly symbol: number;
  readonly symbolName: string;
  readonly symbolValue: bigint | undefined;
  /** Undefined where the addend is in the relocated field (SHT_REL). */
  readonly addend: bigint | undefined;
}

export interface RelocTableFacts {
  readonly section: string;
  /** In bytes, of the table in the file. */
  readonly offset: number;
  /** The name of the section the relocations are for. */
  readonly target: string;
  readonly relocs: readonly RelocFacts[];
}

export interface ElfFacts {
  readonly file: string | undefined;
  readonly header: HeaderFacts;
  readonly sections: readonly SectionFacts[];
  readonly segments: readonly SegmentFacts[];
  readonly symbolTables: readonly SymbolTableFacts[];
  readonly relocTables: readonly RelocTableFacts[];
  /** Whose numbers the relocations have, and how that is known; undefined in files without relocations. */
  readonly relocOrigin: { readonly dialect: RelocDialect; readonly reason: string } | undefined;
  readonly groups: readonly GroupFacts[];
  readonly notes: readonly NoteTableFacts[];
  readonly dynamic: readonly DynamicFacts[];
  readonly problems: readonly Diagnostic[];
}

export interface ElfFactsOptions {
  /** Whose relocation numbers the file has; found out unless given. */
  readonly dialect?: RelocDialect | undefined;
  /** False: nobody asks for the tables of relocations, which take the longest; they are empty, and what is wrong with them is not told. */
  readonly relocations?: boolean;
  /** False: the same of the symbol tables, unless relocations are asked for, which name symbols. */
  readonly symbols?: boolean;
}

/** Where facts come from that are made when somebody asks: rows of the file in which all is plain. */
interface Late<Rows, Facts> {
  readonly rows: Rows;
  readonly at: (index: number) => Facts;
}
const lateSymbols = new WeakMap<SymbolTableFacts, Late<SymbolRows, SymbolFacts>>();
const lateRelocs = new WeakMap<RelocTableFacts, Late<RelocRows, RelocFacts>>();

/** The rows behind a table's facts, for who has no need of an object an entry. */
export function symbolRowsOf(table: SymbolTableFacts): SymbolRows | undefined {
  return lateSymbols.get(table)?.rows;
}

export function symbolFactsAt(table: SymbolTableFacts, index: number): SymbolFacts {
  return lateSymbols.get(table)?.at(index) ?? table.symbols[index]!;
}

export function relocRowsOf(table: RelocTableFacts): RelocRows | undefined {
  return lateRelocs.get(table)?.rows;
}

export function relocFactsAt(table: RelocTableFacts, index: number): RelocFacts {
  return lateRelocs.get(table)?.at(index) ?? table.relocs[index]!;
}

function symbolFact(elf: ElfFile, symbol: ElfSymbol, index: number): SymbolFacts {
  const isSection = symbol.type === SymbolKind.STT_SECTION && symbol.name === "" && !symbol.reserved;
  return {
    index,
    name: isSection ? (elf.sections[symbol.shndx]?.name ?? "") : symbol.name,
    value: symbol.value,
    size: symbol.size,
    type: names.kindName(symbol.type),
    bind: names.bindName(symbol.bind),
    visibility: names.visibilityName(symbol.other),
    home: names.homeName(symbol.shndx, symbol.reserved),
  };
}

const wide = (words: Uint32Array, at: number): bigint => (BigInt(words[at + 1]!) << 32n) | BigInt(words[at]!);

/** Entry `index` of plain rows. */
function rowSymbol({ words, strings }: SymbolRows, index: number): ElfSymbol {
  const at = index * symbolWords;
  const [name, kind] = [words[at]!, words[at + 1]!];
  const shndx = kind >>> 16;
  return {
    name: decodeUtf8(strings.subarray(name, strings.indexOf(0, name))),
    value: wide(words, at + 2),
    size: wide(words, at + 4),
    bind: (kind >> 4) & 15,
    type: kind & 15,
    other: (kind >> 8) & 0xff,
    shndx,
    reserved: shndx >= elfTable.SHN_LORESERVE,
  };
}

function symbolTable(elf: ElfFile, section: ElfSection, problems: Diagnostic[]): SymbolTableFacts | undefined {
  const rows = symbolRows(elf, section);
  if (rows === undefined) {
    const symbols = tolerant(problems, () =>
      readSymbols(elf, section).map((symbol, index) => symbolFact(elf, symbol, index)),
    );
    return symbols && { section: section.name, symbols };
  }
  const at = (index: number): SymbolFacts => symbolFact(elf, rowSymbol(rows, index), index);
  let symbols: SymbolFacts[] | undefined;
  const table = {
    section: section.name,
    get symbols() {
      return (symbols ??= Array.from({ length: rows.count }, (_, index) => at(index)));
    },
  };
  lateSymbols.set(table, { rows, at });
  return table;
}

function relocTable(
  elf: ElfFile,
  section: ElfSection,
  dialect: RelocDialect,
  symbols: SymbolTableFacts | undefined,
  problems: Diagnostic[],
): RelocTableFacts | undefined {
  const target = elf.sections[section.info];
  const inCode = ((target?.flags ?? 0n) & BigInt(SectionHeaderFlag.SHF_EXECINSTR)) !== 0n;
  const named = { section: section.name, offset: section.offset, target: target?.name ?? "" };
  const fact = ({ offset, type, sym, addend }: ElfReloc, symbol: SymbolFacts | undefined): RelocFacts => ({
    offset,
    type,
    typeName: names.relocName(dialect, type, inCode),
    symbol: sym,
    symbolName: symbol?.name ?? `<no symbol ${sym}>`,
    symbolValue: symbol?.value,
    addend,
  });
  const rows = symbols === undefined ? undefined : relocRows(elf, section);
  if (symbols === undefined || rows === undefined) {
    const known = symbols?.symbols ?? [];
    const relocs = tolerant(problems, () => readRelocs(elf, section))?.map((reloc) => fact(reloc, known[reloc.sym]));
    return relocs && { ...named, relocs };
  }
  const { words, count } = rows;
  const record = (index: number): ElfReloc => {
    const row = index * relocWords;
    return { offset: words[row]!, type: words[row + 2]!, sym: words[row + 3]!, addend: undefined };
  };
  let relocs: RelocFacts[] | undefined;
  const table = {
    ...named,
    get relocs() {
      const known = symbols.symbols;
      return (relocs ??= Array.from({ length: count }, (_, index) => {
        const reloc = record(index);
        return fact(reloc, known[reloc.sym]);
      }));
    },
  };
  const at = (index: number): RelocFacts => {
    const reloc = record(index);
    return fact(reloc, symbolFactsAt(symbols, reloc.sym));
  };
  lateRelocs.set(table, { rows, at });
  return table;
}

function originOf(elf: ElfFile, asked: RelocDialect | undefined): ElfFacts["relocOrigin"] {
  const { SHT_REL, SHT_RELA } = SectionHeaderType;
  if (!elf.sections.some(({ type, size }) => (type === SHT_REL || type === SHT_RELA) && size > 0)) return undefined;
  if (asked !== undefined) return { dialect: asked, reason: "it was asked for" };
  // What is wrong with the tables is told where they are read.
  return tolerant([], () => detectDialect(elf));
}

/** Everything readelf shows of `elf`. Throws nothing: what cannot be read is in `problems`. */
export function elfFacts(elf: ElfFile, options: ElfFactsOptions = {}): ElfFacts {
  const { SHT_SYMTAB, SHT_DYNSYM, SHT_REL, SHT_RELA } = SectionHeaderType;
  const problems: Diagnostic[] = [];
  const tables = new Map<number, SymbolTableFacts>();
  const withRelocs = options.relocations !== false;
  const withSymbols = withRelocs || options.symbols !== false;
  for (const section of elf.sections) {
    if (!withSymbols || (section.type !== SHT_SYMTAB && section.type !== SHT_DYNSYM)) continue;
    const table = symbolTable(elf, section, problems);
    if (table !== undefined) tables.set(section.index, table);
  }

  const relocTables: RelocTableFacts[] = [];
  const relocOrigin = withRelocs ? originOf(elf, options.dialect) : undefined;
  for (const section of elf.sections) {
    if (!withRelocs) break;
    if (section.type !== SHT_REL && section.type !== SHT_RELA) continue;
    const table = relocTable(elf, section, relocOrigin?.dialect ?? "llvm", tables.get(section.link), problems);
    if (table !== undefined) relocTables.push(table);
  }

  const { type, machine, osabi } = elf.header;
  return {
    file: elf.file,
    header: {
      ...elf.header,
      ident: Array.from(elf.bytes.subarray(0, 16)),
      endian: elf.endian,
      typeName: names.typeName(type),
      machineName: names.machineName(machine),
      abiName: names.abiName(osabi),
    },
    sections: elf.sections.map(({ data: _data, nameOffset: _name, ...section }) => ({
      ...section,
      typeName: names.sectionTypeName(section.type),
      flagLetters: names.sectionFlagLetters(section.flags),
    })),
    segments: elf.segments.map((segment) => ({ ...segment, typeName: names.segmentTypeName(segment.type) })),
    symbolTables: [...tables.values()],
    relocTables,
    relocOrigin,
    ...elfExtras(elf, problems),
    problems,
  };
}
