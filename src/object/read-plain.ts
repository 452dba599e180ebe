/**
 * The short way for what compilers write most: little-endian objects of LLVM whose relocations all have their plain meaning. Symbols
 * and relocations are made straight from the words of the file, without the records by which dialects are told apart
 * (reloc-scene.ts, detect.ts). Whatever is out of the ordinary makes it give up, and the file is read the long way, which alone
 * knows faults and says what is wrong. test/object/read-plain.test.ts compares the two.
 */
import { newWords, readWords, type NameTable } from "../bytes/index.js";
import {
  elfTable,
  relocRows,
  relocWords,
  SectionHeaderFlag,
  SectionHeaderType,
  stringsOf,
  type StringTableReader,
  type RelocRows,
  symbolRows,
  symbolWords,
  type ElfFile,
  type ElfSection,
} from "../elf/index.js";
import { rowsOfType, type DialectRow } from "./dialects.js";
import { fieldBytes, readField, readSmallField } from "./fields.js";
import { isPlace } from "./insn-places.js";
import { isMapSection } from "./names.js";
import { homes, kindNumbers, RelocationList, relocationRow, SymbolList, symbolRow, type SymbolNames } from "./lists.js";
import { isPsabiNote } from "./psabi-note.js";
import { bindings, sectionSymbol } from "./read-symbols.js";
import { hasHigh, matchRow, siteClass, siteClasses, type RelocSite } from "./reloc-match.js";
import { isKept } from "./reloc-scene.js";
import { relocTable } from "./relocations.js";
import type { RelocOrigin } from "./types.js";

const sht = SectionHeaderType;
const execFlag = BigInt(SectionHeaderFlag.SHF_EXECINSTR);

export interface PlainParts {
  readonly symbols: SymbolList;
  /** Object symbol by ELF symbol; -1 for the null symbol and for symbols of sections the Object does not have. */
  readonly numbers: Int32Array;
  /** By the section's index in the file, sorted by offset. */
  readonly relocations: ReadonlyMap<number, RelocationList>;
  readonly origin: Pick<RelocOrigin, "dialect" | "repaired">;
}

/** A row of LLVM's numbers with a plain meaning, and what reading a record by it needs to know. */
interface PlainRow {
  readonly row: DialectRow;
  readonly kind: number;
  /** Bytes from the record's offset to the end of its field. */
  readonly end: number;
  /** The field is that of a load of 16 bytes. */
  readonly isWide: boolean;
  /** From the record's offset to the 32 bits that hold the addend; -1 where it has another size. */
  readonly addendAt: number;
  readonly inSlots: boolean;
}

/** By number, kind of section, symbol and opcode; null where there is none. */
const rows = new Map<number, PlainRow | null>();

function rowFor(type: number, exec: boolean, to: number, opcode: number): PlainRow | null {
  if (type > 0xff) return null;
  const key = ((type * 2 + (exec ? 1 : 0)) * siteClasses.length + to) * 256 + opcode;
  let row = rows.get(key);
  if (row === undefined) {
    const fits = rowsOfType("llvm", type).find(
      (each) =>
        each.private !== true &&
        (each.of === undefined || each.of === siteClasses[to]) &&
        (each.in === "code" ? exec && isPlace(each.insn!, opcode) : !exec),
    );
    const plain = fits !== undefined && (fits.addend === "bytes" || fits.addend === "slots") && fits.readOnly !== true;
    row = plain && fits.skew === undefined && fits.storeAt === undefined && fits.unsigned !== true ? facts(fits) : null;
    rows.set(key, row);
  }
  return row;
}

function facts(row: DialectRow): PlainRow {
  const { field } = relocTable[row.kind];
  const store = row.store ?? field;
  return {
    row,
    kind: kindNumbers[row.kind],
    end: fieldBytes[field],
    isWide: field === "imm64",
    addendAt: store === "imm32" ? 4 : store === "data32" ? 0 : -1,
    inSlots: row.addend === "slots",
  };
}

