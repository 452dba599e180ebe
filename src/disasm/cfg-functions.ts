/** Where the functions of a section start and end. */
import type { ObjectFile } from "../object/index.js";

export interface FunctionRange {
  readonly name: string;
  /** In bytes from the section's start; `end` is the byte behind. */
  readonly start: number;
  readonly end: number;
}

/**
 * The functions of section `index`, by address: symbols of type func, where there are none other global symbols, where there
 * are none of these either the whole section. A function ends where the next one
 * starts, at the latest.
 */
export function functionsOf(object: ObjectFile, index: number): readonly FunctionRange[] {
  const section = object.sections[index]!;
  const length = section.data.length;
  const placed = object.symbols.flatMap(({ home, name, type, binding, size }) =>
    home.kind === "section" && home.section === index && home.offset < length && name !== ""
      ? [{ name, type, binding, start: home.offset, size }]
      : [],
  );
  const typed = placed.filter(({ type }) => type === "func");
  const chosen =
    typed.length > 0 ? typed : placed.filter(({ binding, type }) => binding !== "local" && type === "notype");
  if (chosen.length === 0) return [{ name: section.name, start: 0, end: length }];
  const starts = new Map<number, (typeof chosen)[number]>();
  // Of several names of one place the first.
  for (const each of chosen) if (!starts.has(each.start)) starts.set(each.start, each);
  const order = [...starts.values()].toSorted((a, b) => a.start - b.start);
  return order.map(({ name, start, size }, i) => {
    const next = order[i + 1]?.start ?? length;
    return { name, start, end: size > 0 ? Math.min(start + size, next) : next };
  });
}
