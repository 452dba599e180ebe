/** All relocation records of a file with what is needed to judge them: section, symbol, and the marks that tell dialects apart. */
import { countBefore } from "../bytes/index.js";
import {
  elfTable,
  readRelocs,
  readSymbols,
  SectionHeaderFlag,
  SectionHeaderType,
  type ElfFile,
  type ElfReloc,
  type ElfSection,
  type ElfSymbol,
} from "../elf/index.js";
import type { RelocDialect } from "./dialects.js";
import { isMapSection } from "./names.js";
import { isPsabiNote, notedDialect } from "./psabi-note.js";
import type { RelocSite } from "./reloc-match.js";

const sht = SectionHeaderType;
const execFlag = BigInt(SectionHeaderFlag.SHF_EXECINSTR);

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

/** Does the Object have this section? */
export function isKept(section: ElfSection): boolean {
  return !mechanics.has(section.type) && !isPsabiNote(section);
}

export interface RelocRecord extends RelocSite {
  readonly section: ElfSection;
  /** Index of the symbol in the file. */
  readonly sym: number;
  /** Undefined for index 0 and for an index that the table does not have. */
  readonly symbol: ElfSymbol | undefined;
}

export interface RelocScene {
  readonly elf: ElfFile;
  readonly symtab: ElfSection | undefined;
  readonly symbols: readonly ElfSymbol[];
  /** In the order of the file; without those that ask for nothing. */
  readonly records: readonly RelocRecord[];
  /** The dialect that the psABI's note names. */
  readonly noted: RelocDialect | undefined;
}

interface Symbols {
  readonly symbols: readonly ElfSymbol[];
  readonly classes: readonly RelocSite["to"][];
}

const sectionSymbol = 3;

function classOf(maps: readonly boolean[], symbol: ElfSymbol | undefined): RelocSite["to"] {
  if (symbol === undefined) return "none";
  if (symbol.reserved) return "other";
  if (symbol.shndx === elfTable.SHN_UNDEF) return "undefined";
  if (maps[symbol.shndx] === true) return "map";
  return symbol.type === sectionSymbol ? "section" : "other";
}

/** Type 0 asks for nothing, but for what LLVM up to 12 means by it: a symbol's offset in data. */
function asksNothing({ type, sym }: ElfReloc, exec: boolean): boolean {
  return type === 0 && (sym === 0 || exec);
}

/** The section that a record's `r_offset` counts from: the table's target, or in linked files the one at that address. */
function placeFinder(elf: ElfFile, table: ElfSection): (offset: number) => ElfSection | undefined {
  if (elf.header.type === elfTable.ElfType.ET_REL) {
    const target = elf.sections[table.info];
    return () => target;
  }
  const loaded = elf.sections.filter(({ data, addr }) => data.length > 0 && addr !== 0n);
  loaded.sort((a, b) => Number(a.addr - b.addr));
  return (offset) => {
    const found = loaded[countBefore(loaded.length, (at) => Number(loaded[at]!.addr) <= offset) - 1];
    return found !== undefined && offset < Number(found.addr) + found.data.length ? found : undefined;
  };
}

/** The scene of a file; the relocations of sections whose name `without` picks are nobody's concern. */
export function relocScene(elf: ElfFile, without?: (name: string) => boolean): RelocScene {
  const relocatable = elf.header.type === elfTable.ElfType.ET_REL;
  const maps = elf.sections.map(({ name }) => isMapSection(name));
  const tables = new Map<number, Symbols>();
  const symbolsOf = (section: ElfSection | undefined): Symbols => {
    let known = tables.get(section?.index ?? 0);
    if (known === undefined) {
      const symbols = section === undefined ? [] : readSymbols(elf, section);
      known = { symbols, classes: symbols.map((symbol, index) => (index === 0 ? "none" : classOf(maps, symbol))) };
      tables.set(section?.index ?? 0, known);
    }
    return known;
  };
  const symtab = elf.sections.find(({ type }) => type === sht.SHT_SYMTAB);
  const records: RelocRecord[] = [];
  for (const table of elf.sections) {
    if (table.type !== sht.SHT_REL && table.type !== sht.SHT_RELA) continue;
    const target = elf.sections[table.info];
    if (relocatable && target !== undefined && without?.(target.name) === true) continue;
    const find = placeFinder(elf, table);
    const linked = elf.sections[table.link];
    const { symbols, classes } = symbolsOf(relocatable || linked?.type !== sht.SHT_DYNSYM ? symtab : linked);
    // In relocatable files it is the same for all of a table.
    let section: ElfSection | undefined;
    let [kept, exec] = [false, false];
    for (const reloc of readRelocs(elf, table)) {
      const found = find(reloc.offset);
      if (found !== section) {
        section = found;
        kept = section !== undefined && isKept(section);
        exec = section !== undefined && (section.flags & execFlag) !== 0n;
      }
      if (section === undefined || !kept) continue;
      if (asksNothing(reloc, exec)) continue;
      const { type, addend, sym } = reloc;
      const symbol = sym === 0 ? undefined : symbols[sym];
      const to = classes[sym] ?? "none";
      const offset = relocatable ? reloc.offset : reloc.offset - Number(section.addr);
      records.push({ type, offset, data: section.data, endian: elf.endian, exec, to, addend, section, sym, symbol });
    }
  }
  return { elf, symtab, symbols: symbolsOf(symtab).symbols, records, noted: notedDialect(elf) };
}

/** Who wrote the file, by the shape that its writer gives to string tables and sections; undefined where that tells nothing. */
export function writerOf({ elf, symtab }: RelocScene): "llvm" | "gnu" | undefined {
  const { shstrndx } = elf.header;
  if (symtab !== undefined && symtab.link === shstrndx && shstrndx !== 0) return "llvm";
  if (elf.sections.some(({ type }) => type === sht.SHT_LLVM_ADDRSIG)) return "llvm";
  // Every output of gas begins with these three.
  const contents = contentNames(elf);
  const gas = contents[1] === ".text" && contents[2] === ".data" && contents[3] === ".bss";
  return gas && bfdTail(elf) ? "gnu" : undefined;
}

function contentNames({ sections }: ElfFile): string[] {
  return sections.filter(({ type }) => type !== sht.SHT_REL && type !== sht.SHT_GROUP).map(({ name }) => name);
}

/** Does the file end as GNU's library ends every file: tables last, the section names behind the symbols' strings? */
export function bfdTail(elf: ElfFile): boolean {
  return contentNames(elf).slice(-3).join() === ".symtab,.strtab,.shstrtab";
}
