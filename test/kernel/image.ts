/** Images written by hand for the tests of the loader. */
import { encodeSlot, sectionRule } from "../../src/isa/index.js";
import type { Image, ImageFunction, ImageMap, ImageProgram, Patch } from "../../src/object/index.js";

/** opcode, dst, src, off, imm */
export type Insn = readonly [number, number, number, number, number];

/** A wide load of 0, to be patched, into `dst`. */
export function wide(dst: number): readonly Insn[] {
  return [
    [0x18, dst, 0, 0, 0],
    [0, 0, 0, 0, 0],
  ];
}

export const movImm = (dst: number, imm: number): Insn => [0xb7, dst, 0, 0, imm];
export const movReg = (dst: number, src: number): Insn => [0xbf, dst, src, 0, 0];
export const addImm = (dst: number, imm: number): Insn => [0x07, dst, 0, 0, imm];
export const addReg = (dst: number, src: number): Insn => [0x0f, dst, src, 0, 0];
/** A call `distance` slots behind the next slot. */
export const call = (distance: number): Insn => [0x85, 0, 1, 0, distance];
/** A helper call whose id a patch fills in. */
export const helper: Insn = [0x85, 0, 0, 0, -1];
export const exit: Insn = [0x95, 0, 0, 0, 0];

export function encode(insns: readonly Insn[]): Uint8Array {
  const code = new Uint8Array(insns.length * 8);
  insns.forEach((insn, i) => encodeSlot(code, i * 8, "little", ...insn));
  return code;
}

export interface Part {
  readonly name: string;
  readonly section: string;
  readonly insns: readonly Insn[];
}

/** An image of functions one behind the other; each `entry` is a program in the function of that name. */
export function imageOf(parts: readonly Part[], entries: readonly string[], rest: Partial<Image> = {}): Image {
  let start = 0;
  const functions: ImageFunction[] = parts.map(({ name, section, insns }) => {
    const fn = { name, section, start, slots: insns.length, global: true };
    start += insns.length;
    return fn;
  });
  const programs: ImageProgram[] = entries.map((name) => {
    const index = functions.findIndex((fn) => fn.name === name);
    const { section } = functions[index]!;
    return { name, section, function: index, rule: sectionRule(section) };
  });
  return {
    file: "test/first-light.o",
    endian: "little",
    license: "GPL",
    code: encode(parts.flatMap(({ insns }) => insns)),
    functions,
    programs,
    maps: [],
    segments: [],
    names: [],
    patches: [],
    ...rest,
  };
}

export function mapOf(name: string, type: number, keySize: number, valueSize: number, maxEntries: number): ImageMap {
  return { name, type, keySize, valueSize, maxEntries, flags: 0, extra: 0n, pinning: "none" };
}

export function patchOf(at: number, kind: Patch["kind"], target: number, addend = 0): Patch {
  const field = kind === "helper" || kind === "kfunc" ? "imm32" : "imm64";
  return { kind, target, addend, field, segment: -1, at };
}
