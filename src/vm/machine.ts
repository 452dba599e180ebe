/**
 * The state of a VM while a program runs, and what the interpreter's loop calls for: the slow path of memory accesses,
 * calls and returns, helpers, faults. The loop itself is `interpret.ts`.
 */
import { diagnostic, BpfkitError, type DiagnosticFacts, type DiagnosticCode } from "../diag/index.js";
import { helperName } from "../isa/index.js";
import type { Image } from "../object/index.js";
import { s64, set64, setNumber, u64 } from "./arithmetic.js";
import type { Code } from "./code.js";
import type { Helper } from "./helpers.js";
import { interpret } from "./interpret.js";
import type { VmMap } from "./maps.js";
import { BASE, CODE_BASE, FRAME, FRAMES, frameStart, MAP_BASE, type Memory } from "./memory.js";
import type { HostHelper, Vm } from "./types.js";
import type { Frame } from "./xdp.js";

/** Iterations of may_goto in one function call, and of bpf_loop (BPF_MAX_LOOPS of linux/bpf_verifier.h). */
export const MAX_LOOPS: number = 8 * 1024 * 1024;
/** Words saved by a call: the slot to return to, and r6 to r9. */
const SAVED = 9;

/** Where a run went wrong, beside the words of the diagnostic. */
export interface FaultDetail {
  readonly slot: number;
  readonly functionName: string;
  /** For memory faults. */
  readonly address?: bigint;
  readonly size?: number;
  /** The region nearest to the address, `packet` or `stack frame 0`. */
  readonly region?: string;
}

type SlotFacts<Code extends DiagnosticCode> = Omit<DiagnosticFacts<Code>, "slot" | "function">;

export class Machine {
  readonly image: Image;
  readonly code: Code;
  readonly memory: Memory;
  readonly registers: Int32Array;
  readonly maps: readonly VmMap[];
  readonly helpers: ReadonlyMap<number, Helper>;
  readonly hostHelpers: ReadonlyMap<number, HostHelper>;
  readonly callxHelpers: boolean;
  readonly cpu: number;
  readonly cpus: number;
  readonly clock: () => bigint;
  readonly trace: (line: string) => void;
  /** Loop budget of may_goto left, by frame. */
  readonly mayGoto: Int32Array = new Int32Array(FRAMES);
  readonly #saved: Int32Array = new Int32Array(FRAMES * SAVED);
  /** What host helpers are given. */
  vm: Vm | undefined;
  budget = 0;
  /** Instructions left. */
  left = 0;
  /** The slot of the helper call in progress. */
  pc = 0;
  /** The frame of an XDP run. */
  frame: Frame | undefined;
  /** Bytes ldabs and ldind read when there is no frame, as buffer offsets. */
  packetStart = 0;
  packetEnd = 0;
  tailCalls = 0;
  /** What bpf_redirect was last given. */
  redirect: { readonly ifindex: number } | undefined;
  #random: number;
  detail: FaultDetail | undefined;

  constructor(
    image: Image,
    code: Code,
    memory: Memory,
    maps: readonly VmMap[],
    helpers: ReadonlyMap<number, Helper>,
    host: {
      readonly helpers: ReadonlyMap<number, HostHelper>;
      readonly callxHelpers: boolean;
      readonly cpu: number;
      readonly cpus: number;
      readonly clock: () => bigint;
      readonly trace: (line: string) => void;
      readonly seed: number;
    },
  ) {
    this.image = image;
    this.code = code;
    this.memory = memory;
    this.registers = code.registers;
    this.maps = maps;
    this.helpers = helpers;
    this.hostHelpers = host.helpers;
    this.callxHelpers = host.callxHelpers;
    this.cpu = host.cpu;
    this.cpus = host.cpus;
    this.clock = host.clock;
    this.trace = host.trace;
    this.#random = host.seed;
  }

  /** Runs the function at slot `start` in frame 0 with r1 and r2 set and returns r0. The memory has begun a run. */
  run(start: number, r1: number, r2: number, budget: number): bigint {
    const r = this.registers;
    r.fill(0, 0, 22);
    setNumber(r, 2, r1);
    setNumber(r, 4, r2);
    setNumber(r, 20, BASE + frameStart(0) + FRAME);
    this.mayGoto[0] = MAX_LOOPS;
    this.budget = this.left = budget;
    this.tailCalls = 0;
    this.redirect = undefined;
    this.detail = undefined;
    interpret(this, start);
    return u64(r, 0);
  }

