/** Walks the grammar with the tokens of a statement: which row it is and what its operands are. */
import type { ExpressionParser } from "./expression.js";
import { expand, literalKey, type GrammarNode, type Leaf, type Placeholder } from "./grammar.js";
import type { Interner } from "../text/intern.js";
import type { Registers } from "./registers.js";
import { packed, Token, type Tokens } from "../text/tokens.js";
import type { Expression } from "../types.js";

/** An operand that is not a register. */
export interface Operand {
  /** The value, or NaN when `tree` has it. */
  number: number;
  tree: Expression | undefined;
  /** Written `%map(SYMBOL)`. */
  map: boolean;
  /** Byte offsets in the text. */
  at: number;
  end: number;
}

function newOperand(): Operand {
  return { number: 0, tree: undefined, map: false, at: 0, end: 0 };
}

function clear(operand: Operand): void {
  operand.number = 0;
  operand.tree = undefined;
  operand.map = false;
}

/** What was wrong with the text at `Matcher.failedAt` besides its shape. */
export type Mismatch =
  | { readonly kind: "range"; readonly what: string; readonly low: string; readonly high: string }
  | { readonly kind: "same"; readonly register: string }
  | { readonly kind: "opcode"; readonly opcode: number }
  | { readonly kind: "expression" }
  | { readonly kind: "deep" };

const percent = packed("%");
const plus = packed("+");
const minus = packed("-");
const opens = packed("(");
const closes = packed(")");

/** Inclusive bounds of numbers, by placeholder. */
export const bounds: Partial<Record<Placeholder, readonly [number, number, string]>> = {
  i: [-(2 ** 31), 2 ** 32 - 1, "a 32-bit immediate"],
  h: [-(2 ** 31), 2 ** 32 - 1, "the second 32-bit immediate"],
  O: [-(2 ** 31), 2 ** 31 - 1, "a 32-bit displacement"],
  J: [-(2 ** 31), 2 ** 31 - 1, "a 32-bit jump distance"],
  f: [-(2 ** 31), 2 ** 31 - 1, "a call distance"],
  c: [-(2 ** 31), 2 ** 32 - 1, "a helper's number"],
  o: [-32768, 32767, "a 16-bit displacement"],
  j: [-32768, 32767, "a 16-bit jump distance"],
  x: [-32768, 32767, "a 16-bit index"],
  da: [0, 65535, "an address space"],
  sa: [0, 65535, "an address space"],
  ri: [0, 10, "a register's number"],
};

export class Matcher {
  readonly #tokens: Tokens;
  readonly #interner: Interner;
  readonly #expressions: ExpressionParser;
  #registers: Registers;
  readonly #map: number;
  dst = 0;
  src = 0;
  /** The register read last: 0 to 10, or 16 to 26 for a 32-bit half. */
  #register = 0;
  readonly immediate: Operand = newOperand();
  readonly offset: Operand = newOperand();
  readonly high: Operand = newOperand();
  /** `kernel` text: the opcode printed before the instruction, or -1. */
  opcode = -1;
  #explaining = false;
  /** Of the failure that came furthest: the token, the nodes that could not go on, what else was wrong. */
  failedAt = -1;
  readonly failedNodes: Set<GrammarNode> = new Set();
  mismatch: Mismatch | undefined;

  constructor(tokens: Tokens, interner: Interner, expressions: ExpressionParser, registers: Registers) {
    this.#tokens = tokens;
    this.#interner = interner;
    this.#expressions = expressions;
    this.#registers = registers;
    this.#map = interner.word("map");
  }

  set registers(registers: Registers) {
    this.#registers = registers;
  }

  /** The leaf whose template the tokens from `at` on are, or undefined. */
  match(root: GrammarNode, at: number): Leaf | undefined {
    clear(this.immediate);
    clear(this.offset);
    clear(this.high);
    const leaf = this.#walk(root, at);
    if (leaf !== undefined) return leaf;
    // Once more, slower, to see how far it came.
    this.failedAt = -1;
    this.mismatch = undefined;
    this.failedNodes.clear();
    this.#explaining = true;
    this.#walk(root, at);
    this.#explaining = false;
    return undefined;
  }

  #walk(node: GrammarNode, at: number): Leaf | undefined {
    const tokens = this.#tokens;
    const kind = tokens.kind[at]!;
    if (node.tails !== undefined) expand(node, this.#interner);
    if (at >= tokens.count) {
      const { leaves } = node;
      for (let i = 0; i < leaves.length; i++) {
        const leaf = leaves[i]!;
        if (this.opcode < 0 || leaf.row.opcode === this.opcode) return leaf;
      }
      if (node.leaves.length > 0) this.#refuse(at, { kind: "opcode", opcode: this.opcode });
      else this.#fail(node, at);
      return undefined;
    }
    if (kind <= Token.number && node.literals.size > 0) {
      const value = kind === Token.word ? this.#interner.folded(tokens.value[at]!) : tokens.value[at]!;
      const next = node.literals.get(literalKey(kind, value));
      if (next !== undefined) {
        const leaf = this.#walk(next, at + 1);
        if (leaf !== undefined) return leaf;
      }
    }
    const { placeholders } = node;
    for (let i = 0; i < placeholders.length; i++) {
      const edge = placeholders[i]!;
      const next = this.#placeholder(edge.what, at);
      if (next < 0) continue;
      const leaf = this.#walk(edge.node, next);
      if (leaf !== undefined) return leaf;
    }
    this.#fail(node, at);
    return undefined;
  }

