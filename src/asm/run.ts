/**
 * One run of the assembler: its tables, the statement being read, and what the directives need of both.
 * `assemble.ts` drives it; each directive is a function over it.
 */
import type { DiagnosticCode, DiagnosticFacts } from "../diag/index.js";
import type { Endian } from "../bytes/index.js";
import { gotolLevel, type Dialect, type IsaVersion } from "../isa/index.js";
import { CoreOperators } from "./typed/core.js";
import { Conditions } from "./macros/conditions.js";
import { directiveUsage } from "./directives/usage.js";
import { Listing } from "./output/listing.js";
import { Macros } from "./directives/macro.js";
import type { Version } from "./directives/alias.js";
import type { StatedRelocation } from "./directives/reloc.js";
import { ExpressionParser, reduce, type Names } from "./match/expression.js";
import { Deferred } from "./match/deferred.js";
import { buildGrammar, type GrammarNode } from "./match/grammar.js";
import { Frames } from "./debug/frames.js";
import { Input } from "./text/input.js";
import { Interner } from "./text/intern.js";
import { GeneratedLines } from "./debug/generate.js";
import { Lines } from "./debug/lines.js";
import { Matcher } from "./match/match.js";
import { statementText } from "./macros/raw.js";
import { Registers } from "./match/registers.js";
import { Report } from "./text/report.js";
import { maxWord, Scanner } from "./text/scan.js";
import { Sections } from "./output/sections.js";
import { Source } from "./text/source.js";
import { ShapedLines, type Meaning } from "./shapes/lines.js";
import { registerLike } from "./shapes/walk.js";
import { unescape } from "./text/strings.js";
import { placeSymbol, Symbols } from "./output/symbols.js";
import { packed, Token, Tokens } from "./text/tokens.js";
import { Typed } from "./typed/typed.js";
import type { AsmSymbol, AssembleOptions, Expression, TextRange } from "./types.js";

const percent = packed("%");

export class Run implements Names, Meaning {
  readonly options: AssembleOptions;
  readonly endian: Endian;
  readonly isa: IsaVersion;
  /** May a jump that is too far take more slots? */
  readonly relaxes: boolean;
  readonly interner: Interner = new Interner();
  readonly tokens: Tokens = new Tokens();
  readonly source: Source;
  readonly report: Report;
  readonly scanner: Scanner;
  readonly shapes: ShapedLines;
  readonly conditions: Conditions;
  readonly input: Input;
  readonly macros: Macros = new Macros();
  readonly symbols: Symbols;
  readonly sections: Sections = new Sections();
  readonly expressions: ExpressionParser;
  readonly matcher: Matcher;
  /** Are the additions of bpfkit refused? */
  readonly strict: boolean;
  /** Operands that turned out to be maps. */
  impliedMaps: readonly TextRange[] = [];
  /** What is known of types. */
  readonly typed: Typed;
  /** Names of `.eqv`. */
  readonly deferred: Deferred = new Deferred(this);
  readonly core: CoreOperators = new CoreOperators(this);
  /** Names of `.file`. */
  readonly files: string[] = [];
  readonly lines: Lines = new Lines();
  /** What `.symver` and `.reloc` said. */
  readonly versions: Version[] = [];
  readonly relocs: StatedRelocation[] = [];
  /** Symbols of `.addrsig_sym`, once `.addrsig` asks for the table. */
  addressTable = false;
  readonly addressed: AsmSymbol[] = [];
  readonly listing: Listing | undefined;
  readonly generated: GeneratedLines | undefined;
  readonly frames: Frames = new Frames();
  /** Has nothing told the dialect so far? */
  undecided: boolean;
  /** Bytes that directives have put. */
  filled = 0;
  /** Was there a conformance text? Its jumps may say `exit`. */
  conformance = false;
  registers: Registers;
  grammar: GrammarNode;
  readonly #dialects: Map<Dialect, readonly [Registers, GrammarNode]> = new Map();
  readonly #here: number;

