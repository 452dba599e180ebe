/** Why a statement is no instruction: what was expected where, and what was perhaps meant. */
import { nearest } from "../../diag/index.js";
import { literalText, type GrammarNode, type Placeholder } from "./grammar.js";
import type { Run } from "../run.js";
import { packed, Token } from "../text/tokens.js";

const descriptions: Readonly<
  Record<Exclude<Placeholder, "d" | "s" | "wd" | "ws" | "=d" | "=s" | "=wd" | "=ws">, string>
> = {
  i: "a number",
  I: "a 64-bit number or a symbol",
  h: "a number",
  o: "`+` or `-` and a displacement",
  O: "`+` or `-` and a displacement",
  j: "a label or a distance",
  J: "a label or a distance",
  f: "a function",
  c: "a function or a helper",
  x: "a number",
  da: "an address space",
  sa: "an address space",
  ri: "a register's number",
};

function describe(what: Placeholder, sign: string): string {
  const plain = what.replace("=", "");
  if (plain === "d" || plain === "s") return `a register (${sign}r0 to ${sign}r10)`;
  if (plain === "wd" || plain === "ws") return "a 32-bit register (w0 to w10)";
  return descriptions[plain as keyof typeof descriptions];
}

/** A list of alternatives is cut after this many. */
const maxAlternatives = 8;

function alternatives(nodes: Iterable<GrammarNode>, run: Run): string {
  const sign = run.registers.percent === "required" || run.dialect === "conformance" ? "%" : "";
  const found = new Set<string>();
  for (const node of nodes) {
    for (const { what } of node.placeholders) found.add(describe(what, sign));
    for (const key of node.literals.keys()) found.add(literalText(key, run.interner));
    if (node.leaves.length > 0) found.add("the end of the statement");
  }
  const list = [...found];
  if (list.length > maxAlternatives) list.splice(maxAlternatives, list.length, "…");
  return list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} or ${list.at(-1)!}`;
}

/** The words a node may go on with. */
function words(node: GrammarNode, run: Run): string[] {
  const found: string[] = [];
  for (const key of node.literals.keys())
    if (key % 4 === Token.word) found.push(run.interner.names[(key - Token.word) / 4]!);
  return found;
}

/** Reports why the tokens from `first` on match nothing. */
export function explain(run: Run, first: number): void {
  const { matcher, tokens } = run;
  const at = matcher.failedAt;
  const { mismatch } = matcher;
  if (mismatch?.kind === "range") {
    const { what, low, high } = mismatch;
    return run.errorAt("asm-range", { what, value: run.found(at - 1).replaceAll("`", ""), low, high }, at - 1);
  }
  if (mismatch?.kind === "same") return run.expected(`\`${mismatch.register}\` again`, at - 1);
  if (mismatch?.kind === "opcode") {
    return run.errorAt("asm-opcode", { opcode: `0x${mismatch.opcode.toString(16)}` }, first, tokens.count - 1);
  }
  if (mismatch?.kind === "deep") return run.errorAt("asm-deep", {}, at);
  if (mismatch?.kind === "expression") {
    const register = misspeltRegister(run, at);
    if (register !== undefined) return run.errorAt("asm-register", register, at);
    return run.expected("a number, a symbol or `(`", at);
  }
  if (at === first) return unknownInstruction(run, first);
  const register = misspeltRegister(run, at);
  const wantsRegister = [...matcher.failedNodes].some((node) =>
    node.placeholders.some(({ what }) => /^=?w?[ds]$/.test(what)),
  );
  if (register !== undefined && wantsRegister) return run.errorAt("asm-register", register, at);
  const expected = alternatives(matcher.failedNodes, run);
  if (tokens.kind[at] === Token.word && at < tokens.count) {
    const word = run.interner.names[tokens.value[at]!]!;
    const guess = nearest(
      word,
      [...matcher.failedNodes].flatMap((node) => words(node, run)),
    );
    if (guess !== undefined) {
      return run.errorAt("asm-expected-near", { expected, found: run.found(at), guess }, at);
    }
  }
  run.expected(expected, at);
}

/** Facts about the register-like word at token `at` that is no register here. */
function misspeltRegister(run: Run, at: number): { name: string; guess: string } | undefined {
  const { tokens, interner, registers } = run;
  const word = tokens.is(at, packed("%")) ? at + 1 : at;
  if (tokens.kind[word] !== Token.word || word >= tokens.count) return undefined;
  const name = interner.names[tokens.value[word]!]!;
  if (!/^[a-z]{1,2}\d{1,3}$/i.test(name)) return undefined;
  const written = word === at ? name : `%${name}`;
  if (registers.names.includes(written)) return undefined;
  const guess = nearest(written, registers.names);
  return { name: written, guess: guess ?? registers.names[0]! };
}

function unknownInstruction(run: Run, first: number): void {
  const { tokens, interner, grammar } = run;
  if (tokens.kind[first] !== Token.word) return run.expected("an instruction, a directive or a label", first);
  const name = interner.names[tokens.value[first]!]!;
  const register = misspeltRegister(run, first);
  if (register !== undefined && grammar.placeholders.length > 0) return run.errorAt("asm-register", register, first);
  const guess = nearest(name.toLowerCase(), [...words(grammar, run), ...run.macros.names()]);
  if (guess === undefined) run.errorAt("asm-instruction", { name, dialect: run.dialect }, first);
  else run.errorAt("asm-instruction-near", { name, guess }, first);
}
