/**
 * Parts of a large function that are drawn side by side. Placing all its blocks in one picture would take time out of all
 * proportion, and lines across such a picture cannot be followed; parts of a bounded size are placed each on its own.
 */
import type { FunctionGraph } from "./cfg.js";

/** Blocks `first` to `end - 1`. */
export interface Piece {
  readonly first: number;
  readonly end: number;
}

/** A function of so many blocks is one picture. */
const whole = 120;
/** A part has at least so many blocks, and at most so many: there is a choice of places to cut. */
const [least, most] = [32, 64];

/** The parts of `graph` in the order of addresses, cut where the fewest ways cross. */
export function piecesOf({ blocks, edges }: Pick<FunctionGraph, "blocks" | "edges">): readonly Piece[] {
  const count = blocks.length;
  if (count <= whole) return [{ first: 0, end: count }];
  /** How many ways cross the line before each block: summed up from where they begin and end. */
  const crossing = new Int32Array(count + 1);
  for (const { from, to } of edges) {
    if (to === undefined || to === from) continue;
    crossing[Math.min(from, to) + 1]!++;
    crossing[Math.max(from, to) + 1]!--;
  }
  for (let i = 1; i <= count; i++) crossing[i]! += crossing[i - 1]!;
  const pieces: Piece[] = [];
  for (let first = 0; first < count;) {
    let end = count;
    if (count - first > most) {
      end = first + least;
      // The last part must not be a stump.
      const last = Math.min(first + most, count - least);
      for (let at = end + 1; at <= last; at++) if (crossing[at]! <= crossing[end]!) end = at;
    }
    pieces.push({ first, end });
    first = end;
  }
  return pieces;
}
