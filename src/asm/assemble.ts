/** Text to Object: reads statement by statement, then settles what had to wait for symbols. */
import { wholeNumber } from "./builder/parts.js";
import { encodeUtf8 } from "../bytes/index.js";
import { addDebugTables } from "./debug/tables.js";
import { placeAliases } from "./output/aliases.js";
import { isText, withoutMark } from "./text/encoding.js";
import { detectDialect } from "./text/detect.js";
import { expand } from "./directives/macro.js";
import { directive, isPassedOver, passBlock, rawDirectives } from "./directives/table.js";
import { applyVersions, applyWeakReferences, defineOnce } from "./directives/alias.js";
import { checkDumped, takeUnknown } from "./output/dumped.js";
import { org } from "./directives/gaps.js";
import { assign } from "./directives/symbol.js";
import { emitInsn } from "./output/emit.js";
import { explain, registerAdvice } from "./match/explain.js";
import { makeObject } from "./output/object.js";
import { Resolver } from "./output/resolve.js";
import { Run } from "./run.js";
import { colon } from "./text/scan.js";
import { padEnd, type Sections } from "./output/sections.js";
import { Settler } from "./output/settle.js";
import { Source } from "./text/source.js";
import { isDefined, putHere } from "./output/symbols.js";
import { explicitMaps } from "./typed/explicit-maps.js";
import { emitTypes } from "./typed/emit.js";
import { packed, Token, unpacked } from "./text/tokens.js";
import type { AsmSymbol, AssembleOptions, AssembleResult } from "./types.js";

const equals = packed("=");
const equalsTwice = packed("==");
const dot = 0x2e;

/** Places of symbols and fields are kept in 32 bits, of files and expansions behind the main text, too. */
const maxMain = 2 ** 30;

const toleratedProblems: ReadonlySet<string> = new Set(["byte", "number", "number-range", "character", "word"]);

/**
 * Assembles `source` (text, or its UTF-8 bytes). Never throws on bad text: every error of the text is in `diagnostics`, and
 * `object` is undefined when there is one.
 * Throws `asm-builder-number` where `options.defines` has a number that is not whole, or that a double does not hold exactly.
 */
export function assemble(source: string | Uint8Array, options: AssembleOptions = {}): AssembleResult {
  const text = withoutMark(typeof source === "string" ? encodeUtf8(source) : source);
  const file = options.file ?? "<source>";
  const { syntax = "auto" } = options;
  const dialect = syntax === "auto" ? detectDialect(text) : syntax;
  const run = new Run(new Source(file, text), dialect, options);
  const { report } = run;
  if (text.length > maxMain) {
    report.halt("asm-text-size", { limit: maxMain }, 0, 0);
  } else if (isText(run, 0)) {
    define(run);
    const { listing } = run;
    while (!report.full && next(run)) {
      if (listing === undefined) statement(run);
      else listing.note(() => statement(run));
    }
    run.conditions.close(0);
  }
  const object = settle(run, file, options.padSections ?? false);
  const explicitText = options.explicitMaps === true && report.errors === 0 ? explicitMaps(run) : undefined;
  const diagnostics = report.finish();
  if (report.errors > 0) return { object: undefined, diagnostics };
  const listing = run.listing?.text(options.listing!);
  return {
    object,
    diagnostics,
    ...(explicitText === undefined ? {} : { explicitText }),
    ...(listing === undefined ? {} : { listing }),
  };
}

/** Goes to the next statement; what only says again what was said before is done here. False at the end of the text. */
function next(run: Run): boolean {
  const { shapes, scanner, input } = run;
  for (;;) {
    // Lines of a function with a type are counted one by one, and rows of the line table are for one line.
    const single =
      run.typed.open !== undefined ||
      run.lines.pending !== undefined ||
      run.lines.marksLabels ||
      run.listing !== undefined ||
      run.generated !== undefined;
    if (input.entered || single) shapes.pass();
    else if (shapes.mayKnow(scanner.at)) scanner.at = shapes.follow(scanner.at, run.sections.current);
    if (scanner.next()) return true;
    if (!input.leave()) return false;
  }
}

