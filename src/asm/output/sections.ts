/** The sections of a run: which one is being filled, and the stack of `.pushsection`. */
import { alignUp } from "../../bytes/index.js";
import { noFlags, type SectionFlags, type SectionType } from "../../object/index.js";
import { pad } from "./layout.js";
import type { AsmSection, SectionOperands } from "../types.js";

const code: SectionFlags = { ...noFlags, alloc: true, exec: true };
const written: SectionFlags = { ...noFlags, alloc: true, write: true };
const read: SectionFlags = { ...noFlags, alloc: true };

const threads: SectionFlags = { ...written, tls: true };

/** What sections of these names, and of these with `.` and more behind, are where the directive does not say: as GNU as and LLVM have it. */
const usual: ReadonlyMap<string, readonly [SectionFlags, SectionType]> = new Map<string, [SectionFlags, SectionType]>([
  [".text", [code, "progbits"]],
  [".init", [code, "progbits"]],
  [".fini", [code, "progbits"]],
  [".bss", [written, "nobits"]],
  [".data", [written, "progbits"]],
  [".data1", [written, "progbits"]],
  [".rodata", [read, "progbits"]],
  [".rodata1", [read, "progbits"]],
  [".tdata", [threads, "progbits"]],
  [".tbss", [threads, "nobits"]],
  [".init_array", [written, "init_array"]],
  [".fini_array", [written, "fini_array"]],
  [".preinit_array", [written, "preinit_array"]],
]);

/** What a section is whose directive does not say. */
export function defaults(name: string): { flags: SectionFlags; type: SectionType } {
  const [base = name] = /^\.[^.]+/.exec(name) ?? [];
  const [flags, type] = usual.get(base) ?? [noFlags, "progbits"];
  if (name.startsWith(".note") && name !== ".note.GNU-stack") return { flags: noFlags, type: "note" };
  return { flags, type };
}

export function sameFlags(a: SectionFlags, b: SectionFlags): boolean {
  return (Object.keys(noFlags) as (keyof SectionFlags)[]).every((flag) => a[flag] === b[flag]);
}

function newSection(
  operands: Omit<SectionOperands, "unique">,
  parent: AsmSection | undefined,
  absolute = false,
): AsmSection {
  const { name, entsize, group, linked } = operands;
  const usual = defaults(name);
  return {
    name,
    flags: operands.flags ?? usual.flags,
    type: operands.type ?? usual.type,
    entsize,
    group,
    linked,
    absolute,
    align: 1,
    size: 0,
    data: new Uint8Array(0),
    fixups: [],
    gaps: [],
    lines: [],
    parent,
    parts: new Map(),
    places: [],
    layout: undefined,
    filled: [],
    measured: undefined,
    relocations: [],
    firstExit: -1,
    symbol: -1,
    index: -1,
  };
}

/** Fills `section` up to a multiple of its alignment. */
export function padEnd(section: AsmSection): void {
  const at = reserve(section, alignUp(section.size, section.align) - section.size);
  if (section.type !== "nobits") pad(section.data, at, section.size, section.flags.exec);
}

/** Puts the subsections of `section`, in the order of their numbers, behind what it has. */
export function join(section: AsmSection): void {
  const parts = [...section.parts].toSorted(([a], [b]) => a - b);
  for (const [, part] of parts) {
    const base = section.size;
    const gaps = section.gaps.length;
    reserve(section, part.size);
    if (section.type !== "nobits") section.data.set(part.data.subarray(0, part.size), base);
    for (const fixup of part.fixups) {
      fixup.offset += base;
      section.fixups.push(fixup);
    }
    for (const gap of part.gaps) {
      gap.at += base;
      section.gaps.push(gap);
    }
    for (const row of part.lines) {
      row.offset += base;
      row.after += gaps;
      section.lines.push(row);
    }
    for (const symbol of part.places) {
      symbol.section = section;
      symbol.offset += base;
      symbol.after += gaps;
    }
    section.align = Math.max(section.align, part.align);
    for (let i = 0; i < part.filled.length; i += 2)
      noteFilled(section, part.filled[i]! + base, part.filled[i + 1]! + base);
    if (section.firstExit < 0 && part.firstExit >= 0) section.firstExit = part.firstExit + base;
  }
  section.parts.clear();
}

