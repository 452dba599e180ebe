/**
 * A relocation record and the rows of a dialect: which row it is, and the addend that its field holds. Reading, detection and
 * writing (which must read back) all ask here.
 */
import type { Endian } from "../bytes/index.js";
import { opcodes } from "../isa/index.js";
import { rowsOfType, type DialectRow, type RelocDialect } from "./dialects.js";
import { fieldBytes, fitsField, readField, writeField } from "./fields.js";
import { isPlace } from "./insn-places.js";
import { relocTable } from "./relocations.js";

const { SLOT } = opcodes;

/** What a symbol is to a relocation, and the numbers of that where there are very many. */
export const siteClasses = ["none", "undefined", "map", "section", "other"] as const;
export const siteClass = { undefined: 1, map: 2, section: 3, other: 4 } as const;

/** A relocation record where it stands. */
export interface RelocSite {
  readonly type: number;
  /** `r_offset`, from the start of the section. */
  readonly offset: number;
  /** The section's contents. */
  readonly data: Uint8Array;
  readonly endian: Endian;
  /** The section holds code. */
  readonly exec: boolean;
  /** What the symbol is; `none` for the null symbol. */
  readonly to: (typeof siteClasses)[number];
  /** The addend of a SHT_RELA record. */
  readonly addend?: bigint | undefined;
}

/** Why no row fits; the later ones are nearer to fitting. */
export type Misfit = "type" | "note" | "offset" | "opcode" | "high" | "symbol" | "addend";
const nearness: readonly Misfit[] = ["type", "note", "offset", "opcode", "high", "symbol", "addend"];

export interface Fit {
  readonly row: DialectRow;
  /** In bytes, of the instruction or datum. */
  readonly start: number;
  readonly addend: bigint;
}

export interface NoFit {
  readonly misfit: Misfit;
  /** The row that came nearest. */
  readonly row: DialectRow | undefined;
}

export interface MatchOptions {
  /** The file has the psABI's note. */
  readonly noted: boolean;
  /** Numbers of data that are instructions' in another dialect may stand in code. */
  readonly doubtful: boolean;
}

/** Is there a number in the second slot of the load? */
export function hasHigh(data: Uint8Array, start: number): boolean {
  return (data[start + 12]! | data[start + 13]! | data[start + 14]! | data[start + 15]!) !== 0;
}

function misfitOf(row: DialectRow, site: RelocSite, { noted, doubtful }: MatchOptions): Misfit | undefined {
  const { exec, data, offset, to } = site;
  if (row.in === "code" ? !exec : exec && (row.inCode === undefined || (row.inCode === "doubtful" && !doubtful))) {
    return "type";
  }
  if (row.private === true && !noted) return "note";
  if (row.in === "code") {
    const start = offset - (row.skew ?? 0);
    if (start < 0 || start % SLOT !== 0) return "offset";
    if (start < data.length && !isPlace(row.insn!, data[start]!)) return "opcode";
    const wide = relocTable[row.kind].field === "imm64";
    const inData = start + 2 * SLOT <= data.length;
    if (wide && row.store === "imm32" && site.addend === undefined && inData && hasHigh(data, start)) return "high";
  }
  // Only a relative value needs no symbol; where the addend is explicit, none means a symbol of value 0 (gABI, bpfvm).
  if (to === "none" && relocTable[row.kind].value !== "B+A" && site.addend === undefined) return "symbol";
  return row.of === undefined || row.of === to ? undefined : "symbol";
}

/** Does all that the row patches stand in the section? */
export function inSection(row: DialectRow, start: number, data: Uint8Array): boolean {
  return start >= 0 && start + fieldBytes[relocTable[row.kind].field] <= data.length;
}

/** The addend that the field of `row` holds, or undefined where the stored number says nothing that can be known. */
function storedAddend(row: DialectRow, site: RelocSite, start: number): bigint | undefined {
  if (site.addend !== undefined) return site.addend;
  const field = row.store ?? relocTable[row.kind].field;
  const signed = readField(site.data, start + (row.storeAt ?? 0), field, site.endian);
  const stored = row.unsigned === true ? BigInt.asUintN(32, signed) : signed;
  switch (row.addend) {
    case "bytes":
      return stored;
    case "slots":
      return (stored + 1n) * 8n;
    case "place":
      return BigInt.asIntN(8 * fieldBytes[field], stored + BigInt(start));
    case "gnu-slots":
      return stored === 0n && site.to !== "section" ? 0n : (stored + 1n) * 8n;
    case "none":
      return stored === 0n || stored === -1n ? 0n : undefined;
  }
}

/** The row of `dialect` that the record is, with its addend (0 where the section ends before the field does), or why none is. */
export function matchRow(dialect: RelocDialect, site: RelocSite, options: MatchOptions): Fit | NoFit {
  let near: NoFit = { misfit: "type", row: undefined };
  for (const row of rowsOfType(dialect, site.type)) {
    let misfit = misfitOf(row, site, options);
    if (misfit === undefined) {
      const start = site.offset - (row.skew ?? 0);
      const addend = inSection(row, start, site.data) ? storedAddend(row, site, start) : 0n;
      if (addend !== undefined) return { row, start, addend };
      misfit = "addend";
    }
    if (near.row === undefined || nearness.indexOf(misfit) > nearness.indexOf(near.misfit)) near = { misfit, row };
  }
  return near;
}

/** Puts `addend` into the field that `row` stores it in. False where it cannot be stored; `data` may be changed then, too. */
export function storeAddend(
  row: DialectRow,
  data: Uint8Array,
  start: number,
  endian: Endian,
  addend: bigint,
  toSection: boolean,
): boolean {
  const { field } = relocTable[row.kind];
  const store = row.store ?? field;
  let stored = addend;
  if (row.addend === "none") {
    if (addend !== 0n) return false;
  } else if (row.addend === "slots" || row.addend === "gnu-slots") {
    if (addend % 8n !== 0n) return false;
    stored = addend / 8n - 1n;
    // 0 stands for no addend there.
    if (row.addend === "gnu-slots" && stored === 0n && !toSection) return false;
  } else if (row.addend === "place") {
    stored = BigInt.asIntN(64, addend - BigInt(start));
  }
  if (!fitsField(stored, store, row.unsigned === true ? "unsigned" : "signed")) return false;
  if (store !== field) {
    writeField(data, start, field, endian, field === "imm64" ? BigInt.asUintN(32, stored) : 0n);
    if (field === "imm64") return true;
  }
  writeField(data, start + (row.storeAt ?? 0), store, endian, stored);
  return true;
}
