/**
 * Listings as text, in the layout of `llvm-objdump -d`: written straight from the code, without a record an instruction.
 */
import { decodeUtf8 } from "../bytes/index.js";
import { decodeSlot, helperName, insnTable, newSlot, opcodes, type Dialect, type Slot } from "../isa/index.js";
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
import { chunk } from "./line-layout.js";
import { openLineWriter, type LineWriter } from "./line-writer.js";
import { labelsOf, relocationMeaning, relocationName, relocationOperand, type Label } from "./places.js";
import { explainSlot, goes, rowAt, targetOf, unknownSlot } from "./scan.js";
import { TargetComments } from "./target-comments.js";
import { templateOf } from "./template.js";
import { putHexBytes, TextBuffer } from "./text-buffer.js";

export interface PrintOptions extends DisassembleOptions {
  /** Show relocations below their instructions. */
  readonly relocations?: boolean;
  /** Show the bytes of each instruction (unless false). */
  readonly bytes?: boolean;
}

/** Columns of a line's number. */
const columns = 8;
/** Sections of so many slots are worth the time that a line writer takes to be made. */
const many = 1000;

const tab = 0x09;
const newline = 0x0a;

/** Opcode and registers of the slot at `address`, as a little-endian number. */
const keyAt = (data: Uint8Array, address: number): number => data[address]! | (data[address + 1]! << 8);

const isCall = (row: number): boolean => insnTable[row]!.imm === "helper";

class Printer {
  readonly #object: ObjectFile;
  readonly #options: PrintOptions;
  readonly #labels: readonly (readonly Label[])[];
  readonly #dialect: Dialect;
  readonly #sink: (chunk: Uint8Array) => void;
  #out = new TextBuffer();
  #writer: LineWriter | undefined;
  readonly #open: string;
  readonly #close: string;

  constructor(object: ObjectFile, options: PrintOptions, sink: (chunk: Uint8Array) => void) {
    this.#object = object;
    this.#options = options;
    this.#labels = labelsOf(object);
    this.#dialect = options.dialect ?? "pseudoc";
    this.#sink = sink;
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
    if (this.#out.length > 0) this.#sink(this.#out.bytes.subarray(0, this.#out.length));
    this.#out.clear();
  }

  #comment(text: string): void {
    this.#out.text(this.#open);
    this.#out.text(text);
    this.#out.text(this.#close);
  }

  #relocation(relocation: Relocation): void {
    const { offset, kind } = relocation;
    const name = relocationName(kind, patchesInsn(kind) ? "code" : "data", this.#object.origin?.dialect);
    const target = relocationOperand(this.#object, this.#labels, relocation);
    const where = offset.toString(16).padStart(16, "0");
    this.#out.text(`\t\t${where}:  ${name}\t${target}\t# ${relocationMeaning(kind)}\n`);
  }

  /** Relocations before `end`, from number `next` on; returns the number of the first one behind. */
  #places(relocations: readonly Relocation[], next: number, end: number): number {
    for (; next < relocations.length && relocations[next]!.offset < end; next++) {
      if (this.#options.relocations === true) this.#relocation(relocations[next]!);
    }
    return next;
  }

  /** The start of a line: the slot's number. */
  #number(slot: number): void {
    this.#out.padded(slot, columns);
    this.#out.text(":\t");
  }

