/**
 * Pass behind the layout: jumps whose target came to lie beyond their 16 bits are written as long ones (isa/long-jumps.ts), which
 * takes room, so that the layout is made anew until all reach. Without `gotol` they stay as they are: errors when written.
 */
import { gotolLevel, jumpReach, opcodes } from "../isa/index.js";
import { kindNumbers, largeAddend, mergedFlags, relocationRow } from "../object/index.js";
import { eachBranch } from "./branches.js";
import { definition, editAt, type Context, type Edit, type Input } from "./context.js";
import { layOut } from "./layout.js";
import { isShared, movedTarget } from "./references.js";

const { SLOT } = opcodes;
const { branch_off16: branch } = kindNumbers;

/** After so many rounds, all jumps become long that could ever have to. */
const patience = 8;
/** What lies under this distance cannot grow beyond the reach: the longest jump has three slots. */
const surely: number = Math.floor(jumpReach / 3);

/** To be called for a layout without errors. */
export function lengthenJumps(context: Context): void {
  if (!hasGotol(context)) return;
  for (let round = 0; lengthen(context, round < patience ? jumpReach : surely); round++) layOut(context);
}

/** The ISA level asked for; else the one the inputs state. No statement means the newest, xBPF (15) has no long jumps. */
function hasGotol({ options, inputs }: Context): boolean {
  if (options.isa !== undefined) return options.isa >= gotolLevel;
  const version = (mergedFlags(inputs.map(({ object }) => object.flags)) ?? 0) & 15;
  return version === 0 || (version >= gotolLevel && version !== 15);
}

/** One round: does any jump go further than `most` bytes? */
function lengthen(context: Context, most: number): boolean {
  let changed = false;
  for (const { size, parts } of context.outputs) {
    // Most programs are smaller than a jump's reach.
    if (size <= most) continue;
    for (const part of parts) {
      const input = context.inputs[part.input]!;
      const section = input.object.sections[part.section]!;
      if (!section.flags.exec) continue;
      const state = input.sections[part.section]!;
      const isRelocated = state.relocations.mayHave(branch);
      // Folded code may be anywhere.
      const isLarge = part.end - part.offset > most || context.options.icf === true;
      if (!isRelocated && !isLarge) continue;
      const far = new Set<number>();
      if (isRelocated) farRelocated(context, input, part.section, most, far);
      if (isLarge) farInside(input, part.section, most, far);
      if (far.size === 0) continue;
      changed = true;
      const kept = state.edits.filter(({ kind, at }) => kind !== "short-jump" || !far.has(at));
      const added = [...far]
        .filter((at) => editAt(state, at) === undefined)
        .map((at): Edit => ({ at, kind: "long-jump" }));
      state.edits = [...kept, ...added].toSorted((a, b) => a.at - b.at);
    }
  }
  return changed;
}

/** Does a jump at output offset `from` not reach `to`? */
function isFar(from: number, to: number, most: number): boolean {
  const distance = to - from - SLOT;
  return distance > most || distance < -most - SLOT;
}

/** Adds to `far` the jumps without relocations, by their offsets in the section, that are too far and not long. */
function farInside(input: Input, section: number, most: number, far: Set<number>): void {
  const state = input.sections[section]!;
  const map = state.map!;
  eachBranch(input.object, section, 0, input.object.sections[section]!.size, (at, target, written) => {
    const edit = editAt(state, at)?.kind;
    if (edit === "long-jump" || (written === "imm32" && edit !== "short-jump")) return;
    const from = map.at(at);
    const to = map.at(target);
    if (from >= 0 && to >= 0 && isFar(from, to, most)) far.add(at);
  });
}

/** The same for those whose relocations this link resolves. */
function farRelocated(context: Context, input: Input, section: number, most: number, far: Set<number>): void {
  const state = input.sections[section]!;
  const { relocations } = state;
  for (let number = 0; number < relocations.count; number++) {
    if (relocations.words[number * relocationRow + 1]! % largeAddend !== branch) continue;
    const { offset, symbol: index, addend } = relocations.record(number);
    if (editAt(state, offset) !== undefined) continue;
    const { input: owner, symbols, at, global } = definition(context, input, index);
    const { home, type, binding } = symbols.record(at);
    if (home.kind !== "section" || isShared(context, binding === "local", global)) continue;
    const { map, output } = owner.sections[home.section]!;
    const from = state.map!.at(offset);
    if (map === undefined || output !== state.output || from < 0) continue;
    const to = movedTarget(owner, home.section, home.offset, addend, type === "section");
    if (to !== undefined && isFar(from, Number(to), most)) far.add(offset);
  }
}
