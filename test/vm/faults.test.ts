/** Everything that stops a program or an image: exact region ends, budget, frames, refusals at load. */
import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { MapType } from "../../src/isa/index.js";
import type { Image, Patch } from "../../src/object/index.js";
import { createVm, type Fault, type HostHelper, type RunDone, type Vm } from "../../src/vm/index.js";
import { encodeAll, imageOf, mapOf, type Fields } from "../support/image.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { readCorpusText, corpusMissing } from "../support/corpus.js";

const exit: Fields = [0x95, 0, 0, 0, 0];
const mov = (dst: number, src: number): Fields => [0xbf, dst, src, 0, 0];
const set = (dst: number, imm: number): Fields => [0xb7, dst, 0, 0, imm];
const add = (dst: number, imm: number): Fields => [0x07, dst, 0, 0, imm];
const wide = (dst: number, src = 0, imm = 0): Fields[] => [
  [0x18, dst, src, 0, imm],
  [0, 0, 0, 0, 0],
];
/** Loads and stores (of an immediate) by size in bytes. */
const loads: Readonly<Record<number, number>> = { 1: 0x71, 2: 0x69, 4: 0x61, 8: 0x79 };
const stores: Readonly<Record<number, number>> = { 1: 0x72, 2: 0x6a, 4: 0x62, 8: 0x7a };
const sizes = [1, 2, 4, 8];

const segment = (readOnly: boolean) => ({ name: ".data", readOnly, align: 4, size: 12, data: new Uint8Array(3) });
const patch = (kind: Patch["kind"]): Patch => ({ kind, target: 0, addend: 0, field: "imm64", segment: -1, at: 0 });

/** How r6 gets to point to each kind of region, the region's length, and the name a fault has for it. */
const regions: readonly (readonly [string, number, readonly Fields[], Partial<Image>])[] = [
  ["memory", 20, [mov(6, 1)], {}],
  ["stack frame 0", 512, [mov(6, 10), add(6, -512)], {}],
  [".data", 12, wide(6), { segments: [segment(false), segment(false)], patches: [patch("segment")] }],
  ...[MapType.BPF_MAP_TYPE_ARRAY, MapType.BPF_MAP_TYPE_PERCPU_ARRAY].map(
    (type) =>
      [
        "m[1]",
        13,
        [...wide(1, 5), [0x62, 10, 0, -4, 1], mov(2, 10), add(2, -4), [0x85, 0, 0, 0, 1], mov(6, 0)] as Fields[],
        { maps: [mapOf("m", type, 4, 13, 3)] },
      ] as const,
  ),
];

function run(code: readonly Fields[], given: Partial<Image> = {}, budget = 1000): RunDone | Fault {
  return createVm(imageOf(encodeAll(code), given), { budget }).run("main", { memory: new Uint8Array(20) });
}

function fault(result: RunDone | Fault): Fault {
  if (result.kind === "ok") throw new Error("the program ran");
  return result;
}

test("each region is exact to the byte at both ends, for every size, reads and writes", () => {
  for (const [name, length, pointer, given] of regions) {
    for (const size of sizes) {
      for (const [access, fields] of [
        ["read", (off: number): Fields => [loads[size]!, 0, 6, off, 0]],
        ["write", (off: number): Fields => [stores[size]!, 6, 0, off, 1]],
      ] as const) {
        const at = (off: number): RunDone | Fault => run([...pointer, fields(off), set(0, 0), exit], given);
        expect(at(0).kind).toBe("ok");
        expect(at(length - size).kind, `${name} ${size}`).toBe("ok");
        for (let over = 1; over <= size; over++) {
          const { diagnostic, detail } = fault(at(length - size + over));
          const reason = `${size} bytes at ${name}+${length - size + over} run past its end (len ${length})`;
          expect(diagnostic.message).toContain(
            `${access} of ${size} bytes at 0x${detail.address!.toString(16)}: ${reason}`,
          );
          expect(detail).toMatchObject({ slot: pointer.length, functionName: "main", size, region: name });
        }
        expect(fault(at(-1)).diagnostic.code).toBe("vm-access");
      }
    }
  }
});

