/** Tables of 32-bit words, read and written as a whole: one typed array instead of a call per number. */
import type { Endian } from "./endian.js";

const host: Endian = new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? "little" : "big";

/** The words with their bytes in reverse order, in place. */
function swapWords(words: Uint32Array): Uint32Array {
  for (let i = 0; i < words.length; i++) {
    const word = words[i]!;
    words[i] = (word << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
  }
  return words;
}

/**
 * The 32-bit words of `bytes`, whose length is a multiple of 4. A view of `bytes` where their order is this machine's
 * and their place in memory allows it, else a copy.
 */
export function readWords(bytes: Uint8Array, endian: Endian): Uint32Array {
  const count = bytes.length >>> 2;
  if (endian === host && bytes.byteOffset % 4 === 0) return new Uint32Array(bytes.buffer, bytes.byteOffset, count);
  // Not bytes.slice(): a Node Buffer's slice is a view.
  const copy = new Uint32Array(count);
  new Uint8Array(copy.buffer).set(bytes.subarray(0, 4 * count));
  return endian === host ? copy : swapWords(copy);
}

/** The bytes of `words` in the given order: a view where that is this machine's, else a copy. For who changes neither afterwards. */
export function wordBytes(words: Uint32Array, endian: Endian): Uint8Array {
  const { buffer, byteOffset, byteLength } = endian === host ? words : swapWords(words.slice());
  return new Uint8Array(buffer, byteOffset, byteLength);
}

/** Writes `words` in little-endian order into `into`, from byte `at` on. */
export function copyWords(words: Uint32Array, into: Uint8Array, at: number): void {
  into.set(wordBytes(words, "little"), at);
}
