/**
 * Texts of instructions by their eight bytes. Compiled code repeats itself: most instructions of a program were printed
 * before, and copying a text is several times faster than writing it anew. A collision replaces the older text.
 */
import type { LineNumber } from "./line-number.js";
import type { TextBuffer } from "./text-buffer.js";

const bits = 12;
const entries = 1 << bits;
/** Room of a text in bytes; texts that do not leave a word of it free are written each time. */
const width = 128;
const longest = width - 8;
/** Of a length: a target follows the text, which depends on the place. */
const placed = 0x80;
const newline = 0x0a;

/** The entry for an instruction with these two words. */
function entryOf(low: number, high: number): number {
  return (Math.imul(low, 0x9e37_79b1) ^ Math.imul(high, 0x85eb_ca6b)) >>> (32 - bits);
}

export class TextCache {
  readonly #low: Int32Array = new Int32Array(entries);
  readonly #high: Int32Array = new Int32Array(entries);
  /** 0 for an empty entry. */
  readonly #lengths: Uint8Array = new Uint8Array(entries);
  readonly #rows: Int16Array = new Int16Array(entries);
  readonly #texts: Uint8Array = new Uint8Array(entries * width);
  /** The row number of a jump or call whose target `follow` left to the caller, or -1. */
  placedRow = -1;
  readonly #words: DataView = new DataView(this.#texts.buffer);

  /**
   * Appends the lines of the slots from `slot` on, up to `end`, up to the first whose text is not here and as long as `out`
   * holds no more than `limit` bytes, which leave room for a line. Returns the slot it stopped at; `placedRow` is not -1 if its
   * text is written but for what depends on the place and the newline.
   */
  follow(code: DataView, slot: number, end: number, number: LineNumber, out: TextBuffer, limit: number): number {
    const lows = this.#low;
    const highs = this.#high;
    const lengths = this.#lengths;
    const words = this.#words;
    const { view } = out;
    let at = out.length;
    this.placedRow = -1;
    for (; slot < end && at <= limit; slot++) {
      const low = code.getInt32(8 * slot, true);
      const high = code.getInt32(8 * slot + 4, true);
      const entry = entryOf(low, high);
      const known = lengths[entry]!;
      if (known === 0 || lows[entry] !== low || highs[entry] !== high) break;
      at = number.put(view, at, slot);
      const from = entry * width;
      const length = known & ~placed;
      // ASCII is never the pattern of a NaN, so that doubles carry it unchanged.
      for (let i = 0; i < length; i += 8) view.setFloat64(at + i, words.getFloat64(from + i, true), true);
      at += length;
      if (known >= placed) {
        this.placedRow = this.#rows[entry]!;
        break;
      }
      view.setUint8(at++, newline);
    }
    out.length = at;
    return slot;
  }

  /** Keeps the end of `out`, from `start` on, as the text of slot `slot`; `isPlaced` if `Goals` adds to it. */
  keep(code: DataView, slot: number, out: TextBuffer, start: number, row: number, isPlaced: boolean): void {
    const length = out.length - start;
    if (length > longest) return;
    const low = code.getInt32(8 * slot, true);
    const high = code.getInt32(8 * slot + 4, true);
    const entry = entryOf(low, high);
    this.#low[entry] = low;
    this.#high[entry] = high;
    this.#lengths[entry] = isPlaced ? length | placed : length;
    this.#rows[entry] = row;
    this.#texts.set(out.bytes.subarray(start, out.length), entry * width);
  }
}
