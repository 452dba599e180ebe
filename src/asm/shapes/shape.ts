/**
 * The shape of a line: the bytes that all lines of its kind share, and between them the registers, numbers and a name that may be others,
 * with what the instruction takes from each. Found from a line that was assembled, its tokens and the way through the grammar.
 */
import type { Endian } from "../../bytes/index.js";
import { decodeSlot, newSlot, opcodes } from "../../isa/index.js";
import type { GrammarNode, Leaf, Placeholder } from "../match/grammar.js";
import { bounds } from "../match/match.js";
import type { Registers } from "../match/registers.js";
import type { Interner } from "../text/intern.js";
import { packed, Token, type Tokens } from "../text/tokens.js";
import type { AsmSection, FixupKind } from "../types.js";
import { registerLike, Walk, type Step } from "./walk.js";

/** The fields that numbers give; `high` is the immediate of a second slot. */
export type Field = "off" | "imm" | "high";

/** A stretch of a line. `digits` may be any, and mean nothing. */
export type Part =
  | { readonly kind: "bytes"; readonly from: number; readonly to: number }
  | { readonly kind: "register" | "name" | "digits" }
  | { readonly kind: "number"; readonly field: Field; readonly negative: boolean };

export interface Shape {
  readonly parts: readonly Part[];
  /** A remark up to the end of the line follows. */
  readonly remark: boolean;
  /** The instruction; fields that the line gives are 0. */
  readonly opcode: number;
  readonly dst: number;
  readonly src: number;
  readonly off: number;
  readonly imm: number;
  /** Which of the line's registers are in the fields, from 0; -1: none. */
  readonly dstFrom: number;
  readonly srcFrom: number;
  /** Registers that must be this one, and two that must be the same. */
  readonly fixed: readonly (readonly [register: number, value: number])[];
  readonly same: readonly [number, number] | undefined;
  /** Inclusive bounds of the immediate, where a number gives it. */
  readonly low: bigint;
  readonly high: bigint;
  /** Two slots: the second has the upper half of the immediate, or a number of its own. */
  readonly second: "none" | "upper" | "own";
  readonly exit: boolean;
  /** What the name is for. */
  readonly fixup: FixupKind | undefined;
}

/** A statement just read, and what came of it: the last instruction of `section`, whose fixups were `fixups` before. */
export interface Statement {
  readonly text: Uint8Array;
  readonly tokens: Tokens;
  readonly interner: Interner;
  readonly registers: Registers;
  readonly grammar: GrammarNode;
  /** The opcode that stands before the instruction in kernel text, or -1. */
  readonly opcode: number;
  readonly leaf: Leaf;
  readonly section: AsmSection;
  readonly fixups: number;
  readonly endian: Endian;
  /** Does a semicolon end a statement? */
  readonly separates: boolean;
}

/** Registers of a line at most. */
const mostRegisters = 6;
/** Of an immediate of 64 bits. */
const any64 = [-(2n ** 63n), 2n ** 63n - 1n] as const;
const minus = packed("-");
const plainNumber = /^(?:0|[1-9]\d*|0x[\da-f]+)$/i;

const fields: Partial<Record<Placeholder, Field>> = { o: "off", j: "off", x: "off", h: "high" };

/** The stretches of a line that may be others, in order. */
class Slots {
  readonly #statement: Statement;
  readonly #line: number;
  readonly parts: Part[] = [];
  registers = 0;
  dst = -1;
  src = -1;
  same: [number, number] | undefined;
  readonly fixed: [number, number][] = [];
  /** The tokens that are names. */
  readonly names: number[] = [];
  /** What the number in the immediate may be. */
  immediate: Placeholder | undefined;
  readonly #given: Set<Field> = new Set();
  #at: number;

  constructor(statement: Statement, line: number) {
    this.#statement = statement;
    this.#line = line;
    this.#at = line;
    if (statement.opcode >= 0) this.#leadingNumber();
  }

  /** The instruction's own number in kernel text. */
  #leadingNumber(): void {
    const { text } = this.#statement;
    let end = this.#line;
    while (text[end]! >= 0x30 && text[end]! <= 0x39) end++;
    this.add({ kind: "digits" }, this.#line, end);
  }

  /** The bytes up to `from`, then `part` up to `to`. */
  add(part: Part, from: number, to: number): void {
    this.bytes(from);
    this.parts.push(part);
    this.#at = to;
  }

