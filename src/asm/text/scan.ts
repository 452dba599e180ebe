/**
 * Bytes to tokens, one statement at a time. Source: reference section 4.1 as docs/assembler.md states it.
 *
 * `#` and `//` start a comment up to the end of the line, `;` too in the GNU and kernel dialects, where the others end a
 * statement with it; block comments may span lines.
 */
import type { Dialect } from "../../isa/index.js";
import { decodeUtf8 } from "../../bytes/index.js";
import { kernelLine } from "./kernel-lines.js";
import { hashStart, hashStep, type Interner } from "./intern.js";
import { maxTokens, packed, Token, type Tokens } from "./tokens.js";

/** Words go on with the classes from `word` on. */
export const Class = { other: 0, blank: 1, newline: 2, operator: 3, word: 4, digit: 5 } as const;

/** What each byte is. */
export const classes: Uint8Array = new Uint8Array(256);
classes.fill(Class.word, 0x80);
for (const char of " \t\r\f\v") classes[char.charCodeAt(0)] = Class.blank;
classes[10] = Class.newline;
for (let i = 0; i < 26; i++) {
  classes[0x41 + i] = Class.word;
  classes[0x61 + i] = Class.word;
}
for (const char of "_.$") classes[char.charCodeAt(0)] = Class.word;
for (let i = 0x30; i < 0x3a; i++) classes[i] = Class.digit;
for (const char of "+-*/%&|^~<>=!()[],:@{}?\\`") classes[char.charCodeAt(0)] = Class.operator;

const equals = 0x3d;
const minus = 0x2d;

/** What is wrong with the text itself. */
export type ScanProblem =
  | "byte"
  | "string"
  | "number"
  | "number-range"
  | "comment"
  | "character"
  | "word"
  | "statement";

/** A name is not longer than this, in bytes. */
export const maxWord: number = 2 ** 16;

/** Digits that fit 128 bits, by base. */
const longest: Readonly<Record<number, number>> = { 2: 128, 8: 43, 10: 39, 16: 32 };

const longestFloat = 64;
/** Numbers with a fraction, an exponent, or gas's prefix for them; which of them are numbers is asked by who wants one. */
const floating = /^(0[a-wyz])?(?=\.?\d)\d*\.?\d*(e[-+]?\d+)?$|^0x(?=\.?[\da-f])[\da-f]*\.?[\da-f]*(p[-+]?\d+)?$/i;

function digitOf(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x61 + 10 : 99;
}

export class Scanner {
  text: Uint8Array;
  /** The text is read up to here. */
  end: number;
  readonly tokens: Tokens;
  readonly #interner: Interner;
  /** Offset of the next byte. */
  at = 0;
  dialect: Dialect;
  /** The first problem of the statement, and where. */
  problem: ScanProblem | undefined;
  problemAt = 0;
  problemEnd = 0;
  /** Where the statement's first string runs over the end of its line, or -1. */
  newlineAt = -1;
  /** The `end` of a text in which a search met no quote: there is no second search. */
  #quoteless = -1;
  /** The opcode byte that kernel text prints before the instruction, or -1. */
  opcode = -1;

  constructor(text: Uint8Array, tokens: Tokens, interner: Interner, dialect: Dialect) {
    this.text = text;
    this.end = text.length;
    this.tokens = tokens;
    this.#interner = interner;
    this.dialect = dialect;
  }

