/** Pass of the final link: every reference must have a definition; one error at each place that refers. */
import { diagnostic, nearest, type Note } from "../diag/index.js";
import { helperId, helperNames } from "../isa/index.js";
import { homes, relocationRow, type Relocation, type RelocKind } from "../object/index.js";
import { globalNamed, type Context, type Input } from "./context.js";
import { libraryAdvice } from "./libc.js";
import { declarationIn, describeSymbol, placeIn, siteNote } from "./where.js";

/** Comparisons of names that suggestions may take in all: enough for a person's mistakes, not a cost that grows. */
const suggestionBudget = 30_000;

/** Is the undefined `name` one that the kernel provides: a helper that is called, a kfunc, a kernel variable? */
export function isKernels(context: Context, name: string, kind: RelocKind): boolean {
  if (kind === "helper_imm32" || kind === "kfunc_imm32") return true;
  if (kind === "call_imm32" && helperId(name) !== undefined) return true;
  return context.types?.kernel.has(name) ?? false;
}

export function reportUndefined(context: Context): void {
  const suggest = new Suggestions(context);
  for (const input of context.inputs) {
    input.object.sections.forEach(({ flags }, number) => {
      const { map, relocations } = input.sections[number]!;
      if (map === undefined || !flags.alloc) return;
      for (let i = 0; i < relocations.count; i++) {
        const global = context.globals[input.globalOf[relocations.words[i * relocationRow + 2]!]!];
        if (global?.home !== homes.undefined || global.symbols.isWeak(global.at)) continue;
        const { offset, kind, symbol: index } = relocations.record(i);
        if (map.at(offset) < 0 || isKernels(context, global.symbols.name(global.at), kind)) continue;
        report(context, suggest, input, number, { offset, kind, symbol: index });
      }
    });
  }
}

function report(
  context: Context,
  suggest: Suggestions,
  input: Input,
  section: number,
  { offset, kind, symbol: index }: Pick<Relocation, "offset" | "kind" | "symbol">,
): void {
  const symbol = input.object.symbols[index]!;
  const { name } = symbol;
  const notes: Note[] = [siteNote(input, section, offset)];
  const declared = declarationIn(input, symbol);
  if (declared !== undefined) notes.push({ message: `declared in ${input.object.file} as ${declared}` });
  const outside = context.archives.map((find) => find(name)).find((each) => each !== undefined);
  const hidden = outside === undefined ? suggest.fileOfStatic(name) : undefined;
  const meant =
    outside === undefined && hidden === undefined ? suggest.nearest(name, kind === "call_imm32") : undefined;
  const found = meant === undefined ? undefined : globalNamed(context, meant);
  if (meant !== undefined && found !== undefined) {
    const owner = context.inputs[found.input]!;
    notes.push({ message: `${meant} is defined in ${owner.object.file} as ${describeSymbol(owner, found.symbol)}` });
  }
  // strip without -g takes the names out of an object, too.
  const stripped = context.inputs.find(({ object }) => object.symbols.length === 0 && object.sections.length > 0);
  if (stripped !== undefined) {
    const { file } = stripped.object;
    notes.push({ message: `${file} has no symbols: if it was stripped of them, link the file from before` });
  }
  let advice =
    libraryAdvice(name) ?? (meant === undefined ? "give the object that defines it" : `did you mean ${meant}?`);
  if (hidden !== undefined) advice = `${hidden} has a static one, which others do not see: make it global there`;
  if (outside !== undefined) {
    advice = `${outside} defines it: archives stand behind what needs them, or between --start-group and --end-group`;
  }
  context.diagnostics.push(diagnostic("link-undefined", { name, advice }, placeIn(input, section, offset), notes));
}

/** "Did you mean": each name is looked for once, and the search ends when the budget is used up. */
class Suggestions {
  readonly #context: Context;
  readonly #known = new Map<string, string | undefined>();
  #defined: readonly string[] | undefined;
  #statics: Map<string, string> | undefined;
  #budget = suggestionBudget;

  constructor(context: Context) {
    this.#context = context;
  }

  /** The first input that has a static function or variable of the name. */
  fileOfStatic(name: string): string | undefined {
    if (this.#statics === undefined) {
      this.#statics = new Map();
      for (const { object } of this.#context.inputs) {
        for (const { name: own, binding, type, home } of object.symbols) {
          const isNamed = binding === "local" && home.kind === "section" && type !== "section" && type !== "file";
          if (isNamed && !this.#statics.has(own)) this.#statics.set(own, object.file);
        }
      }
    }
    return this.#statics.get(name);
  }

  nearest(name: string, called: boolean): string | undefined {
    const key = `${called} ${name}`;
    if (this.#known.has(key)) return this.#known.get(key);
    this.#defined ??= this.#context.globals
      .filter(({ symbol }) => symbol.home.kind !== "undefined")
      .map((global) => global.name);
    if (this.#budget <= 0) return undefined;
    const length = Math.max(1, Math.floor(name.length / 3));
    const close = (each: string): boolean => Math.abs(each.length - name.length) <= length;
    const candidates = this.#defined.filter(close);
    if (called) candidates.push(...helperNames.filter(close));
    this.#budget -= this.#defined.length + helperNames.length;
    const found = nearest(name, candidates);
    this.#known.set(key, found);
    return found;
  }
}
