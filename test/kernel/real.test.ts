/** The loader against the machine's own kernel. */
import { readdirSync, readlinkSync } from "node:fs";
import { afterAll, beforeAll, expect, test as vitest } from "vitest";
import { encodeUtf8 } from "../../src/bytes/index.js";
import { MapType } from "../../src/isa/index.js";
import { createMap, loadImage, VerifierError, type KernelMap } from "../../src/kernel/index.js";
import type { ImageMap } from "../../src/object/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { thrown } from "./fake.js";
import {
  addImm,
  addReg,
  call,
  exit,
  helper,
  imageOf,
  mapOf,
  movImm,
  movReg,
  patchOf,
  wide,
  type Insn,
  type Part,
} from "./image.js";

const test = vitest.skipIf(kernelMissing !== "");

/** The open descriptors of maps, programs and BTF. */
function descriptors(): string[] {
  return readdirSync("/proc/self/fd").flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return /bpf|btf/.test(target) ? [`${fd} ${target}`] : [];
    } catch {
      // The descriptor of the listing itself, closed by now.
      return [];
    }
  });
}

const open: { close(): void }[] = [];
let before: string[] = [];
beforeAll(() => {
  before = kernelMissing === "" ? descriptors() : [];
});
afterAll(() => {
  for (const each of open) each.close();
  if (kernelMissing === "") expect(descriptors()).toEqual(before);
});

function newMap(definition: ImageMap): KernelMap {
  const map = createMap(kernel(), definition);
  open.push(map);
  return map;
}

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
const u64 = (value: bigint): Uint8Array => new Uint8Array(BigUint64Array.of(value).buffer);

test(`a hash map: update, look up, list, delete${kernelMissing}`, () => {
  const map = newMap(mapOf("hash", MapType.BPF_MAP_TYPE_HASH, 4, 8, 100));
  expect(map.lookup(u32(1))).toBeUndefined();
  expect([...map.entries()]).toEqual([]);
  for (let i = 0; i < 100; i++) map.update(u32(i), u64(BigInt(i) * 3n));
  expect(map.lookup(u32(7))).toEqual(u64(21n));
  const pairs = [...map.entries()].map(([key, value]) => [key[0]!, value[0]! + 256 * value[1]!]);
  expect(pairs.toSorted(([a], [b]) => a! - b!)).toEqual(Array.from({ length: 100 }, (_, i) => [i, 3 * i]));
  expect(map.delete(u32(7))).toBe(true);
  expect(map.delete(u32(7))).toBe(false);
  expect(() => map.update(u32(8), u64(0n), "new")).toThrow("EEXIST");
  expect(() => map.update(u32(7), u64(0n), "existing")).toThrow("ENOENT");
  map.update(u32(7), u64(1n), "new");
  expect(thrown(() => map.update(u32(1000), u64(0n)))).toMatchObject({
    code: "kernel-map-access",
    message: "cannot update map hash: E2BIG",
  });
});

test(`an array map: every index is there${kernelMissing}`, () => {
  const map = newMap(mapOf("array", MapType.BPF_MAP_TYPE_ARRAY, 4, 6, 3));
  map.update(u32(2), encodeUtf8("abcdef"));
  expect([...map.entries()].map(([key, value]) => [key[0], new TextDecoder().decode(value)])).toEqual([
    [0, "\0".repeat(6)],
    [1, "\0".repeat(6)],
    [2, "abcdef"],
  ]);
  expect(() => map.update(u32(3), new Uint8Array(6))).toThrow("E2BIG");
  expect(() => map.delete(u32(0))).toThrow("EINVAL");
});

test.each([MapType.BPF_MAP_TYPE_PERCPU_ARRAY, MapType.BPF_MAP_TYPE_PERCPU_HASH])(
  `a per-CPU map (type %i) has a value for each possible CPU${kernelMissing}`,
  (type) => {
    const cpus = kernel().possibleCpus();
    const map = newMap(mapOf("per_cpu", type, 4, 12, 2));
    expect(map.valueBytes).toBe(16 * cpus);
    const value = new Uint8Array(map.valueBytes);
    for (let cpu = 0; cpu < cpus; cpu++) value.fill(cpu + 1, 16 * cpu, 16 * cpu + 12);
    map.update(u32(1), value);
    expect(map.lookup(u32(1))).toEqual(value);
    const values = Array.from({ length: cpus }, (_, cpu) => new Uint8Array(12).fill(cpu + 1));
    expect(map.lookupPerCpu(u32(1))).toEqual(values);
  },
);

test(`keys and values of a wrong length never reach the kernel${kernelMissing}`, () => {
  const map = newMap(mapOf("hash", MapType.BPF_MAP_TYPE_HASH, 4, 8, 1));
  expect(thrown(() => map.lookup(new Uint8Array(3)))).toMatchObject({ code: "kernel-map-length" });
  expect(thrown(() => map.update(u32(1), new Uint8Array(9))).message).toBe(
    "the value given for map hash has 9 bytes, and the map needs 8",
  );
});

