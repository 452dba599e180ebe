/**
 * What programs written in TypeScript are made of: registers, memory operands, labels, references and fragments of text. All of
 * it is data; `text.ts` turns it into assembly text.
 */
import { failure } from "../../diag/index.js";

/** A register, `r0` to `r10`. Instructions decide whether they take its 64 or its lower 32 bits. */
export interface Register {
  readonly kind: "register";
  readonly number: number;
}

/** A place in the code. Written in a list of fragments, or as `${label}:` in a template, it stands there; elsewhere it refers. */
export interface Label {
  readonly kind: "label";
  /** What it is called in listings; two labels may have the same. */
  readonly hint: string;
}

/** A symbol by its name, with a number of bytes added. */
export interface SymbolRef {
  readonly kind: "symbol";
  readonly name: string;
  readonly addend: number;
  /** Written with `%map(…)`: an error unless the symbol is a map. */
  readonly map: boolean;
}

/** The bytes at `base` plus `offset`. */
export interface Memory {
  readonly kind: "memory";
  readonly base: Register;
  /** In bytes, 16 bits signed. */
  readonly offset: number;
}

/** A piece of a program. */
export interface Fragment {
  readonly kind: "fragment";
  readonly parts: readonly Part[];
}

/** What a fragment is made of: text, and what is told by its context. */
export type Part = string | Label | Fragment;

/** A number, or a symbol whose value is the number. */
export type Value = number | bigint | SymbolRef;

/** Where a jump goes: a label, or a distance in slots from the next instruction. */
export type Target = Label | SymbolRef | number;

/** What is called: a helper or function by name, a helper by number, or a label of this program. */
export type Callee = string | number | Label | SymbolRef;

/** A sequence: labels in it stand where they are, `undefined` and `false` are left out. */
export type Body = Fragment | Label | false | undefined | readonly Body[];

const register = (number: number): Register => ({ kind: "register", number });

export const r0: Register = register(0);
export const r1: Register = register(1);
export const r2: Register = register(2);
export const r3: Register = register(3);
export const r4: Register = register(4);
export const r5: Register = register(5);
export const r6: Register = register(6);
export const r7: Register = register(7);
export const r8: Register = register(8);
export const r9: Register = register(9);
/** The frame pointer. */
export const r10: Register = register(10);

const symbolName = /^[A-Za-z_.$][\w.$]*$/;
const labelHint = /^\w+$/;

/** A new label, other than all others whatever their hint. Throws `asm-builder-name`. */
export function label(hint: string = "label"): Label {
  if (!labelHint.test(hint)) throw failure("asm-builder-name", { name: hint });
  return { kind: "label", hint };
}

/** The symbol `name`, plus `addend` bytes. Throws `asm-builder-name`. */
export function symbol(name: string, addend: number = 0): SymbolRef {
  return { kind: "symbol", name: checkedName(name), addend: wholeNumber(addend), map: false };
}

/** The map `name`, for a 64-bit load. Throws `asm-builder-name`. */
export function map(name: string): SymbolRef {
  return { kind: "symbol", name: checkedName(name), addend: 0, map: true };
}

/** The bytes at `base` plus `offset` bytes. */
export function mem(base: Register, offset: number = 0): Memory {
  return { kind: "memory", base, offset: wholeNumber(offset) };
}

/** `name` if it can stand in text as a symbol. */
export function checkedName(name: string): string {
  if (!symbolName.test(name)) throw failure("asm-builder-name", { name });
  return name;
}

/** A number that text can carry. Its range is the assembler's to check. */
export function wholeNumber<N extends number | bigint>(value: N): N {
  if (typeof value === "number" && !Number.isSafeInteger(value)) {
    throw failure("asm-builder-number", { value: String(value) });
  }
  return value;
}
