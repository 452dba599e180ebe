/**
 * DWARF line tables, versions 2 to 5: which source line each instruction comes from. Source: DWARF 5, section 6.2.
 */
import { ByteReader } from "../bytes/index.js";
import { failure, type Diagnostic } from "../diag/index.js";
import {
  linkedSymbols,
  readRelocs,
  readSymbols,
  SectionHeaderType,
  uncompressed,
  type ElfFile,
  type ElfSymbol,
} from "../elf/index.js";
import { DwarfCursor, type DwarfStrings } from "./dwarf-reader.js";
import type { SourcePlace } from "./remarks.js";
import { tolerant } from "./tolerant.js";

/** A row of a line table. */
export interface DwarfLine extends SourcePlace {
  readonly column: number;
  /** The row ends a sequence: its offset is the first one behind it. */
  readonly end: boolean;
}

/** What relocations say of `.debug_line`: by the place in it, the symbol and what is added to its value. */
type Places = ReadonlyMap<number, { readonly symbol: ElfSymbol; readonly addend: bigint | undefined }>;

function relocated(elf: ElfFile, index: number): Places {
  const { SHT_REL, SHT_RELA } = SectionHeaderType;
  const places = new Map<number, { symbol: ElfSymbol; addend: bigint | undefined }>();
  for (const table of elf.sections) {
    if ((table.type !== SHT_REL && table.type !== SHT_RELA) || table.info !== index) continue;
    const symbols = readSymbols(elf, linkedSymbols(elf, table));
    for (const { offset, sym, addend } of readRelocs(elf, table)) {
      const symbol = symbols[sym];
      if (symbol !== undefined) places.set(offset, { symbol, addend });
    }
  }
  return places;
}

interface Header {
  readonly version: number;
  readonly wide: boolean;
  readonly end: number;
  readonly program: number;
  readonly step: number;
  readonly lineBase: number;
  readonly lineRange: number;
  readonly opcodeBase: number;
  readonly operands: readonly number[];
  readonly files: readonly string[];
}

function joined(folder: string | undefined, name: string): string {
  return name.startsWith("/") || folder === undefined || folder === "" ? name : `${folder}/${name}`;
}

/** The lists of folders or files of version 5: each entry in the forms that stand before them. */
function entries(cursor: DwarfCursor, wide: boolean): { name: string; folder: number }[] {
  const forms: (readonly [content: number, form: number])[] = [];
  for (let n = cursor.u8(); n > 0; n--) forms.push([cursor.uleb(), cursor.uleb()]);
  const count = forms.length === 0 ? 0 : cursor.uleb();
  if (forms.length === 0) cursor.uleb();
  const list: { name: string; folder: number }[] = [];
  for (let i = 0; i < count; i++) {
    let name = "";
    let folder = 0;
    for (const [content, form] of forms) {
      const value = cursor.form(form, wide);
      if (content === 1) name = value.text ?? "";
      else if (content === 2) folder = value.number ?? 0;
    }
    list.push({ name, folder });
  }
  return list;
}

function fileNames(cursor: DwarfCursor, version: number, wide: boolean): string[] {
  if (version >= 5) {
    const folders = entries(cursor, wide).map(({ name }) => name);
    // Folders are told from the first one on, which is the compiler's own.
    const full = folders.map((name) => joined(folders[0], name));
    return entries(cursor, wide).map(({ name, folder }) => joined(full[folder], name));
  }
  const folders = [""];
  for (let name = cursor.text(); name !== ""; name = cursor.text()) folders.push(name);
  const files = [""];
  for (let name = cursor.text(); name !== ""; name = cursor.text()) {
    const folder = cursor.uleb();
    cursor.uleb();
    cursor.uleb();
    files.push(joined(folders[folder], name));
  }
  return files;
}

function readHeader(cursor: DwarfCursor): Header {
  const { reader } = cursor;
  const first = cursor.u32();
  const wide = first === 0xffff_ffff;
  const length = wide ? cursor.number(8) : first;
  reader.need(cursor.at, length, "a line table");
  const end = cursor.at + length;
  const version = cursor.u16();
  if (version < 2 || version > 5) throw failure("dwarf-version", { version }, reader.place(cursor.at - 2));
  if (version >= 5) cursor.skip(2);
  const headerLength = cursor.number(wide ? 8 : 4);
  const program = cursor.at + headerLength;
  const step = cursor.u8();
  if (version >= 4) cursor.skip(1);
  cursor.skip(1);
  const lineBase = (cursor.u8() << 24) >> 24;
  const lineRange = Math.max(1, cursor.u8());
  const opcodeBase = Math.max(1, cursor.u8());
  const operands = [0];
  for (let i = 1; i < opcodeBase; i++) operands.push(cursor.u8());
  const files = fileNames(cursor, version, wide);
  return { version, wide, end, program, step, lineBase, lineRange, opcodeBase, operands, files };
}

class LineProgram {
  readonly #elf: ElfFile;
  readonly #header: Header;
  readonly #places: Places;
  readonly #rows: Map<string, DwarfLine[]>;
  #section = "";
  #address = 0;
  #file = 1;
  #line = 1;
  #column = 0;

