/**
 * Relocation numbers: what each dialect's numbers mean, and which number a kind gets when a file is written. One table for
 * reading and writing; `dialect-tables.ts` has the rows.
 *
 * Source: docs/psabi.md, which prints these tables.
 */
import * as tables from "./dialect-tables.js";
import type { InsnPlace } from "./insn-place-table.js";
import type { RelocField, RelocKind, RelocRange } from "./relocations.js";

/** Relocation dialects, as `--reloc-dialect` names them. */
export type RelocDialect =
  | "llvm"
  | "llvm-12"
  | "llvm-3.9"
  | "gnu"
  | "gnu-2.40"
  | "mail-2017"
  | "mail-2017-netdev"
  | "sbf";

/**
 * How a field holds the addend A at the place P. `bytes`: A. `slots`: A/8-1. `place`: A-P. `gnu-slots`: A/8-1, but 0 against
 * a symbol that stands for no section is A = 0. `none`: the field holds 0 or -1, neither of which says anything.
 */
export type AddendRule = "bytes" | "slots" | "place" | "gnu-slots" | "none";

export interface DialectRow {
  /** `r_type`. */
  readonly type: number;
  /** The name readelf prints. */
  readonly name: string;
  /** What is relocated: an instruction (in sections that hold code) or a datum. */
  readonly in: "code" | "data";
  readonly kind: RelocKind;
  /** Code: the instructions that the row is for. */
  readonly insn?: InsnPlace;
  /** Data: the number means a datum in a section that holds code, too; `doubtful` where another dialect gives it to instructions. */
  readonly inCode?: "yes" | "doubtful";
  /** Bytes from the instruction's start to the file's `r_offset`. */
  readonly skew?: number;
  readonly addend: AddendRule;
  /** Where the addend is stored, when that is not the whole field of the kind. */
  readonly store?: RelocField;
  /** Bytes from the datum to the stored addend. */
  readonly storeAt?: number;
  /** The stored addend has no sign. */
  readonly unsigned?: boolean;
  /** The range check of the dialect's own linkers, when it is not the kind's. */
  readonly range?: RelocRange;
  /** The row is for references to maps or to undefined symbols alone: the number does not tell, the symbol does. */
  readonly of?: "map" | "undefined";
  /** Read but never written: an older or looser meaning of the number. */
  readonly readOnly?: boolean;
  /** One of this psABI's own numbers, which mean something only in files with the psABI's note. */
  readonly private?: boolean;
}

export const dialects: Readonly<Record<RelocDialect, readonly DialectRow[]>> = {
  llvm: [...tables.llvm, ...tables.ownNumbers],
  "llvm-12": tables.llvm12,
  "llvm-3.9": tables.llvm39,
  gnu: tables.gnu,
  "gnu-2.40": tables.gnu240,
  "mail-2017": tables.mail2017,
  "mail-2017-netdev": tables.mail2017Netdev,
  sbf: tables.sbf,
};

export const relocDialects: readonly RelocDialect[] = Object.keys(dialects) as RelocDialect[];

export interface DialectFacts {
  readonly producers: string;
  /** The ISA version (low four bits of `e_flags`) that producers write; `kept` means the Object's. */
  readonly isaTag: "kept" | "zero" | "always";
  /** Written files need the psABI's note: nothing else in them tells the dialect. */
  readonly note: boolean;
  /** Section names share the symbols' string table, as LLVM writes them and GNU never does. */
  readonly oneStringTable: boolean;
}

export const dialectFacts: Readonly<Record<RelocDialect, DialectFacts>> = {
  llvm: { producers: "LLVM 13 and later, this psABI", isaTag: "kept", note: false, oneStringTable: true },
  "llvm-12": { producers: "LLVM 4 to 12", isaTag: "zero", note: true, oneStringTable: true },
  "llvm-3.9": { producers: "LLVM 3.7 to 3.9", isaTag: "zero", note: true, oneStringTable: true },
  gnu: { producers: "GNU binutils 2.41 and later", isaTag: "always", note: false, oneStringTable: false },
  "gnu-2.40": { producers: "GNU binutils 2.33 to 2.40", isaTag: "zero", note: true, oneStringTable: false },
  "mail-2017": {
    producers: "the mail of April 2017 with its R_BPF_MAP; never shipped",
    isaTag: "zero",
    note: true,
    oneStringTable: false,
  },
  "mail-2017-netdev": {
    producers: "the mail to netdev of 2017; never shipped",
    isaTag: "zero",
    note: true,
    oneStringTable: false,
  },
  sbf: { producers: "Solana's LLVM and loader", isaTag: "kept", note: true, oneStringTable: true },
};

/** The ISA version that GNU's assembler states where nobody asked for one. */
export const gnuIsaDefault = 4;

const byType = new Map<RelocDialect, ReadonlyMap<number, readonly DialectRow[]>>();
const none: readonly DialectRow[] = [];

/** The rows of `dialect` for a number, in the order in which they are tried. */
export function rowsOfType(dialect: RelocDialect, type: number): readonly DialectRow[] {
  let rows = byType.get(dialect);
  if (rows === undefined) {
    const made = new Map<number, DialectRow[]>();
    for (const row of dialects[dialect]) {
      const known = made.get(row.type);
      if (known === undefined) made.set(row.type, [row]);
      else known.push(row);
    }
    byType.set(dialect, made);
    rows = made;
  }
  return rows.get(type) ?? none;
}
