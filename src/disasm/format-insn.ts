/**
 * One instruction to text, in any dialect, by the first template of its row in the instruction table.
 */
import { helperName, insnTable, isSecondSlot, newSlot, rowNumber, type Dialect, type Slot } from "../isa/index.js";
import { decodeSlot, opcodes } from "../isa/index.js";
import type { Endian } from "../bytes/index.js";
import { Field, Other, Style, templateOf } from "./template.js";
import { putDecimal, putHex, TextBuffer } from "./text-buffer.js";

/** Names that stand for the numbers in the fields, from relocations or labels. */
export interface InsnNames {
  readonly off?: string | undefined;
  readonly imm?: string | undefined;
}

/** The longest text of an instruction without names. */
const insnRoom = 160;

const low32 = 0x1_0000_0000;

function putImm64(out: TextBuffer, low: number, high: number, hex: boolean): void {
  const value = high * low32 + (low >>> 0);
  if (!hex && Number.isSafeInteger(value)) {
    out.length = putDecimal(out.bytes, out.length, value);
  } else if (hex && high === 0) {
    out.text("0x");
    out.length = putHex(out.bytes, out.length, low);
  } else {
    const exact = (BigInt(high) << 32n) | BigInt(low >>> 0);
    out.text(hex ? `0x${BigInt.asUintN(64, exact).toString(16)}` : exact.toString());
  }
}

function putName(out: TextBuffer, name: string, style: number): void {
  if (style === Style.spaced || style === Style.spacedOrNone) out.text(" + ");
  if (style === Style.plus) out.text("+");
  out.text(name);
  out.ensure(insnRoom);
}

function putNumber(bytes: Uint8Array, at: number, value: number, style: number): number {
  switch (style) {
    case Style.signed:
      if (value >= 0) bytes[at++] = 0x2b;
      break;
    case Style.spacedOrNone:
      if (value === 0) return at;
      break;
    case Style.plus:
      bytes[at++] = 0x2b;
      break;
    case Style.hex:
      bytes[at] = 0x30;
      bytes[at + 1] = 0x78;
      return putHex(bytes, at + 2, value);
  }
  if (style === Style.spaced || style === Style.spacedOrNone) {
    bytes[at] = 0x20;
    bytes[at + 1] = value < 0 ? 0x2d : 0x2b;
    bytes[at + 2] = 0x20;
    return putDecimal(bytes, at + 3, value < 0 ? -value : value);
  }
  return putDecimal(bytes, at, value);
}

function putOther(out: TextBuffer, operation: number, slot: Slot, high: number, immName: string | undefined): void {
  switch (operation) {
    case Other.helper:
      out.text(immName ?? `${helperName(slot.imm) ?? "unknown"}#${slot.imm}`);
      out.ensure(insnRoom);
      return;
    case Other.spacesTo:
      out.length = putDecimal(out.bytes, out.length, slot.imm >>> 16);
      return;
    case Other.spacesFrom:
      out.length = putDecimal(out.bytes, out.length, slot.imm & 0xffff);
      return;
    default:
      if (immName !== undefined) putName(out, immName, Style.decimal);
      else putImm64(out, slot.imm, high, operation === Other.imm64Hex);
  }
}

/**
 * Writes an instruction by its compiled template. `high` is the immediate of a wide instruction's second slot.
 * Names replace the numbers of their fields.
 */
export function putInsn(
  out: TextBuffer,
  template: Uint8Array,
  slot: Slot,
  high: number,
  offName: string | undefined,
  immName: string | undefined,
): void {
  out.ensure(insnRoom);
  let bytes = out.bytes;
  let at = out.length;
  for (let i = 0; i < template.length; i++) {
    const operation = template[i]!;
    if (operation < 0x80) {
      bytes[at++] = operation;
      continue;
    }
    if (operation === Other.dst) {
      at = putDecimal(bytes, at, slot.dst);
    } else if (operation === Other.src) {
      at = putDecimal(bytes, at, slot.src);
    } else if (operation >= Field.other) {
      out.length = at;
      putOther(out, operation, slot, high, immName);
      bytes = out.bytes;
      at = out.length;
    } else {
      const field = operation & 0xf0;
      const name = field === Field.off ? offName : field === Field.imm ? immName : undefined;
      if (name === undefined) {
        const value = field === Field.off ? slot.off : field === Field.imm ? slot.imm : high;
        at = putNumber(bytes, at, value, operation & 15);
      } else {
        out.length = at;
        putName(out, name, operation & 15);
        bytes = out.bytes;
        at = out.length;
      }
    }
  }
  out.length = at;
}

const scratch = new TextBuffer();

/**
 * The text of the instruction with number `row` (of `insnTable`) whose fields are `slot`; `high` is the immediate of a wide
 * instruction's second slot.
 */
export function formatInsn(
  row: number,
  slot: Slot,
  high = 0,
  dialect: Dialect = "pseudoc",
  names: InsnNames = {},
): string {
  const { numeric, named } = templateOf(dialect, row);
  scratch.length = 0;
  const isNamed = names.imm !== undefined || names.off !== undefined;
  putInsn(scratch, isNamed ? named : numeric, slot, high, names.off, names.imm);
  return scratch.toString();
}

/**
 * The text of the instruction at byte offset `at` of `code`, or undefined where there is none: an unknown encoding, or fewer
 * bytes than it needs.
 */
export function formatInsnAt(
  code: Uint8Array,
  at: number,
  endian: Endian,
  dialect: Dialect = "pseudoc",
): string | undefined {
  if (at + opcodes.SLOT > code.length) return undefined;
  const slot = decodeSlot(code, at, endian, newSlot());
  const row = rowNumber(slot);
  if (row < 0) return undefined;
  if (!insnTable[row]!.wide) return formatInsn(row, slot, 0, dialect);
  if (at + 2 * opcodes.SLOT > code.length) return undefined;
  const second = decodeSlot(code, at + opcodes.SLOT, endian, newSlot());
  return isSecondSlot(second) ? formatInsn(row, slot, second.imm, dialect) : undefined;
}
