/** The map of a link as data: which sections are made of what, who won, and what was dropped and why. */
import { pieceName, whyLive } from "./gc.js";
import { globalNamed, type Context, type Input } from "./context.js";
import { dwarf } from "./layout.js";

export interface MapSymbol {
  readonly name: string;
  /** In the output section. */
  readonly offset: number;
  readonly size: number;
  readonly binding: string;
}

export interface MapContribution {
  readonly file: string;
  readonly section: string;
  readonly offset: number;
  readonly size: number;
  readonly symbols: readonly MapSymbol[];
}

export interface MapSection {
  readonly name: string;
  readonly size: number;
  readonly align: number;
  readonly contributions: readonly MapContribution[];
}

/** A name that several inputs define, and whose definition counts. */
export interface MapChoice {
  readonly name: string;
  readonly winner: string;
  readonly losers: readonly string[];
}

export interface MapDropped {
  readonly file: string;
  readonly section: string;
  /** The function or variable; undefined for a whole section. */
  readonly name: string | undefined;
  readonly size: number;
  /** Garbage collection, identical code, or another rule of the link. */
  readonly by: "gc" | "icf" | "rule";
  readonly why: string;
}

export interface LinkMap {
  readonly sections: readonly MapSection[];
  readonly choices: readonly MapChoice[];
  readonly dropped: readonly MapDropped[];
  /** Types of all inputs together, and types of the output; undefined where there are none. */
  readonly types: { readonly before: number; readonly after: number } | undefined;
}

const silent: ReadonlySet<string> = new Set(["empty", "merged type by type"]);

function symbolsByOutput(context: Context): Map<string, MapSymbol[]> {
  const found = new Map<string, MapSymbol[]>();
  for (const input of context.inputs) {
    input.object.symbols.forEach(({ name, home, type, size, binding }, index) => {
      if (home.kind !== "section" || type === "section" || name === "") return;
      const global = input.globalOf[index]!;
      if (global >= 0 && context.globals[global]!.input !== input.number) return;
      const { map } = input.sections[home.section]!;
      const offset = map === undefined ? -1 : map.at(home.offset);
      if (offset < 0) return;
      const key = `${input.number} ${home.section}`;
      const list = found.get(key);
      if (list === undefined) found.set(key, [{ name, offset, size, binding }]);
      else list.push({ name, offset, size, binding });
    });
  }
  return found;
}

function droppedOf(input: Input): MapDropped[] {
  const dropped: MapDropped[] = [];
  const { file, sections } = input.object;
  sections.forEach(({ name: section, size }, number) => {
    const state = input.sections[number]!;
    if (state.dropped !== undefined && (state.pieces === undefined || state.pieces.some(({ live }) => live))) {
      if (silent.has(state.dropped)) return;
      dropped.push({ file, section, name: undefined, size, by: "rule", why: state.dropped });
      return;
    }
    for (const piece of state.pieces ?? []) {
      if (piece.live && piece.foldedInto === undefined) continue;
      const name = pieceName(input, number, piece);
      const rule = piece.live
        ? ({ by: "icf", why: "the same code as another function" } as const)
        : ({ by: "gc", why: "nothing leads to it" } as const);
      dropped.push({ file, section, name, size: piece.end - piece.start, ...rule });
    }
  });
  return dropped;
}

function choices({ inputs, globals }: Context): MapChoice[] {
  const definers = globals.map((): string[] => []);
  for (const { object, globalOf } of inputs) {
    object.symbols.forEach(({ home }, index) => {
      if (globalOf[index]! >= 0 && home.kind !== "undefined") definers[globalOf[index]!]!.push(object.file);
    });
  }
  return globals.flatMap(({ name, input }, number) => {
    const all = definers[number]!;
    if (all.length < 2) return [];
    const winner = inputs[input]!.object.file;
    const at = all.indexOf(winner);
    return [{ name, winner, losers: all.filter((_, i) => i !== at) }];
  });
}

