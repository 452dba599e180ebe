/** `.macro` and what belongs to it, and the expansion of the statements that name a macro. */
import { ArgumentReader, type Evaluate } from "../macros/arguments.js";
import { collect, macroBlock, type Body } from "../macros/body.js";
import { evaluate } from "../match/evaluate.js";
import { fill, makeTemplate, sizeOf, type Macro, type Parameter, type Template } from "../macros/macros.js";
import { bytesOf, latin1 } from "../macros/raw.js";
import type { Run } from "../run.js";

/** Names that cannot be macros: without these no text could be read. */
const reserved = /^\.(if\w*|else|elsec|els(e)?if|endif|endc|macro|endm|endr|exitm|purgem|rept?|i(re)?pc?|irep|end)$/;

/** Macros at a time. */
export const maxMacros: number = 2 ** 18;
/** Lists of parameters that macros share: who makes many macros makes them alike. */
const maxShared = 1024;

const nothing = new Uint8Array(0);

const nameAt = /[\w.$\x80-\xff]+/y;
const qualifierAt = /[ \t]*:[ \t]*([\w.$]+)/y;
const keywordAt = /([\w.$\x80-\xff]+)[ \t]*=(?!=)[ \t]*/y;

/** Names that were defined or undefined by `.macro` and `.purgem`, and what `.altmacro` said. */
export class Macros {
  /** By the interner's number of the name in lower case. */
  readonly #byWord: Map<number, Macro> = new Map();
  /** Parameters by their text. */
  readonly shared: Map<string, readonly Parameter[]> = new Map();
  alternate = false;
  /** Expansions so far: `\@`. */
  count = 0;
  locals = 0;

  get size(): number {
    return this.#byWord.size;
  }

  get(id: number): Macro | undefined {
    return this.#byWord.get(id);
  }

  set(id: number, macro: Macro): void {
    this.#byWord.set(id, macro);
  }

  delete(id: number): boolean {
    return this.#byWord.delete(id);
  }