  /** A fault at slot `pc`, to be thrown. */
  fault<Code extends DiagnosticCode>(
    code: Code,
    pc: number,
    left: number,
    facts: SlotFacts<Code>,
    detail: Partial<FaultDetail> = {},
  ): BpfkitError {
    this.left = Math.max(0, left);
    const functionName = this.image.functions[this.code.owner[pc] ?? -1]?.name ?? "code";
    this.detail = { slot: pc, functionName, ...detail };
    const all = { slot: pc, function: functionName, ...facts } as unknown as DiagnosticFacts<Code>;
    return new BpfkitError([diagnostic(code, all)]);
  }

  outOfBudget(pc: number): BpfkitError {
    return this.fault("vm-budget", pc, 0, { budget: this.budget });
  }

  unknownKfunc(pc: number, left: number, imm: number): BpfkitError {
    return this.fault("vm-kfunc", pc, left, { name: this.image.names[imm] ?? `with BTF id ${imm}` });
  }

  badTarget(pc: number, left: number, what: string, address: bigint, wanted: string): BpfkitError {
    return this.fault("vm-indirect", pc, left, { what, address: `0x${address.toString(16)}`, wanted });
  }

  #accessFault(pc: number, left: number, address: bigint, size: number, write: boolean): BpfkitError {
    const { reason, region } = this.memory.explain(address, size, write);
    const access = write ? "write" : "read";
    const facts = { access, size, address: `0x${address.toString(16)}`, reason };
    return this.fault("vm-access", pc, left, facts, { address, size, region });
  }

  /** The buffer offset of `size` bytes at the pointer in `register` plus the displacement of slot `pc`; or a fault. */
  reach(pc: number, left: number, register: number, size: number, write: boolean): number {
    const r = this.registers;
    const at = (r[register]! >>> 0) + this.code.off[pc]! - BASE;
    if (r[register + 1] === 0 && this.memory.reach(at, size, write)) return at;
    const address = BigInt.asUintN(64, u64(r, register) + BigInt(this.code.off[pc]!));
    throw this.#accessFault(pc, left, address, size, write);
  }

  /** The buffer offset of `size` bytes a helper reads or writes at argument `n` (1 to 5); or a fault. */
  pointer(n: number, size: number, write: boolean): number {
    const r = this.registers;
    const at = (r[2 * n]! >>> 0) - BASE;
    if (r[2 * n + 1] === 0 && (size === 0 || this.memory.reach(at, size, write))) return at;
    throw this.#accessFault(this.pc, this.left, u64(r, 2 * n), size, write);
  }

  /** Argument `n` as a size in bytes: a safe integer below the limit of memory, or a fault. */
  size(n: number): number {
    const r = this.registers;
    const size = r[2 * n]! >>> 0;
    if (r[2 * n + 1] === 0 && size < MAP_BASE) return size;
    throw this.badArgument(`argument ${n} is no size: ${s64(r, 2 * n)}`);
  }

  /** Argument `n` as a signed 32-bit number. */
  int(n: number): number {
    return this.registers[2 * n]!;
  }

  /** Argument `n` as an unsigned 64-bit number. */
  u64(n: number): bigint {
    return u64(this.registers, 2 * n);
  }

  /** Argument `n` as a map, or a fault. */
  map(n: number): VmMap {
    const number = this.u64(n) - BigInt(MAP_BASE);
    const map = number % 16n === 0n ? this.maps[Number(number / 16n)] : undefined;
    if (map !== undefined) return map;
    throw this.badArgument(`argument ${n} is no map: 0x${this.u64(n).toString(16)}`);
  }

  badArgument(reason: string): BpfkitError {
    const name = helperName(this.code.imm[this.pc]!) ?? `${this.code.imm[this.pc]!}`;
    return this.fault("vm-helper-argument", this.pc, this.left, { name, reason });
  }

  /** Enters the function that slot `pc` calls: a new frame, r6 to r9 and the way back saved. */
  enter(pc: number, left: number): void {
    const memory = this.memory;
    if (memory.depth + 1 >= FRAMES) throw this.fault("vm-frames", pc, left, { limit: FRAMES });
    const depth = ++memory.depth;
    const saved = this.#saved;
    saved[depth * SAVED] = pc;
    for (let i = 0; i < SAVED - 1; i++) saved[depth * SAVED + 1 + i] = this.registers[12 + i]!;
    this.mayGoto[depth] = MAX_LOOPS;
    setNumber(this.registers, 20, BASE + frameStart(depth) + FRAME);
  }

  /** Leaves a function and returns the slot of the call. */
  leave(): number {
    const memory = this.memory;
    const depth = memory.depth--;
    const saved = this.#saved;
    for (let i = 0; i < SAVED - 1; i++) this.registers[12 + i] = saved[depth * SAVED + 1 + i]!;
    setNumber(this.registers, 20, BASE + frameStart(depth - 1) + FRAME);
    memory.forget();
    return saved[depth * SAVED]!;
  }

  /** Calls back the function at slot `start` from a helper, with up to five arguments, and returns r0. */
  callBack(start: number, args: readonly bigint[]): bigint {
    const pc = this.pc;
    this.enter(pc, this.left);
    args.forEach((arg, i) => set64(this.registers, 2 + 2 * i, arg));
    interpret(this, start);
    this.leave();
    this.pc = pc;
    return u64(this.registers, 0);
  }

  /** The slot of the function whose address is `address`, or -1. */
  functionAt(address: bigint): number {
    const offset = address - BigInt(CODE_BASE);
    if (offset < 0n || offset % 8n !== 0n || offset / 8n >= BigInt(this.code.slots)) return -1;
    const slot = Number(offset / 8n);
    return this.code.entry[slot] === 1 ? slot : -1;
  }

  /** Calls helper `id`. Returns the slot to go on at, or -1 for the next one. */
  callHelper(pc: number, id: number): number {
    this.pc = pc;
    const r = this.registers;
    const host = this.hostHelpers.get(id);
    if (host !== undefined) {
      const args = [1, 2, 3, 4, 5].map((n) => u64(r, 2 * n)) as [bigint, bigint, bigint, bigint, bigint];
      set64(r, 0, host(...args, this.vm!));
      return -1;
    }
    const helper = this.helpers.get(id);
    if (helper === undefined) throw this.fault("vm-helper", pc, this.left, { name: helperName(id) ?? `${id}` });
    const result = helper(this);
    if (typeof result === "bigint") set64(r, 0, result);
    else if (result !== undefined) setNumber(r, 0, result);
    return this.#tailTarget();
  }

  /** Set by the tail_call helper: the slot the called program starts at. */
  tail = -1;

  #tailTarget(): number {
    const target = this.tail;
    this.tail = -1;
    return target;
  }

  /** The slot that callx calls, or -1 when it was a helper, which has then been called. */
  callTarget(pc: number, register: number): number {
    const value = u64(this.registers, register);
    const slot = this.functionAt(value);
    if (slot >= 0) return slot;
    const id = Number(BigInt.asUintN(32, value));
    if (this.callxHelpers && value < 0x1_0000_0000n && (this.hostHelpers.has(id) || this.helpers.has(id))) {
      this.callHelper(pc, id);
      return -1;
    }
    throw this.badTarget(pc, this.left, "the call goes", value, "function");
  }

  /** The slot that gotox goes to: an instruction of the same function. */
  gotoTarget(pc: number, left: number, register: number): number {
    const value = u64(this.registers, register);
    const offset = value - BigInt(CODE_BASE);
    const slot = offset >= 0n && offset % 8n === 0n && offset < 8n * BigInt(this.code.slots) ? Number(offset / 8n) : -1;
    if (slot >= 0 && this.code.owner[slot] === this.code.owner[pc]) return slot;
    throw this.badTarget(pc, left, "the jump goes", value, "instruction of this function");
  }

  /** ldabs and ldind: `size` bytes of the packet in network order to r0. False when they are not all there. */
  loadPacket(offset: number, size: number): boolean {
    const at = (this.frame?.data ?? this.packetStart) + offset;
    if (offset < 0 || at + size > (this.frame?.end ?? this.packetEnd)) return false;
    const view = this.memory.view;
    if (size === 8) {
      set64(this.registers, 0, view.getBigUint64(at));
      return true;
    }
    const value = size === 4 ? view.getUint32(at) : size === 2 ? view.getUint16(at) : view.getUint8(at);
    setNumber(this.registers, 0, value);
    return true;
  }

  /** A pseudo-random 32-bit number (xorshift32; the seed decides the sequence). */
  random(): number {
    let x = this.#random | 0 || 0x9e37_79b9;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#random = x;
    return x >>> 0;
  }
}
