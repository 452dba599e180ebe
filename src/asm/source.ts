/** Byte offsets of the text to places for people: line, column, source line. Built only when there is something to say. */
import { decodeUtf8 } from "../bytes/index.js";
import type { TextPlace } from "../diag/index.js";

/** A source line longer than this many bytes is cut for its diagnostic. */
const longLine = 100_000;

export class Source {
  readonly file: string;
  readonly text: Uint8Array;
  #lines: number[] | undefined;

  constructor(file: string, text: Uint8Array) {
    this.file = file;
    this.text = text;
  }

  place(start: number, end: number): TextPlace {
    const lines = (this.#lines ??= this.#findLines());
    let low = 0;
    let high = lines.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (lines[middle]! <= start) low = middle;
      else high = middle - 1;
    }
    const lineStart = lines[low]!;
    let lineEnd = low + 1 < lines.length ? lines[low + 1]! - 1 : this.text.length;
    if (this.text[lineEnd - 1] === 13 && lineEnd > lineStart) lineEnd--;
    // The column of a huge line counts bytes, and its excerpt starts near the place: decoding it all for each error is too dear.
    if (lineEnd - lineStart > longLine) {
      const from = Math.max(lineStart, start - 80);
      const source = decodeUtf8(this.text.subarray(from, Math.min(lineEnd, from + 160)));
      return this.#make(low, source, start - from + 1, Math.min(end, lineEnd) - start);
    }
    const source = decodeUtf8(this.text.subarray(lineStart, lineEnd));
    const column = decodeUtf8(this.text.subarray(lineStart, start)).length + 1;
    const length = decodeUtf8(this.text.subarray(start, Math.min(end, lineEnd))).length;
    return this.#make(low, source, column, length);
  }

  #make(line: number, source: string, column: number, length: number): TextPlace {
    return { kind: "text", file: this.file, line: line + 1, column, length: Math.max(0, length), source };
  }

  #findLines(): number[] {
    const lines = [0];
    for (let at = this.text.indexOf(10); at >= 0; at = this.text.indexOf(10, at + 1)) lines.push(at + 1);
    return lines;
  }
}
