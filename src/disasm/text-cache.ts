/**
 * Texts of instructions by their eight bytes. Compiled code repeats itself: most instructions of a program were printed
 * before, and copying a text is several times faster than writing it anew. A collision replaces the older text.
 */
import type { TextBuffer } from "./text-buffer.js";

const bits = 12;
const entries = 1 << bits;
/** Longest text kept, in bytes; longer ones are written each time. */
const width = 128;

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

  /** Appends the entry's text to `out`. */
  copy(entry: number, out: TextBuffer): void {
    out.ensure(width);
    const { view } = out;
    const length = this.#lengths[entry]!;
    const from = entry * width;
    const at = out.length;
    // Whole words: what is written beyond the end is overwritten by what comes next.
    for (let i = 0; i < length; i += 4) view.setUint32(at + i, this.#words.getUint32(from + i));
    out.length = at + length;
  }

  /** Keeps the end of `out`, from `start` on, as the text of these words. */
  keep(entry: number, low: number, high: number, out: TextBuffer, start: number, row: number): void {
    const length = out.length - start;
    if (length > width - 4) return;
    this.#low[entry] = low;
    this.#high[entry] = high;
    this.#lengths[entry] = length;
    this.#rows[entry] = row;
    this.#texts.set(out.bytes.subarray(start, out.length), entry * width);
  }
}
