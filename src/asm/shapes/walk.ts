/**
 * Which instruction a statement is whatever its numbers, registers and names are: the grammar once more, walked in the order of
 * `match/match.ts`, with every decision that hangs on them left open.
 *
 * The way found is the first that any of them could open. So others that fit its operands lead the same way, and nothing that
 * comes before it can take them. Where that is not plain to see, there is no answer.
 */
import { isBinary } from "../match/expression.js";
import { expand, literalKey, type GrammarNode, type Leaf, type Placeholder } from "../match/grammar.js";
import type { Registers } from "../match/registers.js";
import type { Interner } from "../text/intern.js";
import { packed, Token, type Tokens } from "../text/tokens.js";

/** A step: tokens `from` up to `next` are a literal or an operand. */
export interface Step {
  readonly what: Placeholder | "literal";
  readonly from: number;
  readonly next: number;
  /** The operand is a name. */
  readonly name: boolean;
}

/** The names that may be registers, and no symbols. */
export const registerLike: RegExp = /^([rw])\d+$/i;

const percent = packed("%");
const plus = packed("+");
const minus = packed("-");
/** With these an expression may begin that is more than a number or a name. */
const deeper: ReadonlySet<number> = new Set(["~", "!", "(", "%"].map(packed));

const literalKinds: ReadonlySet<number> = new Set([Token.word, Token.operator, Token.number]);

export class Walk {
  readonly #tokens: Tokens;
  readonly #interner: Interner;
  readonly #registers: Registers;
  readonly #opcode: number;
  readonly steps: Step[] = [];
  #leaf: Leaf | undefined;
  /** Something was met that only the expression parser knows, or that may be something else with other numbers or names. */
  #unsure = false;
  /** Is the operand just read a name? */
  #name = false;

  constructor(tokens: Tokens, interner: Interner, registers: Registers, opcode: number) {
    this.#tokens = tokens;
    this.#interner = interner;
    this.#registers = registers;
    this.#opcode = opcode;
  }

  /** The leaf that the tokens lead to; undefined where digits might matter. The way is in `steps`. */
  leaf(root: GrammarNode): Leaf | undefined {
    const { kind, count } = this.#tokens;
    for (let at = 0; at < count; at++) if (!literalKinds.has(kind[at]!)) return undefined;
    return this.#walk(root, 0) && !this.#unsure ? this.#leaf : undefined;
  }

  #walk(node: GrammarNode, at: number): boolean {
    const tokens = this.#tokens;
    if (this.#unsure) return false;
    if (node.tails !== undefined) expand(node, this.#interner);
    if (at >= tokens.count) {
      this.#leaf = node.leaves.find(({ row }) => this.#opcode < 0 || row.opcode === this.#opcode);
      return this.#leaf !== undefined;
    }
    const key = this.#keyOf(at);
    const next = node.literals.get(key);
    if (next !== undefined && this.#step("literal", at, at + 1, next)) return true;
    // An operand takes the token now. With other digits, or as another name, it might be one of the literals.
    for (const [other, child] of node.literals) {
      if (other !== key && this.#alike(at, other) && this.#walk(child, at + 1)) this.#unsure = true;
    }
    for (const edge of node.placeholders) {
      this.#name = false;
      const end = this.#placeholder(edge.what, at);
      if (end >= 0 && this.#step(edge.what, at, end, edge.node)) return true;
    }
    return false;
  }

  #step(what: Step["what"], from: number, next: number, node: GrammarNode): boolean {
    const { steps } = this;
    const { length } = steps;
    steps.push({ what, from, next, name: what !== "literal" && this.#name });
    if (this.#walk(node, next)) return true;
    steps.length = length;
    return false;
  }

  #keyOf(at: number): number {
    const { kind, value } = this.#tokens;
    return literalKey(kind[at]!, kind[at] === Token.word ? this.#interner.folded(value[at]!) : value[at]!);
  }

  /** Could token `at` be the literal of `key`? Names may be any word but registers, and registers and numbers have any digits. */
  #alike(at: number, key: number): boolean {
    const kind = this.#tokens.kind[at]!;
    if (key % 4 !== kind || kind === Token.operator) return false;
    if (kind === Token.number) return true;
    const { names } = this.#interner;
    const [, letter] = registerLike.exec(names[this.#tokens.value[at]!]!) ?? [];
    const [, other] = registerLike.exec(names[Math.floor(key / 4)]!) ?? [];
    return letter?.toLowerCase() === other;
  }

  /** The token after what `what` may take at token `at`, or -1. */
  #placeholder(what: Placeholder, at: number): number {
    const tokens = this.#tokens;
    switch (what) {
      case "d":
      case "s":
      case "=d":
      case "=s":
        return this.#register(at, false);
      case "wd":
      case "ws":
      case "=wd":
      case "=ws":
        return this.#register(at, true);
      case "o":
      case "O":
        if (tokens.is(at, plus)) return this.#operand(at + 1);
        return tokens.is(at, minus) ? this.#operand(at) : at;
      case "ri": {
        const next = this.#register(at, false);
        return next < 0 ? this.#operand(at) : next;
      }
      default:
        return this.#operand(at);
    }
  }

  #register(at: number, half: boolean): number {
    const tokens = this.#tokens;
    const { percent: sign, byWord } = this.#registers;
    let word = at;
    if (sign !== "never" && tokens.is(at, percent)) word++;
    else if (sign === "required") return -1;
    if (tokens.kind[word] !== Token.word || word >= tokens.count) return -1;
    const id = this.#interner.folded(tokens.value[word]!);
    const known = byWord.get(id);
    if (known !== undefined) return known > 15 === half ? word + 1 : -1;
    // With other digits it might be one.
    if (registerLike.test(this.#interner.names[id]!)) this.#unsure = true;
    return -1;
  }

  /** A number with or without signs, or a name. */
  #operand(from: number): number {
    const tokens = this.#tokens;
    const { kind, value, count } = tokens;
    let at = from;
    while (at < count && (tokens.is(at, plus) || tokens.is(at, minus))) at++;
    if (at >= count) return -1;
    if (kind[at] === Token.operator) {
      if (deeper.has(value[at]!)) this.#unsure = true;
      return -1;
    }
    if (kind[at] === Token.word) {
      const name = this.#interner.names[value[at]!]!;
      if (registerLike.test(name)) return -1;
      if (at > from || name === ".") this.#unsure = true;
      this.#name = true;
    }
    if (at + 1 < count && kind[at + 1] === Token.operator && isBinary(value[at + 1]!)) this.#unsure = true;
    return at + 1;
  }
}
