/**
 * Expressions: tokens to trees, trees to `symbol - symbol + number`.
 *
 * Operators bind as in gas and LLVM's assembler: `* / % << >>` before `| & ^ !` before `+ -` before comparisons before `&&` before
 * `||`; all of them 64 bits wide. `a ! b` is `a | ~b`. A comparison that holds is -1, `&&`, `||` and `!` give 1: gas has it so.
 */
import { distance } from "../output/place.js";
import { packed, Token, unpacked, type Tokens } from "../text/tokens.js";
import type { AsmSymbol, BinaryOperator, Expression } from "../types.js";

/** Nested parentheses and signs in one expression. */
const maxDepth = 200;

const binding: Map<number, number> = new Map([
  ...["*", "/", "%", "<<", ">>"].map((sign) => [packed(sign), 6] as const),
  ...["|", "&", "^", "!"].map((sign) => [packed(sign), 5] as const),
  ...["+", "-"].map((sign) => [packed(sign), 4] as const),
  ...["==", "!=", "<>", "<", "<=", ">", ">="].map((sign) => [packed(sign), 3] as const),
  [packed("&&"), 2],
  [packed("||"), 1],
]);

/** Does `operator` stand between two operands? */
export function isBinary(operator: number): boolean {
  return binding.has(operator);
}

const plus = packed("+");
const minus = packed("-");
const tilde = packed("~");
const bang = packed("!");
const opens = packed("(");
const closes = packed(")");
const percent = packed("%");
const zero: Expression = { kind: "number", value: 0n };

/** What names mean: the assembler's symbols, `.`, numeric labels. Undefined: not a name an expression may use. */
export interface Names {
  word(id: number, at: number): AsmSymbol | Expression | undefined;
  numeric(label: number, forward: boolean, at: number): AsmSymbol | undefined;
  /** Makes the string at token `at` the word that it is as a name; false where it is none. */
  unquote(at: number): boolean;
  /** The number that the operator at the `%` of token `at` gives, and the token behind it; undefined where there is none. */
  operator(at: number): { readonly tree: Expression; readonly next: number } | undefined;
}

export class ExpressionParser {
  readonly #tokens: Tokens;
  readonly #names: Names;
  #at = 0;
  #depth = 0;
  /** The value when the expression is one integer below 2^53, else NaN. */
  number: number = Number.NaN;
  /** Undefined where `number` says it all. */
  tree: Expression | undefined;
  /** Where parsing stopped short, and whether for its depth. */
  failedAt = 0;
  tooDeep = false;

  constructor(tokens: Tokens, names: Names) {
    this.#tokens = tokens;
    this.#names = names;
  }

  /** Reads the expression at token `at`; returns the token after it, or -1. */
  parse(at: number): number {
    const { kind, value } = this.#tokens;
    // The usual operand is one number, perhaps with a sign.
    let first = at;
    let sign = 1;
    if (kind[first] === Token.operator) {
      if (value[first] === minus) sign = -1;
      if (value[first] === minus || value[first] === plus) first++;
    }
    if (kind[first] === Token.number) {
      const next = first + 1;
      if (kind[next] !== Token.operator || !binding.has(value[next]!)) {
        this.number = sign * value[first]! + 0;
        this.tree = undefined;
        return next;
      }
    }
    this.number = Number.NaN;
    this.#at = at;
    this.#depth = 0;
    this.tooDeep = false;
    this.tree = this.#binary(0);
    if (this.tree === undefined) {
      this.failedAt = this.#at;
      return -1;
    }
    if (this.tree.kind === "number") {
      const small = Number(this.tree.value);
      if (Number.isSafeInteger(small)) {
        this.number = small;
        this.tree = undefined;
      }
    }
    return this.#at;
  }

  #binary(least: number): Expression | undefined {
    let left = this.#unary();
    while (left !== undefined && this.#tokens.kind[this.#at] === Token.operator) {
      const at = this.#at;
      const sign = this.#tokens.value[at]!;
      const strength = binding.get(sign) ?? 0;
      if (strength <= least) break;
      this.#at++;
      // `a !! b` is `a ^ b` for GNU as and `a ! !b` for LLVM.
      if (sign === bang && this.#tokens.is(this.#at, bang)) return undefined;
      const right = this.#binary(strength);
      if (right === undefined) return undefined;
      const operator = unpacked(sign) as BinaryOperator;
      const tree: Expression = { kind: "binary", operator, left, right, at: this.#tokens.start[at]! };
      left = folded(tree);
    }
    return left;
  }

  #unary(): Expression | undefined {
    if (++this.#depth > maxDepth) {
      this.tooDeep = true;
      return undefined;
    }
    const made = this.#primary();
    this.#depth--;
    return made;
  }

