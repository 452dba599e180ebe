/** C declarations to tokens. Characters are bytes: the text is read as Latin-1, so that offsets are byte offsets. */
import type { DiagnosticCode, DiagnosticFacts } from "../../diag/index.js";

/** Takes what is wrong with a declaration; `at` and `end` are offsets in its text. */
export type CReport = <Code extends DiagnosticCode>(
  code: Code,
  facts: DiagnosticFacts<Code>,
  at: number,
  end: number,
) => void;

export interface CToken {
  readonly kind: "word" | "number" | "string" | "sign" | "end";
  /** A word, an operator, the contents of a string. */
  readonly text: string;
  /** Of numbers and characters. */
  readonly value: bigint;
  readonly at: number;
  readonly end: number;
}

const signs = /\.\.\.|<<|>>|<=|>=|==|!=|&&|\|\||[-+*/%&|^~!<>=?:;,.()[\]{}]/y;
const word = /[A-Za-z_$][A-Za-z0-9_$]*/y;
const number = /0[xX][0-9a-fA-F]+|0[bB][01]+|\d+/y;
const suffix = /[uUlL]{0,3}(?![A-Za-z0-9_.])/y;
const blank = /\s+|\/\/[^\n]*|\/\*[^]*?\*\//y;
const string = /"([^"\\\n]*(?:\\[^\n][^"\\\n]*)*)"/y;
const character = /'([^'\\\n]|\\[^\n])'/y;

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", r: "\r", "0": "\0" };

function unescape(text: string): string {
  return text.replace(/\\(.)/g, (_, letter: string) => escapes[letter] ?? letter);
}

function toValue(text: string): bigint {
  if (/^0[0-7]+$/.test(text)) return BigInt(`0o${text.slice(1)}`);
  return BigInt(text);
}

/** The tokens of `text`, with one of kind `end` behind them. What is no C is reported and left out. */
export function lexC(text: string, report: CReport): CToken[] {
  const tokens: CToken[] = [];
  let at = 0;
  const take = (pattern: RegExp, from: number): RegExpExecArray | null => {
    pattern.lastIndex = from;
    return pattern.exec(text);
  };
  const push = (kind: CToken["kind"], shown: string, value: bigint, end: number): void => {
    tokens.push({ kind, text: shown, value, at, end });
    at = end;
  };
  while (at < text.length) {
    const gap = take(blank, at);
    if (gap !== null) {
      at += gap[0].length;
      continue;
    }
    let found = take(word, at);
    if (found !== null) {
      push("word", found[0], 0n, at + found[0].length);
      continue;
    }
    found = take(number, at);
    if (found !== null) {
      const [digits] = found;
      const rest = take(suffix, at + digits.length);
      const value = rest === null || /^0[0-9]*[89]/.test(digits) ? undefined : toValue(digits);
      if (value === undefined || value >> 64n !== 0n) {
        const end = at + /^[A-Za-z0-9_.]+/.exec(text.slice(at, at + 1000))![0].length;
        report("ctype-number", {}, at, end);
        push("number", digits, 1n, end);
      } else {
        push("number", digits, value, at + digits.length + rest![0].length);
      }
      continue;
    }
    found = text.startsWith("/*", at) ? null : take(signs, at);
    if (found !== null) {
      push("sign", found[0], 0n, at + found[0].length);
      continue;
    }
    found = take(string, at);
    if (found !== null) {
      push("string", unescape(found[1]!), 0n, at + found[0].length);
      continue;
    }
    found = take(character, at);
    if (found !== null) {
      push("number", found[0], BigInt(unescape(found[1]!).charCodeAt(0)), at + found[0].length);
      continue;
    }
    report("ctype-character", { found: text.slice(at, at + 1) }, at, at + 1);
    // What opens and never closes takes the rest with it; a directive of the preprocessor its line.
    const open = /["'/]/.test(text[at]!);
    const line = text.indexOf("\n", at);
    at = open || (text[at] === "#" && line < 0) ? text.length : text[at] === "#" ? line : at + 1;
  }
  tokens.push({ kind: "end", text: "", value: 0n, at, end: at });
  return tokens;
}

/** Tokens with a place among them. */
export class CCursor {
  readonly #tokens: readonly CToken[];
  readonly report: CReport;
  #at = 0;
  #mark = 0;

  constructor(text: string, report: CReport) {
    this.#tokens = lexC(text, report);
    this.report = report;
  }

  get token(): CToken {
    return this.#tokens[this.#at]!;
  }

  get done(): boolean {
    return this.token.kind === "end";
  }

  /** The token `count` behind this one. */
  ahead(count: number): CToken {
    return this.#tokens[Math.min(this.#at + count, this.#tokens.length - 1)]!;
  }

  next(): CToken {
    const { token } = this;
    if (token.kind !== "end") this.#at++;
    return token;
  }

  is(text: string): boolean {
    const { token } = this;
    return token.text === text && (token.kind === "sign" || token.kind === "word");
  }

  /** Goes past `text` where it stands here. */
  accept(text: string): boolean {
    const found = this.is(text);
    if (found) this.#at++;
    return found;
  }

  /** Goes past `text`, or throws what `fail` throws. */
  expect(text: string): CToken {
    if (!this.is(text)) this.expected(`\`${text}\``);
    return this.next();
  }

  expected(what: string): never {
    const { token } = this;
    const found = token.kind === "end" ? "the end of the declaration" : `\`${token.text || '""'}\``;
    return this.fail("ctype-expected", { expected: what, found }, token);
  }

  /** Reports what is wrong about `token` and gives the declaration up. */
  fail<Code extends DiagnosticCode>(
    code: Code,
    facts: DiagnosticFacts<Code>,
    token: { readonly at: number; readonly end: number } = this.token,
  ): never {
    this.report(code, facts, token.at, token.end);
    throw new GivenUp();
  }

  /** The place that `recover` counts braces from: the start of a declaration. */
  mark(): void {
    this.#mark = this.#at;
  }

  /** After an error: behind the next `;` that is not inside braces of this declaration, or at the end. */
  recover(): void {
    const end = this.#at;
    let depth = 0;
    for (this.#at = this.#mark; !this.done;) {
      const { text, kind } = this.next();
      if (kind !== "sign") continue;
      if (text === "{") depth++;
      else if (text === "}") depth--;
      else if (text === ";" && depth <= 0 && this.#at > end) return;
    }
  }
}

/** Thrown, and caught by the parser, where a declaration is given up: the error has been reported. */
export class GivenUp extends Error {}
