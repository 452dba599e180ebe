/** The symbols of the linked object: locals before globals, one symbol an output section, nothing that nobody needs. */
import type { ObjectSymbol } from "../object/index.js";
import { isFolded, matcher, type Context, type Global, type Input } from "./context.js";

const nameless: ObjectSymbol = {
  name: "",
  home: { kind: "undefined" },
  size: 0,
  binding: "local",
  type: "notype",
  visibility: "default",
};

export class SymbolTable {
  readonly #context: Context;
  /** The entries: symbols, and whether a relocation refers to them. */
  readonly #entries: ObjectSymbol[] = [];
  readonly #needed: boolean[] = [];
  readonly #sections = new Map<number, number>();
  /** Entry by input and symbol; -1 where there is none yet. */
  readonly #locals: Int32Array[];
  readonly #globals: Int32Array;
  readonly #isLocalized: (name: string) => boolean;

  constructor(context: Context) {
    this.#context = context;
    this.#locals = context.inputs.map(({ object }) => new Int32Array(object.symbols.length).fill(-1));
    this.#globals = new Int32Array(context.globals.length).fill(-1);
    this.#isLocalized = matcher(context.options.localize);
    for (const input of context.inputs) {
      const { symbols } = input.object;
      for (let number = 0; number < symbols.length; number++) {
        const { binding, type, home } = symbols[number]!;
        // Broken files have section symbols of no section.
        const isSection = type === "section" && home.kind === "section";
        if (binding === "local" && !isSection) this.#addLocal(input, number);
      }
    }
    for (const global of context.globals) this.#addGlobal(global);
  }

  /** The entry of the symbol of output section `section`. */
  section(section: number): number {
    let entry = this.#sections.get(section);
    if (entry === undefined) {
      const { name } = this.#context.outputs[section]!;
      const home = { kind: "section", section, offset: 0 } as const;
      const symbol = { name, home, size: 0, binding: "local", type: "section", visibility: "default" } as const;
      entry = this.#add(symbol, true);
      this.#sections.set(section, entry);
    }
    return entry;
  }

  /** The entry that symbol `number` of `input` became, for a relocation; -1 where it went with what it was in. */
  use(input: Input, number: number): number {
    const global = input.globalOf[number]!;
    const entry = global < 0 ? this.#locals[input.number]![number]! : this.#globals[global]!;
    if (entry >= 0) this.#needed[entry] = true;
    return entry;
  }

  /** The entry of a symbol that names a group, which is a name and no more where the link dropped its definition. */
  signature(input: Input, number: number): number {
    const entry = this.use(input, number);
    if (entry >= 0) return entry;
    const { name } = input.object.symbols[number]!;
    const symbol = { ...nameless, name };
    return this.#add(symbol, true);
  }

  /** The symbols in their order, and the number of each entry among them. */
  finish(): { readonly symbols: ObjectSymbol[]; readonly numbers: Int32Array } {
    const numbers = new Int32Array(this.#entries.length).fill(-1);
    const symbols: ObjectSymbol[] = [];
    const { retainSymbols, relocatable } = this.#context.options;
    const retained = retainSymbols === undefined ? undefined : matcher(retainSymbols);
    for (const locals of [true, false]) {
      for (let entry = 0; entry < this.#entries.length; entry++) {
        const symbol = this.#entries[entry]!;
        if ((symbol.binding === "local") !== locals) continue;
        if (this.#needed[entry] !== true) {
          const open = symbol.home.kind === "undefined";
          if ((open && (locals || relocatable !== true)) || retained?.(symbol.name) === false) continue;
        }
        numbers[entry] = symbols.push(symbol) - 1;
      }
    }
    return { symbols, numbers };
  }

  #add(symbol: ObjectSymbol, needed: boolean): number {
    this.#needed.push(needed);
    return this.#entries.push(symbol) - 1;
  }

  #addLocal(input: Input, number: number): void {
    const symbol = this.#moved(input, input.object.symbols[number]!);
    if (symbol !== undefined) this.#locals[input.number]![number] = this.#add(symbol, false);
  }

  #addGlobal(global: Global): void {
    const moved = this.#moved(this.#context.inputs[global.input]!, global.symbol);
    if (moved === undefined) return;
    const local = moved.home.kind !== "undefined" && (global.localized || this.#isLocalized(global.name));
    const binding = local ? "local" : moved.binding;
    const { name, home, size, type } = moved;
    const visibility = local ? "default" : global.visibility;
    const same = binding === moved.binding && visibility === moved.visibility;
    this.#globals[global.number] = this.#add(same ? moved : { name, home, size, binding, type, visibility }, false);
  }

  /** The symbol at its place in the output; undefined where that was dropped. */
  #moved(input: Input, symbol: ObjectSymbol): ObjectSymbol | undefined {
    const { object, sections } = input;
    const { home, size } = symbol;
    if (home.kind !== "section") return symbol;
    const { map, output, pieces } = sections[home.section]!;
    if (map === undefined) return undefined;
    // Of equal functions one name stays: loaders want one function at a place.
    if (pieces !== undefined && isFolded(input, home.section, home.offset)) return undefined;
    const section = object.sections[home.section]!;
    // A label at the very end goes with what it ends.
    const offset = home.offset === section.size ? map.endAt(home.offset) : map.at(home.offset);
    if (offset < 0) return undefined;
    const end = size === 0 || map.isWhole ? offset + size : map.lastIn(home.offset, home.offset + size);
    const { name, binding, type, visibility } = symbol;
    const at = { kind: "section", section: output, offset } as const;
    return { name, home: at, size: Math.max(0, end - offset), binding, type, visibility };
  }
}