  constructor(source: Source, found: Dialect | undefined, options: AssembleOptions) {
    const dialect = found ?? "plain";
    this.undecided = found === undefined;
    this.source = source;
    this.options = options;
    this.endian = options.endian ?? "little";
    this.isa = options.isa ?? 4;
    this.relaxes = (options.relax ?? true) && this.isa >= gotolLevel;
    this.report = new Report(source, {
      warnings: options.warnings ?? true,
      fatal: options.fatalWarnings ?? false,
      silenced: new Set(options.silenced),
    });
    this.scanner = new Scanner(source.text, this.tokens, this.interner, dialect);
    this.conditions = new Conditions(this.report);
    this.input = new Input(source, this.scanner, this.report, this.conditions);
    this.symbols = new Symbols(this.interner, options.keepLocals ?? false);
    this.generated = options.debug === undefined ? undefined : new GeneratedLines(this, options.debug);
    this.listing = options.listing === undefined ? undefined : new Listing(this);
    this.expressions = new ExpressionParser(this.tokens, this);
    this.strict = options.strict ?? false;
    this.typed = new Typed((name) => {
      const equation = this.symbols.peek(this.interner.word(name))?.equation;
      return equation?.kind === "number" ? equation.value : undefined;
    });
    this.#here = this.interner.word(".");
    [this.registers, this.grammar] = this.#tables(dialect);
    this.matcher = new Matcher(this.tokens, this.interner, this.expressions, this.registers);
    this.shapes = new ShapedLines(source.text, this);
    this.conformance = dialect === "conformance";
  }

  get dialect(): Dialect {
    return this.scanner.dialect;
  }

  /** Do semicolons separate statements? */
  get separates(): boolean {
    return this.dialect !== "gnu" && this.dialect !== "kernel";
  }

  /** Reads the rest of the text in another dialect. */
  use(dialect: Dialect): void {
    this.undecided = false;
    this.scanner.dialect = dialect;
    this.shapes.clear();
    [this.registers, this.grammar] = this.#tables(dialect);
    this.matcher.registers = this.registers;
    this.conformance ||= dialect === "conformance";
  }

  /** Registers and instructions of another spelling. */
  tablesOf(dialect: Dialect): { readonly registers: Registers; readonly grammar: GrammarNode } {
    const [registers, grammar] = this.#tables(dialect);
    return { registers, grammar };
  }

  isRegisterLike(id: number): boolean {
    return registerLike.test(this.interner.names[id]!);
  }

