/**
 * The lines of tables that can be long, of symbols and of relocations, written as bytes. What a line looks like is said by a function
 * from facts to text. Where a table's rows are plain (elf/rows.ts), that function is asked for one line of each kind, and the others of
 * the kind are written as it with other numbers and another name.
 */
import { decodeUtf8, encodeUtf8 } from "../bytes/index.js";
import { relocWords, symbolWords, SymbolKind, type RelocRows, type SymbolRows } from "../elf/index.js";
import {
  relocFactsAt,
  relocRowsOf,
  symbolFactsAt,
  symbolRowsOf,
  type RelocFacts,
  type RelocTableFacts,
  type SymbolFacts,
  type SymbolTableFacts,
} from "./elf-facts.js";
import { putDecimalBefore, putHexBefore, TextBuffer } from "./text-buffer.js";

/** Takes pieces of text; bytes are overwritten afterwards. */
export type Sink = (piece: Uint8Array | string) => void;

/** What `write` writes, as one text. */
export function gathered(write: (put: Sink) => void): string {
  const pieces: string[] = [];
  write((piece) => pieces.push(typeof piece === "string" ? piece : decodeUtf8(piece)));
  return pieces.join("");
}

export function symbolCount(table: SymbolTableFacts): number {
  return symbolRowsOf(table)?.count ?? table.symbols.length;
}

export function relocCount(table: RelocTableFacts): number {
  return relocRowsOf(table)?.count ?? table.relocs.length;
}

export function hasAddends(table: RelocTableFacts): boolean {
  return relocRowsOf(table) === undefined && table.relocs.some(({ addend }) => addend !== undefined);
}

/** Text waiting before it is handed on. */
export const pieceSize: number = 1 << 16;

/** A line without its name, all its numbers 0, and where each number ends in it; -1 where it is not shown. */
export interface LineShape {
  readonly bytes: Uint8Array;
  readonly first: number;
  readonly second: number;
  readonly third: number;
}

/** The shape of lines of three numbers: that with zeros, and those with one 1. */
export function shapeOf(zero: string, first: string, second: string, third: string): LineShape {
  const digitsEnd = (other: string): number => {
    for (let i = 0; i < zero.length; i++) if (zero[i] !== other[i]) return i + 1;
    return -1;
  };
  return { bytes: encodeUtf8(zero), first: digitsEnd(first), second: digitsEnd(second), third: digitsEnd(third) };
}

/** Puts the shape and the name, the bytes of `names` from `name` to `end`; returns where the shape begins. */
export function putShape(
  out: TextBuffer,
  { bytes: shape }: LineShape,
  names: Uint8Array,
  name: number,
  end: number,
): number {
  out.ensure(shape.length + end - name + 1);
  const { bytes, length } = out;
  let at = length;
  bytes.set(shape, at);
  at += shape.length;
  for (let i = name; i < end; i++) bytes[at++] = names[i]!;
  bytes[at++] = 0x0a;
  out.length = at;
  return length;
}

/** The end of the string at `from`. */
export function endOf(strings: Uint8Array, from: number): number {
  while (strings[from] !== 0) from++;
  return from;
}

export function flush(out: TextBuffer, put: Sink): void {
  put(out.bytes.subarray(0, out.length));
  out.clear();
}

/** How the line of a symbol comes from its facts: the name last, undefined where it is not shown, which its name has no part in. */
export type SymbolLine = (symbol: SymbolFacts) => string | undefined;

export interface SymbolColumns {
  /** Decimal digits that there are columns for; 0 where sizes are hex in sixteen columns. */
  readonly sizeDigits: number;
  /** 0 where numbers of symbols are not shown. */
  readonly indexDigits: number;
}

/** Writes a line for each symbol of `table` from number `first` on. */
export function writeSymbols(
  table: SymbolTableFacts,
  line: SymbolLine,
  columns: SymbolColumns,
  first: number,
  put: Sink,
): void {
  const rows = symbolRowsOf(table);
  if (rows === undefined) {
    put(
      table.symbols
        .slice(first)
        .map((symbol) => line(symbol))
        .flatMap((text) => (text === undefined ? [] : [`${text}\n`]))
        .join(""),
    );
    return;
  }
  writeSymbolRows(rows, (index) => symbolFactsAt(table, index), line, columns, first, put);
}

function symbolShape(facts: SymbolFacts, line: SymbolLine): LineShape | undefined {
  const zero = { ...facts, index: 0, value: 0n, size: 0n, name: "" };
  const text = line(zero);
  if (text === undefined) return undefined;
  return shapeOf(text, line({ ...zero, index: 1 })!, line({ ...zero, value: 1n })!, line({ ...zero, size: 1n })!);
}

