/**
 * Symbols and relocations as rows of numbers. An Object has them as records, which say what they are; the linker and the writer pass
 * very many on and look at few. Where an Object was made from rows, its records are made when somebody asks for them.
 */
import { newWords, type NameTable } from "../bytes/index.js";
import { bindings, symbolTypes, visibilities } from "./read-symbols.js";
import { relocKinds, type RelocKind } from "./relocations.js";
import type { ObjectFile, ObjectSymbol, Relocation, Section, SymbolHome } from "./types.js";

/** The number of a kind in a row. */
export const kindNumbers: Readonly<Record<RelocKind, number>> = Object.fromEntries(
  relocKinds.map((kind, number) => [kind, number]),
) as Record<RelocKind, number>;

/** The number of two words, of which the high one has the sign. Where it is 0 the number needs no memory of its own. */
function joined(low: number, high: number): number {
  return high === 0 && low >= 0 ? low : high * 0x1_0000_0000 + (low >>> 0);
}

function highOf(value: number): number {
  return value === (value | 0) && value >= 0 ? 0 : Math.floor(value / 0x1_0000_0000);
}

/** `words` with room for `end` of them. */
function roomy(words: Int32Array, end: number): Int32Array {
  if (end <= words.length) return words;
  const grown = new Int32Array(Math.max(end, 2 * words.length));
  grown.set(words);
  return grown;
}

/** Words of a row: offset, number of the kind, symbol, addend. */
export const relocationRow = 4;
/** In the word of the kind: the last word is no addend but says which of the large ones it is. */
export const largeAddend = 0x100;

export class RelocationList {
  words: Int32Array;
  count = 0;
  /** A bit for each kind that was added. */
  #kinds = 0;
  /** Addends of more than 32 bits. */
  readonly #large: bigint[] = [];
  #records: readonly Relocation[] | undefined;

  constructor(room = 0) {
    this.words = newWords(room * relocationRow);
  }

  /** Adds a row; the addend is one of 32 bits. */
  push(offset: number, kind: number, symbol: number, addend: number): void {
    const at = this.count++ * relocationRow;
    const words = (this.words = roomy(this.words, at + relocationRow));
    words[at] = offset;
    words[at + 1] = kind;
    words[at + 2] = symbol;
    words[at + 3] = addend;
    this.#kinds |= 1 << kind;
  }

  /** Says that rows of a kind are put into `words` from outside. */
  expect(kind: number): void {
    this.#kinds |= 1 << kind;
  }