/** Is it of LLVM, and is there nothing about it as a whole that asks for a judgement? */
function isPlain({ header, endian, sections }: ElfFile, symtab: ElfSection | undefined): symtab is ElfSection {
  return (
    endian === "little" &&
    header.machine === elfTable.EM_BPF &&
    symtab !== undefined &&
    // LLVM alone has one string table for symbols and sections.
    symtab.link === header.shstrndx &&
    header.shstrndx !== 0 &&
    symtab.entsize === elfTable.SYM_SIZE &&
    symtab.data.length % elfTable.SYM_SIZE === 0 &&
    sections.length < elfTable.SHN_LORESERVE &&
    !sections.some((section) => isPsabiNote(section) || section.name === ".shstrtab")
  );
}

/** What the symbols of section `shndx` are to a relocation. */
function classOf(sections: readonly ElfSection[], shndx: number, type: number): number {
  if (shndx === elfTable.SHN_ABS || shndx === elfTable.SHN_COMMON) return siteClass.other;
  if (shndx === elfTable.SHN_UNDEF) return siteClass.undefined;
  const home = sections[shndx];
  if (home !== undefined && isMapSection(home.name)) return siteClass.map;
  return type === sectionSymbol ? siteClass.section : siteClass.other;
}

/** A record that LLVM and GNU up to 2.40 do not both know, or none. */
export interface PlainOrigin {
  readonly differs:
    | { readonly type: number; readonly section: ElfSection; readonly offset: number; readonly row: DialectRow }
    | undefined;
}

/**
 * Is the file one that `readPlain` would read? If so, what tells its numbers from GNU's; undefined where the long way is to be gone.
 */
export function plainOrigin(elf: ElfFile): PlainOrigin | undefined {
  const symtab = elf.sections.find(({ type }) => type === sht.SHT_SYMTAB);
  if (elf.header.type !== elfTable.ElfType.ET_REL || !isPlain(elf, symtab)) return undefined;
  const symbols = symbolRows(elf, symtab);
  if (symbols === undefined) return undefined;
  let differs: PlainOrigin["differs"];
  let any = false;
  for (const table of elf.sections) {
    if (table.type !== sht.SHT_REL && table.type !== sht.SHT_RELA) continue;
    const target = elf.sections[table.info];
    const relocs: RelocRows | undefined =
      table.link === symtab.index && target !== undefined ? relocRows(elf, table) : undefined;
    if (relocs === undefined || !isKept(target!)) return undefined;
    const { data, flags } = target!;
    const exec = (flags & execFlag) !== 0n;
    const words: Uint32Array = relocs.words;
    // Records mostly come after their like: what is known of one is known of the next.
    let lastType = -1;
    let lastKind = -1;
    let lastOpcode = -1;
    let row: PlainRow | null = null;
    let to = 0;
    for (let at = 0; at < words.length; at += relocWords) {
      const offset = words[at]!;
      const type = words[at + 2]!;
      const sym = words[at + 3]!;
      if (type === 0 && (sym === 0 || exec)) continue;
      if (sym === 0 || offset >= data.length) return undefined;
      const opcode = exec ? data[offset]! : 0;
      const kind = symbols.words[sym * symbolWords + 1]!;
      const isNew = type !== lastType || kind !== lastKind || opcode !== lastOpcode;
      if (isNew) {
        lastType = type;
        lastKind = kind;
        lastOpcode = opcode;
        to = classOf(elf.sections, kind >>> 16, kind & 15);
        row = rowFor(type, exec, to, opcode);
        if (row === null) return undefined;
        any = true;
      }
      if (!isPlainPlace(row!, data, offset, exec)) return undefined;
      if (!isNew || differs !== undefined) continue;
      const site: RelocSite = { type, offset, data, endian: "little", exec, to: siteClasses[to]! };
      if (!inGnu(row!.row, site)) differs = { type, section: target!, offset, row: row!.row };
    }
  }
  return any ? { differs } : undefined;
}

const gnuRows = new Map<DialectRow, boolean>();

/** Has GNU up to 2.40 the number in such a place, too? Of rows with a plain meaning the row tells, not the record. */
function inGnu(row: DialectRow, site: RelocSite): boolean {
  let known = gnuRows.get(row);
  if (known === undefined) {
    known = !("misfit" in matchRow("gnu-2.40", site, { noted: false, doubtful: false }));
    gnuRows.set(row, known);
  }
  return known;
}

