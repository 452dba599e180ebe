/** Text that says which references are to maps: what the assembler found out, written down for those who do not. */
import { encodeUtf8 } from "../../bytes/index.js";
import type { Run } from "../run.js";
import { lineMarker } from "../text/line-markers.js";
import type { Piece, Source } from "../text/source.js";
import type { TextRange } from "../types.js";

const before = encodeUtf8("%map(");
const after = encodeUtf8(")");

/** Something else in the place of `from` up to `until`. */
interface Change {
  readonly from: number;
  readonly until: number;
  readonly parts: readonly Uint8Array[];
}

/**
 * The main text with `%map(…)` around each operand of `run.impliedMaps`. Expansions and included files that have such operands stand in
 * the place of the statements that made them; the rest stays as it was. Says so where that would change what the text means.
 */
export function explicitMaps(run: Run): Uint8Array {
  const { source, impliedMaps } = run;
  const writer = new Writer(run, impliedMaps);
  for (const { start } of impliedMaps) writer.open(source.pieceAt(start));
  return joined(writer.write(source.pieceAt(0)));
}

class Writer {
  readonly #source: Source;
  readonly #run: Run;
  /** Texts by their start, of those that must be written out. */
  readonly #opened: Set<number> = new Set();
  /** Those that have a file's text in them: what follows is again of another file. */
  readonly #moved: Set<number> = new Set();
  /** Operands by the start of the text that they are in; each once, however often it was read. */
  readonly #operands: Map<number, Map<number, number>> = new Map();
  /** Texts by the statement that made them. */
  readonly #made: Map<number, Piece[]> = new Map();
  /** The statements that made texts, by the text that they are in. */
  readonly #statements: Map<number, Set<number>> = new Map();

  constructor(run: Run, operands: readonly TextRange[]) {
    this.#run = run;
    this.#source = run.source;
    for (const { start, end } of operands) {
      const { start: home } = this.#source.pieceAt(start);
      let own = this.#operands.get(home);
      if (own === undefined) this.#operands.set(home, (own = new Map()));
      own.set(start, end);
    }
    for (const piece of this.#source.pieces()) {
      if (piece.from < 0) continue;
      const { start: home } = this.#source.pieceAt(piece.from);
      let statements = this.#statements.get(home);
      if (statements === undefined) this.#statements.set(home, (statements = new Set()));
      statements.add(piece.from);
      const made = this.#made.get(piece.from);
      if (made === undefined) this.#made.set(piece.from, [piece]);
      else made.push(piece);
    }
  }

  /** `piece` is written out, and so is all that it is in. */
  open(piece: Piece): void {
    let at = piece;
    let moved = false;
    while (at.from >= 0) {
      moved ||= at.isFile;
      if (this.#opened.has(at.start) && (!moved || this.#moved.has(at.start))) return;
      this.#opened.add(at.start);
      if (moved) this.#moved.add(at.start);
      at = this.#source.pieceAt(at.from);
    }
  }

  /** The text of `piece` with its changes, in parts. */
  write(piece: Piece): readonly Uint8Array[] {
    const { text } = this.#source;
    const changes: Change[] = [];
    for (const [from, until] of this.#operands.get(piece.start) ?? [])
      changes.push({ from, until, parts: [before, text.subarray(from, until), after] });
    for (const statement of this.#statements.get(piece.start) ?? []) {
      const made = this.#made.get(statement)!;
      if (made.some(({ start }) => this.#opened.has(start))) changes.push(this.#inPlace(statement, made));
    }
    changes.sort((a, b) => a.from - b.from);
    const parts: Uint8Array[] = [];
    let at = piece.start;
    for (const change of changes) {
      parts.push(text.subarray(at, change.from), ...change.parts);
      at = change.until;
    }
    parts.push(text.subarray(at, piece.end));
    return parts;
  }

  /** The texts of `statement` in its place. */
  #inPlace(statement: number, made: readonly Piece[]): Change {
    const { report } = this.#run;
    const rounds: Uint8Array[] = [];
    for (const piece of made) {
      const whole = joined(this.write(piece));
      const known = rounds[piece.round];
      // In a repetition the same statement is read again; `.exitm` leaves what is no longer there.
      const sound = known === undefined ? !saysExit(whole) : same(known, whole);
      if (!sound) report.add("asm-explicit-map", {}, statement, statement + 1);
      rounds[piece.round] ??= whole;
    }
    const { until, isFile, start } = made[0]!;
    const parts = rounds.flatMap((each) => (each === undefined ? [] : [trimmed(each), newline]));
    // Files that it names are looked up beside it, and its lines are told as its own.
    if (isFile) parts.unshift(this.#marker(start, statement, 1));
    if (made.some((piece) => this.#moved.has(piece.start))) parts.push(this.#marker(until, undefined, 2));
    return { from: statement, until, parts };
  }

  /** The line that says where the text at `offset` was written, in the place of `statement`. */
  #marker(offset: number, statement: number | undefined, flag: 1 | 2): Uint8Array {
    const { file, line } = this.#source.writtenAt(offset);
    const begins =
      statement === undefined ||
      (this.#source.pieceAt(statement).isFile && (statement === 0 || this.#source.text[statement - 1] === newline[0]));
    return encodeUtf8(`${begins ? "" : "\n"}${lineMarker(line, file, flag)}`);
  }
}

const newline = encodeUtf8("\n");
const exit = encodeUtf8(".exitm");

function saysExit(text: Uint8Array): boolean {
  for (let at = text.indexOf(exit[0]!); at >= 0; at = text.indexOf(exit[0]!, at + 1))
    if (exit.every((byte, i) => (text[at + i]! | 0x20) === (byte | 0x20))) return true;
  return false;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Without newlines at the end. */
function trimmed(text: Uint8Array): Uint8Array {
  let end = text.length;
  while (end > 0 && text[end - 1] === newline[0]) end--;
  return text.subarray(0, end);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
