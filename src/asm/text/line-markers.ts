/**
 * What a preprocessor leaves in its output: `# 12 "file.S" 1 3` and `#line 12 "file.S"` say where the next line was written. Only at
 * the very start of a line; without a file's name in quotes `# 12` is a comment. Source: the manual of GNU cpp, "Preprocessor
 * Output", and C 6.10.4.
 */
import { countBefore, decodeUtf8 } from "../../bytes/index.js";

const newline = 10;
const hash = 0x23;
const marker = /^#(?:[ \t]*(\d{1,9})|[ \t]*line[ \t]+(\d{1,9}))(?:[ \t]+"((?:[^"\\]|\\.)*)")?((?:[ \t]+\d)*)[ \t]*\r?$/;
/** Longer than any name of a file. */
const longest = 8192;

/** What one of them says of the lines behind it. */
interface Marker {
  /** The marker's own line in the text, from 0. */
  readonly line: number;
  /** What the next line is. */
  readonly number: number;
  readonly file: string;
  /** Which marker's lines had the `#include` that led here; -1: none. */
  readonly outer: number;
  /** The line of that `#include`. */
  readonly from: number;
}

export interface MarkedLine {
  readonly file: string;
  /** From 1. */
  readonly line: number;
}

export class LineMarkers {
  readonly #markers: Marker[] = [];
  /** The name of the text itself, or that of what it was made of. */
  readonly file: string;

  constructor(text: Uint8Array, start: number, end: number, file: string) {
    let line = 0;
    let counted = start;
    let first = file;
    for (let at = text.indexOf(hash, start); at >= 0 && at < end;) {
      const stop = text.indexOf(newline, at);
      const next = stop < 0 || stop > end ? end : stop;
      if ((at === start || text[at - 1] === newline) && next - at < longest) {
        const found = marker.exec(decodeUtf8(text.subarray(at, next)));
        if (found !== null && (found[2] ?? found[3]) !== undefined) {
          for (; counted < at; counted++) if (text[counted] === newline) line++;
          if (line === 0 && found[3] !== undefined) first = unescaped(found[3]);
          this.#add(line, Number(found[1] ?? found[2]), found[3], found[4]!, file);
        }
      }
      at = text.indexOf(hash, next);
    }
    this.file = first;
  }

  #add(line: number, number: number, name: string | undefined, flags: string, home: string): void {
    const last = this.#markers.length - 1;
    let outer = this.#markers[last]?.outer ?? -1;
    let from = this.#markers[last]?.from ?? 0;
    if (/\b1\b/.test(flags)) {
      outer = last;
      from = Math.max(1, this.at(line, home).line);
    } else if (/\b2\b/.test(flags) && outer >= 0) {
      ({ outer, from } = this.#markers[outer]!);
    }
    const file = name === undefined ? this.at(line, home).file : unescaped(name);
    this.#markers.push({ line, number, file, outer, from });
  }

  /** Where line `line` (from 0) was written, which is in `home` where no marker says otherwise. */
  at(line: number, home: string): MarkedLine {
    const { number, file, line: marked } = this.#markers[this.#before(line)] ?? { number: 1, file: home, line: -1 };
    return { file, line: number + line - marked - 1 };
  }

  /** The `#include` lines that led to line `line`, the innermost first. */
  includes(line: number): readonly MarkedLine[] {
    const found: MarkedLine[] = [];
    for (let at = this.#before(line); at >= 0;) {
      const { outer, from } = this.#markers[at]!;
      if (outer >= 0) found.push({ file: this.#markers[outer]!.file, line: from });
      at = outer;
    }
    return found;
  }

  /** The last marker before `line`; -1: none. */
  #before(line: number): number {
    return countBefore(this.#markers.length, (at) => this.#markers[at]!.line < line) - 1;
  }
}

function unescaped(name: string): string {
  return name.replace(/\\(.)/g, "$1");
}

/** The marker that says that line `line` of `file` follows; `flag` as cpp has it: 1 into a file, 2 back. */
export function lineMarker(line: number, file: string, flag: 1 | 2): string {
  return `# ${line} "${file.replace(/["\\]/g, "\\$&")}" ${flag}\n`;
}
