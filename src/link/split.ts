/** Pass of garbage collection and string merging: sections in pieces, at functions, variables and strings. */
import { isJumpTableSection, type Section } from "../object/index.js";
import type { Context, Input, Piece } from "./context.js";
import { isMergeable } from "./layout.js";

function piece(start: number, end: number): Piece {
  return { start, end, live: true, why: undefined, foldedInto: undefined };
}

/** Strings end with a zero of `entsize` bytes; other mergeable data is entries of that size. */
function splitEntries({ data, entsize, flags }: Section): Piece[] {
  const pieces: Piece[] = [];
  let start = 0;
  for (let at = 0; at < data.length; at += entsize) {
    if (flags.strings) {
      let zero = true;
      for (let i = 0; i < entsize; i++) if (data[at + i] !== 0) zero = false;
      if (!zero && at + entsize < data.length) continue;
    }
    pieces.push(piece(start, at + entsize));
    start = at + entsize;
  }
  return pieces;
}

/** Splits mergeable sections into their strings. */
export function splitStrings({ inputs }: Context): void {
  for (const { object, sections, placed } of inputs) {
    for (const number of placed) {
      const section = object.sections[number]!;
      if (section.size > 0 && isMergeable(section)) sections[number]!.pieces = splitEntries(section);
    }
  }
}

/** Stretches of a section that symbols name: where each starts, and where it ends (the same where that is not said). */
function stretches(input: Input): Map<number, { start: number; end: number }[]> {
  const bySection = new Map<number, { start: number; end: number }[]>();
  const typed = new Set<number>();
  for (const { home, type } of input.object.symbols)
    if (home.kind === "section" && type === "func") typed.add(home.section);
  for (const { home, type, size, binding } of input.object.symbols) {
    if (home.kind !== "section" || type === "section" || type === "file") continue;
    const { flags } = input.object.sections[home.section]!;
    // In code, a label is the start of a function only where functions have no types.
    if (flags.exec && type !== "func" && (typed.has(home.section) || binding === "local")) continue;
    const stretch = { start: home.offset, end: home.offset + size };
    const list = bySection.get(home.section);
    if (list === undefined) bySection.set(home.section, [stretch]);
    else list.push(stretch);
  }
  return bySection;
}

/**
 * The pieces of a section of `size` bytes. Stretches that overlap are one piece; what stands between them without a name is
 * a piece of its own.
 */
function cut(size: number, named: { start: number; end: number }[]): Piece[] {
  const bounds = new Set<number>([0]);
  let reach = -1;
  for (const { start, end } of named.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (start >= reach) {
      if (reach > 0) bounds.add(reach);
      bounds.add(start);
      reach = end;
    } else reach = Math.max(reach, end);
  }
  if (reach > 0) bounds.add(reach);
  const sorted = [...bounds].filter((bound) => bound === 0 || bound < size).toSorted((a, b) => a - b);
  return sorted.map((start, i) => piece(start, sorted[i + 1] ?? size));
}

/** Splits code and data at their symbols. Sections without any stay whole. */
export function splitPieces({ inputs }: Context): void {
  for (const input of inputs) {
    const named = stretches(input);
    for (const number of input.placed) {
      const { name, size, flags } = input.object.sections[number]!;
      const state = input.sections[number]!;
      if (!(flags.alloc || isJumpTableSection(name)) || state.pieces !== undefined) continue;
      state.pieces = cut(size, named.get(number) ?? []);
    }
  }
}