  /** Reads the next statement that is not empty; false at the end of the text. */
  next(): boolean {
    const { text, tokens } = this;
    const interner = this.#interner;
    const size = this.end;
    tokens.clear();
    this.problem = undefined;
    this.newlineAt = -1;
    this.opcode = -1;
    const separates = this.dialect !== "gnu" && this.dialect !== "kernel";
    if (this.dialect === "kernel") this.#kernelPrefix();
    while (this.at < size) {
      const start = this.at;
      const byte = text[start]!;
      const kind = classes[byte]!;
      if (kind === Class.blank) {
        this.at++;
      } else if (kind === Class.word) {
        let hash = Math.imul(hashStart ^ byte, hashStep);
        let end = start + 1;
        for (; end < size; end++) {
          const next = text[end]!;
          if (classes[next]! < Class.word) break;
          hash = Math.imul(hash ^ next, hashStep);
        }
        this.at = end;
        if (end - start > maxWord) this.#fail("word", start, end);
        else tokens.push(Token.word, interner.hashed(text, start, end, hash), start, end);
      } else if (kind === Class.newline) {
        this.at++;
        if (tokens.count > 0 || this.problem !== undefined) break;
        if (this.dialect === "kernel") this.#kernelPrefix();
      } else if (kind === Class.digit) {
        this.#number(start);
      } else if (byte === 0x23) {
        if (!this.#kernelNumber(start)) this.#toLineEnd();
      } else if (byte === 0x3b) {
        if (!separates) {
          this.#toLineEnd();
        } else {
          this.at++;
          if (tokens.count > 0 || this.problem !== undefined) break;
        }
      } else if (byte === 0x60 && this.dialect === "gnu") {
        // gas ends a statement with a backtick, because `;` begins a comment.
        this.at++;
        if (tokens.count > 0 || this.problem !== undefined) break;
      } else if (byte === 0x22) {
        this.#string(start);
      } else if (byte === 0x27) {
        this.#character(start);
      } else if (kind === Class.operator) {
        this.#operator(start, byte);
      } else {
        this.at++;
        this.#fail("byte", start, this.at);
      }
    }
    if (tokens.overflowed) {
      this.#fail("statement", tokens.start[0]!, tokens.end[0]!);
      tokens.count = maxTokens - 1;
    }
    // A sentinel, so that looking one token ahead needs no check.
    const end = Math.min(this.at, size);
    const last = tokens.count === 0 ? end : tokens.end[tokens.count - 1]!;
    tokens.push(Token.end, 0, last, last);
    tokens.count--;
    return tokens.count > 0 || this.problem !== undefined;
  }

  #fail(problem: ScanProblem, at: number, end: number): void {
    if (this.problem !== undefined) return;
    this.problem = problem;
    this.problemAt = at;
    this.problemEnd = end;
  }

