/** Call frame information of a run: what `.cfi_startproc` to `.cfi_endproc` say, and which sections it goes to. */
import type { AsmSymbol } from "../types.js";

/** A reference with its encoding: `.cfi_personality`, `.cfi_lsda`. */
export interface FrameReference {
  readonly encoding: number;
  readonly symbol: AsmSymbol;
}

export interface Frame {
  readonly start: AsmSymbol;
  end: AsmSymbol | undefined;
  /** Encoded instructions, each with the place it is for. */
  readonly instructions: { readonly at: AsmSymbol; readonly bytes: readonly number[] }[];
  personality: FrameReference | undefined;
  lsda: FrameReference | undefined;
  signal: boolean;
  readonly simple: boolean;
  returnColumn: number;
  /** The offset of the canonical frame address, for the directives that count from it. */
  offset: number;
  /** Byte offset in the text. */
  readonly at: number;
}

export class Frames {
  readonly all: Frame[] = [];
  open: Frame | undefined;
  ehFrame = true;
  debugFrame = false;
}
