/** Pass: the linked Object: contents copied, symbols renumbered (locals first), relocations carried over or resolved. */
import { diagnostic } from "../diag/index.js";
import {
  fitsField,
  isMapSection,
  relocTable,
  writeField,
  type ObjectFile,
  type ObjectSymbol,
  type Relocation,
  type Section,
} from "../object/index.js";
import { opcodes } from "../isa/index.js";
import { eachRelocation, placeIn, type Context, type Placed } from "./context.js";

/** The output symbol: its home in output coordinates. */
function move(symbol: ObjectSymbol, placed: readonly (Placed | undefined)[]): ObjectSymbol | undefined {
  if (symbol.home.kind !== "section") return symbol;
  const to = placed[symbol.home.section];
  if (to === undefined) return undefined;
  return { ...symbol, home: { kind: "section", section: to.output, offset: to.offset + symbol.home.offset } };
}

interface Numbering {
  readonly symbols: ObjectSymbol[];
  /** Output symbol by input and input symbol; -1 where it was dropped. */
  readonly numbers: Int32Array[];
  /** Section symbols: the output section's offset that the input's symbol stood for. */
  readonly bias: Map<number, number>[];
}

function numberSymbols(context: Context): Numbering {
  const { inputs, globals, placed } = context;
  const symbols: ObjectSymbol[] = [];
  const numbers = inputs.map((object) => new Int32Array(object.symbols.length).fill(-1));
  const bias = inputs.map(() => new Map<number, number>());
  const sectionSymbols = new Map<number, number>();
  inputs.forEach((object, input) => {
    object.symbols.forEach((symbol, number) => {
      if (symbol.binding !== "local") return;
      const moved = move(symbol, placed[input]!);
      if (moved === undefined) return;
      if (symbol.type !== "section" || moved.home.kind !== "section") {
        numbers[input]![number] = symbols.push(moved) - 1;
        return;
      }
      // One section symbol an output section; what the input's stood for goes into the addends.
      const { section, offset } = moved.home;
      bias[input]!.set(number, offset);
      let shared = sectionSymbols.get(section);
      if (shared === undefined) {
        shared = symbols.push({ ...moved, home: { kind: "section", section, offset: 0 } }) - 1;
        sectionSymbols.set(section, shared);
      }
      numbers[input]![number] = shared;
    });
  });
  const globalNumbers = new Map<string, number>();
  for (const [name, { input, symbol }] of globals) {
    const moved = move(symbol, placed[input]!);
    if (moved !== undefined) globalNumbers.set(name, symbols.push(moved) - 1);
  }
  inputs.forEach((object, input) => {
    object.symbols.forEach((symbol, number) => {
      if (symbol.binding !== "local") numbers[input]![number] = globalNumbers.get(symbol.name) ?? -1;
    });
  });
  return { symbols, numbers, bias };
}

/** Tentative definitions that nobody replaced get room at the end of `.bss`. */
export function placeCommons(context: Context): void {
  for (const resolved of context.globals.values()) {
    const { home, name } = resolved.symbol;
    if (home.kind === "common" && !context.relocatable) {
      context.diagnostics.push(diagnostic("link-common", { name }));
    }
  }
}

export function buildOutput(context: Context, file: string): ObjectFile {
  const { inputs, outputs, diagnostics } = context;
  const { symbols, numbers, bias } = numberSymbols(context);
  const data = outputs.map((output) => {
    const noBits = output.parts.every(({ input, section }) => inputs[input]!.sections[section]!.type === "nobits");
    const bytes = new Uint8Array(noBits ? 0 : output.size);
    for (const { input, section, offset } of output.parts) bytes.set(inputs[input]!.sections[section]!.data, offset);
    return bytes;
  });
  const relocations: Relocation[][] = outputs.map(() => []);
  const { endian } = inputs[0]!;
  eachRelocation(context, (relocation, input, section, placed) => {
    const offset = placed.offset + relocation.offset;
    const number = numbers[input]![relocation.symbol]!;
    const symbol = symbols[number];
    if (symbol === undefined) {
      const { name } = inputs[input]!.symbols[relocation.symbol]!;
      diagnostics.push(diagnostic("link-dropped", { name }, placeIn(inputs[input]!, section, relocation.offset)));
      return;
    }
    const addend = relocation.addend + BigInt(bias[input]!.get(relocation.symbol) ?? 0);
    const { home } = symbol;
    const row = relocTable[relocation.kind];
    // Jumps and calls within one section need no relocation any more.
    if (home.kind === "section" && home.section === placed.output && row.value.endsWith("/8-1")) {
      const distance = (BigInt(home.offset) + addend - BigInt(offset)) / BigInt(opcodes.SLOT) - 1n;
      if (fitsField(distance, row.field, row.range)) {
        writeField(data[placed.output]!, offset, row.field, endian, distance);
        return;
      }
      const facts = { name: symbol.name, distance, field: row.field };
      diagnostics.push(diagnostic("link-range", facts, placeIn(inputs[input]!, section, relocation.offset)));
      return;
    }
    // An object that only declares a map cannot know that it is one.
    const toMap = home.kind === "section" && isMapSection(outputs[home.section]!.first.name);
    const kind = toMap && relocation.kind === "abs_imm64" ? "map_imm64" : relocation.kind;
    relocations[placed.output]!.push({ offset, kind, symbol: number, addend });
  });
  const sections = outputs.map(({ first, align, size }, i): Section => {
    const type = data[i]!.length === 0 && size > 0 ? "nobits" : first.type === "nobits" ? "progbits" : first.type;
    const sorted = relocations[i]!.toSorted((a, b) => a.offset - b.offset);
    return { ...first, type, align, size, data: data[i]!, relocations: sorted, group: -1, linkedTo: -1 };
  });
  const flags = inputs.reduce((level, each) => Math.max(level, each.flags), 0);
  return { file, endian, flags, sections, symbols, groups: [] };
}
