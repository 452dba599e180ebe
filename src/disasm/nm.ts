/**
 * The symbols of an Object as GNU nm lists them. Source of the letters: the binutils manual, `nm`.
 */
import type { ObjectFile, ObjectSymbol, Section } from "../object/index.js";

export interface ListedSymbol {
  readonly name: string;
  /** nm's letter: upper case for globals. */
  readonly letter: string;
  /** In bytes from the start of its section, the alignment of a common symbol, or an absolute value; undefined for `U`, `w`. */
  readonly value: bigint | undefined;
  /** In bytes. */
  readonly size: number;
  /** The name of its section, if it is in one. */
  readonly section: string | undefined;
}

export interface SymbolFormat {
  /** By name (default), by address, or in the order of the list. */
  readonly sort?: "name" | "address" | "none";
  readonly reverse?: boolean;
}

/** The letter of a section's contents, for local symbols. */
function sectionLetter({ type, flags, name }: Section): string {
  if (flags.exec) return "t";
  if (type === "nobits") return "b";
  if (flags.alloc) return flags.write ? "d" : "r";
  // Not loaded: debugging sections are N, notes and tables n.
  return name.startsWith(".debug") ? "N" : "n";
}

function letterOf(object: ObjectFile, { home, binding, type }: ObjectSymbol): string {
  const section = home.kind === "section" ? object.sections[home.section] : undefined;
  if (home.kind === "common") return "C";
  if (binding === "weak") {
    const letter = type === "object" ? "v" : "w";
    return home.kind === "undefined" ? letter : letter.toUpperCase();
  }
  if (home.kind === "undefined") return "U";
  const letter = section === undefined ? "a" : sectionLetter(section);
  return binding === "local" ? letter : letter.toUpperCase();
}

export interface ListOptions {
  /** Section and file symbols, too. */
  readonly all?: boolean;
  /** The address of each section, for linked files; 0 unless given. */
  readonly addresses?: readonly bigint[];
}

/** The symbols of `object` in the order of its table. */
export function listSymbols(object: ObjectFile, options: ListOptions = {}): readonly ListedSymbol[] {
  const listed: ListedSymbol[] = [];
  for (const symbol of object.symbols) {
    const { name, home, size, type } = symbol;
    const section = home.kind === "section" ? object.sections[home.section]?.name : undefined;
    const isAside = type === "section" || type === "file" || name === "";
    if (isAside && options.all !== true) continue;
    let value: bigint | undefined;
    if (home.kind === "section") value = (options.addresses?.[home.section] ?? 0n) + BigInt(home.offset);
    else if (home.kind === "absolute") value = home.value;
    else if (home.kind === "common") value = BigInt(size);
    const shown = name === "" && type === "section" ? (section ?? "") : name;
    listed.push({ name: shown, letter: letterOf(object, symbol), value, size, section });
  }
  return listed;
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

/** One line a symbol: 16 hex digits (blank where there is no value), letter, name. */
export function formatSymbols(list: readonly ListedSymbol[], format: SymbolFormat = {}): string {
  const { sort = "name" } = format;
  const sorted = [...list];
  if (sort === "name") sorted.sort((a, b) => compare(a.name, b.name));
  if (sort === "address") sorted.sort(compareAddress);
  let text = "";
  for (const { name, letter, value } of format.reverse === true ? sorted.toReversed() : sorted) {
    const shown = value === undefined ? " ".repeat(16) : BigInt.asUintN(64, value).toString(16).padStart(16, "0");
    text += `${shown} ${letter} ${name}\n`;
  }
  return text;
}
