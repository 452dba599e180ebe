/** Pass: input sections of one name become one output section, in command-line order, each contribution aligned. */
import { alignUp, ByteReader, decodeUtf8, equalBytes, type Endian } from "../bytes/index.js";
import { diagnostic } from "../diag/index.js";
import { longJumpExtra, opcodes } from "../isa/index.js";
import { isDebugSection, sectionSymbol, symbolRow, type Section } from "../object/index.js";
import type { Context, Input, OutputSection, Piece, SectionState } from "./context.js";
import { OffsetMap } from "./offset-map.js";
import { singleSections } from "./symbols.js";
import { placeIn } from "./where.js";

const { SLOT } = opcodes;

/** Type information is merged type by type, by passes of its own. */
const types: ReadonlySet<string> = new Set([".BTF", ".BTF.ext"]);

/** A phrase for the first attribute in which two sections of one name differ, or undefined. */
function difference(a: Section, b: Section): string | undefined {
  const plain = (type: Section["type"]): boolean => type === "progbits" || type === "nobits";
  if (a.type !== b.type && !(a.flags.alloc && b.flags.alloc && plain(a.type) && plain(b.type))) {
    return `type ${a.type} and type ${b.type}`;
  }
  if (a.flags === b.flags) return undefined;
  for (const flag of ["alloc", "write", "exec", "tls"] as const) {
    if (a.flags[flag] !== b.flags[flag]) return `flag ${flag} in one of them only`;
  }
  return undefined;
}

/** The contents of `license` or `version`, for a message. */
function shown({ name, data }: Section, endian: Endian): string {
  if (name === "version" && data.length >= 4) return String(new ByteReader(data, endian).u32(0));
  const end = data.indexOf(0);
  return JSON.stringify(decodeUtf8(data.slice(0, Math.min(64, end < 0 ? data.length : end))));
}

/** Are they tables of the same kind of entries? */
function sameEntries(a: Section, b: Section): boolean {
  return a.flags.merge === b.flags.merge && a.flags.strings === b.flags.strings && a.entsize === b.entsize;
}

/** Why debugging data is not to be placed. */
export const dwarf = "DWARF";

/** Says of each section that is not to be placed why; the others are for the passes that follow. */
export function chooseSections({ inputs, options, diagnostics }: Context): void {
  for (const input of inputs) {
    const { sections } = input.object;
    const placed: number[] = [];
    let referenced: Uint8Array | undefined;
    for (let number = 0; number < sections.length; number++) {
      const state = input.sections[number]!;
      if (state.dropped !== undefined) continue;
      const { name, align, size, flags } = sections[number]!;
      if (align > 0x1_0000 || (align & (align - 1)) !== 0) {
        diagnostics.push(diagnostic("link-alignment", { name, align }, placeIn(input, number, 0)));
        state.dropped = "its alignment is wrong";
      }
      // A section nobody put anything in (assemblers always make .text) leaves no trace.
      if (size === 0 && (referenced ??= referencedIn(input))[number] === 0) state.dropped = "empty";
      else if (types.has(name)) state.dropped = "merged type by type";
      else if (flags.exclude && options.relocatable !== true) state.dropped = "excluded by its flags";
      else if (isDebugSection(name) && options.keepDebug !== true) state.dropped = dwarf;
      if (state.dropped === undefined) placed.push(number);
    }
    input.placed = placed;
  }
}

/** By section: 1 where a symbol other than the section's own stands in it. */
function referencedIn({ sections, symbols: { words, count } }: Input): Uint8Array {
  const referenced = new Uint8Array(sections.length);
  for (let row = 0; row < count * symbolRow; row += symbolRow) {
    if (words[row + 1]! >= 0 && words[row + 2]! >> 4 !== sectionSymbol) referenced[words[row + 1]!] = 1;
  }
  return referenced;
}

/**
 * The name of the output section: a final link gathers the compilers' sections of single functions, and those of single variables that
 * libbpf takes in `.bss` alone. Of `.data.*` and `.rodata.*` it makes maps of their own.
 */
