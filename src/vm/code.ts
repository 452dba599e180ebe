/**
 * Predecoding: the image's instructions as typed arrays for the interpreter. Source of truth: `isa/table.ts`.
 *
 * Immediate operands become constants behind the registers in the register file, so that an instruction's register form
 * and its immediate form are one operation. Byte swaps are resolved for the image's byte order, jumps to slot numbers,
 * addresses by the image's patches. What cannot be executed is refused here, with its slot number.
 */
import { failure } from "../diag/index.js";
import {
  decodeSlot,
  helperId,
  insnTable,
  isSecondSlot,
  newSlot,
  opcodes,
  rowNumber,
  type InsnRow,
} from "../isa/index.js";
import type { Image, ImageFunction, Patch } from "../object/index.js";
import { CODE_BASE } from "./memory.js";
import { operation } from "./operations.js";

/** Words of the register file before the constants: r0 to r10, low word first. */
const REGISTER_WORDS = 22;

export interface Code {
  readonly slots: number;
  readonly operation: Uint8Array;
  /** Word index of the destination register's low half in `registers`. */
  readonly dst: Uint8Array;
  /** Word index of the source operand's low half: a register or a constant. */
  readonly src: Int32Array;
  /** Displacement of a memory access, slot a jump or call goes to, bytes of a packet load. */
  readonly off: Int32Array;
  /** Helper id, atomic operation, displacement of a packet load. */
  readonly imm: Int32Array;
  /** The register file: eleven registers and the constants, in pairs of a low and a high word. */
  readonly registers: Int32Array;
  /** Number in `Image.functions` of the function that owns the slot; -1 for none. */
  readonly owner: Int32Array;
  /** 1 where a function starts. */
  readonly entry: Uint8Array;
}

/** What patches stand for in this VM, by kind; addresses are guest addresses. */
export interface Addresses {
  map(index: number): number;
  segment(index: number): number;
  /** The id of a host helper called by name, if the host has one. */
  named(name: string): number | undefined;
  /** The address of the first value of map `index`, if it has one. */
  value(index: number): number | undefined;
}

const name = (fn: ImageFunction | undefined): string => fn?.name ?? "code";

/** The resolved value of a patch of code or data. */
export function patchValue(image: Image, patch: Patch, number: number, addresses: Addresses): number {
  const wrong = (reason: string): Error => failure("vm-patch", { number, kind: patch.kind, reason });
  const has = (list: readonly unknown[], what: string): void => {
    if (list[patch.target] === undefined) throw wrong(`there is no ${what} ${patch.target}`);
  };
  switch (patch.kind) {
    case "map":
      has(image.maps, "map");
      return addresses.map(patch.target);
    case "segment":
      has(image.segments, "segment");
      return addresses.segment(patch.target) + patch.addend;
    case "function":
      has(image.functions, "function");
      return CODE_BASE + 8 * image.functions[patch.target]!.start;
    case "instruction":
      if (patch.target < 0 || patch.target * opcodes.SLOT >= image.code.length) {
        throw wrong(`there is no slot ${patch.target}`);
      }
      return CODE_BASE + 8 * patch.target;
    case "helper": {
      has(image.names, "name");
      const called = image.names[patch.target]!;
      const id = addresses.named(called) ?? helperId(called);
      if (id === undefined) throw failure("vm-unknown-name", { name: called });
      return id;
    }
    case "kfunc":
      has(image.names, "name");
      return patch.target;
    case "kernel":
      has(image.names, "name");
      if (patch.optional !== true) throw failure("vm-kernel-name", { name: image.names[patch.target]! });
      return 0;
  }
}

/** The numbers of the patches of code, by slot. */
function patchesOfCode(image: Image): ReadonlyMap<number, number> {
  const bySlot = new Map<number, number>();
  image.patches.forEach((patch, number) => {
    if (patch.segment !== -1) return;
    const wide = image.code[patch.at * opcodes.SLOT] === opcodes.LDDW;
    if (patch.at < 0 || patch.at * opcodes.SLOT >= image.code.length) {
      throw failure("vm-patch", { number, kind: patch.kind, reason: `the code has no slot ${patch.at}` });
    }
    if (patch.field === "data64" || (patch.field === "imm64" && !wide)) {
      throw failure("vm-patch", { number, kind: patch.kind, reason: `slot ${patch.at} has no field ${patch.field}` });
    }
    bySlot.set(patch.at, number);
  });
  return bySlot;
}