/** The map; `typesAfter` is the number of types in the output. */
export function linkMap(context: Context, typesAfter: number): LinkMap {
  const symbols = symbolsByOutput(context);
  const sections = context.outputs.map(({ name, size, align, parts }): MapSection => ({
    name,
    size,
    align,
    contributions: parts.map(({ input, section, offset, end }) => {
      const { object } = context.inputs[input]!;
      const list = symbols.get(`${input} ${section}`) ?? [];
      const sorted = list.toSorted((a, b) => a.offset - b.offset);
      return {
        file: object.file,
        section: object.sections[section]!.name,
        offset,
        size: end - offset,
        symbols: sorted,
      };
    }),
  }));
  const { types } = context;
  return {
    sections,
    choices: choices(context),
    dropped: context.inputs.flatMap(droppedOf),
    types: types === undefined ? undefined : { before: types.starts.length - 1, after: typesAfter },
  };
}

/**
 * `--trace-symbol`: who defines and who refers to a name, one line an input. Other linkers say nothing of static symbols; who asks
 * for a name that files have of their own wants to know that they do.
 */
export function traceSymbol(context: Context, name: string): string[] {
  const lines: string[] = [];
  for (const { object, number } of context.inputs) {
    const named = object.symbols.filter((each) => each.name === name);
    if (named.some(({ binding }) => binding === "local")) lines.push(`${object.file} has a ${name} of its own`);
    const symbol = named.find(({ binding }) => binding !== "local");
    if (symbol === undefined) continue;
    const global = globalNamed(context, name)!;
    const what =
      symbol.home.kind === "undefined" ? "refers to" : `${symbol.binding === "weak" ? "weakly defines" : "defines"}`;
    const won = symbol.home.kind !== "undefined" && global.input === number ? ", and its definition counts" : "";
    lines.push(`${object.file} ${what} ${name}${won}`);
  }
  const asked = context.options.defsym?.findLast((each) => each.name === name);
  if (asked !== undefined)
    lines.push(`--defsym gives ${name} ${asked.base === undefined ? "a number" : `the place of ${asked.base}`}`);
  return lines.length === 0 ? [`no input speaks of ${name}`] : lines;
}

const hex = (value: number): string => `0x${value.toString(16)}`;

/** The map as text: a section, its contributions indented, their symbols indented again. */
export function formatMap(map: LinkMap): string {
  const lines = ["section / contribution / symbol              offset      size"];
  const row = (indent: string, name: string, offset: number, size: number, more = ""): void => {
    lines.push(`${(indent + name).padEnd(44)} ${hex(offset).padStart(6)} ${hex(size).padStart(9)}${more}`);
  };
  for (const { name, size, align, contributions } of map.sections) {
    row("", name, 0, size, `  align ${align}`);
    for (const each of contributions) {
      row("  ", `${each.file}(${each.section})`, each.offset, each.size);
      for (const symbol of each.symbols) row("    ", symbol.name, symbol.offset, symbol.size);
    }
  }
  if (map.choices.length > 0) lines.push("", "defined more than once");
  for (const { name, winner, losers } of map.choices) lines.push(`  ${name}: ${winner} wins over ${losers.join(", ")}`);
  if (map.dropped.length > 0) lines.push("", "dropped");
  // There are many sections of DWARF, and little to say of each.
  const debug = new Map<string, { sections: number; size: number }>();
  for (const { file, section, name, size, why } of map.dropped) {
    if (why !== dwarf) {
      lines.push(`  ${file}(${section})${name === undefined ? "" : ` ${name}`}: ${size} bytes, ${why}`);
      continue;
    }
    const sum = debug.get(file) ?? { sections: 0, size: 0 };
    debug.set(file, { sections: sum.sections + 1, size: sum.size + size });
  }
  for (const [file, { sections, size }] of debug) {
    lines.push(`  ${file}: ${size} bytes, DWARF (${sections === 1 ? "1 section" : `${sections} sections`})`);
  }
  if (map.types !== undefined)
    lines.push("", `types: ${map.types.before} in the inputs, ${map.types.after} in the output`);
  return `${lines.join("\n")}\n`;
}

/** What a link can tell about itself, each worked out when it is asked for. */
export interface LinkReport {
  readonly map: () => LinkMap;
  /** The way from a root to a name, for `--why-live`. */
  readonly whyLive: (name: string) => readonly string[] | undefined;
  readonly trace: (name: string) => readonly string[];
}

export function reportOf(context: Context, typesAfter: () => number): LinkReport {
  return {
    map: () => linkMap(context, typesAfter()),
    whyLive: (name) => whyLive(context, name),
    trace: (name) => traceSymbol(context, name),
  };
}
