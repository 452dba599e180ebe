/**
 * The symbols of an Object as GNU nm lists them; `nm-format.ts` prints them. Source of the letters: the binutils manual, `nm`.
 */
import type { ObjectFile, ObjectSymbol, Section, SymbolType } from "../object/index.js";

export interface ListedSymbol {
  readonly name: string;
  /** nm's letter: upper case for globals. */
  readonly letter: string;
  /** In bytes from the start of its section, the alignment of a common symbol, or an absolute value; undefined for `U`, `w`. */
  readonly value: bigint | undefined;
  /** In bytes. */
  readonly size: number;
  /** `func`, `object`, … */
  readonly type: SymbolType;
  /** The name of its section, if it is in one. */
  readonly section: string | undefined;
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
    listed.push({ name: shown, letter: letterOf(object, symbol), value, size, type, section });
  }
  return listed;
}