  #bytes(data: Uint8Array, address: number, size: number): void {
    if (this.#options.bytes === false) return;
    const out = this.#out;
    out.ensure(64);
    out.length = putHexBytes(out.bytes, out.length, data, address, size);
    out.bytes[out.length++] = tab;
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

  #patched(row: number, slot: Slot, high: number, patch: Relocation): void {
    const operand = relocationOperand(this.#object, this.#labels, patch);
    const isOff = operandField(patch) === "off";
    const { named } = templateOf(this.#dialect, row);
    putInsn(this.#out, named, slot, high, isOff ? operand : undefined, isOff ? undefined : operand);
  }

  #plain(row: number, slot: Slot, high: number): void {
    putInsn(this.#out, templateOf(this.#dialect, row).numeric, slot, high, undefined, undefined);
    if (slot.opcode !== opcodes.CALL || slot.src !== 0 || this.#dialect === "kernel") return;
    const helper = helperName(slot.imm);
    if (helper !== undefined) this.#comment(helper);
  }

  /** Makes the line writer, which brings the bytes that text goes to. */
  #hurry(): void {
    const { endian } = this.#object;
    this.#writer = openLineWriter(this.#dialect, endian, this.#options.bytes !== false, this.#close);
    if (this.#writer === undefined) return;
    this.#flush();
    this.#out = new TextBuffer(this.#writer.text);
  }

  #section(index: number, { name, data, relocations }: Section): void {
    if (data.length >= many * opcodes.SLOT && this.#writer === undefined) this.#hurry();
    const out = this.#out;
    const writer = this.#writer;
    writer?.begin(data);
    const { endian } = this.#object;
    const labels = this.#labels[index]!;
    const targets = new TargetComments(labels, name, this.#open, this.#close);
    const slot = newSlot();
    const second = newSlot();
    const slots = Math.floor(data.length / opcodes.SLOT);
    let nextLabel = 0;
    let nextHead = labels[0]?.offset ?? Infinity;
    let next = 0;
    let nextPlace = relocations[0]?.offset ?? Infinity;
    // Before this slot come neither labels nor relocations.
    const quietUpTo = (): number =>
      Math.min(slots, Math.floor(nextHead / opcodes.SLOT), Math.floor(nextPlace / opcodes.SLOT));
    let quiet = quietUpTo();
    if (nextHead !== 0) out.text(`\n${"0".repeat(16)} <${name}>:\n`);
    for (let i = 0; i < slots;) {
      if (out.length >= chunk || out.hasGrown) this.#flush();
      if (writer !== undefined) {
        out.length = writer.write(i, quiet, out.length, targets.goal);
        i = writer.slot;
        if (out.length >= chunk || i === slots) continue;
      }
      const address = i * opcodes.SLOT;
      const row = rowAt(data, address, endian, slot);
      if (writer !== undefined && i < quiet && row >= 0 && writer.shapes.learn(keyAt(data, address), row, slot))
        continue;
      const isWide = row >= 0 && slot.opcode === opcodes.LDDW;
      const end = address + (isWide ? 2 * opcodes.SLOT : opcodes.SLOT);
      if (nextHead < end) {
        nextLabel = this.#heads(labels, nextLabel, end);
        nextHead = labels[nextLabel]?.offset ?? Infinity;
      }
      this.#number(i);
      this.#bytes(data, address, end - address);
      const start = out.length;
      const patch = patchAt(relocations, next, address);
      if (row === unknownSlot) {
        out.text(dataDirective(this.#object, data.subarray(address, end)));
        this.#comment(explainSlot(slot, i + 1 === slots));
      } else {
        if (isWide) decodeSlot(data, address + opcodes.SLOT, endian, second);
        if (patch !== undefined) this.#patched(row, slot, second.imm, patch);
        else {
          this.#plain(row, slot, second.imm);
          if (isCall(row)) writer?.shapes.keep(keyAt(data, address), slot, out.bytes.subarray(start, out.length));
          if (goes(row)) targets.put(out, targetOf(row, slot, i));
        }
      }
      out.ensure(1);
      out.bytes[out.length++] = newline;
      if (nextPlace < end) {
        next = this.#places(relocations, next, end);
        nextPlace = relocations[next]?.offset ?? Infinity;
      }
      i = end / opcodes.SLOT;
      if (i > quiet) quiet = quietUpTo();
    }
    if (slots * opcodes.SLOT < data.length) {
      this.#heads(labels, nextLabel, data.length);
      this.#rest(data, slots);
      this.#places(relocations, next, Infinity);
    }
  }

  /** What is left behind the last whole slot. */
  #rest(data: Uint8Array, slots: number): void {
    const whole = slots * opcodes.SLOT;
    this.#number(slots);
    this.#bytes(data, whole, data.length - whole);
    this.#out.text(dataDirective(this.#object, data.subarray(whole)));
    this.#comment(truncatedNote);
    this.#out.text("\n");
  }
}

/** The listing of `object`, handed to `sink` as UTF-8 in pieces of about 64 KiB; a piece's bytes are used again when `sink` returns. */
export function writeDisassembly(object: ObjectFile, options: PrintOptions, sink: (chunk: Uint8Array) => void): void {
  new Printer(object, options, sink).print();
}

/** The listing of `object` as one string. For very large objects use `writeDisassembly`: a string's length has a limit. */
export function formatDisassembly(object: ObjectFile, options: PrintOptions = {}): string {
  const parts: string[] = [];
  writeDisassembly(object, options, (chunk) => parts.push(decodeUtf8(chunk)));
  return parts.join("");
}
