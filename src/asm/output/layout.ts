/**
 * Where the bytes of a section come to stand when gaps have sizes and long jumps take more slots.
 *
 * While a text is read a section holds its bytes as if no gap had any: an offset there, and how many gaps stand before it, is all
 * that has to be kept. A section without gaps and long jumps has no layout, and pays nothing.
 */
import { opcodes } from "../../isa/index.js";
import type { AsmSection, Filler, Gap } from "../types.js";

export class Layout {
  readonly #gaps: readonly Gap[];
  /** Bytes of the gaps before gap n. */
  readonly #before: Float64Array;
  /** The ends of the jumps that take more slots, and the bytes they have taken up to there. */
  #grown: Int32Array = new Int32Array(0);
  #growth: Float64Array = new Float64Array(1);

  constructor(section: AsmSection) {
    this.#gaps = section.gaps;
    this.#before = new Float64Array(section.gaps.length + 1);
  }

  /** The place of what is at `offset`, after `after` gaps. */
  place(offset: number, after: number): number {
    return offset + this.#before[after]! + this.grownBefore(offset);
  }

  /** Bytes that jumps which end at `offset` or before have taken beyond their slot. */
  grownBefore(offset: number): number {
    let low = 0;
    let high = this.#grown.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#grown[middle]! <= offset) low = middle + 1;
      else high = middle;
    }
    return this.#growth[low]!;
  }

  /** Where gap `number` starts, by what is known of those before it. */
  start(number: number): number {
    return this.place(this.#gaps[number]!.at, number);
  }

  /** Gap `number` takes `size` bytes. */
  setSize(number: number, size: number): void {
    this.#gaps[number]!.size = size;
    this.#before[number + 1] = this.#before[number]! + size;
  }

  /** The jumps at `offsets` (ascending) take `bytes` more each. */
  grow(offsets: readonly number[], bytes: readonly number[]): void {
    this.#grown = Int32Array.from(offsets, (offset) => offset + opcodes.SLOT);
    this.#growth = new Float64Array(offsets.length + 1);
    bytes.forEach((more, i) => (this.#growth[i + 1] = this.#growth[i]! + more));
  }

  /** Bytes of the whole section. */
  sizeOf(section: AsmSection): number {
    return this.place(section.size, this.#gaps.length);
  }

  /** Moves the bytes and fixups of `section` to their places and fills its gaps. */
  apply(section: AsmSection, fill: (gap: Gap, at: number, data: Uint8Array) => void): void {
    const size = this.sizeOf(section);
    const gaps = this.#gaps;
    let number = 0;
    for (const fixup of section.fixups) {
      while (number < gaps.length && gaps[number]!.at <= fixup.offset) number++;
      fixup.offset = this.place(fixup.offset, number);
    }
    if (section.firstExit >= 0) {
      const passed = gaps.findIndex(({ at }) => at > section.firstExit);
      section.firstExit = this.place(section.firstExit, passed < 0 ? gaps.length : passed);
    }
    if (section.type !== "nobits") {
      const moved = new Uint8Array(size);
      let from = 0;
      let jump = 0;
      number = 0;
      // Pieces between what was put in; at the same offset a jump's new slots come before gaps.
      while (from < section.size || number < gaps.length) {
        const to = this.place(from, number);
        const gap = gaps[number];
        if (gap !== undefined && gap.at === from) {
          if (gap.size > 0) fill(gap, to, moved);
          number++;
          continue;
        }
        while (jump < this.#grown.length && this.#grown[jump]! <= from) jump++;
        const end = Math.min(gap?.at ?? section.size, this.#grown[jump] ?? section.size, section.size);
        moved.set(section.data.subarray(from, end), to);
        from = end;
      }
      section.data = moved;
    }
    section.size = size;
  }
}

/** Fills `data` from `at` up to `end` with copies of `filler`. */
export function fillWith(data: Uint8Array, at: number, end: number, filler: Filler, little: boolean): void {
  const { value, width } = filler;
  if (width === 1) {
    data.fill(value & 0xff, at, end);
    return;
  }
  // A filler has 32 bits at most; what is wider has zeros behind them.
  const bytes = Math.min(width, 4);
  for (let i = 0; at + i < end; i++) {
    const byte = i % width;
    data[at + i] = byte >= bytes ? 0 : value >> (8 * (little ? byte : bytes - 1 - byte));
  }
}

/** Fills with what a section's padding is: instructions that do nothing between instructions, else zeros. */
export function pad(data: Uint8Array, at: number, end: number, exec: boolean): void {
  if (!exec || at % opcodes.SLOT !== 0 || end % opcodes.SLOT !== 0) return;
  // `goto +0`: all zeros but for the opcode.
  for (; at < end; at += opcodes.SLOT) data[at] = opcodes.BPF_JMP;
}