  #fail(node: GrammarNode, at: number): void {
    if (!this.#explaining || at < this.failedAt) return;
    if (at > this.failedAt) {
      this.failedAt = at;
      this.failedNodes.clear();
      this.mismatch = undefined;
    }
    this.failedNodes.add(node);
  }

  #refuse(at: number, mismatch: Mismatch): number {
    if (this.#explaining && at >= this.failedAt) {
      if (at > this.failedAt) this.failedNodes.clear();
      if (at > this.failedAt || this.mismatch === undefined) this.mismatch = mismatch;
      this.failedAt = at;
    }
    return -1;
  }

  /** Reads what stands at token `at` as `what`; returns the token after it, or -1. */
  #placeholder(what: Placeholder, at: number): number {
    switch (what) {
      case "d":
      case "wd": {
        const next = this.#readRegister(at, what === "wd");
        if (next >= 0) this.dst = this.#register;
        return next;
      }
      case "s":
      case "ws": {
        const next = this.#readRegister(at, what === "ws");
        if (next >= 0) this.src = this.#register;
        return next;
      }
      case "=d":
      case "=wd":
        return this.#readAgain(at, what === "=wd", this.dst);
      case "=s":
      case "=ws":
        return this.#readAgain(at, what === "=ws", this.src);
      case "o":
      case "O": {
        // The sign is part of the displacement; nothing at all is zero.
        const tokens = this.#tokens;
        if (tokens.is(at, plus)) {
          // GNU's `[%r1+-8]`
          return this.#read(this.#operand(what), what, at, at + 1);
        }
        if (tokens.is(at, minus)) return this.#read(this.#operand(what), what, at, at);
        const operand = this.#operand(what);
        operand.number = 0;
        operand.tree = undefined;
        operand.map = false;
        return at;
      }
      case "ri": {
        const next = this.#readRegister(at, false);
        if (next < 0) return this.#read(this.immediate, what, at, at);
        this.immediate.number = this.#register;
        this.immediate.tree = undefined;
        return next;
      }
      case "c": {
        const next = this.#read(this.immediate, what, at, at);
        const { tree } = this.immediate;
        if (next < 0 || tree === undefined) return next;
        return tree.kind === "symbol" && tree.symbol.name !== "" ? next : -1;
      }
      default:
        return this.#read(this.#operand(what), what, at, at);
    }
  }

  #operand(what: Placeholder): Operand {
    if (what === "o" || what === "j" || what === "x") return this.offset;
    return what === "h" || what === "sa" ? this.high : this.immediate;
  }

  #readRegister(at: number, half: boolean): number {
    const tokens = this.#tokens;
    let word = at;
    const { percent: sign, byWord } = this.#registers;
    if (sign !== "never" && tokens.is(at, percent)) word++;
    else if (sign === "required") return -1;
    if (tokens.kind[word] !== Token.word) return -1;
    const register = byWord.get(this.#interner.folded(tokens.value[word]!));
    if (register === undefined || register > 15 !== half) return -1;
    this.#register = register & 15;
    return word + 1;
  }

  #readAgain(at: number, half: boolean, register: number): number {
    const next = this.#readRegister(at, half);
    if (next < 0 || this.#register === register) return next;
    return this.#refuse(next, { kind: "same", register: `${half ? "w" : "r"}${register}` });
  }

  #read(operand: Operand, what: Placeholder, from: number, at: number): number {
    const tokens = this.#tokens;
    const expressions = this.#expressions;
    let first = at;
    const map =
      tokens.is(at, percent) &&
      tokens.kind[at + 1] === Token.word &&
      this.#interner.folded(tokens.value[at + 1]!) === this.#map &&
      tokens.is(at + 2, opens);
    if (map) first += 3;
    let next = expressions.parse(first);
    if (next >= 0 && map) next = tokens.is(next, closes) ? next + 1 : -1;
    if (next < 0) {
      if (expressions.tooDeep) this.#refuse(expressions.failedAt, { kind: "deep" });
      else if (expressions.failedAt > from) this.#refuse(expressions.failedAt, { kind: "expression" });
      return -1;
    }
    const { number, tree } = expressions;
    operand.number = number;
    operand.tree = tree;
    operand.map = map;
    operand.at = tokens.start[from]!;
    operand.end = tokens.end[next - 1]!;
    const range = bounds[what];
    if (range !== undefined) {
      const constant = tree === undefined ? number : tree.kind === "number" ? Number(tree.value) : 0;
      if (constant < range[0] || constant > range[1]) {
        return this.#refuse(next, { kind: "range", what: range[2], low: String(range[0]), high: String(range[1]) });
      }
    }
    return next;
  }
}
