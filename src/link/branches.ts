/** Jumps and calls in code whose distance stands in the instruction, without a relocation. */
import { decodeSlot, newSlot, opcodes, type Slot } from "../isa/index.js";
import { firstAt, type ObjectFile } from "../object/index.js";

const { SLOT } = opcodes;

/** Where an instruction keeps its distance in slots from the next one: in the offset or in the immediate. */
export type DistanceField = "off16" | "imm32";

/** The opcodes that are not conditional jumps. */
const ja = opcodes.BPF_JMP;
export const gotol: number = opcodes.BPF_JMP32;
const gotox = opcodes.GOTOX;

export function distanceField({ opcode, src }: Slot): DistanceField | undefined {
  const kind = opcode & 7;
  if (kind !== opcodes.BPF_JMP && kind !== opcodes.BPF_JMP32) return undefined;
  if (opcode === gotol) return "imm32";
  if (opcode === opcodes.CALL) return src === opcodes.BPF_PSEUDO_CALL ? "imm32" : undefined;
  const operation = opcode & 0xf0;
  // exit and calls have no distance; the target of gotox is in a register.
  return operation === 0x80 || operation === 0x90 || opcode === gotox ? undefined : "off16";
}

export function isCall({ opcode }: Slot): boolean {
  return (opcode & 0xf7) === opcodes.CALL;
}

/** Does execution never reach the next instruction? */
export function endsFlow({ opcode }: Slot): boolean {
  return opcode === opcodes.EXIT || opcode === ja || opcode === gotol || opcode === gotox;
}

/**
 * Calls `visit` for every jump and call of a code section between `from` and `to` that no relocation is for, with the byte
 * offset of the instruction and of its target.
 */
export function eachBranch(
  object: ObjectFile,
  section: number,
  from: number,
  to: number,
  visit: (at: number, target: number, field: DistanceField, slot: Slot) => void,
): void {
  const { data, relocations } = object.sections[section]!;
  const slot = newSlot();
  let next = firstAt(relocations, from);
  for (let at = from; at + SLOT <= Math.min(to, data.length); at += SLOT) {
    while (next < relocations.length && relocations[next]!.offset < at) next++;
    decodeSlot(data, at, object.endian, slot);
    if (slot.opcode === opcodes.LDDW) {
      at += SLOT;
      continue;
    }
    const field = distanceField(slot);
    if (field === undefined || relocations[next]?.offset === at) continue;
    visit(at, at + SLOT * (1 + (field === "off16" ? slot.off : slot.imm)), field, slot);
  }
}
