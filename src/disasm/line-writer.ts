/**
 * Writes lines of instructions by their shapes, at several times the speed of writing them by their templates. Without
 * WebAssembly there is no such writer.
 */
import { encodeUtf8, type Endian } from "../bytes/index.js";
import { type WasmInstance } from "../wasm/index.js";
import { opcodes, type Dialect } from "../isa/index.js";
import { lineCode } from "./line-code.js";
import { chunk, Layout, lineRoom, longestHead, State, wide, windowSlots, Word } from "./line-layout.js";
import { LineShapes } from "./line-shapes.js";
import type { Goal } from "./target-comments.js";

/** Slots up to this one have offsets that are 32-bit numbers. */
const farthest = 2 ** 27;

export class LineWriter {
  readonly shapes: LineShapes;
  /** Where the text goes. */
  readonly text: Uint8Array;
  readonly #memory: Uint8Array;
  readonly #words: DataView;
  readonly #run: (slot: number, end: number, at: number, limit: number) => number;
  #code: Uint8Array = new Uint8Array(0);
  /** The slots in the window: from `#first` to before `#last`. */
  #first = 0;
  #last = 0;
  #goal: Goal | undefined;
  /** The slot that the last call of `write` stopped at. */
  slot = 0;

  constructor({ memory, run }: WasmInstance, dialect: Dialect, endian: Endian, showsBytes: boolean, close: string) {
    this.#memory = memory;
    this.#run = run;
    this.#words = new DataView(memory.buffer);
    this.shapes = new LineShapes(this.#words, dialect);
    this.text = memory.subarray(Layout.text, Layout.text + chunk + lineRoom);
    this.#set(State.isBig, endian === "big" ? 1 : 0);
    this.#set(State.showsBytes, showsBytes ? 1 : 0);
    const tail = encodeUtf8(`>${close}`);
    memory.set(tail, State.tail);
    this.#set(State.tailLength, tail.length);
    // What the code finds where an instruction has no shape.
    this.#set(Layout.shapes + Word.next, Layout.shapes);
  }

  #set(address: number, value: number): void {
    this.#words.setInt32(address, value, true);
  }

  /** Takes `code` for what `write` is asked for from now on. */
  begin(code: Uint8Array): void {
    this.#code = code;
    this.#first = this.#last = 0;
  }

  /**
   * Writes the lines of the slots from `slot` to before `end` into `text` from `at` on: up to the first that has no shape or jumps
   * to a place that `goal` does not tell of, and none from `chunk` on. Returns the end of the text.
   */
  write(slot: number, end: number, at: number, goal: Goal | undefined): number {
    if (goal !== this.#goal) this.#aim(goal);
    end = Math.min(end, wide);
    while (slot < end) {
      if (slot < this.#first || slot >= this.#last) this.#open(slot);
      const stop = Math.min(end, this.#last);
      at = this.#run(slot, stop, Layout.text + at, Layout.text + chunk) - Layout.text;
      slot = this.#words.getInt32(State.slot, true);
      if (slot < stop) break;
    }
    this.slot = slot;
    return at;
  }

  #open(slot: number): void {
    this.#first = slot;
    this.#last = Math.min(slot + windowSlots, Math.floor(this.#code.length / opcodes.SLOT));
    this.#memory.set(this.#code.subarray(slot * opcodes.SLOT, this.#last * opcodes.SLOT), Layout.window);
    this.#set(State.code, Layout.window - slot * opcodes.SLOT);
  }

  #aim(goal: Goal | undefined): void {
    this.#goal = goal;
    const isFit = goal !== undefined && goal.start >= 0 && goal.head.length <= longestHead;
    this.#set(State.near, isFit ? Math.ceil(goal.start / opcodes.SLOT) : 0);
    this.#set(State.far, isFit ? Math.min(Math.ceil(goal.end / opcodes.SLOT), farthest) : 0);
    if (!isFit) return;
    this.#set(State.base, goal.base);
    this.#set(State.head, goal.head.length);
    this.#memory.set(goal.head, Layout.head);
  }
}

/** A writer, or undefined where the platform has no WebAssembly. */
export function openLineWriter(
  dialect: Dialect,
  endian: Endian,
  showsBytes: boolean,
  close: string,
): LineWriter | undefined {
  const code = lineCode();
  return code && new LineWriter(code, dialect, endian, showsBytes, close);
}
