/** The symbols of the linked object: locals before globals, one symbol an output section, nothing that nobody needs. */
import {
  bindingOf,
  functionSymbol,
  homes,
  infoOf,
  sectionSymbol,
  SymbolList,
  symbolRow,
  TableNames,
  typeOf,
  visibilities,
} from "../object/index.js";
import { isFolded, matcher, type Context, type Global, type Input } from "./context.js";

/** For what stands in no section. */
const noState = { map: undefined, output: -1, pieces: undefined };

const local = { binding: "local", visibility: "default" } as const;

export class SymbolTable {
  readonly #context: Context;
  /** The entries: symbols, and whether a relocation refers to them. */
  readonly #entries: SymbolList;
  readonly #needed: boolean[] = [];
  readonly #sections = new Map<number, number>();
  /** Entry by input and symbol; -1 where there is none yet. */
  readonly #locals: Int32Array[];
  readonly #globals: Int32Array;

  constructor(context: Context) {
    const { inputs, globals } = context;
    this.#context = context;
    this.#entries = new SymbolList(globals.length + inputs.length, new TableNames(context.names));
    this.#locals = inputs.map(({ symbols }) => new Int32Array(symbols.count).fill(-1));
    this.#globals = new Int32Array(globals.length).fill(-1);
    for (const input of inputs) {
      const { symbols } = input;
      const { words, count } = symbols;
      for (let number = 0, row = 0; number < count; number++, row += symbolRow) {
        const info = words[row + 2]!;
        // Broken files have section symbols of no section.
        if (bindingOf(info) !== 0 || (info >> 4 === sectionSymbol && words[row + 1]! >= 0)) continue;
        this.#locals[input.number]![number] = this.#move(input, symbols, number, info);
      }
    }
    this.#addGlobals();
  }

  /** The entry of the symbol of output section `section`. */
  section(section: number): number {
    let entry = this.#sections.get(section);
    if (entry === undefined) {
      const { names, outputs } = this.#context;
      const name = names.add(outputs[section]!.name);
      entry = this.#push(name, section, infoOf({ ...local, type: "section" }), 0, 0, true);
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
    const name = input.symbols.nameIn(this.#context.names, number);
    return this.#push(name, homes.undefined, infoOf({ ...local, type: "notype" }), 0, 0, true);
  }

  /** The symbols in their order, and the number of each entry among them. */
  finish(): { readonly symbols: SymbolList; readonly numbers: Int32Array } {
    const entries = this.#entries;
    const numbers = new Int32Array(entries.count).fill(-1);
    const symbols = entries.empty();
    const { retainSymbols, relocatable } = this.#context.options;
    const retained = retainSymbols === undefined ? undefined : matcher(retainSymbols);
    const { words, count } = entries;
    // The words of symbols that follow each other are copied together.
    let start = 0;
    let end = 0;
    const copy = (): void => symbols.append(entries, start, end);
    for (const locals of [true, false]) {
      for (let entry = 0, row = 0; entry < count; entry++, row += symbolRow) {
        if (((words[row + 2]! & 3) === 0) !== locals) continue;
        if (this.#needed[entry] !== true) {
          const open = words[row + 1] === homes.undefined;
          if (open && (locals || relocatable !== true)) continue;
          // Loaders find functions by their symbols.
          const isOther = typeOf(words[row + 2]!) !== functionSymbol;
          if (isOther && retained?.(entries.name(entry)) === false) continue;
        }
        if (entry !== end) {
          copy();
          start = entry;
        }
        end = entry + 1;
        numbers[entry] = symbols.count + entry - start;
      }
    }
    copy();
    return { symbols, numbers };
  }

  #push(name: number, home: number, info: number, value: number, size: number, needed: boolean): number {
    this.#needed.push(needed);
    this.#entries.push(name, home, info, value, size);
    return this.#entries.count - 1;
  }

  #addGlobals(): void {
    const { globals, inputs } = this.#context;
    this.#entries.reserve(globals.length);
    const { words: made } = this.#entries;
    for (const global of globals) {
      const { symbols, at, visibility } = global;
      const { words } = symbols;
      const row = at * symbolRow;
      const home = words[row + 1]!;
      // Most: in a section that moved as a whole, at an offset of one word.
      const isUsual = home >= 0 && visibility === "default" && !global.localized;
      const { map, output, pieces } = inputs[global.input]!.sections[isUsual ? home : 0] ?? noState;
      const shift = map?.shift;
      const value = words[row + 3]!;
      if (!isUsual || shift === undefined || pieces !== undefined || value < 0 || words[row + 4] !== 0) {
        this.#addGlobal(global);
        continue;
      }
      const entry = this.#entries.count++;
      this.#needed.push(false);
      const to = entry * symbolRow;
      made[to] = global.number;
      made[to + 1] = output;
      made[to + 2] = words[row + 2]! & ~12;
      made[to + 3] = value + shift;
      made[to + 5] = words[row + 5]!;
      made[to + 6] = words[row + 6]!;
      this.#globals[global.number] = entry;
    }
  }

  #addGlobal(global: Global): void {
    const { symbols, at, input, visibility } = global;
    const info = symbols.info(at);
    const hidden = 4 * visibilities.indexOf(visibility);
    const as = global.localized ? 16 * typeOf(info) : bindingOf(info) + hidden + 16 * typeOf(info);
    this.#globals[global.number] = this.#move(this.#context.inputs[input]!, symbols, at, as);
  }

  /** The entry of symbol `number` at its place in the output, with another binding and visibility; -1 where that was dropped. */
  #move(input: Input, symbols: SymbolList, number: number, info: number): number {
    const name = symbols.nameIn(this.#context.names, number);
    const home = symbols.home(number);
    const size = symbols.size(number);
    if (home === homes.absolute) {
      this.#needed.push(false);
      this.#entries.pushAbsolute(name, info, symbols.absolute(number), size);
      return this.#entries.count - 1;
    }
    const value = symbols.value(number);
    if (home < 0) return this.#push(name, home, info, value, size, false);
    const { object, sections } = input;
    const { map, output, pieces } = sections[home]!;
    if (map === undefined) return -1;
    // Of equal functions one name stays: loaders want one function at a place.
    if (pieces !== undefined && isFolded(input, home, value)) return -1;
    // A label at the very end goes with what it ends.
    const offset = value === object.sections[home]!.size ? map.endAt(value) : map.at(value);
    if (offset < 0) return -1;
    const end = size === 0 || map.isWhole ? offset + size : map.lastIn(value, value + size);
    return this.#push(name, output, info, offset, Math.max(0, end - offset), false);
  }
}