/** The symbols of `options.defines`, which stand in a text of their own. */
function define(run: Run): void {
  const defines = Object.entries(run.options.defines ?? {});
  if (defines.length === 0) return;
  const lines = defines.map(([name, value]) => `${name} = ${value}\n`);
  const text = encodeUtf8(lines.join(""));
  let at = run.source.append(text.length, { file: "<defines>", message: "" }, 0, -1);
  run.source.text.set(text, at);
  for (const [i, [name, value]] of defines.entries()) {
    run.symbols.get(run.interner.word(name), at).equation = { kind: "number", value: BigInt(wholeNumber(value)) };
    at += encodeUtf8(lines[i]!).length;
  }
  run.scanner.text = run.source.text;
}

function settle(run: Run, file: string, pads: boolean): AssembleResult["object"] {
  const { report, sections, symbols } = run;
  const resolver = new Resolver(report, run.endian, symbols.all, run.conformance, run.relaxes, run.registers.names);
  run.typed.close(run);
  run.deferred.close();
  for (const [label, { at }] of symbols.pending()) report.add("asm-numeric-label", { label: `${label}f` }, at, at + 1);
  applyVersions(run);
  applyWeakReferences(symbols.all);
  nameSections(symbols.all, sections);
  if (!new Settler(report, run.endian, run.relaxes).all(sections.all)) return undefined;
  placeAliases(symbols.all);
  emitTypes(run);
  for (const section of sections.all) resolver.section(section);
  resolver.stated(run.relocs);
  run.impliedMaps = resolver.impliedMaps;
  if (pads) for (const section of sections.all) padEnd(section);
  addDebugTables(run);
  if (report.errors > 0) return undefined;
  const made = makeObject(
    file,
    run.endian,
    sections.all,
    symbols.all,
    run.files,
    run.addressTable ? run.addressed : undefined,
    report,
  );
  return { ...made, flags: run.options.isa ?? 0 };
}

/** A section's name that is no symbol's stands for its start. */
function nameSections(symbols: readonly AsmSymbol[], sections: Sections): void {
  for (const symbol of symbols) {
    const section = symbol.declared || isDefined(symbol) ? undefined : sections.named(symbol.name);
    if (section === undefined) continue;
    symbol.section = section;
    symbol.temporary = true;
  }
}

/** Labels, then a directive, an assignment or an instruction. */
function statement(run: Run): void {
  const { tokens, scanner, macros } = run;
  if (scanner.problem !== undefined && !tolerated(run)) {
    const { problem, problemAt, problemEnd } = scanner;
    if (problem === "statement") return run.report.halt("asm-scan-statement", {}, problemAt, problemEnd);
    if (!isPassedOver(run)) run.report.add(`asm-scan-${problem}`, {}, problemAt, problemEnd);
    return passBlock(run);
  }
  const { newlineAt } = scanner;
  if (newlineAt >= 0 && !isPassedOver(run)) run.report.add("asm-string-newline", {}, newlineAt, newlineAt + 1);
  let first = 0;
  while (tokens.is(first + 1, colon) && first + 1 < tokens.count) {
    if (!label(run, first)) return;
    first += 2;
  }
  if (first >= tokens.count) {
    const label = first === 2 && tokens.kind[0] === Token.word && run.dialect !== "kernel";
    if (label && run.shapes.asks) run.shapes.learnLabel(tokens.end[0]!, run, scanner.at);
    return;
  }
  if (tokens.kind[first] === Token.word) {
    if (macros.size > 0 && !tokens.is(first + 1, equals)) {
      const macro = macros.get(run.interner.folded(tokens.value[first]!));
      if (macro !== undefined) return expand(run, macro, first);
    }
    if (run.source.text[tokens.start[first]!] === dot && !tokens.is(first + 1, equals)) {
      if (first > 0) tokens.cut(0, first);
      return directive(run);
    }
    // `name = value`; in pseudo-C a register there starts an instruction.
    const once = tokens.is(first + 1, equalsTwice);
    if (
      (once || tokens.is(first + 1, equals)) &&
      run.registers.byWord.get(run.interner.folded(tokens.value[first]!)) === undefined
    ) {
      return once ? defineOnce(run, first, first + 2, true) : assignment(run, first);
    }
  }
  instruction(run, first);
}

