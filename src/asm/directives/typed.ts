/** Directives that know about BPF programs: `.ctype`, `.func`, `.endfunc`, `.program`, `.license`. */
import { declareC, parseCPrototype } from "../../btf/index.js";
import { noFlags } from "../../object/index.js";
import { CText, textOfTokens } from "../typed/c-text.js";
import { stringAt } from "./data.js";
import { sectionName } from "../output/section-operands.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { reserve } from "../output/sections.js";
import { isDefined, putHere } from "../output/symbols.js";
import { Token } from "../text/tokens.js";
import { upToHere } from "../typed/typed.js";
import type { AsmSymbol } from "../types.js";

/** May the addition `name` be used? Says so where it may not. */
export function allowed(run: Run, name: string): boolean {
  const { strict, tokens, typed } = run;
  if (strict) run.errorAt("asm-strict", { name }, 0);
  typed.first ??= [tokens.start[0]!, tokens.end[0]!];
  return !strict;
}

/** Puts `symbol` here; false, and an error about token `at`, where it is defined already. */
export function define(run: Run, symbol: AsmSymbol, at: number): boolean {
  const { tokens } = run;
  if (isDefined(symbol)) {
    const [start, end] = [tokens.start[at]!, tokens.end[at]!];
    const facts = { name: symbol.name };
    run.report.addWithNote("asm-redefined", facts, start, end, "first defined here", symbol.at);
    return false;
  }
  putHere(symbol, run.sections.current);
  symbol.at = tokens.start[at]!;
  return true;
}

/** Reads declarations; remembers where each name was declared. */
function declare(run: Run, text: CText): void {
  const { scope, places } = run.typed;
  for (const { name, at, end } of declareC(text.text, scope, text.report(run))) {
    places.set(name, [text.place(at), text.place(end - 1) + 1]);
  }
}

/** `.ctype "struct foo { … };"`, or the declarations on the lines up to `.endctype`. */
export function ctype(run: Run): void {
  const { tokens, source, scanner } = run;
  if (!allowed(run, ".ctype")) return;
  if (tokens.count > 1) {
    if (tokens.kind[1] !== Token.string) return run.expected("a string with C declarations", 1);
    const text = textOfTokens(run, 1, tokens.count);
    if (text !== undefined) declare(run, text);
    return;
  }
  const start = scanner.at;
  const end = findEnd(source.text, start, scanner.end);
  if (end < 0) {
    scanner.at = scanner.end;
    return run.errorAt("asm-ctype-end", {}, 0);
  }
  scanner.at = end + endWord.length;
  const text = new CText();
  text.add(source.text, start, end);
  declare(run, text);
}

const endWord: readonly number[] = [...".endctype"].map((letter) => letter.charCodeAt(0));

/** Where the line that says `.endctype` starts; -1 where there is none. */
function findEnd(text: Uint8Array, from: number, stop: number): number {
  for (let line = from; line < stop && line >= 0;) {
    let at = line;
    while (text[at] === 0x20 || text[at] === 0x09) at++;
    if (endWord.every((letter, i) => text[at + i] === letter)) return at;
    const end = text.indexOf(10, at);
    line = end < 0 ? -1 : end + 1;
  }
  return -1;
}