test("a read-only segment can be read and not written, also not by atomics", () => {
  const given = { segments: [segment(true)], patches: [patch("segment")] };
  expect(run([...wide(6), [0x79, 0, 6, 0, 0], exit], given).kind).toBe("ok");
  for (const fields of [
    [0x7a, 6, 0, 0, 1],
    [0xdb, 6, 0, 0, 0],
  ] as const) {
    const { diagnostic, detail } = fault(run([...wide(6), [0x79, 0, 6, 0, 0], fields, exit], given));
    expect(diagnostic.message).toContain("8 bytes at .data+0 are read-only");
    expect(detail).toMatchObject({ slot: 3, region: ".data" });
  }
});

test("NULL, small, 64-bit wild pointers, map handles and function addresses are no memory", () => {
  const at = (lo: number, hi: number): string => {
    const load: Fields[] = [
      [0x18, 6, 0, 0, lo],
      [0, 0, 0, 0, hi],
    ];
    return fault(run([...load, [0x79, 0, 6, 4, 0], exit])).diagnostic.message;
  };
  expect(at(0, 0)).toBe("slot 2 of main: read of 8 bytes at 0x4: the address is NULL or a small number");
  expect(at(0x1000_0200, 1)).toContain("0x110000204: the address is in no region");
  expect(at(-4, -1)).toContain("at 0x0:");
  expect(at(0x0f00_0000, 0)).toContain("the address is a map's");
  expect(at(0x6000_0000, 0)).toContain("the address is a function's");
});

test("a callee may use its caller's frame through a pointer; the caller may not use a dead frame", () => {
  const callee: Fields[] = [
    [0x79, 2, 1, 0, 0],
    add(2, 1),
    [0x7b, 1, 2, 0, 0],
    mov(0, 10),
    add(0, -8),
    [0x7a, 0, 0, 0, 7],
    exit,
  ];
  const caller = (then: readonly Fields[]): Fields[] => [
    [0x7a, 10, 0, -8, 41],
    mov(1, 10),
    add(1, -8),
    [0x85, 0, 1, 0, 1 + then.length],
    ...then,
    exit,
    ...callee,
  ];
  expect(run(caller([[0x79, 0, 10, -8, 0]]))).toMatchObject({ kind: "ok", r0: 42n });
  const { diagnostic } = fault(run(caller([[0x79, 0, 0, 0, 0]])));
  expect(diagnostic.message).toContain("8 bytes at stack frame 1+504 belong to a function that has returned");
});

test("the budget ends an endless loop exactly, and eight frames are the most", () => {
  expect(run([set(0, 0), [0x05, 0, 0, -2, 0], exit], {}, 500)).toMatchObject({
    kind: "fault",
    diagnostic: { code: "vm-budget" },
    insns: 500,
  });
  expect(run([set(0, 0), set(0, 1), exit], {}, 3)).toMatchObject({ kind: "ok", insns: 3 });
  expect(run([set(0, 0), set(0, 1), exit], {}, 2)).toMatchObject({ kind: "fault", insns: 2 });
  /** main calls f, which calls itself until r1 is 0. */
  const recursion = (depth: number): RunDone | Fault =>
    run([
      set(1, depth),
      [0x85, 0, 1, 0, 1],
      exit,
      set(0, 5),
      add(1, -1),
      [0x15, 1, 0, 1, 0],
      [0x85, 0, 1, 0, -4],
      exit,
    ]);
  expect(recursion(7)).toMatchObject({ kind: "ok", r0: 5n });
  expect(recursion(8)).toMatchObject({
    kind: "fault",
    diagnostic: { message: "slot 6 of f3: more than 8 functions are active" },
    detail: { slot: 6, functionName: "f3" },
  });
});

