/**
 * Listings with remarks: source lines before, CO-RE records below their instructions, and parts of sections. The layout is
 * `print.ts`'s, made from the facts: slower, and only used where there is something to add.
 */
import { opcodes } from "../isa/index.js";
import { patchesInsn, type ObjectFile } from "../object/index.js";
import { placeName } from "./places.js";
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
  /** What stands before an instruction: its number (default), its address and the symbol it is in, or nothing. */
  readonly addresses?: "slots" | "names" | "none";
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

  #address({ address }: InsnItem | DataItem, { section, labels }: SectionListing): string {
    const { addresses = "slots" } = this.#options;
    if (addresses === "slots") return `${String(Math.floor(address / opcodes.SLOT)).padStart(8)}:\t`;
    return addresses === "none" ? "\t" : `${sixteen(address)} <${placeName(labels, section, address)}> `;
  }

  #item(item: InsnItem | DataItem, listing: SectionListing): string {
    const start = `${this.#address(item, listing)}${this.#bytes(item.bytes)}${item.text}`;
    if (item.kind === "data") return `${start}${this.#comment(item.explanation)}\n`;
    const isPatched = item.relocations.some(({ kind, offset }) => offset === item.address && patchesInsn(kind));
    if (isPatched) return `${start}\n`;
    if (item.target !== undefined) return `${start}${this.#comment(`<${item.target.name}>`)}\n`;
    const isNamed = item.helper !== undefined && this.#options.dialect !== "kernel";
    return `${start}${isNamed ? this.#comment(item.helper!) : ""}\n`;
  }

  section(listing: SectionListing): void {
    const { section, labels, items } = listing;
    const { remarks, addresses = "slots" } = this.#options;
    const own = remarks?.get(section);
    if (items.length === 0) return;
    this.#sink(`\nDisassembly of section ${section}:\n`);
    const hasTitles = addresses !== "names";
    const title = (offset: number, name: string): string =>
      addresses === "none" ? `<${name}>:\n` : `${sixteen(offset)} <${name}>:\n`;
    if (hasTitles && items[0]!.address === 0 && labels[0]?.offset !== 0) this.#sink(`\n${title(0, section)}`);
    let next = 0;
    for (const item of items) {
      const end = item.address + item.bytes.length / 2;
      // Labels of what is left out.
      while (next < labels.length && labels[next]!.offset < item.address) next++;
      let text = "";
      if (hasTitles && next < labels.length && labels[next]!.offset < end) text = "\n";
      for (; next < labels.length && labels[next]!.offset < end; next++) {
        if (hasTitles) text += title(labels[next]!.offset, labels[next]!.name);
      }
      for (const line of own?.before.get(item.address) ?? []) text += `${line}\n`;
      text += this.#item(item, listing);
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
