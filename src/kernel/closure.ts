/**
 * One program's code: the kernel takes a program as one run of instructions, its entry function first, each function it
 * calls (or takes the address of) once behind it, with the distances of calls counted in that run.
 *
 * Source: Documentation/bpf (subprograms), RFC 9669 section 4.3.1 for calls, linux/bpf.h for BPF_PSEUDO_FUNC.
 */
import { countBefore } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { decodeSlot, newSlot, opcodes, writeImm, writeImm64, writeSrc, type Slot } from "../isa/index.js";
import type { Image, ImageFunction, Patch, PatchKind } from "../object/index.js";

const { BPF_PSEUDO_CALL, BPF_PSEUDO_FUNC, CALL, LDDW, SLOT } = opcodes;

/** A function's place in a program's code. */
export interface PlacedFunction {
  readonly function: ImageFunction;
  /** Its first slot in the program's code. */
  readonly start: number;
}

export interface ProgramCode {
  /** A copy with calls and function addresses resolved; the places in `patches` are still open. */
  readonly code: Uint8Array;
  /** In order of `start`; the entry is the first. */
  readonly functions: readonly PlacedFunction[];
  /** Is a function's address taken (for a callback)? */
  readonly callbacks: boolean;
  /** Maps, segments, helpers and kernel functions to be filled in; `at` counts slots of `code`. */
  readonly patches: readonly Patch[];
}

/** A slot that names another function. */
interface Reference {
  readonly kind: "call" | "address";
  /** Slot of `Image.code`. */
  readonly at: number;
  /** Index into `Image.functions`. */
  readonly target: number;
}

/** What one function of an image needs; the same for all programs that use it. */
interface FunctionNeeds {
  readonly references: readonly Reference[];
  readonly patches: readonly Patch[];
}

/** Code patches of `fn`: those at its slots. `patches` are sorted by slot. */
function patchesOf(patches: readonly Patch[], fn: ImageFunction): Patch[] {
  const own: Patch[] = [];
  for (
    let i = countBefore(patches.length, (at) => patches[at]!.at < fn.start);
    i < patches.length && patches[i]!.at < fn.start + fn.slots;
    i++
  )
    own.push(patches[i]!);
  return own;
}

/** Splits an image's code into programs. One linear pass over each function that is used. */
export class ProgramBuilder {
  readonly #image: Image;
  readonly #codePatches: readonly Patch[];
  readonly #byStart = new Map<number, number>();
  readonly #needs = new Map<number, FunctionNeeds>();

  constructor(image: Image) {
    this.#image = image;
    this.#codePatches = image.patches.filter((patch) => patch.segment < 0);
    image.functions.forEach((fn, index) => this.#byStart.set(fn.start, index));
  }

  /** The code of the program that starts at function `entry`, with functions `others`. Throws `kernel-image` or `kernel-patch`. */
  build(entry: number, others: readonly number[] = []): ProgramCode {
    const order = [entry, ...others];
    const starts = new Map<number, number>();
    let slots = 0;
    for (const index of order) {
      if (starts.has(index)) continue;
      starts.set(index, slots);
      slots += this.#function(index).slots;
      for (const reference of this.#needsOf(index).references) {
        if (!starts.has(reference.target)) order.push(reference.target);
      }
    }
    const code = new Uint8Array(slots * SLOT);
    const functions: PlacedFunction[] = [];
    const patches: Patch[] = [];
    let callbacks = false;
    for (const [index, start] of starts) {
      const fn = this.#function(index);
      const needs = this.#needsOf(index);
      code.set(this.#image.code.subarray(fn.start * SLOT, (fn.start + fn.slots) * SLOT), start * SLOT);
      functions.push({ function: fn, start });
      for (const reference of needs.references) {
        this.#resolve(code, reference, start - fn.start, starts);
        callbacks ||= reference.kind === "address";
      }
      for (const patch of needs.patches) patches.push({ ...patch, at: patch.at + start - fn.start });
    }
    return { code, functions, callbacks, patches };
  }

  #resolve(code: Uint8Array, reference: Reference, shift: number, starts: ReadonlyMap<number, number>): void {
    const { endian } = this.#image;
    const slot = reference.at + shift;
    const distance = starts.get(reference.target)! - slot - 1;
    if (reference.kind === "call") {
      writeSrc(code, slot * SLOT, endian, BPF_PSEUDO_CALL);
      writeImm(code, slot * SLOT, endian, distance);
    } else {
      writeSrc(code, slot * SLOT, endian, BPF_PSEUDO_FUNC);
      writeImm64(code, slot * SLOT, endian, BigInt.asUintN(32, BigInt(distance)));
    }
  }

  #function(index: number): ImageFunction {
    const fn = this.#image.functions[index];
    if (fn === undefined) throw failure("kernel-image", { what: `there is no function number ${index}` });
    const total = this.#image.code.length / SLOT;
    if (fn.start < 0 || fn.slots < 1 || fn.start + fn.slots > total) {
      const what = `function ${fn.name} takes slots ${fn.start} to ${fn.start + fn.slots - 1} of ${total}`;
      throw failure("kernel-image", { what });
    }
    return fn;
  }

