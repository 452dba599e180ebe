/** What becomes of a relocation: resolved into the bytes, given to the loader, or gone with what it was in. */
import { diagnostic, type DiagnosticCode, type DiagnosticFacts } from "../diag/index.js";
import { opcodes, putLongJump, writeSrc } from "../isa/index.js";
import {
  bindingOf,
  homes,
  isDebugSection,
  isMapSection,
  largeAddend,
  noFunction,
  relocate,
  relocationRow,
  relocKinds,
  relocTable,
  sectionSymbol,
  typeOf,
  writeField,
  type Relocation,
  type RelocationList,
  type RelocKind,
  type SymbolHome,
} from "../object/index.js";
import { definition, editAt, isFolded, type Context, type Global, type Input } from "./context.js";
import { OutsideText } from "./outside-text.js";
import type { SymbolTable } from "./symbol-table.js";
import { isKernels } from "./undefined.js";
import { placeIn, siteNote } from "./where.js";

const { SLOT } = opcodes;

/** Is the kind that of a jump or a call, which counts instructions? */
const counts = (kind: RelocKind): boolean => relocTable[kind].value.endsWith("/8-1");

/** The same by number, and the kinds that want a map. */
const wantsCode = relocKinds.map(counts);
const wantsMap = relocKinds.map((kind) => relocTable[kind].value === "MAP");

/** What the relocations of dynamic files are made of. */
const dynamic: ReadonlySet<string> = new Set(["B+A", "G+A", "S"]);

interface Site {
  readonly input: Input;
  readonly section: number;
  readonly relocation: Relocation;
  /** Output section and offset in it. */
  readonly output: number;
  readonly at: number;
}

/** The output offset of symbol + addend, which may be outside of the section; undefined where it was dropped. */
export function movedTarget(
  owner: Input,
  section: number,
  offset: number,
  addend: bigint,
  isSection: boolean,
): bigint | undefined {
  const map = owner.sections[section]!.map!;
  if (map.isWhole) return BigInt(map.at(offset)) + addend;
  const target = BigInt(offset) + addend;
  const { size, flags } = owner.object.sections[section]!;
  const end = (at: number): number => (at === size && size > 0 ? map.endAt(size) : map.at(at));
  const inside = target >= 0n && target <= BigInt(size);
  if (isSection) {
    // Outside of the section a section symbol still means a distance from its nearest byte.
    const edge = inside ? Number(target) : target < 0n ? 0 : size;
    const at = end(edge);
    return at < 0 ? undefined : BigInt(at) + target - BigInt(edge);
  }
  const start = map.at(offset);
  if (start < 0) return undefined;
  // Behind rewritten code the distance has changed; between pieces of data there is none.
  if (inside && flags.exec) {
    const at = end(Number(target));
    if (at >= 0) return BigInt(at);
  }
  return BigInt(start) + addend;
}

/** May another object still bring a definition that replaces this one? */
export function isShared({ options }: Context, isLocal: boolean, global: Global | undefined): boolean {
  return options.relocatable === true && !isLocal && (global?.visibility ?? "default") === "default";
}

/**
 * What becomes of relocations against a global in a relocatable link: each is looked at, or they stay as they are. Of those that stay,
 * calls and jumps stay to what is undefined and to instructions.
 */
const ways = { unknown: 0, looked: 1, open: 2, data: 3, code: 4 } as const;

export class References {
  readonly #context: Context;
  readonly #symbols: SymbolTable;
  readonly #data: readonly Uint8Array[];
  readonly #outside: OutsideText;
  /** Functions of whose addresses was warned. */
  readonly #addressed = new Set<Global>();
  /** By output section: does it hold maps? */
  readonly #maps: readonly boolean[];
  /** By output section: does it hold code? */
  readonly #code: readonly boolean[];
  /** One of `ways` by global. */
  readonly #ways: Uint8Array;

  constructor(context: Context, symbols: SymbolTable, data: readonly Uint8Array[]) {
    this.#context = context;
    this.#symbols = symbols;
    this.#data = data;
    this.#outside = new OutsideText(context);
    this.#maps = context.outputs.map(({ name }) => isMapSection(name));
    this.#code = context.outputs.map(({ first }) => first.flags.exec);
    this.#ways = new Uint8Array(context.globals.length);
  }

