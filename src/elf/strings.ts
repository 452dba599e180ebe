/** String tables, read and built. Source: System V gABI, "String Table". */
import { decodeUtf8, NameTable } from "../bytes/index.js";
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

/**
 * A string table under construction: every distinct string once, in order of first use. `existing` is a table whose
 * strings keep their offsets; the new ones come behind them. Names of `names` can be placed by their numbers.
 */
export class StringTable {
  readonly #names: NameTable;
  /** By the number of a name: its offset; 0 where it has none yet. */
  #offsets: Uint32Array;
  #bytes: Uint8Array;
  #length: number;

  constructor(existing: Uint8Array = new Uint8Array(1), names: NameTable = new NameTable()) {
    if (existing.length === 0 || existing[0] !== 0 || existing.at(-1) !== 0) {
      throw failure("elf-string-table", { size: existing.length });
    }
    this.#names = names;
    this.#offsets = new Uint32Array(Math.max(256, names.count));
    this.#bytes = existing;
    this.#length = existing.length;
    for (let start = 1; start < existing.length;) {
      const name = names.take(existing, start, existing.length);
      this.#reserve(name);
      if (this.#offsets[name] === 0) this.#offsets[name] = start;
      start += names.size(name) + 1;
    }
  }

  /** The offset of `text`, added when it is new. Throws `elf-string-nul` where it holds a NUL. */
  add(text: string): number {
    return this.place(this.#names.add(text));
  }

  /** The offset of a name of the table's names, added when it is new. Throws `elf-string-nul` where it holds a NUL. */
  place(name: number): number {
    this.#reserve(name);
    const known = this.#offsets[name]!;
    const size = this.#names.size(name);
    // The empty one is what every table starts with.
    if (known > 0 || size === 0) return size === 0 ? 0 : known;
    const offset = this.#length;
    const end = offset + size + 1;
    if (offset > 0xffff_ffff) throw failure("elf-field-range", { what: "a name's offset", value: offset, bits: 32 });
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#bytes.length, 1 << 12));
      grown.set(this.#bytes);
      this.#bytes = grown;
    }
    if (!this.#names.copy(name, this.#bytes, offset)) {
      throw failure("elf-string-nul", { name: JSON.stringify(this.#names.text(name)) });
    }
    this.#offsets[name] = offset;
    this.#length = end;
    return offset;
  }

  /** The string at `offset`, for a message. */
  text(offset: number): string {
    return decodeUtf8(this.#bytes.subarray(offset, this.#bytes.indexOf(0, offset)));
  }

  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** Makes room for the offset of a name. */
  #reserve(name: number): void {
    if (name < this.#offsets.length) return;
    const grown = new Uint32Array(2 * name);
    grown.set(this.#offsets);
    this.#offsets = grown;
  }
}
