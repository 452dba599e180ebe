/** Every row of the instruction table, executed with random operands and compared with a model in bigints. */
import { expect, test } from "vitest";
import type { Endian } from "../../src/bytes/index.js";
import { insnTable, MapType, opcodes, type InsnRow } from "../../src/isa/index.js";
import type { Patch } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { encodeAll, imageOf, mapOf, type Fields } from "../support/image.js";
import { fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";

const executed = new Set<string>();
const u = (bits: number, value: bigint): bigint => BigInt.asUintN(bits, value);
const s = (bits: number, value: bigint): bigint => BigInt.asIntN(bits, value);
const interesting = [0n, 1n, 2n, 7n, 31n, 32n, 33n, 63n, 64n, 0x7fn, 0x80n, 0xffn, 0x7fffn, 0x8000n, 0xffffn];
const edges = [
  ...interesting,
  0x7fff_ffffn,
  0x8000_0000n,
  0xffff_ffffn,
  1n << 32n,
  1n << 53n,
  (1n << 63n) - 1n,
  1n << 63n,
];

function operand(random: Random): bigint {
  const kind = random.below(4);
  if (kind === 0) return random.u64();
  if (kind === 1) return random.u64() >> BigInt(random.below(64));
  const edge = random.pick(edges);
  return u(64, kind === 2 ? edge : -edge);
}

const load = (register: number, value: bigint): Fields[] => [
  [opcodes.LDDW, register, 0, 0, Number(s(32, value))],
  [0, 0, 0, 0, Number(s(32, value >> 32n))],
];
const exit: Fields = [opcodes.EXIT, 0, 0, 0, 0];
const mov = (dst: number, src: number): Fields => [0xbf, dst, src, 0, 0];
const movImm = (dst: number, imm: number): Fields => [0xb7, dst, 0, 0, imm];

/** r0 of the code, and the memory after it; `memory` is what r1 points to. */
function run(
  code: readonly Fields[],
  endian: Endian = "little",
  memory: Uint8Array = new Uint8Array(0),
): [bigint, Uint8Array] {
  const result = createVm(imageOf(encodeAll(code, endian), { endian })).run("main", { memory });
  if (result.kind === "fault") throw new Error(result.diagnostic.message);
  return [result.r0, result.memory];
}

const divide = (a: bigint, b: bigint): bigint => (b === 0n ? 0n : a / b);
const modulo = (a: bigint, b: bigint): bigint => (b === 0n ? a : a % b);

/** RFC 9669 sections 4.1 and 4.2: the destination after the operation. */
function aluModel(row: InsnRow, dst: bigint, src: bigint, endian: Endian): bigint {
  const bits = row.width;
  if (row.op === "le" || row.op === "be" || row.op === "bswap") {
    const low = u(bits, dst);
    if (row.op === "le" ? endian === "little" : row.op === "be" && endian === "big") return low;
    let swapped = 0n;
    for (let i = 0; i < bits; i += 8) swapped = (swapped << 8n) | ((low >> BigInt(i)) & 0xffn);
    return swapped;
  }
  const a = u(bits, dst);
  const b = u(bits, src);
  const by = b & BigInt(bits - 1);
  const models: Readonly<Record<string, () => bigint>> = {
    add: () => a + b,
    sub: () => a - b,
    mul: () => a * b,
    div: () => divide(a, b),
    sdiv: () => divide(s(bits, a), s(bits, b)),
    mod: () => modulo(a, b),
    smod: () => modulo(s(bits, a), s(bits, b)),
    or: () => a | b,
    and: () => a & b,
    xor: () => a ^ b,
    lsh: () => a << by,
    rsh: () => a >> by,
    arsh: () => s(bits, a) >> by,
    neg: () => -a,
    mov: () => b,
    movsx: () => s(row.from!, src),
    addr_space_cast: () => b,
    mov_percpu: () => b,
  };
  return u(bits, models[row.op]!());
}

/** RFC 9669 section 4.3. */
function jumpModel(row: InsnRow, dst: bigint, src: bigint): boolean {
  const [a, b] = [u(row.width, dst), u(row.width, src)];
  const [c, d] = [s(row.width, dst), s(row.width, src)];
  const models: Readonly<Record<string, boolean>> = {
    jeq: a === b,
    jne: a !== b,
    jgt: a > b,
    jge: a >= b,
    jlt: a < b,
    jle: a <= b,
    jset: (a & b) !== 0n,
    jsgt: c > d,
    jsge: c >= d,
    jslt: c < d,
    jsle: c <= d,
  };
  return models[row.op]!;
}

const aluOps = new Set(
  "add sub mul div sdiv or and lsh rsh neg mod smod xor mov movsx arsh le be bswap addr_space_cast mov_percpu".split(
    " ",
  ),
);
const rounds = fuzzRounds(60);

const endians = ["little", "big"] as const;

test("ALU rows compute what the model computes, with every pairing of registers", () => {
  const random = new Random(1);
  for (const row of insnTable.filter(({ op }) => aluOps.has(op))) {
    executed.add(row.name);
    for (let i = 0; i < rounds; i++) {
      const endian = endians[i % 2]!;
      const [dst, src] = [operand(random), operand(random)];
      const same = row.src === "reg" && random.chance(1, 8);
      const imm = typeof row.imm === "number" ? row.imm : row.imm === "value" ? Number(s(32, src)) : 0;
      const fields: Fields = [row.opcode, 2, row.src === "reg" ? (same ? 2 : 3) : 0, Number(row.off), imm];
      const [r0] = run([...load(2, dst), ...load(3, src), fields, mov(0, 2), exit], endian);
      const second = row.src === "reg" ? (same ? dst : src) : BigInt(imm);
      expect(r0, `${row.name} ${dst}, ${second} ${endian}`).toBe(aluModel(row, dst, second, endian));
    }
  }
});

test("conditional jumps are taken when the model says so", () => {
  const random = new Random(2);
  for (const row of insnTable.filter(({ name }) => /^j(eq|ne|s?g[te]|s?l[te]|set)(32|64)_/.test(name))) {
    executed.add(row.name);
    for (let i = 0; i < rounds; i++) {
      const dst = operand(random);
      const src = random.chance(1, 3) ? u(64, dst + BigInt(random.between(-1, 1))) : operand(random);
      const imm = row.imm === "value" ? Number(s(32, src)) : 0;
      const fields: Fields = [row.opcode, 2, row.src === "reg" ? 3 : 0, 1, imm];
      const [r0] = run([...load(2, dst), ...load(3, src), movImm(0, 1), fields, movImm(0, 0), exit]);
      const second = row.src === "reg" ? src : BigInt(imm);
      expect(r0, `${row.name} ${dst}, ${second}`).toBe(jumpModel(row, dst, second) ? 1n : 0n);
    }
  }
});

function read(bytes: Uint8Array, at: number, bits: number, endian: Endian): bigint {
  let value = 0n;
  for (let i = 0; i < bits / 8; i++) {
    value |= BigInt(bytes[at + i]!) << BigInt(8 * (endian === "little" ? i : bits / 8 - 1 - i));
  }
  return value;
}

function written(bytes: Uint8Array, at: number, bits: number, endian: Endian, value: bigint): Uint8Array {
  const copy = bytes.slice();
  for (let i = 0; i < bits / 8; i++) {
    copy[at + (endian === "little" ? i : bits / 8 - 1 - i)] = Number((value >> BigInt(8 * i)) & 0xffn);
  }
  return copy;
}

test("loads and stores of every size, in both byte orders", () => {
  const random = new Random(3);
  const ops = ["ldx", "ldsx", "stx", "st", "load_acquire", "store_release"];
  for (const row of insnTable.filter(({ op }) => ops.includes(op))) {
    executed.add(row.name);
    for (let i = 0; i < rounds; i++) {
      const endian = endians[i % 2]!;
      const memory = random.bytes(24);
      const at = random.below(24 - row.width / 8 + 1);
      const value = operand(random);
      const isLoad = row.op === "ldx" || row.op === "ldsx" || row.op === "load_acquire";
      const imm = typeof row.imm === "number" ? row.imm : Number(s(32, value));
      const fields: Fields = [row.opcode, isLoad ? 0 : 4, isLoad ? 4 : row.op === "st" ? 0 : 3, at - 8, imm];
      const code = [mov(4, 1), [0x07, 4, 0, 0, 8] as Fields, movImm(0, 0), ...load(3, value), fields, exit];
      const [r0, after] = run(code, endian, memory);
      const old = read(memory, at, row.width, endian);
      const label = `${row.name} at ${at} ${endian}`;
      if (isLoad) expect(r0, label).toBe(row.op === "ldsx" ? u(64, s(row.width, old)) : old);
      const stored = row.op === "st" ? BigInt(imm) : value;
      expect(after, label).toEqual(isLoad ? memory : written(memory, at, row.width, endian, stored));
    }
  }
});

test("atomic rows change memory and registers like the model", () => {
  const random = new Random(4);
  for (const row of insnTable.filter(({ op }) => op.startsWith("atomic_"))) {
    executed.add(row.name);
    for (let i = 0; i < rounds; i++) {
      const endian = endians[i % 2]!;
      const bits = row.width;
      const memory = random.bytes(16);
      const [value, old] = [operand(random), read(memory, 8, bits, endian)];
      const compare = random.chance(1, 2) ? old : operand(random);
      const fields: Fields = [row.opcode, 1, 3, 8, Number(row.imm)];
      // r0 and r3 come out through memory behind r1: both are stored over the first 8 bytes, one per run.
      const run2 = (out: number): [bigint, Uint8Array] =>
        run([...load(0, compare), ...load(3, value), fields, mov(0, out), exit], endian, memory);
      const [[r0, after], [r3]] = [run2(0), run2(3)];
      const kind = row.op.replace(/^atomic_(fetch_)?/, "");
      const operandBits = u(bits, value);
      const results: Readonly<Record<string, bigint>> = {
        add: old + operandBits,
        or: old | operandBits,
        and: old & operandBits,
        xor: old ^ operandBits,
        xchg: operandBits,
        cmpxchg: u(bits, compare) === old ? operandBits : old,
      };
      const label = `${row.name} ${value} ${compare} ${endian}`;
      expect(after, label).toEqual(written(memory, 8, bits, endian, results[kind]!));
      expect(r0, label).toBe(kind === "cmpxchg" ? old : compare);
      expect(r3, label).toBe(/fetch|xchg$/.test(row.op) && kind !== "cmpxchg" ? old : value);
    }
  }
});

test("packet loads read network order and end the function with 0 out of range", () => {
  const memory = Uint8Array.from({ length: 12 }, (_, i) => 0xf0 + i);
  for (const row of insnTable.filter(({ op }) => op === "ldabs" || op === "ldind")) {
    executed.add(row.name);
    for (const endian of endians) {
      for (let at = -1; at <= 12; at++) {
        const indirect = row.op === "ldind";
        const code: Fields[] = [
          movImm(3, 5),
          [row.opcode, 0, indirect ? 3 : 0, 0, indirect ? at - 5 : at],
          [0x07, 0, 0, 0, 1],
          exit,
        ];
        const inside = at >= 0 && at + row.width / 8 <= 12;
        expect(run(code, endian, memory)[0], `${row.name} ${at}`).toBe(
          inside ? read(memory, at, row.width, "big") + 1n : 0n,
        );
      }
    }
  }
});

/** Runs one program a control row; the value r0 must have. */
const control: Readonly<Record<string, readonly [readonly Fields[], bigint]>> = {
  ja: [[movImm(0, 1), [0x05, 0, 0, 1, 0], movImm(0, 2), exit], 1n],
  nospec: [[movImm(0, 1), [0xc2, 0, 0, 0, 0], exit], 1n],
  ja32: [[movImm(0, 1), [0x06, 0, 0, 0, 1], movImm(0, 2), exit], 1n],
  call_helper: [[[0x85, 0, 0, 0, 8], exit], 0n],
  call_local: [
    [movImm(1, 3), movImm(6, 9), [0x85, 0, 1, 0, 2], [0x0f, 0, 6, 0, 0], exit, movImm(6, 1), mov(0, 1), exit],
    12n,
  ],
  // r1 + 0: the address of slot 6, through a function address.
  callx: [[[0x18, 2, 4, 0, 4], [0, 0, 0, 0, 0], movImm(6, 9), [0x8d, 2, 0, 0, 0], exit, movImm(0, 7), exit], 7n],
  callx_imm: [[[0x18, 2, 4, 0, 4], [0, 0, 0, 0, 0], movImm(6, 9), [0x8d, 0, 0, 0, 2], exit, movImm(0, 7), exit], 7n],
  gotox: [[[0x18, 2, 4, 0, 3], [0, 0, 0, 0, 0], [0x0d, 2, 0, 0, 0], movImm(0, 1), movImm(0, 5), exit], 5n],
  exit: [[movImm(0, 4), exit], 4n],
  // The loop ends when the kernel's budget of 8 Mi iterations is used up.
  may_goto: [[movImm(0, 0), [0xe5, 0, 0, 2, 0], [0x07, 0, 0, 0, 1], [0x05, 0, 0, -3, 0], exit], 8388608n],
  lddw: [[...load(0, 0x1234_5678_9abc_def0n), exit], 0x1234_5678_9abc_def0n],
};

test("control rows and wide loads", () => {
  for (const [name, [code, expected]] of Object.entries(control)) {
    executed.add(name);
    const bytes = encodeAll(code);
    const whole = imageOf(bytes);
    // For callx the callee is a function of its own.
    const callee = { name: "callee", section: "xdp", start: 5, slots: 2, global: false };
    const main = { ...whole.functions[0]!, slots: 5 };
    const image = name.startsWith("callx") ? { ...whole, functions: [main, callee] } : whole;
    const result = createVm(image).run("main");
    expect(result, name).toMatchObject({ kind: "ok", r0: expected });
  }
});

test("wide loads of maps, values and functions, by patch and by index; what is unresolved faults", () => {
  const maps = [mapOf("m", MapType.BPF_MAP_TYPE_ARRAY, 4, 16, 2)];
  const segments = [
    { name: ".data", readOnly: false, align: 8, size: 16, data: Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 9) },
  ];
  const patch = (kind: "map" | "segment", addend: number): Patch => ({
    kind,
    target: 0,
    addend,
    field: "imm64",
    segment: -1,
    at: 0,
  });
  const result = (src: number, lo: number, hi: number, then: readonly Fields[], patches: Patch[] = []) => {
    const code = encodeAll([[opcodes.LDDW, 1, src, 0, lo], [0, 0, 0, 0, hi], ...then, exit]);
    return createVm(imageOf(code, { maps, segments, patches })).run("main");
  };
  const lookup: Fields[] = [
    [0x62, 10, 0, -4, 1],
    mov(2, 10),
    [0x07, 2, 0, 0, -4],
    [0x85, 0, 0, 0, 1],
    [0x79, 0, 0, 0, 0],
  ];
  const loadIt: Fields[] = [[0x79, 0, 1, 0, 0]];
  expect(result(1, 0, 0, lookup, [patch("map", 0)])).toMatchObject({ kind: "ok", r0: 0n });
  expect(result(5, 0, 0, lookup)).toMatchObject({ kind: "ok", r0: 0n });
  expect(result(2, 0, 0, loadIt, [patch("segment", 8)])).toMatchObject({ kind: "ok", r0: 9n });
  expect(result(6, 0, 8, loadIt)).toMatchObject({ kind: "ok", r0: 0n });
  expect(result(4, -1, 0, [mov(0, 1)])).toMatchObject({ kind: "ok", r0: 0x6000_0000n });
  for (const src of [1, 2, 3]) {
    expect(result(src, 0, 0, [])).toMatchObject({ kind: "fault", diagnostic: { code: "vm-unresolved" } });
  }
  for (const name of ["map_fd", "map_value", "btf_id", "func", "map_idx", "map_idx_value"])
    executed.add(`lddw_${name}`);
});

test("kernel functions are a fault that names them", () => {
  executed.add("call_kfunc");
  const code = encodeAll([[0x85, 0, 2, 0, -1], exit]);
  const patches: Patch[] = [{ kind: "kfunc", target: 0, addend: 0, field: "imm32", segment: -1, at: 0 }];
  const result = createVm(imageOf(code, { names: ["bpf_rdonly_cast"], patches })).run("main");
  expect(result).toMatchObject({ kind: "fault", diagnostic: { code: "vm-kfunc" }, detail: { slot: 0 } });
  if (result.kind === "fault") expect(result.diagnostic.message).toContain("bpf_rdonly_cast");
});

test("no row of the instruction table was left out", () => {
  expect(insnTable.map((row) => row.name).filter((name) => !executed.has(name))).toEqual([]);
});
