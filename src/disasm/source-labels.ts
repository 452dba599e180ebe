/**
 * Names for assembler source made from an Object: each symbol's name, unique, and local labels (`.L3`) at the places that
 * jumps and references to sections go to.
 */
import { decodeSlot, newSlot, opcodes } from "../isa/index.js";
import { firstAt, relocTable, type ObjectFile, type Relocation, type Section } from "../object/index.js";
import { plusAddend } from "./places.js";
import { scanCode, secondSlot, targetOf } from "./scan.js";

const plainName = /^[A-Za-z_.$][\w.$]*$/;

/** The sections' scans where they hold code, else undefined. */
export type Scans = readonly (Int16Array | undefined)[];

export function scansOf(object: ObjectFile): Scans {
  return object.sections.map(({ flags, data, type }) =>
    flags.exec && type !== "nobits" ? scanCode(data, object.endian) : undefined,
  );
}

/** Bytes of the datum a relocation patches; 0 for instructions. */
export function datumSize({ kind }: Relocation): number {
  const { field } = relocTable[kind];
  return field.startsWith("data") ? Number(field.slice(4)) / 8 : 0;
}

export class SourceLabels {
  readonly #object: ObjectFile;
  readonly #scans: Scans;
  /** Each symbol's name in the source. Local symbols of one file may share a name; the source's may not. */
  readonly #names: readonly string[];
  /** Names of local symbols by `section+offset`. */
  readonly #named = new Map<string, string>();
  /** Local labels by section and offset. */
  readonly #local: readonly Map<number, string>[];

  constructor(object: ObjectFile, scans: Scans) {
    this.#object = object;
    this.#scans = scans;
    const taken = new Set<string>();
    this.#names = object.symbols.map(({ name }) => {
      let free = name;
      for (let copy = 1; taken.has(free); copy++) free = `${name}.${copy}`;
      if (name !== "") taken.add(free);
      return free === "" || plainName.test(free) ? free : JSON.stringify(free);
    });
    object.symbols.forEach(({ home, type, binding, name }, index) => {
      if (home.kind !== "section" || type === "section" || binding !== "local" || name === "") return;
      this.#named.set(`${home.section}+${home.offset}`, this.#names[index]!);
    });
    const prefix = object.symbols.some(({ name }) => /^\.L\d/.test(name)) ? ".LL" : ".L";
    const wanted = object.sections.map(() => new Set<number>());
    object.sections.forEach((section, index) => this.#want(section, index, wanted));
    let count = 0;
    this.#local = wanted.map(
      (offsets) => new Map([...offsets].toSorted((a, b) => a - b).map((offset) => [offset, `${prefix}${++count}`])),
    );
  }

  /** Notes the places that `section` refers to without a name. */
  #want(section: Section, index: number, wanted: readonly Set<number>[]): void {
    const rows = this.#scans[index];
    const slot = newSlot();
    for (let i = 0; i < (rows?.length ?? 0); i++) {
      const row = rows![i]!;
      if (row < 0) continue;
      const target = targetOf(row, decodeSlot(section.data, i * opcodes.SLOT, this.#object.endian, slot), i);
      if (target >= 0 && this.canLabel(index, target * opcodes.SLOT)) wanted[index]!.add(target * opcodes.SLOT);
    }
    for (const relocation of section.relocations) {
      const place = this.#place(relocation);
      if (place !== undefined)
        wanted[place.section]!.add(this.canLabel(place.section, place.offset) ? place.offset : 0);
    }
    // A symbol within an instruction is stated as a distance from the section's start.
    this.#object.symbols.forEach(({ home, type }) => {
      if (home.kind !== "section" || home.section !== index || type === "section") return;
      if (!this.canLabel(index, home.offset)) wanted[index]!.add(0);
    });
  }

  /** The place a relocation against a section symbol refers to. */
  #place({ symbol, addend }: Relocation): { readonly section: number; readonly offset: number } | undefined {
    const target = this.#object.symbols[symbol];
    if (target?.type !== "section" || target.home.kind !== "section") return undefined;
    return { section: target.home.section, offset: target.home.offset + Number(addend) };
  }

  /** Can a label stand there: in code before an instruction or at the end, in data not within a relocated datum. */
  canLabel(index: number, offset: number): boolean {
    const { size, relocations } = this.#object.sections[index]!;
    if (offset < 0 || offset > size) return false;
    const rows = this.#scans[index];
    if (rows !== undefined) {
      return offset === size || (offset % opcodes.SLOT === 0 && rows[offset / opcodes.SLOT] !== secondSlot);
    }
    const before = relocations[firstAt(relocations, offset) - 1];
    return before === undefined || before.offset + datumSize(before) <= offset;
  }

  symbol(index: number): string {
    return this.#names[index]!;
  }

  /** The local label of a place, if there is one. */
  local(section: number, offset: number): string | undefined {
    return this.#local[section]!.get(offset);
  }

  /**
   * The named local symbol at a place in data. LLVM tells a `.4byte` of a name from one of a label (R_BPF_64_NODYLD32 for
   * names in writable sections, for labels in code), so data are referred to by name.
   */
  #namedData(section: number, offset: number): string | undefined {
    if (this.#scans[section] !== undefined) return undefined;
    return this.#named.get(`${section}+${offset}`);
  }

  /** The offsets of the local labels of a section. */
  offsets(section: number): Iterable<number> {
    return this.#local[section]!.keys();
  }

  /** The operand that a relocation stands for. */
  operand(relocation: Relocation): string {
    const place = this.#place(relocation);
    if (place === undefined) return plusAddend(this.symbol(relocation.symbol), relocation.addend);
    const exact = this.#namedData(place.section, place.offset) ?? this.local(place.section, place.offset);
    return exact ?? plusAddend(this.local(place.section, 0)!, BigInt(place.offset));
  }
}