  bytes(to: number): void {
    if (to > this.#at) this.parts.push({ kind: "bytes", from: this.#at, to });
    this.#at = to;
  }

  /** Adds what is in `step`; false where another line may say it otherwise. */
  take({ what, from, next, name }: Step): boolean {
    const { tokens, interner } = this.#statement;
    // A displacement that is not there.
    if (next === from) return true;
    const last = next - 1;
    const start = tokens.start[last]!;
    const end = tokens.end[last]!;
    if (tokens.kind[last] === Token.word && !name) {
      if (!registerLike.test(interner.names[tokens.value[last]!]!)) return !what.startsWith("=");
      if (this.registers === mostRegisters) return false;
      this.add({ kind: "register" }, start + 1, end);
      return this.#register(what, this.registers++, interner.names[tokens.value[last]!]!);
    }
    if (what === "literal") return true;
    if (name) {
      this.names.push(last);
      this.add({ kind: "name" }, start, end);
      return last === from;
    }
    return this.#number(what, from, last);
  }

  #register(what: Step["what"], register: number, name: string): boolean {
    switch (what) {
      case "literal":
        this.fixed.push([register, Number(name.slice(1))]);
        return true;
      case "d":
      case "wd":
        this.dst = register;
        return true;
      case "s":
      case "ws":
        this.src = register;
        return true;
      case "=d":
      case "=wd":
      case "=s":
      case "=ws": {
        const first = what.endsWith("d") ? this.dst : this.src;
        if (first < 0 || this.same !== undefined) return false;
        this.same = [first, register];
        return true;
      }
      default:
        return false;
    }
  }

  #number(what: Placeholder, from: number, token: number): boolean {
    const { text, tokens } = this.#statement;
    const start = tokens.start[token]!;
    const end = tokens.end[token]!;
    if (!plainNumber.test(String.fromCharCode(...text.subarray(start, end)))) return false;
    const field = fields[what] ?? "imm";
    if (this.#given.has(field)) return false;
    this.#given.add(field);
    if (field === "imm") this.immediate = what;
    let negative = false;
    for (let at = from; at < token; at++) if (tokens.is(at, minus)) negative = !negative;
    this.add({ kind: "number", field, negative }, start, end);
    return true;
  }
}

/** Where the line that ends at `end` is over for its shape: there, or behind what begins a remark; -1 where that is not plain to see. */
export function shapeEnd(text: Uint8Array, tokens: Tokens, separates: boolean, end: number): number {
  const last = tokens.end[tokens.count - 1]!;
  let at = last;
  while (at < end - 1 && (text[at] === 0x20 || text[at] === 0x09 || text[at] === 0x0d)) at++;
  if (at === end - 1) return end;
  // Kernel text has numbers of functions behind `#`.
  if (text[at] === 0x23) return at === last ? -1 : at + 1;
  if (text[at] === 0x2f && text[at + 1] === 0x2f) return at + 2;
  return text[at] === 0x3b && !separates ? at + 1 : -1;
}

/** The shape of the line from byte `line` up to `end`, which `statement` was read from; undefined where there is none. */
export function shapeOf(statement: Statement, line: number, end: number): Shape | undefined {
  const { tokens, leaf, section, text } = statement;
  const { row } = leaf;
  // Two numbers in one field.
  if (row.imm === "spaces") return undefined;
  const walk = new Walk(tokens, statement.interner, statement.registers, statement.opcode);
  const over = shapeEnd(text, tokens, statement.separates, end);
  if (over < 0 || walk.leaf(statement.grammar) !== leaf) return undefined;
  const slots = new Slots(statement, line);
  if (!walk.steps.every((step) => slots.take(step))) return undefined;
  slots.bytes(over);
  const fixup = section.fixups[statement.fixups];
  const added = section.fixups.length - statement.fixups;
  // A name that is a number is none the next time, perhaps.
  if (added !== slots.names.length || added > 1) return undefined;
  const slot = decodeSlot(section.data, section.size - (row.wide ? 2 : 1) * opcodes.SLOT, statement.endian, newSlot());
  const given = (field: Field): boolean => slots.parts.some((part) => part.kind === "number" && part.field === field);
  const { immediate } = slots;
  const [low, high] = immediate === undefined ? [0, 0] : (bounds[immediate] ?? any64);
  return {
    parts: slots.parts,
    remark: over < end,
    opcode: slot.opcode,
    dst: slots.dst < 0 ? slot.dst : 0,
    src: slots.src < 0 ? slot.src : 0,
    off: given("off") ? 0 : slot.off,
    imm: given("imm") ? 0 : slot.imm,
    dstFrom: slots.dst,
    srcFrom: slots.src,
    fixed: slots.fixed,
    same: slots.same,
    low: BigInt(low),
    high: BigInt(high),
    second: !row.wide ? "none" : row.imm === "pair" ? "own" : "upper",
    exit: row.op === "exit",
    fixup: fixup?.kind,
  };
}
