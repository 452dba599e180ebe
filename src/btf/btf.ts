/**
 * BTF in memory: the type section as one array of words with the start of each type, the string section as bytes.
 * A record or a string is made when it is asked for, and kept.
 */
import { decodeUtf8, type Endian } from "../bytes/index.js";
import { failure, type BinaryPlace } from "../diag/index.js";
import { decodeType } from "./decode.js";
import { NameIndex, type NamePlace } from "./names.js";
import { btfHeaderSize, btfKindNumber, infoKind } from "./table.js";
import type { BtfKindName, BtfType } from "./types.js";
import { writeBtf } from "./write.js";

/** What a `Btf` is made of. Readers and builders pass it; everyone else asks the `Btf`. */
export interface BtfParts {
  /** Undefined where nobody may ever ask: they are written then. */
  readonly bytes: Uint8Array | undefined;
  readonly endian: Endian;
  readonly file?: string | undefined;
  readonly section?: string | undefined;
  readonly base?: Btf | undefined;
  readonly words: Uint32Array;
  readonly starts: Uint32Array;
  readonly strings: Uint8Array;
  readonly layout: Uint8Array;
  /** Where the type section and the string section start in `bytes`. */
  readonly typesAt: number;
  readonly stringsAt: number;
}

/** Producers store a string once, or share the ends of strings. */
const overlapLimit = 16;

/** Strings that are decoded one by one before all are: so many, or one for each 4 KB, which take as long. */
const fewest = 256;
const bytesEach = 1 << 12;

const nul = new Uint8Array(1);

const voidType: BtfType = { kind: "void" };

export class Btf {
  readonly endian: Endian;
  /** The BTF that holds the ids below `firstId` and the strings below `stringBase`; undefined when not split. */
  readonly base: Btf | undefined;
  /** The id of the first type of its own: 1 or, when split, the base's `typeCount`. */
  readonly firstId: number;
  /** Ids are below this; `void` (0) and the base's types are counted. */
  readonly typeCount: number;
  /** The type section as 32-bit words, whatever the byte order of the blob. */
  readonly words: Uint32Array;
  /** For each type of its own, the index of its first word; one more entry is the end. */
  readonly starts: Uint32Array;
  /** The string section of its own. */
  readonly strings: Uint8Array;
  readonly stringBase: number;
  /** The layout section: 4-byte records by kind; empty in older files. */
  readonly layout: Uint8Array;
  readonly #parts: BtfParts;
  #bytes: Uint8Array | undefined;
  readonly #text = new Map<number, string>();
  /** The whole string section, where all of it is ASCII and many strings were asked for; empty before. */
  #ascii = "";
  /** A bit for each byte of it: set where a string starts that was asked for. */
  #seen: Uint8Array = nul;
  /** Characters asked for: strings of a corrupt blob may overlap, so that together they are far larger than it. */
  #decoded = 0;
  #records: (BtfType | undefined)[] | undefined;
  #names: NameIndex | undefined;

  constructor(parts: BtfParts) {
    this.#parts = parts;
    this.#bytes = parts.bytes;
    this.endian = parts.endian;
    this.base = parts.base;
    this.firstId = parts.base?.typeCount ?? 1;
    this.typeCount = this.firstId + parts.starts.length - 1;
    this.words = parts.words;
    this.starts = parts.starts;
    this.strings = parts.strings;
    this.stringBase = parts.base === undefined ? 0 : parts.base.stringBase + parts.base.strings.length;
    this.layout = parts.layout;
  }

