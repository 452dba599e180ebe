/**
 * The kinds of instruction that a relocation of code may stand at, as sets of opcodes: a number of a relocation alone does not tell its
 * field in every dialect, the opcode does, and a wrong pair of both is an error.
 */
import { placeOpcodes, type InsnPlace } from "./insn-place-table.js";

/** By kind, 1 for each opcode that belongs to it; made at the first use. */
const sets = new Map<InsnPlace, Uint8Array>();

/** May a relocation of `place` stand at an instruction with this opcode? */
export function isPlace(place: InsnPlace, opcode: number): boolean {
  let set = sets.get(place);
  if (set === undefined) {
    set = new Uint8Array(256);
    for (const each of placeOpcodes[place]) set[each] = 1;
    sets.set(place, set);
  }
  return set[opcode] === 1;
}
