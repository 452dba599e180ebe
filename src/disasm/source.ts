/**
 * An Object as assembler source that assembles to the same sections, symbols and references: what `--symbolize` prints.
 * Jumps go to local labels, relocated operands are names, data are bytes and strings.
 */
import { decodeUtf8 } from "../bytes/index.js";
import { decodeSlot, helperName, insnTable, newSlot, opcodes, type Dialect } from "../isa/index.js";
import { patchesInsn, relocTable, type ObjectFile, type ObjectSymbol, type Relocation } from "../object/index.js";
import type { RelocField, Section, SectionFlags } from "../object/index.js";
import { dataDirective, operandField, truncatedNote } from "./disassemble.js";
import { formatInsn } from "./format-insn.js";
import { explainSlot, goes, secondSlot, targetOf } from "./scan.js";
import { datumSize, scansOf, SourceLabels, type Scans } from "./source-labels.js";

export interface SourceOptions {
  /** The syntax of the instructions; pseudo-C unless given. Kernel text has each instruction's number and opcode before it. */
  readonly dialect?: Dialect;
}

const flagLetters: readonly (readonly [keyof SectionFlags, string])[] = [
  ["alloc", "a"],
  ["exclude", "e"],
  ["write", "w"],
  ["exec", "x"],
  ["merge", "M"],
  ["strings", "S"],
  ["tls", "T"],
  ["retain", "R"],
];

const dataDirectives: Readonly<Partial<Record<RelocField, string>>> = {
  data8: ".byte",
  data16: ".2byte",
  data32: ".4byte",
  data64: ".8byte",
};

const isPrintable = (byte: number): boolean => byte >= 0x20 && byte < 0x7f;

/** Bytes of data in one line. */
const perLine = 16;

class SourceWriter {
  readonly #object: ObjectFile;
  readonly #dialect: Dialect;
  readonly #scans: Scans;
  readonly #labels: SourceLabels;
  readonly #lines: string[] = [];
  /** The named symbols of each section. */
  readonly #homes: readonly number[][];
  /** Of the section being written: its labels by offset. */
  #heads = new Map<number, string[]>();

  constructor(object: ObjectFile, dialect: Dialect) {
    this.#object = object;
    this.#dialect = dialect;
    this.#scans = scansOf(object);
    this.#labels = new SourceLabels(object, this.#scans);
    this.#homes = object.sections.map(() => []);
    object.symbols.forEach(({ home, type }, index) => {
      if (home.kind === "section" && type !== "section" && type !== "file") this.#homes[home.section]?.push(index);
    });
  }