function writeSymbolRows(
  { words, count, strings }: SymbolRows,
  factsAt: (index: number) => SymbolFacts,
  line: SymbolLine,
  { sizeDigits, indexDigits }: SymbolColumns,
  first: number,
  put: Sink,
): void {
  const out = new TextBuffer(new Uint8Array(2 * pieceSize));
  const shapes = new Map<number, LineShape | undefined>();
  const indexes = indexDigits === 0 ? count : 10 ** indexDigits;
  const sizes = sizeDigits === 0 ? 2 ** 32 : 10 ** sizeDigits;
  for (let index = first, at = first * symbolWords; index < count; index++, at += symbolWords) {
    const kind = words[at + 1]!;
    let shape = shapes.get(kind);
    if (shape === undefined) {
      if (!shapes.has(kind)) shapes.set(kind, (shape = symbolShape(factsAt(index), line)));
      if (shape === undefined) continue;
    }
    const name = words[at]!;
    const size = words[at + 4]!;
    // Sections' symbols may have their section's name.
    const unusual = (kind & 15) === SymbolKind.STT_SECTION && strings[name] === 0;
    if (unusual || size >= sizes || words[at + 5] !== 0 || index >= indexes) out.text(`${line(factsAt(index))!}\n`);
    else {
      const start = putShape(out, shape, strings, name, endOf(strings, name));
      const valueEnd = start + shape.second;
      if (shape.first >= 0) putDecimalBefore(out.bytes, start + shape.first, index);
      putHexBefore(out.bytes, valueEnd, words[at + 2]!);
      if (words[at + 3] !== 0) putHexBefore(out.bytes, valueEnd - 8, words[at + 3]!);
      if (sizeDigits === 0) putHexBefore(out.bytes, start + shape.third, size);
      else putDecimalBefore(out.bytes, start + shape.third, size);
    }
    if (out.length >= pieceSize) flush(out, put);
  }
  flush(out, put);
}

/** Writes a line for each relocation of `table`; in `line` the symbol's name comes last, as far as there is no addend. */
export function writeRelocs(table: RelocTableFacts, line: (reloc: RelocFacts) => string, put: Sink): void {
  const rows = relocRowsOf(table);
  if (rows === undefined) put(table.relocs.map((reloc) => `${line(reloc)}\n`).join(""));
  else writeRelocRows(rows, (index) => relocFactsAt(table, index), line, put);
}

function relocShape(facts: RelocFacts, line: (reloc: RelocFacts) => string): LineShape {
  const zero = { ...facts, offset: 0, symbolValue: 0n, symbolName: "" };
  // Symbol 0 has a layout of its own: here 2 stands for no bit of 1.
  const text = line({ ...zero, symbol: 2 });
  const shape = shapeOf(
    text,
    line({ ...zero, symbol: 2, offset: 1 }),
    line({ ...zero, symbol: 3 }),
    line({ ...zero, symbol: 2, symbolValue: 1n }),
  );
  if (shape.second >= 0) shape.bytes[shape.second - 1] = 0x30;
  return shape;
}

function writeRelocRows(
  { words, count, symbols }: RelocRows,
  factsAt: (index: number) => RelocFacts,
  line: (reloc: RelocFacts) => string,
  put: Sink,
): void {
  const out = new TextBuffer(new Uint8Array(2 * pieceSize));
  const shapes = new Map<number, LineShape>();
  const { words: symbolTable, strings } = symbols;
  /** Names that are not the symbols' own but their sections'. */
  const others = new Map<number, Uint8Array>();
  for (let index = 0, at = 0; index < count; index++, at += relocWords) {
    const type = words[at + 2]!;
    const symbol = words[at + 3]!;
    if (symbol === 0) out.text(`${line(factsAt(index))}\n`);
    else {
      let shape = shapes.get(type);
      if (shape === undefined) shapes.set(type, (shape = relocShape(factsAt(index), line)));
      const row = symbol * symbolWords;
      const name = symbolTable[row]!;
      let start: number;
      if (strings[name] === 0) {
        let other = others.get(symbol);
        if (other === undefined) others.set(symbol, (other = encodeUtf8(factsAt(index).symbolName)));
        start = putShape(out, shape, other, 0, other.length);
      } else start = putShape(out, shape, strings, name, endOf(strings, name));
      putHexBefore(out.bytes, start + shape.first, words[at]!);
      if (shape.second >= 0) putHexBefore(out.bytes, start + shape.second, symbol);
      if (shape.third >= 0) {
        putHexBefore(out.bytes, start + shape.third, symbolTable[row + 2]!);
        if (symbolTable[row + 3] !== 0) putHexBefore(out.bytes, start + shape.third - 8, symbolTable[row + 3]!);
      }
    }
    if (out.length >= pieceSize) flush(out, put);
  }
  flush(out, put);
}
