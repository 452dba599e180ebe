/** Where the functions of a section start and end. */
import type { ObjectFile, ObjectSymbol, Section } from "../../object/index.js";

export interface FunctionRange {
  readonly name: string;
  /** In bytes from the section's start; `end` is the byte behind. */
  readonly start: number;
  readonly end: number;
}

/** A symbol and where in its section it is. */
interface Placed {
  readonly start: number;
  readonly symbol: ObjectSymbol;
}

/** The named symbols in each section's bytes. */
export function placedSymbols({ sections, symbols }: ObjectFile): readonly (readonly Placed[])[] {
  const found: Placed[][] = sections.map(() => []);
  for (const symbol of symbols) {
    const { home, name } = symbol;
    if (home.kind !== "section" || name === "" || home.offset >= (sections[home.section]?.data.length ?? 0)) continue;
    found[home.section]!.push({ start: home.offset, symbol });
  }
  return found;
}

/**
 * The functions of a section, by address, given its symbols: those of type func, where there are none other global symbols,
 * where there are none of these either the whole section. A function ends where the next one starts, at the latest.
 */
export function functionsOf(section: Section, placed: readonly Placed[]): readonly FunctionRange[] {
  const { length } = section.data;
  const typed = placed.filter(({ symbol }) => symbol.type === "func");
  const chosen =
    typed.length > 0 ? typed : placed.filter(({ symbol }) => symbol.binding !== "local" && symbol.type === "notype");
  if (chosen.length === 0) return [{ name: section.name, start: 0, end: length }];
  const starts = new Map<number, Placed>();
  // Of several names of one place the first.
  for (const each of chosen) if (!starts.has(each.start)) starts.set(each.start, each);
  const order = [...starts.values()].toSorted((a, b) => a.start - b.start);
  return order.map(({ start, symbol: { name, size } }, i) => {
    const next = order[i + 1]?.start ?? length;
    return { name, start, end: size > 0 ? Math.min(start + size, next) : next };
  });
}
