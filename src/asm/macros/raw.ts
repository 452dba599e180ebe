/**
 * Statements as raw text: bodies of macros and branches not taken are passed over without becoming tokens, and arguments of
 * macros are whatever stands there. What ends a statement and what is a comment is as in `scan.ts`.
 */
import { Class, classes } from "../text/scan.js";

const newline = 10;
const semicolon = 0x3b;
const colon = 0x3a;
const dot = 0x2e;

/** Directives that open, close or part blocks, by their letters as digits of base 32, whatever their case. */
const blockNames: ReadonlyMap<number, string> = new Map(
  (
    "if ifne ifeq iflt ifle ifgt ifge ifdef ifndef ifnotdef ifb ifnb ifc ifnc ifeqs ifnes else elsec elseif elsif endif endc " +
    "macro endm endmacro rept rep irp irpc irep irepc endr"
  )
    .split(" ")
    .map((name) => [[...name].reduce((key, letter) => key * 32 + (letter.charCodeAt(0) & 0x1f), 0), `.${name}`]),
);
const longestName = ".ifnotdef".length;

/** The bytes that `passStatement` looks at. */
const telling = new Uint8Array(256);
for (const char of "\n;#/\"'") telling[char.charCodeAt(0)] = 1;

function lineEnd(text: Uint8Array, at: number, end: number): number {
  const found = text.indexOf(newline, at);
  return found < 0 || found > end ? end : found;
}

/** Behind the block comment at `at`. */
function passBlock(text: Uint8Array, at: number, end: number): number {
  let star = text.indexOf(0x2a, at + 2);
  while (star >= 0 && star < end && text[star + 1] !== 0x2f) star = text.indexOf(0x2a, star + 1);
  return star < 0 || star >= end ? end : star + 2;
}

/** Behind the string at `at`, or where the line ends. */
function passString(text: Uint8Array, at: number, end: number): number {
  let next = at + 1;
  while (next < end && text[next] !== 0x22 && text[next] !== newline) {
    next += text[next] === 0x5c && text[next + 1] !== newline ? 2 : 1;
  }
  return Math.min(end, text[next] === 0x22 ? next + 1 : next);
}

/** Behind the character at `at`: `'a'`, `'a`, `'\n'`. */
function passCharacter(text: Uint8Array, at: number, end: number): number {
  let next = at + 1;
  if (text[next] === 0x5c) next++;
  if (next < end && text[next] !== newline) next++;
  return Math.min(end, text[next] === 0x27 ? next + 1 : next);
}

/**
 * Passes over the rest of a statement from `at` on; returns where it ends: at a newline, a separator (`separates`: there are
 * any) or `end`. `parts` gets where its text without comments starts and ends, by turns.
 */
export function passStatement(
  text: Uint8Array,
  from: number,
  end: number,
  separates: boolean,
  parts: number[] = [],
): number {
  let start = from;
  let at = from;
  while (at < end) {
    const byte = text[at]!;
    if (telling[byte] === 0) {
      at++;
    } else if (byte === newline || (byte === semicolon && separates)) {
      break;
    } else if (byte === 0x22) {
      at = passString(text, at, end);
    } else if (byte === 0x27) {
      at = passCharacter(text, at, end);
    } else if (byte === 0x2f && text[at + 1] === 0x2a) {
      parts.push(start, at);
      at = passBlock(text, at, end);
      start = at;
    } else if (byte === 0x2f && text[at + 1] !== 0x2f) {
      at++;
    } else {
      parts.push(start, at);
      return lineEnd(text, at, end);
    }
  }
  parts.push(start, at);
  return at;
}

export class RawStatements {
  readonly #text: Uint8Array;
  readonly #end: number;
  readonly #separates: boolean;
  /** Where the next statement may start. */
  at: number;
  /** The first word of the statement, without its labels; empty where it does not start with a word. */
  wordStart = 0;
  wordEnd = 0;

  constructor(text: Uint8Array, at: number, end: number, separates: boolean) {
    this.#text = text;
    this.at = at;
    this.#end = end;
    this.#separates = separates;
  }

  /** Goes to the next statement; false at the end. */
  next(): boolean {
    const text = this.#text;
    const end = this.#end;
    let { at } = this;
    for (;;) {
      if (at >= end) {
        this.at = end;
        return false;
      }
      const byte = text[at]!;
      const kind = classes[byte]!;
      if (kind === Class.blank || kind === Class.newline) {
        at++;
      } else if (kind >= Class.word) {
        this.wordStart = at;
        while (at < end && classes[text[at]!]! >= Class.word) at++;
        this.wordEnd = at;
        while (at < end && classes[text[at]!] === Class.blank) at++;
        if (text[at] !== colon || at >= end) break;
        at++;
      } else if (byte === semicolon) {
        at = this.#separates ? at + 1 : lineEnd(text, at, end);
      } else if (byte === 0x23 || (byte === 0x2f && text[at + 1] === 0x2f)) {
        at = lineEnd(text, at, end);
      } else if (byte === 0x2f && text[at + 1] === 0x2a) {
        at = passBlock(text, at, end);
      } else {
        this.wordStart = at;
        this.wordEnd = at;
        break;
      }
    }
    at = passStatement(text, at, end, this.#separates);
    this.at = Math.min(end, at + 1);
    return true;
  }

  /** Which of `blockNames` the first word is; undefined: none. */
  directive(): string | undefined {
    const text = this.#text;
    const { wordStart, wordEnd } = this;
    if (text[wordStart] !== dot || wordEnd - wordStart > longestName) return undefined;
    let key = 0;
    for (let at = wordStart + 1; at < wordEnd; at++) {
      const letter = text[at]! & 0x1f;
      if (text[at]! < 0x41) return undefined;
      key = key * 32 + letter;
    }
    return blockNames.get(key);
  }
}

/** The text of a statement from `at` on, without comments. */
export function statementText(text: Uint8Array, at: number, end: number, separates: boolean): string {
  const parts: number[] = [];
  passStatement(text, at, end, separates, parts);
  let made = "";
  for (let i = 0; i < parts.length; i += 2) made += `${i > 0 ? " " : ""}${latin1(text, parts[i]!, parts[i + 1]!)}`;
  return made;
}

/** Bytes as characters, one for one. */
export function latin1(text: Uint8Array, start: number, end: number): string {
  let made = "";
  for (let at = start; at < end; at += 4096) {
    const some = text.subarray(at, Math.min(end, at + 4096));
    made += String.fromCharCode.apply(null, some as unknown as number[]);
  }
  return made;
}

/** The bytes of what `latin1` made. */
export function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}
