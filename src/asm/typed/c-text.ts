/** C text inside of assembly text: its characters, and where each stands in the file. */
import { decodeUtf8 } from "../../bytes/index.js";
import type { CReport } from "../../btf/index.js";
import { stringAt } from "../directives/data.js";
import type { Run } from "../run.js";
import { Token } from "../text/tokens.js";

/** A piece of C text that stands in the file as it is. */
interface Piece {
  /** Offset in the C text. */
  readonly from: number;
  /** Offset in the file. */
  readonly at: number;
}

export class CText {
  #text = "";
  readonly #pieces: Piece[] = [];

  get text(): string {
    return this.#text;
  }

  /** Adds the bytes of the file from `start` up to `end`. */
  add(bytes: Uint8Array, start: number, end: number): void {
    this.#pieces.push({ from: this.#text.length, at: start });
    this.#text += latin1(bytes.subarray(start, end));
  }

  /** Adds the string literal at `start`, whose contents are `bytes`. Escapes make pieces of their own. */
  addString(file: Uint8Array, start: number, end: number, bytes: Uint8Array): void {
    let from = this.#text.length;
    let at = start + 1;
    this.#pieces.push({ from, at });
    if (bytes.length !== end - start - 2) {
      for (let i = start + 1; i < end - 1; i++, from++) {
        if (file[i] !== 0x5c) continue;
        const digits = /^\\(?:x[0-9a-fA-F]+|[0-7]{1,3}|.)/.exec(decodeUtf8(file.subarray(i, i + 20)))?.[0].length ?? 2;
        i += digits - 1;
        this.#pieces.push({ from: from + 1, at: i + 1 });
      }
    }
    this.#text += latin1(bytes);
    at = end;
    // What one string ends and the next begins is not one word.
    this.#pieces.push({ from: this.#text.length, at });
    this.#text += "\n";
  }

  /** The offset in the file of the character at `offset`. */
  place(offset: number): number {
    const pieces = this.#pieces;
    let low = 0;
    let high = pieces.length - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (pieces[middle]!.from <= offset) low = middle;
      else high = middle - 1;
    }
    const piece = pieces[low];
    return piece === undefined ? 0 : piece.at + offset - piece.from;
  }

  /** Takes errors about this text to the run's report. */
  report(run: Run): CReport {
    return (code, facts, at, end) => {
      const start = this.place(at);
      run.report.add(code, facts, start, Math.max(start, end > at ? this.place(end - 1) + 1 : start));
    };
  }
}

function latin1(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 4096) text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

/** The text of the tokens from `first` up to `end`: string literals' contents, anything else as it stands. */
export function textOfTokens(run: Run, first: number, end: number): CText | undefined {
  const { tokens } = run;
  const made = new CText();
  if (tokens.kind[first] !== Token.string) {
    made.add(run.source.text, tokens.start[first]!, tokens.end[end - 1]!);
    return made;
  }
  for (let at = first; at < end; at++) {
    const bytes = stringAt(run, at);
    if (bytes === undefined) return undefined;
    made.addString(run.source.text, tokens.start[at]!, tokens.end[at]!, bytes);
  }
  return made;
}