  #needsOf(index: number): FunctionNeeds {
    let needs = this.#needs.get(index);
    if (needs === undefined) {
      needs = this.#scan(this.#function(index));
      this.#needs.set(index, needs);
    }
    return needs;
  }

  #scan(fn: ImageFunction): FunctionNeeds {
    const { code, endian } = this.#image;
    const own = patchesOf(this.#codePatches, fn);
    const bySlot = new Map(own.map((patch) => [patch.at, patch]));
    const references: Reference[] = [];
    const slot = newSlot();
    const end = fn.start + fn.slots;
    for (let at = fn.start; at < end; at++) {
      decodeSlot(code, at * SLOT, endian, slot);
      const patch = bySlot.get(at);
      if (patch !== undefined) checkPatch(patch, slot, fn, at);
      const reference = this.#reference(slot, patch, fn, at);
      if (reference !== undefined) references.push(reference);
      if (slot.opcode === LDDW) {
        at++;
        if (at === end) throw broken(fn, at - 1, "a 64-bit load is cut off by the function's end");
      }
      bySlot.delete(patch?.at ?? -1);
    }
    const [stray] = bySlot.keys();
    if (stray !== undefined) throw broken(fn, stray, "a patch stands inside a 64-bit load");
    return { references, patches: own.filter((patch) => patch.kind !== "function") };
  }

  #reference(slot: Slot, patch: Patch | undefined, fn: ImageFunction, at: number): Reference | undefined {
    const kind = slot.opcode === LDDW ? "address" : "call";
    if (patch !== undefined) {
      return patch.kind === "function" ? { kind, at, target: patch.target } : undefined;
    }
    const resolved =
      (slot.opcode === CALL && slot.src === BPF_PSEUDO_CALL) || (slot.opcode === LDDW && slot.src === BPF_PSEUDO_FUNC);
    if (!resolved) return undefined;
    const target = this.#byStart.get(at + 1 + slot.imm);
    if (target === undefined) {
      throw broken(fn, at, `a ${kind} goes to slot ${at + 1 + slot.imm} of the image, where no function starts`);
    }
    return { kind, at, target };
  }
}

function broken(fn: ImageFunction, at: number, what: string): Error {
  return failure("kernel-image", { what: `at slot ${at - fn.start} of function ${fn.name}, ${what}` });
}

/** Kinds that calls name, and kinds that 64-bit loads do. */
const called: ReadonlySet<PatchKind> = new Set<PatchKind>(["function", "helper", "kfunc"]);
const loaded: ReadonlySet<PatchKind> = new Set<PatchKind>(["map", "segment", "function", "kernel"]);

/** The kernel's ways to name things. */
function checkPatch(patch: Patch, slot: Slot, fn: ImageFunction, at: number): void {
  const wide = slot.opcode === LDDW && patch.field === "imm64" && loaded.has(patch.kind);
  const call = slot.opcode === CALL && patch.field === "imm32" && called.has(patch.kind);
  if (wide || call) return;
  const what = `a ${patch.kind} is named in the ${patch.field} of an instruction that cannot hold it`;
  throw failure("kernel-patch", { slot: at - fn.start, name: fn.name, what });
}
