/** Parts of code sections: what lies between two offsets, or what belongs to certain symbols. */
import { functionsOf, placedSymbols } from "./cfg/functions.js";
import type { ObjectFile } from "../object/index.js";

export interface PartOptions {
  /** Instructions from this offset of a section on, in bytes. */
  readonly from?: number;
  /** Instructions before this offset. */
  readonly to?: number;
  /** Only the bytes of these symbols. */
  readonly symbols?: readonly string[];
}

interface Range {
  readonly start: number;
  /** The byte behind. */
  readonly end: number;
}

/** Where `names` are in section `index`: functions to their ends, other symbols as far as their size or the next symbol. */
function symbolRanges(object: ObjectFile, index: number, names: readonly string[]): Range[] {
  const section = object.sections[index]!;
  const placed = placedSymbols(object)[index]!;
  const functions = functionsOf(section, placed);
  const starts = [...new Set(placed.map(({ start }) => start))].toSorted((a, b) => a - b);
  const ranges: Range[] = [];
  for (const { start, symbol } of placed) {
    if (!names.includes(symbol.name)) continue;
    const known = functions.find((each) => each.start === start);
    const next = starts.find((each) => each > start) ?? section.data.length;
    ranges.push({ start, end: known?.end ?? (symbol.size > 0 ? start + symbol.size : next) });
  }
  return ranges;
}

/** Whether the byte at an offset of section `index` is asked for; undefined where the whole section is. */
export function partOf(
  object: ObjectFile,
  index: number,
  { from = 0, to = Infinity, symbols }: PartOptions,
): ((offset: number) => boolean) | undefined {
  if (from === 0 && to === Infinity && symbols === undefined) return undefined;
  const ranges = symbols === undefined ? [{ start: 0, end: Infinity }] : symbolRanges(object, index, symbols);
  return (offset) => offset >= from && offset < to && ranges.some(({ start, end }) => offset >= start && offset < end);
}
