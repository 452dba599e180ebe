/**
 * All texts of a run, one behind the other in one array: the main text, included files, expansions of macros. A byte offset in
 * that array says which text is meant, so that tokens, symbols and fixups need no more than a number.
 *
 * Places for people (file, line, column, source line) are found only when there is something to say.
 */
import { decodeUtf8 } from "../bytes/index.js";
import type { Note, TextPlace } from "../diag/index.js";
import { TextLines } from "./text-lines.js";

/** A source line longer than this many bytes is cut for its diagnostic. */
const longLine = 100_000;
/** Levels of a back-trace that are shown at its inner and its outer end. */
const shownInner = 8;
const shownOuter = 2;
/** Offsets are kept in 32 bits. */
export const maxText: number = 2 ** 31 - 1;

const newline = 10;

/** How a text beyond the main one came about. */
export interface Origin {
  /** The file's name; undefined for an expansion, whose lines are those of the text at `body`. */
  readonly file: string | undefined;
  readonly body: number;
  /** The statement that made it, or -1. */
  readonly from: number;
  /** What the back-trace says about `from`. */
  readonly message: string;
}

interface Piece extends Origin {
  readonly start: number;
  readonly end: number;
}

export class Source {
  readonly file: string;
  /** A new array whenever the texts have outgrown the old one. */
  text: Uint8Array;
  /** By `start`. */
  readonly #pieces: Piece[];
  #size: number;
  readonly #lines: Map<Piece, TextLines> = new Map();

  constructor(file: string, text: Uint8Array) {
    this.file = file;
    this.text = text;
    this.#size = text.length;
    this.#pieces = [{ file, body: 0, from: -1, message: "", start: 0, end: text.length }];
  }

  /** Room for a text of `size` bytes; returns where it starts, or -1 when there are too many. */
  append(size: number, origin: Origin): number {
    // A newline before and behind each text stops whoever reads too far.
    const start = this.#pieces.length === 1 ? this.#size + 1 : this.#size;
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
    this.#pieces.push({ ...origin, start, end });
    return start;
  }

  place(start: number, end: number): TextPlace {
    const piece = this.#pieceAt(start);
    const found = this.#linesOf(piece).at(this.text, start);
    const lineStart = found.start;
    const { file, line } = this.#fileLine(piece, found.line);
    const near = this.text.subarray(start, Math.min(piece.end, lineStart + longLine + 1));
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
      const until = Math.min(piece.end, from + 160);
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

  /** The name of the file that the text at `offset` was written in. */
  fileAt(offset: number): string {
    const piece = this.#pieceAt(offset);
    return this.#fileLine(piece, 0).file;
  }

  /** How reading came to the text at `offset`: the innermost step first. */
  trace(offset: number): Note[] {
    const steps: Piece[] = [];
    for (let piece = this.#pieceAt(offset); piece.from >= 0; piece = this.#pieceAt(piece.from)) steps.push(piece);
    const left = steps.length - shownInner - shownOuter;
    return steps.flatMap((piece, i): Note[] => {
      if (left > 1 && i >= shownInner && i < steps.length - shownOuter) {
        return i === shownInner ? [{ message: `… ${left} more levels …` }] : [];
      }
      return [{ message: piece.message, place: this.place(piece.from, piece.from + 1) }];
    });
  }

  /** Where reading was, text by text from the main one on, when it came to `offset`: sorts diagnostics as a person reads. */
  path(offset: number): number[] {
    const path = [offset];
    for (let piece = this.#pieceAt(offset); piece.from >= 0; piece = this.#pieceAt(piece.from))
      path.unshift(piece.from);
    return path;
  }

  #pieceAt(offset: number): Piece {
    const pieces = this.#pieces;
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pieces[middle]!.start <= offset) low = middle;
      else high = middle - 1;
    }
    return pieces[low]!;
  }

  /** File and line (from 1) of line `line` (from 0) of a text. */
  #fileLine(of: Piece, line: number): { readonly file: string; readonly line: number } {
    let piece = of;
    let number = line;
    while (piece.file === undefined) {
      const { body } = piece;
      piece = this.#pieceAt(body);
      number += this.#linesOf(piece).at(this.text, body).line;
    }
    return { file: piece.file, line: number + 1 };
  }

  #linesOf(piece: Piece): TextLines {
    let lines = this.#lines.get(piece);
    if (lines === undefined) this.#lines.set(piece, (lines = new TextLines(this.text, piece.start, piece.end)));
    return lines;
  }
}
