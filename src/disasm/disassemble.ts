/**
 * An Object's code as facts: for each code section the labels and, slot by slot, instructions and what is none. Plain data,
 * for `--json` and for programs; `print.ts` writes the same as text without making these records.
 */
import { toHex } from "../bytes/index.js";
import { decodeSlot, helperName, insnTable, newSlot, opcodes, type Dialect } from "../isa/index.js";
import { patchesInsn, type ObjectFile, type Relocation, type RelocKind, type Section } from "../object/index.js";
import { formatInsn } from "./format-insn.js";
import { labelsOf, placeName, relocationMeaning, relocationName, relocationOperand, type Label } from "./places.js";
import { partOf, type PartOptions } from "./part.js";
import { explainSlot, goes, scanCode, secondSlot, targetOf, unknownSlot } from "./scan.js";

export interface DisassembleOptions extends PartOptions {
  /** The syntax of the text; pseudo-C unless given. */
  readonly dialect?: Dialect;
  /** Sections to show, by name; all code sections unless given. */
  readonly sections?: readonly string[];
  /** Take every section that has bytes for code. */
  readonly all?: boolean;
}

export interface RelocationFacts {
  /** In bytes from the section's start. */
  readonly offset: number;
  /** The psABI's name of the number, or bpfkit's of the kind. */
  readonly name: string;
  readonly kind: RelocKind;
  /** `map`, `call`, `address`, … */
  readonly meaning: string;
  /** The symbol and addend referred to, as an operand. */
  readonly target: string;
}

/** Where a jump or call goes. */
export interface TargetFacts {
  /** In bytes from the start of its section; undefined where another object holds the target. */
  readonly address: number | undefined;
  /** `name` or `name+0x10`. */
  readonly name: string;
}

export interface InsnItem {
  readonly kind: "insn";
  /** In bytes from the section's start. */
  readonly address: number;
  /** Hex, as in the file: 8 or 16 bytes. */
  readonly bytes: string;
  /** The row of the instruction table. */
  readonly name: string;
  readonly text: string;
  readonly target: TargetFacts | undefined;
  /** The name of the helper a call with its number calls. */
  readonly helper: string | undefined;
  readonly relocations: readonly RelocationFacts[];
}

/** Bytes in a code section that are no instruction: a slot, or fewer bytes at the end. */
export interface DataItem {
  readonly kind: "data";
  readonly address: number;
  readonly bytes: string;
  /** A directive: `.8byte 0x…`, or `.byte …` for less than a slot. */
  readonly text: string;
  readonly explanation: string;
  readonly relocations: readonly RelocationFacts[];
}

export interface SectionListing {
  readonly section: string;
  /** In bytes. */
  readonly size: number;
  readonly labels: readonly Label[];
  readonly items: readonly (InsnItem | DataItem)[];
}

/** The sections that `options` ask for, with their index. */
export function listedSections(object: ObjectFile, options: DisassembleOptions): readonly [number, Section][] {
  return [...object.sections.entries()].filter(([, { name, flags, data, type }]) => {
    if (options.sections !== undefined && !options.sections.includes(name)) return false;
    if (type === "nobits" || data.length === 0) return false;
    return flags.exec || options.all === true || options.sections !== undefined;
  });
}

/** `.8byte 0x…` of one slot, `.byte 0x…, …` of fewer bytes. */
export function dataDirective(object: ObjectFile, bytes: Uint8Array): string {
  if (bytes.length === opcodes.SLOT) {
    return `.8byte 0x${toHex(object.endian === "big" ? bytes : bytes.toReversed())}`;
  }
  return `.byte ${Array.from(bytes, (byte) => `0x${byte.toString(16).padStart(2, "0")}`).join(", ")}`;
}

export const truncatedNote = "the code ends within an instruction";

class Lister {
  readonly #object: ObjectFile;
  readonly #labels: readonly (readonly Label[])[];
  readonly #dialect: Dialect;

  constructor(object: ObjectFile, dialect: Dialect) {
    this.#object = object;
    this.#labels = labelsOf(object);
    this.#dialect = dialect;
  }

