/**
 * Typed relocations to the records of a dialect, addends put into the fields. A row is taken only if reading the record gives the
 * same relocation back, so that what is written cannot mean something else.
 */
import { wordBytes, type Endian } from "../bytes/index.js";
import { diagnostic, type Diagnostic } from "../diag/index.js";
import { elfTable } from "../elf/index.js";
import { dialects, type DialectRow, type RelocDialect } from "./dialects.js";
import { fieldBytes } from "./fields.js";
import { hasHigh, inSection, matchRow, siteClass, siteClasses, storeAddend, type RelocSite } from "./reloc-match.js";
import { isMapSection } from "./names.js";
import { homes, largeAddend, relocationRow, symbolRow, typeOf, type RelocationList, type SymbolList } from "./lists.js";
import { relocKinds, relocTable } from "./relocations.js";
import { sectionSymbol } from "./read-symbols.js";
import type { ObjectFile, Relocation, Section } from "./types.js";

export interface EncodedRelocations {
  /** The section's data with every addend in its field. */
  readonly data: Uint8Array;
  /** The section's relocation table (SHT_REL). */
  readonly records: Uint8Array;
  /** Private numbers were used. */
  readonly usesPrivate: boolean;
}

/** The rows that a kind can be written by, in the order in which they are tried. */
interface WritableRows {
  readonly rows: readonly DialectRow[];
  /** The short way for the first one. */
  readonly quick: QuickRow | undefined;
}

const writable = new Map<RelocDialect, readonly WritableRows[]>();

/** By the number of the kind. */
function writableRows(dialect: RelocDialect): readonly WritableRows[] {
  let rows = writable.get(dialect);
  if (rows === undefined) {
    const usable = dialects[dialect].filter(({ readOnly }) => readOnly !== true);
    rows = relocKinds.map((kind) => {
      const own = usable.filter((row) => row.kind === kind);
      return { rows: own, quick: own.length === 0 ? undefined : quickOf(dialect, own[0]!) };
    });
    writable.set(dialect, rows);
  }
  return rows;
}

/** What the symbols of an Object are to relocations, by their places in `siteClasses`. */
export class SymbolClasses {
  readonly symbols: SymbolList;
  /** By section: does it hold maps? */
  readonly #maps: readonly boolean[];

  constructor(symbols: SymbolList, sections: readonly Section[]) {
    this.symbols = symbols;
    this.#maps = sections.map(({ name }) => isMapSection(name));
  }

  of(number: number): number {
    const { words } = this.symbols;
    const home = words[number * symbolRow + 1]!;
    if (home < 0) return home === homes.undefined ? siteClass.undefined : siteClass.other;
    if (this.#maps[home] === true) return siteClass.map;
    return typeOf(words[number * symbolRow + 2]!) === sectionSymbol ? siteClass.section : siteClass.other;
  }
}

const options = { noted: true, doubtful: true } as const;

type MutableSite = { -readonly [Field in keyof RelocSite]: RelocSite[Field] };
type Attempt = "written" | "addend" | "place";

/** Writes the relocation by `row` into the data of `site`, which becomes its record; or tells what keeps it from reading back as the same. */
function tryRow(
  dialect: RelocDialect,
  row: DialectRow,
  { offset: start, addend }: Relocation,
  site: MutableSite,
): Attempt {
  const { data, endian, to } = site;
  if (!inSection(row, start, data)) return "place";
  if (!storeAddend(row, data, start, endian, addend, to === "section")) return "addend";
  site.type = row.type;
  site.offset = start + (row.skew ?? 0);
  const back = matchRow(dialect, site, options);
  if ("misfit" in back) return back.misfit === "addend" ? "addend" : "place";
  if (back.addend !== addend) return "addend";
  return isMeant(row, back.row, to) ? "written" : "place";
}

/** Is `back` what a record written by `row` should be read back as? */
function isMeant(row: DialectRow, back: DialectRow, to: RelocSite["to"]): boolean {
  // Whether an undefined symbol is a map is for the linker to find out: the number is the same.
  return back === row || (row.of === "map" && to === "undefined" && back.type === row.type);
}

/**
 * The short way for the first row of a kind, where a 32-bit number is stored: for which opcodes and symbols a record of it reads
 * back as the kind is asked once (`tryRow` asks for each record), and an addend that fits reads back as itself.
 */
class QuickRow {
  readonly row: DialectRow;
  /** The addend is stored in slots. */
  readonly slots: boolean;
  /** How many bytes are patched, from the place that is relocated on. */
  readonly length: number;
  /** Where the addend is stored among them. */
  readonly #at: number;
  readonly #wide: boolean;
  readonly #dialect: RelocDialect;
  /** By class of symbol, section of code or data, and opcode: 1 reads back, 2 does not, 0 not asked yet. */
  readonly #known = new Uint8Array(siteClasses.length * 512);

