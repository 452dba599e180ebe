/**
 * The short way for what compilers write most: little-endian objects of LLVM whose relocations all have their plain meaning. Symbols
 * and relocations are made straight from the words of the file, without the records by which dialects are told apart
 * (reloc-scene.ts, detect.ts). Whatever is out of the ordinary makes it give up, and the file is read the long way, which alone
 * knows faults and says what is wrong. test/object/read-plain.test.ts compares the two.
 */
import { readWords } from "../bytes/index.js";
import {
  elfTable,
  SectionHeaderFlag,
  SectionHeaderType,
  stringsOf,
  type ElfFile,
  type ElfSection,
} from "../elf/index.js";
import type { RelocOrigin } from "./detect.js";
import { rowsOfType, type DialectRow } from "./dialects.js";
import { readSmallField, readField } from "./fields.js";
import { isPlace } from "./insn-places.js";
import { isMapSection } from "./names.js";
import { isPsabiNote } from "./psabi-note.js";
import { bindings, symbolTypes, visibilities } from "./read-symbols.js";
import { inSection, hasHigh, type RelocSite } from "./reloc-match.js";
import { isKept } from "./reloc-scene.js";
import { relocTable } from "./relocations.js";
import type { ObjectSymbol, Relocation, SymbolHome } from "./types.js";

const sht = SectionHeaderType;
const execFlag = BigInt(SectionHeaderFlag.SHF_EXECINSTR);
const sectionSymbol = 3;
/** Words of a symbol and of a record. */
const symbolWords = elfTable.SYM_SIZE / 4;
const relWords = elfTable.REL_SIZE / 4;

/** What a symbol is to a relocation, as numbers. */
const classes: readonly RelocSite["to"][] = ["none", "undefined", "map", "section", "other"];
const [, toUndefined, toMap, toSection, toOther] = [0, 1, 2, 3, 4] as const;

export interface PlainParts {
  readonly symbols: ObjectSymbol[];
  /** Object symbol by ELF symbol; -1 for the null symbol and for symbols of sections the Object does not have. */
  readonly numbers: Int32Array;
  /** By the section's index in the file, sorted by offset. */
  readonly relocations: ReadonlyMap<number, Relocation[]>;
  readonly origin: Pick<RelocOrigin, "dialect" | "repaired">;
}

/** The rows of LLVM's numbers by number, kind of section, symbol and opcode; null where there is none with a plain meaning. */
const rows = new Map<number, DialectRow | null>();

