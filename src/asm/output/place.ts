/** Where symbols are, also while gaps and jumps before them have no size yet. */
import type { AsmSection, AsmSymbol } from "../types.js";

/** Bytes from the start of its section to `symbol`, which is in one. Final once the section is laid out. */
export function placeOf({ section, offset, after }: AsmSymbol): number {
  const layout = section?.layout;
  return layout === undefined || after < 0 ? offset : layout.place(offset, after);
}

/** Remembers that the bytes between two places were counted before jumps between them could grow. */
function measure(section: AsmSection, one: number, two: number): void {
  const low = Math.min(one, two);
  const high = Math.max(one, two);
  const { measured } = section;
  if (measured === undefined) {
    section.measured = { low, high };
  } else {
    measured.low = Math.min(measured.low, low);
    measured.high = Math.max(measured.high, high);
  }
}

/** Bytes from `from` to `to`, both of one section; undefined where they are not, or while something between has no size yet. */
export function distance(to: AsmSymbol | undefined, from: AsmSymbol | undefined): number | undefined {
  const section = to?.section;
  if (section === undefined || section !== from?.section) return undefined;
  if (section.layout !== undefined) return placeOf(to!) - placeOf(from);
  if (to!.after !== from.after) return undefined;
  if (section.flags.exec) measure(section, to!.offset, from.offset);
  return to!.offset - from.offset;
}
