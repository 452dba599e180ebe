/** Remarks for listings: source lines, from `.BTF.ext` or DWARF, and CO-RE records. */
import type { BtfExtFacts } from "./btf-ext-facts.js";
import { coreWords } from "./btf-parts.js";
import type { Remarks } from "./annotated.js";

/** A line of source that instructions from `offset` on come from. */
export interface SourcePlace {
  /** In bytes from the start of the code section. */
  readonly offset: number;
  readonly file: string;
  /** From 1; 0 where the compiler names none. */
  readonly line: number;
  /** The line itself; undefined where it is not at hand. */
  readonly text: string | undefined;
}

export interface RemarkOptions {
  /** The text of source lines, objdump's `-S`. */
  readonly source?: boolean;
  /** Their files and numbers, objdump's `-l`. */
  readonly lineNumbers?: boolean;
  readonly coreRelos?: boolean;
}

function push(lines: Map<number, string[]>, offset: number, line: string): void {
  const known = lines.get(offset);
  if (known === undefined) lines.set(offset, [line]);
  else known.push(line);
}

function sourceLines(places: readonly SourcePlace[], options: RemarkOptions): Map<number, string[]> {
  const lines = new Map<number, string[]>();
  let last = "";
  for (const { offset, file, line, text } of places) {
    const here = `${file}:${line}`;
    if (line === 0 || here === last) continue;
    last = here;
    if (options.lineNumbers === true || text === undefined) push(lines, offset, `; ${here}`);
    if (options.source === true && text !== undefined) push(lines, offset, `; ${text}`);
  }
  return lines;
}

/** The remarks on each code section; `dwarf` has the places of sections that `.BTF.ext` says nothing of. */
export function remarksOf(
  ext: readonly BtfExtFacts[],
  dwarf: ReadonlyMap<string, readonly SourcePlace[]>,
  options: RemarkOptions,
): Map<string, Remarks> {
  const remarks = new Map<string, Remarks>();
  const wantsSource = options.source === true || options.lineNumbers === true;
  for (const section of new Set([...ext.map((each) => each.section), ...dwarf.keys()])) {
    const own = ext.find((each) => each.section === section);
    const places = own === undefined || own.lines.length === 0 ? dwarf.get(section) : own.lines;
    const below = new Map<number, string[]>();
    if (options.coreRelos === true) {
      for (const relo of own?.coreRelos ?? []) push(below, relo.offset, coreWords(relo));
    }
    remarks.set(section, { before: wantsSource ? sourceLines(places ?? [], options) : new Map(), below });
  }
  return remarks;
}
