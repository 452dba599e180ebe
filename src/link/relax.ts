/**
 * Pass: instructions that the target does not take are written in the form it takes, and, where asked, long forms in short
 * ones. Each change is decided once from the input, so that a second link finds nothing to do.
 */
import { decodeSlot, newSlot, opcodes } from "../isa/index.js";
import { isMapSection, kindNumbers, largeAddend, relocationRow, type Section } from "../object/index.js";
import { diagnostic } from "../diag/index.js";
import { gotol } from "./branches.js";
import { definition, type Context, type Edit, type Input } from "./context.js";
import { placeIn, siteNote } from "./where.js";

const { SLOT } = opcodes;
const moveImmediate: readonly number[] = [opcodes.BPF_ALU | 0xb0, opcodes.BPF_ALU64 | 0xb0];

const { map_imm32: mapMove, abs_imm32: move } = kindNumbers;

export function relaxCode(context: Context): void {
  const { inputs, options } = context;
  for (const input of inputs) {
    for (const number of input.placed) {
      const section = input.object.sections[number]!;
      const { relocations } = input.sections[number]!;
      const moves = options.keepMapMoves !== true && (relocations.mayHave(mapMove) || relocations.mayHave(move));
      if (!section.flags.exec || !(moves || options.relax === true)) continue;
      const edits: Edit[] = [];
      if (moves) expandMapMoves(context, input, number, edits);
      if (options.relax === true) shorten(input, section, edits);
      input.sections[number]!.edits = edits.toSorted((a, b) => a.at - b.at);
    }
  }
}

/** `mov32 r1, %map`: the kernel patches maps into 64-bit loads alone, so the move becomes one. */
function expandMapMoves(context: Context, input: Input, number: number, edits: Edit[]): void {
  const section = input.object.sections[number]!;
  const { relocations } = input.sections[number]!;
  const { words } = relocations;
  for (let i = 0, row = 0; i < relocations.count; i++, row += relocationRow) {
    const kind = words[row + 1]! % largeAddend;
    if (kind !== mapMove && kind !== move) continue;
    const offset = words[row]!;
    const { input: owner, symbols, at } = definition(context, input, words[row + 2]!);
    const home = symbols.home(at);
    if (kind === move && (home < 0 || !isMapSection(owner.object.sections[home]!.name))) continue;
    if (moveImmediate.includes(section.data[offset]!)) edits.push({ at: offset, kind: "expand-map" });
    else {
      const notes = [siteNote(input, number, offset)];
      context.diagnostics.push(
        diagnostic("link-map-operand", { name: symbols.name(at) }, placeIn(input, number, offset), notes),
      );
    }
  }
}

/** 64-bit loads of what a move can hold, and long jumps that a short one reaches. */
function shorten(input: Input, section: Section, edits: Edit[]): void {
  const { data, relocations } = section;
  const { endian } = input.object;
  const relocated = new Set(relocations.map(({ offset }) => offset));
  const slot = newSlot();
  // No edit makes a jump longer by more than the slots that maps take.
  const reach = 0x7fff - edits.length;
  for (let at = 0; at + SLOT <= data.length; at += SLOT) {
    decodeSlot(data, at, endian, slot);
    const { opcode, src, imm } = slot;
    if (opcode === gotol && !relocated.has(at) && Math.abs(imm) < reach) edits.push({ at, kind: "short-jump" });
    if (opcode !== opcodes.LDDW) continue;
    if (src === 0 && !relocated.has(at) && at + 2 * SLOT <= data.length) {
      const high = decodeSlot(data, at + SLOT, endian, slot).imm;
      if (high === imm >> 31) edits.push({ at, kind: "shrink-wide" });
    }
    at += SLOT;
  }
}
