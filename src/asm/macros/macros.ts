/** Macros: what their bodies are made of, and how a body becomes text with the arguments in their places. */
import { Class, classes } from "../text/scan.js";
import { latin1 } from "./raw.js";
import type { Origin } from "../text/source.js";

export interface Parameter {
  readonly name: string;
  readonly required: boolean;
  /** Takes all arguments that are left. */
  readonly rest: boolean;
  readonly fallback: string;
}

/** A stretch of the body and what comes behind it. */
interface Part {
  readonly start: number;
  readonly end: number;
  /** The number of a parameter or (after them) of a `LOCAL` name, or one of these. */
  readonly insert: number;
}

const nothing = -1;
const count = -2;

/** A body in parts. */
export interface Template {
  readonly parts: readonly Part[];
  /** How many names `LOCAL` made. */
  readonly locals: number;
  /** Is there a `\@`? */
  readonly counted: boolean;
}

/** A body in parts, by whether `.altmacro` was said; made when first needed. */
export type Templates = Map<boolean, Template>;

/** A macro that was defined. What only its expansions need is made then: a text can define very many. */
export interface Macro {
  /** In lower case. */
  readonly name: string;
  origin: Origin | undefined;
  /** Byte offsets: of its name where it is defined, and of its body. */
  readonly at: number;
  readonly start: number;
  readonly end: number;
  /** Undefined where they are wrong: that was said, and nothing more is said of the macro's uses. */
  readonly parameters: readonly Parameter[] | undefined;
  templates: Templates | undefined;
}

const backslash = 0x5c;
const ampersand = 0x26;
const newline = 10;

/** Takes the body of `text` from `start` to `end` apart; `names` are those of the parameters. */
export function makeTemplate(
  text: Uint8Array,
  start: number,
  end: number,
  names: readonly string[],
  alternate: boolean,
): Template {
  const numbers = new Map(names.map((name, index) => [name, index]));
  const parts: Part[] = [];
  let from = start;
  let at = start;
  let quoted = false;
  const wordEnd = (first: number): number => {
    let next = first;
    while (next < end && classes[text[next]!]! >= Class.word) next++;
    return next;
  };
  const insert = (until: number, what: number, next: number): void => {
    parts.push({ start: from, end: until, insert: what });
    from = next;
    at = next;
  };
  while (at < end) {
    const byte = text[at]!;
    if (byte === backslash) {
      const next = text[at + 1];
      if (next === 0x40) {
        insert(at, count, at + 2);
      } else if (next === 0x28) {
        // `\(text)`: as it is, without the parentheses.
        const close = text.indexOf(0x29, at);
        const stop = close < 0 || close >= end ? end : close;
        insert(at, nothing, at + 2);
        at = Math.max(at, stop);
        insert(at, nothing, Math.min(end, at + 1));
      } else {
        const stop = wordEnd(at + 1);
        const number = numbers.get(latin1(text, at + 1, stop));
        if (number === undefined) at = Math.max(stop, at + 1);
        else insert(at, number, alternate && text[stop] === ampersand ? stop + 1 : stop);
      }
    } else if (!alternate) {
      at++;
    } else if (byte === 0x22) {
      quoted = !quoted;
      at++;
    } else if (byte === ampersand || classes[byte] === Class.word) {
      const first = byte === ampersand ? at + 1 : at;
      const stop = wordEnd(first);
      const word = latin1(text, first, stop);
      const number = numbers.get(word);
      if (number !== undefined) {
        insert(at, number, text[stop] === ampersand ? stop + 1 : stop);
      } else if (!quoted && first === at && word.toLowerCase() === "local" && classes[text[stop]!] === Class.blank) {
        const line = text.indexOf(newline, stop);
        const lineEnd = line < 0 || line > end ? end : line;
        for (const name of latin1(text, stop, lineEnd).split(/[\s,]+/)) {
          if (name !== "" && !numbers.has(name)) numbers.set(name, numbers.size);
        }
        insert(at, nothing, lineEnd);
      } else {
        at = Math.max(stop, at + 1);
      }
    } else {
      at++;
    }
  }
  parts.push({ start: from, end, insert: nothing });
  const counted = parts.some((part) => part.insert === count);
  return { parts, locals: numbers.size - names.length, counted };
}

/** The bytes that a template with these arguments makes, the newline at its end included. */
export function sizeOf(template: Template, values: readonly Uint8Array[], serial: Uint8Array): number {
  let size = 1;
  for (const { start, end, insert } of template.parts) {
    size += end - start;
    if (insert === count) size += serial.length;
    else if (insert !== nothing) size += values[insert]!.length;
  }
  return size;
}

/** Writes them to `text` (where the body is, too) from `to` on. `serial` is what `\@` stands for. */
export function fill(
  text: Uint8Array,
  to: number,
  template: Template,
  values: readonly Uint8Array[],
  serial: Uint8Array,
): void {
  let at = to;
  for (const { start, end, insert } of template.parts) {
    text.copyWithin(at, start, end);
    at += end - start;
    if (insert === nothing) continue;
    const value = insert === count ? serial : values[insert]!;
    text.set(value, at);
    at += value.length;
  }
  text[at] = newline;
}
