/**
 * bpf_csum_diff. Source of truth: net/core/filter.c of kernel 6.18 (since 6.13 the result is
 * folded to 16 bits and sizes need not be multiples of 4) and
 * RFC 1071 for the arithmetic.
 */
import type { Memory } from "./memory.js";

/** Ones' complement sum of two 32-bit numbers. */
function add(a: number, b: number): number {
  const sum = a + b;
  return sum > 0xffff_ffff ? sum - 0xffff_ffff : sum;
}

/** Sum of the 32-bit words of `size` bytes at buffer offset `at`, the last one padded with zeros, on top of `sum`. */
function partial(memory: Memory, at: number, size: number, sum: number): number {
  const whole = at + size - (size % 4);
  for (let i = at; i < whole; i += 4) sum = add(sum, memory.view.getUint32(i, memory.little));
  let last = 0;
  for (let i = whole; i < at + size; i++)
    last |= memory.bytes[i]! << (memory.little ? 8 * (i - whole) : 24 - 8 * (i - whole));
  return add(sum, last >>> 0);
}

/** The 16-bit folded sum of `seed`, the bytes at `to` and the complement of the bytes at `from`. */
export function checksumDifference(
  memory: Memory,
  from: number,
  fromSize: number,
  to: number,
  toSize: number,
  seed: number,
): number {
  let sum = seed;
  if (toSize > 0) sum = partial(memory, to, toSize, sum);
  if (fromSize > 0) {
    // A difference alone is the complement of the sum with the seed's complement.
    if (toSize > 0) sum = add(sum, ~partial(memory, from, fromSize, 0) >>> 0);
    else sum = ~partial(memory, from, fromSize, ~seed >>> 0) >>> 0;
  }
  const folded = (sum & 0xffff) + (sum >>> 16);
  return (folded & 0xffff) + (folded >>> 16);
}
