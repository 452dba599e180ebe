/**
 * Pass: what no program leads to is left out. Roots are programs, what the command line asks for, and sections that loaders read
 * by name; from them, relocations and the distances written in code lead on, from piece to piece.
 */
import { BtfKind, exceptionCallback, infoKind } from "../btf/index.js";
import { diagnostic } from "../diag/index.js";
import { decodeSlot, newSlot, opcodes } from "../isa/index.js";
import { eachEntry, firstAt, isMetadataSection, sectionSymbol, typeOf } from "../object/index.js";
import { eachBranch, endsFlow } from "./branches.js";
import { isProgramSection } from "./common.js";
import {
  definition,
  globalNamed,
  matcher,
  pieceAt,
  type Context,
  type Input,
  type Piece,
  type PieceRef,
  type Reason,
} from "./context.js";

const { SLOT } = opcodes;

/** Sections that loaders read as a whole, whoever refers to them. */
function isReadByName(name: string): boolean {
  return isMetadataSection(name) || /^\??\.struct_ops(\.link)?$/.test(name) || name === ".addr_space.1";
}

class Marker {
  readonly #context: Context;
  readonly #pending: { input: Input; section: number; piece: number }[] = [];
  roots = 0;
  /** By input: the sections that accompany a section of which nothing was reached yet. */
  readonly #companions: Map<number, number[]>[];

  constructor(context: Context) {
    this.#context = context;
    for (const { sections } of context.inputs) {
      for (const { pieces } of sections) for (const each of pieces ?? []) each.live = false;
    }
    this.#companions = context.inputs.map(({ object }) => {
      const companions = new Map<number, number[]>();
      object.sections.forEach(({ linkedTo }, number) => {
        if (linkedTo < 0) return;
        const list = companions.get(linkedTo);
        if (list === undefined) companions.set(linkedTo, [number]);
        else list.push(number);
      });
      return companions;
    });
  }

  #mark(input: Input, section: number, number: number, why: Reason): void {
    const each: Piece | undefined = input.sections[section]!.pieces?.[number];
    if (each === undefined || each.live) return;
    each.live = true;
    each.why = why;
    this.#pending.push({ input, section, piece: number });
  }

  /** Marks what stands at `offset` of a section. */
  reach(input: Input, section: number, offset: number, why: Reason): void {
    const { pieces } = input.sections[section]!;
    if (pieces !== undefined) this.#mark(input, section, pieceAt(pieces, Math.max(0, offset)), why);
  }

  root(input: Input, section: number, offset: number, what: string): void {
    this.roots++;
    this.reach(input, section, offset, { root: what });
  }

  run(): void {
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      const { input, section, piece: number } = next;
      const pieces = input.sections[section]!.pieces!;
      const { start, end } = pieces[number]!;
      const { relocations, flags, data } = input.object.sections[section]!;
      const by = { input: input.number, section, piece: number };
      for (let i = firstAt(relocations, start); i < relocations.length && relocations[i]!.offset < end; i++) {
        const { symbol: index, addend, offset } = relocations[i]!;
        const { input: owner, symbols, at } = definition(this.#context, input, index);
        if (symbols.home(at) < 0) continue;
        const inside = typeOf(symbols.info(at)) === sectionSymbol ? Number(addend) : 0;
        this.reach(owner, symbols.home(at), symbols.value(at) + inside, { by, offset });
      }
      const companions = this.#companions[input.number]!;
      for (const companion of companions.get(section) ?? []) {
        const count = input.sections[companion]!.pieces?.length ?? 0;
        for (let i = 0; i < count; i++) this.#mark(input, companion, i, { by, offset: start });
      }
      companions.delete(section);
      for (const table of input.tables) {
        if (table.section !== section || table.start >= end || table.end <= start) continue;
        eachEntry(input.object, table, (at, target) => this.reach(input, table.code, target, { by, offset: at }));
      }
      if (!flags.exec) continue;
      eachBranch(input.object, section, start, end, (at, target) => {
        if (target < start || target >= end) this.reach(input, section, target, { by, offset: at });
      });
      // Hand-written code may run on into what follows.
      if (number + 1 < pieces.length && end - SLOT >= start && end <= data.length) {
        const last = decodeSlot(data, end - SLOT, input.object.endian, newSlot());
        if (!endsFlow(last)) this.#mark(input, section, number + 1, { by, offset: end - SLOT });
      }
    }
  }
}

/** Functions that programs name as what an exception goes to: by tags of their types, without a reference in code. */
function* exceptionCallbacks({ types }: Context): Generator<string> {
  if (types === undefined) return;
  const { words, starts } = types.btf;
  for (let id = 1; id < starts.length; id++) {
    const at = starts[id - 1]!;
    if (infoKind(words[at + 1]!) !== BtfKind.BTF_KIND_DECL_TAG) continue;
    const callback = exceptionCallback(types.btf.string(words[at]!));
    if (callback !== undefined) yield callback;
  }
}

