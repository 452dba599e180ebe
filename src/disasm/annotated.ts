/**
 * Listings with remarks: source lines before, CO-RE records below their instructions, and parts of sections. The layout is
 * `print.ts`'s, made from the facts: slower, and only used where there is something to add.
 */
import { opcodes } from "../isa/index.js";
import { patchesInsn, type ObjectFile } from "../object/index.js";
import { disassemble, type DataItem, type InsnItem, type SectionListing } from "./disassemble.js";
import type { PrintOptions } from "./print.js";

/** Lines to be added to a section's listing, by the offset of the instruction, in bytes. */
export interface Remarks {
  readonly before: ReadonlyMap<number, readonly string[]>;
  readonly below: ReadonlyMap<number, readonly string[]>;
}

export interface AnnotatedOptions extends PrintOptions {
  /** Remarks by section name. */
  readonly remarks?: ReadonlyMap<string, Remarks>;
  /** Instructions from this offset of a section on, in bytes. */
  readonly from?: number;
  /** Instructions before this offset. */
  readonly to?: number;
}

const sixteen = (offset: number): string => offset.toString(16).padStart(16, "0");

class AnnotatedPrinter {
  readonly #options: AnnotatedOptions;
  readonly #gnu: boolean;
  readonly #sink: (text: string) => void;

  constructor(options: AnnotatedOptions, sink: (text: string) => void) {
    this.#options = options;
    this.#gnu = options.dialect === "gnu";
    this.#sink = sink;
  }

  #comment(text: string): string {
    return this.#gnu ? `\t/* ${text} */` : `\t# ${text}`;
  }

  #bytes(hex: string): string {
    return this.#options.bytes === false ? "" : `${hex.replace(/..(?=.)/g, "$& ")}\t`;
  }

  #item(item: InsnItem | DataItem): string {
    const start = `${String(Math.floor(item.address / opcodes.SLOT)).padStart(8)}:\t${this.#bytes(item.bytes)}${item.text}`;
    if (item.kind === "data") return `${start}${this.#comment(item.explanation)}\n`;
    const isPatched = item.relocations.some(({ kind, offset }) => offset === item.address && patchesInsn(kind));
    if (isPatched) return `${start}\n`;
    if (item.target !== undefined) return `${start}${this.#comment(`<${item.target.name}>`)}\n`;
    const isNamed = item.helper !== undefined && this.#options.dialect !== "kernel";
    return `${start}${isNamed ? this.#comment(item.helper!) : ""}\n`;
  }

  section({ section, labels, items }: SectionListing): void {
    const { from = 0, to = Infinity, remarks } = this.#options;
    const own = remarks?.get(section);
    const shown = items.filter(({ address }) => address >= from && address < to);
    if (shown.length === 0) return;
    this.#sink(`\nDisassembly of section ${section}:\n`);
    let next = labels.findIndex(({ offset }) => offset >= from);
    if (next < 0) next = labels.length;
    if (from === 0 && labels[0]?.offset !== 0) this.#sink(`\n${sixteen(0)} <${section}>:\n`);
    for (const item of shown) {
      const end = item.address + item.bytes.length / 2;
      let text = "";
      if (next < labels.length && labels[next]!.offset < end) text = "\n";
      for (; next < labels.length && labels[next]!.offset < end; next++) {
        text += `${sixteen(labels[next]!.offset)} <${labels[next]!.name}>:\n`;
      }
      for (const line of own?.before.get(item.address) ?? []) text += `${line}\n`;
      text += this.#item(item);
      if (this.#options.relocations === true) {
        for (const { offset, name, target, meaning } of item.relocations) {
          text += `\t\t${sixteen(offset)}:  ${name}\t${target}\t# ${meaning}\n`;
        }
      }
      for (const line of own?.below.get(item.address) ?? []) text += `\t\t${sixteen(item.address)}:  ${line}\n`;
      this.#sink(text);
    }
  }
}

/** The listing of `object` with remarks, handed to `sink` in pieces. */
export function writeAnnotated(object: ObjectFile, options: AnnotatedOptions, sink: (text: string) => void): void {
  sink(`\n${object.file}:\tfile format elf64-bpf\n`);
  const printer = new AnnotatedPrinter(options, sink);
  for (const listing of disassemble(object, options)) printer.section(listing);
}
