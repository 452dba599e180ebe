/**
 * 64-bit operations on register pairs that take more than a line. Source of truth: RFC 9669 section 4.1.
 *
 * A register is two words of `r`, low half first. Numbers below 2^53 are computed as such, the rest as bigints.
 */

/** The unsigned value of the pair at `at`. */
export function u64(r: Int32Array, at: number): bigint {
  return (BigInt(r[at + 1]! >>> 0) << 32n) | BigInt(r[at]! >>> 0);
}

/** The signed value of the pair at `at`. */
export function s64(r: Int32Array, at: number): bigint {
  return (BigInt(r[at + 1]!) << 32n) | BigInt(r[at]! >>> 0);
}

/** Sets the pair at `at` to `value` modulo 2^64. */
export function set64(r: Int32Array, at: number, value: bigint): void {
  r[at] = Number(BigInt.asIntN(32, value));
  r[at + 1] = Number(BigInt.asIntN(32, value >> 32n));
}

/** Sets the pair at `at` to the safe integer `value`. */
export function setNumber(r: Int32Array, at: number, value: number): void {
  r[at] = value | 0;
  r[at + 1] = Math.floor(value / 0x1_0000_0000) | 0;
}

export function multiply64(r: Int32Array, d: number, s: number): void {
  const a = r[d]!;
  const b = r[s]!;
  const a0 = a & 0xffff;
  const a1 = a >>> 16;
  const b0 = b & 0xffff;
  const b1 = b >>> 16;
  const middle = a1 * b0 + ((a0 * b0) >>> 16);
  const second = a0 * b1 + (middle % 0x1_0000);
  const high = a1 * b1 + Math.floor(middle / 0x1_0000) + Math.floor(second / 0x1_0000);
  r[d + 1] = high + Math.imul(r[d + 1]!, b) + Math.imul(a, r[s + 1]!);
  r[d] = Math.imul(a, b);
}

/** Unsigned quotient or remainder; by zero the quotient is 0, the remainder the dividend. */
export function divide64(r: Int32Array, d: number, s: number, remainder: boolean): void {
  const high = r[s + 1]! >>> 0;
  const divisor = high * 0x1_0000_0000 + (r[s]! >>> 0);
  if (divisor === 0) {
    if (!remainder) r[d] = r[d + 1] = 0;
    return;
  }
  const dividendHigh = r[d + 1]! >>> 0;
  if (high < 0x20_0000 && dividendHigh < 0x20_0000) {
    const dividend = dividendHigh * 0x1_0000_0000 + (r[d]! >>> 0);
    const rest = dividend % divisor;
    setNumber(r, d, remainder ? rest : (dividend - rest) / divisor);
    return;
  }
  set64(r, d, remainder ? u64(r, d) % u64(r, s) : u64(r, d) / u64(r, s));
}

/** Signed quotient or remainder, rounded to zero; by zero as unsigned, and the least number by -1 is itself. */
export function divideSigned64(r: Int32Array, d: number, s: number, remainder: boolean): void {
  const divisor = s64(r, s);
  if (divisor === 0n) {
    if (!remainder) r[d] = r[d + 1] = 0;
    return;
  }
  set64(r, d, remainder ? s64(r, d) % divisor : s64(r, d) / divisor);
}

export function swap16(word: number): number {
  return ((word & 0xff) << 8) | ((word >>> 8) & 0xff);
}

export function swap32(word: number): number {
  return (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}
