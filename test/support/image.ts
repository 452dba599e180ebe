/** Images made by hand, for tests that need no linker. */
import { decodeSlot, encodeSlot, newSlot, opcodes, type MapType } from "../../src/isa/index.js";
import type { Endian } from "../../src/bytes/index.js";
import type { Image, ImageFunction, ImageMap } from "../../src/object/index.js";

/** opcode, dst, src, off, imm. */
export type Fields = readonly [opcode: number, dst: number, src: number, off: number, imm: number];

export function encodeAll(slots: readonly Fields[], endian: Endian = "little"): Uint8Array {
  const code = new Uint8Array(slots.length * 8);
  slots.forEach((fields, i) => encodeSlot(code, 8 * i, endian, ...fields));
  return code;
}

/** Functions as the kernel finds them: one at slot 0 (`main`) and one (`f` and its slot) wherever a local call goes. */
function functionsOf(code: Uint8Array, endian: Endian): ImageFunction[] {
  const slots = Math.floor(code.length / 8);
  const starts = new Set([0]);
  const slot = newSlot();
  for (let i = 0; i < slots; i++) {
    decodeSlot(code, 8 * i, endian, slot);
    if (slot.opcode === opcodes.CALL && slot.src === opcodes.BPF_PSEUDO_CALL) starts.add(i + 1 + slot.imm);
  }
  const sorted = [...starts].filter((start) => start >= 0 && start < slots).toSorted((a, b) => a - b);
  return sorted.map((start, i) => ({
    name: start === 0 ? "main" : `f${start}`,
    section: "xdp",
    start,
    slots: (sorted[i + 1] ?? slots) - start,
    global: true,
  }));
}

/** An image whose program `main` starts at slot 0; `given` overrides. */
export function imageOf(code: Uint8Array, given: Partial<Image> = {}): Image {
  return {
    file: "test",
    endian: "little",
    license: "GPL",
    code,
    functions: functionsOf(code, given.endian ?? "little"),
    programs: [{ name: "main", section: "xdp", function: 0, rule: undefined }],
    maps: [],
    segments: [],
    names: [],
    patches: [],
    ...given,
  };
}

export function mapOf(name: string, type: MapType, keySize: number, valueSize: number, maxEntries: number): ImageMap {
  return { name, type, keySize, valueSize, maxEntries, flags: 0, extra: 0n, pinning: "none" };
}
