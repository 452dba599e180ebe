/**
 * The operands of `.section`: flags, type, and what the flags ask for after it. Source: the manuals of GNU as and LLVM; where they
 * order the last operands differently, the order is LLVM's: entry size, group, linked-to section, unique number.
 */
import { decodeUtf8 } from "../../bytes/index.js";
import { flagsOfBits, type SectionFlags, type SectionType } from "../../object/index.js";
import { stringAt } from "../directives/data.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { packed, Token } from "../text/tokens.js";
import type { AsmGroup, AsmSymbol, SectionOperands } from "../types.js";

const letters: ReadonlyMap<string, keyof SectionFlags> = new Map([
  ["a", "alloc"],
  ["w", "write"],
  ["x", "exec"],
  ["M", "merge"],
  ["S", "strings"],
  ["e", "exclude"],
  ["T", "tls"],
  ["R", "retain"],
]);

/** Flags that are no flags of the section itself: in a group, in the group of the section before, linked to a section. */
const others = "G?o";

const known = [...letters.keys()].join("") + others;

const types: readonly string[] = ["progbits", "nobits", "note", "init_array", "fini_array", "preinit_array"];

const at = packed("@");
const percent = packed("%");

/** A section's name: a string, or what stands up to the next comma or blank, dashes and slashes included. */
export function sectionName(run: Run, first: number): { readonly name: string; readonly next: number } | undefined {
  const { tokens } = run;
  if (tokens.count <= first) {
    run.expected("a section's name", first);
    return undefined;
  }
  if (tokens.kind[first] === Token.string) {
    const bytes = stringAt(run, first);
    return bytes === undefined ? undefined : { name: decodeUtf8(bytes), next: first + 1 };
  }
  let next = first;
  while (next < tokens.count && !tokens.is(next, comma) && tokens.kind[next] !== Token.string) {
    if (next > first && tokens.start[next] !== tokens.end[next - 1]) break;
    next++;
  }
  if (next === first) {
    run.expected("a section's name", first);
    return undefined;
  }
  return { name: decodeUtf8(run.source.text.subarray(tokens.start[first], tokens.end[next - 1])), next };
}

function flagsOf(run: Run, token: number): { readonly flags: SectionFlags; readonly marks: string } | undefined {
  const bytes = stringAt(run, token);
  if (bytes === undefined) return undefined;
  const text = decodeUtf8(bytes);
  // Letters, and a number as what the file has.
  const [, words = "", number = ""] = /^(\D*)(0x[\da-f]{1,8}|\d{0,10})/i.exec(text)!;
  const { flags: numbered, rest } = flagsOfBits(BigInt(number));
  const odd = text.slice(words.length + number.length) || (rest > 0n ? `0x${rest.toString(16)}` : "");
  if (odd !== "") {
    run.errorAt("asm-section-flag", { letter: odd, known }, token);
    return undefined;
  }
  const flags: { -readonly [Flag in keyof SectionFlags]: boolean } = { ...numbered };
  let marks = "";
  for (const letter of words) {
    const flag = letters.get(letter);
    if (flag !== undefined) {
      flags[flag] = true;
    } else if (others.includes(letter)) {
      marks += letter;
    } else {
      run.errorAt("asm-section-flag", { letter, known }, token);
      return undefined;
    }
  }
  return { flags, marks };
}

/** `@type`; the mark may be `%` or missing, the type a number or a string. */
function typeAt(run: Run, token: number): { readonly type: SectionType; readonly next: number } | undefined {
  const { tokens } = run;
  const marked = tokens.is(token, at) || tokens.is(token, percent) ? token + 1 : token;
  if (tokens.kind[marked] === Token.number && marked < tokens.count) {
    return { type: tokens.value[marked]!, next: marked + 1 };
  }
  let word = "";
  if (tokens.kind[marked] === Token.word && marked < tokens.count) {
    word = run.interner.names[tokens.value[marked]!]!;
  } else if (tokens.kind[marked] === Token.string && marked < tokens.count) {
    const bytes = stringAt(run, marked);
    if (bytes === undefined) return undefined;
    word = decodeUtf8(bytes);
  }
  if (types.includes(word)) return { type: word as SectionType, next: marked + 1 };
  run.expected(types.map((each) => `\`@${each}\``).join(", "), marked);
  return undefined;
}