  /** Adds what the relocations of a section become to those of the output; their symbols are entries of the table. */
  resolve(input: Input, section: number, list: RelocationList): void {
    const { pieces, relocations } = input.sections[section]!;
    const map = input.sections[section]!.map!;
    const { shift } = map;
    const { words } = relocations;
    const ownWays = this.#ways;
    const isRelocatable = this.#context.options.relocatable === true;
    for (let number = 0, row = 0; number < relocations.count; number++, row += relocationRow) {
      const offset = words[row]!;
      const at = shift === undefined ? map.at(offset) : offset + shift;
      if (at < 0 || (pieces !== undefined && isFolded(input, section, offset))) continue;
      const kind = words[row + 1]!;
      const symbol = words[row + 2]!;
      const addend = words[row + 3]!;
      const known = input.globalOf[symbol]!;
      if (known >= 0 && isRelocatable && kind < largeAddend) {
        let way = ownWays[known]!;
        if (way === ways.unknown) ownWays[known] = way = this.#wayOf(known);
        const isCalled = wantsCode[kind]!;
        if (
          way === ways.open ||
          (isCalled ? way === ways.code && addend % SLOT === 0 : way >= ways.data && !wantsMap[kind]!)
        ) {
          const entry = this.#symbols.use(input, symbol);
          if (entry >= 0) {
            list.push(at, kind, entry, addend);
            continue;
          }
        }
      }
      const made = this.#resolve(input, section, relocations.record(number), at);
      if (made !== undefined) list.add(made);
    }
  }

  /** What refers to a global may keep doing so, by the same kind and addend, where that stays one and its bytes have moved together. */
  #wayOf(number: number): number {
    const { globals, inputs } = this.#context;
    const { symbols, at, input, visibility } = globals[number]!;
    const home = symbols.home(at);
    if (home === homes.undefined) return ways.open;
    const info = symbols.info(at);
    if (home < 0 || visibility !== "default" || bindingOf(info) === 0 || typeOf(info) === sectionSymbol) {
      return ways.looked;
    }
    const { map, output } = inputs[input]!.sections[home]!;
    // Maps may ask for another kind, and of functions among programs is warned.
    if (map?.isWhole !== true || this.#maps[output]! || this.#outside.holds(output)) return ways.looked;
    return this.#code[output]! && symbols.value(at) % SLOT === 0 ? ways.code : ways.data;
  }