  #primary(): Expression | undefined {
    const tokens = this.#tokens;
    const at = this.#at;
    if (tokens.kind[at] === Token.string && !this.#names.unquote(at)) return undefined;
    const value = tokens.value[at]!;
    const start = tokens.start[at]!;
    switch (tokens.kind[at]) {
      case Token.number:
        this.#at++;
        return { kind: "number", value: BigInt(value) };
      case Token.big:
        this.#at++;
        return { kind: "number", value: tokens.bigs.get(at)! };
      case Token.word: {
        const named = this.#names.word(value, start);
        if (named === undefined) return undefined;
        this.#at++;
        return "kind" in named ? named : { kind: "symbol", symbol: named, at: start };
      }
      case Token.backward:
      case Token.forward: {
        const symbol = this.#names.numeric(value, tokens.kind[at] === Token.forward, start);
        if (symbol === undefined) return undefined;
        this.#at++;
        return { kind: "symbol", symbol, at: start };
      }
      case Token.operator:
        break;
      default:
        return undefined;
    }
    if (value === percent) {
      const made = this.#names.operator(at);
      if (made !== undefined) this.#at = made.next;
      return made?.tree;
    }
    if (value !== plus && value !== minus && value !== tilde && value !== bang && value !== opens) return undefined;
    this.#at++;
    if (value === opens) {
      const inner = this.#binary(0);
      if (inner === undefined || !tokens.is(this.#at, closes)) return undefined;
      this.#at++;
      return inner;
    }
    const of = this.#unary();
    if (of === undefined || value === plus) return of;
    if (value === tilde) return folded({ kind: "not", of });
    const negated = value === bang ? folded({ kind: "binary", operator: "==", left: zero, right: of, at: start }) : of;
    return folded({ kind: "binary", operator: "-", left: zero, right: negated, at: start });
  }
}

const signed = (value: bigint): bigint => BigInt.asIntN(64, value);

/** Arithmetic of 64 bits, results as the assemblers print them: signed unless they need the 64th bit. */
function compute(operator: BinaryOperator, a: bigint, b: bigint): bigint | undefined {
  switch (operator) {
    case "+":
      return a + b;
    case "-":
      return a - b;
    case "*":
      return a * b;
    case "/":
      return b === 0n ? undefined : signed(a) / signed(b);
    case "%":
      return b === 0n ? undefined : signed(a) % signed(b);
    case "&":
      return a & b;
    case "|":
      return a | b;
    case "^":
      return a ^ b;
    case "!":
      return a | ~b;
    case "<<":
      return b < 0n || b > 63n ? 0n : a << b;
    case ">>":
      // Bits, not a number: zeros come in, as in gas and LLVM.
      return b < 0n || b > 63n ? 0n : BigInt.asUintN(64, a) >> b;
    case "&&":
      return a !== 0n && b !== 0n ? 1n : 0n;
    case "||":
      return a !== 0n || b !== 0n ? 1n : 0n;
    default:
      return holds(operator, signed(a), signed(b)) ? -1n : 0n;
  }
}

type Comparison = Extract<BinaryOperator, "==" | "!=" | "<>" | "<" | "<=" | ">" | ">=">;

const comparisons: ReadonlySet<BinaryOperator> = new Set<Comparison>(["==", "!=", "<>", "<", "<=", ">", ">="]);

function holds(operator: Comparison, a: bigint, b: bigint): boolean {
  switch (operator) {
    case "==":
      return a === b;
    case "<":
      return a < b;
    case "<=":
      return a <= b;
    case ">":
      return a > b;
    case ">=":
      return a >= b;
    default:
      return a !== b;
  }
}

/** Keeps values within what 64 bits hold, signed or unsigned; others wrap. */
function bounded(value: bigint): bigint {
  return value >= -(1n << 63n) && value < 1n << 64n ? value : BigInt.asIntN(64, value);
}

function folded(tree: Expression): Expression {
  if (tree.kind === "not" && tree.of.kind === "number") return { kind: "number", value: bounded(~tree.of.value) };
  if (tree.kind === "binary" && tree.left.kind === "number" && tree.right.kind === "number") {
    const value = compute(tree.operator, tree.left.value, tree.right.value);
    if (value !== undefined) return { kind: "number", value: bounded(value) };
  }
  return tree;
}

/** `add - sub + value`. */
export interface Reduced {
  readonly add: AsmSymbol | undefined;
  readonly sub: AsmSymbol | undefined;
  readonly value: bigint;
}

/** Why an expression has no such form, and where. */
export interface Irreducible {
  readonly problem: "zero" | "cycle" | "shape" | "deep";
  readonly at: number;
}

function cancelled(add: AsmSymbol | undefined, sub: AsmSymbol | undefined, value: bigint): Reduced {
  if (add !== undefined && add === sub) return { add: undefined, sub: undefined, value };
  const bytes = distance(add, sub);
  if (bytes !== undefined) return { add: undefined, sub: undefined, value: bounded(value + BigInt(bytes)) };
  return { add, sub, value };
}

/** `seen` keeps what equations came to, so that symbols defined by symbols cost no more than once each. */
export function reduce(
  tree: Expression,
  seen: Map<AsmSymbol, Reduced | Irreducible> = new Map(),
  depth = 0,
): Reduced | Irreducible {
  if (tree.kind === "number") return { add: undefined, sub: undefined, value: tree.value };
  if (tree.kind === "symbol") {
    const { symbol } = tree;
    if (symbol.equation === undefined) return { add: symbol, sub: undefined, value: 0n };
    if (symbol.busy) return { problem: "cycle", at: tree.at };
    if (depth > 2 * maxDepth) return { problem: "deep", at: tree.at };
    const known = seen.get(symbol);
    if (known !== undefined) return known;
    symbol.busy = true;
    const meant = reduce(symbol.equation, seen, depth + 1);
    symbol.busy = false;
    seen.set(symbol, meant);
    return meant;
  }
  if (tree.kind === "not") {
    const of = reduce(tree.of, seen, depth + 1);
    if ("problem" in of) return of;
    if (of.add !== undefined || of.sub !== undefined) return { problem: "shape", at: 0 };
    return { add: undefined, sub: undefined, value: bounded(~of.value) };
  }
  // A long chain `a + b + c …` leans to the left: walked without recursion.
  const spine: (Expression & { kind: "binary" })[] = [];
  let leftmost: Expression = tree;
  while (leftmost.kind === "binary") {
    spine.push(leftmost);
    leftmost = leftmost.left;
  }
  let left = reduce(leftmost, seen, depth + 1);
  for (let i = spine.length - 1; i >= 0; i--) {
    if ("problem" in left) return left;
    const { operator, right: tail, at } = spine[i]!;
    const right = reduce(tail, seen, depth + 1);
    if ("problem" in right) return right;
    const sign = operator === "-" ? -1n : 1n;
    if (operator === "+" || operator === "-") {
      const plusTerm = operator === "+" ? right.add : right.sub;
      const minusTerm = operator === "+" ? right.sub : right.add;
      const value = bounded(left.value + sign * right.value);
      // Differences within one operand first: (a - b) + (c - d) has four terms, none of which may be left over.
      const one = cancelled(left.add, minusTerm, value);
      const two = cancelled(plusTerm, left.sub, one.value);
      if (one.add !== undefined && two.add !== undefined) return { problem: "shape", at };
      if (one.sub !== undefined && two.sub !== undefined) return { problem: "shape", at };
      left = cancelled(one.add ?? two.add, one.sub ?? two.sub, two.value);
      continue;
    }
    let [a, b] = [left, right];
    // Places of one section are compared by how far they are apart.
    if (comparisons.has(operator) && a.add !== undefined && a.sub === undefined && b.sub === undefined) {
      a = cancelled(a.add, b.add, a.value);
      b = { add: undefined, sub: undefined, value: b.value };
    }
    if ((a.add ?? a.sub ?? b.add ?? b.sub) !== undefined) return { problem: "shape", at };
    const value = compute(operator, a.value, b.value);
    if (value === undefined) return { problem: "zero", at };
    left = { add: undefined, sub: undefined, value: bounded(value) };
  }
  return left;
}