/** Marks the roots: programs, exported and required names, sections that are read by name. */
function markRoots(context: Context, marker: Marker): void {
  const { options, inputs, globals } = context;
  const exported = matcher([
    ...(options.exports ?? []),
    ...(options.undefined ?? []),
    ...(options.requireDefined ?? []),
  ]);
  for (const { name, input: number, symbol } of globals) {
    const { home } = symbol;
    if (home.kind !== "section") continue;
    const input = inputs[number]!;
    const section = input.object.sections[home.section]!;
    const program =
      isProgramSection(section.name, section.flags.exec) && (symbol.type === "func" || symbol.type === "notype");
    if (program) marker.root(input, home.section, home.offset, `${name} is a program (section ${section.name})`);
    else if (exported(name) || name === options.entry)
      marker.root(input, home.section, home.offset, `${name} is asked for`);
  }
  for (const name of exceptionCallbacks(context)) {
    const global = globalNamed(context, name);
    if (global?.symbol.home.kind !== "section") continue;
    const { section, offset } = global.symbol.home;
    marker.reach(inputs[global.input]!, section, offset, { root: `${name} is an exception callback` });
  }
  for (const input of inputs) {
    input.object.sections.forEach(({ name, flags }, number) => {
      const { pieces } = input.sections[number]!;
      if (pieces === undefined || (!isReadByName(name) && !flags.retain)) return;
      for (const { start } of pieces) marker.reach(input, number, start, { root: `section ${name} is read by name` });
    });
  }
}

/** Marks the live pieces and leaves the others to the layout. A link without a program would keep nothing: that is an error. */
export function collectGarbage(context: Context): void {
  const marker = new Marker(context);
  markRoots(context, marker);
  if (marker.roots === 0) context.diagnostics.push(diagnostic("link-gc-no-roots", {}));
  marker.run();
}

/** Symbols by section and offset, sorted once for each input that is spoken of. */
const names = new WeakMap<Input, Map<number, { readonly offset: number; readonly name: string }[]>>();

/** The name of the first function or variable in a piece, or where it stands in its section. */
export function pieceName(input: Input, section: number, { start, end }: Piece): string {
  let bySection = names.get(input);
  if (bySection === undefined) {
    bySection = new Map();
    for (const { home, type, name } of input.object.symbols) {
      if (home.kind !== "section" || type === "section" || name === "") continue;
      const list = bySection.get(home.section);
      if (list === undefined) bySection.set(home.section, [{ offset: home.offset, name }]);
      else list.push({ offset: home.offset, name });
    }
    for (const list of bySection.values()) list.sort((a, b) => a.offset - b.offset);
    names.set(input, bySection);
  }
  const list = bySection.get(section) ?? [];
  const found = list[firstAt(list, start)];
  if (found !== undefined && found.offset < end) return found.name;
  return `${input.object.sections[section]!.name}+0x${start.toString(16)}`;
}

/**
 * For `--why-live`: the way from a root to the symbol, one line a step, and so for each static symbol of the name; undefined where
 * none is in the output.
 */
export function whyLive(context: Context, name: string): string[] | undefined {
  const lines = placesOf(context, name).flatMap((place) => wayTo(context, name, place));
  return lines.length === 0 ? undefined : lines;
}

function wayTo(context: Context, name: string, { input, section, offset }: SymbolPlace): string[] {
  const { pieces, dropped } = input.sections[section]!;
  if (dropped !== undefined) return [];
  const { file } = input.object;
  if (context.options.gcSections !== true) return [`${name} (${file}): nothing is dropped without --gc-sections`];
  // Garbage is looked for in what programs use alone.
  if (pieces === undefined)
    return [`${name} (${file}): section ${input.object.sections[section]!.name} is no program's`];
  const { why, foldedInto } = pieces[pieceAt(pieces, offset)]!;
  if (why === undefined) return [];
  const lines = [`${name} (${file})`];
  if (foldedInto !== undefined) lines.push("  is another function with the same code now");
  let reason: Reason | undefined = why;
  while (reason !== undefined && "by" in reason) {
    const { by, offset: at }: { by: PieceRef; offset: number } = reason;
    const owner = context.inputs[by.input]!;
    const each: Piece = owner.sections[by.section]!.pieces![by.piece]!;
    const { file: user, sections } = owner.object;
    const place = `${user}, ${sections[by.section]!.name}+0x${at.toString(16)}`;
    lines.push(`  is used by ${pieceName(owner, by.section, each)} (${place})`);
    reason = each.why;
  }
  if (reason !== undefined) lines.push(`  which is kept: ${reason.root}`);
  return lines;
}

interface SymbolPlace {
  readonly input: Input;
  readonly section: number;
  readonly offset: number;
}

/** Where the definition of a name stands that counts, and the static ones. */
function placesOf(context: Context, name: string): SymbolPlace[] {
  const places: SymbolPlace[] = [];
  const global = globalNamed(context, name);
  if (global?.symbol.home.kind === "section") {
    places.push({ input: context.inputs[global.input]!, ...global.symbol.home });
  }
  for (const input of context.inputs) {
    for (const symbol of input.object.symbols) {
      if (symbol.name !== name || symbol.binding !== "local" || symbol.home.kind !== "section") continue;
      places.push({ input, section: symbol.home.section, offset: symbol.home.offset });
    }
  }
  return places;
}
