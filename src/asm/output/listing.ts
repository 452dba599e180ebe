/**
 * The listing of a run: each line of the text with the place and the bytes that it has made. The layout is that of GNU as (`-al`), with
 * an instruction's eight bytes in one row.
 */
import { decodeUtf8, toHex } from "../../bytes/index.js";
import { reduce } from "../match/expression.js";
import { placeOf } from "./place.js";
import type { Run } from "../run.js";
import type { Piece } from "../text/source.js";
import { isDefined, placeSymbol } from "./symbols.js";
import type { AsmSymbol, ListingOptions } from "../types.js";

/** Bytes in a row, and rows for one statement at most, as in gas. */
const perRow = 8;
const mostRows = 5;

const debugging = /^\s*\.(?:loc|file|cfi_\w+)\b/i;

/** A statement that was read. */
interface Statement {
  /** Byte offset in the text. */
  readonly at: number;
  /** What it has put; undefined where that is nothing. */
  readonly start: AsmSymbol | undefined;
  readonly end: AsmSymbol | undefined;
}

/** A file whose lines are being listed. */
interface Open {
  readonly piece: Piece;
  readonly lines: readonly string[];
  /** Lines that have been listed. */
  done: number;
}

export class Listing {
  readonly #run: Run;
  readonly #statements: Statement[] = [];

  constructor(run: Run) {
    this.#run = run;
  }

  /** Reads the statement whose tokens are there by `read`, and remembers what it puts. */
  note(read: () => void): void {
    const { tokens, sections } = this.#run;
    const at = tokens.start[0]!;
    const section = sections.current;
    const before = placeSymbol(section, at);
    const [size, gaps] = [section.size, section.gaps.length];
    read();
    const grew = section.size !== size || section.gaps.length !== gaps;
    this.#statements.push({ at, start: grew ? before : undefined, end: grew ? placeSymbol(section, at) : undefined });
  }

  /** The listing, once everything has its place and its bytes. */
  text(options: ListingOptions): string {
    const parts: string[] = [];
    if (options.lines === true) new Writer(this.#run, options, parts).all(this.#statements);
    if (options.symbols === true) symbols(this.#run, parts);
    return parts.length === 0 ? "" : `${parts.join("\n")}\n`;
  }
}

class Writer {
  readonly #run: Run;
  readonly #options: ListingOptions;
  readonly #out: string[];
  readonly #open: Open[] = [];

  constructor(run: Run, options: ListingOptions, out: string[]) {
    this.#run = run;
    this.#options = options;
    this.#out = out;
  }

  all(statements: readonly Statement[]): void {
    const { source } = this.#run;
    this.#enter(source.pieceAt(0));
    for (const each of statements) this.#statement(each);
    while (this.#open.length > 0) this.#leave();
  }

  #statement(statement: Statement): void {
    const { source } = this.#run;
    let at = statement.at;
    let depth = 0;
    let home = source.pieceAt(at);
    for (; !home.isFile; home = source.pieceAt(at)) {
      at = home.from;
      depth++;
    }
    if (home.from >= 0 && !this.#open.some(({ piece }) => piece.start === home.start)) {
      this.#upTo(source.lineAt(home.from));
      this.#enter(home);
    }
    while (this.#open.at(-1)!.piece.start !== home.start) this.#leave();
    const file = this.#open.at(-1)!;
    const line = source.lineAt(at);
    this.#upTo(line - 1);
    const isNew = file.done < line;
    // Of an expansion the line that asks for it stands before.
    if (depth > 0 && isNew) this.#upTo(line);
    const shown = depth === 0 || this.#options.macros === true;
    const text = depth > 0 ? source.place(statement.at, statement.at).source : file.lines[line - 1]!;
    const repeats = !isNew && depth === 0 && this.#last !== line;
    const mark = depth > 0 || repeats ? "> " : "";
    if (depth === 0 && isNew) file.done = line;
    const isText = shown && (depth > 0 || isNew || repeats);
    this.#last = line;
    this.#rows(line, statement, isText ? `${mark}${text}` : undefined);
  }

  /** The line listed last. */
  #last = 0;

  #enter(piece: Piece): void {
    const { text } = this.#run.source;
    const lines = decodeUtf8(text.subarray(piece.start, piece.end)).split(/\r?\n/);
    if (lines.at(-1) === "") lines.pop();
    this.#open.push({ piece, lines, done: 0 });
  }

  #leave(): void {
    const file = this.#open.at(-1)!;
    this.#upTo(file.lines.length);
    this.#open.pop();
  }

  /** The lines up to `line`, which have put nothing. */
  #upTo(line: number): void {
    const file = this.#open.at(-1)!;
    while (file.done < line) {
      file.done++;
      this.#last = file.done;
      this.#row(file.done, "", "", file.lines[file.done - 1]);
    }
  }