function rowFor(type: number, exec: boolean, to: number, opcode: number): DialectRow | null {
  if (type > 0xff) return null;
  const key = ((type * 2 + (exec ? 1 : 0)) * classes.length + to) * 256 + opcode;
  let row = rows.get(key);
  if (row === undefined) {
    const fits = rowsOfType("llvm", type).find(
      (each) =>
        each.private !== true &&
        (each.of === undefined || each.of === classes[to]) &&
        (each.in === "code" ? exec && isPlace(each.insn!, opcode) : !exec),
    );
    const plain = fits !== undefined && (fits.addend === "bytes" || fits.addend === "slots") && fits.readOnly !== true;
    row = plain && fits.skew === undefined && fits.storeAt === undefined && fits.unsigned !== true ? fits : null;
    rows.set(key, row);
  }
  return row;
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

/** Reads symbols and relocations; undefined where the long way is to be gone. */
export function readPlain(
  elf: ElfFile,
  sectionNumbers: Int32Array,
  without?: (name: string) => boolean,
): PlainParts | undefined {
  const symtab = elf.sections.find(({ type }) => type === sht.SHT_SYMTAB);
  if (!isPlain(elf, symtab)) return undefined;
  const count = symtab.data.length / elfTable.SYM_SIZE;
  const numbers = new Int32Array(count).fill(-1);
  const to = new Uint8Array(count);
  const symbols = plainSymbols(elf, symtab, sectionNumbers, numbers, to);
  if (symbols === undefined) return undefined;
  const relocations = new Map<number, Relocation[]>();
  for (const table of elf.sections) {
    if (table.type !== sht.SHT_REL && table.type !== sht.SHT_RELA) continue;
    const target = elf.sections[table.info];
    if (target === undefined) return undefined;
    if (without?.(target.name) === true) continue;
    if (table.type === sht.SHT_RELA || table.link !== symtab.index || table.entsize !== elfTable.REL_SIZE)
      return undefined;
    if (table.data.length % elfTable.REL_SIZE !== 0 || relocations.has(target.index)) return undefined;
    if (!isKept(target)) continue;
    const list = plainRelocations(table, target, numbers, to);
    if (list === undefined) return undefined;
    if (list.length > 0) relocations.set(target.index, list);
  }
  return { symbols, numbers, relocations, origin: { dialect: "llvm", repaired: false } };
}

function plainSymbols(
  { sections, file }: ElfFile,
  symtab: ElfSection,
  sectionNumbers: Int32Array,
  numbers: Int32Array,
  to: Uint8Array,
): ObjectSymbol[] | undefined {
  const words = readWords(symtab.data, "little");
  const table = sections[symtab.link];
  if (table?.type !== sht.SHT_STRTAB) return undefined;
  const strings = stringsOf(table.data, file);
  const maps = sections.map(({ name }) => isMapSection(name));
  const symbols: ObjectSymbol[] = [];
  let local = true;
  for (let index = 1, at = symbolWords; at < words.length; index++, at += symbolWords) {
    const packed = words[at + 1]!;
    const binding = bindings[(packed >>> 4) & 15];
    const type = packed & 15;
    const shndx = packed >>> 16;
    const section = shndx < sections.length ? sectionNumbers[shndx]! : -1;
    const reserved = shndx === elfTable.SHN_ABS || shndx === elfTable.SHN_COMMON;
    const known = words[at + 3]! < 0x20_0000 && words[at + 5]! < 0x20_0000 && (reserved || shndx < sections.length);
    if (binding === undefined || !known || (!local && binding === "local")) return undefined;
    if (binding !== "local") local = false;
    const name = strings.at(words[at]!);
    if (name === undefined) return undefined;
    to[index] = reserved
      ? toOther
      : shndx === 0
        ? toUndefined
        : maps[shndx] === true
          ? toMap
          : type === sectionSymbol
            ? toSection
            : toOther;
    if (!reserved && shndx !== 0 && section < 0) {
      if (sections[shndx]!.type === sht.SHT_GROUP) return undefined;
      continue;
    }
    numbers[index] = symbols.length;
    symbols.push({
      name: type === sectionSymbol && name === "" && !reserved ? sections[shndx]!.name : name,
      home: homeOf(shndx, section, joined(words[at + 2]!, words[at + 3]!)),
      size: joined(words[at + 4]!, words[at + 5]!),
      binding,
      type: symbolTypes[type] ?? type,
      visibility: visibilities[(packed >>> 8) & 3]!,
    });
  }
  return symbols;
}

/** The number of two words. Where the high one is 0 it stays a small integer, which takes no memory of its own. */
function joined(low: number, high: number): number {
  return high === 0 ? low : high * 0x1_0000_0000 + low;
}

const nowhere: SymbolHome = { kind: "undefined" };

function homeOf(shndx: number, section: number, value: number): SymbolHome {
  if (shndx === elfTable.SHN_UNDEF) return nowhere;
  if (shndx === elfTable.SHN_ABS) return { kind: "absolute", value: BigInt(value) };
  if (shndx === elfTable.SHN_COMMON) return { kind: "common", align: value };
  return { kind: "section", section, offset: value };
}

function plainRelocations(
  table: ElfSection,
  { data, flags }: ElfSection,
  numbers: Int32Array,
  to: Uint8Array,
): Relocation[] | undefined {
  const exec = (flags & execFlag) !== 0n;
  const words = readWords(table.data, "little");
  const list: Relocation[] = [];
  let sorted = true;
  for (let at = 0, before = 0; at < words.length; at += relWords) {
    const offset = words[at]!;
    const type = words[at + 2]!;
    const sym = words[at + 3]!;
    // Such a record asks for nothing.
    if (type === 0 && (sym === 0 || exec)) continue;
    if (words[at + 1] !== 0 || sym === 0 || sym >= numbers.length || numbers[sym]! < 0 || offset >= data.length)
      return undefined;
    const row = rowFor(type, exec, to[sym]!, exec ? data[offset]! : 0);
    if (row === null || !inSection(row, offset, data)) return undefined;
    const { field } = relocTable[row.kind];
    if (exec && (offset % 8 !== 0 || (field === "imm64" && hasHigh(data, offset)))) return undefined;
    const store = row.store ?? field;
    list.push({ offset, kind: row.kind, symbol: numbers[sym]!, addend: addendOf(row, data, offset, store) });
    sorted &&= before <= offset;
    before = offset;
  }
  return sorted ? list : list.toSorted((a, b) => a.offset - b.offset);
}

function addendOf(row: DialectRow, data: Uint8Array, offset: number, store: Parameters<typeof readField>[2]): bigint {
  if (store === "data64" || store === "imm64") return readField(data, offset, store, "little");
  const stored = readSmallField(data, offset, store, true);
  return toBigint(row.addend === "slots" ? (stored + 1) * 8 : stored);
}

function toBigint(value: number): bigint {
  return value === 0 ? 0n : BigInt(value);
}
