/**
 * Listings as text, in the layout of `llvm-objdump -d`: written straight from the code, without a record an instruction.
 */
import { decodeUtf8, encodeUtf8 } from "../bytes/index.js";
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
import { LineNumber } from "./line-number.js";
import {
  labelAfter,
  labelBefore,
  labelsOf,
  relocationMeaning,
  relocationName,
  relocationOperand,
  type Label,
} from "./places.js";
import { explainSlot, goes, rowAt, targetOf, unknownSlot } from "./scan.js";
import { templatesOf, type Compiled } from "./template.js";
import { TextCache } from "./text-cache.js";
import { putHexBytes, TextBuffer } from "./text-buffer.js";

export interface PrintOptions extends DisassembleOptions {
  /** Show relocations below their instructions. */
  readonly relocations?: boolean;
  /** Show the bytes of each instruction (unless false). */
  readonly bytes?: boolean;
}

/** Text waiting before it is handed on, in bytes: blocks of this size cost the allocator the least. */
const chunk = 1 << 16;

const tab = 0x09;
const newline = 0x0a;
const plus = 0x2b;
const minus = 0x2d;
const zero = 0x30;
const greater = 0x3e;
const letterX = 0x78;

/** Room for a line's number. */
const numberRoom = 20;
/** Room for a target's distance and what closes the comment. */
const targetRoom = 64;

/** The part of a section that belongs to one label, as the targets in it are told. */
interface Goal {
  /** From `start` to before `end`, in bytes from the section's start. */
  start: number;
  end: number;
  /** What distances are counted from. */
  base: number;
  /** ` # <name`. */
  head: Uint8Array;
}

class Printer {
  readonly #object: ObjectFile;
  readonly #options: PrintOptions;
  readonly #labels: readonly (readonly Label[])[];
  readonly #dialect: Dialect;
  readonly #sink: (chunk: Uint8Array) => void;
  readonly #out = new TextBuffer(chunk + (chunk >> 2));
  readonly #templates: readonly Compiled[];
  readonly #numbers = new LineNumber();
  readonly #goal: Goal = { start: 0, end: 0, base: 0, head: new Uint8Array(0) };
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
    if (this.#out.length > 0) this.#sink(this.#out.bytes.subarray(0, this.#out.length));
    this.#out.length = 0;
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

  /** The start of a line: the slot's number. */
  #number(slot: number): void {
    const out = this.#out;
    out.ensure(numberRoom);
    out.length = this.#numbers.put(out.view, out.length, slot);
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

  /** Makes the label before `offset`, or the section, the one whose part of the section `#goal` describes. */
  #aim(labels: readonly Label[], section: string, offset: number): void {
    const goal = this.#goal;
    const label = offset < 0 ? undefined : labelBefore(labels, offset);
    goal.base = label?.offset ?? 0;
    goal.start = offset < 0 ? -Infinity : goal.base;
    goal.end = offset < 0 ? 0 : (labelAfter(labels, offset)?.offset ?? Infinity);
    goal.head = encodeUtf8(`${this.#open}<${label?.name ?? section}`);
  }

  /** ` # <name+0x10>` of slot `target`. */
  #target(labels: readonly Label[], section: string, target: number): void {
    const out = this.#out;
    const goal = this.#goal;
    const offset = target * opcodes.SLOT;
    if (offset < goal.start || offset >= goal.end) this.#aim(labels, section, offset);
    const { head } = goal;
    out.ensure(head.length + targetRoom);
    const { bytes } = out;
    let at = out.length;
    for (let i = 0; i < head.length; i++) bytes[at++] = head[i]!;
    const distance = offset - goal.base;
    if (distance !== 0) {
      bytes[at] = distance < 0 ? minus : plus;
      bytes[at + 1] = zero;
      bytes[at + 2] = letterX;
      out.length = at + 3;
      out.hex(Math.abs(distance), 1);
      at = out.length;
    }
    bytes[at] = greater;
    for (let i = 0; i < this.#close.length; i++) bytes[++at] = this.#close.charCodeAt(i);
    out.length = at + 1;
  }

  #patched(row: number, slot: Slot, high: number, patch: Relocation): void {
    const operand = relocationOperand(this.#object, this.#labels, patch);
    const isOff = operandField(patch) === "off";
    const { named } = this.#templates[row]!;
    putInsn(this.#out, named, slot, high, isOff ? operand : undefined, isOff ? undefined : operand);
  }

  #plain(row: number, slot: Slot, high: number): void {
    putInsn(this.#out, this.#templates[row]!.numeric, slot, high, undefined, undefined);
    if (slot.opcode !== opcodes.CALL || slot.src !== 0 || this.#dialect === "kernel") return;
    const helper = helperName(slot.imm);
    if (helper !== undefined) this.#comment(helper);
  }

  #section(index: number, { name, data, relocations }: Section): void {
    const out = this.#out;
    const { endian } = this.#object;
    const labels = this.#labels[index]!;
    const cache = new TextCache();
    const words = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const slot = newSlot();
    const second = newSlot();
    const slots = Math.floor(data.length / opcodes.SLOT);
    this.#goal.end = this.#goal.start = 0;
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
      if (out.length > chunk) this.#flush();
      i = cache.follow(words, i, quiet, this.#numbers, out, chunk);
      if (cache.placedRow >= 0) {
        decodeSlot(data, i * opcodes.SLOT, endian, slot);
        this.#target(labels, name, targetOf(cache.placedRow, slot, i++));
        out.bytes[out.length++] = newline;
        continue;
      }
      if (i === slots) break;
      const address = i * opcodes.SLOT;
      const row = rowAt(data, address, endian, slot);
      const isWide = row >= 0 && slot.opcode === opcodes.LDDW;
      const end = address + (isWide ? 2 * opcodes.SLOT : opcodes.SLOT);
      if (nextHead < end) {
        nextLabel = this.#heads(labels, nextLabel, end);
        nextHead = labels[nextLabel]?.offset ?? Infinity;
      }
      this.#number(i);
      const start = out.length;
      this.#bytes(data, address, end - address);
      const patch = patchAt(relocations, next, address);
      if (row === unknownSlot) {
        out.text(dataDirective(this.#object, data.subarray(address, end)));
        this.#comment(explainSlot(slot, i + 1 === slots));
      } else {
        if (isWide) decodeSlot(data, address + opcodes.SLOT, endian, second);
        if (patch !== undefined) this.#patched(row, slot, second.imm, patch);
        else {
          this.#plain(row, slot, second.imm);
          if (!isWide) cache.keep(words, i, out, start, row, goes(row));
          if (goes(row)) this.#target(labels, name, targetOf(row, slot, i));
        }
      }
      out.ensure(1);
      out.bytes[out.length++] = newline;
      if (nextPlace < end) {
        for (; next < relocations.length && relocations[next]!.offset < end; next++) {
          if (this.#options.relocations === true) this.#relocation(relocations[next]!);
        }
        nextPlace = relocations[next]?.offset ?? Infinity;
      }
      i = end / opcodes.SLOT;
      if (i > quiet) quiet = quietUpTo();
    }
    this.#rest(data, slots);
  }

  /** What is left behind the last whole slot. */
  #rest(data: Uint8Array, slots: number): void {
    const whole = slots * opcodes.SLOT;
    if (whole === data.length) return;
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
