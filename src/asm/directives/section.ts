/** Directives that choose the section being filled. */
import { maxBytes } from "../limits.js";
import type { Run } from "../run.js";
import { comma } from "../text/scan.js";
import { sectionName, sectionOperands } from "../output/section-operands.js";
import { defaults, sameFlags } from "../output/sections.js";
import { Token } from "../text/tokens.js";
import type { AsmSection, SectionOperands } from "../types.js";

/** What `operands` say and `known` has otherwise; undefined where they agree. */
function changed(
  known: Pick<AsmSection, "flags" | "type" | "entsize">,
  { flags, type, entsize }: SectionOperands,
): string | undefined {
  if (flags === undefined) return undefined;
  if (!sameFlags(known.flags, flags)) return "set of flags";
  if (type !== undefined && type !== known.type) return "type";
  return entsize !== 0 && entsize !== known.entsize ? "entry size" : undefined;
}

/** Sections that are what they are called, before anything is in them, too: GNU as and LLVM complain of others. */
const fixedNames: ReadonlySet<string> = new Set([".text", ".data", ".bss", ".rodata"]);

function isFixed({ name, group, linked, unique }: SectionOperands): boolean {
  return group === undefined && linked === undefined && unique < 0 && fixedNames.has(name);
}

/** The section that the statement names; undefined after an error. */
function sectionOf(run: Run): AsmSection | undefined {
  const { tokens, sections } = run;
  const named = sectionName(run, 1);
  if (named === undefined) return undefined;
  const { name, next } = named;
  // `.pushsection NAME, NUMBER`
  if (tokens.is(next, comma) && tokens.kind[next + 1] === Token.number && next + 1 < tokens.count) {
    const number = partNumber(run, next + 1);
    return Number.isNaN(number) ? undefined : sections.part(sections.open(name), number);
  }
  const operands = sectionOperands(run, name, next);
  if (operands === undefined) return undefined;
  const known = sections.findLike(operands);
  const fixed = known ?? (isFixed(operands) ? { ...defaults(name), entsize: 0 } : undefined);
  const what = fixed === undefined ? undefined : changed(fixed, operands);
  if (what === undefined) return known ?? sections.add(operands);
  run.errorAt("asm-section-changed", { name, what }, 1);
  return undefined;
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
  return Number.isNaN(given.value) || run.ends(given.next) ? given.value : Number.NaN;
}

/** `.struct NUMBER`, `.offset NUMBER`: labels and gaps that follow are places in a structure, no bytes. */
export function structure(run: Run): void {
  const start = run.tokens.count > 1 ? run.constant(1, "an offset", 0, maxBytes) : { value: 0, next: 1 };
  if (!Number.isNaN(start.value) && run.ends(start.next)) run.sections.change(run.sections.absolute(start.value));
}

/** `.attach_to_group NAME`: puts the section being filled into a group. */
export function attachToGroup(run: Run): void {
  const { tokens, sections, symbols } = run;
  if (run.name(1) === undefined) return;
  const section = sections.current.parent ?? sections.current;
  const comdat = tokens.is(2, comma) && tokens.kind[3] === Token.word && run.name(3) === "comdat";
  if (!run.ends(comdat ? 4 : 2)) return;
  const signature = symbols.get(tokens.value[1]!, tokens.start[1]!);
  if (section.group !== undefined && section.group.signature !== signature) {
    return run.errorAt("asm-section-changed", { name: section.name, what: "group" }, 1);
  }
  section.group ??= { signature, comdat };
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