  #tables(dialect: Dialect): readonly [Registers, GrammarNode] {
    let tables = this.#dialects.get(dialect);
    if (tables === undefined) {
      tables = [new Registers(dialect, this.interner), buildGrammar(dialect)];
      this.#dialects.set(dialect, tables);
    }
    return tables;
  }

  /** What a name means in an expression. Registers' names mean nothing there. */
  word(id: number, at: number): AsmSymbol | Expression | undefined {
    if (id === this.#here) return { kind: "symbol", symbol: this.here(at), at };
    const name = this.interner.names[id]!;
    if (registerLike.test(name)) return undefined;
    // Enumerators of .ctype are numbers here, too.
    const { enumerators } = this.typed.scope;
    const value = enumerators.size > 0 ? enumerators.get(name) : undefined;
    if (value !== undefined) return { kind: "number", value };
    const symbol = this.symbols.get(id, at);
    const meant = this.deferred.none ? undefined : this.deferred.value(symbol, at);
    if (meant !== undefined) return meant;
    // What is a number already is taken now: `.set` may change it later.
    return symbol.equation?.kind === "number" ? symbol.equation : symbol;
  }

  numeric(label: number, forward: boolean, at: number): AsmSymbol | undefined {
    return forward ? this.symbols.forward(label, at) : this.symbols.backward(label);
  }

  operator(at: number): { readonly tree: Expression; readonly next: number } | undefined {
    return this.core.operator(at);
  }

  /** `.` */
  here(at: number): AsmSymbol {
    const section = this.sections.current;
    return placeSymbol(section, at);
  }

  /** An error about token `at` (and the tokens up to `last`). */
  errorAt<Code extends DiagnosticCode>(code: Code, facts: DiagnosticFacts<Code>, at: number, last: number = at): void {
    this.report.add(code, facts, this.tokens.start[at]!, this.tokens.end[last]!);
  }

  /** The text of token `at` for a diagnostic. */
  found(at: number): string {
    if (at >= this.tokens.count) return "the end of the statement";
    const { kind, start, end } = this.tokens;
    // A register's sign and its name are one thing.
    const word = this.tokens.is(at, percent) && kind[at + 1] === Token.word && start[at + 1] === end[at];
    const text = this.source.text.subarray(start[at], word ? end[at + 1] : end[at]);
    const shown = String.fromCharCode(...text.subarray(0, 40));
    return `\`${shown}${text.length > 40 ? "…" : ""}\``;
  }

  /** The statement's raw text behind token `at`, without comments, as characters that stand for one byte each. */
  rest(at: number): string {
    const { text, end, problem } = this.scanner;
    if (at === this.tokens.count - 1 && problem === undefined) return "";
    return statementText(text, this.tokens.end[at]!, end, this.separates);
  }

  /** Reports that something else was expected at token `at`. */
  expected(what: string, at: number): void {
    if (this.tokens.kind[at] === Token.huge && at < this.tokens.count) {
      return this.errorAt("asm-scan-number-range", {}, at);
    }
    const found = this.found(at);
    if (this.tokens.kind[at] === Token.float && at < this.tokens.count) {
      if (/^`0\d+`$/.test(found)) this.errorAt("asm-scan-number", {}, at);
      else this.errorAt("asm-fraction", { found }, at);
      return;
    }
    const usage = directiveUsage(this);
    if (usage === undefined) this.errorAt("asm-expected", { expected: what, found }, at);
    else this.errorAt("asm-expected-usage", { expected: what, found, usage }, at);
  }

  /** Reads an expression at token `at` into `expressions`; reports and returns -1 where there is none. */
  expression(at: number): number {
    const next = this.expressions.parse(at);
    if (next < 0) {
      const { failedAt, tooDeep } = this.expressions;
      if (tooDeep) this.errorAt("asm-deep", {}, failedAt);
      else this.expected("a number, a symbol or `(`", failedAt);
    }
    return next;
  }

  /** Reads an expression whose value must be known now, between `low` and `high`; NaN after an error, `next` the token after it. */
  constant(at: number, what: string, low: number, high: number): { readonly value: number; readonly next: number } {
    const next = this.expression(at);
    if (next < 0) return { value: Number.NaN, next };
    let value = this.expressions.number;
    const { tree } = this.expressions;
    if (tree !== undefined) {
      const found = reduce(tree);
      if ("problem" in found || found.add !== undefined || found.sub !== undefined) {
        this.errorAt("asm-not-constant", {}, at, next - 1);
        return { value: Number.NaN, next };
      }
      value = Number(found.value);
    }
    if (value < low || value > high) {
      this.errorAt("asm-range", { what, value, low: String(low), high: String(high) }, at, next - 1);
      return { value: Number.NaN, next };
    }
    return { value, next };
  }

  /** Is the statement over at token `at`? Reports what is left over. */
  ends(at: number): boolean {
    if (at >= this.tokens.count) return true;
    this.expected("the end of the statement", at);
    return false;
  }

  /** The word or the string at token `at` as a name; undefined after an error. */
  name(at: number): string | undefined {
    const kind = at < this.tokens.count ? this.tokens.kind[at] : Token.end;
    if (kind === Token.word || (kind === Token.string && this.unquote(at))) {
      return this.interner.names[this.tokens.value[at]!]!;
    }
    this.expected("a name", at);
    return undefined;
  }

  /** Makes the string at token `at` the word that it is as a name; false where it is none. */
  unquote(at: number): boolean {
    const { kind, value, start, end } = this.tokens;
    const bytes = unescape(this.source.text, start[at]!, end[at]!);
    if (typeof bytes === "number" || bytes.length === 0 || bytes.length > maxWord) return false;
    kind[at] = Token.word;
    value[at] = this.interner.bytes(bytes, 0, bytes.length);
    return true;
  }
}
