/**
 * The kinds of instruction that a relocation of code may stand at, as sets of opcodes taken from the instruction table: a number
 * of a relocation alone does not tell its field in every dialect, the opcode does, and a wrong pair of both is an error.
 */
import { insnTable, opcodes, type InsnRow } from "../isa/index.js";

/**
 * `lddw` the two-slot load, `call` a call, `jump` what holds a 16-bit distance, `long-jump` a 32-bit one, `memory` a 16-bit
 * displacement, `immediate` a 32-bit operand, `mov32` a 32-bit move of an immediate.
 */
export type InsnPlace = "lddw" | "call" | "jump" | "long-jump" | "memory" | "immediate" | "mov32";

const belongs: Readonly<Record<InsnPlace, (row: InsnRow) => boolean>> = {
  lddw: ({ opcode }) => opcode === opcodes.LDDW,
  call: ({ opcode }) => opcode === opcodes.CALL,
  jump: ({ off }) => off === "jump",
  "long-jump": ({ imm }) => imm === "jump",
  memory: ({ off }) => off === "mem",
  immediate: ({ imm }) => imm === "value" || imm === "disp",
  mov32: ({ op, width, imm }) => op === "mov" && width === 32 && imm === "value",
};

/** By kind, 1 for each opcode that belongs to it; made at the first use. */
const sets = new Map<InsnPlace, Uint8Array>();

/** May a relocation of `place` stand at an instruction with this opcode? */
export function isPlace(place: InsnPlace, opcode: number): boolean {
  let set = sets.get(place);
  if (set === undefined) {
    set = new Uint8Array(256);
    for (const row of insnTable) if (belongs[place](row)) set[row.opcode] = 1;
    sets.set(place, set);
  }
  return set[opcode] === 1;
}

/** All opcodes of `place`, rising. */
export function placeOpcodes(place: InsnPlace): readonly number[] {
  return Array.from({ length: 256 }, (_, opcode) => opcode).filter((opcode) => isPlace(place, opcode));
}
