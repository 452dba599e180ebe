/**
 * The Image: a linked, addressable program with one explicit table of what a loader must still patch.
 *
 * The embedded VM and the kernel loader read the same Image; neither guesses from section names or opcodes.
 * `image-of.ts` makes Images from linked Objects.
 */
import type { Endian } from "../bytes/index.js";
import type { ImageDebug } from "./image-debug.js";
import type { MapType, ProgramType, SectionRule } from "../isa/index.js";

/** A function: `slots` instruction slots of `Image.code` from slot `start` on. */
export interface ImageFunction {
  readonly name: string;
  /** The section it was linked into. */
  readonly section: string;
  readonly start: number;
  readonly slots: number;
  readonly global: boolean;
}

/** An entry point: a function a loader can run or attach. */
export interface ImageProgram {
  readonly name: string;
  readonly section: string;
  /** Index into `Image.functions`. */
  readonly function: number;
  /** What the section's name says of the program; undefined where the name is no known one. */
  readonly rule: SectionRule | undefined;
}

/** A map definition, from a `maps` section (legacy) or from BTF. Sizes in bytes. */
export interface ImageMap {
  readonly name: string;
  readonly type: MapType | number;
  readonly keySize: number;
  readonly valueSize: number;
  readonly maxEntries: number;
  readonly flags: number;
  /** `map_extra` of the kernel; 0n unless defined. */
  readonly extra: bigint;
  readonly pinning: "none" | "by-name";
  /** For a map of maps: what the maps in it are like. */
  readonly inner?: ImageMap | undefined;
  /** What a loader puts into a map of maps or an array of programs. */
  readonly values?: readonly MapValue[];
}

/** An entry of a map at its start: `target` is an index into the Image's maps or, in an array of programs, its programs. */
export interface MapValue {
  readonly index: number;
  readonly target: number;
}

/** A data section: in the kernel the one value of an array map, in the VM a region of memory. */
export interface ImageSegment {
  readonly name: string;
  readonly readOnly: boolean;
  readonly align: number;
  /** In bytes; zero-filled behind `data`. */
  readonly size: number;
  readonly data: Uint8Array;
}

/**
 * What a patch writes. `target` is an index into the Image list of that kind (`helper`, `kfunc`, `kernel`: into `names`); of an
 * `instruction`, which an indirect jump goes to, its slot number. `kernel` is the address of a function or variable of the kernel.
 */
export type PatchKind = "map" | "segment" | "function" | "instruction" | "helper" | "kfunc" | "kernel";

export interface Patch {
  readonly kind: PatchKind;
  readonly target: number;
  /** In bytes, added to the target's address (`segment` only; 0 elsewhere). */
  readonly addend: number;
  /** The field: the 64-bit immediate of a wide instruction, a 32-bit immediate, or 8 bytes of data. */
  readonly field: "imm64" | "imm32" | "data64";
  /** The segment the patched data is in; -1 for code. */
  readonly segment: number;
  /** Slot number in `Image.code`, or byte offset in the segment. */
  readonly at: number;
  /** The name is weak: a loader that does not find it writes a call that goes nowhere (`kfunc`), or the address 0 (`kernel`). */
  readonly optional?: boolean;
}

export interface Image {
  /** The name for diagnostics. */
  readonly file: string;
  readonly endian: Endian;
  /** Contents of the `license` section without its NUL; empty where there is none. */
  readonly license: string;
  /** All functions. Jumps and local calls are resolved: only the places in `patches` are open. */
  readonly code: Uint8Array;
  /** In order of `start`; they do not overlap and may leave gaps. */
  readonly functions: readonly ImageFunction[];
  readonly programs: readonly ImageProgram[];
  readonly maps: readonly ImageMap[];
  readonly segments: readonly ImageSegment[];
  /** Names of helpers that are called by name, and of what the kernel has. */
  readonly names: readonly string[];
  /** Sorted: code by slot, then data by segment and offset. */
  readonly patches: readonly Patch[];
  /** What is known of the source; absent where the object says nothing. */
  readonly debug?: ImageDebug;
}

/** The program type of `program`, or undefined where its section's name tells none. */
export function programType(program: ImageProgram): ProgramType | undefined {
  return program.rule?.programType;
}