/** Decodes and checks all functions of `image`. Throws a `BpfkitError` for the first thing that cannot run. */
export function decodeImage(image: Image, addresses: Addresses): Code {
  const slots = image.code.length / opcodes.SLOT;
  if (!Number.isInteger(slots)) throw failure("vm-code-bytes", { size: image.code.length });
  const patches = patchesOfCode(image);
  const constants: number[] = [];
  const known = new Map<bigint, number>();
  const constant = (lo: number, hi: number): number => {
    const key = (BigInt(hi) << 32n) | BigInt(lo >>> 0);
    const old = known.get(key);
    if (old !== undefined) return old;
    const at = REGISTER_WORDS + constants.length;
    constants.push(lo, hi);
    known.set(key, at);
    return at;
  };
  const code = {
    slots,
    operation: new Uint8Array(slots + 1).fill(operation.nothing),
    dst: new Uint8Array(slots + 1),
    src: new Int32Array(slots + 1),
    off: new Int32Array(slots + 1),
    imm: new Int32Array(slots + 1),
    owner: new Int32Array(slots + 1).fill(-1),
    entry: new Uint8Array(slots + 1),
  };
  const slot = newSlot();
  const decodeFunction = (fn: ImageFunction, number: number): void => {
    const end = fn.start + fn.slots;
    if (fn.start < 0 || fn.slots < 1 || end > slots) {
      throw failure("vm-code-size", { function: fn.name, start: fn.start, end: end - 1, slots });
    }
    code.entry[fn.start] = 1;
    let last: InsnRow | undefined;
    for (let pc = fn.start; pc < end; pc++) {
      decodeSlot(image.code, pc * opcodes.SLOT, image.endian, slot);
      const patchNumber = patches.get(pc);
      const patch = patchNumber === undefined ? undefined : image.patches[patchNumber]!;
      const patched = patch === undefined ? undefined : patchValue(image, patch, patchNumber!, addresses);
      if (patch?.field === "imm32") slot.imm = patched! | 0;
      const row = insnTable[rowNumber(slot)];
      if (row === undefined) {
        const bytes = [...image.code.subarray(pc * opcodes.SLOT, (pc + 1) * opcodes.SLOT)];
        const hex = bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
        throw failure("vm-unknown-instruction", { slot: pc, function: fn.name, bytes: hex });
      }
      last = row;
      code.owner[pc] = number;
      code.dst[pc] = 2 * (row.imm === "reg" ? slot.imm : slot.dst);
      code.off[pc] = row.off === "mem" ? slot.off : row.off === "jump" ? pc + 1 + slot.off : 0;
      if (row.imm === "jump" || row.imm === "call") code.off[pc] = pc + 1 + slot.imm;
      // The barrier does nothing here: it goes to the next slot.
      if (row.op === "nospec") code.off[pc] = pc + 1;
      code.imm[pc] = slot.imm;
      code.operation[pc] = operationOf(row, image.endian === "little");
      if (row.wide) {
        const imm = slot.imm;
        if (pc + 1 >= end || !isSecondSlot(decodeSlot(image.code, (pc + 1) * opcodes.SLOT, image.endian, slot))) {
          throw failure("vm-truncated-wide", { slot: pc, function: fn.name });
        }
        const value = patched ?? pseudoValue(row, pc, imm, slot.imm, addresses);
        if (value === undefined) code.operation[pc] = operation.unresolved;
        else if (row.src === 0 && patched === undefined) code.src[pc] = constant(imm, slot.imm);
        else code.src[pc] = constant(value | 0, Math.floor(value / 0x1_0000_0000) | 0);
        // The load skips its second slot like a jump.
        code.off[pc] = pc + 2;
        pc++;
        continue;
      }
      // A load's pointer is its source and a packet load's index may be absent: both read `src`.
      if (row.src === "reg") code.src[pc] = 2 * slot.src;
      else if (row.imm === "value" && row.op !== "ldabs") code.src[pc] = constant(slot.imm, slot.imm >> 31);
      else code.src[pc] = constant(0, 0);
      if (row.op === "ldabs" || row.op === "ldind") code.off[pc] = row.width / 8;
    }
    if (last?.op !== "exit" && last?.op !== "ja" && last?.op !== "gotox") {
      throw failure("vm-no-exit", { function: fn.name, slot: end - 1 });
    }
  };
  image.functions.forEach(decodeFunction);
  checkTargets(image, code);
  const registers = new Int32Array(REGISTER_WORDS + constants.length);
  registers.set(constants, REGISTER_WORDS);
  return { ...code, registers };
}

/** The value of a wide load with a `src_reg` but without a patch (RFC 9669 section 5.4), where the image can tell it. */
function pseudoValue(row: InsnRow, pc: number, lo: number, hi: number, addresses: Addresses): number | undefined {
  switch (row.src) {
    case 0:
      return 0;
    case opcodes.BPF_PSEUDO_FUNC:
      return CODE_BASE + 8 * (pc + 1 + lo);
    case opcodes.BPF_PSEUDO_MAP_IDX:
      return addresses.value(lo) === undefined ? undefined : addresses.map(lo);
    case opcodes.BPF_PSEUDO_MAP_IDX_VALUE: {
      const value = addresses.value(lo);
      return value === undefined ? undefined : value + hi;
    }
    default:
      return undefined;
  }
}

function operationOf(row: InsnRow, little: boolean): number {
  const named = operation as Readonly<Record<string, number>>;
  switch (row.op) {
    case "le":
    case "be":
    case "bswap": {
      const swap = row.op === "bswap" || (row.op === "le") !== little;
      return named[`${swap ? "swap" : "trunc"}${row.width}`]!;
    }
    case "movsx":
      return named[`movsx${row.from}_${row.width}`]!;
    case "addr_space_cast":
    case "mov_percpu":
      return operation.mov64;
    case "nospec":
      return operation.ja;
    case "load_acquire":
      return named[`ldx${row.width}`]!;
    case "store_release":
    case "st":
      return named[`stx${row.width}`]!;
    case "ldabs":
    case "ldind":
      return operation.packet;
    default:
      if (row.op.startsWith("atomic_")) return named[`atomic${row.width}`]!;
      return named[row.op] ?? named[`${row.op}${row.width}`]!;
  }
}

/** Jumps must hit an instruction of their function, calls the start of a function. */
function checkTargets(image: Image, code: Omit<Code, "registers">): void {
  for (let pc = 0; pc < code.slots; pc++) {
    const op = code.operation[pc]!;
    const target = code.off[pc]!;
    const facts = { slot: pc, function: name(image.functions[code.owner[pc]!]), target };
    if (op >= operation.jeq64 && op <= operation.may_goto && code.owner[target] !== code.owner[pc]) {
      throw failure("vm-jump-target", facts);
    }
    if (op === operation.call_local && code.entry[target] !== 1) throw failure("vm-call-target", facts);
  }
}