  /** May there be a relocation of the kind? Where not, no pass that looks for them need walk over the rows. */
  mayHave(kind: number): boolean {
    return (this.#kinds & (1 << kind)) !== 0;
  }

  add({ offset, kind, symbol, addend }: Relocation): void {
    const small = Number(BigInt.asIntN(32, addend));
    if (BigInt(small) === addend) this.push(offset, kindNumbers[kind], symbol, small);
    else this.push(offset, kindNumbers[kind] + largeAddend, symbol, this.#large.push(addend) - 1);
  }

  record(number: number): Relocation {
    const { words } = this;
    const at = number * relocationRow;
    const kind = words[at + 1]!;
    const last = words[at + 3]!;
    return {
      offset: words[at]! >>> 0,
      kind: relocKinds[kind % largeAddend]!,
      symbol: words[at + 2]!,
      addend: kind < largeAddend ? BigInt(last) : this.#large[last]!,
    };
  }

  /** All records, made once. */
  records(): readonly Relocation[] {
    return (this.#records ??= Array.from({ length: this.count }, (_, number) => this.record(number)));
  }

  /** Gives every symbol its new number, and sorts. */
  finish(numbers: Int32Array): void {
    const { words } = this;
    const end = this.count * relocationRow;
    let isSorted = true;
    let last = -1;
    for (let at = 0; at < end; at += relocationRow) {
      words[at + 2] = numbers[words[at + 2]!]!;
      isSorted &&= last <= words[at]!;
      last = words[at]!;
    }
    if (!isSorted) this.sort();
  }

  /** Sorts by offset; relocations of one place keep their order. */
  sort(): void {
    const { words } = this;
    const end = this.count * relocationRow;
    let sorted = true;
    for (let at = relocationRow; at < end && sorted; at += relocationRow)
      sorted = words[at - relocationRow]! <= words[at]!;
    if (sorted) return;
    const order = Array.from({ length: this.count }, (_, number) => number * relocationRow);
    order.sort((a, b) => words[a]! - words[b]!);
    const made = new Int32Array(end);
    order.forEach((from, number) => made.set(words.subarray(from, from + relocationRow), number * relocationRow));
    this.words = made;
  }
}

/** Words of a row: name, home, info, value and size with the low word first. */
export const symbolRow = 7;
/** Homes of no section; all others are the number of one. */
export const homes = { undefined: -1, absolute: -2, common: -3 } as const;

/** Binding, visibility and type as one number. */
export function infoOf({ binding, type, visibility }: Pick<ObjectSymbol, "binding" | "type" | "visibility">): number {
  const number = typeof type === "number" ? type : symbolTypes.indexOf(type);
  return bindings.indexOf(binding) + 4 * visibilities.indexOf(visibility) + 16 * number;
}
const weak = bindings.indexOf("weak");
export const bindingOf = (info: number): number => info & 3;
export const visibilityOf = (info: number): number => (info >> 2) & 3;
export const typeOf = (info: number): number => info >> 4;

/** What the first words of a list's rows say. */
export interface SymbolNames {
  text(word: number): string;
  /** The number of that name in `table`, which takes it where it is new. */
  numberIn(table: NameTable, word: number): number;
}

/** Words that are numbers of names in `table`. */
export class TableNames implements SymbolNames {
  readonly table: NameTable;

  constructor(table: NameTable) {
    this.table = table;
  }

  text(word: number): string {
    return this.table.text(word);
  }

  numberIn(table: NameTable, word: number): number {
    return table === this.table ? word : table.add(this.text(word));
  }
}

/** Words that are places of symbols in a list of records. */
class RecordNames implements SymbolNames {
  readonly #symbols: readonly ObjectSymbol[];

  constructor(symbols: readonly ObjectSymbol[]) {
    this.#symbols = symbols;
  }

  text(word: number): string {
    return this.#symbols[word]!.name;
  }

  numberIn(table: NameTable, word: number): number {
    return table.add(this.text(word));
  }
}

export class SymbolList {
  words: Int32Array;
  count = 0;
  readonly names: SymbolNames;
  readonly #absolutes: bigint[];
  #records: readonly ObjectSymbol[] | undefined;

  constructor(room: number, names: SymbolNames, absolutes: bigint[] = []) {
    this.words = newWords(room * symbolRow);
    this.names = names;
    this.#absolutes = absolutes;
  }

  /** Adds a row, its value an offset or alignment. */
  push(name: number, home: number, info: number, value: number, size: number): void {
    const at = this.count++ * symbolRow;
    const words = (this.words = roomy(this.words, at + symbolRow));
    words[at] = name;
    words[at + 1] = home;
    words[at + 2] = info;
    words[at + 3] = value;
    words[at + 4] = highOf(value);
    words[at + 5] = size;
    words[at + 6] = highOf(size);
  }

  pushAbsolute(name: number, info: number, value: bigint, size: number): void {
    this.push(name, homes.absolute, info, 0, size);
    this.setAbsolute(this.count - 1, value);
  }

  /** Gives an absolute symbol its value. */
  setAbsolute(number: number, value: bigint): void {
    const at = number * symbolRow;
    this.words[at + 3] = this.#absolutes.push(value) - 1;
    this.words[at + 4] = 0;
  }

  /** Adds a symbol, called by what the list takes for a name. */
  add(name: number, symbol: ObjectSymbol): void {
    const { home, size } = symbol;
    const info = infoOf(symbol);
    if (home.kind === "section") this.push(name, home.section, info, home.offset, size);
    else if (home.kind === "undefined") this.push(name, homes.undefined, info, 0, size);
    else if (home.kind === "common") this.push(name, homes.common, info, home.align, size);
    else this.pushAbsolute(name, info, home.value, size);
  }

  /** A list with the same names and no symbols, for copies of these. */
  empty(): SymbolList {
    return new SymbolList(this.count, this.names, this.#absolutes);
  }

  /** Makes room for so many more. */
  reserve(more: number): void {
    this.words = roomy(this.words, (this.count + more) * symbolRow);
  }

  /** Adds copies of the symbols from `start` to `end` of the list that this one is for copies of. */
  append({ words }: SymbolList, start: number, end: number): void {
    this.reserve(end - start);
    this.words.set(words.subarray(start * symbolRow, end * symbolRow), this.count * symbolRow);
    this.count += end - start;
  }

  name(number: number): string {
    return this.names.text(this.words[number * symbolRow]!);
  }

  /** The number of the symbol's name in `table`, which takes it where it is new. */
  nameIn(table: NameTable, number: number): number {
    return this.names.numberIn(table, this.words[number * symbolRow]!);
  }

  home(number: number): number {
    return this.words[number * symbolRow + 1]!;
  }

  info(number: number): number {
    return this.words[number * symbolRow + 2]!;
  }

  isWeak(number: number): boolean {
    return bindingOf(this.info(number)) === weak;
  }

  /** The offset in the section, or the alignment. */
  value(number: number): number {
    const at = number * symbolRow;
    return joined(this.words[at + 3]!, this.words[at + 4]!);
  }

  /** The value of an absolute symbol. */
  absolute(number: number): bigint {
    return this.#absolutes[this.value(number)]!;
  }

  size(number: number): number {
    const at = number * symbolRow;
    return joined(this.words[at + 5]!, this.words[at + 6]!);
  }

  record(number: number): ObjectSymbol {
    const info = this.info(number);
    return {
      name: this.name(number),
      home: this.#homeOf(number),
      size: this.size(number),
      binding: bindings[bindingOf(info)]!,
      type: symbolTypes[typeOf(info)] ?? typeOf(info),
      visibility: visibilities[visibilityOf(info)]!,
    };
  }

  /** All records, made once. */
  records(): readonly ObjectSymbol[] {
    return (this.#records ??= Array.from({ length: this.count }, (_, number) => this.record(number)));
  }

  #homeOf(number: number): SymbolHome {
    const home = this.home(number);
    if (home === homes.undefined) return { kind: "undefined" };
    if (home === homes.absolute) return { kind: "absolute", value: this.absolute(number) };
    if (home === homes.common) return { kind: "common", align: this.value(number) };
    return { kind: "section", section: home, offset: this.value(number) };
  }
}

/** For all sections without relocations: nobody adds to it. */
const noRows = new RelocationList();
/** Where a section or an Object has its rows: not enumerable, so that a changed copy has none. */
const rows = Symbol("rows");

interface FromRows<List> {
  readonly [rows]?: List;
}

/** Properties whose records are made late. One function serves all: with a function for each, V8 would make each object a map of its own. */
const lateRelocations = {
  enumerable: true,
  configurable: true,
  get(this: FromRows<RelocationList>) {
    return this[rows]!.records();
  },
};
const lateSymbols = {
  enumerable: true,
  configurable: true,
  get(this: FromRows<SymbolList>) {
    return this[rows]!.records();
  },
};

/** The relocations of a section as rows: those that they were made from, or new ones. */
export function relocationRows(section: Section): RelocationList {
  const known = (section as FromRows<RelocationList>)[rows];
  if (known !== undefined) return known;
  if (section.relocations.length === 0) return noRows;
  const list = new RelocationList(section.relocations.length);
  for (const relocation of section.relocations) list.add(relocation);
  return list;
}

/** The symbols of an Object as rows: those that they were made from, or new ones. */
export function symbolRows(object: ObjectFile): SymbolList {
  const known = (object as FromRows<SymbolList>)[rows];
  if (known !== undefined) return known;
  const { symbols } = object;
  const list = new SymbolList(symbols.length, new RecordNames(symbols));
  for (let number = 0; number < symbols.length; number++) list.add(number, symbols[number]!);
  return list;
}

/** A list of one symbol. */
export function rowOfSymbol(symbol: ObjectSymbol): SymbolList {
  const list = new SymbolList(1, new RecordNames([symbol]));
  list.add(0, symbol);
  return list;
}

/** A section like the given one, whose relocations are `list`, which nobody changes any more. */
export function sectionOf(
  { name, type, flags, align, entsize, size, data, group, linkedTo }: Omit<Section, "relocations">,
  list: RelocationList,
): Section {
  const section = { name, type, flags, align, entsize, size, data, group, linkedTo };
  Object.defineProperty(section, rows, { value: list });
  return Object.defineProperty(section, "relocations", lateRelocations) as Section;
}

/** Makes `object` one whose symbols are `list`, which nobody changes any more. */
export function objectOf(object: Omit<ObjectFile, "symbols">, list: SymbolList): ObjectFile {
  Object.defineProperty(object, rows, { value: list });
  return Object.defineProperty(object, "symbols", lateSymbols) as ObjectFile;
}
