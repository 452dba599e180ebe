/** What the loop over lines of known shapes and its caller share: the layout of its memory, and what is told there. */
import { edgeBytes, mostEdges } from "./tree.js";

/** What is kept of a shape: byte offsets of 32-bit numbers, the bounds of the immediate of 64-bit ones. */
export const Fact = {
  /** The first four bytes of the instruction but for registers and offset, and the immediate, as a little-endian file has them. */
  head: 0,
  imm: 4,
  flags: 8,
  /** Registers that must be certain ones: where, and which. */
  fixedMask: 12,
  fixed: 16,
  /** How far to the right the registers for the fields are, and two that must be the same. */
  dst: 20,
  src: 24,
  same: 28,
  twin: 32,
  fixup: 36,
  low: 40,
  high: 48,
} as const;
export const factBytes = 56;
export const mostShapes: number = 1 << 12;

export const Flag = {
  /** A second slot: with the upper half of the immediate, with a number of its own. */
  upper: 1,
  own: 2,
  exit: 4,
  /** A remark follows, to the end of the line. */
  remark: 8,
  /** There is a name that the caller must ask about, with an instruction or as a label. */
  name: 16,
  label: 32,
} as const;

/** How far to the right of a line's registers there are only zeros. */
export const noRegister = 28;

/** Bytes of text and of code that are in the memory at a time. */
export const textBytes: number = 1 << 17;
export const codeBytes: number = 1 << 18;
/** A line takes fewer bytes than this: it is read without looking for the text's end. */
export const margin = 512;

/** Where things are in the memory. The first edge, at 0, is where nothing goes on. `classes`: what each byte is. */
export const Place: Readonly<Record<"result" | "classes" | "roots" | "facts" | "edges" | "text" | "code", number>> = {
  result: 64,
  classes: 256,
  /** The first node by the first byte of a line. */
  roots: 512,
  facts: 2048,
  edges: 2048 + mostShapes * factBytes,
  text: 2048 + mostShapes * factBytes + mostEdges * edgeBytes,
  code: 2048 + mostShapes * factBytes + mostEdges * edgeBytes + textBytes,
};
export const pages: number = Math.ceil((Place.code + codeBytes) / 65_536);

/**
 * What the loop leaves in the memory: the line it stopped at, the bytes of code, and the first `exit` (the caller puts -1 there). Of a
 * line with a name: the line behind it, its shape and the name.
 */
export const Result: Readonly<Record<"at" | "filled" | "exit" | "next" | "fact" | "name" | "nameEnd", number>> = {
  at: Place.result,
  filled: Place.result + 4,
  exit: Place.result + 8,
  next: Place.result + 12,
  fact: Place.result + 16,
  name: Place.result + 20,
  nameEnd: Place.result + 24,
};

/** Why the loop stopped: at the end of the text or of the room, at a line it does not know, behind one with a name. */
export const Stop = { end: 0, unknown: 1, name: 2 } as const;
