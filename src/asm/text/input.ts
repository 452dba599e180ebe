/**
 * Where the text comes from: the main file, files it includes, expansions of macros, bodies that are repeated. Each is a stretch
 * of `Source.text` that the scanner reads; this is the stack of those that wait.
 */
import type { Conditions } from "../macros/conditions.js";
import type { Report } from "./report.js";
import type { Scanner } from "./scan.js";
import type { Origin, Source } from "./source.js";

/** Expansions and repetitions in one another. */
export const maxDepth = 256;
/** Included files in one another. */
export const maxIncludes = 64;
/** Bytes of text read besides the main file's, repetitions counted each time. */
export const maxExpanded: number = 2 ** 26;
/** What an expansion, a round of `.rept`, one of `.irp` and an included file cost besides their text. */
const overheads = { macro: 64, repeat: 32, value: 128, file: 4096 } as const;

type Kind = keyof typeof overheads;

interface Frame {
  /** What reads on when this is done. */
  readonly at: number;
  readonly end: number;
  readonly kind: Kind;
  /** Conditions that were open when it began. */
  readonly conditions: number;
  /** Starts it once more, with other text perhaps; false where that was the last time. */
  readonly again: () => boolean;
}

export class Input {
  readonly #source: Source;
  readonly #scanner: Scanner;
  readonly #report: Report;
  readonly #conditions: Conditions;
  readonly #frames: Frame[] = [];
  #files = 0;
  #spent = 0;

  constructor(source: Source, scanner: Scanner, report: Report, conditions: Conditions) {
    this.#source = source;
    this.#scanner = scanner;
    this.#report = report;
    this.#conditions = conditions;
  }

  /** Is something else read than the main text from its start to its end? */
  get entered(): boolean {
    return this.#frames.length > 0;
  }

  /** Is a macro being expanded, or something repeated? */
  get expanding(): boolean {
    return this.#frames.length > this.#files;
  }

  /** May one more be entered? `at` and `end`: the statement that asks. */
  enterable(kind: Kind, at: number, end: number): boolean {
    if (kind === "file" && this.#files >= maxIncludes) {
      this.#report.halt("asm-include-depth", { limit: maxIncludes }, at, end);
      return false;
    }
    if (this.#frames.length >= maxDepth) {
      this.#report.halt("asm-expansion-depth", { limit: maxDepth }, at, end);
      return false;
    }
    return true;
  }

  /** Counts `bytes` of text more; false where they are too many. */
  charge(kind: Kind, bytes: number, at: number, end: number): boolean {
    this.#spent += bytes + overheads[kind];
    if (this.#spent <= maxExpanded) return true;
    this.#report.halt("asm-expanded-size", { limit: maxExpanded }, at, end);
    return false;
  }

  /**
   * Room for `size` bytes of a new text, which the statement from `at` to `end` makes; -1 after an error. See `Source`. `until` is where
   * reading goes on behind the statement.
   */
  append(
    kind: Kind,
    size: number,
    origin: Origin,
    body: number,
    at: number,
    end: number,
    until: number = this.#scanner.at,
    round = 0,
  ): number {
    if (!this.charge(kind, size, at, end)) return -1;
    const start = this.#source.append(size, origin, body, at, until, round);
    if (start < 0) this.#report.halt("asm-expanded-size", { limit: maxExpanded }, at, end);
    return start;
  }

  /** Reads from `start` up to `end` now, then whatever `again` sets up, and goes on here afterwards. */
  enter(kind: Kind, start: number, end: number, again: () => boolean = () => false): void {
    const { at, end: until } = this.#scanner;
    this.#frames.push({ at, end: until, kind, conditions: this.#conditions.open, again });
    if (kind === "file") this.#files++;
    this.read(start, end);
  }

  read(start: number, end: number): void {
    const scanner = this.#scanner;
    scanner.text = this.#source.text;
    scanner.at = start;
    scanner.end = end;
  }

  /** The stretch that is read is at its end; false where it was the main file's. */
  leave(): boolean {
    const frame = this.#frames.at(-1);
    if (frame === undefined) return false;
    // A file's conditions may end in another file, an expansion's may not.
    if (frame.kind !== "file") this.#conditions.close(frame.conditions);
    if (!this.#report.full && frame.again()) return true;
    this.#pop(frame);
    return true;
  }

  /** Is the stretch that is read a file, or the end of one that another goes on behind? */
  get inFile(): boolean {
    return this.#frames.at(-1)?.kind === "file";
  }

  /** `.exitm`: leaves the innermost expansion or repetition; false where there is none. */
  exit(): boolean {
    if (!this.expanding) return false;
    for (;;) {
      const frame = this.#frames.at(-1)!;
      this.#conditions.forget(frame.conditions);
      this.#pop(frame);
      if (frame.kind !== "file") return true;
    }
  }

  /** `.end`: nothing more is read. */
  stop(): void {
    this.#frames.length = 0;
    this.#files = 0;
    this.#conditions.forget(0);
    this.read(this.#scanner.end, this.#scanner.end);
  }

  #pop(frame: Frame): void {
    this.#frames.pop();
    if (frame.kind === "file") this.#files--;
    this.read(frame.at, frame.end);
  }
}