test("calls save r6 to r9 and r10 over eight frames", () => {
  const code: Fields[] = [
    set(6, 1),
    [0x7a, 10, 0, -8, 3],
    [0x85, 0, 1, 0, 3],
    [0x79, 0, 10, -8, 0],
    [0x0f, 0, 6, 0, 0],
    exit,
  ];
  expect(run([...code, set(6, 9), [0x7a, 10, 0, -8, 8], exit])).toMatchObject({ kind: "ok", r0: 4n });
});

/** The code of the diagnostic with which an image is refused. */
function refusal(code: readonly Fields[], given: Partial<Image> = {}): string {
  try {
    createVm(imageOf(encodeAll(code), given));
  } catch (error) {
    if (error instanceof BpfkitError) return error.message;
    throw error;
  }
  return "accepted";
}

test("what is no program is refused at load, with its slot", () => {
  expect(refusal([set(0, 0), [0xff, 0, 0, 0, 0], exit])).toBe(
    "slot 1 of main is not an instruction: ff 00 00 00 00 00 00 00",
  );
  expect(refusal([[0xb7, 11, 0, 0, 0], exit])).toContain("slot 0 of main is not an instruction");
  expect(refusal([[0xb7, 0, 0, 1, 0], exit])).toContain("is not an instruction");
  expect(refusal([exit, [0x18, 0, 0, 0, 0]])).toBe("the two-slot instruction at slot 1 of main has no second slot");
  expect(refusal([[0x05, 0, 0, 5, 0], exit])).toBe(
    "slot 0 of main goes to slot 6, which is no instruction of that function",
  );
  expect(refusal([[0x05, 0, 0, 1, 0], ...wide(0), exit])).toContain("goes to slot 2");
  expect(refusal([set(0, 0)])).toBe("function main can run past its end (slot 0)");
  expect(refusal([[0x85, 0, 1, 0, 70], exit])).toBe("slot 0 of main refers to slot 71, where no function starts");
  const fn = { name: "main", section: "xdp", start: 0, slots: 9, global: true };
  expect(refusal([exit], { functions: [fn] })).toBe("function main covers slots 0 to 8, but the code has 1");
  expect(refusal([exit], { patches: [{ ...patch("map"), at: 4 }] })).toContain("the code has no slot 4");
  expect(refusal([exit], { patches: [patch("map")] })).toContain("slot 0 has no field imm64");
  expect(refusal([...wide(0), exit], { patches: [patch("segment")] })).toContain("there is no segment 0");
  const helper: Patch = { ...patch("helper"), field: "imm32" };
  expect(refusal([[0x85, 0, 0, 0, -1], exit], { patches: [helper], names: ["bpf_nonsense"] })).toBe(
    "no helper is called bpf_nonsense",
  );
});

test("maps the kernel would refuse, or that are too large, are refused at load", () => {
  const { BPF_MAP_TYPE_ARRAY: array, BPF_MAP_TYPE_HASH: hash } = MapType;
  expect(refusal([exit], { maps: [mapOf("m", array, 8, 8, 1)] })).toBe("map m: key_size of an array is 8, not 4");
  expect(refusal([exit], { maps: [mapOf("m", hash, 4, 8, 0)] })).toBe("map m: max_entries is 0");
  expect(refusal([exit], { maps: [mapOf("m", hash, 0xffff_ffff, 8, 0xffff_ffff)] })).toContain("bytes of guest memory");
  expect(refusal([exit], { maps: [mapOf("m", MapType.BPF_MAP_TYPE_RINGBUF, 0, 0, 4096)] })).toBe("accepted");
});

test("options out of range, cut code and a run within a run are refused", () => {
  const image = imageOf(encodeAll([[0x85, 0, 0, 0, 999], exit]));
  expect(() => createVm(image, { cpus: 0 })).toThrow("VM option cpus is 0, not a whole number from 1 to 8192");
  expect(() => createVm(image, { cpus: 2, cpu: 2 })).toThrow("VM option cpu is 2, not a whole number from 0 to 1");
  expect(() => createVm(image, { budget: Infinity })).toThrow("VM option budget is Infinity");
  expect(() => createVm(imageOf(new Uint8Array(9)))).toThrow("the code has 9 bytes");
  const helpers = new Map([[999, (...args: readonly unknown[]): bigint => ((args[5] as Vm).run("main"), 0n)]]);
  expect(() => createVm(image, { helpers }).run("main")).toThrow("a program of this VM is running");
});

