/** `.if` and what belongs to it: which branches are read. A branch that is not is passed over as raw text. */
import type { Report } from "../text/report.js";

export interface Condition {
  /** The `.if`, and how it is written. */
  readonly at: number;
  readonly name: string;
  /** Was one of its branches read? */
  taken: boolean;
  /** Its `.else`, or -1. */
  elseAt: number;
}

export class Conditions {
  readonly #report: Report;
  readonly #open: Condition[] = [];

  constructor(report: Report) {
    this.#report = report;
  }

  /** How many are open. */
  get open(): number {
    return this.#open.length;
  }

  get innermost(): Condition | undefined {
    return this.#open.at(-1);
  }

  begin(condition: Condition): void {
    this.#open.push(condition);
  }

  end(): void {
    this.#open.pop();
  }

  /** Ends all but `kept` without a word. */
  forget(kept: number): void {
    this.#open.length = Math.min(this.#open.length, kept);
  }

  /** Ends all but `kept`; the innermost of them should have been ended before. */
  close(kept: number): void {
    if (this.#open.length <= kept) return;
    const { at, name } = this.#open.at(-1)!;
    this.#report.add("asm-unclosed", { name, closing: ".endif" }, at, at + name.length);
    this.forget(kept);
  }
}
