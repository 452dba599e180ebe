/**
 * Arguments of macros and `.irp`: raw text, separated by commas and by blanks that are not around an operator. Quotes around a
 * whole argument go. After `.altmacro`, `<…>` and `'…'` quote, too, `!` escapes within them, and `%EXPRESSION` is its value.
 * Sources: the GNU manual of as ("Macro", "Altmacro"); bpf-as and llvm-mc where it is silent.
 *
 * Text is handled as characters that stand for one byte each (`latin1`).
 */

/** Blanks beside these do not separate arguments: `a + b` is one. */
const joining = new Set("+-*/|^&=<>!~");

/** What tells nothing about where an argument ends. */
const plain = /[^ \t\r\f,<"'()[\]]+/y;

const isBlank = (char: string | undefined): boolean => char === " " || char === "\t" || char === "\r" || char === "\f";

/** `text` with runs of blanks as one, and none around operators. */
export function scrubbed(text: string): string {
  return text
    .trim()
    .replace(/[ \t\r\f]+/g, " ")
    .replace(/ ?([-+*/|^&=<>!~,]) ?/g, "$1");
}

/** Reads the `%EXPRESSION` that starts at `at` of `text`; undefined after an error. */
export type Evaluate = (text: string, at: number) => { readonly value: bigint; readonly next: number } | undefined;

export class ArgumentReader {
  readonly text: string;
  at = 0;
  /** Undefined: not in the manner of `.altmacro`. */
  readonly #evaluate: Evaluate | undefined;
  /** Was there an expression without a value? */
  failed = false;

  constructor(text: string, evaluate: Evaluate | undefined) {
    this.text = text.trimEnd();
    this.#evaluate = evaluate;
    this.blanks();
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  blanks(): void {
    while (isBlank(this.text[this.at])) this.at++;
  }

  /** Passes over what stands between two arguments; false where there was no comma. */
  comma(): boolean {
    this.blanks();
    if (this.text[this.at] !== ",") return false;
    this.at++;
    this.blanks();
    return true;
  }

  /** What `pattern` (sticky) matches here, or undefined; passes over it. */
  match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.at = pattern.lastIndex;
    return found;
  }

  /** All that is left. */
  all(): string {
    const left = this.text.slice(this.at);
    this.at = this.text.length;
    return left;
  }

  /** The argument that starts here. */
  one(): string {
    const first = this.text[this.at];
    const alternate = this.#evaluate !== undefined;
    if (alternate && first === "%") return this.#expression();
    if (alternate && first === "<") return this.#angle();
    if (first === '"') return alternate ? `"${this.#quoted()}"` : this.#quoted();
    if (alternate && first === "'") return `"${this.#quoted()}"`;
    return this.#bare(alternate);
  }

  #expression(): string {
    const found = this.#evaluate!(this.text, this.at + 1);
    if (found === undefined) {
      this.failed = true;
      this.at = this.text.length;
      return "";
    }
    this.at = found.next;
    return String(found.value);
  }

  #angle(): string {
    const { text } = this;
    const parts: string[] = [];
    let depth = 0;
    let at = this.at + 1;
    for (; at < text.length && (text[at] !== ">" || depth > 0); at++) {
      if (text[at] === "!") at++;
      else if (text[at] === "<") depth++;
      else if (text[at] === ">") depth--;
      parts.push(text[at] ?? "");
    }
    this.at = Math.min(text.length, at + 1);
    return parts.join("");
  }

  /** What stands between quotes; a quote written twice is one of it. */
  #quoted(): string {
    const { text } = this;
    const quote = text[this.at]!;
    const parts: string[] = [];
    let at = this.at + 1;
    for (; at < text.length; at++) {
      const char = text[at]!;
      if (char === quote) {
        if (text[at + 1] !== quote) break;
        at++;
      } else if (char === "\\" || (char === "!" && this.#evaluate !== undefined)) {
        if (char === "\\") parts.push(char);
        at++;
      }
      parts.push(text[at] ?? "");
    }
    this.at = Math.min(text.length, at + 1);
    return parts.join("");
  }

  #bare(alternate: boolean): string {
    const { text } = this;
    const parts: string[] = [];
    const brackets: string[] = [];
    let start = this.at;
    let { at } = this;
    const joins = (char: string | undefined): boolean =>
      char !== undefined && joining.has(char) && !(alternate && char === "<");
    while (at < text.length) {
      plain.lastIndex = at;
      if (plain.test(text)) at = plain.lastIndex;
      const char = text[at];
      if (char === undefined || char === "," || (alternate && char === "<")) break;
      if (isBlank(char) && brackets.length === 0) {
        let next = at;
        while (isBlank(text[next])) next++;
        // `%` is an operator between blanks, and a register's mark before a name.
        const percent = text[next] === "%" && isBlank(text[next + 1]);
        const before = text[at - 1];
        const afterPercent = before === "%" && at - 1 > this.at;
        if (at === start && parts.length === 0) break;
        if (!joins(before) && !joins(text[next]) && !percent && !afterPercent) break;
        parts.push(text.slice(start, at));
        start = next;
        at = next;
        continue;
      }
      if (char === '"' || char === "'") {
        at++;
        while (at < text.length && text[at] !== char) at += text[at] === "\\" ? 2 : 1;
      } else if (char === "(" || char === "[") {
        brackets.push(char === "(" ? ")" : "]");
      } else if (char === brackets.at(-1)) {
        brackets.pop();
      }
      at++;
    }
    at = Math.min(at, text.length);
    parts.push(text.slice(start, at));
    this.at = at;
    return parts.join("");
  }
}
