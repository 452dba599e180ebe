/** The opcodes that relocations stand at, by kind of instruction: taken from the instruction table, which hardly a link needs else. */
import { insnTable, opcodes, type InsnRow } from "../isa/index.js";

/**
 * `lddw` the two-slot load, `call` a call, `jump` what holds a 16-bit distance, `long-jump` a 32-bit one, `memory` a 16-bit
 * displacement, `immediate` a 32-bit operand, `mov32` a 32-bit move of an immediate.
 */
export type InsnPlace = "lddw" | "call" | "jump" | "long-jump" | "memory" | "immediate" | "mov32";

function opcodesOf(belongs: (row: InsnRow) => boolean): readonly number[] {
  return [...new Set(insnTable.filter(belongs).map(({ opcode }) => opcode))].toSorted((a, b) => a - b);
}

/** All opcodes of each place, rising. */
export const placeOpcodes: Readonly<Record<InsnPlace, readonly number[]>> = {
  lddw: opcodesOf(({ opcode }) => opcode === opcodes.LDDW),
  call: opcodesOf(({ opcode }) => opcode === opcodes.CALL),
  jump: opcodesOf(({ off }) => off === "jump"),
  "long-jump": opcodesOf(({ imm }) => imm === "jump"),
  memory: opcodesOf(({ off }) => off === "mem"),
  immediate: opcodesOf(({ imm }) => imm === "value" || imm === "disp"),
  mov32: opcodesOf(({ op, width, imm }) => op === "mov" && width === 32 && imm === "value"),
};
