/** The same image in the VM and in this machine's kernel: results of helpers, frames and maps must be equal. */
import { release } from "node:os";
import { expect, test } from "vitest";
import { helperId, MapType, sectionRule } from "../../src/isa/index.js";
import type { Image, Patch } from "../../src/object/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { createVm } from "../../src/vm/index.js";
import { encodeAll, imageOf, mapOf, type Fields } from "../support/image.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { Random } from "../support/random.js";

const exit: Fields = [0x95, 0, 0, 0, 0];
const mov = (dst: number, src: number): Fields => [0xbf, dst, src, 0, 0];
const set = (dst: number, imm: number): Fields => [0xb7, dst, 0, 0, imm];
const add = (dst: number, imm: number): Fields => [0x07, dst, 0, 0, imm];
const stack = (dst: number, off: number): Fields[] => [mov(dst, 10), add(dst, off)];
const call = (name: string): Fields => [0x85, 0, 0, 0, helperId(`bpf_${name}`)!];
const wide = (dst: number): Fields[] => [
  [0x18, dst, 0, 0, 0],
  [0, 0, 0, 0, 0],
];

const frame = Uint8Array.from({ length: 64 }, (_, i) => (i * 37) & 255);

/** Runs `code` in both and compares verdict and frame; `maps` are patched into the wide loads in order. */
function compare(label: string, code: readonly Fields[], given: Partial<Image> = {}, packet = frame): void {
  const patches: Patch[] = [];
  code.forEach(([opcode], at) => {
    const kind = given.maps === undefined ? "segment" : "map";
    if (opcode === 0x18) patches.push({ kind, target: 0, addend: 0, field: "imm64", segment: -1, at });
  });
  const rule = sectionRule("xdp");
  const programs = [{ name: "main", section: "xdp", function: 0, rule }];
  const image = imageOf(encodeAll([...code, exit]), { patches, programs, ...given });
  const result = createVm(image).runXdp("main", packet);
  if (result.kind === "fault") throw new Error(`${label}: ${result.diagnostic.message}`);
  const loaded = loadImage(image, kernel());
  try {
    const { retval, data } = loaded.program("main").testRun({ data: packet });
    expect({ retval: result.verdict | 0, data: result.packet }, label).toEqual({
      retval: retval | 0,
      data: data.slice(),
    });
  } finally {
    loaded.close();
  }
}

test.skipIf(kernelMissing !== "")(`frame limits move as in the kernel${kernelMissing}`, () => {
  for (const delta of [-256, -217, -216, -8, 0, 3, 50, 51, 64]) {
    compare(`adjust_head ${delta}`, [set(2, delta), call("xdp_adjust_head")]);
  }
  for (const delta of [-64, -51, -50, -1, 0, 1, 3456, 3457, 4000]) {
    compare(`adjust_tail ${delta}`, [set(2, delta), call("xdp_adjust_tail")]);
  }
  for (const delta of [4, -1, -3, -256, -252, -220]) {
    // On success the metadata is taken back, because the kernel's output begins with it.
    const back: Fields[] = [[0x55, 0, 0, 4, 0], mov(1, 6), set(2, -delta), call("xdp_adjust_meta"), add(0, 1)];
    compare(`adjust_meta ${delta}`, [mov(6, 1), set(2, delta), call("xdp_adjust_meta"), ...back]);
  }
  compare("head and tail", [
    mov(6, 1),
    set(2, -20),
    call("xdp_adjust_head"),
    mov(1, 6),
    set(2, 20),
    call("xdp_adjust_tail"),
  ]);
});

test.skipIf(kernelMissing !== "")(`bytes are copied as in the kernel${kernelMissing}`, () => {
  for (const name of ["xdp_load_bytes", "xdp_store_bytes"]) {
    for (const offset of [0, 5, 56, 57, 64, 0xffff, 0x10000, -1]) {
      const code = [[0x7a, 10, 0, -8, 0x1234] as Fields, set(2, offset), ...stack(3, -8), set(4, 8), call(name)];
      compare(`${name} ${offset}`, [...code, [0x79, 1, 10, -8, 0], [0xaf, 0, 1, 0, 0]]);
    }
  }
});