  /** The relocation of the output that `relocation` becomes, now at `at`; undefined where none is. */
  #resolve(input: Input, section: number, relocation: Relocation, at: number): Relocation | undefined {
    const { output } = input.sections[section]!;
    const { kind, addend } = relocation;
    const { input: owner, symbols, at: number, global } = definition(this.#context, input, relocation.symbol);
    const symbol = symbols.record(number);
    const final = this.#context.options.relocatable !== true;
    const { home } = symbol;
    if (home.kind === "section" && (kind === "call_imm32" || kind === "abs_imm64")) {
      const target = home.offset + Number(addend);
      this.#outside.refers(input, section, relocation.offset, owner, home.section, target);
      if (final && kind === "abs_imm64" && symbol.type === "func" && global !== undefined)
        this.#warnOfAddress(input, section, relocation.offset, global);
    }
    const { value } = relocTable[kind];
    const named = (): string => input.symbols.name(relocation.symbol);
    if (final && dynamic.has(value)) {
      return this.#report("link-dynamic", { name: named(), kind }, input, section, relocation.offset);
    }
    if (value === "MAP" && !this.#isMap(owner, home)) {
      return this.#report("link-no-map", { name: named() }, input, section, relocation.offset);
    }
    if (counts(kind) && home.kind === "absolute") {
      const problem = `is the number ${home.value}`;
      const advice = "a call by number is one of a helper, and needs no symbol";
      return this.#report("link-no-code", { name: named(), problem, advice }, input, section, relocation.offset);
    }
    if (counts(kind) && home.kind === "section") {
      const target = home.offset + Number(addend);
      this.#checkTarget(input, section, relocation.offset, relocation.symbol, owner, home.section, target);
    }
    const site: Site = { input, section, relocation, output, at };
    if (home.kind === "section") {
      const shared = isShared(this.#context, symbol.binding === "local", global);
      return this.#inSection(site, owner, home.section, home.offset, symbol.type === "section", shared);
    }
    if (final && home.kind === "absolute") {
      if (value === "S+A-P" && this.#isPlaced(site)) return this.#noDistance(site);
      if (value === "S+A") {
        this.#write(site, home.value + addend, 0n);
        return undefined;
      }
    }
    if (
      final &&
      home.kind === "undefined" &&
      symbol.binding === "weak" &&
      !isKernels(this.#context, symbol.name, kind)
    ) {
      this.#writeNothing(site);
      return undefined;
    }
    return { offset: at, kind, symbol: this.#symbols.use(input, relocation.symbol), addend };
  }

  #inSection(
    site: Site,
    owner: Input,
    section: number,
    offset: number,
    isSection: boolean,
    shared: boolean,
  ): Relocation | undefined {
    const { relocation, input, output, at } = site;
    const { kind, addend } = relocation;
    const { map, output: home } = owner.sections[section]!;
    const moved = map === undefined ? undefined : movedTarget(owner, section, offset, addend, isSection);
    if (moved === undefined) return this.#dropped(site);
    const row = relocTable[kind];
    const stays = this.#context.options.relocatable === true;
    // Distances within one section are known.
    if (home === output && !shared && (row.value.endsWith("/8-1") || row.value === "S+A-P")) {
      this.#write(site, moved, BigInt(at));
      return undefined;
    }
    if (row.value === "S+A-P" && !stays && this.#isPlaced(site)) return this.#noDistance(site);
    // An object that only declares a map cannot know that it is one.
    const toMap = isMapSection(this.#context.outputs[home]!.name);
    const known = toMap ? this.#mapKind(site) : kind;
    if (toMap && home === output && moved > BigInt(at)) this.#warnOfOrder(site, owner);
    const entry = isSection ? -1 : this.#symbols.use(input, relocation.symbol);
    if (entry < 0) return { offset: at, kind: known, symbol: this.#symbols.section(home), addend: moved };
    const start = map!.at(offset);
    return { offset: at, kind: known, symbol: entry, addend: moved - BigInt(start) };
  }

  /** Is it a map, or may it become one? */
  #isMap({ sections }: Input, home: SymbolHome): boolean {
    if (home.kind !== "section") return home.kind === "undefined";
    const { output } = sections[home.section]!;
    return output < 0 || this.#maps[output]!;
  }

  /** Says something of the reference at `offset`, at its place. */
  #report<Code extends DiagnosticCode>(
    code: Code,
    facts: DiagnosticFacts<Code>,
    input: Input,
    section: number,
    offset: number,
  ): undefined {
    const notes = [siteNote(input, section, offset)];
    this.#context.diagnostics.push(diagnostic(code, facts, placeIn(input, section, offset), notes));
    return undefined;
  }

  /** Says so where a jump or call leads to what is no instruction: loaders would find that only when they load. */
  #checkTarget(
    input: Input,
    section: number,
    offset: number,
    symbol: number,
    owner: Input,
    home: number,
    target: number,
  ): void {
    const { output } = owner.sections[home]!;
    const isCode = output < 0 || this.#code[output]!;
    // Within a section the distance is worked out, and looked at, later.
    if (isCode && (target % SLOT === 0 || output === input.sections[section]!.output)) return;
    const name = input.symbols.name(symbol);
    const problem = isCode
      ? `no instruction starts at byte ${target} of its section`
      : `stands in section ${this.#context.outputs[output]!.name}, which is no code`;
    const advice = isCode ? "refer to the start of an instruction" : "give the function another name than the data";
    this.#report("link-no-code", { name, problem, advice }, input, section, offset);
  }

  /** The kernel takes addresses of functions that their types call static; loaders say so of hidden ones. */
  #warnOfAddress(input: Input, section: number, offset: number, global: Global): void {
    const { types } = this.#context;
    const hasTypes = types !== undefined && types.declared.byGlobal[global.number]! > 0;
    if (!hasTypes || global.localized || global.visibility === "hidden" || global.visibility === "internal") return;
    if (this.#addressed.has(global)) return;
    this.#addressed.add(global);
    this.#report("link-address-global", { name: global.name }, input, section, offset);
  }

  /** libbpf makes maps in the order of their places, and fills a map of maps as soon as it is made. */
  #warnOfOrder({ input, section, relocation }: Site, owner: Input): void {
    const { name } = input.object.symbols[relocation.symbol]!;
    const facts = {
      name,
      advice:
        owner === input
          ? `define ${name} before the map that holds it`
          : `name ${owner.object.file} before ${input.object.file}`,
    };
    this.#context.diagnostics.push(diagnostic("link-map-order", facts, placeIn(input, section, relocation.offset)));
  }

  /** How a map is referred to after its move may have become a load. */
  #mapKind({ input, section, relocation: { kind, offset } }: Site): Relocation["kind"] {
    if (kind === "abs_imm64") return "map_imm64";
    if (kind !== "abs_imm32" && kind !== "map_imm32") return kind;
    return editAt(input.sections[section]!, offset)?.kind === "expand-map" ? "map_imm64" : "map_imm32";
  }

  /** What refers to a dropped thing: DWARF says zero then; anything else should have kept it. */
  #dropped(site: Site): undefined {
    const { input, section, relocation } = site;
    const { name: home, flags } = input.object.sections[section]!;
    if (!flags.alloc || isDebugSection(home)) {
      writeField(this.#data[site.output]!, site.at, relocTable[relocation.kind].field, input.object.endian, 0n);
      return undefined;
    }
    const { name } = input.object.symbols[relocation.symbol]!;
    return this.#report("link-dropped", { name }, input, section, relocation.offset);
  }

  /** Puts what the relocation says of a target into its field; `from` is the place that distances count from. */
  #write({ input, section, relocation, output, at }: Site, target: bigint, from: bigint): void {
    const { field } = relocTable[relocation.kind];
    if (editAt(input.sections[section]!, relocation.offset)?.kind === "long-jump") {
      const distance = Number(target) - at - SLOT;
      if (distance % SLOT === 0) return putLongJump(this.#data[output]!, at, input.object.endian, distance);
    }
    const { value, fault } = relocate(relocation.kind, target, 0n, from);
    if (fault === undefined) {
      writeField(this.#data[output]!, at, field, input.object.endian, value);
      return;
    }
    const { name } = input.object.symbols[relocation.symbol]!;
    if (fault === "align") this.#report("link-align", { name, distance: value }, input, section, relocation.offset);
    else if (counts(relocation.kind)) {
      this.#report("link-range", { name, distance: value, field }, input, section, relocation.offset);
    } else this.#report("link-value", { name, value, field }, input, section, relocation.offset);
  }

  /** A weak name that nobody defines: its address is zero, and a call of it goes nowhere. */
  #writeNothing(site: Site): void {
    const { input, relocation, output, at } = site;
    const { value, field } = relocTable[relocation.kind];
    const data = this.#data[output]!;
    const { endian } = input.object;
    if (relocation.kind === "call_imm32") {
      writeSrc(data, at, endian, 0);
      writeField(data, at, field, endian, noFunction);
    } else if (counts(relocation.kind)) {
      this.#leadsNowhere("jump", site);
    } else if (value === "S+A-P") {
      if (this.#isPlaced(site)) this.#leadsNowhere("distance", site);
    } else {
      writeField(data, at, field, endian, relocation.addend);
      if (field === "imm64") writeSrc(data, at, endian, 0);
    }
  }

  /** Is what refers part of the program? Debugging data speaks of places that no loader gives. */
  #isPlaced({ input, section }: Site): boolean {
    const { name, flags } = input.object.sections[section]!;
    return flags.alloc && !isDebugSection(name);
  }

  /** Sections become memory of their own, whose distances nobody knows. */
  #noDistance({ input, section, relocation: { symbol, offset } }: Site): undefined {
    return this.#report("link-distance", { name: input.symbols.name(symbol) }, input, section, offset);
  }

  #leadsNowhere(what: string, { input, section, relocation: { symbol, offset } }: Site): void {
    this.#report("link-weak-jump", { name: input.symbols.name(symbol), what }, input, section, offset);
  }
}