  constructor(elf: ElfFile, header: Header, places: Places, rows: Map<string, DwarfLine[]>) {
    this.#elf = elf;
    this.#header = header;
    this.#places = places;
    this.#rows = rows;
  }

  #reset(): void {
    this.#section = "";
    this.#address = 0;
    this.#file = 1;
    this.#line = 1;
    this.#column = 0;
  }

  #row(end: boolean): void {
    const row: DwarfLine = {
      offset: this.#address,
      file: this.#header.files[this.#file] ?? "",
      line: this.#line,
      column: this.#column,
      text: undefined,
      end,
    };
    const rows = this.#rows.get(this.#section);
    if (rows === undefined) this.#rows.set(this.#section, [row]);
    else rows.push(row);
  }

  /** DW_LNE_set_address: in objects a relocation says which section is meant. */
  #setAddress(cursor: DwarfCursor, size: number): void {
    const place = this.#places.get(cursor.at);
    const stored = cursor.number(size);
    if (place === undefined) {
      const home = this.#elf.sections.find(
        ({ addr, size: bytes, flags }) =>
          (flags & 4n) !== 0n && BigInt(stored) >= addr && BigInt(stored) < addr + BigInt(bytes),
      );
      this.#section = home?.name ?? "";
      this.#address = stored - Number(home?.addr ?? 0n);
      return;
    }
    const { symbol, addend } = place;
    this.#section = symbol.reserved ? "" : (this.#elf.sections[symbol.shndx]?.name ?? "");
    this.#address = Number(symbol.value) + (addend === undefined ? stored : Number(addend));
  }

  #extended(cursor: DwarfCursor): void {
    const length = cursor.uleb();
    const end = cursor.at + length;
    cursor.reader.need(cursor.at, length, "an extended operation of a line table");
    if (length === 0) return;
    const operation = cursor.u8();
    if (operation === 1) {
      this.#row(true);
      this.#reset();
    } else if (operation === 2 && (length === 9 || length === 5)) this.#setAddress(cursor, length - 1);
    cursor.at = end;
  }

  #standard(cursor: DwarfCursor, operation: number): void {
    const { step, operands, lineRange, opcodeBase } = this.#header;
    switch (operation) {
      case 1:
        return this.#row(false);
      case 2:
        this.#address += cursor.uleb() * step;
        return;
      case 3:
        this.#line += cursor.sleb();
        return;
      case 4:
        this.#file = cursor.uleb();
        return;
      case 5:
        this.#column = cursor.uleb();
        return;
      case 8:
        this.#address += Math.floor((255 - opcodeBase) / lineRange) * step;
        return;
      case 9:
        this.#address += cursor.u16();
        return;
      default:
        for (let n = operands[operation] ?? 0; n > 0; n--) cursor.uleb();
    }
  }

  run(cursor: DwarfCursor): void {
    const { opcodeBase, lineBase, lineRange, step, end } = this.#header;
    while (cursor.at < end) {
      const operation = cursor.u8();
      if (operation === 0) this.#extended(cursor);
      else if (operation < opcodeBase) this.#standard(cursor, operation);
      else {
        const advance = operation - opcodeBase;
        this.#address += Math.floor(advance / lineRange) * step;
        this.#line += lineBase + (advance % lineRange);
        this.#row(false);
      }
    }
  }
}

/** The rows of every line table of `elf`, by code section, in the tables' order. What cannot be read goes to `problems`. */
export function dwarfLines(elf: ElfFile, problems: Diagnostic[]): Map<string, DwarfLine[]> {
  const rows = new Map<string, DwarfLine[]>();
  const found = elf.sections.find(({ name }) => name === ".debug_line");
  if (found === undefined) return rows;
  tolerant(problems, () => {
    const section = uncompressed(elf, found);
    const { file, endian } = elf;
    const places = relocated(elf, section.index);
    const readers = new Map<string, ByteReader>();
    const strings: DwarfStrings = {
      string(name, offset) {
        let reader = readers.get(name);
        if (reader === undefined) {
          const holder = elf.sections.find((each) => each.name === name);
          const data = holder === undefined ? new Uint8Array(0) : uncompressed(elf, holder).data;
          readers.set(name, (reader = new ByteReader(data, endian, { file, section: name })));
        }
        return reader.cstring(offset);
      },
      shift: (at) => {
        const place = places.get(at);
        return place === undefined ? 0 : Number(place.symbol.value) + Number(place.addend ?? 0n);
      },
    };
    const reader = new ByteReader(section.data, endian, { file, section: section.name });
    for (let at = 0; at < section.data.length;) {
      const cursor = new DwarfCursor(reader, at, strings);
      const header = readHeader(cursor);
      cursor.at = header.program;
      new LineProgram(elf, header, places, rows).run(cursor);
      at = header.end;
    }
  });
  return rows;
}

/** The places of each code section, by rising offset, for listings; ends of sequences are left out. */
export function dwarfPlaces(elf: ElfFile, problems: Diagnostic[]): Map<string, readonly SourcePlace[]> {
  const places = new Map<string, readonly SourcePlace[]>();
  for (const [section, rows] of dwarfLines(elf, problems)) {
    if (section === "") continue;
    places.set(
      section,
      rows.filter(({ end }) => !end).toSorted((a, b) => a.offset - b.offset),
    );
  }
  return places;
}
