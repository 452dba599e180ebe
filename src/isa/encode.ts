/** Fields to bits, the inverse of `decode.ts`. */
import type { Endian } from "../bytes/index.js";
import { SLOT } from "./opcode.js";

/** Writes one slot at byte offset `at` of `code`. Fields are cut to their widths: range checks are the caller's. */
export function encodeSlot(
  code: Uint8Array,
  at: number,
  endian: Endian,
  opcode: number,
  dst: number,
  src: number,
  off: number,
  imm: number,
): void {
  code[at] = opcode;
  if (endian === "little") {
    code[at + 1] = (src << 4) | dst;
    code[at + 2] = off;
    code[at + 3] = off >> 8;
  } else {
    code[at + 1] = (dst << 4) | src;
    code[at + 2] = off >> 8;
    code[at + 3] = off;
  }
  writeImm(code, at, endian, imm);
}

/** Overwrites the 32-bit immediate of the slot at `at`. */
export function writeImm(code: Uint8Array, at: number, endian: Endian, imm: number): void {
  const step = endian === "little" ? 1 : -1;
  let to = at + (endian === "little" ? 4 : 7);
  for (let shift = 0; shift < 32; shift += 8, to += step) code[to] = imm >> shift;
}

/** Overwrites the 16-bit offset of the slot at `at`. */
export function writeOff(code: Uint8Array, at: number, endian: Endian, off: number): void {
  code[at + 2] = endian === "little" ? off : off >> 8;
  code[at + 3] = endian === "little" ? off >> 8 : off;
}

/** Overwrites the two immediates of the wide instruction at `at` with a 64-bit value. */
export function writeImm64(code: Uint8Array, at: number, endian: Endian, value: bigint): void {
  writeImm(code, at, endian, Number(BigInt.asIntN(32, value)));
  writeImm(code, at + SLOT, endian, Number(BigInt.asIntN(32, value >> 32n)));
}

/** Overwrites the source register of the slot at `at` (a call's or a wide load's kind). */
export function writeSrc(code: Uint8Array, at: number, endian: Endian, src: number): void {
  const registers = code[at + 1]!;
  code[at + 1] = endian === "little" ? (registers & 0x0f) | (src << 4) : (registers & 0xf0) | src;
}