function outputName({ options }: Context, { name, flags, type }: Section): string {
  if (options.relocatable === true) return name;
  if (flags.exec && name.startsWith(".text.")) return ".text";
  return type === "nobits" && flags.alloc && name.startsWith(".bss.") ? ".bss" : name;
}

/** Can pieces of the section share a place with equal ones? */
export function isMergeable(section: Section): boolean {
  const { flags, entsize, align, data } = section;
  return (
    flags.merge &&
    flags.alloc &&
    !flags.exec &&
    entsize > 0 &&
    align <= entsize &&
    section.relocations.length === 0 &&
    data.length % entsize === 0
  );
}

class Layout {
  readonly #context: Context;
  readonly #byName = new Map<string, number>();
  /** Where a string of a mergeable output section already stands: by output section, by content. */
  readonly #strings = new Map<number, Map<string, number>>();

  constructor(context: Context) {
    this.#context = context;
  }

  /** What a group has in sections of its own stays so, for the next link to keep or drop as a whole. */
  #isMember({ group }: Section): boolean {
    return group >= 0 && this.#context.options.relocatable === true;
  }

  /** What sections of one output section have in common; `name` is that section's name. */
  #keyOf(input: Input, section: Section, name: string): string {
    return this.#isMember(section) ? `${name}\0${input.number}\0${section.group}` : name;
  }

  /** The input whose section an output section began with. */
  #firstFile(output: number): string {
    const { inputs, outputs } = this.#context;
    return inputs[outputs[output]!.parts[0]!.input]!.object.file;
  }

  place(input: Input, number: number): void {
    const { outputs, diagnostics } = this.#context;
    const section = input.object.sections[number]!;
    const state = input.sections[number]!;
    if (state.dropped !== undefined) return;
    if (state.pieces?.every(({ live }) => !live) === true) {
      state.dropped = "nothing leads to it";
      return;
    }
    const name = outputName(this.#context, section);
    // What accompanies a section stands apart from what accompanies others.
    const target = section.linkedTo < 0 ? undefined : input.object.sections[section.linkedTo]!;
    const own = this.#keyOf(input, section, name);
    const key = target === undefined ? own : `${own}\0${this.#keyOf(input, target, outputName(this.#context, target))}`;
    let known = this.#byName.get(key);
    if (known === undefined) {
      const group = this.#isMember(section) ? { input: input.number, group: section.group } : undefined;
      const open = { align: section.align, size: 0, noBits: true, mixed: false, retain: false };
      known = outputs.push({ first: section, name, group, parts: [], ...open }) - 1;
      this.#byName.set(key, known);
    } else if (singleSections.has(name)) {
      const { first } = outputs[known]!;
      const { endian } = input.object;
      if (!equalBytes(first.data, section.data)) {
        const facts = { name, here: shown(section, endian), there: shown(first, endian), file: this.#firstFile(known) };
        diagnostics.push(diagnostic("link-single-section", facts, placeIn(input, number, 0)));
      }
      // Symbols of the later copies stand for the first one.
      state.output = known;
      state.map = OffsetMap.whole(0);
      return;
    } else {
      const differs = difference(outputs[known]!.first, section);
      if (differs !== undefined) {
        const facts = { name, difference: differs, file: this.#firstFile(known) };
        diagnostics.push(diagnostic("link-section-mismatch", facts, placeIn(input, number, 0)));
      }
    }
    const output = outputs[known]!;
    if (!sameEntries(output.first, section)) output.mixed = true;
    if (section.flags.retain) output.retain = true;
    output.align = Math.max(output.align, section.align);
    if (section.type !== "nobits") output.noBits = false;
    state.output = known;
    const before = output.size;
    if (state.pieces === undefined && state.edits.length === 0) {
      const offset = alignUp(output.size, section.align);
      state.map = OffsetMap.whole(offset);
      output.size = offset + section.size;
    } else {
      state.map = this.#placePieces(output, known, section, state);
    }
    const start = Math.min(output.size, alignUp(before, section.align));
    output.parts.push({ input: input.number, section: number, offset: start, end: output.size });
  }

  #placePieces(output: OutputSection, number: number, section: Section, state: SectionState): OffsetMap {
    const map = new OffsetMap();
    const pieces: readonly Piece[] = state.pieces ?? [
      { start: 0, end: section.size, live: true, why: undefined, foldedInto: undefined },
    ];
    const mergeable = isMergeable(section);
    let edit = 0;
    for (const { start, end, live, foldedInto } of pieces) {
      if (!live) {
        map.add(start, -1);
        continue;
      }
      // Folded code is where the other copy is; that one comes earlier, so its place is known.
      if (foldedInto !== undefined) {
        const leader = this.#context.inputs[foldedInto.input]!.sections[foldedInto.section]!;
        map.add(
          start,
          leader.map === undefined
            ? map.at(leader.pieces![foldedInto.piece]!.start)
            : leader.map.at(leader.pieces![foldedInto.piece]!.start),
        );
        continue;
      }
      if (mergeable) {
        map.add(start, this.#placeString(output, number, section, start, end));
        continue;
      }
      let at = alignUp(output.size, alignmentAt(section.align, start));
      map.add(start, at);
      let from = start;
      for (; edit < state.edits.length && state.edits[edit]!.at < end; edit++) {
        const { at: insn, kind } = state.edits[edit]!;
        const grown = kind === "expand-map" ? SLOT : kind === "long-jump" ? longJumpExtra(section.data[insn]!) : 0;
        if (insn < start || (grown === 0 && kind !== "shrink-wide")) continue;
        at += insn + SLOT - from;
        from = insn + SLOT;
        at += grown;
        if (grown === 0) {
          map.add(from, -1);
          from += SLOT;
        }
        if (from < end) map.add(from, at);
      }
      output.size = at + end - from;
    }
    return map;
  }

  #placeString(output: OutputSection, number: number, { data, align }: Section, start: number, end: number): number {
    const bytes = data.subarray(start, end);
    let known = this.#strings.get(number);
    if (known === undefined) this.#strings.set(number, (known = new Map()));
    let key = `${align} `;
    for (let i = 0; i < bytes.length; i += 4096) key += String.fromCharCode(...bytes.subarray(i, i + 4096));
    const at = known.get(key);
    if (at !== undefined) return at;
    const offset = alignUp(output.size, align);
    known.set(key, offset);
    output.size = offset + bytes.length;
    return offset;
  }
}

/** The alignment that byte `offset` of a section with `align` has. */
function alignmentAt(align: number, offset: number): number {
  let alignment = align;
  while (offset % alignment !== 0) alignment /= 2;
  return Math.max(1, alignment);
}

/** A section that accompanies another goes with it. */
function dropWithTarget({ object, sections }: Input, number: number): void {
  const target = object.sections[number]!.linkedTo;
  const { dropped, pieces } = sections[target]!;
  const isGone = (dropped !== undefined && dropped !== "empty") || pieces?.every(({ live }) => !live) === true;
  if (isGone) sections[number]!.dropped ??= `${object.sections[target]!.name}, which it accompanies, is dropped`;
}

/** The largest section of an output: far above what the kernel takes, and small enough to be made. */
const largest = 2 ** 30;

/** Sections that accompany others stand in the order of those. */
function placeLinked(input: Input, layout: Layout): void {
  const { sections } = input.object;
  const linked = sections.flatMap(({ linkedTo }, number) => (linkedTo < 0 ? [] : [number]));
  for (const number of linked) dropWithTarget(input, number);
  const sorted = linked.toSorted((a, b) => sections[a]!.linkedTo - sections[b]!.linkedTo);
  let next = 0;
  sections.forEach(({ linkedTo }, number) => layout.place(input, linkedTo < 0 ? number : sorted[next++]!));
}

export function layOut(context: Context): void {
  context.outputs.length = 0;
  const layout = new Layout(context);
  for (const input of context.inputs) {
    const { placed, object } = input;
    // Only where a section accompanies another, those that are not placed tell the order, too.
    if (placed.some((number) => object.sections[number]!.linkedTo >= 0)) placeLinked(input, layout);
    else for (const number of placed) layout.place(input, number);
  }
  for (const { name, size } of context.outputs) {
    if (size > largest) context.diagnostics.push(diagnostic("link-too-large", { name, size, limit: largest }));
  }
}
