/** Output in proportion to input: types of a corrupt blob can hold each other so that their text would never end. */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";

/** A kernel's BTF gives text of twice its size. */
const timesInput = 32;
const plus = 1 << 20;
/** Types in types in types: C programs nest ten deep. */
const maxDepth = 256;

export class Budget {
  readonly #btf: Btf;
  readonly #limit: number;
  #left: number;
  #depth = 0;

  constructor(btf: Btf) {
    this.#btf = btf;
    let size = 0;
    for (let each: Btf | undefined = btf; each !== undefined; each = each.base) size += each.bytes.length;
    this.#limit = plus + timesInput * size;
    this.#left = this.#limit;
  }

  /** Takes `size` characters (or steps) off. Throws `btf-output` when none are left. */
  spend(size: number): void {
    this.#left -= size;
    if (this.#left < 0) throw failure("btf-output", { limit: this.#limit }, this.#btf.place(0));
  }

  /** Runs `step` one level deeper. Throws `btf-depth` when that is too deep. */
  within<Result>(id: number, step: () => Result): Result {
    this.enter(id);
    try {
      return step();
    } finally {
      this.leave();
    }
  }

  /** Begins a level, which `leave` ends, where nobody goes on after an error. Throws `btf-depth` when that is too deep. */
  enter(id: number): void {
    if (++this.#depth > maxDepth) throw failure("btf-depth", { id, limit: maxDepth }, this.#btf.placeOf(id));
  }

  leave(): void {
    this.#depth--;
  }
}
