/**
 * Code to row numbers: the one pass over a code section that every listing starts with, and the words for what is no
 * instruction.
 */
import type { Endian } from "../bytes/index.js";
import { decodeSlot, insnTable, isSecondSlot, newSlot, opcodes, rowNumber, rowsOf, type Slot } from "../isa/index.js";

/** Entries of a scan that are no row numbers: no instruction, and the second slot of a wide one. */
export const unknownSlot = -1;
export const secondSlot = -2;

const second = newSlot();

/**
 * The row number of the instruction at byte offset `at`, or `unknownSlot`; its first slot is left in `slot`. The caller has
 * checked that 8 bytes are there.
 */
export function rowAt(code: Uint8Array, at: number, endian: Endian, slot: Slot): number {
  const row = rowNumber(decodeSlot(code, at, endian, slot));
  if (row < 0 || slot.opcode !== opcodes.LDDW) return row;
  if (at + 2 * opcodes.SLOT > code.length) return unknownSlot;
  return isSecondSlot(decodeSlot(code, at + opcodes.SLOT, endian, second)) ? row : unknownSlot;
}

/** The row number of each whole slot of `code`, or `unknownSlot`, or `secondSlot`. */
export function scanCode(code: Uint8Array, endian: Endian): Int16Array {
  const slots = Math.floor(code.length / opcodes.SLOT);
  const rows = new Int16Array(slots);
  const slot = newSlot();
  for (let i = 0; i < slots; i++) {
    const row = rowAt(code, i * opcodes.SLOT, endian, slot);
    rows[i] = row;
    if (row >= 0 && slot.opcode === opcodes.LDDW) rows[++i] = secondSlot;
  }
  return rows;
}

const jumping = insnTable.map(({ off, imm }) => off === "jump" || imm === "jump" || imm === "call");

/** Is the row a jump or a local call, with a distance in its field? */
export function goes(row: number): boolean {
  return jumping[row]!;
}

/**
 * The slot a jump or local call in slot `at` goes to by the number in its field, or -1 for other instructions. May lie outside
 * the code.
 */
export function targetOf(row: number, slot: Slot, at: number): number {
  const { off, imm } = insnTable[row]!;
  if (off === "jump") return at + 1 + slot.off;
  if (imm === "jump" || imm === "call") return at + 1 + slot.imm;
  return -1;
}

const hex = (value: number): string => `0x${(value >>> 0).toString(16)}`;

/** Why `slot`, which no row matches, is no instruction. `isLast`: no slot follows it. */
export function explainSlot(slot: Slot, isLast: boolean): string {
  const rows = rowsOf(slot.opcode);
  if (rows.length === 0) return `no instruction has opcode ${hex(slot.opcode)}`;
  for (const [what, register] of [
    ["destination", slot.dst],
    ["source", slot.src],
  ] as const) {
    if (register > 10) return `${what} register r${register} does not exist`;
  }
  if (rowNumber(slot) >= 0) {
    return isLast
      ? "half of a wide instruction: the code ends here"
      : "half of a wide instruction: the second slot is not zero where it must be";
  }
  // Of the rows of one opcode that differ in a fixed field, the one with the fewest differences says what is wrong.
  let fewest: string[] | undefined;
  for (const row of rows) {
    const wrong: string[] = [];
    const check = (what: string, fixed: string | number, value: number): void => {
      if (typeof fixed === "number" && fixed !== value) wrong.push(`${what} is ${value}, not ${fixed}`);
    };
    check("destination register", row.dst, slot.dst);
    check("source register", row.src, slot.src);
    check("offset", row.off, slot.off);
    check("immediate", row.imm, slot.imm);
    if (row.imm === "reg" && (slot.imm < 0 || slot.imm > 10)) wrong.push(`immediate ${slot.imm} is no register`);
    if (fewest === undefined || wrong.length < fewest.length) fewest = wrong;
  }
  return `no form of opcode ${hex(slot.opcode)}: ${fewest!.join(", ")}`;
}
