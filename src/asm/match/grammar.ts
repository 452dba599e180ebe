/**
 * The instruction grammar: a trie over the tokens of all templates of one dialect, made from the instruction table.
 *
 * A node's edges are literal tokens and placeholders; a path from the root to a node with leaves is a whole statement. What a
 * node's edges are is also what the text may go on with: the "expected …" of a diagnostic.
 *
 * A node gets its edges when a statement first comes there: most texts use a small part of the grammar, and making all of it takes
 * longer than assembling a small file.
 */
import { insnTable, spellings, type Dialect, type InsnRow } from "../../isa/index.js";
import type { Interner } from "../text/intern.js";
import { packed, Token, unpacked } from "../text/tokens.js";

/** The placeholders of `Spelling`; `=d` and the like: the same register again. */
export type Placeholder =
  | "d"
  | "s"
  | "wd"
  | "ws"
  | "=d"
  | "=s"
  | "=wd"
  | "=ws"
  | "i"
  | "I"
  | "h"
  | "o"
  | "O"
  | "j"
  | "J"
  | "f"
  | "c"
  | "x"
  | "da"
  | "sa"
  | "ri";

export interface Leaf {
  readonly row: InsnRow;
  /** The template says `helper` before the function: it must be one. */
  readonly helper: boolean;
}

/** A template that goes on behind a node, from `at` on. */
interface Tail {
  readonly row: InsnRow;
  readonly template: string;
  readonly at: number;
}

export interface GrammarNode {
  /** By `literalKey`. */
  readonly literals: Map<number, GrammarNode>;
  readonly placeholders: { readonly what: Placeholder; readonly node: GrammarNode }[];
  readonly leaves: Leaf[];
  /** What `expand` has to make edges and leaves of; undefined when it has. */
  tails: Tail[] | undefined;
}

/** Literal tokens as map keys: words (in lower case), operators, numbers. */
export function literalKey(kind: number, value: number): number {
  return value * 4 + kind;
}

/** The words of a key for diagnostics. */
export function literalText(key: number, interner: Interner): string {
  const value = Math.floor(key / 4);
  if (key % 4 === Token.word) return `\`${interner.names[value]!}\``;
  return `\`${key % 4 === Token.operator ? unpacked(value) : value}\``;
}

function newNode(): GrammarNode {
  return { literals: new Map(), placeholders: [], leaves: [], tails: [] };
}

/** Registers before expressions, so that a register's name is never taken for a symbol. */
const order: Readonly<Record<Placeholder, number>> = {
  d: 0,
  s: 0,
  wd: 0,
  ws: 0,
  "=d": 0,
  "=s": 0,
  "=wd": 0,
  "=ws": 0,
  ri: 1,
  c: 2,
  i: 3,
  I: 4,
  h: 3,
  o: 3,
  O: 3,
  j: 3,
  J: 3,
  f: 3,
  x: 3,
  da: 3,
  sa: 3,
};

/** Registers that a template may name twice. */
const repeatable = ["d", "s", "wd", "ws"];

/** A placeholder, a word, a number or an operator of a template, and blanks around it: as the scanner reads them. */
export const templateToken: RegExp =
  /\s*(?:\{(\w+)\}|([A-Za-z_.$][\w.$]*)|(\d+)|(<<=?|>>=?|&&|\|\||<>|[-+*/%&|^<>=!]=|\S))\s*/y;

function placeholderEdge({ placeholders }: GrammarNode, what: Placeholder): GrammarNode {
  let edge = placeholders.find((each) => each.what === what);
  if (edge === undefined) {
    edge = { what, node: newNode() };
    placeholders.push(edge);
    placeholders.sort((a, b) => order[a.what] - order[b.what]);
  }
  return edge.node;
}

function literalEdge({ literals }: GrammarNode, key: number): GrammarNode {
  let next = literals.get(key);
  if (next === undefined) literals.set(key, (next = newNode()));
  return next;
}

/** Makes the edges and leaves of a node that has none yet. */
export function expand(node: GrammarNode, interner: Interner): void {
  const tails = node.tails!;
  node.tails = undefined;
  for (const { row, template, at } of tails) {
    templateToken.lastIndex = at;
    const found = templateToken.exec(template);
    if (found === null) {
      // The template says `helper` before the function.
      if (!node.leaves.some((leaf) => leaf.row === row)) node.leaves.push({ row, helper: template.includes("helper") });
      continue;
    }
    const [, name, word, digits, operator] = found;
    let next: GrammarNode;
    if (name !== undefined) {
      const again = repeatable.includes(name) && template.slice(0, at).includes(`{${name}}`);
      next = placeholderEdge(node, (again ? `=${name}` : name) as Placeholder);
    } else if (word !== undefined) {
      next = literalEdge(node, literalKey(Token.word, interner.folded(interner.word(word))));
    } else if (digits !== undefined) {
      next = literalEdge(node, literalKey(Token.number, Number(digits)));
    } else {
      next = literalEdge(node, literalKey(Token.operator, packed(operator!)));
    }
    next.tails!.push({ row, template, at: templateToken.lastIndex });
  }
}

export function buildGrammar(dialect: Dialect): GrammarNode {
  const root = newNode();
  for (const row of insnTable) {
    for (const template of spellings(row, dialect)) root.tails!.push({ row, template, at: 0 });
  }
  return root;
}
