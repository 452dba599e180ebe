/** String tables, read and built. Source: System V gABI, "String Table". */
import { decodeUtf8, encodeUtf8 } from "../bytes/index.js";
import { failure, type BpfkitError } from "../diag/index.js";

/** Strings shorter than this are cut out anew each time; longer ones are remembered and counted. */
const short = 32;
/** Names may overlap (tools share tails), but all names together cost at most this many times the table's bytes. */
const overlapFactor = 16;
/** Tables above this are decoded name by name: JavaScript strings have a limit. */
const wholeLimit = 1 << 28;

/**
 * A string table for reading. Reading all names costs time and memory linear in the table, whatever the offsets are:
 * the table is decoded once and names are cut from it. A table whose names overlap without measure is refused.
 */
export class StringTableReader {
  readonly #data: Uint8Array;
  readonly #file: string | undefined;
  readonly #known = new Map<number, string>();
  /** The whole table, one UTF-16 unit a byte; undefined where some character takes several bytes. */
  #text: string | undefined;
  #decoded = false;
  #budget: number;

  constructor(data: Uint8Array, file: string | undefined) {
    this.#data = data;
    this.#file = file;
    this.#budget = overlapFactor * data.length + 0x1_0000;
  }

  /** The string at `offset`, or undefined where the table has no string there; `fault` says why. */
  at(offset: number): string | undefined {
    if (!this.#decoded) this.#decode();
    if (this.#known.size > 0) {
      const known = this.#known.get(offset);
      if (known !== undefined) return known;
    }
    const text = this.#text;
    const end = text === undefined ? this.#data.indexOf(0, offset) : text.indexOf("\0", offset);
    // indexOf takes an offset beyond the end for one at the end, and finds nothing.
    if (end < 0) {
      this.#spend(this.#data.length - offset);
      return offset === 0 && this.#data.length === 0 ? "" : undefined;
    }
    if (text !== undefined && end - offset < short) return text.slice(offset, end);
    this.#spend(end - offset);
    const found = text?.slice(offset, end) ?? decodeUtf8(this.#data.subarray(offset, end));
    this.#known.set(offset, found);
    return found;
  }

  /** Why there is no string at `offset`; `what` wanted it, `table` is the section's name. */
  fault(offset: number, what: string, table: string): BpfkitError {
    const place = { kind: "binary", file: this.#file, section: table, offset } as const;
    const facts = { what, offset, table };
    return offset >= this.#data.length
      ? failure("elf-string-offset", { ...facts, size: this.#data.length }, place)
      : failure("elf-string-unterminated", facts, place);
  }

  #decode(): void {
    this.#decoded = true;
    if (this.#data.length > wholeLimit) return;
    const text = decodeUtf8(this.#data);
    // No character has more units than bytes: equal lengths mean that each took one byte.
    if (text.length === this.#data.length) this.#text = text;
  }

  #spend(bytes: number): void {
    this.#budget -= Math.max(0, bytes);
    if (this.#budget >= 0) return;
    const facts = { size: this.#data.length, factor: overlapFactor };
    throw failure("elf-string-overlap", facts, { kind: "binary", file: this.#file, offset: 0 });
  }
}

/** Printable ASCII: one byte a character, and no NUL. */
const plain = /^[ -~]*$/;

/**
 * A string table under construction: every distinct string once, in order of first use. `existing` is a table whose
 * strings keep their offsets; the new ones come behind them.
 */
export class StringTable {
  readonly #existing: Uint8Array;
  /** The new strings, encoded all at once in the end. */
  readonly #added: string[] = [];
  readonly #offsets = new Map<string, number>([["", 0]]);
  #length: number;

  constructor(existing: Uint8Array = new Uint8Array(1)) {
    if (existing.length === 0 || existing[0] !== 0 || existing.at(-1) !== 0) {
      throw failure("elf-string-table", { size: existing.length });
    }
    this.#existing = existing;
    this.#length = existing.length;
    for (let start = 1; start < existing.length;) {
      const end = existing.indexOf(0, start);
      const text = decodeUtf8(existing.subarray(start, end));
      if (!this.#offsets.has(text)) this.#offsets.set(text, start);
      start = end + 1;
    }
  }

  /** The offset of `text`, added when it is new. Throws `elf-string-nul` where it holds a NUL. */
  add(text: string): number {
    const known = this.#offsets.get(text);
    if (known !== undefined) return known;
    const isPlain = plain.test(text);
    if (!isPlain && text.includes("\0")) throw failure("elf-string-nul", { name: JSON.stringify(text) });
    const offset = this.#length;
    if (offset > 0xffff_ffff) throw failure("elf-field-range", { what: "a name's offset", value: offset, bits: 32 });
    this.#offsets.set(text, offset);
    this.#added.push(text);
    this.#length += (isPlain ? text.length : encodeUtf8(text).length) + 1;
    return offset;
  }

  bytes(): Uint8Array {
    const bytes = new Uint8Array(this.#length);
    bytes.set(this.#existing);
    bytes.set(encodeUtf8(this.#added.join("\0")), this.#existing.length);
    return bytes;
  }
}
