/** The functions of an Image: what symbols mark, and what is called or has its address taken. */
import { countBefore } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { decodeSlot, newSlot, opcodes } from "../isa/index.js";
import type { ImageFunction } from "./image.js";
import type { ObjectFile, ObjectSymbol } from "./types.js";

const { SLOT } = opcodes;

/**
 * Is the symbol the start of a function? Assembly without `.type` marks its functions by making them global; where a section
 * has typed functions, a global label without type is a label.
 */
function startsFunction(symbol: ObjectSymbol, typed: boolean): boolean {
  if (symbol.type === "func") return true;
  return !typed && symbol.type === "notype" && symbol.binding !== "local" && symbol.name !== "";
}

/**
 * Places that are called or whose address is taken, by section: functions whatever their symbols say. Hand-written code
 * calls plain local labels. An address inside of a function that jumps to a register (`gotox`) is such a jump's target.
 */
export function calledPlaces(object: ObjectFile): ReadonlyMap<number, ReadonlySet<number>> {
  const places = new Map<number, Set<number>>();
  const add = (section: number, offset: number): void => {
    const size = object.sections[section]!.size;
    if (!object.sections[section]!.flags.exec || offset < 0 || offset >= size || offset % SLOT !== 0) return;
    const known = places.get(section);
    if (known === undefined) places.set(section, new Set([offset]));
    else known.add(offset);
  };
  const slot = newSlot();
  const taken: { section: number; offset: number }[] = [];
  const indirect = new Map<number, number[]>();
  object.sections.forEach(({ data, flags, relocations }, section) => {
    // DWARF refers to any place in a function.
    if (!flags.alloc) return;
    const relocated = new Set<number>();
    for (const { kind, offset, symbol, addend } of relocations) {
      relocated.add(offset);
      const { home } = object.symbols[symbol]!;
      if (home.kind !== "section") continue;
      const target = { section: home.section, offset: home.offset + Number(addend) };
      if (kind === "call_imm32") add(target.section, target.offset);
      else if (kind === "abs_imm64" || kind === "abs_data64") taken.push(target);
    }
    if (!flags.exec) return;
    const jumps: number[] = [];
    for (let at = 0; at + SLOT <= data.length; at += SLOT) {
      decodeSlot(data, at, object.endian, slot);
      if (slot.opcode === opcodes.LDDW) at += SLOT;
      else if (slot.opcode === opcodes.CALL && slot.src === opcodes.BPF_PSEUDO_CALL && !relocated.has(at)) {
        add(section, at + SLOT * (slot.imm + 1));
      } else if (slot.opcode === opcodes.GOTOX) jumps.push(at);
    }
    if (jumps.length > 0) indirect.set(section, jumps);
  });
  const jumping = jumpingFunctions(object, indirect);
  for (const { section, offset } of taken) {
    const ranges = jumping.get(section) ?? [];
    const range = ranges[countBefore(ranges.length, (at) => ranges[at]!.start < offset) - 1];
    if (range === undefined || offset >= range.end) add(section, offset);
  }
  return places;
}

interface Range {
  readonly start: number;
  readonly end: number;
}

/** The functions that hold one of the `jumps`, by section and by rising offset. */
function jumpingFunctions(
  { symbols }: ObjectFile,
  jumps: ReadonlyMap<number, readonly number[]>,
): ReadonlyMap<number, readonly Range[]> {
  const found = new Map<number, Range[]>();
  for (const { type, home, size } of symbols) {
    const places = home.kind === "section" && type === "func" ? jumps.get(home.section) : undefined;
    if (places === undefined || home.kind !== "section") continue;
    const range = { start: home.offset, end: home.offset + size };
    const next = places[countBefore(places.length, (at) => places[at]! < range.start)];
    if (next === undefined || next >= range.end) continue;
    const list = found.get(home.section);
    if (list === undefined) found.set(home.section, [range]);
    else list.push(range);
  }
  for (const list of found.values()) list.sort((a, b) => a.start - b.start);
  return found;
}

/** Functions of one code section: from start to start, the section itself where none starts at 0. */
export function functionsOf(
  object: ObjectFile,
  number: number,
  base: number,
  called: ReadonlySet<number>,
): ImageFunction[] {
  const { name: section, size } = object.sections[number]!;
  const labels = new Map<number, ObjectSymbol>();
  const starts = new Map<number, ObjectSymbol>();
  const here = object.symbols.filter(({ home }) => home.kind === "section" && home.section === number);
  const typed = here.some(({ type }) => type === "func");
  for (const symbol of here) {
    const { home } = symbol;
    if (home.kind !== "section") continue;
    if (!startsFunction(symbol, typed)) {
      if (symbol.type === "notype") labels.set(home.offset, symbol);
      continue;
    }
    if (home.offset % SLOT !== 0 || home.offset >= size) {
      const facts = { kind: "symbol", name: symbol.name, expected: "the start of an instruction" };
      throw failure("image-target", facts, { kind: "binary", file: object.file, section, offset: home.offset });
    }
    const known = starts.get(home.offset);
    if (known === undefined || (known.binding === "local" && symbol.binding !== "local"))
      starts.set(home.offset, symbol);
  }
  const offsets = [...new Set([...starts.keys(), ...called])].toSorted((a, b) => a - b);
  if (offsets[0] !== 0 && size > 0) offsets.unshift(0);
  return offsets.map((offset, i) => {
    const symbol = starts.get(offset) ?? labels.get(offset);
    const end = offsets[i + 1] ?? size;
    return {
      name: symbol?.name ?? (offset === 0 ? section : `${section}+${offset / SLOT}`),
      section,
      start: base + offset / SLOT,
      slots: (end - offset) / SLOT,
      // A section without symbols is one program.
      global: symbol === undefined ? offset === 0 : symbol.binding !== "local",
    };
  });
}
