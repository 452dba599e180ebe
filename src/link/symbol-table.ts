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
import { isFolded, matcher, type Context, type Input } from "./context.js";

const local = { binding: "local", visibility: "default" } as const;

export class SymbolTable {
  readonly #context: Context;
  /** The entries: symbols, and whether a relocation refers to them. */
  readonly #entries: SymbolList;
  #needed: Uint8Array;
  readonly #sections = new Map<number, number>();
  /** Entry by symbol, those of one input after those of the other; -1 where there is none. */
  readonly #locals: Int32Array;
  /** By input: where its symbols start. */
  readonly #starts: Int32Array;
  readonly #globals: Int32Array;

  constructor(context: Context) {
    const { inputs, globals, names } = context;
    this.#context = context;
    this.#starts = new Int32Array(inputs.length);
    let all = 0;
    for (const { number, symbols } of inputs) {
      this.#starts[number] = all;
      all += symbols.count;
    }
    this.#entries = new SymbolList(all + globals.length, new TableNames(names));
    this.#needed = new Uint8Array(all + globals.length);
    this.#locals = new Int32Array(all).fill(-1);
    this.#globals = new Int32Array(globals.length).fill(-1);
    let place = 0;
    for (const input of inputs) {
      const { symbols } = input;
      const { words, count } = symbols;
      for (let number = 0, row = 0; number < count; number++, row += symbolRow, place++) {
        const info = words[row + 2]!;
        // Broken files have section symbols of no section.
        if (bindingOf(info) !== 0 || (info >> 4 === sectionSymbol && words[row + 1]! >= 0)) continue;
        this.#locals[place] = this.#move(input, symbols, number, info, -1);
      }
    }
    for (const global of globals) {
      const { number, symbols, at, visibility } = global;
      const info = symbols.info(at);
      const hidden = visibility === "default" ? 0 : 4 * visibilities.indexOf(visibility);
      const as = global.localized ? 16 * typeOf(info) : bindingOf(info) + hidden + 16 * typeOf(info);
      this.#globals[number] = this.#move(inputs[global.input]!, symbols, at, as, number);
    }
  }

  /** The entry of the symbol of output section `section`. */
  section(section: number): number {
    let entry = this.#sections.get(section);
    if (entry === undefined) {
      const { names, outputs } = this.#context;
      const name = names.add(outputs[section]!.name);
      entry = this.#add(name, section, infoOf({ ...local, type: "section" }));
      this.#sections.set(section, entry);
    }
    return entry;
  }

  /** The entry that symbol `number` of `input` became, for a relocation; -1 where it went with what it was in. */
  use(input: Input, number: number): number {
    const global = input.globalOf[number]!;
    const entry = global < 0 ? this.#locals[this.#starts[input.number]! + number]! : this.#globals[global]!;
    if (entry >= 0) this.#needed[entry] = 1;
    return entry;
  }

  /** The entry of a symbol that names a group, which is a name and no more where the link dropped its definition. */
  signature(input: Input, number: number): number {
    const entry = this.use(input, number);
    if (entry >= 0) return entry;
    const name = input.symbols.nameIn(this.#context.names, number);
    return this.#add(name, homes.undefined, infoOf({ ...local, type: "notype" }));
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
        if (this.#needed[entry] === 0) {
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

  #push(name: number, home: number, info: number, value: number, size: number): number {
    this.#entries.push(name, home, info, value, size);
    return this.#entries.count - 1;
  }

  /** A new entry that is needed. */
  #add(name: number, home: number, info: number): number {
    const entry = this.#push(name, home, info, 0, 0);
    if (entry >= this.#needed.length) {
      const grown = new Uint8Array(2 * entry + 16);
      grown.set(this.#needed);
      this.#needed = grown;
    }
    this.#needed[entry] = 1;
    return entry;
  }

  /**
   * The entry of symbol `number` at its place in the output, with another binding and visibility; -1 where that was dropped. `name` is
   * below 0 where it is still to be looked up.
   */
  #move(input: Input, symbols: SymbolList, number: number, info: number, name: number): number {
    const { words } = symbols;
    const row = number * symbolRow;
    const home = words[row + 1]!;
    const low = words[row + 3]!;
    if (home >= 0 && low >= 0 && words[row + 4] === 0) {
      const { map, output, pieces } = input.sections[home]!;
      const shift = map?.shift;
      if (shift !== undefined && pieces === undefined) {
        // Most: in a section that moved as a whole, at an offset of one word.
        const called = name < 0 ? symbols.nameIn(this.#context.names, number) : name;
        return this.#push(called, output, info, low + shift, symbols.size(number));
      }
    }
    return this.#moveFrom(input, symbols, number, info);
  }

  #moveFrom(input: Input, symbols: SymbolList, number: number, info: number): number {
    const name = symbols.nameIn(this.#context.names, number);
    const home = symbols.home(number);
    const size = symbols.size(number);
    if (home === homes.absolute) {
      this.#entries.pushAbsolute(name, info, symbols.absolute(number), size);
      return this.#entries.count - 1;
    }
    const value = symbols.value(number);
    if (home < 0) return this.#push(name, home, info, value, size);
    const { object, sections } = input;
    const { map, output, pieces } = sections[home]!;
    if (map === undefined) return -1;
    // Of equal functions one name stays: loaders want one function at a place.
    if (pieces !== undefined && isFolded(input, home, value)) return -1;
    // A label at the very end goes with what it ends.
    const offset = value === object.sections[home]!.size ? map.endAt(value) : map.at(value);
    if (offset < 0) return -1;
    const end = size === 0 || map.isWhole ? offset + size : map.lastIn(value, value + size);
    return this.#push(name, output, info, offset, Math.max(0, end - offset));
  }
}
