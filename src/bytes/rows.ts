/**
 * Memory for rows of numbers. A typed array with a buffer of its own costs more than filling it does when it is small, and garbage
 * collection keeps account of every buffer; who reads many files makes very many of them.
 */

/** Words of the largest buffer that several share. */
const most = 1 << 16;
let room = new Int32Array(0);
let used = 0;

/** An array of `count` zeros; small ones share their buffer with others. */
export function newWords(count: number): Int32Array {
  if (count > most / 4) return new Int32Array(count);
  if (used + count > room.length) {
    // The first gets little more than it takes, and who asks often gets ever larger pieces.
    room = new Int32Array(Math.max(count, Math.min(4 * room.length, most)));
    used = 0;
  }
  used += count;
  return room.subarray(used - count, used);
}
