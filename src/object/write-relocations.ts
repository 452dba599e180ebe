/**
 * Typed relocations to the records of a dialect, addends put into the fields. A row is taken only if reading the record gives the
 * same relocation back, so that what is written cannot mean something else.
 */
import type { Endian } from "../bytes/index.js";
import { diagnostic, type Diagnostic } from "../diag/index.js";
import { dialects, type DialectRow, type RelocDialect } from "./dialects.js";
import { inSection, matchRow, storeAddend, type RelocSite } from "./reloc-match.js";
import { isMapSection } from "./names.js";
import { relocKinds, relocTable, type RelocKind } from "./relocations.js";
import type { ObjectFile, ObjectSymbol, Relocation, Section } from "./types.js";

export interface EncodedRelocations {
  /** The section's data with every addend in its field. */
  readonly data: Uint8Array;
  readonly records: readonly { readonly offset: number; readonly type: number; readonly sym: number }[];
  /** Private numbers were used. */
  readonly usesPrivate: boolean;
}

/** The rows that a kind can be written by, in the order in which they are tried. */
interface WritableRows {
  readonly rows: readonly DialectRow[];
  /** The short way for the first one. */
  readonly quick: QuickRow | undefined;
}

const writable = new Map<RelocDialect, ReadonlyMap<RelocKind, WritableRows>>();

function writableRows(dialect: RelocDialect): ReadonlyMap<RelocKind, WritableRows> {
  let rows = writable.get(dialect);
  if (rows === undefined) {
    const usable = dialects[dialect].filter(({ readOnly }) => readOnly !== true);
    rows = new Map(
      relocKinds.map((kind) => {
        const own = usable.filter((row) => row.kind === kind);
        return [kind, { rows: own, quick: own.length === 0 ? undefined : quickOf(dialect, own[0]!) }];
      }),
    );
    writable.set(dialect, rows);
  }
  return rows;
}

function classOf(object: ObjectFile, { home, type }: ObjectSymbol): RelocSite["to"] {
  if (home.kind === "undefined") return "undefined";
  if (home.kind !== "section") return "other";
  if (isMapSection(object.sections[home.section]!.name)) return "map";
  return type === "section" ? "section" : "other";
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

const classNames: readonly RelocSite["to"][] = ["none", "undefined", "map", "section", "other"];

/**
 * The short way for the first row of a kind, where a 32-bit number is stored: for which opcodes and symbols a record of it reads
 * back as the kind is asked once (`tryRow` asks for each record), and an addend that fits reads back as itself.
 */
class QuickRow {
  readonly row: DialectRow;
  /** Where the addend is stored, from the place that is relocated; its unit. */
  readonly at: number;
  readonly slots: boolean;
  readonly wide: boolean;
  readonly #dialect: RelocDialect;
  /** By class of symbol, section of code or data, and opcode: 1 reads back, 2 does not, 0 not asked yet. */
  readonly #known = new Uint8Array(classNames.length * 512);

  constructor(dialect: RelocDialect, row: DialectRow) {
    const { field } = relocTable[row.kind];
    this.#dialect = dialect;
    this.row = row;
    this.at = (row.store ?? field) === "imm32" ? 4 : 0;
    this.slots = row.addend === "slots";
    this.wide = field === "imm64";
  }

  /** Does a record at an instruction with `opcode` (0 in data) against such a symbol read back as the row? */
  readsBack(exec: boolean, to: RelocSite["to"], opcode: number, endian: Endian): boolean {
    const key = (classNames.indexOf(to) * 2 + (exec ? 1 : 0)) * 256 + opcode;
    if (this.#known[key] === 0) {
      const { row } = this;
      const data = new Uint8Array(16);
      data[0] = opcode;
      const back = matchRow(this.#dialect, { type: row.type, offset: 0, data, endian, exec, to }, options);
      const meant = !("misfit" in back) && isMeant(row, back.row, to) && isStoredAlike(row, back.row);
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

/** Writes the relocation the short way into the data of `site`; false where the long one is to be gone. */
function tryQuick(quick: QuickRow, { offset: start, addend }: Relocation, site: MutableSite): boolean {
  const { row, at, slots, wide } = quick;
  const { data, endian, exec, to } = site;
  if (!inSection(row, start, data) || (exec && start % 8 !== 0)) return false;
  if (!quick.readsBack(exec, to, exec ? data[start]! : 0, endian)) return false;
  if (addend !== 0n && BigInt.asIntN(48, addend) !== addend) return false;
  const number = addend === 0n ? 0 : Number(addend);
  const stored = slots ? number / 8 - 1 : number;
  if (stored !== (stored | 0)) return false;
  put32(data, start + at, endian, stored);
  if (wide) put32(data, start + at + 8, endian, 0);
  site.type = row.type;
  site.offset = start;
  return true;
}

function put32(data: Uint8Array, at: number, endian: Endian, value: number): void {
  for (let i = 0; i < 4; i++) data[at + (endian === "little" ? i : 3 - i)] = value >>> (8 * i);
}

/** The records of `section`; `classes` has what the symbols are as far as it was asked. Without `short`, all go the long way. */
export function encodeRelocations(
  object: ObjectFile,
  section: Section,
  dialect: RelocDialect,
  classes: RelocSite["to"][],
  faults: Diagnostic[],
  short = true,
): EncodedRelocations {
  if (section.relocations.length === 0) return { data: section.data, records: [], usesPrivate: false };
  const data = section.data.slice();
  const records: { offset: number; type: number; sym: number }[] = [];
  let usesPrivate = false;
  const rows = writableRows(dialect);
  // One for all relocations: a section may have very many.
  const site = {
    type: 0,
    offset: 0,
    data,
    endian: object.endian,
    exec: section.flags.exec,
    to: "other" as RelocSite["to"],
  };
  for (const relocation of section.relocations) {
    const { offset, kind, symbol: number, addend } = relocation;
    const symbol = object.symbols[number]!;
    site.to = classes[number] ??= classOf(object, symbol);
    const { rows: usable, quick } = rows.get(kind)!;
    if (short && quick !== undefined && tryQuick(quick, relocation, site)) {
      usesPrivate ||= quick.row.private === true;
      records.push({ offset: site.offset, type: site.type, sym: number + 1 });
      continue;
    }
    let attempt: Attempt = "place";
    for (const row of usable) {
      const next = tryRow(dialect, row, relocation, site);
      if (next === "written") {
        usesPrivate ||= row.private === true;
        records.push({ offset: site.offset, type: site.type, sym: number + 1 });
      }
      // Of two reasons the addend is the one that says more.
      if (next === "written" || attempt === "place") attempt = next;
      if (next === "written") break;
    }
    if (attempt === "written") continue;
    const place = { kind: "binary", file: object.file, section: section.name, offset } as const;
    const { name } = symbol;
    if (usable.length === 0) {
      faults.push(diagnostic("object-reloc-no-number", { kind, name, dialect }, place));
    } else if (attempt === "addend") {
      faults.push(diagnostic("object-reloc-addend", { kind, name, addend, dialect }, place));
    } else {
      faults.push(diagnostic("object-reloc-place", { kind, name, dialect }, place));
    }
  }
  return { data, records, usesPrivate };
}