/** The bytes of `section` from `start` up to `end` are no instructions. */
export function noteFilled({ filled }: AsmSection, start: number, end: number): void {
  if (start === end) return;
  if (filled.at(-1) === start) filled[filled.length - 1] = end;
  else filled.push(start, end);
}

/** Names of symbols and sections have no NUL. */
function keyOf({ name, group, linked, unique }: SectionOperands): string {
  if (group === undefined && linked === undefined && unique < 0) return name;
  return `${name}\0${group?.signature.name ?? ""}\0${linked?.name ?? ""}\0${unique}`;
}

export class Sections {
  readonly all: AsmSection[] = [];
  readonly #byKey: Map<string, AsmSection> = new Map();
  readonly #byName: Map<string, AsmSection> = new Map();
  #current: AsmSection | undefined;
  #previous: AsmSection | undefined;
  readonly #stack: (readonly [AsmSection, AsmSection | undefined])[] = [];

  /** The section being filled: `.text` until a directive says otherwise. */
  get current(): AsmSection {
    return (this.#current ??= this.open(".text"));
  }

  /** The section called `name` that is in no group and has no number. */
  find(name: string): AsmSection | undefined {
    return this.#byKey.get(name);
  }

  /** The first section of that name. */
  named(name: string): AsmSection | undefined {
    return this.#byName.get(name);
  }

  /** The section that `operands` mean, if it is there. */
  findLike(operands: SectionOperands): AsmSection | undefined {
    return this.#byKey.get(keyOf(operands));
  }

  /** A new section. */
  add(operands: SectionOperands): AsmSection {
    const section = newSection(operands, undefined);
    this.#byKey.set(keyOf(operands), section);
    if (!this.#byName.has(section.name)) this.#byName.set(section.name, section);
    this.all.push(section);
    return section;
  }

  /** The section called `name`, made with these properties when it is new. */
  open(name: string, flags?: SectionFlags, type?: SectionType, entsize = 0): AsmSection {
    const known = this.#byKey.get(name);
    if (known !== undefined) return known;
    return this.add({ name, flags, type, entsize, group: undefined, linked: undefined, unique: -1 });
  }

  /** Subsection `number` of `section`; 0 is the section itself. */
  part(section: AsmSection, number: number): AsmSection {
    const whole = section.parent ?? section;
    if (number === 0 || whole.absolute) return whole;
    let part = whole.parts.get(number);
    if (part === undefined) {
      part = newSection(whole, whole);
      whole.parts.set(number, part);
    }
    return part;
  }

  /** What `.struct` and `.offset` choose: a section whose labels are numbers, `start` the next. */
  absolute(start: number): AsmSection {
    const operands = { name: "*ABS*", flags: noFlags, entsize: 0, group: undefined, linked: undefined };
    const section = newSection({ ...operands, type: "nobits" }, undefined, true);
    section.size = start;
    return section;
  }

  change(section: AsmSection): void {
    this.#previous = this.current;
    this.#current = section;
  }

  push(section: AsmSection): void {
    this.#stack.push([this.current, this.#previous]);
    this.change(section);
  }

  /** False when nothing was pushed. */
  pop(): boolean {
    const top = this.#stack.pop();
    if (top === undefined) return false;
    [this.#current, this.#previous] = top;
    return true;
  }

  /** `.previous`; false when there is none. */
  swap(): boolean {
    if (this.#previous === undefined) return false;
    this.change(this.#previous);
    return true;
  }
}

/** Room for `size` more bytes, which are zero; returns their offset. */
export function reserve(section: AsmSection, size: number): number {
  const at = section.size;
  section.size = at + size;
  if (section.type !== "nobits" && section.size > section.data.length) {
    const grown = new Uint8Array(Math.max(section.size, section.data.length * 2, 256));
    grown.set(section.data);
    section.data = grown;
  }
  return at;
}