  names(): string[] {
    return Array.from(this.#byWord.values(), ({ name }) => name);
  }
}

/** What `%` of an argument means now; undefined: nothing. */
export function evaluator(run: Run): Evaluate | undefined {
  return run.macros.alternate ? (text, at) => evaluate(run, text, at) : undefined;
}

/** `.macro NAME [PARAMETER[:req|:vararg][=DEFAULT]]…` up to `.endm`. */
export function define(run: Run): void {
  const { tokens, interner, macros } = run;
  const header = run.rest(0);
  const body = collect(run, macroBlock);
  if (body === undefined) return;
  const reader = new ArgumentReader(header, undefined);
  const name = reader.match(nameAt)?.[0];
  if (name === undefined) return run.expected("the macro's name", 1);
  const list = header.slice(reader.at);
  const parameters = macros.shared.get(list) ?? readParameters(run, reader, name);
  if (parameters !== undefined && macros.shared.size < maxShared) macros.shared.set(list, parameters);
  const id = interner.folded(interner.word(name));
  if (reserved.test(interner.names[id]!)) return run.errorAt("asm-macro-name", { name }, 1);
  const [at, end] = [tokens.start[1]!, tokens.end[1]!];
  const known = macros.get(id);
  if (known !== undefined) {
    return run.report.addWithNote("asm-macro-defined", { name }, at, end, "first defined here", known.at);
  }
  if (macros.size >= maxMacros) return run.report.halt("asm-macros", { limit: maxMacros }, at, end);
  const { start, end: stop } = body;
  macros.set(id, {
    name: interner.names[id]!,
    origin: undefined,
    at,
    start,
    end: stop,
    parameters,
    templates: undefined,
  });
  // Lines that were instructions may call the macro now.
  run.shapes.clear();
}

function readParameters(run: Run, reader: ArgumentReader, macro: string): Parameter[] | undefined {
  const found: Parameter[] = [];
  const names = new Set<string>();
  let from = reader.at;
  const refuse = (problem: string): undefined => {
    if (reader.at === from) reader.match(/\S/y);
    run.report.add("asm-macro-parameters", { macro, problem }, ...placeIn(run, 0, reader, from));
    return undefined;
  };
  for (reader.comma(); !reader.done; reader.comma()) {
    from = reader.at;
    const name = reader.match(nameAt)?.[0];
    if (name === undefined) return refuse("a parameter's name is a word");
    if (names.has(name)) return refuse(`there are two called \`${name}\``);
    names.add(name);
    if (found.at(-1)?.rest === true) return refuse("nothing comes behind `:vararg`");
    const qualifier = reader.match(qualifierAt)?.[1];
    if (qualifier !== undefined && qualifier !== "req" && qualifier !== "vararg") {
      return refuse(`\`:${qualifier}\` is neither \`:req\` nor \`:vararg\``);
    }
    let fallback = "";
    if (reader.match(/[ \t]*=[ \t]*/y) !== undefined) fallback = reader.one();
    found.push({ name, required: qualifier === "req", rest: qualifier === "vararg", fallback });
  }
  return found;
}

/** Where the text that `reader` has read since `from` stands, which is the rest of the statement behind token `first`. */
function placeIn(run: Run, first: number, { text, at }: ArgumentReader, from: number): readonly [number, number] {
  const { tokens, source } = run;
  const base = tokens.end[first]!;
  const [start, end] = [base + from, base + at];
  // With a comment in between it is somewhere else.
  if (latin1(source.text, start, end) === text.slice(from, at)) return [start, end];
  return [tokens.start[first]!, tokens.end[tokens.count - 1]!];
}

/** Reads the statement, whose token `first` names `macro`, as the macro's body. */
export function expand(run: Run, macro: Macro, first: number): void {
  const { tokens, macros, input } = run;
  const [at, end] = [tokens.start[first]!, tokens.end[first]!];
  const { parameters } = macro;
  if (parameters === undefined) return;
  const actuals = bind(run, macro, parameters, first);
  if (actuals === undefined || !input.enterable("macro", at, end)) return;
  macro.templates ??= new Map();
  macro.origin ??= { file: undefined, message: `in the expansion of macro \`${macro.name}\`` };
  const template = templateOf(run, macro.templates, macro, () => parameters.map(({ name }) => name));
  const values = withLocals(run, actuals.map(bytesOf), template);
  const serial = template.counted ? bytesOf(String(macros.count)) : nothing;
  macros.count++;
  const size = sizeOf(template, values, serial);
  const start = input.append("macro", size, macro.origin, macro.start, at, end);
  if (start < 0) return;
  fill(run.source.text, start, template, values, serial);
  input.enter("macro", start, start + size);
}

/** The body as a template in the manner that holds now. */
export function templateOf(
  run: Run,
  known: Map<boolean, Template>,
  body: Body,
  names: () => readonly string[],
): Template {
  const { alternate } = run.macros;
  let template = known.get(alternate);
  if (template === undefined) {
    template = makeTemplate(run.source.text, body.start, body.end, names(), alternate);
    known.set(alternate, template);
  }
  return template;
}

/** Behind the arguments' values one for each name that `LOCAL` makes. */
export function withLocals(run: Run, values: readonly Uint8Array[], { locals }: Template): readonly Uint8Array[] {
  if (locals === 0) return values;
  const made = Array.from({ length: locals }, () => {
    return bytesOf(`.LL${(++run.macros.locals).toString(16).padStart(4, "0")}`);
  });
  return [...values, ...made];
}

/** The arguments of the statement by parameter; undefined after an error. */
function bind(run: Run, macro: Macro, parameters: readonly Parameter[], first: number): string[] | undefined {
  const text = run.rest(first);
  if (text === "" && parameters.length === 0) return [];
  const values: (string | undefined)[] = parameters.map(() => undefined);
  const reader = new ArgumentReader(text, evaluator(run));
  const last = run.tokens.count - 1;
  let next = 0;
  let named = false;
  for (; !reader.done; reader.comma()) {
    const before = reader.at;
    const here = (): readonly [number, number] => placeIn(run, first, reader, before);
    const keyword = reader.match(keywordAt)?.[1];
    let index = keyword === undefined ? next++ : parameters.findIndex(({ name }) => name === keyword);
    if (keyword !== undefined && index < 0) {
      // gas and LLVM call this an error, too: `=` binds a parameter.
      const facts = { macro: macro.name, name: keyword, known: known(parameters) };
      return void run.report.add("asm-macro-argument", facts, ...here());
    }
    if (keyword === undefined && named) {
      reader.one();
      return void run.report.add("asm-macro-mixed", { macro: macro.name }, ...here());
    }
    if (keyword === undefined && index >= parameters.length) {
      const facts = { macro: macro.name, count: parameters.length, found: reader.all() };
      return void run.report.add("asm-macro-extra", facts, ...here());
    }
    named ||= keyword !== undefined;
    if (keyword !== undefined && values[index] !== undefined) {
      run.report.add("asm-macro-twice", { macro: macro.name, name: keyword! }, ...here());
    }
    values[index] = parameters[index]!.rest ? reader.all() : reader.one();
    if (reader.failed) return undefined;
    // A character that starts nothing, so that this comes to an end.
    if (reader.at === before && reader.text[before] !== ",") reader.at++;
  }
  for (const [i, { name, required, fallback }] of parameters.entries()) {
    if ((values[i] ?? "") !== "") continue;
    if (required) return void run.errorAt("asm-macro-missing", { macro: macro.name, name }, first, last);
    values[i] = fallback;
  }
  return values as string[];
}

function known(parameters: readonly Parameter[]): string {
  return parameters.length === 0 ? "it has none" : parameters.map(({ name }) => `\`${name}\``).join(", ");
}

/** `.purgem NAME` */
export function purge(run: Run): void {
  const name = run.name(1);
  if (name === undefined || !run.ends(2)) return;
  const id = run.interner.folded(run.tokens.value[1]!);
  if (!run.macros.delete(id)) run.errorAt("asm-macro-unknown", { name }, 1);
}

/** `.altmacro`, `.noaltmacro` */
export function alternate(run: Run, on: boolean): void {
  if (run.ends(1)) run.macros.alternate = on;
}

/** `.exitm` */
export function exitMacro(run: Run): void {
  if (run.ends(1) && !run.input.exit()) run.errorAt("asm-exitm", {}, 0);
}
