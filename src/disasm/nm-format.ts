/** Symbols in the layouts of GNU nm: BSD's, POSIX's, System V's, and names alone. */
import { hex64 } from "./hex.js";
import type { ListedSymbol } from "./nm.js";

export type SymbolLayout = "bsd" | "posix" | "sysv" | "just-symbols";

export interface SymbolFormat {
  readonly layout?: SymbolLayout;
  /** By name (default), by address, by size, or in the order of the list. */
  readonly sort?: "name" | "address" | "size" | "none";
  readonly reverse?: boolean;
  /** BSD's layout: sizes behind the values. Sorted by size it has them instead of values, unless this is set. */
  readonly sizes?: boolean;
  /** Of values and sizes: 16 unless given. */
  readonly radix?: 8 | 10 | 16;
  /** Before each symbol. */
  readonly prefix?: string;
  /** `file:line` of a symbol, shown behind it. */
  readonly place?: (symbol: ListedSymbol) => string | undefined;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : Number(a > b);
}

/** Undefined symbols come first, then by value, then by name. */
function compareAddress(a: ListedSymbol, b: ListedSymbol): number {
  const left = a.value ?? -1n;
  const right = b.value ?? -1n;
  return left === right ? compare(a.name, b.name) : left < right ? -1 : 1;
}

function sorted(list: readonly ListedSymbol[], { sort = "name", reverse = false }: SymbolFormat): ListedSymbol[] {
  // As GNU nm: by size only what has one.
  const all = sort === "size" ? list.filter(({ size, value }) => size > 0 && value !== undefined) : [...list];
  if (sort === "name") all.sort((a, b) => compare(a.name, b.name));
  if (sort === "address") all.sort(compareAddress);
  if (sort === "size") all.sort((a, b) => a.size - b.size || compare(a.name, b.name));
  return reverse ? all.toReversed() : all;
}

const blank = " ".repeat(16);

const sysvHead = `Name                  Value           Class        Type         Size             Line  Section`;

/** What a System V table calls the place of a symbol in no section. */
function homeOf({ section, letter }: ListedSymbol): string {
  if (section !== undefined) return section;
  return letter === "C" ? "*COM*" : letter.toLowerCase() === "a" ? "*ABS*" : "*UND*";
}

/** The lines of `list`, sorted and laid out as `format` says; a System V table with its head. */
export function formatSymbols(list: readonly ListedSymbol[], format: SymbolFormat = {}): string {
  const { layout = "bsd", radix = 16, prefix = "", sizes = false, place } = format;
  const number = (value: bigint | number): string =>
    radix === 16 ? hex64(value) : BigInt.asUintN(64, BigInt(value)).toString(radix);
  const wide = (value: bigint | number): string => number(value).padStart(16, "0");
  const line = (symbol: ListedSymbol): string => {
    const { name, letter, value, size, type } = symbol;
    switch (layout) {
      case "just-symbols":
        return name;
      case "posix":
        if (value === undefined) return `${name} ${letter}         `;
        return `${name} ${letter} ${number(value)}${size > 0 ? ` ${number(size)}` : " "}`;
      case "sysv": {
        const [first, second] = value === undefined ? [blank, blank] : [wide(value), size > 0 ? wide(size) : blank];
        const kind = String(type).toUpperCase().padStart(18);
        return `${name.padEnd(20)}|${first}|${letter.padStart(4)}  |${kind}|${second}|     |${homeOf(symbol)}`;
      }
      case "bsd": {
        if (value === undefined) return `${blank} ${letter} ${name}`;
        if (format.sort === "size" && !sizes) return `${wide(size)} ${letter} ${name}`;
        return `${wide(value)}${sizes && size > 0 ? ` ${wide(size)}` : ""} ${letter} ${name}`;
      }
    }
  };
  const lines = sorted(list, format).map((symbol) => {
    const where = place?.(symbol);
    return `${prefix}${line(symbol)}${where === undefined ? "" : `\t${where}`}\n`;
  });
  return `${layout === "sysv" ? `\n${sysvHead}\n\n` : ""}${lines.join("")}`;
}