test(`a closed map is closed, once${kernelMissing}`, () => {
  const map = createMap(kernel(), mapOf("hash", MapType.BPF_MAP_TYPE_HASH, 4, 8, 1));
  map.close();
  map.close();
  expect(() => map.lookup(u32(0))).toThrow("EBADF");
});

test(`a map that cannot be is refused with its shape${kernelMissing}`, () => {
  expect(thrown(() => newMap(mapOf("odd", MapType.BPF_MAP_TYPE_ARRAY, 8, 8, 1)))).toMatchObject({
    code: "kernel-map-refused",
    message: expect.stringContaining("BPF_MAP_TYPE_ARRAY, key 8 bytes") as string,
  });
});

const ldx = (opcode: number, dst: number, src: number, off: number): Insn => [opcode, dst, src, off, 0];
const W = 0x61;
const B = 0x71;
const DW = 0x79;

/** Resolves `[label, insn]` jumps to labels (`"label"` items). */
function withLabels(items: readonly (Insn | string | readonly [string, Insn])[]): Insn[] {
  const labels = new Map<string, number>();
  let count = 0;
  for (const item of items) {
    if (typeof item === "string") labels.set(item, count);
    else count++;
  }
  const insns: Insn[] = [];
  for (const item of items) {
    if (typeof item === "string") continue;
    if (typeof item[0] === "number") insns.push(item as Insn);
    else {
      const [label, [opcode, dst, src, , imm]] = item as readonly [string, Insn];
      insns.push([opcode, dst, src, labels.get(label)! - insns.length - 1, imm]);
    }
  }
  return insns;
}

/**
 * Counts packets by their first byte in a hash map, writes 0x42 over that byte, and returns what `sum` makes of a number of
 * .rodata and one of .data (both through pointers). Packets too short are answered with 0 (XDP_ABORTED).
 */
const count = withLabels([
  ldx(W, 6, 1, 0), // 0: data
  ldx(W, 7, 1, 4), // data_end
  movReg(2, 6),
  addImm(2, 15),
  ["short", [0x2d, 2, 7, 0, 0]],
  ldx(B, 8, 6, 0), // 5
  [0x63, 10, 8, -4, 0],
  [0x7a, 10, 0, -16, 1],
  ...wide(1), // 8: the hash map
  movReg(2, 10), // 10
  addImm(2, -4),
  helper, // 12: look up
  ["new", [0x15, 0, 0, 0, 0]],
  movImm(2, 1),
  [0xdb, 0, 2, 0, 0], // 15: lock *(u64 *)(r0 + 0) += r2
  ["answer", [0x05, 0, 0, 0, 0]],
  "new",
  ...wide(1), // 17: the hash map
  movReg(2, 10), // 19
  addImm(2, -4),
  movReg(3, 10),
  addImm(3, -16),
  movImm(4, 0),
  helper, // 24: update
  "answer",
  [0x72, 6, 0, 0, 0x42],
  ...wide(1), // 26: .rodata + 4
  ...wide(2), // 28: .data
  [0x85, 0, 0, 0, 0], // 30: sum
  exit,
  "short",
  movImm(0, 0),
  exit,
]);

const twice: Part = { name: "twice", section: ".text", insns: [movReg(0, 1), addReg(0, 1), exit] };
/** 2 * *r1 + *r2 */
const sum: Part = {
  name: "sum",
  section: ".text",
  insns: [movReg(9, 2), ldx(W, 1, 1, 0), call(-6), ldx(DW, 1, 9, 0), addReg(0, 1), exit],
};

const start = twice.insns.length + sum.insns.length;
const counting = imageOf([twice, sum, { name: "count", section: "xdp", insns: count }], ["count"], {
  maps: [mapOf("unused", MapType.BPF_MAP_TYPE_ARRAY, 4, 4, 1), mapOf("packets", MapType.BPF_MAP_TYPE_HASH, 4, 8, 16)],
  segments: [
    { name: ".data", readOnly: false, align: 8, size: 8, data: u64(2n) },
    { name: ".rodata", readOnly: true, align: 8, size: 8, data: new Uint8Array([0, 0, 0, 0, 20, 0, 0, 0]) },
  ],
  names: ["bpf_map_lookup_elem", "bpf_map_update_elem"],
  patches: [
    patchOf(start + 8, "map", 1),
    patchOf(start + 12, "helper", 0),
    patchOf(start + 17, "map", 1),
    patchOf(start + 24, "helper", 1),
    patchOf(start + 26, "segment", 1, 4),
    patchOf(start + 28, "segment", 0),
    { ...patchOf(start + 30, "function", 1), field: "imm32" },
  ],
});

