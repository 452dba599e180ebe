/** The one checked door between 64-bit values (`bigint`) and offsets, sizes and counts (`number`). */
import { failure, type Place } from "../diag/index.js";

/** `value` as a number; throws `bytes-too-large` when it is above `limit` (at most 2^53 - 1). */
export function toNumber(value: bigint, what: string, place?: Place, limit: number = Number.MAX_SAFE_INTEGER): number {
  // Numbers above 2^53 are rounded, but not to below it.
  const number = Number(value);
  if (number < 0 || number > limit) throw failure("bytes-too-large", { what, value, limit }, place);
  return number;
}

/** The low 64 bits of `value`, as an unsigned number. */
export function toU64(value: bigint): bigint {
  return BigInt.asUintN(64, value);
}

/** The low 64 bits of `value`, as a signed (two's complement) number. */
export function toS64(value: bigint): bigint {
  return BigInt.asIntN(64, value);
}

/** Does `value` fit in `bits` bits, read as signed or as unsigned? */
export function fits(value: bigint, bits: number, as: "signed" | "unsigned" | "either"): boolean {
  if (as !== "unsigned" && BigInt.asIntN(bits, value) === value) return true;
  return as !== "signed" && BigInt.asUintN(bits, value) === value;
}

/** `offset` rounded up to a multiple of `alignment` (any positive number). */
export function alignUp(offset: number, alignment: number): number {
  const over = offset % alignment;
  return over === 0 ? offset : offset + alignment - over;
}
