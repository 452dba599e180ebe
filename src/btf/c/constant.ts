/** Integer constant expressions of C: array lengths, bitfield widths, enumerators, alignments. 64 bits, signed. */
import type { CCursor } from "./lex.js";

/** What names and `sizeof` mean in a constant expression. */
export interface CMeanings {
  /** The value of a name; undefined where it has none. */
  constant(name: string): bigint | undefined;
  /** Reads a type's name behind `(` and says its size or alignment; undefined where no type's name stands. */
  measure(what: "sizeof" | "alignof"): bigint | undefined;
}

const strengths: Readonly<Record<string, number>> = {
  "*": 10,
  "/": 10,
  "%": 10,
  "+": 9,
  "-": 9,
  "<<": 8,
  ">>": 8,
  "<": 7,
  ">": 7,
  "<=": 7,
  ">=": 7,
  "==": 6,
  "!=": 6,
  "&": 5,
  "^": 4,
  "|": 3,
  "&&": 2,
  "||": 1,
};

const truth = (value: boolean): bigint => (value ? 1n : 0n);

function compute(operator: string, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case "*":
      return a * b;
    case "/":
      return b === 0n ? undefined : a / b;
    case "%":
      return b === 0n ? undefined : a % b;
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "<<":
      return b < 0n || b > 63n ? undefined : a << b;
    case ">>":
      return b < 0n || b > 63n ? undefined : a >> b;
    case "<":
      return truth(a < b);
    case ">":
      return truth(a > b);
    case "<=":
      return truth(a <= b);
    case ">=":
      return truth(a >= b);
    case "==":
      return truth(a === b);
    case "!=":
      return truth(a !== b);
    case "&":
      return a & b;
    case "^":
      return a ^ b;
    case "|":
      return a | b;
    case "&&":
      return truth(a !== 0n && b !== 0n);
    default:
      return truth(a !== 0n || b !== 0n);
  }
}

/** Values above 2^63 stay what they are written as: enumerators may be unsigned. */
function wrapped(value: bigint): bigint {
  return value >= -(1n << 63n) && value < 1n << 64n ? value : BigInt.asIntN(64, value);
}

const maxDepth = 100;

/** Reads the constant expression at the cursor. */
export function constantC(cursor: CCursor, meanings: CMeanings): bigint {
  return new ConstantParser(cursor, meanings).conditional();
}

class ConstantParser {
  readonly #cursor: CCursor;
  readonly #meanings: CMeanings;
  #depth = 0;

  constructor(cursor: CCursor, meanings: CMeanings) {
    this.#cursor = cursor;
    this.#meanings = meanings;
  }

  conditional(): bigint {
    const condition = this.#binary(0);
    if (!this.#cursor.accept("?")) return condition;
    const yes = this.#nested(() => this.conditional());
    this.#cursor.expect(":");
    const no = this.#nested(() => this.conditional());
    return condition === 0n ? no : yes;
  }

  #nested(read: () => bigint): bigint {
    if (++this.#depth > maxDepth) this.#cursor.fail("ctype-deep", { limit: maxDepth });
    const value = read();
    this.#depth--;
    return value;
  }

  #binary(least: number): bigint {
    let left = this.#unary();
    for (;;) {
      const { token } = this.#cursor;
      const strength = token.kind === "sign" ? (strengths[token.text] ?? 0) : 0;
      if (strength <= least) return left;
      this.#cursor.next();
      const value = compute(
        token.text,
        left,
        this.#nested(() => this.#binary(strength)),
      );
      if (value === undefined) return this.#cursor.fail("ctype-constant", {}, token);
      left = wrapped(value);
    }
  }

  #unary(): bigint {
    const cursor = this.#cursor;
    const { token } = cursor;
    if (token.kind === "number") return cursor.next().value;
    if (token.kind === "sign") {
      if (cursor.accept("(")) {
        const value = this.#nested(() => this.conditional());
        cursor.expect(")");
        return value;
      }
      if (cursor.accept("-")) return wrapped(-this.#nested(() => this.#unary()));
      if (cursor.accept("+")) return this.#nested(() => this.#unary());
      if (cursor.accept("~")) return ~this.#nested(() => this.#unary());
      if (cursor.accept("!")) return truth(this.#nested(() => this.#unary()) === 0n);
    }
    if (token.kind === "word") {
      cursor.next();
      if (token.text === "sizeof" || token.text === "_Alignof" || token.text === "__alignof__") {
        cursor.expect("(");
        const value = this.#meanings.measure(token.text === "sizeof" ? "sizeof" : "alignof");
        if (value === undefined) return cursor.expected("a type");
        cursor.expect(")");
        return value;
      }
      const value = this.#meanings.constant(token.text);
      return value ?? cursor.fail("ctype-no-constant", { name: token.text }, token);
    }
    return cursor.expected("a constant expression");
  }
}
