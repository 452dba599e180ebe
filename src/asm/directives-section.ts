/** Directives that choose the section being filled. */
import { decodeUtf8 } from "../bytes/index.js";
import { noFlags, type SectionFlags, type SectionType } from "../object/index.js";
import { stringAt } from "./directives-data.js";
import type { Run } from "./run.js";
import { comma } from "./scan.js";
import { sameFlags } from "./sections.js";
import { packed, Token } from "./tokens.js";
import type { AsmSection } from "./types.js";

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

const types: readonly string[] = ["progbits", "nobits", "note", "init_array", "fini_array", "preinit_array"];

const at = packed("@");
const percent = packed("%");

/** A section's name: a string, or what stands up to the next comma or blank, dashes and slashes included. */
export function sectionName(run: Run): { readonly name: string; readonly next: number } | undefined {
  const { tokens } = run;
  if (tokens.count < 2) {
    run.expected("a section's name", 1);
    return undefined;
  }
  if (tokens.kind[1] === Token.string) {
    const bytes = stringAt(run, 1);
    return bytes === undefined ? undefined : { name: decodeUtf8(bytes), next: 2 };
  }
  let next = 1;
  while (next < tokens.count && !tokens.is(next, comma) && tokens.kind[next] !== Token.string) {
    if (next > 1 && tokens.start[next] !== tokens.end[next - 1]) break;
    next++;
  }
  if (next === 1) {
    run.expected("a section's name", 1);
    return undefined;
  }
  return { name: decodeUtf8(run.source.text.subarray(tokens.start[1], tokens.end[next - 1])), next };
}

function flagsOf(run: Run, token: number): SectionFlags | undefined {
  const bytes = stringAt(run, token);
  if (bytes === undefined) return undefined;
  const flags: { -readonly [Flag in keyof SectionFlags]: boolean } = { ...noFlags };
  for (const letter of decodeUtf8(bytes)) {
    const flag = letters.get(letter);
    if (flag === undefined) {
      run.errorAt("asm-section-flag", { letter, known: [...letters.keys()].join("") }, token);
      return undefined;
    }
    flags[flag] = true;
  }
  return flags;
}

/** `NAME[, "flags"[, @type[, entsize]]]` of the statement; undefined after an error. */
function sectionOf(run: Run): AsmSection | undefined {
  const { tokens, sections } = run;
  const named = sectionName(run);
  if (named === undefined) return undefined;
  const { name } = named;
  let { next } = named;
  let flags: SectionFlags | undefined;
  let type: SectionType | undefined;
  let entsize = 0;
  if (tokens.is(next, comma)) {
    flags = flagsOf(run, next + 1);
    if (flags === undefined) return undefined;
    next += 2;
  }
  if (flags !== undefined && tokens.is(next, comma)) {
    const marked = tokens.is(next + 1, at) || tokens.is(next + 1, percent) ? next + 2 : next + 1;
    if (tokens.kind[marked] === Token.number) {
      type = tokens.value[marked]!;
    } else {
      const word = tokens.kind[marked] === Token.word ? run.interner.names[tokens.value[marked]!]! : "";
      if (!types.includes(word)) {
        run.expected(types.map((each) => `\`@${each}\``).join(", "), marked);
        return undefined;
      }
      type = word as SectionType;
    }
    next = marked + 1;
    if (flags.merge) {
      if (!tokens.is(next, comma)) {
        run.expected("`,` and the size of one entry, for the flag M", next);
        return undefined;
      }
      const size = run.constant(next + 1, "the size of one entry", 1, 2 ** 20);
      if (Number.isNaN(size.value)) return undefined;
      ({ value: entsize, next } = size);
    }
  }
  if (!run.ends(next)) return undefined;
  const known = sections.find(name);
  if (known !== undefined && flags !== undefined && !sameFlags(known.flags, flags)) {
    run.errorAt("asm-section-changed", { name }, 1);
    return undefined;
  }
  return sections.open(name, flags, type, entsize);
}

export function section(run: Run): void {
  const chosen = sectionOf(run);
  if (chosen !== undefined) run.sections.change(chosen);
}

export function pushSection(run: Run): void {
  const chosen = sectionOf(run);
  if (chosen !== undefined) run.sections.push(chosen);
}

export function popSection(run: Run): void {
  if (run.ends(1) && !run.sections.pop())
    run.errorAt("asm-no-section", { what: ".popsection", missing: ".pushsection" }, 0);
}

export function previous(run: Run): void {
  if (run.ends(1) && !run.sections.swap()) run.errorAt("asm-no-section", { what: ".previous", missing: ".section" }, 0);
}

/** The number of a subsection at token `at`, 0 when there is none; NaN after an error. */
function partNumber(run: Run, at: number): number {
  if (at >= run.tokens.count) return 0;
  const given = run.constant(at, "a subsection's number", 0, 8192);
  return run.ends(given.next) ? given.value : Number.NaN;
}

/** `.text`, `.data`, `.bss`, each with the number of a subsection or without. */
export function standard(run: Run, name: string): void {
  const number = partNumber(run, 1);
  if (!Number.isNaN(number)) run.sections.change(run.sections.part(run.sections.open(name), number));
}

/** `.subsection NUMBER`: pieces of a section, put together in the order of their numbers. */
export function subsection(run: Run): void {
  const number = partNumber(run, 1);
  if (!Number.isNaN(number)) run.sections.change(run.sections.part(run.sections.current, number));
}