  #facts(relocation: Relocation): RelocationFacts {
    const { offset, kind } = relocation;
    return {
      offset,
      kind,
      name: relocationName(kind, patchesInsn(kind) ? "code" : "data", this.#object.origin?.dialect),
      meaning: relocationMeaning(kind),
      target: relocationOperand(this.#object, this.#labels, relocation),
    };
  }

  #target(index: number, relocation: Relocation | undefined, slot: number): TargetFacts | undefined {
    const { sections, symbols } = this.#object;
    if (relocation === undefined) {
      const address = slot * opcodes.SLOT;
      return { address, name: placeName(this.#labels[index]!, sections[index]!.name, address) };
    }
    const home = symbols[relocation.symbol]?.home;
    return {
      address: home?.kind === "section" ? home.offset + Number(relocation.addend) : undefined,
      name: relocationOperand(this.#object, this.#labels, relocation),
    };
  }

  section(index: number, { name, data, relocations }: Section): SectionListing {
    const { endian } = this.#object;
    const rows = scanCode(data, endian);
    const items: (InsnItem | DataItem)[] = [];
    const slot = newSlot();
    const high = newSlot();
    let next = 0;
    const take = (end: number): RelocationFacts[] => {
      const taken: RelocationFacts[] = [];
      while (next < relocations.length && relocations[next]!.offset < end)
        taken.push(this.#facts(relocations[next++]!));
      return taken;
    };
    for (let i = 0; i < rows.length; i++) {
      const row = rows[i]!;
      const address = i * opcodes.SLOT;
      decodeSlot(data, address, endian, slot);
      const size = rows[i + 1] === secondSlot ? 2 * opcodes.SLOT : opcodes.SLOT;
      const bytes = data.subarray(address, address + size);
      const patch = patchAt(relocations, next, address);
      if (row === unknownSlot) {
        items.push({
          kind: "data",
          address,
          bytes: toHex(bytes),
          text: dataDirective(this.#object, bytes),
          explanation: explainSlot(slot, i + 1 === rows.length),
          relocations: take(address + size),
        });
        continue;
      }
      if (size > opcodes.SLOT) decodeSlot(data, address + opcodes.SLOT, endian, high);
      const insn = insnTable[row]!;
      const operand = patch === undefined ? undefined : relocationOperand(this.#object, this.#labels, patch);
      const names = operand === undefined ? {} : { [operandField(patch!)]: operand };
      items.push({
        kind: "insn",
        address,
        bytes: toHex(bytes),
        name: insn.name,
        text: formatInsn(row, slot, high.imm, this.#dialect, names),
        target: goes(row) ? this.#target(index, patch, targetOf(row, slot, i)) : undefined,
        helper: insn.op === "call" && patch === undefined ? helperName(slot.imm) : undefined,
        relocations: take(address + size),
      });
      if (size > opcodes.SLOT) i++;
    }
    const rest = rows.length * opcodes.SLOT;
    if (rest < data.length) {
      const bytes = data.subarray(rest);
      items.push({
        kind: "data",
        address: rest,
        bytes: toHex(bytes),
        text: dataDirective(this.#object, bytes),
        explanation: truncatedNote,
        relocations: take(Infinity),
      });
    }
    return { section: name, size: data.length, labels: this.#labels[index]!, items };
  }
}

/** The field of the instruction whose number a relocation replaces. */
export function operandField({ kind }: Relocation): "off" | "imm" {
  return kind === "abs_off16" || kind === "branch_off16" ? "off" : "imm";
}

/** The relocation, number `next` or later, that patches the instruction at `address`. */
export function patchAt(relocations: readonly Relocation[], next: number, address: number): Relocation | undefined {
  while (next < relocations.length && relocations[next]!.offset < address) next++;
  const found = relocations[next];
  return found?.offset === address && patchesInsn(found.kind) ? found : undefined;
}

/**
 * The code of `object` as facts, section by section; of a part, sections that are in it. Never fails: what is no instruction is
 * told as data.
 */
export function disassemble(object: ObjectFile, options: DisassembleOptions = {}): readonly SectionListing[] {
  const lister = new Lister(object, options.dialect ?? "pseudoc");
  return listedSections(object, options).flatMap(([index, section]) => {
    const listing = lister.section(index, section);
    const isMeant = partOf(object, index, options);
    if (isMeant === undefined) return [listing];
    const items = listing.items.filter(({ address }) => isMeant(address));
    return items.length === 0 ? [] : [{ ...listing, items }];
  });
}