  #toLineEnd(): void {
    const end = this.text.indexOf(10, this.at);
    this.at = end < 0 ? this.end : Math.min(end, this.end);
  }

  /** The opcode before the instructions of verifier logs and `bpftool prog dump`, and the lines between them. */
  #kernelPrefix(): void {
    const { opcode, at } = kernelLine(this.text, this.at);
    this.opcode = opcode;
    this.at = at;
  }

  /** `call unknown#195`: the kernel has no name for the helper, so its number counts. Else what `#` begins is a remark. */
  #kernelNumber(start: number): boolean {
    const { tokens, text } = this;
    const last = tokens.count - 1;
    if (this.dialect !== "kernel" || last < 0 || tokens.end[last] !== start) return false;
    const next = text[start + 1] ?? 0;
    if (classes[next] !== Class.digit && next !== minus) return false;
    if (decodeUtf8(text.subarray(tokens.start[last]!, start)) !== "unknown") return false;
    tokens.count--;
    this.at = start + 1;
    return true;
  }

  #operator(start: number, byte: number): void {
    const { text } = this;
    const next = text[start + 1];
    if (byte === 0x2f && next === 0x2f) return this.#toLineEnd();
    if (byte === 0x2f && next === 0x2a) return this.#blockComment(start);
    let value = byte;
    let end = start + 1;
    if ((byte === 0x3c || byte === 0x3e) && next === byte) {
      value |= byte << 8;
      end++;
      if (text[end] === equals) value |= equals << (8 * (end++ - start));
    } else if ((next === byte && (byte === 0x26 || byte === 0x7c)) || (byte === 0x3c && next === 0x3e)) {
      value |= next << 8;
      end++;
    } else if (next === equals && "+-*/%&|^<>=!".includes(String.fromCharCode(byte))) {
      value |= equals << 8;
      end++;
    }
    this.at = end;
    this.tokens.push(Token.operator, value, start, end);
  }

  #blockComment(start: number): void {
    const { text } = this;
    let at = start + 2;
    for (;;) {
      at = text.indexOf(0x2a, at);
      if (at < 0 || at >= this.end) {
        this.at = this.end;
        return this.#fail("comment", start, start + 2);
      }
      at++;
      if (text[at] === 0x2f) break;
    }
    this.at = at + 1;
  }

  #string(start: number): void {
    const { text } = this;
    let at = start + 1;
    while (at < this.end && text[at] !== 0x22 && text[at] !== 10)
      at += text[at] === 0x5c && text[at + 1] !== 10 ? 2 : 1;
    if (at >= this.end || text[at] !== 0x22) {
      const quote = this.#quoteBelow(at);
      if (quote < 0) {
        this.at = Math.min(at, this.end);
        return this.#fail("string", start, this.at);
      }
      if (this.newlineAt < 0) this.newlineAt = at;
      at = quote;
    }
    this.at = at + 1;
    this.tokens.push(Token.string, 0, start, at + 1);
  }

  /**
   * The quote that ends a string in a line below, as gas and LLVM have it; -1 where it seems to begin a string of its own, and a quote
   * to be missing in the line of `at`.
   */
  #quoteBelow(at: number): number {
    const { text } = this;
    if (this.end === this.#quoteless) return -1;
    let quote = at;
    while (quote < this.end && text[quote] !== 0x22) quote += text[quote] === 0x5c ? 2 : 1;
    if (quote >= this.end) {
      this.#quoteless = this.end;
      return -1;
    }
    let next = quote + 1;
    while (next < this.end && classes[text[next]!] === Class.blank) next++;
    return next >= this.end || "\n,;#/)`".includes(String.fromCharCode(text[next]!)) ? quote : -1;
  }

  /** `'a'`, `'\n'`; gas takes `'a` without the closing quote, too. */
  #character(start: number): void {
    const { text } = this;
    let at = start + 1;
    let value = text[at];
    if (value === undefined || value === 10) {
      this.at = at;
      return this.#fail("character", start, at);
    }
    if (value === 0x5c) {
      const escapes: Readonly<Record<string, number>> = {
        n: 10,
        t: 9,
        r: 13,
        b: 8,
        f: 12,
        "0": 0,
        "\\": 92,
        "'": 39,
        '"': 34,
      };
      const known = escapes[String.fromCharCode(text[++at] ?? 0)];
      if (known === undefined) {
        this.at = at;
        return this.#fail("character", start, at);
      }
      value = known;
    }
    at++;
    if (text[at] === 0x27) at++;
    this.at = at;
    this.tokens.push(Token.number, value, start, at);
  }

  /** What is no integer, up to `end`, perhaps with an exponent's sign and digits behind. */
  #float(start: number, end: number): void {
    const { text } = this;
    const last = text[end - 1]! | 0x20;
    const exponent = last === 0x65 || last === 0x70;
    let at = end;
    if (exponent && (text[at] === 0x2b || text[at] === 0x2d)) {
      at++;
      while (at < text.length && classes[text[at]!] === Class.digit) at++;
    }
    if (end - start > longestFloat || !floating.test(String.fromCharCode(...text.subarray(start, at)))) {
      return this.#fail("number", start, end);
    }
    this.at = at;
    this.tokens.push(Token.float, 0, start, at);
  }

  #number(start: number): void {
    const { text } = this;
    let at = start;
    let base = 10;
    const second = (text[start + 1] ?? 0) | 0x20;
    if (text[start] === 0x30) {
      if (second === 0x78) base = 16;
      else if (second === 0x62 && digitOf(text[start + 2] ?? 0) < 2) base = 2;
      else base = 8;
      if (base !== 8) at += 2;
    }
    const digits = at;
    let value = 0;
    for (; at < this.end; at++) {
      const digit = digitOf(text[at]!);
      if (digit >= base) break;
      value = value * base + digit;
    }
    let end = at;
    while (end < this.end && (classes[text[end]!] === Class.word || classes[text[end]!] === Class.digit)) end++;
    this.at = end;
    if (end !== at || (base === 16 && at === digits)) {
      const suffix = text[at]! | 0x20;
      const label = base === 10 || (base === 8 && at === digits + 1);
      if (label && end === at + 1 && (suffix === 0x62 || suffix === 0x66)) {
        this.tokens.push(suffix === 0x62 ? Token.backward : Token.forward, value, start, end);
        return;
      }
      // C's suffixes: 1ULL, 10u.
      let rest = at;
      while (rest < end && ((text[rest]! | 0x20) === 0x75 || (text[rest]! | 0x20) === 0x6c)) rest++;
      if (rest !== end || end - at > 3 || at === digits) return this.#float(start, end);
    }
    if (value < Number.MAX_SAFE_INTEGER) {
      this.tokens.push(Token.number, value, start, end);
      return;
    }
    let from = digits;
    while (text[from] === 0x30 && from < at - 1) from++;
    if (at - from > longest[base]!) return this.#fail("number-range", start, end);
    const prefix = base === 16 ? "0x" : base === 2 ? "0b" : base === 8 ? "0o" : "";
    const big = BigInt(prefix + String.fromCharCode(...text.subarray(from, at)));
    if (big >> 128n !== 0n) return this.#fail("number-range", start, end);
    this.tokens.bigs.set(this.tokens.count, big);
    this.tokens.push(big >> 64n === 0n ? Token.big : Token.huge, 0, start, end);
  }
}

export const comma: number = packed(",");
export const colon: number = packed(":");