test(`an XDP program with subprograms, a hash map and data runs on packets${kernelMissing}`, () => {
  const loaded = loadImage(counting, kernel());
  open.push(loaded);
  const program = loaded.program("count");
  const frame = Uint8Array.from({ length: 60 }, (_, i) => i + 7);
  const first = program.testRun({ data: frame });
  expect(first.retval).toBe(42);
  expect([...first.data]).toEqual([0x42, ...frame.subarray(1)]);
  program.testRun({ data: frame });
  program.testRun({ data: frame.map((byte) => byte + 1), repeat: 5 });
  expect(program.testRun({ data: frame.subarray(0, 14) }).retval).toBe(0);
  const packets = [...loaded.map("packets").entries()].map(([key, value]) => [key, value]);
  expect(packets.toSorted(([a], [b]) => a![0]! - b![0]!)).toEqual([
    [u32(7), u64(2n)],
    // The first of the five runs counts byte 8, the others the 0x42 it wrote.
    [u32(8), u64(1n)],
    [u32(0x42), u64(4n)],
  ]);
  // Live data: the next run sees what user space wrote.
  const data = loaded.segments.get(".data")!;
  data.update(u32(0), u64(100n));
  expect(program.testRun({ data: frame }).retval).toBe(140);
  // The read-only segment is frozen.
  expect(() => loaded.segments.get(".rodata")!.update(u32(0), u64(0n))).toThrow("EPERM");
  expect(thrown(() => program.testRun({ data: frame.subarray(0, 5) })).code).toBe("kernel-test-run");
  expect(thrown(() => program.testRun({ data: frame, dataOutSize: 20 })).message).toBe(
    "program count put out 60 bytes of data, and there was room for 20",
  );
});

test(`a context goes in and comes out${kernelMissing}`, () => {
  // struct __sk_buff: mark is at 8, cb at 48.
  const insns = [ldx(W, 0, 1, 8), [0x63, 1, 0, 48, 0] as Insn, exit];
  const loaded = loadImage(imageOf([{ name: "marks", section: "tc", insns }], ["marks"]), kernel());
  open.push(loaded);
  const ctx = new Uint8Array(192);
  ctx[8] = 77;
  const answer = loaded.program("marks").testRun({ data: new Uint8Array(64), ctx });
  expect(answer.retval).toBe(77);
  expect([answer.ctx.length, answer.ctx[48]]).toEqual([192, 77]);
});

test(`a wrong program gives the verifier's log, whole and summarized${kernelMissing}`, () => {
  const wrong = imageOf([twice, { name: "wrong", section: "xdp", insns: [call(-4), addReg(0, 5), exit] }], ["wrong"]);
  const maps = [mapOf("m", MapType.BPF_MAP_TYPE_HASH, 4, 4, 1)];
  const facts = thrown(() => loadImage({ ...wrong, maps }, kernel()));
  expect(facts.code).toBe("kernel-program-rejected");
  expect(facts.message).toBe(
    "the kernel rejected program wrong (section xdp): R0 pointer += pointer prohibited (at twice+1: r0 += r1)",
  );
  const [note] = facts.notes;
  expect(note).toMatch(/\nR0 pointer \+= pointer prohibited\n/);
  expect(note).toMatch(/processed \d+ insns/);
});

test(`a log longer than the first buffer comes whole${kernelMissing}`, () => {
  const insns = [...Array.from({ length: 4000 }, (_, i) => movImm(i % 5, i)), addReg(0, 9), exit];
  try {
    loadImage(imageOf([{ name: "long", section: "xdp", insns }], ["long"]), kernel());
    expect.unreachable();
  } catch (error) {
    const { log } = error as VerifierError;
    expect(log.length).toBeGreaterThan(100_000);
    expect(log).toMatch(/^func#0|^0: /);
    expect(log).toContain("4000: (0f) r0 += r9");
    expect(log).toContain("\nR9 !read_ok\n");
  }
});

test(`the log of an accepted program comes when asked for${kernelMissing}`, () => {
  const loaded = loadImage(counting, kernel(), { logLevel: 2 });
  open.push(loaded);
  expect(loaded.program("count").log).toMatch(/processed \d+ insns/);
});

test(`failed loads and closed images leave no descriptor open${kernelMissing}`, () => {
  const start = descriptors();
  const loaded = loadImage(counting, kernel());
  expect(descriptors()).toHaveLength(start.length + 5);
  loaded.close();
  for (let i = 0; i < 20; i++) loadImage(counting, kernel()).close();
  const wrong = imageOf([{ name: "wrong", section: "xdp", insns: [addReg(0, 5), exit] }], ["wrong"]);
  for (let i = 0; i < 20; i++) {
    expect(() => loadImage({ ...counting, code: new Uint8Array(counting.code.length) }, kernel())).toThrow();
    expect(() => loadImage({ ...wrong, maps: counting.maps, segments: counting.segments }, kernel())).toThrow("R5");
  }
  expect(descriptors()).toEqual(start);
});
