/** Why a statement is no instruction: what was expected where, and what was perhaps meant. */
import { nearest } from "../../diag/index.js";
import { helperId, insnTable, spellings } from "../../isa/index.js";
import { isDirective } from "../directives/table.js";
import { findMistake, meaningOf } from "./mistakes.js";
import { respell } from "./respell.js";
import { latin1 } from "../macros/raw.js";
import { comma } from "../text/scan.js";
import { literalText, type GrammarNode, type Placeholder } from "./grammar.js";
import type { Run } from "../run.js";
import { packed, Token } from "../text/tokens.js";

const assigns = packed("=");
const backslash = packed("\\");

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

/** Alternatives that are too many to be told one by one: a few that are there, all that go, what is said. */
const groups: readonly (readonly [few: readonly string[], all: RegExp, said: string])[] = [
  [["`+=`", "`<<=`"], /^`([-+*/%|&^]|<<|>>)?=`$|^`s`$/, "`=` or an operator like `+=`, `<<=`, `s>>=`"],
  [["`==`", "`<`"], /^`([=!<>]=?=?|[<>]|&|s)`$/, "a comparison (`==`, `!=`, `<`, `s<`, `&`, …)"],
  [
    ["`load_acquire`", "`*`"],
    /^`(\w+|[-(*&])`$/,
    "a load or another operation (`*(u64 *)(r2 + 0)`, `(s8)r2`, `be16 r1`, …)",
  ],
  [["a number", "a 64-bit number or a symbol"], /^a (number|64-bit number or a symbol)$/, "a number or a symbol"],
  [["a function or a helper", "a function"], /^a function( or a helper)?$/, "a function or a helper"],
];

function alternatives(nodes: Iterable<GrammarNode>, run: Run): string {
  const sign = run.registers.percent === "required" || run.dialect === "conformance" ? "%" : "";
  const found = new Set<string>();
  for (const node of nodes) {
    for (const { what } of node.placeholders) found.add(describe(what, sign));
    for (const key of node.literals.keys()) found.add(literalText(key, run.interner));
    if (node.leaves.length > 0) found.add("the end of the statement");
  }
  for (const [few, all, said] of groups) {
    if (!few.every((each) => found.has(each))) continue;
    for (const each of found) if (all.test(each)) found.delete(each);
    found.add(said);
  }
  const list = [...found];
  if (list.length > maxAlternatives) list.splice(maxAlternatives, list.length, "…");
  return list.length < 2 ? list.join("") : `${list.slice(0, -1).join(", ")} or ${list.at(-1)!}`;
}

const placeholders: Readonly<Record<string, string>> = {
  d: "DST",
  s: "SRC",
  i: "NUMBER",
  I: "NUMBER",
  h: "NUMBER",
  o: "+OFFSET",
  O: "+OFFSET",
  j: "LABEL",
  J: "LABEL",
  f: "FUNCTION",
  c: "HELPER",
  x: "INDEX",
};

/** How the instruction that begins with `word` is written; undefined where the spelling has no mnemonics. */
function usage(word: string, { dialect }: Run): string | undefined {
  if (dialect === "pseudoc" || dialect === "kernel") return undefined;
  const forms = new Set<string>();
  for (const row of insnTable) {
    for (const template of spellings(row, dialect)) {
      if (template.split(/\s/)[0] !== word) continue;
      forms.add(`\`${template.replace(/\{(\w+)\}/g, (_, what: string) => placeholders[what] ?? what.toUpperCase())}\``);
    }
  }
  return forms.size === 0 ? undefined : `it is written ${[...forms].slice(0, 4).join(" or ")}`;
}

/** The words a node may go on with. */
function words(node: GrammarNode, run: Run): string[] {
  const found: string[] = [];
  for (const key of node.literals.keys())
    if (key % 4 === Token.word) found.push(run.interner.names[(key - Token.word) / 4]!);
  return found;
}

/** The statement from token `first` on, as characters that stand for one byte each. */
function statementOf({ source, tokens }: Run, first: number): string {
  const end = tokens.end[tokens.count - 1]!;
  return latin1(source.text, tokens.start[first]!, Math.min(end, tokens.start[first]! + maxStatement));
}

/** Statements are looked at up to here. */
const maxStatement = 400;

/** Reports why the tokens from `first` on match nothing. */
export function explain(run: Run, first: number): void {
  const { matcher, tokens } = run;
  const at = matcher.failedAt;
  const { mismatch } = matcher;
  if (mismatch?.kind === "range") return outOfRange(run, first, at - 1, mismatch);
  if (mismatch?.kind === "deep") return run.errorAt("asm-deep", {}, at);
  if (mismatch?.kind === "opcode") {
    return run.errorAt("asm-opcode", { opcode: `0x${mismatch.opcode.toString(16)}` }, first, tokens.count - 1);
  }
  // `r1 := 5` begins with a label.
  const from = tokens.is(first, assigns) && first > 1 ? first - 2 : first;
  const mistake = findMistake(statementOf(run, from), run.dialect);
  if (mistake !== undefined) {
    const { problem, advice } = mistake;
    const start = tokens.start[from]!;
    return run.report.add("asm-mistake", { problem, advice }, start + mistake.from, start + mistake.to);
  }
  if (mismatch?.kind === "same") return run.expected(`\`${mismatch.register}\` again`, at - 1);
  if (mismatch?.kind === "expression") {
    if (misspeltRegister(run, at)) return;
    return expected(run, "a number, a symbol or `(`", first, at);
  }
  if (at === first) return unknownInstruction(run, first);
  const wantsRegister = [...matcher.failedNodes].some((node) =>
    node.placeholders.some(({ what }) => /^=?w?[ds]$/.test(what)),
  );
  if (wantsRegister && misspeltRegister(run, at)) return;
  const wanted = alternatives(matcher.failedNodes, run);
  if (tokens.kind[at] === Token.word && at < tokens.count) {
    const word = run.interner.names[tokens.value[at]!]!;
    const guess = nearest(
      word,
      [...matcher.failedNodes].flatMap((node) => words(node, run)),
    );
    if (guess !== undefined) {
      return run.errorAt("asm-expected-near", { expected: wanted, found: run.found(at), guess }, at);
    }
  }
  expected(run, wanted, first, at);
}