  constructor(dialect: RelocDialect, row: DialectRow) {
    const { field } = relocTable[row.kind];
    this.#dialect = dialect;
    this.row = row;
    this.length = fieldBytes[field];
    this.#at = (row.store ?? field) === "imm32" ? 4 : 0;
    this.slots = row.addend === "slots";
    this.#wide = field === "imm64";
  }

  /** Does the number stand there already? */
  holds(data: Uint8Array, start: number, little: boolean, stored: number): boolean {
    const at = start + this.#at;
    const found = little
      ? data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
      : data[at + 3]! | (data[at + 2]! << 8) | (data[at + 1]! << 16) | (data[at]! << 24);
    return found === stored && !(this.#wide && hasHigh(data, start));
  }

  /** Puts a number where the addend is stored. */
  put(data: Uint8Array, start: number, little: boolean, stored: number): void {
    const at = start + this.#at;
    data[at + (little ? 0 : 3)] = stored;
    data[at + (little ? 1 : 2)] = stored >>> 8;
    data[at + (little ? 2 : 1)] = stored >>> 16;
    data[at + (little ? 3 : 0)] = stored >>> 24;
    if (this.#wide) data.fill(0, start + 12, start + 16);
  }

  /** Does a record at an instruction with `opcode` (0 in data) against such a symbol read back as the row? */
  readsBack(exec: boolean, to: number, opcode: number, endian: Endian): boolean {
    const key = (to * 2 + (exec ? 1 : 0)) * 256 + opcode;
    if (this.#known[key] === 0) {
      const { row } = this;
      const data = new Uint8Array(16);
      data[0] = opcode;
      const site = { type: row.type, offset: 0, data, endian, exec, to: siteClasses[to]! };
      const back = matchRow(this.#dialect, site, options);
      const meant = !("misfit" in back) && isMeant(row, back.row, site.to) && isStoredAlike(row, back.row);
      this.#known[key] = meant ? 1 : 2;
    }
    return this.#known[key] === 1;
  }
}

/** The short way for a row; undefined where there is none. */
function quickOf(dialect: RelocDialect, row: DialectRow): QuickRow | undefined {
  const { field } = relocTable[row.kind];
  const store = row.store ?? field;
  const usual = (store === "imm32" || store === "data32") && (row.addend === "bytes" || row.addend === "slots");
  const shifted = row.skew !== undefined || row.storeAt !== undefined || row.unsigned === true;
  return usual && !shifted && (store === field || field === "imm64") ? new QuickRow(dialect, row) : undefined;
}

/** Is what one row stores read by the other as the same addend? */
function isStoredAlike(row: DialectRow, other: DialectRow): boolean {
  if (row === other) return true;
  const alike = row.store === other.store && row.addend === other.addend && row.unsigned === other.unsigned;
  const placed = row.skew === other.skew && row.storeAt === other.storeAt;
  return alike && placed && relocTable[row.kind].field === relocTable[other.kind].field;
}

const noRecords = new Uint8Array(0);

/**
 * The records of `section`, whose relocations are `list`; `classes` tells what the symbols of its Object are. Without `short`, all go
 * the long way.
 */
export function encodeRelocations(
  { file, endian }: ObjectFile,
  section: Section,
  list: RelocationList,
  dialect: RelocDialect,
  classes: SymbolClasses,
  faults: Diagnostic[],
  short = true,
): EncodedRelocations {
  const { words, count } = list;
  if (count === 0) return { data: section.data, records: noRecords, usesPrivate: false };
  const records = new Uint32Array((count * elfTable.REL_SIZE) / 4);
  const little = endian === "little";
  const { exec } = section.flags;
  let usesPrivate = false;
  const rows = writableRows(dialect);
  // A copy is made for the first field that is not as it should be: what a linker made of its inputs mostly is.
  let { data } = section;
  // One for all relocations: a section may have very many.
  const site: MutableSite = { type: 0, offset: 0, data, endian, exec, to: "other" };
  const change = (): Uint8Array => {
    if (data === section.data) site.data = data = data.slice();
    return data;
  };
  // Relocations mostly come after their like.
  let lastKind = -1;
  let lastClass = -1;
  let lastOpcode = -1;
  let quick: QuickRow | undefined;
  for (let number = 0, at = 0; number < count; number++, at += relocationRow) {
    const start = words[at]! >>> 0;
    const packed = words[at + 1]!;
    const symbol = words[at + 2]!;
    const to = classes.of(symbol);
    const opcode = exec ? (data[start] ?? 0) : 0;
    if (packed !== lastKind || to !== lastClass || opcode !== lastOpcode) {
      lastKind = packed;
      lastClass = to;
      lastOpcode = opcode;
      quick = short && packed < largeAddend ? rows[packed]!.quick : undefined;
      if (quick?.readsBack(exec, to, opcode, endian) === false) quick = undefined;
    }
    const addend = words[at + 3]!;
    if (
      quick !== undefined &&
      start + quick.length <= data.length &&
      (!exec || (start & 7) === 0) &&
      (!quick.slots || (addend & 7) === 0)
    ) {
      const stored = quick.slots ? addend / 8 - 1 : addend;
      if (!quick.holds(data, start, little, stored)) quick.put(change(), start, little, stored);
      site.offset = start;
      site.type = quick.row.type;
      usesPrivate ||= quick.row.private === true;
    } else {
      change();
      site.to = siteClasses[to]!;
      const usable = rows[packed % largeAddend]!.rows;
      const relocation = list.record(number);
      let attempt: Attempt = "place";
      for (const row of usable) {
        const next = tryRow(dialect, row, relocation, site);
        if (next === "written") usesPrivate ||= row.private === true;
        // Of two reasons the addend is the one that says more.
        if (next === "written" || attempt === "place") attempt = next;
        if (next === "written") break;
      }
      if (attempt !== "written") {
        const { offset, kind, addend: wanted } = relocation;
        const place = { kind: "binary", file, section: section.name, offset } as const;
        const name = classes.symbols.name(symbol);
        if (usable.length === 0) {
          faults.push(diagnostic("object-reloc-no-number", { kind, name, dialect }, place));
        } else if (attempt === "addend") {
          faults.push(diagnostic("object-reloc-addend", { kind, name, addend: wanted, dialect }, place));
        } else {
          faults.push(diagnostic("object-reloc-place", { kind, name, dialect }, place));
        }
        continue;
      }
    }
    const record = (number * elfTable.REL_SIZE) / 4;
    records[record + (little ? 0 : 1)] = site.offset;
    records[record + (little ? 2 : 3)] = site.type;
    records[record + (little ? 3 : 2)] = symbol + 1;
  }
  return { data, records: wordBytes(records, endian), usesPrivate };
}