const [major, minor] = release().split(".").map(Number) as [number, number];
const unfolded = major < 6 || (major === 6 && minor < 13);
const noChecksums = kernelMissing || (unfolded ? " (skipped: before 6.13 results were not folded)" : "");

test.skipIf(noChecksums !== "")(`checksum differences are the kernel's${noChecksums}`, () => {
  const random = new Random(5);
  for (let i = 0; i < 40; i++) {
    const words = [-4, -8, -12, -16].map((off): Fields => [0x62, 10, 0, off, random.pick([0, -1, random.u32() | 0])]);
    const [from, to] = [random.pick([0, 4, 8, 6]), random.pick([0, 4, 8])];
    const seed: Fields = [0xb4, 5, 0, 0, random.pick([0, -1, 5, random.u32() | 0])];
    const sides = [...stack(1, -8), set(2, from), ...stack(3, -16), set(4, to)];
    compare(`csum_diff ${i}`, [...words, ...sides, seed, call("csum_diff")]);
  }
});

test.skipIf(kernelMissing !== "")(`map errors are the kernel's${kernelMissing}`, () => {
  const random = new Random(6);
  const types = ["HASH", "ARRAY", "PERCPU_HASH", "PERCPU_ARRAY"] as const;
  for (const type of types) {
    for (let i = 0; i < 12; i++) {
      // r7 collects the results of eight random operations.
      const code: Fields[] = [set(7, 0)];
      for (let n = 0; n < 8; n++) {
        code.push(
          [0x62, 10, 0, -4, random.below(4)],
          [0x7a, 10, 0, -16, random.below(100)],
          ...wide(1),
          ...stack(2, -4),
        );
        const kind = random.below(3);
        if (kind === 0) code.push(...stack(3, -16), set(4, random.below(4)), call("map_update_elem"));
        else if (kind === 1) code.push(call("map_delete_elem"));
        else code.push(call("map_lookup_elem"), [0x15, 0, 0, 1, 0], [0x79, 0, 0, 0, 0]);
        code.push([0x27, 7, 0, 0, 31], [0x0f, 7, 0, 0, 0]);
      }
      const maps = [mapOf("m", MapType[`BPF_MAP_TYPE_${type}`], 4, 8, 2)];
      compare(`${type} ${i}`, [...code, mov(0, 7)], { maps });
    }
  }
});

test.skipIf(kernelMissing !== "")(`other helpers return what the kernel's do${kernelMissing}`, () => {
  compare("redirect", [set(1, 1), set(2, 0), call("redirect")]);
  compare("redirect with flags", [set(1, 1), set(2, 8), call("redirect")]);
  for (const text of [
    "a %d %u",
    "%x|%lld|%llu",
    "%5d|%-5d|%05d%%",
    "plain",
    "%c",
    "%",
    "%n",
    "%d %d %d %d",
    "%lu %li",
  ]) {
    const data = new TextEncoder().encode(`${text}\0`);
    const segments = [{ name: ".rodata", readOnly: true, align: 1, size: data.length, data }];
    const code = [...wide(1), set(2, data.length), set(3, -1), set(4, 77), set(5, -5), call("trace_printk")];
    // The kind of the wide load is "segment" and, in the kernel, the address of a map's value.
    code[0] = [0x18, 1, 2, 0, 0];
    compare(`trace_printk ${text}`, code, { segments });
  }
  const words = ["abc\0", "abd\0", "ab\0\0", "\0\0\0\0"];
  for (const first of words) {
    for (const second of words) {
      const data = new TextEncoder().encode(second);
      const segments = [{ name: ".rodata", readOnly: true, align: 1, size: 4, data }];
      const word = new DataView(new TextEncoder().encode(first).buffer).getInt32(0, true);
      const code: Fields[] = [[0x62, 10, 0, -4, word], ...stack(1, -4), set(2, 4), ...wide(3), call("strncmp")];
      code[4] = [0x18, 3, 2, 0, 0];
      compare(`strncmp ${first} ${second}`, code, { segments });
    }
  }
});