  #rows(line: number, { start, end }: Statement, text: string | undefined): void {
    const section = start?.section;
    if (start === undefined || end === undefined || section === undefined) {
      if (text !== undefined) this.#row(line, "", "", text);
      return;
    }
    const [from, to] = [placeOf(start), placeOf(end)];
    if (from === to && text === undefined) return;
    const bytes = section.type === "nobits" ? new Uint8Array() : section.data.subarray(from, to);
    const rows = Math.max(1, Math.min(mostRows, Math.ceil(bytes.length / perRow)));
    for (let i = 0; i < rows; i++) {
      const hex = toHex(bytes.subarray(i * perRow, (i + 1) * perRow));
      this.#row(line, (from + i * perRow).toString(16).padStart(4, "0"), hex, i === 0 ? text : undefined);
    }
  }

  #row(line: number, place: string, hex: string, text: string | undefined): void {
    if (this.#options.debugging === false && hex === "" && text !== undefined && debugging.test(text)) return;
    const columns = `${String(line).padStart(5)} ${place.padEnd(4)} ${hex.padEnd(2 * perRow)}`;
    this.#out.push(text === undefined ? columns.trimEnd() : `${columns}  ${text}`.trimEnd());
  }
}

/** The names, and where each is. */
function symbols({ symbols: { all }, source }: Run, out: string[]): void {
  const named = all.filter(({ name, temporary }) => name !== "" && !temporary);
  const rows = named.filter(isDefined).map((symbol) => {
    const { file, line } = source.place(symbol.at, symbol.at);
    return [`${file}:${line}`, where(symbol), symbol.name] as const;
  });
  const wide = Math.max(0, ...rows.map(([at]) => at.length));
  const places = Math.max(0, ...rows.map(([, place]) => place.length));
  if (out.length > 0) out.push("");
  out.push(rows.length > 0 ? "DEFINED SYMBOLS" : "NO DEFINED SYMBOLS");
  for (const [at, place, name] of rows) out.push(`  ${at.padEnd(wide)}  ${place.padEnd(places)}  ${name}`);
  const missing = named.filter((symbol) => !isDefined(symbol) && (symbol.referred !== "no" || symbol.index >= 0));
  out.push("", missing.length > 0 ? "UNDEFINED SYMBOLS" : "NO UNDEFINED SYMBOLS");
  for (const { name } of missing) out.push(`  ${name}`);
}

function where(symbol: AsmSymbol): string {
  if (symbol.common !== undefined) return `*COM*:${symbol.common.size.toString(16).padStart(16, "0")}`;
  let at = symbol;
  let value = 0n;
  if (symbol.equation !== undefined) {
    const found = reduce(symbol.equation);
    if ("problem" in found) return "*ABS*";
    ({ value } = found);
    if (found.add === undefined) return `*ABS*:${BigInt.asUintN(64, value).toString(16).padStart(16, "0")}`;
    at = found.add;
  }
  const place = at.section === undefined ? value : BigInt(placeOf(at)) + value;
  return `${at.section?.name ?? "*UND*"}:${BigInt.asUintN(64, place).toString(16).padStart(16, "0")}`;
}
