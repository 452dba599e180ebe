/**
 * All texts of a run, one behind the other in one array: the main text, included files, expansions of macros. A byte offset in
 * that array says which text is meant, so that tokens, symbols and fixups need no more than a number.
 *
 * Places for people (file, line, column, source line) are found only when there is something to say.
 */
import { decodeUtf8 } from "../../bytes/index.js";
import type { Note, TextPlace } from "../../diag/index.js";
import { LineMarkers, type MarkedLine } from "./line-markers.js";
import { TextLines } from "./text-lines.js";

/** A source line longer than this many bytes is cut for its diagnostic. */
const longLine = 100_000;
/** Levels of a back-trace that are shown at its inner and its outer end. */
const shownInner = 8;
const shownOuter = 2;
/** What the back-trace says of a file that another one includes. */
export const included = "included from here";
/** Offsets are kept in 32 bits. */
export const maxText: number = 2 ** 31 - 1;

const newline = 10;

/** What a text beyond the main one is; texts may share it. */
export interface Origin {
  /** The file's name; undefined for an expansion, whose lines are those of its body. */
  readonly file: string | undefined;
  /** What the back-trace says where reading came to it. */
  readonly message: string;
}

/** Numbers of one text. */
const Field = { start: 0, end: 1, body: 2, from: 3, until: 4, round: 5 } as const;
const fields = 6;

/** Where a text came from. */
export interface Piece {
  readonly start: number;
  readonly end: number;
  /** The text takes the place of what stands between these offsets of another one; -1 for the main text. */
  readonly from: number;
  readonly until: number;
  /** Of `.irp`: which of its texts. */
  readonly round: number;
  readonly isFile: boolean;
}

export class Source {
  /** A new array whenever the texts have outgrown the old one. */
  text: Uint8Array;
  #size: number;
  /** Of each text, by `start`: its fields. `body`: where an expansion's text was written; `from`: the statement that made it, or -1; `until`: its end. */
  #numbers: Int32Array = new Int32Array(16 * fields);
  readonly #origins: Origin[] = [];
  readonly #lines: Map<number, TextLines> = new Map();
  readonly #markers: Map<number, LineMarkers> = new Map();

  constructor(file: string, text: Uint8Array) {
    this.text = text;
    this.#size = text.length;
    this.#add({ file, message: "" }, 0, text.length, 0, -1, -1, 0);
  }

  /** The main text's name; that of what a preprocessor made it of, where it says so in its first line. */
  get file(): string {
    return this.#markersOf(0).file;
  }