  /** The whole blob, header included, as it was read or built. */
  get bytes(): Uint8Array {
    const { endian, words, strings, layout } = this;
    return (this.#bytes ??= writeBtf({ endian, words, strings, layout, layoutEndian: endian }));
  }

  /** The place of the byte at `offset` of the blob, for a diagnostic. */
  place(offset: number): BinaryPlace {
    return { kind: "binary", file: this.#parts.file, section: this.#parts.section, offset };
  }

  /** The place of a type's record. */
  placeOf(id: number): BinaryPlace {
    if (id < this.firstId && this.base !== undefined) return this.base.placeOf(id);
    return this.place(this.#parts.typesAt + 4 * (this.starts[Math.max(0, id - this.firstId)] ?? 0));
  }

  /** The `Btf` (this one or a base) that holds type `id`. Throws `btf-type-id` when there is none. */
  owner(id: number, what = "a reference"): Btf {
    if (id < this.firstId && this.base !== undefined) return this.base.owner(id, what);
    if (id < this.firstId || id >= this.typeCount || !Number.isInteger(id)) {
      throw failure("btf-type-id", { what, id, count: this.typeCount }, this.place(this.#parts.typesAt));
    }
    return this;
  }

  /** The record of type `id`. Throws `btf-type-id` when there is no such type. */
  type(id: number): BtfType {
    if (id === 0) return voidType;
    const owner = id >= this.firstId && id < this.typeCount ? this : this.owner(id);
    if (owner !== this) return owner.type(id);
    const records = (this.#records ??= empty(this.starts.length - 1));
    const own = id - this.firstId;
    return (records[own] ??= this.record(id));
  }

  /** The same, made anew and not kept: for those who go through large types once. */
  record(id: number): BtfType {
    if (id === 0) return voidType;
    const owner = this.owner(id);
    if (owner !== this) return owner.record(id);
    const own = id - this.firstId;
    const name = (offset: number): string => this.string(offset, `a name of type [${id}]`);
    return decodeType(this.words, this.starts[own]!, this.starts[own + 1]!, name);
  }

  /** The kind's number of type `id`: one word read, no record made. */
  kind(id: number): number {
    if (id === 0) return 0;
    const owner = this.owner(id);
    return infoKind(owner.words[owner.starts[id - owner.firstId]! + 1]!);
  }

  /** Word number `index` of the record of type `id`, which is not `void`: 2 is its size or the type it refers to. */
  word(id: number, index: number): number {
    const owner = this.owner(id);
    return owner.words[owner.starts[id - owner.firstId]! + index]!;
  }

  /** The name of type `id`; empty for anonymous types and for `void`. */
  name(id: number): string {
    if (id === 0) return "";
    const owner = this.owner(id);
    return owner.string(owner.words[owner.starts[id - owner.firstId]!]!, `the name of type [${id}]`);
  }

  /** Has type `id` a name? No string is made, nor is one outside of the string section told. */
  hasName(id: number): boolean {
    if (id === 0) return false;
    const owner = this.owner(id);
    const offset = owner.words[owner.starts[id - owner.firstId]!]!;
    if (offset === 0) return false;
    return offset < owner.stringBase ? owner.name(id) !== "" : owner.strings[offset - owner.stringBase] !== 0;
  }

  /** All types of its own with their ids, ascending. */
  *types(): Generator<readonly [id: number, type: BtfType]> {
    for (let id = this.firstId; id < this.typeCount; id++) yield [id, this.type(id)];
  }

  /** The string at `offset`. Throws `btf-string` when that is outside of the string section. */
  string(offset: number, what = "a string"): string {
    if (offset < this.stringBase && this.base !== undefined) return this.base.string(offset, what);
    if (this.#ascii !== "") return this.#cut(offset, what);
    let text = this.#text.get(offset);
    if (text === undefined) {
      const { bytes, start } = this.stringPlace(offset, what);
      text = asciiOrUtf8(bytes, start);
      this.#count(text.length);
      this.#text.set(offset, text);
      if (this.#text.size === Math.max(fewest, Math.floor(this.strings.length / bytesEach))) this.#decodeAll();
    }
    return text;
  }

  /** Where many strings are asked for, they are parts of one: that costs less than to make and keep each. */
  #decodeAll(): void {
    const ascii = decodeUtf8(this.strings);
    // As many characters as bytes: no character has several.
    if (ascii.length !== this.strings.length) return;
    this.#ascii = ascii;
    this.#seen = new Uint8Array(Math.ceil(ascii.length / 8));
    for (const offset of this.#text.keys()) this.#isNew(offset - this.stringBase);
    this.#text.clear();
  }

  #cut(offset: number, what: string): string {
    const { start } = this.stringPlace(offset, what);
    const end = this.#ascii.indexOf("\0", start);
    if (this.#isNew(start)) this.#count(end - start);
    return this.#ascii.slice(start, end);
  }

  /** Is the string at `start` asked for the first time? */
  #isNew(start: number): boolean {
    const bit = 1 << (start & 7);
    const known = this.#seen[start >> 3]!;
    this.#seen[start >> 3] = known | bit;
    return (known & bit) === 0;
  }

  #count(length: number): void {
    this.#decoded += length;
    const size = this.strings.length;
    if (this.#decoded <= overlapLimit * (size + 4096)) return;
    throw failure("btf-overlap", { times: overlapLimit, size }, this.place(this.#parts.stringsAt));
  }

  /** The bytes that hold the string at `offset`, and where it starts in them; it ends with a NUL byte. */
  stringPlace(offset: number, what = "a string"): NamePlace {
    if (offset < this.stringBase && this.base !== undefined) return this.base.stringPlace(offset, what);
    const start = offset - this.stringBase;
    const size = this.strings.length;
    if (start >= size || start < 0) {
      if (offset === 0) return { bytes: nul, start: 0 };
      const facts = { what, offset, size: this.stringBase + size };
      throw failure("btf-string", facts, this.place(this.#parts.stringsAt));
    }
    return { bytes: this.strings, start };
  }

  /** The id of the first type named `name`, of kind `kind` when that is given; the base's types come first. */
  findByName(name: string, kind?: BtfKindName): number | undefined {
    for (const id of this.findAll(name, kind)) return id;
    return undefined;
  }

  /**
   * The ids of all types named `name`, ascending, the base's included. With `essential`, names are compared without
   * their flavour suffix (`___x`).
   */
  *findAll(name: string, kind?: BtfKindName, essential = false): Generator<number> {
    if (this.base !== undefined) yield* this.base.findAll(name, kind, essential);
    const number = kind === undefined ? undefined : btfKindNumber(kind);
    for (const own of this.#nameIndex().find(name, essential)) {
      if (kind === undefined || infoKind(this.words[this.starts[own]! + 1]!) === number) yield own + this.firstId;
    }
  }

  #nameIndex(): NameIndex {
    this.#names ??= new NameIndex(this.starts.length - 1, (own) => {
      const offset = this.words[this.starts[own]!]!;
      return offset === 0 ? undefined : this.stringPlace(offset, `the name of type [${own + this.firstId}]`);
    });
    return this.#names;
  }
}

/** A BTF of types and strings that were just made: not split, nothing left to check, its blob (where it is not there) written if somebody asks for it. */
export function madeBtf(
  endian: Endian,
  words: Uint32Array,
  starts: Uint32Array,
  strings: Uint8Array,
  bytes?: Uint8Array,
): Btf {
  const stringsAt = btfHeaderSize + 4 * words.length;
  const layout = new Uint8Array(0);
  return new Btf({ bytes, endian, words, starts, strings, layout, typesAt: btfHeaderSize, stringsAt });
}

/** Room for so many records: much faster than an array filled with `undefined`. */
function empty(length: number): (BtfType | undefined)[] {
  const records: (BtfType | undefined)[] = [];
  records.length = length;
  return records;
}

/** The NUL-terminated string at `start`. Names are short and ASCII: faster without a call of TextDecoder. */
function asciiOrUtf8(bytes: Uint8Array, start: number): string {
  let end = start;
  let seen = 0;
  for (let byte = bytes[end]!; byte !== 0; byte = bytes[++end]!) seen |= byte;
  const text = bytes.subarray(start, end);
  if (seen >= 0x80 || text.length > 256) return decodeUtf8(text);
  return String.fromCharCode.apply(undefined, text as unknown as number[]);
}
