/** What stands behind jumps and calls in a listing: ` # <name+0x10>`, the target's distance from the label before it. */
import { encodeUtf8 } from "../bytes/index.js";
import { opcodes } from "../isa/index.js";
import { labelAfter, labelBefore, type Label } from "./places.js";
import type { TextBuffer } from "./text-buffer.js";

/** The places of a section that are told from the same label, and the start of their comment. */
export interface Goal {
  /** In bytes from the section's start: from `start` to before `end`, counted from `base`. */
  readonly start: number;
  readonly end: number;
  readonly base: number;
  /** ` # <name`. */
  readonly head: Uint8Array;
}

/** The comments of the jumps in one section. */
export class TargetComments {
  readonly #labels: readonly Label[];
  readonly #section: string;
  readonly #open: string;
  readonly #close: string;
  /** That of the last target; undefined before the first. */
  goal: Goal | undefined;

  /** `open` and `close` are what a comment stands between. */
  constructor(labels: readonly Label[], section: string, open: string, close: string) {
    this.#labels = labels;
    this.#section = section;
    this.#open = open;
    this.#close = close;
  }

  /** Appends the comment for slot `target`, which may lie outside of the section. */
  put(out: TextBuffer, target: number): void {
    const offset = opcodes.SLOT * target;
    let { goal } = this;
    if (goal === undefined || offset < goal.start || offset >= goal.end) this.goal = goal = this.#goalOf(offset);
    out.append(goal.head);
    const distance = offset - goal.base;
    if (distance !== 0) {
      out.text(distance < 0 ? "-0x" : "+0x");
      out.hex(Math.abs(distance), 1);
    }
    out.text(`>${this.#close}`);
  }

  #goalOf(offset: number): Goal {
    const label = offset < 0 ? undefined : labelBefore(this.#labels, offset);
    const base = label?.offset ?? 0;
    const head = encodeUtf8(`${this.#open}<${label?.name ?? this.#section}`);
    if (offset < 0) return { start: -Infinity, end: 0, base, head };
    return { start: base, end: labelAfter(this.#labels, offset)?.offset ?? Infinity, base, head };
  }
}