/** `.func int xdp_main(struct xdp_md *ctx)`; gas's `.func NAME` says nothing that BPF has a place for. */
export function func(run: Run): void {
  const { tokens, sections, typed } = run;
  if (tokens.count === 2 || tokens.is(2, comma)) {
    typed.plain = true;
    return;
  }
  if (!allowed(run, ".func")) return;
  if (tokens.count === 1) return run.expected("a C prototype", 1);
  if (typed.open !== undefined) {
    const { symbol } = typed.open;
    run.errorAt("asm-func-open", { name: symbol.name }, 0);
    endFunction(run);
  }
  const text = textOfTokens(run, 1, tokens.count);
  if (text === undefined) return;
  const declared = parseCPrototype(text.text, typed.scope, text.report(run));
  if (declared === undefined) {
    // Its end is none of gas's.
    typed.plain = true;
    return;
  }
  // Of `.program SECTION, NAME` this may be the type.
  if (typed.program?.name === declared.name) typed.program = undefined;
  else typed.endProgram(tokens.start[0]!);
  const section = sections.current;
  if (!section.flags.exec) return run.errorAt("asm-func-code", { section: section.name }, 0);
  const { name } = declared;
  const at = text.place(declared.at);
  const symbol = run.symbols.get(run.interner.word(name), at);
  typed.places.set(name, [at, at + name.length]);
  // A label of the same name right before it is the same thing said twice.
  const here = symbol.section === section && symbol.offset === section.size && symbol.after === section.gaps.length;
  if (isDefined(symbol) && !here) {
    const facts = { name };
    run.report.addWithNote("asm-redefined", facts, at, at + name.length, "first defined here", symbol.at);
    return;
  }
  if (!here) {
    putHere(symbol, section);
    symbol.at = at;
  }
  if (!declared.static && symbol.binding === "local" && !symbol.kept)
    symbol.binding = declared.weak ? "weak" : "global";
  symbol.declared = true;
  symbol.type = "func";
  typed.open = { symbol, declared };
  typed.functions.push(typed.open);
}

export function endFunc(run: Run): void {
  const { typed } = run;
  if (!run.ends(1)) return;
  if (typed.open !== undefined) endFunction(run);
  else if (!typed.plain && !run.strict) run.errorAt("asm-func-closed", {}, 0);
  typed.plain = false;
}

function endFunction(run: Run): void {
  const { typed, sections, tokens } = run;
  const { symbol } = typed.open!;
  typed.open = undefined;
  const section = sections.current;
  if (section !== symbol.section) {
    return run.errorAt("asm-func-section", { name: symbol.name, section: symbol.section?.name ?? "?" }, 0);
  }
  symbol.size ??= upToHere(symbol, section, tokens.start[0]!);
}

/** `.program SECTION[, NAME]`: a section for code, and the function that begins here and ends with the section or the next one. */
export function program(run: Run): void {
  const { tokens, sections, typed } = run;
  if (!allowed(run, ".program")) return;
  const named = sectionName(run, 1);
  if (named === undefined) return;
  typed.endProgram(tokens.start[0]!);
  const name = tokens.is(named.next, comma) ? named.next + 1 : -1;
  if (name > 0 && run.name(name) === undefined) return;
  if (!run.ends(name > 0 ? name + 1 : named.next)) return;
  const known = sections.find(named.name);
  if (known !== undefined && !known.flags.exec)
    return run.errorAt("asm-section-changed", { name: named.name, what: "set of flags" }, 1);
  sections.change(sections.open(named.name, { ...noFlags, alloc: true, exec: true }, "progbits"));
  if (name < 0) return;
  const symbol = run.symbols.get(tokens.value[name]!, tokens.start[name]!);
  if (!define(run, symbol, name)) return;
  symbol.type = "func";
  if (symbol.binding === "local" && !symbol.kept) symbol.binding = "global";
  typed.program = symbol;
}

/** `.license "GPL"`: the section `license` with the symbol that compilers give it. */
export function license(run: Run): void {
  const { tokens, sections } = run;
  if (!allowed(run, ".license")) return;
  const bytes = stringAt(run, 1);
  if (bytes === undefined || !run.ends(2)) return;
  sections.push(sections.open("license", { ...noFlags, alloc: true, write: true }, "progbits"));
  const symbol = run.symbols.get(run.interner.word("_license"), tokens.start[1]!);
  if (define(run, symbol, 1)) {
    const section = sections.current;
    const at = reserve(section, bytes.length + 1);
    section.data.set(bytes, at);
    symbol.type = "object";
    symbol.binding = "global";
    symbol.size = { kind: "number", value: BigInt(bytes.length + 1) };
    run.typed.license = { symbol, size: bytes.length + 1 };
  }
  sections.pop();
}