test("host helpers get arguments and memory, by number and by name", () => {
  const helpers = new Map<number | string, HostHelper>([
    [999, (a, _b, _c, _d, _e, vm) => (vm.write(a, Uint8Array.of(5)) && vm.read(a, 21) === undefined ? 1n : 0n)],
    ["sum", (a, b) => a + b],
  ]);
  const patches: Patch[] = [{ kind: "helper", target: 0, addend: 0, field: "imm32", segment: -1, at: 3 }];
  const code = encodeAll([
    mov(6, 1),
    [0x85, 0, 0, 0, 999],
    mov(1, 0),
    [0x85, 0, 0, 0, -1],
    [0x71, 1, 6, 0, 0],
    [0x0f, 0, 1, 0, 0],
    exit,
  ]);
  const vm = createVm(imageOf(code, { patches, names: ["sum"] }), { helpers });
  expect(vm.run("main", { memory: new Uint8Array(20) })).toMatchObject({ kind: "ok", r0: 1n + 20n + 5n });
});

test("indirect jumps and calls go to code only", () => {
  expect(fault(run([set(2, 8), [0x0d, 2, 0, 0, 0], exit])).diagnostic.message).toBe(
    "slot 1 of main: the jump goes to 0x8, which is no instruction of this function",
  );
  expect(fault(run([set(2, 8), [0x8d, 2, 0, 0, 0], exit])).diagnostic.code).toBe("vm-indirect");
});

test("a helper given a bad map, pointer or size is a fault that names the call", () => {
  expect(fault(run([set(1, 8), [0x85, 0, 0, 0, 1], exit])).diagnostic.message).toBe(
    "slot 1 of main: helper bpf_map_lookup_elem: argument 1 is no map: 0x8",
  );
  const maps = [mapOf("m", MapType.BPF_MAP_TYPE_ARRAY, 4, 8, 1)];
  const call = [...wide(1, 5), mov(2, 10), add(2, -2), [0x85, 0, 0, 0, 1], exit] as Fields[];
  expect(fault(run(call, { maps }))).toMatchObject({ detail: { slot: 4, size: 4, region: "stack frame 0" } });
});

test("a VM goes on after a fault, and memory of a run is fresh", () => {
  const vm = createVm(
    imageOf(
      encodeAll([[0x79, 0, 10, -8, 0], [0x7a, 10, 0, -8, 1], [0x55, 2, 0, 1, 8], exit, [0x79, 1, 1, 8, 0], exit]),
    ),
  );
  for (let i = 0; i < 2; i++) {
    expect(vm.run("main", { memory: new Uint8Array(9) })).toMatchObject({ kind: "fault", detail: { slot: 4 } });
    expect(vm.run("main", { memory: new Uint8Array(8) })).toMatchObject({ kind: "ok", r0: 0n });
  }
});

test.skipIf(corpusMissing !== "")(`mutated programs end in a result or a structured error${corpusMissing}`, () => {
  const programs = readCorpusText("bpf_conformance/golden.jsonl").split("\n").slice(0, 150);
  const codes = programs.map((line) =>
    Uint8Array.from(Buffer.from((JSON.parse(line) as { code: string }).code, "hex")),
  );
  const count = fuzz(fuzzRounds(3000), (random) => {
    const code = random.pick(codes).slice();
    for (let n = random.between(1, 4); n > 0; n--)
      code[random.below(code.length)] = random.pick([0, 1, 0xff, random.below(256)]);
    const maps = [mapOf("m", MapType.BPF_MAP_TYPE_HASH, 4, 8, 4)];
    createVm(imageOf(code, { maps }), { budget: 2000 }).run("main", { memory: random.bytes(16) });
  });
  expect(count.accepted).toBeGreaterThan(0);
  expect(count.refused).toBeGreaterThan(0);
});
