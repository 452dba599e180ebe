/** The fields that relocations patch: reading and writing them, and their range checks. Source: docs/psabi.md "Fields". */
import { fits, type Endian } from "../bytes/index.js";
import { opcodes, writeImm, writeImm64, writeOff } from "../isa/index.js";
import { relocTable, type RelocField, type RelocKind, type RelocRange } from "./relocations.js";

const { SLOT } = opcodes;

/** Bytes that must stand at the relocated place: whole instructions, or the datum. */
export const fieldBytes: Readonly<Record<RelocField, number>> = {
  data8: 1,
  data16: 2,
  data32: 4,
  data64: 8,
  off16: SLOT,
  imm32: SLOT,
  imm64: 2 * SLOT,
};

const fieldBits: Readonly<Record<RelocField, number>> = {
  data8: 8,
  data16: 16,
  data32: 32,
  data64: 64,
  off16: 16,
  imm32: 32,
  imm64: 64,
};

/** The signed number in the field at `offset`. The caller has checked that `fieldBytes` are there. */
export function readField(data: Uint8Array, offset: number, field: RelocField, endian: Endian): bigint {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const little = endian === "little";
  switch (field) {
    case "data8":
      return BigInt(view.getInt8(offset));
    case "data16":
      return BigInt(view.getInt16(offset, little));
    case "data32":
      return BigInt(view.getInt32(offset, little));
    case "data64":
      return view.getBigInt64(offset, little);
    case "off16":
      return BigInt(view.getInt16(offset + 2, little));
    case "imm32":
      return BigInt(view.getInt32(offset + 4, little));
    case "imm64": {
      const low = view.getInt32(offset + 4, little);
      const high = view.getInt32(offset + SLOT + 4, little);
      return (BigInt(high) << 32n) | BigInt.asUintN(32, BigInt(low));
    }
  }
}

/** Writes the low bits of `value` into the field at `offset`. */
export function writeField(data: Uint8Array, offset: number, field: RelocField, endian: Endian, value: bigint): void {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const little = endian === "little";
  switch (field) {
    case "data8":
      return view.setUint8(offset, Number(BigInt.asUintN(8, value)));
    case "data16":
      return view.setUint16(offset, Number(BigInt.asUintN(16, value)), little);
    case "data32":
      return view.setUint32(offset, Number(BigInt.asUintN(32, value)), little);
    case "data64":
      return view.setBigUint64(offset, BigInt.asUintN(64, value), little);
    case "off16":
      return writeOff(data, offset, endian, Number(BigInt.asIntN(16, value)));
    case "imm32":
      return writeImm(data, offset, endian, Number(BigInt.asIntN(32, value)));
    case "imm64":
      return writeImm64(data, offset, endian, value);
  }
}

/** Does `value` fit `field` under the range check `range`? */
export function fitsField(value: bigint, field: RelocField, range: RelocRange): boolean {
  return range === "none" || fits(value, fieldBits[field], range);
}

/** A relocated value, or why there is none: `range`, it does not fit; `align`, the target is between two slots. */
export type Relocated = { readonly value: bigint; readonly fault?: "range" | "align" };

/**
 * The number that `kind` puts into its field, checked, for S, A and P in bytes; where the value is another letter (B, G, L), S
 * is that. `value` is given for a faulty one, too, for the message.
 */
export function relocate(kind: RelocKind, S: bigint, A: bigint, P: bigint): Relocated {
  const { value: formula, field, range } = relocTable[kind];
  let value = formula === "S" || formula === "HELPER" || formula === "KFUNC" || formula === "MAP" ? S : S + A;
  if (formula === "S+A-P" || formula.endsWith("/8-1")) value -= P;
  if (formula.endsWith("/8-1")) {
    if (value % 8n !== 0n) return { value, fault: "align" };
    value = value / 8n - 1n;
  }
  // Addresses have 64 bits and wrap.
  if (range === "none") return { value: BigInt.asIntN(64, value) };
  return fitsField(value, field, range) ? { value } : { value, fault: "range" };
}
