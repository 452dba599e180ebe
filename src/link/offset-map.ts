/**
 * Where the bytes of an input section went: runs of bytes that moved together, each with its offset in the output section.
 * A section that stayed whole is one run; garbage collection, string merging and rewritten code make more of them.
 */
import { countBefore } from "../bytes/index.js";

export class OffsetMap {
  /** How far all bytes moved; undefined where they did not move together. */
  shift: number | undefined = undefined;
  /** First input offset of each run, ascending from 0, and what is added to get the output offset; undefined for a section that stayed whole. */
  #runs: { readonly starts: number[]; readonly shifts: number[] } | undefined = undefined;

  /** A section that stayed whole, placed at `offset`. */
  static whole(offset: number): OffsetMap {
    const map = new OffsetMap();
    map.shift = offset;
    return map;
  }

  /** The run from input offset `start` on (to the next run) is at output offset `at`; -1 where it was dropped. */
  add(start: number, at: number): void {
    const { starts, shifts } = (this.#runs ??= { starts: [], shifts: [] });
    const shift = at < 0 ? Number.NaN : at - start;
    const last = shifts.length - 1;
    if (last >= 0 && Object.is(shifts[last], shift)) return;
    starts.push(start);
    shifts.push(shift);
    this.shift = last < 0 && at >= 0 ? shift : undefined;
  }

  /** Did all bytes move by the same distance? */
  get isWhole(): boolean {
    return this.shift !== undefined;
  }

  /** The output offset of input offset `offset`, or -1 where that was dropped. Offsets outside go with the nearest run. */
  at(offset: number): number {
    if (this.shift !== undefined) return offset + this.shift;
    const { starts, shifts } = this.#runs!;
    const shift = shifts[runOf(starts, offset)]!;
    return Number.isNaN(shift) ? -1 : offset + shift;
  }

  /** The output offset behind the bytes that end before input offset `end`: what ends a run ends there, too. */
  endAt(end: number): number {
    if (end === 0) return this.at(0);
    const last = this.at(end - 1);
    return last < 0 ? -1 : last + 1;
  }

  /** The output offset behind the last byte of [start, end) that stayed; -1 where none did. */
  lastIn(start: number, end: number): number {
    if (this.shift !== undefined) return end > start ? end + this.shift : -1;
    const { starts, shifts } = this.#runs!;
    for (let run = runOf(starts, end - 1); run >= 0; run--) {
      const stop = Math.min(end, starts[run + 1] ?? end);
      if (stop <= start) break;
      if (!Number.isNaN(shifts[run])) return stop + shifts[run]!;
    }
    return -1;
  }

  /** Calls `visit` for every run of [from, to) that stayed. */
  each(from: number, to: number, visit: (start: number, end: number, at: number) => void): void {
    if (this.shift !== undefined) {
      if (to > from) visit(from, to, from + this.shift);
      return;
    }
    const { starts, shifts } = this.#runs!;
    for (let run = runOf(starts, from); run < starts.length && starts[run]! < to; run++) {
      const shift = shifts[run]!;
      const start = Math.max(from, starts[run]!);
      const end = Math.min(to, starts[run + 1] ?? to);
      if (!Number.isNaN(shift) && end > start) visit(start, end, start + shift);
    }
  }
}

/** The run that `offset` is in; 0 for what stands before the first. */
function runOf(starts: readonly number[], offset: number): number {
  return Math.max(0, countBefore(starts.length, (run) => starts[run]! <= offset) - 1);
}
