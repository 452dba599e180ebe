/**
 * The instruction grammar: a trie over the tokens of all templates of one dialect, made from the instruction table.
 *
 * A node's edges are literal tokens and placeholders; a path from the root to a node with leaves is a whole statement. What a
 * node's edges are is also what the text may go on with: the "expected …" of a diagnostic.
 */
import { encodeUtf8 } from "../../bytes/index.js";
import { insnTable, spellings, type Dialect, type InsnRow } from "../../isa/index.js";
import type { Interner } from "../text/intern.js";
import { Scanner } from "../text/scan.js";
import { packed, Token, Tokens, unpacked } from "../text/tokens.js";

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

export interface GrammarNode {
  /** By `literalKey`. */
  readonly literals: Map<number, GrammarNode>;
  readonly placeholders: { readonly what: Placeholder; readonly node: GrammarNode }[];
  readonly leaves: Leaf[];
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
  return { literals: new Map(), placeholders: [], leaves: [] };
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

const open = packed("{");

function addTemplate(root: GrammarNode, template: string, row: InsnRow, interner: Interner, dialect: Dialect): void {
  const tokens = new Tokens();
  new Scanner(encodeUtf8(template), tokens, interner, dialect === "kernel" ? "pseudoc" : dialect).next();
  let node = root;
  let helper = false;
  const seen = new Set<string>();
  for (let at = 0; at < tokens.count; at++) {
    if (tokens.is(at, open)) {
      const name = interner.names[tokens.value[at + 1]!]!;
      const what = (seen.has(name) && "d s wd ws".split(" ").includes(name) ? `=${name}` : name) as Placeholder;
      seen.add(name);
      at += 2;
      let edge = node.placeholders.find((each) => each.what === what);
      if (edge === undefined) {
        edge = { what, node: newNode() };
        node.placeholders.push(edge);
        node.placeholders.sort((a, b) => order[a.what] - order[b.what]);
      }
      node = edge.node;
      continue;
    }
    const kind = tokens.kind[at]!;
    const value = tokens.value[at]!;
    if (kind === Token.word && interner.names[value] === "helper") helper = true;
    const key = literalKey(kind, kind === Token.word ? interner.folded(value) : value);
    let next = node.literals.get(key);
    if (next === undefined) node.literals.set(key, (next = newNode()));
    node = next;
  }
  if (!node.leaves.some((leaf) => leaf.row === row)) node.leaves.push({ row, helper });
}

export function buildGrammar(dialect: Dialect, interner: Interner): GrammarNode {
  const root = newNode();
  for (const row of insnTable) {
    for (const template of spellings(row, dialect)) addTemplate(root, template, row, interner, dialect);
  }
  return root;
}
