/** Words to small numbers: a hash table over bytes, so that a word of the text becomes a string only once. */
import { decodeUtf8, encodeUtf8 } from "../../bytes/index.js";

export const hashStart: number = 0x811c9dc5 | 0;
export const hashStep = 0x01000193;

function grown<Numbers extends Int32Array | Uint8Array>(from: Numbers, to: Numbers): Numbers {
  to.set(from);
  return to;
}

const unasked = -1;

export class Interner {
  /** The word of each number. */
  readonly names: string[] = [];
  /** The number of each word in lower case, once somebody has asked; `unasked` before. */
  readonly #folded: number[] = [];
  /** The bytes of all words, one after the other; word `id` ends at `#ends[id]`. */
  #arena: Uint8Array = new Uint8Array(16_384);
  #ends: Int32Array = new Int32Array(2048);
  #hashes: Int32Array = new Int32Array(2048);
  #slots: Int32Array = new Int32Array(4096).fill(-1);

  /** The number of the word in `text` from `start` up to `end`. */
  bytes(text: Uint8Array, start: number, end: number): number {
    let hash = hashStart;
    for (let i = start; i < end; i++) hash = Math.imul(hash ^ text[i]!, hashStep);
    return this.hashed(text, start, end, hash);
  }

  /** The same, for who has run `hashStart` and `hashStep` (FNV-1a) over the bytes already. */
  hashed(text: Uint8Array, start: number, end: number, fnv: number): number {
    const hash = fnv ^ (fnv >>> 15);
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    for (;;) {
      const id = this.#slots[slot]!;
      if (id < 0) return this.#add(text, start, end, hash);
      if (this.#hashes[id] === hash && this.#same(id, text, start, end)) return id;
      slot = (slot + 1) & mask;
    }
  }

  word(name: string): number {
    const bytes = encodeUtf8(name);
    return this.bytes(bytes, 0, bytes.length);
  }

  /** The number of word `id` in lower case: how mnemonics, directives and registers are compared. */
  folded(id: number): number {
    const known = this.#folded[id]!;
    if (known !== unasked) return known;
    const name = this.names[id]!;
    const lower = name.toLowerCase();
    return (this.#folded[id] = lower === name ? id : this.word(lower));
  }

  #same(id: number, text: Uint8Array, start: number, end: number): boolean {
    const arena = this.#arena;
    let at = id === 0 ? 0 : this.#ends[id - 1]!;
    if (this.#ends[id]! - at !== end - start) return false;
    for (let i = start; i < end; i++) if (arena[at++] !== text[i]) return false;
    return true;
  }

  #add(text: Uint8Array, start: number, end: number, hash: number): number {
    const id = this.names.length;
    if (id >= this.#ends.length) {
      this.#ends = grown(this.#ends, new Int32Array(2 * id));
      this.#hashes = grown(this.#hashes, new Int32Array(2 * id));
    }
    const at = id === 0 ? 0 : this.#ends[id - 1]!;
    const size = end - start;
    if (at + size > this.#arena.length) this.#arena = grown(this.#arena, new Uint8Array(2 * (at + size)));
    this.#ends[id] = at + size;
    this.#hashes[id] = hash;
    let ascii = true;
    for (let i = 0; i < size; i++) {
      const byte = text[start + i]!;
      this.#arena[at + i] = byte;
      if (byte >= 0x80) ascii = false;
    }
    const name =
      ascii && size < 64
        ? String.fromCharCode.apply(null, this.#arena.subarray(at, at + size) as unknown as number[])
        : decodeUtf8(this.#arena.subarray(at, at + size));
    this.names.push(name);
    this.#folded.push(unasked);
    if (this.names.length * 2 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
      for (let i = 0; i <= id; i++) this.#place(i);
    } else {
      this.#place(id);
    }
    return id;
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[id]! & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id;
  }
}
