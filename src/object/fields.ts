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

function int16(data: Uint8Array, at: number, little: boolean): number {
  return ((little ? data[at]! | (data[at + 1]! << 8) : data[at + 1]! | (data[at]! << 8)) << 16) >> 16;
}

function int32(data: Uint8Array, at: number, little: boolean): number {
  return little
    ? data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
    : data[at + 3]! | (data[at + 2]! << 8) | (data[at + 1]! << 16) | (data[at]! << 24);
}

/** Two 32-bit halves as one signed number; most have nothing but the sign in the high one. */
function joined(high: number, low: number): bigint {
  return high === low >> 31 ? BigInt(low) : (BigInt(high) << 32n) | BigInt(low >>> 0);
}

/** A field of up to 32 bits. */
type SmallField = Exclude<RelocField, "data64" | "imm64">;

/** The signed number in the field at `offset`. The caller has checked that `fieldBytes` are there. */
export function readSmallField(data: Uint8Array, offset: number, field: SmallField, little: boolean): number {
  switch (field) {
    case "data8":
      return (data[offset]! << 24) >> 24;
    case "data16":
      return int16(data, offset, little);
    case "data32":
      return int32(data, offset, little);
    case "off16":
      return int16(data, offset + 2, little);
    case "imm32":
      return int32(data, offset + 4, little);
  }
}

/** The same for a field of any size. */
export function readField(data: Uint8Array, offset: number, field: RelocField, endian: Endian): bigint {
  const little = endian === "little";
  switch (field) {
    case "data64":
      return joined(int32(data, offset + (little ? 4 : 0), little), int32(data, offset + (little ? 0 : 4), little));
    case "imm64":
      return joined(int32(data, offset + SLOT + 4, little), int32(data, offset + 4, little));
    default:
      return BigInt(readSmallField(data, offset, field, little));
  }
}

/** The low `bytes` bytes of `value`. */
function put(data: Uint8Array, offset: number, bytes: 1 | 2 | 4, value: number, little: boolean): void {
  for (let i = 0; i < bytes; i++) data[offset + (little ? i : bytes - 1 - i)] = value >>> (8 * i);
}

/** Writes the low bits of `value` into the field at `offset`. */
export function writeField(data: Uint8Array, offset: number, field: RelocField, endian: Endian, value: bigint): void {
  const little = endian === "little";
  const low = Number(BigInt.asIntN(32, value));
  switch (field) {
    case "data8":
      return put(data, offset, 1, low, little);
    case "data16":
      return put(data, offset, 2, low, little);
    case "data32":
      return put(data, offset, 4, low, little);
    case "data64":
      put(data, offset + (little ? 0 : 4), 4, low, little);
      return put(data, offset + (little ? 4 : 0), 4, Number(BigInt.asIntN(32, value >> 32n)), little);
    case "off16":
      return writeOff(data, offset, endian, (low << 16) >> 16);
    case "imm32":
      return writeImm(data, offset, endian, low);
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

/**
 * The immediate of a call of a weak function that nobody defines, libbpf's number: no helper has it, so the verifier refuses who
 * gets there, and passes over who is kept out by a test of the address.
 */
export const noFunction = 2_002_000_000n;