/** Something else was expected at token `at` of the instruction at `first`. */
function expected(run: Run, wanted: string, first: number, at: number): void {
  const { tokens, interner, source } = run;
  const word = tokens.kind[first] === Token.word ? interner.names[interner.folded(tokens.value[first]!)]! : "";
  // `mov r1, #5`: the rest is a comment.
  const behind = at < tokens.count ? "" : latin1(source.text, tokens.end[at - 1]!, tokens.end[at - 1]! + 8);
  if (/^[ \t]*#-?\d/.test(behind) && tokens.is(at - 1, comma)) {
    return run.errorAt(
      "asm-mistake",
      { problem: "`#` begins a comment", advice: "numbers have no sign before them" },
      at,
    );
  }
  if (tokens.is(at, backslash)) {
    return run.errorAt("asm-parameter", {}, at, Math.min(at + 1, tokens.count - 1));
  }
  const advice = usage(word, run);
  const isNumber = tokens.kind[at] === Token.float || tokens.kind[at] === Token.huge;
  if (advice === undefined || (isNumber && at < tokens.count)) return run.expected(wanted, at);
  run.errorAt("asm-expected-usage", { expected: wanted, found: run.found(at), usage: advice }, at);
}

function outOfRange(
  run: Run,
  first: number,
  at: number,
  { what, low, high }: { readonly what: string; readonly low: string; readonly high: string },
): void {
  const value = run.found(at).replaceAll("`", "");
  const facts = { what, value, low, high };
  const text = statementOf(run, first);
  const pseudoc = /^(r\d+)\s*=\s*(-?\w+)$/.exec(text);
  const move = /^mov\s+(%?r\d+)\s*,\s*(-?\w+)$/i.exec(text);
  if (pseudoc !== null) run.errorAt("asm-range-wide", { ...facts, load: `${text} ll` }, at);
  else if (move !== null) run.errorAt("asm-range-wide", { ...facts, load: `lddw ${move[1]}, ${move[2]}` }, at);
  else run.errorAt("asm-range", facts, at);
}

/** Says so where the register-like word at token `at` is no register here. */
function misspeltRegister(run: Run, at: number): boolean {
  const { tokens, interner, registers } = run;
  const signed = tokens.is(at, packed("%"));
  const word = signed ? at + 1 : at;
  if (tokens.kind[word] !== Token.word || word >= tokens.count) return false;
  const name = interner.names[tokens.value[word]!]!;
  if (!signed && !/^[a-z]{1,2}\d{1,3}$/i.test(name) && !/^[er]?[abcd]x$|^[er]?[sb]p$/i.test(name)) return false;
  const written = signed ? `%${name}` : name;
  if (registers.names.includes(written.toLowerCase())) return false;
  run.errorAt("asm-register", { name: written, advice: registerAdvice(run, written) }, at, word);
  return true;
}

/** What to write instead of `name`, which is no register. */
export function registerAdvice({ registers }: Run, name: string): string {
  const known = `registers are ${registers.names[0]} to ${registers.names[10]}`;
  const [, letter = "", digits = ""] = /^%?([rw])(\d+)$/i.exec(name) ?? [];
  if (Number(digits) > 10) return known;
  if (letter.toLowerCase() === "w") {
    const whole = registers.names.find((each) => each.endsWith(`r${digits}`)) ?? "r0";
    return `32-bit instructions end in 32 and name the whole register: \`mov32 ${whole}, …\``;
  }
  const guess = nearest(name.toLowerCase(), registers.names);
  if (/[sbf]p$/i.test(name)) return `the frame pointer is ${registers.names[10]}; nothing moves the stack`;
  return guess === undefined || !/r\d/i.test(name) ? known : `did you mean \`${guess}\`?`;
}

function unknownInstruction(run: Run, first: number): void {
  const { tokens, interner, grammar, dialect } = run;
  const name = tokens.kind[first] === Token.word ? interner.names[tokens.value[first]!]! : "";
  const lower = name.toLowerCase();
  const advise = (advice: string): void => run.errorAt("asm-instruction-advice", { name, advice }, first);
  if (helperId(name) !== undefined) return advise(`helpers are called: \`call ${name}\``);
  const other = respell(run, statementOf(run, first));
  if (other !== undefined) {
    const { from, text } = other;
    const switched = `\`.syntax ${from}\` before it, or --syntax ${from}, reads it as it is`;
    const help = text === undefined ? switched : `in ${dialect}: \`${text}\`; ${switched}`;
    return run.errorAt("asm-spelling", { from, dialect, help }, first, tokens.count - 1);
  }
  if (name === "") return run.expected("an instruction, a directive or a label", first);
  if (isDirective(`.${lower}`)) return advise(`directives begin with a dot: \`.${lower}\``);
  if (grammar.placeholders.length > 0 && misspeltRegister(run, first)) return;
  const meaning = meaningOf(lower, dialect);
  if (meaning !== undefined) return advise(`here it is ${meaning}`);
  const guess = nearest(lower, [...words(grammar, run), ...run.macros.names()]);
  if (guess === undefined) run.errorAt("asm-instruction", { name, dialect }, first);
  else run.errorAt("asm-instruction-near", { name, guess }, first);
}
