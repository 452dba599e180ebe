/** Fragments to pseudo-C text, and text to an Object by the assembler everybody else uses. */
import { failure } from "../../diag/index.js";
import { assemble } from "../assemble.js";
import type { AssembleOptions, AssembleResult } from "../types.js";
import { checkedName, wholeNumber, type Body, type Fragment, type Label, type Part, type Value } from "./parts.js";

/** What a template takes. A string would be text in the middle of text: `symbol` and `label` say what is meant. */
export type Hole = Value | Label | Fragment | { readonly kind: "register"; readonly number: number } | readonly Body[];

export const fragment = (...parts: readonly Part[]): Fragment => ({ kind: "fragment", parts });

/** A reference as an operand. */
export function operandText(value: Value): string {
  if (typeof value !== "object") return wholeNumber(value).toString();
  if (value.map) return `%map(${value.name})`;
  if (value.addend === 0) return value.name;
  return value.addend < 0 ? `${value.name}${value.addend}` : `${value.name}+${value.addend}`;
}

function holePart(hole: Hole): Part {
  if (typeof hole === "number" || typeof hole === "bigint") return operandText(hole);
  if (typeof hole !== "object") throw failure("asm-builder-hole", {});
  if (isList(hole)) return block(hole);
  switch (hole.kind) {
    case "register":
      return `r${hole.number}`;
    case "symbol":
      return operandText(hole);
    case "label":
    case "fragment":
      return hole;
    default:
      throw failure("asm-builder-hole", {});
  }
}

const isList = (value: Hole | Body): value is readonly Body[] => Array.isArray(value);

/**
 * Assembly text in pseudo-C with numbers, registers, labels, references and other fragments in its holes. Backslashes mean what they
 * mean in assembly text.
 */
export function bpf(strings: TemplateStringsArray, ...holes: readonly Hole[]): Fragment {
  const parts: Part[] = [];
  strings.raw.forEach((text, at) => {
    parts.push(text);
    if (at < holes.length) parts.push(holePart(holes[at]!));
  });
  return fragment(...parts);
}

/** The fragments of `body`, one after the other, each on lines of its own. */
export function block(body: Body): Fragment {
  const parts: Part[] = [];
  const add = (each: Body): void => {
    if (each === undefined || each === false) return;
    if (isList(each)) return each.forEach(add);
    if (each?.kind === "label") parts.push(each, ":\n");
    else if (each?.kind === "fragment") parts.push(each, "\n");
    else throw failure("asm-builder-part", { value: typeof each === "string" ? JSON.stringify(each) : String(each) });
  };
  add(body);
  return fragment(...parts);
}

/** A prototype for a directive: what would end the statement is refused. */
function oneLine(prototype: string): string {
  const line = prototype.replace(/\s+/g, " ").trim();
  if (/[;#"]/.test(line)) throw failure("asm-builder-text", { text: line });
  return line;
}

export interface FunctionOptions {
  /** The section it is put into; the one around it unless given. */
  readonly section?: string;
  /** Seen by other objects (unless false). */
  readonly global?: boolean;
  /** Its C prototype, name included: the object has its type then, and a line of `textOf` for each instruction. */
  readonly prototype?: string;
}

/** A function: its symbol with type and size around `body`. */
export function fn(name: string, body: Body, { section, global = true, prototype }: FunctionOptions = {}): Fragment {
  checkedName(name);
  const declares =
    prototype === undefined || new RegExp(`(?<![\\w.$])${name.replace(/[.$]/g, "\\$&")}\\s*\\(`).test(prototype);
  if (!declares) throw failure("asm-builder-prototype", { name, prototype: oneLine(prototype!) });
  const head = `${global ? `.globl ${name}\n` : ""}.type ${name},@function\n${name}:\n`;
  const whole =
    prototype === undefined
      ? fragment(head, block(body), `.size ${name}, . - ${name}\n`)
      : fragment(`.func ${global ? "" : "static "}${oneLine(prototype)}\n`, block(body), ".endfunc\n");
  if (section === undefined) return whole;
  if (/["\\\n]/.test(section)) throw failure("asm-builder-name", { name: section });
  return fragment(`.pushsection "${section}","ax",@progbits\n`, whole, ".popsection\n");
}

/** The text of a program: its labels are numbered in the order they are met, so that the same program gives the same text. */
export function textOf(body: Body): string {
  const numbers = new Map<Label, number>();
  const texts: string[] = [];
  const add = (part: Part): void => {
    if (typeof part === "string") texts.push(part);
    else if (part.kind === "fragment") part.parts.forEach(add);
    else {
      const number = numbers.get(part) ?? numbers.size;
      numbers.set(part, number);
      texts.push(`.L${part.hint}.${number}`);
    }
  };
  add(block(body));
  return texts.join("");
}

/** Assembles a program. Diagnostics tell lines of `textOf(body)`. */
export function build(body: Body, options: Omit<AssembleOptions, "syntax"> = {}): AssembleResult {
  return assemble(textOf(body), { file: "<program>", ...options, syntax: "pseudoc" });
}
