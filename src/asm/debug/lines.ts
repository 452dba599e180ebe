/** The line table of a run: the files of `.file N` and the rows of `.loc`. */
import type { AsmSection } from "../types.js";

/** One row: the instructions from a place on come from a line of a file. */
export interface LineRow {
  /** As in `AsmSymbol`: the offset without gaps, and the gaps before it. */
  offset: number;
  after: number;
  /** Undefined where a sequence of rows may end. */
  readonly loc: Loc | undefined;
}

/** What `.loc` says. */
export interface Loc {
  readonly file: number;
  readonly line: number;
  readonly column: number;
  readonly statement: boolean;
  readonly basicBlock: boolean;
  readonly prologueEnd: boolean;
  readonly epilogueBegin: boolean;
  readonly isa: number;
  readonly discriminator: number;
}

/** What a row says before there was a `.loc`, as GNU as has it. */
const firstLoc: Loc = {
  file: 1,
  line: 1,
  column: 0,
  statement: true,
  basicBlock: false,
  prologueEnd: false,
  epilogueBegin: false,
  isa: 0,
  discriminator: 0,
};

export interface LineFile {
  readonly name: string;
  /** Index into `directories`. */
  readonly directory: number;
  readonly md5: bigint | undefined;
  readonly source: string | undefined;
}

function here(section: AsmSection, loc: Loc | undefined): LineRow {
  return { offset: section.size, after: section.gaps.length, loc };
}

export class Lines {
  /** 0 is the directory of the compilation: of `.file 0`, or nobody's. */
  readonly directories: string[] = [""];
  /** By number; a hole where none was named. */
  readonly files: (LineFile | undefined)[] = [];
  /** DWARF 5 has a file 0; `.file 0` and checksums ask for it. */
  version: 4 | 5 = 4;
  /** A `.loc` whose instruction has not come yet. */
  pending: Loc | undefined;
  /** Sections with rows, in the order of their first. */
  readonly sections: AsmSection[] = [];
  #section: AsmSection | undefined;
  /** Where the last row went. */
  #filled: AsmSection | undefined;
  /** What the last `.loc` said; what of it is for one row alone goes with that. */
  #current: Loc = firstLoc;
  /** Is each label a row? */
  marksLabels = false;
  /** Does a statement go on until `.loc … is_stmt 0`? */
  statement = true;

  /** Adds file `number`; false when there is one already. */
  add(number: number, directory: string, name: string, md5: bigint | undefined, source: string | undefined): boolean {
    if (this.files[number] !== undefined) return false;
    if (number === 0) this.directories[0] = directory;
    if (number === 0 || md5 !== undefined) this.version = 5;
    let [folder, base] = [directory, name];
    const slash = name.lastIndexOf("/");
    if (directory === "" && slash >= 0 && slash + 1 < name.length) {
      folder = slash === 0 ? "/" : name.slice(0, slash);
      base = name.slice(slash + 1);
    }
    const isHome = number === 0 || folder === "" || folder === this.directories[0];
    this.files[number] = { name: base, directory: isHome ? 0 : this.#directory(folder), md5, source };
    return true;
  }

  #directory(folder: string): number {
    const known = this.directories.indexOf(folder, 1);
    return known > 0 ? known : this.directories.push(folder) - 1;
  }

  /** `loc` is for what comes next in `section`, if anything does. */
  expect(loc: Loc, section: AsmSection): void {
    this.take(section);
    this.pending = loc;
    this.#current = loc;
    this.#section = section;
  }

  /** What comes next in `section` belongs to the pending row. */
  take(section: AsmSection): void {
    const loc = this.pending;
    this.pending = undefined;
    if (loc === undefined || section !== this.#section) return;
    this.#put(loc, section);
  }

  /** A label of `section` begins a block: a row of its own. */
  mark(section: AsmSection): void {
    if (!section.flags.exec || this.files.length === 0) return;
    this.pending = undefined;
    this.#put({ ...this.#current, basicBlock: true }, section);
  }

  #put(loc: Loc, section: AsmSection): void {
    this.#current = { ...loc, basicBlock: false, prologueEnd: false, epilogueBegin: false, discriminator: 0 };
    const last = this.#filled;
    if (last !== undefined && last !== section) last.lines.push(here(last, undefined));
    this.#filled = section;
    if (section.lines.length === 0) this.sections.push(section);
    section.lines.push(here(section, loc));
  }
}
