/**
 * Jumps whose target is further than 16 bits of slots: `ja` becomes `gotol`, a condition jumps around a `gotol` (ISA v4).
 *
 * A condition that has a contrary takes one more slot (`if not … goto +1; gotol target`), the others (`jset`, `may_goto`) two
 * (`if … goto +1; goto +1; gotol target`).
 */
import type { Endian } from "../bytes/index.js";
import { encodeSlot, writeOff } from "./encode.js";
import { BPF_JMP, BPF_JMP32, SLOT } from "./opcode.js";

/** Bytes from the end of a jump that 16 bits of slots reach, forwards; backwards it is one slot more. */
export const jumpReach: number = 0x7fff * SLOT;

/** The ISA level that has `gotol`. */
export const gotolLevel = 4;

/** Operations of conditional jumps and their contraries: the high four bits of the opcode (RFC 9669 section 4.3). */
const contraries: ReadonlyMap<number, number> = new Map(
  (
    [
      [0x10, 0x50],
      [0x20, 0xb0],
      [0x30, 0xa0],
      [0x60, 0xd0],
      [0x70, 0xc0],
    ] as const
  ).flatMap(([one, other]) => [[one, other] as const, [other, one] as const]),
);

function contrary(opcode: number): number | undefined {
  const operation = contraries.get(opcode & 0xf0);
  return operation === undefined ? undefined : operation | (opcode & 0x0f);
}

/** Bytes that the jump `opcode` takes beyond its slot when its target is far: none for `ja`, which only changes. */
export function longJumpExtra(opcode: number): number {
  if (opcode === BPF_JMP) return 0;
  return contrary(opcode) === undefined ? 2 * SLOT : SLOT;
}

/** Turns the jump at `at`, with room after it, into its long form; `distance` in bytes from the end of the short form. */
export function putLongJump(code: Uint8Array, at: number, endian: Endian, distance: number): void {
  const opcode = code[at]!;
  const extra = longJumpExtra(opcode);
  const gotol = (slot: number): void =>
    encodeSlot(code, slot, endian, BPF_JMP32, 0, 0, 0, (distance + at + SLOT - (slot + SLOT)) / SLOT);
  if (extra === 0) return gotol(at);
  code[at] = contrary(opcode) ?? opcode;
  writeOff(code, at, endian, 1);
  if (extra > SLOT) encodeSlot(code, at + SLOT, endian, BPF_JMP, 0, 0, 1, 0);
  gotol(at + extra);
}