/** Does the field of a row stand in the section, and in code at an instruction, with nothing in a load's second slot? */
function isPlainPlace({ end, isWide }: PlainRow, data: Uint8Array, offset: number, exec: boolean): boolean {
  return offset + end <= data.length && !(exec && ((offset & 7) !== 0 || (isWide && hasHigh(data, offset))));
}

/** Reads symbols and relocations; undefined where the long way is to be gone. What `keep` makes of the names' table is kept of it. */
export function readPlain(
  elf: ElfFile,
  sectionNumbers: Int32Array,
  without?: (name: string) => boolean,
  keep?: (data: Uint8Array, name: string) => Uint8Array,
): PlainParts | undefined {
  const symtab = elf.sections.find(({ type }) => type === sht.SHT_SYMTAB);
  if (!isPlain(elf, symtab)) return undefined;
  const count = symtab.data.length / elfTable.SYM_SIZE;
  const numbers = newWords(count).fill(-1);
  const symbols = plainSymbols(elf, symtab, sectionNumbers, numbers, keep);
  if (symbols === undefined) return undefined;
  const relocations = new Map<number, RelocationList>();
  for (const table of elf.sections) {
    if (table.type !== sht.SHT_REL && table.type !== sht.SHT_RELA) continue;
    const target = elf.sections[table.info];
    if (target === undefined) return undefined;
    if (without?.(target.name) === true) continue;
    if (table.type === sht.SHT_RELA || table.link !== symtab.index || table.entsize !== elfTable.REL_SIZE)
      return undefined;
    if (table.data.length % elfTable.REL_SIZE !== 0 || relocations.has(target.index)) return undefined;
    if (!isKept(target)) continue;
    const list = plainRelocations(elf, symtab, table, target, numbers);
    if (list === undefined) return undefined;
    if (list.count > 0) relocations.set(target.index, list);
  }
  return { symbols, numbers, relocations, origin: { dialect: "llvm", repaired: false } };
}

/** Names longer than this are read by who counts what all names together cost, for they may overlap. */
const longName = 256;

/** Words that are offsets of names in a string table, or below 0 numbers of sections that give their own. */
class FileNames implements SymbolNames {
  readonly #data: Uint8Array;
  readonly #file: string | undefined;
  readonly #sections: readonly string[];
  /** Made when somebody asks for a text: most names are only compared. */
  #strings: StringTableReader | undefined;

  constructor(data: Uint8Array, file: string | undefined, sections: readonly string[]) {
    this.#data = data;
    this.#file = file;
    this.#sections = sections;
  }

  text(word: number): string {
    if (word < 0) return this.#sections[-1 - word]!;
    this.#strings ??= stringsOf(this.#data, this.#file);
    return this.#strings.at(word)!;
  }

