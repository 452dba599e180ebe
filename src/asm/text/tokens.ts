/**
 * The tokens of one statement, as parallel arrays that every statement reuses.
 *
 * `value` is, by kind: a word's number in the interner, an operator's characters packed from the low byte up, an integer below
 * 2^53 (larger ones: `big`), a numeric label's number.
 */
export const Token = {
  end: 0,
  word: 1,
  operator: 2,
  number: 3,
  big: 4,
  string: 5,
  /** `1b`, `1f`. */
  backward: 6,
  forward: 7,
  /** An integer of 65 to 128 bits, in `bigs`: for checksums and `.octa` alone. */
  huge: 8,
  /** A number with a fraction or an exponent; the text has it. */
  float: 9,
} as const;

const joinable: ReadonlySet<string> = new Set([
  "+=",
  "-=",
  "*=",
  "/=",
  "%=",
  "&=",
  "|=",
  "^=",
  "<<=",
  ">>=",
  "==",
  "<=",
  ">=",
]);

/** More tokens than any statement of a sane text has cost memory. */
export const maxTokens: number = 2 ** 23;

export class Tokens {
  count = 0;
  /** Were there more than `maxTokens`? The rest is not kept. */
  overflowed = false;
  kind: Uint8Array = new Uint8Array(64);
  value: Float64Array = new Float64Array(64);
  /** Byte offsets in the text. */
  start: Int32Array = new Int32Array(64);
  end: Int32Array = new Int32Array(64);
  readonly bigs: Map<number, bigint> = new Map();

  clear(): void {
    this.count = 0;
    this.overflowed = false;
    if (this.bigs.size > 0) this.bigs.clear();
  }

  push(kind: number, value: number, start: number, end: number): void {
    const at = this.count;
    if (at >= this.kind.length && !this.#grow()) return;
    this.count = at + 1;
    this.kind[at] = kind;
    this.value[at] = value;
    this.start[at] = start;
    this.end[at] = end;
  }

  /** Is token `at` the operator packed in `operator`? */
  is(at: number, operator: number): boolean {
    return this.kind[at] === Token.operator && this.value[at] === operator;
  }

  /** Makes one operator of the first that is written in pieces and ends with `=` from token `from` on: `+ =`, `< <=`. False: none is. */
  join(from: number): boolean {
    for (let at = from; at + 1 < this.count; at++) {
      let text = "";
      let next = at;
      for (; next < this.count && this.kind[next] === Token.operator && text.length < 3; next++) {
        text += unpacked(this.value[next]!);
        if (next > at && joinable.has(text)) {
          this.value[at] = packed(text);
          this.end[at] = this.end[next]!;
          this.cut(at + 1, next + 1);
          return true;
        }
      }
    }
    return false;
  }

  /** Takes out the tokens from `from` up to `until`. */
  cut(from: number, until: number): void {
    for (const each of [this.kind, this.value, this.start, this.end]) each.copyWithin(from, until, this.count + 1);
    const size = until - from;
    this.count -= size;
    const bigs = [...this.bigs];
    this.bigs.clear();
    for (const [at, value] of bigs) this.bigs.set(at < until ? at : at - size, value);
  }

  #grow(): boolean {
    const size = this.kind.length * 2;
    if (size > maxTokens) {
      this.overflowed = true;
      return false;
    }
    const kind = new Uint8Array(size);
    kind.set(this.kind);
    const value = new Float64Array(size);
    value.set(this.value);
    const start = new Int32Array(size);
    start.set(this.start);
    const end = new Int32Array(size);
    end.set(this.end);
    this.kind = kind;
    this.value = value;
    this.start = start;
    this.end = end;
    return true;
  }
}

/** An operator's characters as one number. */
export function packed(text: string): number {
  let value = 0;
  for (let i = 0; i < text.length; i++) value |= text.charCodeAt(i) << (8 * i);
  return value;
}

export function unpacked(value: number): string {
  let text = "";
  for (let rest = value; rest !== 0; rest >>>= 8) text += String.fromCharCode(rest & 0xff);
  return text;
}
