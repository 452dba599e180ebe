/**
 * Bits to fields. RFC 9669 section 3.1: opcode, registers (destination in the low nibble in little-endian files, in the
 * high nibble in big-endian ones), offset, immediate.
 */
import type { Endian } from "../bytes/index.js";
import { insnTable } from "./table.js";
import type { InsnRow } from "./types.js";

/** The fields of one 8-byte slot. A mutable record, so that loops over code need only one. */
export interface Slot {
  opcode: number;
  dst: number;
  src: number;
  /** Signed, 16 bits. */
  off: number;
  /** Signed, 32 bits. */
  imm: number;
}

export function newSlot(): Slot {
  return { opcode: 0, dst: 0, src: 0, off: 0, imm: 0 };
}

/** Reads the slot at byte offset `at` into `into` and returns it. The caller has checked that 8 bytes are there. */
export function decodeSlot(code: Uint8Array, at: number, endian: Endian, into: Slot): Slot {
  const registers = code[at + 1]!;
  into.opcode = code[at]!;
  if (endian === "little") {
    into.dst = registers & 15;
    into.src = registers >> 4;
    into.off = ((code[at + 2]! | (code[at + 3]! << 8)) << 16) >> 16;
    into.imm = code[at + 4]! | (code[at + 5]! << 8) | (code[at + 6]! << 16) | (code[at + 7]! << 24);
  } else {
    into.dst = registers >> 4;
    into.src = registers & 15;
    into.off = ((code[at + 3]! | (code[at + 2]! << 8)) << 16) >> 16;
    into.imm = code[at + 7]! | (code[at + 6]! << 8) | (code[at + 5]! << 16) | (code[at + 4]! << 24);
  }
  return into;
}

/** Row numbers by opcode: the rows of opcode `op` stand at `first[op]` up to `first[op + 1]` in `ordered`. */
interface RowIndex {
  readonly ordered: Uint8Array;
  readonly first: Uint8Array;
}

let index: RowIndex | undefined;

/** The index, made at the first use: most commands decode slots without asking for rows. */
function rowIndex(): RowIndex {
  if (index !== undefined) return index;
  const ordered = new Uint8Array(insnTable.length);
  const first = new Uint8Array(257);
  // One pass to count, one to put.
  for (const { opcode } of insnTable) first[opcode + 1]!++;
  for (let opcode = 0; opcode < 256; opcode++) first[opcode + 1]! += first[opcode]!;
  const next = first.slice();
  insnTable.forEach(({ opcode }, row) => (ordered[next[opcode]!++] = row));
  return (index = { ordered, first });
}

function matches(row: InsnRow, slot: Slot): boolean {
  return (
    (typeof row.dst === "string" || row.dst === slot.dst) &&
    (typeof row.src === "string" || row.src === slot.src) &&
    (typeof row.off === "string" || row.off === slot.off) &&
    (row.imm === "reg" ? slot.imm >= 0 && slot.imm <= 10 : typeof row.imm === "string" || row.imm === slot.imm)
  );
}

/**
 * The number in `insnTable` of the instruction whose first slot is `slot`, or -1.
 * Strict: a field the instruction does not use must be zero, register numbers at most 10.
 */
export function rowNumber(slot: Slot): number {
  if (slot.dst > 10 || slot.src > 10) return -1;
  const { ordered, first } = rowIndex();
  const end = first[slot.opcode + 1]!;
  for (let at = first[slot.opcode]!; at < end; at++) {
    const row = ordered[at]!;
    if (matches(insnTable[row]!, slot)) return row;
  }
  return -1;
}

/** Is `slot` a legal second slot of a wide instruction? */
export function isSecondSlot(slot: Slot): boolean {
  return slot.opcode === 0 && slot.dst === 0 && slot.src === 0 && slot.off === 0;
}

/** The rows that share `opcode`, for explaining a slot that no row matches. */
export function rowsOf(opcode: number): readonly InsnRow[] {
  const { ordered, first } = rowIndex();
  return Array.from(ordered.subarray(first[opcode], first[opcode + 1]), (row) => insnTable[row]!);
}
