/**
 * What code does with an address it loads: the bytes it reads or writes there tell which of two readings of the address can be
 * meant. Only the straight way on from the load is followed.
 */
import type { Endian } from "../bytes/index.js";
import { decodeSlot, newSlot, opcodes } from "../isa/index.js";

const { SLOT } = opcodes;
/** Slots that are looked at after a load. */
const reach = 64;

export interface Extent {
  /** First byte accessed, and the byte after the last one, counted from the loaded address. */
  readonly from: number;
  readonly to: number;
}

const widths: ReadonlyMap<number, number> = new Map([
  [opcodes.BPF_W, 4],
  [opcodes.BPF_H, 2],
  [opcodes.BPF_B, 1],
  [opcodes.BPF_DW, 8],
]);

/**
 * The bytes accessed through the register that the two-slot load at `start` fills; undefined where none is. What `relocated` says
 * is at an offset has a displacement that is not known yet.
 */
export function accessedBytes(
  data: Uint8Array,
  start: number,
  endian: Endian,
  relocated: ReadonlySet<number>,
): Extent | undefined {
  const slot = newSlot();
  decodeSlot(data, start, endian, slot);
  const register = slot.dst;
  let extent: Extent | undefined;
  const end = Math.min(data.length - SLOT, start + reach * SLOT);
  for (let at = start + 2 * SLOT; at <= end; at += SLOT) {
    decodeSlot(data, at, endian, slot);
    const { opcode, dst, src, off } = slot;
    const kind = opcode & 7;
    const load = kind === opcodes.BPF_LDX;
    if (load || kind === opcodes.BPF_ST || kind === opcodes.BPF_STX) {
      if ((load ? src : dst) === register && !relocated.has(at)) {
        const to = off + widths.get(opcode & 0x18)!;
        extent = { from: Math.min(off, extent?.from ?? off), to: Math.max(to, extent?.to ?? to) };
      }
      // Atomic operations may give back what was there.
      if (load ? dst === register : src === register && (opcode & 0xe0) === opcodes.BPF_ATOMIC) break;
    } else if (kind === opcodes.BPF_JMP || kind === opcodes.BPF_JMP32) {
      const operation = opcode & 0xf0;
      if (operation === 0 || opcode === opcodes.EXIT) break;
      // A call keeps r6 to r9 and the frame.
      if (operation === (opcodes.CALL & 0xf0) && kind === opcodes.BPF_JMP && register < 6) break;
    } else {
      if (dst === register || (kind === opcodes.BPF_LD && opcode !== opcodes.LDDW && register < 6)) break;
      if (opcode === opcodes.LDDW) at += SLOT;
    }
  }
  return extent;
}
