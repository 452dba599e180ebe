/** Register names by dialect. Source: reference section 4.1. */
import type { Dialect } from "../../isa/index.js";
import type { Interner } from "../text/intern.js";

/** Registers of a dialect by word number: 0 to 10 the 64-bit ones, 16 to 26 their 32-bit halves. */
export class Registers {
  /** Is `%` before the name required, allowed or wrong? */
  readonly percent: "required" | "allowed" | "never";
  readonly byWord: Map<number, number> = new Map();
  /** For suggestions. */
  readonly names: string[] = [];

  constructor(dialect: Dialect, interner: Interner) {
    this.percent =
      dialect === "gnu" ? "required" : dialect === "plain" || dialect === "conformance" ? "allowed" : "never";
    const add = (name: string, register: number): void => {
      this.byWord.set(interner.word(name), register);
      this.names.push(this.percent === "required" || dialect === "conformance" ? `%${name}` : name);
    };
    for (let i = 0; i <= 10; i++) add(`r${i}`, i);
    if (this.percent === "never") for (let i = 0; i <= 10; i++) add(`w${i}`, 16 + i);
    else add("fp", 10);
  }
}
