/** The changed model to bytes: everything numbered anew, names written anew, sections laid out in the order of their headers. */
import type { Endian } from "../bytes/index.js";
import {
  elfTable,
  encodeGroup,
  encodeRel,
  encodeRela,
  encodeSymbols,
  layoutElf,
  SectionHeaderType,
  shndxSection,
  StringTable,
  SymbolBind,
  type ElfFile,
  type NewImage,
  type NewSection,
} from "../elf/index.js";
import { imageEnd } from "./open.js";
import type { EditFile, EditSection, EditSymbol, SectionInfo } from "./types.js";

const sht = SectionHeaderType;
const nothing = new Uint8Array(0);

/** The contents that were written anew, by section. */
interface Written {
  readonly data: Map<EditSection, Uint8Array>;
  readonly info: Map<EditSection, number>;
  readonly symbolNumbers: Map<EditSymbol, number>;
  readonly added: NewSection[];
}

function encodeAddrsig(numbers: readonly number[]): Uint8Array {
  const bytes: number[] = [];
  for (let number of numbers) {
    for (; number >= 0x80; number = Math.floor(number / 128)) bytes.push((number % 128) | 0x80);
    bytes.push(number);
  }
  return Uint8Array.from(bytes);
}

/** Local symbols first, as the format wants it; some writers leave them mixed. */
function inOrder(symbols: readonly EditSymbol[]): EditSymbol[] {
  const isLocal = ({ bind }: EditSymbol): boolean => bind === SymbolBind.STB_LOCAL;
  return [...symbols.filter(isLocal), ...symbols.filter((symbol) => !isLocal(symbol))];
}

/** Is the string table for the names of symbol tables and sections alone? Then it is made anew, else only added to. */
function isOwnNames(file: EditFile, strings: EditSection): boolean {
  return file.sections.every(({ link, type }) => link !== strings || type === sht.SHT_SYMTAB);
}

function writeSymbols(file: EditFile, numbers: ReadonlyMap<EditSection, number>, written: Written): void {
  const { endian } = file.elf;
  const tables = new Map<EditSection, StringTable>();
  for (const section of file.sections) {
    const { symbols, link } = section;
    if (symbols === undefined) continue;
    const ordered = section.type === sht.SHT_SYMTAB ? inOrder(symbols) : symbols;
    ordered.forEach((symbol, number) => written.symbolNumbers.set(symbol, number));
    if (section.type !== sht.SHT_SYMTAB) {
      written.data.set(section, movedDynamic(file, section, symbols, numbers));
      continue;
    }
    let strings = link === undefined ? new StringTable() : tables.get(link);
    if (strings === undefined) {
      strings = isOwnNames(file, link!) ? new StringTable() : new StringTable(link!.data);
      tables.set(link!, strings);
    }
    const records = ordered.map(({ section: home, reserved, ...symbol }) => ({
      ...symbol,
      shndx: reserved ?? (home === undefined ? 0 : numbers.get(home)!),
      reserved: reserved !== undefined,
    }));
    const { symtab, strtab, shndx, firstGlobal } = encodeSymbols(records, endian, strings);
    written.data.set(section, symtab);
    written.info.set(section, firstGlobal);
    if (link !== undefined) written.data.set(link, strtab);
    const extended = file.sections.find((each) => each.type === sht.SHT_SYMTAB_SHNDX && each.link === section);
    if (extended !== undefined) written.data.set(extended, shndx ?? new Uint8Array(4 * records.length));
    else if (shndx !== undefined) written.added.push(shndxSection(shndx, numbers.get(section)!));
  }
}

/** A dynamic symbol table with the sections' new numbers: nothing else of it may change. */
function movedDynamic(
  { elf: { endian } }: EditFile,
  { data }: EditSection,
  symbols: readonly EditSymbol[],
  numbers: ReadonlyMap<EditSection, number>,
): Uint8Array {
  const copy = data.slice();
  const view = new DataView(copy.buffer);
  symbols.forEach(({ section }, i) => {
    const number = section === undefined ? undefined : numbers.get(section);
    if (number !== undefined) view.setUint16(i * elfTable.SYM_SIZE + 6, number, endian === "little");
  });
  return copy;
}

function writeTables(
  file: EditFile,
  endian: Endian,
  numbers: ReadonlyMap<EditSection, number>,
  { data, symbolNumbers }: Written,
): void {
  for (const section of file.sections) {
    const { relocs, group, addrsig } = section;
    if (relocs !== undefined) {
      const records = relocs.map(({ symbol, ...reloc }) => ({
        ...reloc,
        sym: symbol === undefined ? 0 : symbolNumbers.get(symbol)!,
      }));
      data.set(section, section.type === sht.SHT_RELA ? encodeRela(records, endian) : encodeRel(records, endian));
    }
    if (group !== undefined) {
      const members = group.members.map((member) => numbers.get(member)!);
      data.set(section, encodeGroup(group.flags, members, endian));
    }
    if (addrsig !== undefined) {
      data.set(section, encodeAddrsig(addrsig.map((symbol) => symbolNumbers.get(symbol)!)));
    }
  }
}

/** The part of a linked file that stays where it is. */
function imageOf({ bytes, segments, header }: ElfFile): NewImage | undefined {
  const end = imageEnd({ segments, header });
  return end === 0 ? undefined : { bytes: bytes.subarray(0, end), phoff: header.phoff, segments };
}

function infoNumber(info: SectionInfo, numbers: ReadonlyMap<EditSection, number>, written: Written): number {
  if (info.kind === "number") return info.number;
  return info.kind === "symbol" ? written.symbolNumbers.get(info.symbol)! : (numbers.get(info.section) ?? 0);
}

function headerOf(section: EditSection, numbers: ReadonlyMap<EditSection, number>, written: Written): NewSection {
  const { name, type, flags, addr, addralign, entsize, link, info, pinned } = section;
  return {
    name,
    type,
    flags,
    addr,
    addralign,
    entsize,
    size: section.size,
    link: link === undefined ? 0 : (numbers.get(link) ?? 0),
    info: written.info.get(section) ?? infoNumber(info, numbers, written),
    data: written.data.get(section) ?? section.data,
    ...(pinned === undefined ? {} : { pinned }),
  };
}

/** Writes the changed file. */
export function closeEdit(file: EditFile): Uint8Array {
  const { elf, sections, names } = file;
  const numbers = new Map(sections.map((section, i) => [section, i + 1]));
  const written: Written = { data: new Map(), info: new Map(), symbolNumbers: new Map(), added: [] };
  writeSymbols(file, numbers, written);
  writeTables(file, elf.endian, numbers, written);
  // The name table is filled by layoutElf: empty, or behind the symbol names it shares its section with.
  if (names !== undefined && isOwnNames(file, names) && !written.data.has(names)) written.data.set(names, nothing);
  const shstrndx = names === undefined ? undefined : numbers.get(names);
  const image = imageOf(elf);
  const laid = sections.map((section) => headerOf(section, numbers, written));
  const { type, machine, flags, osabi, abiversion, entry } = elf.header;
  return layoutElf({
    endian: elf.endian,
    type,
    machine,
    flags,
    osabi,
    abiversion,
    entry,
    sections: [...laid, ...written.added],
    ...(shstrndx === undefined ? {} : { shstrndx }),
    ...(image === undefined ? {} : { image }),
  });
}