/** `, NAME[, comdat]` */
function groupAt(run: Run, token: number): { readonly group: AsmGroup; readonly next: number } | undefined {
  const { tokens, interner } = run;
  if (!tokens.is(token, comma)) {
    run.expected("`,` and the name of the group, for the flag G", token);
    return undefined;
  }
  const name = tokens.kind[token + 1] === Token.string ? stringAt(run, token + 1) : undefined;
  if (name === undefined && run.name(token + 1) === undefined) return undefined;
  const word = name === undefined ? tokens.value[token + 1]! : interner.word(decodeUtf8(name));
  const signature = run.symbols.get(word, tokens.start[token + 1]!);
  let next = token + 2;
  let comdat = false;
  if (tokens.is(next, comma) && tokens.kind[next + 1] === Token.word && next + 1 < tokens.count) {
    comdat = interner.names[tokens.value[next + 1]!] === "comdat";
    if (comdat) next += 2;
  }
  return { group: { signature, comdat }, next };
}

/** `, SYMBOL`: in the section that this one accompanies; `, 0` is none. */
function linkedAt(
  run: Run,
  token: number,
): { readonly linked: AsmSymbol | undefined; readonly next: number } | undefined {
  const { tokens } = run;
  if (!tokens.is(token, comma)) {
    run.expected("`,` and a symbol of the section to go with, for the flag o", token);
    return undefined;
  }
  if (tokens.kind[token + 1] === Token.number && tokens.value[token + 1] === 0) {
    return { linked: undefined, next: token + 2 };
  }
  if (run.name(token + 1) === undefined) return undefined;
  return { linked: run.symbols.get(tokens.value[token + 1]!, tokens.start[token + 1]!), next: token + 2 };
}

function uniqueAt(run: Run, token: number): { readonly value: number; readonly next: number } {
  const { tokens, interner } = run;
  const word = tokens.kind[token + 1] === Token.word ? interner.names[tokens.value[token + 1]!] : undefined;
  if (word !== "unique" || token + 1 >= tokens.count || !tokens.is(token + 2, comma)) {
    run.expected("`unique`, `,` and a number", token + 1);
    return { value: Number.NaN, next: token };
  }
  return run.constant(token + 3, "a section's number", 0, 2 ** 32 - 2);
}

/** What follows a section's name from token `next` on, up to the end of the statement; undefined after an error. */
export function sectionOperands(run: Run, name: string, first: number): SectionOperands | undefined {
  const { tokens } = run;
  let next = first;
  const plain = {
    name,
    flags: undefined,
    type: undefined,
    entsize: 0,
    group: undefined,
    linked: undefined,
    unique: -1,
  };
  if (!tokens.is(next, comma)) return run.ends(next) ? plain : undefined;
  const given = flagsOf(run, next + 1);
  if (given === undefined) return undefined;
  const { flags, marks } = given;
  next += 2;
  let type: SectionType | undefined;
  let entsize = 0;
  let group: AsmGroup | undefined = marks.includes("?") ? run.sections.current.group : undefined;
  let linked: AsmSymbol | undefined;
  let unique = -1;
  if (tokens.is(next, comma)) {
    const found = typeAt(run, next + 1);
    if (found === undefined) return undefined;
    ({ type, next } = found);
    if (flags.merge) {
      if (!tokens.is(next, comma)) {
        run.expected("`,` and the size of one entry, for the flag M", next);
        return undefined;
      }
      const size = run.constant(next + 1, "the size of one entry", 1, 2 ** 20);
      if (Number.isNaN(size.value)) return undefined;
      ({ value: entsize, next } = size);
    }
    if (marks.includes("G")) {
      const of = groupAt(run, next);
      if (of === undefined) return undefined;
      ({ group, next } = of);
    }
    if (marks.includes("o")) {
      const to = linkedAt(run, next);
      if (to === undefined) return undefined;
      ({ linked, next } = to);
    }
    if (tokens.is(next, comma)) {
      const number = uniqueAt(run, next);
      if (Number.isNaN(number.value)) return undefined;
      ({ value: unique, next } = number);
    }
  } else if (flags.merge || marks.includes("G") || marks.includes("o")) {
    run.expected("`,` and the section's type, for the flags M, G and o", next);
    return undefined;
  }
  return run.ends(next) ? { name, flags, type, entsize, group, linked, unique } : undefined;
}