/** Is what the scanner stumbled over an argument, which may be any text? */
function tolerated(run: Run): boolean {
  const { tokens, scanner, interner } = run;
  if (!toleratedProblems.has(scanner.problem!)) return false;
  let first = 0;
  while (tokens.is(first + 1, colon)) first += 2;
  if (first >= tokens.count || tokens.kind[first] !== Token.word || tokens.end[first]! > scanner.problemAt)
    return false;
  const word = interner.folded(tokens.value[first]!);
  return run.macros.get(word) !== undefined || rawDirectives.has(interner.names[word]!);
}

function assignment(run: Run, first: number): void {
  const name = run.interner.names[run.tokens.value[first]!]!;
  if (name === ".") return org(run, first + 2);
  if (/^[rw]\d+$/i.test(name)) return run.errorAt("asm-register", { name, advice: registerAdvice(run, name) }, first);
  assign(run, first, first + 2);
}

/** Defines the label at token `at`; false after an error. */
function label(run: Run, at: number): boolean {
  const { tokens, sections, symbols } = run;
  const section = sections.current;
  const start = tokens.start[at]!;
  if (tokens.kind[at] === Token.number) {
    symbols.defineNumeric(tokens.value[at]!, section, start);
    return true;
  }
  if (tokens.kind[at] !== Token.word && !(tokens.kind[at] === Token.string && run.unquote(at))) {
    run.expected("a label, a directive or an instruction", at);
    return false;
  }
  const symbol = symbols.get(tokens.value[at]!, start);
  if (symbol.name === ".") {
    run.expected("a label", at);
    return false;
  }
  if (isDefined(symbol)) {
    const facts = { name: symbol.name };
    run.report.addWithNote("asm-redefined", facts, start, tokens.end[at]!, "first defined here", symbol.at);
    return false;
  }
  putHere(symbol, section);
  symbol.at = start;
  if (run.lines.marksLabels) run.lines.mark(section);
  return true;
}

/** Warns of `r1 =+ 5`, which is `r1 = +5`. */
function looseSign({ tokens, report }: Run, first: number): boolean {
  const sign = first + 2;
  const { kind, value, start, end } = tokens;
  if (kind[sign] !== Token.operator || !tokens.is(sign - 1, equals) || end[sign - 1] !== start[sign]) return false;
  const written = unpacked(value[sign]!);
  if ((written !== "+" && written !== "-") || start[sign + 1] === end[sign]) return false;
  report.add("asm-sign", { sign: written }, start[sign - 1]!, end[sign]!);
  return true;
}

function instruction(run: Run, first: number): void {
  const { matcher, sections } = run;
  matcher.opcode = run.scanner.opcode;
  let leaf = matcher.match(run.grammar, first);
  // LLVM takes operators in pieces, as preprocessors make them of two words.
  const joined = leaf === undefined && run.dialect === "pseudoc" && run.tokens.join(first);
  if (joined) leaf = matcher.match(run.grammar, first);
  const kernel = run.dialect === "kernel";
  if (leaf === undefined) {
    if (!kernel || !takeUnknown(run, first)) explain(run, first);
    return;
  }
  const section = sections.current;
  if (section.type === "nobits") return run.errorAt("asm-nobits", { section: section.name }, first);
  if (leaf.row.version > run.isa) {
    const facts = { level: leaf.row.version, isa: run.isa };
    return run.errorAt("asm-isa", facts, first, run.tokens.count - 1);
  }
  if (run.typed.open !== undefined) run.typed.line(run, first);
  if (run.generated?.active === true) run.generated.expect(first);
  if (run.lines.pending !== undefined) run.lines.take(section);
  if (run.core.waits) run.core.take(leaf);
  const { size } = section;
  const { length } = section.fixups;
  const problem = emitInsn(section, run.endian, leaf, matcher);
  if (problem === undefined) {
    const special =
      joined ||
      (kernel ? checkDumped(run, first, leaf, section, size) : run.dialect === "pseudoc" && looseSign(run, first));
    if (first === 0 && run.shapes.asks && !special) {
      const { tokens, interner, registers, grammar, endian, separates, scanner } = run;
      const { text, opcode, at } = scanner;
      run.shapes.learn(
        { text, tokens, interner, registers, grammar, opcode, leaf, section, fixups: length, endian, separates },
        at,
      );
    }
    return;
  }
  const { code, operand } = problem;
  run.report.add(code, {}, operand.at, operand.end);
}
