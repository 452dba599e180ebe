/**
 * Listings as text, in the layout of `llvm-objdump -d`: written straight from the code, without a record an instruction.
 */
import { decodeUtf8 } from "../bytes/index.js";
import { decodeSlot, helperName, newSlot, opcodes, type Dialect, type Slot } from "../isa/index.js";
import { patchesInsn, type ObjectFile, type Relocation, type Section } from "../object/index.js";
import {
  dataDirective,
  listedSections,
  operandField,
  patchAt,
  truncatedNote,
  type DisassembleOptions,
} from "./disassemble.js";
import { putInsn } from "./format-insn.js";
import { labelsOf, placeName, relocationMeaning, relocationName, relocationOperand, type Label } from "./places.js";
import { explainSlot, goes, scanCode, secondSlot, targetOf, unknownSlot } from "./scan.js";
import { templatesOf, type Compiled } from "./template.js";
import { putHexBytes, TextBuffer } from "./text-buffer.js";

export interface PrintOptions extends DisassembleOptions {
  /** Show relocations below their instructions. */
  readonly relocations?: boolean;
  /** Show the bytes of each instruction (unless false). */
  readonly bytes?: boolean;
}

/** Text waiting before it is handed on, in bytes. */
const chunk = 1 << 20;

const newline = 0x0a;

class Printer {
  readonly #object: ObjectFile;
  readonly #options: PrintOptions;
  readonly #labels: readonly (readonly Label[])[];
  readonly #dialect: Dialect;
  readonly #sink: (chunk: Uint8Array) => void;
  readonly #out = new TextBuffer(chunk + (chunk >> 2));
  readonly #templates: readonly Compiled[];
  readonly #open: string;
  readonly #close: string;

  constructor(object: ObjectFile, options: PrintOptions, sink: (chunk: Uint8Array) => void) {
    this.#object = object;
    this.#options = options;
    this.#labels = labelsOf(object);
    this.#dialect = options.dialect ?? "pseudoc";
    this.#sink = sink;
    this.#templates = templatesOf(this.#dialect);
    // `#` begins a comment in a GNU 2.40 line's first column alone.
    this.#open = this.#dialect === "gnu" ? "\t/* " : "\t# ";
    this.#close = this.#dialect === "gnu" ? " */" : "";
  }

  print(): void {
    this.#out.text(`\n${this.#object.file}:\tfile format elf64-bpf\n`);
    for (const [index, section] of listedSections(this.#object, this.#options)) {
      this.#out.text(`\nDisassembly of section ${section.name}:\n`);
      this.#section(index, section);
    }
    this.#flush();
  }

  #flush(): void {
    if (this.#out.length > 0) this.#sink(this.#out.bytes.slice(0, this.#out.length));
    this.#out.length = 0;
  }

  #comment(text: string): void {
    this.#out.text(this.#open);
    this.#out.text(text);
    this.#out.text(this.#close);
  }

  #relocation(relocation: Relocation): void {
    const { offset, kind } = relocation;
    const name = relocationName(kind, patchesInsn(kind) ? "code" : "data");
    const target = relocationOperand(this.#object, this.#labels, relocation);
    const where = offset.toString(16).padStart(16, "0");
    this.#out.text(`\t\t${where}:  ${name}\t${target}\t# ${relocationMeaning(kind)}\n`);
  }

  /** The start of a line: slot number and bytes. */
  #lead(data: Uint8Array, slot: number, size: number): void {
    const out = this.#out;
    out.padded(slot, 8);
    out.ensure(64);
    out.bytes[out.length++] = 0x3a;
    out.bytes[out.length++] = 0x09;
    if (this.#options.bytes === false) return;
    out.length = putHexBytes(out.bytes, out.length, data, slot * opcodes.SLOT, size);
    out.bytes[out.length++] = 0x09;
  }

  /** Labels before `end`, from label number `next` on; returns the number of the first one not yet written. */
  #heads(labels: readonly Label[], next: number, end: number): number {
    const out = this.#out;
    if (next >= labels.length || labels[next]!.offset >= end) return next;
    out.text("\n");
    for (; next < labels.length && labels[next]!.offset < end; next++) {
      const { offset, name } = labels[next]!;
      out.hex(offset, 16);
      out.text(` <${name}>:\n`);
    }
    return next;
  }

  /** The text of an instruction with the comment on its target. */
  #insn(index: number, row: number, slot: Slot, high: number, at: number, patch: Relocation | undefined): void {
    const template = this.#templates[row]!;
    if (patch !== undefined) {
      const operand = relocationOperand(this.#object, this.#labels, patch);
      const isOff = operandField(patch) === "off";
      putInsn(this.#out, template.named, slot, high, isOff ? operand : undefined, isOff ? undefined : operand);
      return;
    }
    putInsn(this.#out, template.numeric, slot, high, undefined, undefined);
    if (slot.opcode === opcodes.CALL && slot.src === 0 && this.#dialect !== "kernel") {
      const helper = helperName(slot.imm);
      if (helper !== undefined) this.#comment(helper);
      return;
    }
    if (!goes(row)) return;
    const target = targetOf(row, slot, at) * opcodes.SLOT;
    this.#comment(`<${placeName(this.#labels[index]!, this.#object.sections[index]!.name, target)}>`);
  }

  #section(index: number, { name, data, relocations }: Section): void {
    const out = this.#out;
    const { endian } = this.#object;
    const rows = scanCode(data, endian);
    const labels = this.#labels[index]!;
    const slot = newSlot();
    const second = newSlot();
    let nextLabel = 0;
    let next = 0;
    if (labels[0]?.offset !== 0) out.text(`\n${"0".repeat(16)} <${name}>:\n`);
    for (let i = 0; i < rows.length; i++) {
      if (out.length > chunk) this.#flush();
      const row = rows[i]!;
      const address = i * opcodes.SLOT;
      const size = rows[i + 1] === secondSlot ? 2 * opcodes.SLOT : opcodes.SLOT;
      const end = address + size;
      nextLabel = this.#heads(labels, nextLabel, end);
      this.#lead(data, i, size);
      decodeSlot(data, address, endian, slot);
      if (row === unknownSlot) {
        out.text(dataDirective(this.#object, data.subarray(address, end)));
        this.#comment(explainSlot(slot, i + 1 === rows.length));
      } else {
        if (size > opcodes.SLOT) decodeSlot(data, address + opcodes.SLOT, endian, second);
        this.#insn(index, row, slot, second.imm, i, patchAt(relocations, next, address));
      }
      out.ensure(1);
      out.bytes[out.length++] = newline;
      for (; next < relocations.length && relocations[next]!.offset < end; next++) {
        if (this.#options.relocations === true) this.#relocation(relocations[next]!);
      }
      if (size > opcodes.SLOT) i++;
    }
    const whole = rows.length * opcodes.SLOT;
    if (whole < data.length) {
      this.#lead(data, rows.length, data.length - whole);
      out.text(dataDirective(this.#object, data.subarray(whole)));
      this.#comment(truncatedNote);
      out.text("\n");
    }
  }
}

/** The listing of `object`, handed to `sink` as UTF-8 in pieces of about a mebibyte. */
export function writeDisassembly(object: ObjectFile, options: PrintOptions, sink: (chunk: Uint8Array) => void): void {
  new Printer(object, options, sink).print();
}

/** The listing of `object` as one string. For very large objects use `writeDisassembly`: a string's length has a limit. */
export function formatDisassembly(object: ObjectFile, options: PrintOptions = {}): string {
  const parts: string[] = [];
  writeDisassembly(object, options, (chunk) => parts.push(decodeUtf8(chunk)));
  return parts.join("");
}
