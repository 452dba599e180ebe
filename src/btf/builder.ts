/** Building BTF: types get ids in the order they are added; strings are stored once, and types where asked. */
import { ByteWriter, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import type { Btf } from "./btf.js";
import { encodeType } from "./encode.js";
import { readBtf } from "./read.js";
import type { BtfType } from "./types.js";
import { writeBtf } from "./write.js";

export interface BtfBuilderOptions {
  /** What the new BTF stands on: ids and strings of the base can be referred to. */
  readonly base?: Btf | undefined;
  /** Carry over the layout section of this BTF: needed where types of unknown kinds are copied from it. */
  readonly layoutOf?: Btf | undefined;
}

export class BtfBuilder {
  readonly #base: Btf | undefined;
  readonly #layoutOf: Btf | undefined;
  readonly #firstId: number;
  readonly #words: number[] = [];
  #count = 0;
  readonly #strings: ByteWriter = new ByteWriter("little");
  readonly #stringBase: number;
  readonly #offsets = new Map<string, number>([["", 0]]);
  /** Words of a type as text -> its id, for the types that went through `intern`. */
  readonly #known = new Map<string, number>();

  constructor(options: BtfBuilderOptions = {}) {
    const { base, layoutOf } = options;
    this.#base = base;
    this.#layoutOf = layoutOf;
    this.#firstId = base?.typeCount ?? 1;
    this.#stringBase = base === undefined ? 0 : base.stringBase + base.strings.length;
    if (base === undefined) this.#strings.u8(0);
  }

  /** The id the next added type gets: lets a struct refer to itself. */
  get nextId(): number {
    return this.#firstId + this.#count;
  }

  /** The offset of `text` in the string section. */
  string(text: string): number {
    let offset = this.#offsets.get(text);
    if (offset === undefined) {
      if (text.includes("\0")) throw failure("btf-nul", { text: text.replaceAll("\0", "\\0") });
      offset = this.#stringBase + this.#strings.length;
      this.#strings.cstring(text);
      this.#offsets.set(text, offset);
    }
    return offset;
  }

  /** Adds a type and returns its id. It may refer to ids that are added later. Throws `btf-too-large`. */
  add(type: BtfType): number {
    return this.#append(this.#encode(type));
  }

  /** Like `add`, but an equal type that was interned before is used again. */
  intern(type: BtfType): number {
    const words = this.#encode(type);
    const key = words.join();
    let id = this.#known.get(key);
    if (id === undefined) this.#known.set(key, (id = this.#append(words)));
    return id;
  }

  // A type that cannot be encoded throws before anything of it is kept.
  #encode(type: BtfType): number[] {
    const words: number[] = [];
    encodeType(type, (text) => this.string(text), words);
    return words;
  }

  #append(words: readonly number[]): number {
    const id = this.nextId;
    for (const word of words) this.#words.push(word);
    this.#count++;
    return id;
  }

  /** The .BTF section in the given byte order. */
  bytes(endian: Endian): Uint8Array {
    return writeBtf({
      endian,
      words: Uint32Array.from(this.#words),
      strings: this.#strings.bytes(),
      layout: this.#layoutOf?.layout ?? new Uint8Array(0),
      layoutEndian: this.#layoutOf?.endian ?? endian,
    });
  }

  /** What `bytes` gives, read back. */
  build(endian: Endian): Btf {
    return readBtf(this.bytes(endian), { base: this.#base });
  }
}

/**
 * The same types with the same ids in the given byte order. Strings that no type uses (source lines of .BTF.ext) are
 * left out, and the others get new offsets.
 */
export function rebuildBtf(btf: Btf, endian: Endian = btf.endian): Btf {
  const builder = new BtfBuilder({ base: btf.base, layoutOf: btf });
  for (const [, type] of btf.types()) builder.add(type);
  return builder.build(endian);
}