  #offset(symbol: number): number {
    const { home } = this.#object.symbols[symbol]!;
    return home.kind === "section" ? home.offset : 0;
  }

  #say(text: string, comment?: string): void {
    const gnu = this.#dialect === "gnu";
    const note = comment === undefined ? "" : gnu ? `\t/* ${comment} */` : `\t# ${comment}`;
    this.#lines.push(`\t${text}${note}`);
  }

  write(): string {
    // Detection cannot tell these where the first instruction does not.
    if (this.#dialect !== "pseudoc" && this.#dialect !== "gnu") this.#say(`.syntax ${this.#dialect}`);
    this.#object.symbols.forEach((symbol, index) => {
      if (symbol.type === "file") this.#say(`.file ${JSON.stringify(symbol.name)}`);
      else if (symbol.home.kind !== "section") this.#loose(symbol, index, symbol.home);
    });
    this.#object.sections.forEach((section, index) => this.#section(section, index));
    this.#addressSignificant();
    return `${this.#lines.join("\n")}\n`;
  }

  #addressSignificant(): void {
    const { addressSignificant, symbols } = this.#object;
    if (addressSignificant === undefined) return;
    this.#lines.push("");
    this.#say(".addrsig");
    for (const index of addressSignificant)
      if (symbols[index]!.type !== "section") this.#say(`.addrsig_sym ${this.#labels.symbol(index)}`);
  }

  /** A symbol that is in no section. */
  #loose({ size, binding, type }: ObjectSymbol, index: number, home: ObjectSymbol["home"]): void {
    const name = this.#labels.symbol(index);
    if (name === "") return;
    if (home.kind === "common") {
      if (binding === "local") this.#say(`.local ${name}`);
      this.#say(`.comm ${name},${size},${home.align}`);
    } else if (home.kind === "absolute") {
      this.#say(`.set ${name}, ${home.value}`);
    }
    this.#attributes(index, home.kind === "common" || type === "notype");
  }

  /** Binding, visibility, type and size. */
  #attributes(index: number, isTyped: boolean): void {
    const { binding, visibility, type, size, home } = this.#object.symbols[index]!;
    const name = this.#labels.symbol(index);
    if (binding === "weak") this.#say(`.weak ${name}`);
    if (binding === "global" && home.kind !== "common") this.#say(`.globl ${name}`);
    if (visibility !== "default") this.#say(`.${visibility} ${name}`);
    if (!isTyped) {
      const word = type === "func" ? "function" : type === "tls" ? "tls_object" : type === "object" ? type : "notype";
      this.#say(`.type ${name},@${word}`);
    }
    if (size > 0 && home.kind === "section") this.#say(`.size ${name}, ${size}`);
  }

  #section(section: Section, index: number): void {
    const { name, flags, type, align, entsize, size } = section;
    this.#lines.push("");
    const letters = flagLetters.map(([flag, letter]) => (flags[flag] ? letter : "")).join("");
    const kind = typeof type === "number" ? `0x${type.toString(16)}` : type;
    const shownName = /^[\w.$]+$/.test(name) ? name : JSON.stringify(name);
    const note = section.group >= 0 ? "its group is left out" : undefined;
    this.#say(`.section ${shownName},"${letters}",@${kind}${flags.merge ? `,${entsize}` : ""}`, note);
    if (align > 1) this.#say(`.balign ${align}`);
    for (const symbol of this.#homes[index]!) this.#attributes(symbol, this.#object.symbols[symbol]!.type === "notype");
    this.#heads = this.#headsOf(index);
    const rows = this.#scans[index];
    if (rows === undefined) this.#data(section, this.#stops(section));
    else this.#code(section, index, rows);
    this.#labelsAt(size);
    for (const symbol of this.#homes[index]!) {
      const offset = this.#offset(symbol);
      if (this.#labels.canLabel(index, offset)) continue;
      this.#say(`.set ${this.#labels.symbol(symbol)}, ${this.#labels.local(index, 0)!}+${offset}`);
    }
  }

  #headsOf(index: number): Map<number, string[]> {
    const heads = new Map<number, string[]>();
    const add = (offset: number, name: string): void => {
      const known = heads.get(offset);
      if (known === undefined) heads.set(offset, [name]);
      else known.push(name);
    };
    for (const offset of this.#labels.offsets(index)) add(offset, this.#labels.local(index, offset)!);
    for (const symbol of this.#homes[index]!) {
      const offset = this.#offset(symbol);
      if (this.#labels.canLabel(index, offset)) add(offset, this.#labels.symbol(symbol));
    }
    return heads;
  }

  #labelsAt(offset: number): void {
    for (const name of this.#heads.get(offset) ?? []) this.#lines.push(`${name}:`);
  }

  #code(section: Section, index: number, rows: Int16Array): void {
    const { data, relocations } = section;
    const { endian } = this.#object;
    const slot = newSlot();
    const second = newSlot();
    let next = 0;
    for (let i = 0; i < rows.length; i++) {
      const address = i * opcodes.SLOT;
      const size = rows[i + 1] === secondSlot ? 2 * opcodes.SLOT : opcodes.SLOT;
      decodeSlot(data, address, endian, slot);
      const row = rows[i]!;
      const patches: Relocation[] = [];
      while (next < relocations.length && relocations[next]!.offset < address + size)
        patches.push(relocations[next++]!);
      if (row < 0 || patches.some(({ kind }) => !patchesInsn(kind))) {
        if (patches.length > 0) this.#data(section, [address, address + size]);
        else {
          this.#labelsAt(address);
          this.#say(dataDirective(this.#object, data.subarray(address, address + size)), explainSlot(slot, false));
        }
      } else {
        this.#labelsAt(address);
        if (size > opcodes.SLOT) decodeSlot(data, address + opcodes.SLOT, endian, second);
        const names = this.#operands(index, row, patches, targetOf(row, slot, i));
        const helper = insnTable[row]!.op === "call" && names.imm === undefined ? helperName(slot.imm) : undefined;
        const text = formatInsn(row, slot, second.imm, this.#dialect, names);
        if (this.#dialect === "kernel") this.#say(`${i}: (${slot.opcode.toString(16).padStart(2, "0")}) ${text}`);
        else this.#say(text, helper);
      }
      if (size > opcodes.SLOT) i++;
    }
    const whole = rows.length * opcodes.SLOT;
    if (whole === data.length) return;
    this.#labelsAt(whole);
    this.#say(dataDirective(this.#object, data.subarray(whole)), truncatedNote);
  }

  #operands(
    index: number,
    row: number,
    patches: readonly Relocation[],
    target: number,
  ): { off?: string; imm?: string } {
    const names: { off?: string; imm?: string } = {};
    const local = this.#labels.local(index, target * opcodes.SLOT);
    if (local !== undefined && goes(row)) names[insnTable[row]!.off === "jump" ? "off" : "imm"] = local;
    for (const patch of patches) names[operandField(patch)] = this.#labels.operand(patch);
    return names;
  }

  /** The offsets where a line of data must end: labels and relocated places. */
  #stops({ size, relocations }: Section): number[] {
    const stops = new Set([0, size, ...this.#heads.keys()]);
    for (const relocation of relocations) {
      stops.add(relocation.offset);
      stops.add(relocation.offset + datumSize(relocation));
    }
    return [...stops].toSorted((a, b) => a - b).filter((stop) => stop <= size);
  }

  #data({ data, type, relocations }: Section, stops: readonly number[]): void {
    const patches = new Map(relocations.map((relocation) => [relocation.offset, relocation]));
    for (let i = 0; i + 1 < stops.length; i++) {
      const start = stops[i]!;
      const end = stops[i + 1]!;
      this.#labelsAt(start);
      const patch = patches.get(start);
      const directive = patch === undefined ? undefined : dataDirectives[relocTable[patch.kind].field];
      if (directive !== undefined) {
        const distance = relocTable[patch!.kind].value === "S+A-P" ? "-." : "";
        this.#say(`${directive} ${this.#labels.operand(patch!)}${distance}`);
      } else if (type === "nobits") this.#say(`.zero ${end - start}`);
      else this.#bytes(data.subarray(start, end));
    }
  }

  #bytes(bytes: Uint8Array): void {
    if (bytes.length > 8 && bytes.every((byte) => byte === 0)) return this.#say(`.zero ${bytes.length}`);
    // A string, and the zeros that fill its array.
    const end = bytes.indexOf(0);
    const text = bytes.subarray(0, Math.max(0, end));
    if (text.length > 0 && text.every(isPrintable) && bytes.subarray(end).every((byte) => byte === 0)) {
      this.#say(`.asciz "${decodeUtf8(text).replace(/["\\]/g, "\\$&")}"`);
      if (end + 1 < bytes.length) this.#say(`.zero ${bytes.length - end - 1}`);
      return;
    }
    for (let at = 0; at < bytes.length; at += perLine) {
      const line = Array.from(bytes.subarray(at, at + perLine), (byte) => `0x${byte.toString(16).padStart(2, "0")}`);
      this.#say(`.byte ${line.join(",")}`);
    }
  }
}

/** `object` as assembler source. A comment tells what no directive states and is left out (groups). */
export function formatSource(object: ObjectFile, options: SourceOptions = {}): string {
  return new SourceWriter(object, options.dialect ?? "pseudoc").write();
}
