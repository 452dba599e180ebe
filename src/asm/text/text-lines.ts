/**
 * Lines of a stretch of text: the number and the start of the line at an offset. Kept by blocks of bytes rather than by lines, so
 * that a text of empty lines costs no more than one of a single line.
 */

const block = 1 << 10;
const newline = 10;

export interface LinePlace {
  /** From 0. */
  readonly line: number;
  readonly start: number;
}

export class TextLines {
  readonly #from: number;
  /** At the start of each block: newlines before it, start of the line it is in. */
  readonly #counts: Int32Array;
  readonly #starts: Int32Array;

  constructor(text: Uint8Array, from: number, end: number) {
    this.#from = from;
    const blocks = Math.floor((end - from) / block) + 1;
    this.#counts = new Int32Array(blocks);
    this.#starts = new Int32Array(blocks);
    let count = 0;
    let start = from;
    let next = 0;
    for (let at = text.indexOf(newline, from); ; at = text.indexOf(newline, at + 1)) {
      const stop = at < 0 || at >= end ? end : at;
      for (; next < blocks && from + next * block <= stop; next++) {
        this.#counts[next] = count;
        this.#starts[next] = start;
      }
      if (stop === end) break;
      count++;
      start = at + 1;
    }
  }

  /** The line of `text` (the text given before, wherever it is now) that the byte at `offset` is in. */
  at(text: Uint8Array, offset: number): LinePlace {
    const index = Math.min(this.#counts.length - 1, Math.floor((offset - this.#from) / block));
    let line = this.#counts[index]!;
    let start = this.#starts[index]!;
    for (let at = this.#from + index * block; at < offset; at++) {
      if (text[at] !== newline) continue;
      line++;
      start = at + 1;
    }
    return { line, start };
  }
}