  numberIn(table: NameTable, word: number): number {
    const number = word < 0 ? -1 : table.take(this.#data, word, longName);
    return number < 0 ? table.add(this.text(word)) : number;
  }
}

function plainSymbols(
  { sections, file }: ElfFile,
  symtab: ElfSection,
  sectionNumbers: Int32Array,
  numbers: Int32Array,
  keep: ((data: Uint8Array, name: string) => Uint8Array) | undefined,
): SymbolList | undefined {
  const words = readWords(symtab.data, "little");
  const table = sections[symtab.link];
  // Then every name that starts in it ends in it.
  if (table?.type !== sht.SHT_STRTAB || table.data.at(-1) !== 0) return undefined;
  const data = keep === undefined ? table.data : keep(table.data, table.name);
  const names = sections.map(({ name }) => name);
  // Section symbols without a name have the section's.
  const list = new SymbolList(Math.max(0, numbers.length - 1), new FileNames(data, file, names));
  const { words: rows } = list;
  let row = 0;
  let local = true;
  // Not many functions and no records: this runs for every symbol of every input, at first as code that is not compiled.
  for (let index = 1, at = symbolWords; at < words.length; index++, at += symbolWords) {
    const name = words[at]!;
    const packed = words[at + 1]!;
    const binding = (packed >>> 4) & 15;
    const type = packed & 15;
    const shndx = packed >>> 16;
    let home = shndx < sections.length ? sectionNumbers[shndx]! : -1;
    if (binding >= bindings.length || (!local && binding === 0) || name >= data.length) return undefined;
    if (words[at + 3]! >= 0x20_0000 || words[at + 5]! >= 0x20_0000) return undefined;
    if (binding !== 0) local = false;
    let isAbsolute = false;
    if (shndx === elfTable.SHN_UNDEF) home = homes.undefined;
    else if (shndx < sections.length) {
      if (home < 0) {
        if (sections[shndx]!.type === sht.SHT_GROUP) return undefined;
        continue;
      }
    } else {
      isAbsolute = shndx === elfTable.SHN_ABS;
      if (!isAbsolute && shndx !== elfTable.SHN_COMMON) return undefined;
      home = isAbsolute ? homes.absolute : homes.common;
    }
    numbers[index] = list.count++;
    rows[row] = type === sectionSymbol && shndx < sections.length && data[name] === 0 ? -1 - shndx : name;
    rows[row + 1] = home;
    rows[row + 2] = binding + 4 * ((packed >>> 8) & 3) + 16 * type;
    rows[row + 3] = words[at + 2]!;
    rows[row + 4] = words[at + 3]!;
    rows[row + 5] = words[at + 4]!;
    rows[row + 6] = words[at + 5]!;
    if (isAbsolute) list.setAbsolute(list.count - 1, BigInt(list.value(list.count - 1)));
    row += symbolRow;
  }
  return list;
}

function plainRelocations(
  { sections }: ElfFile,
  symtab: ElfSection,
  table: ElfSection,
  { data, flags }: ElfSection,
  numbers: Int32Array,
): RelocationList | undefined {
  const exec = (flags & execFlag) !== 0n;
  const words = readWords(table.data, "little");
  const symbols = readWords(symtab.data, "little");
  const list = new RelocationList(words.length / relocWords);
  const { words: rows } = list;
  let row: PlainRow | null = null;
  // Records mostly come after their like.
  let lastType = -1;
  let lastKind = -1;
  let lastOpcode = -1;
  for (let at = 0; at < words.length; at += relocWords) {
    const offset = words[at]!;
    const type = words[at + 2]!;
    const sym = words[at + 3]!;
    // Such a record asks for nothing.
    if (type === 0 && (sym === 0 || exec)) continue;
    if (words[at + 1] !== 0 || sym === 0 || sym >= numbers.length || numbers[sym]! < 0 || offset >= data.length)
      return undefined;
    const opcode = exec ? data[offset]! : 0;
    const kind = symbols[sym * symbolWords + 1]!;
    if (type !== lastType || kind !== lastKind || opcode !== lastOpcode) {
      lastType = type;
      lastKind = kind;
      lastOpcode = opcode;
      row = rowFor(type, exec, classOf(sections, kind >>> 16, kind & 15), opcode);
      if (row === null) return undefined;
      list.expect(row.kind);
    }
    if (!isPlainPlace(row!, data, offset, exec)) return undefined;
    if (row!.addendAt >= 0) {
      const from = offset + row!.addendAt;
      let stored = data[from]! | (data[from + 1]! << 8) | (data[from + 2]! << 16) | (data[from + 3]! << 24);
      if (row!.inSlots) stored = (stored + 1) * 8;
      if (stored === (stored | 0)) {
        const start = relocationRow * list.count++;
        rows[start] = offset;
        rows[start + 1] = row!.kind;
        rows[start + 2] = numbers[sym]!;
        rows[start + 3] = stored;
        continue;
      }
    }
    list.add({ offset, kind: row!.row.kind, symbol: numbers[sym]!, addend: addendOf(row!.row, data, offset) });
  }
  list.sort();
  return list;
}

function addendOf(row: DialectRow, data: Uint8Array, offset: number): bigint {
  const store = row.store ?? relocTable[row.kind].field;
  if (store === "data64" || store === "imm64") return readField(data, offset, store, "little");
  const stored = readSmallField(data, offset, store, true);
  return BigInt(row.addend === "slots" ? (stored + 1) * 8 : stored);
}
