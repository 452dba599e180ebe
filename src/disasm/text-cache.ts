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
/** A line number and the newline. */
const lineRoom = 32;

export class TextCache {
  readonly #low: Int32Array = new Int32Array(entries);
  readonly #high: Int32Array = new Int32Array(entries);
  /** 0 for an empty entry. */
  readonly #lengths: Uint8Array = new Uint8Array(entries);
  readonly #rows: Int16Array = new Int16Array(entries);
  readonly #texts: Uint8Array = new Uint8Array(entries * width);
  readonly #words: DataView = new DataView(this.#texts.buffer);

  /** The entry for an instruction with these two words. */
  entry(low: number, high: number): number {
    return (Math.imul(low, 0x9e37_79b1) ^ Math.imul(high, 0x85eb_ca6b)) >>> (32 - bits);
  }

  /** Does the entry hold the text of these words? */
  holds(entry: number, low: number, high: number): boolean {
    return this.#low[entry] === low && this.#high[entry] === high && this.#lengths[entry] !== 0;
  }

  /** The row number of the instruction in the entry. */
  row(entry: number): number {
    return this.#rows[entry]!;
  }

  /** Must a target be written behind the entry's text? */
  isPlaced(entry: number): boolean {
    return this.#lengths[entry]! >= placed;
  }

  /** Appends the entry's text to `out`. */
  copy(entry: number, out: TextBuffer): void {
    out.ensure(width);
    const { view } = out;
    const length = this.#lengths[entry]! & ~placed;
    const from = entry * width;
    const at = out.length;
    // Whole words: what is written beyond the end is overwritten by what comes next.
    for (let i = 0; i < length; i += 4) view.setUint32(at + i, this.#words.getUint32(from + i));
    out.length = at + length;
  }

  /**
   * Appends the lines of the slots from `slot` on, up to `end`, up to the first whose whole text is not here and as long as `out` has
   * room; returns the slot it stopped at.
   */
  follow(code: DataView, slot: number, end: number, number: LineNumber, out: TextBuffer): number {
    const lows = this.#low;
    const highs = this.#high;
    const lengths = this.#lengths;
    const words = this.#words;
    const { view } = out;
    const last = view.byteLength - width - lineRoom;
    let at = out.length;
    for (; slot < end && at <= last; slot++) {
      const low = code.getInt32(8 * slot, true);
      const high = code.getInt32(8 * slot + 4, true);
      const entry = this.entry(low, high);
      const length = lengths[entry]!;
      if (length === 0 || length >= placed || lows[entry] !== low || highs[entry] !== high) break;
      at = number.put(view, at, slot);
      const from = entry * width;
      // ASCII is never the pattern of a NaN, so that doubles carry it unchanged.
      for (let i = 0; i < length; i += 8) view.setFloat64(at + i, words.getFloat64(from + i, true), true);
      at += length;
      view.setUint8(at++, newline);
    }
    out.length = at;
    return slot;
  }

  /** Keeps the end of `out`, from `start` on, as the text of these words; `isPlaced` if it depends on where they stand. */
  keep(low: number, high: number, out: TextBuffer, start: number, row: number, isPlaced: boolean): void {
    const length = out.length - start;
    if (length > longest) return;
    const entry = this.entry(low, high);
    this.#low[entry] = low;
    this.#high[entry] = high;
    this.#lengths[entry] = isPlaced ? length | placed : length;
    this.#rows[entry] = row;
    this.#texts.set(out.bytes.subarray(start, out.length), entry * width);
  }
}