  /** Room for a text of `size` bytes; returns where it starts, or -1 when there are too many. */
  append(size: number, origin: Origin, body: number, from: number, until: number = from, round = 0): number {
    // A newline before and behind each text stops whoever reads too far.
    const start = this.#origins.length === 1 ? this.#size + 1 : this.#size;
    const end = start + size;
    if (end + 1 > maxText) return -1;
    if (end + 1 > this.text.length) {
      const grown = new Uint8Array(Math.min(maxText, Math.max(end + 1, 2 * this.text.length, 4096)));
      grown.set(this.text.subarray(0, this.#size));
      this.text = grown;
    }
    this.text[start - 1] = newline;
    this.text[end] = newline;
    this.#size = end + 1;
    this.#add(origin, start, end, body, from, until, round);
    return start;
  }

  #add(origin: Origin, start: number, end: number, body: number, from: number, until: number, round: number): void {
    const at = this.#origins.push(origin) * fields - fields;
    if (at === this.#numbers.length) {
      const grown = new Int32Array(2 * at);
      grown.set(this.#numbers);
      this.#numbers = grown;
    }
    const numbers = this.#numbers;
    numbers[at + Field.start] = start;
    numbers[at + Field.end] = end;
    numbers[at + Field.body] = body;
    numbers[at + Field.from] = from;
    numbers[at + Field.until] = until;
    numbers[at + Field.round] = round;
  }

  #get(piece: number, field: number): number {
    return this.#numbers[piece * fields + field]!;
  }

  /** The text that `offset` is in. */
  pieceAt(offset: number): Piece {
    const piece = this.#pieceAt(offset);
    return {
      start: this.#get(piece, Field.start),
      end: this.#get(piece, Field.end),
      from: this.#get(piece, Field.from),
      until: this.#get(piece, Field.until),
      round: this.#get(piece, Field.round),
      isFile: this.#origins[piece]!.file !== undefined,
    };
  }

  /** All texts, in the order in which they were made. */
  *pieces(): Generator<Piece> {
    for (let piece = 0; piece < this.#origins.length; piece++) yield this.pieceAt(this.#get(piece, Field.start));
  }

  place(start: number, end: number): TextPlace {
    const piece = this.#pieceAt(start);
    const pieceEnd = this.#get(piece, Field.end);
    const found = this.#linesOf(piece).at(this.text, start);
    const lineStart = found.start;
    const { file, line } = this.#fileLine(piece, found.line);
    const near = this.text.subarray(start, Math.min(pieceEnd, lineStart + longLine + 1));
    const stop = near.indexOf(newline);
    let lineEnd = stop < 0 ? start + near.length : start + stop;
    const { text } = this;
    if (text[lineEnd - 1] === 13 && lineEnd > lineStart) lineEnd--;
    const make = (source: string, column: number, length: number): TextPlace => {
      return { kind: "text", file, line, column, length: Math.max(0, length), source };
    };
    // The column of a huge line counts bytes, and its excerpt starts near the place: decoding it all for each error is too dear.
    if (lineEnd - lineStart > longLine || start - lineStart > longLine) {
      const from = Math.max(lineStart, start - 80);
      const until = Math.min(pieceEnd, from + 160);
      const tail = text.subarray(from, until).indexOf(newline, start - from);
      lineEnd = tail < 0 ? until : from + tail;
      const source = decodeUtf8(text.subarray(from, lineEnd));
      return make(source, start - from + 1, Math.min(end, lineEnd) - start);
    }
    const source = decodeUtf8(text.subarray(lineStart, lineEnd));
    const column = decodeUtf8(text.subarray(lineStart, start)).length + 1;
    const length = decodeUtf8(text.subarray(start, Math.min(end, lineEnd))).length;
    return make(source, column, length);
  }

  /** File and line that the byte at `offset` was written in. */
  writtenAt(offset: number): MarkedLine {
    const piece = this.#pieceAt(offset);
    return this.#fileLine(piece, this.#linesOf(piece).at(this.text, offset).line);
  }

  /** The line that the byte at `offset` is in, from 1, of the text as it was read. */
  lineAt(offset: number): number {
    return this.#linesOf(this.#pieceAt(offset)).at(this.text, offset).line + 1;
  }

  /** How reading came to the text at `offset`: the innermost step first. */
  trace(offset: number): Note[] {
    const steps: (() => Note)[] = [];
    for (let at = offset; ;) {
      const piece = this.#pieceAt(at);
      for (const { file, line } of this.#includes(piece, at)) {
        steps.push(() => ({
          message: included,
          place: { kind: "text", file, line, column: 1, length: 0, source: "" },
        }));
      }
      const from = this.#get(piece, Field.from);
      if (from < 0) break;
      steps.push(() => ({ message: this.#origins[piece]!.message, place: this.place(from, from + 1) }));
      at = from;
    }
    const left = steps.length - shownInner - shownOuter;
    return steps.flatMap((note, i): Note[] => {
      if (left > 1 && i >= shownInner && i < steps.length - shownOuter) {
        return i === shownInner ? [{ message: `… ${left} more levels …` }] : [];
      }
      return [note()];
    });
  }

  /** Where reading was, text by text from the main one on, when it came to `offset`: sorts diagnostics as a person reads. */
  path(offset: number): number[] {
    return [offset, ...this.#steps(offset).map((piece) => this.#get(piece, Field.from))].toReversed();
  }

  /** The texts that are in one another at `offset`, without the main one: the innermost first. */
  #steps(offset: number): number[] {
    const steps: number[] = [];
    for (let piece = this.#pieceAt(offset); ; piece = this.#pieceAt(this.#get(piece, Field.from))) {
      if (this.#get(piece, Field.from) < 0) return steps;
      steps.push(piece);
    }
  }

  #pieceAt(offset: number): number {
    let low = 0;
    let high = this.#origins.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.#get(middle, Field.start) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  /** File and line (from 1) of line `line` (from 0) of a text. */
  #fileLine(of: number, line: number): MarkedLine {
    let piece = of;
    let number = line;
    for (;;) {
      const { file } = this.#origins[piece]!;
      if (file !== undefined) return this.#markersOf(piece).at(number, file);
      const body = this.#get(piece, Field.body);
      piece = this.#pieceAt(body);
      number += this.#linesOf(piece).at(this.text, body).line;
    }
  }

  /** The lines of preprocessed text that included the line at `offset`. */
  #includes(piece: number, offset: number): readonly MarkedLine[] {
    if (this.#origins[piece]!.file === undefined) return [];
    return this.#markersOf(piece).includes(this.#linesOf(piece).at(this.text, offset).line);
  }

  /** Of a file's text. */
  #markersOf(piece: number): LineMarkers {
    let markers = this.#markers.get(piece);
    if (markers === undefined) {
      const { file } = this.#origins[piece]!;
      markers = new LineMarkers(this.text, this.#get(piece, Field.start), this.#get(piece, Field.end), file!);
      this.#markers.set(piece, markers);
    }
    return markers;
  }

  #linesOf(piece: number): TextLines {
    let lines = this.#lines.get(piece);
    if (lines === undefined) {
      lines = new TextLines(this.text, this.#get(piece, Field.start), this.#get(piece, Field.end));
      this.#lines.set(piece, lines);
    }
    return lines;
  }
}
