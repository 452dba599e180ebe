/** Words to small numbers: a hash table over bytes, so that a word of the text becomes a string only once. */
import { decodeUtf8, encodeUtf8 } from "../bytes/index.js";

export const hashStart: number = 0x811c9dc5 | 0;
export const hashStep = 0x01000193;

export class Interner {
  /** The word of each number. */
  readonly names: string[] = [];
  /** The number of each word in lower case: how mnemonics, directives and registers are compared. */
  readonly folded: number[] = [];
  readonly #bytes: Uint8Array[] = [];
  readonly #hashes: number[] = [];
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
      if (id < 0) return this.#add(text.slice(start, end), hash);
      if (this.#hashes[id] === hash && this.#same(this.#bytes[id]!, text, start, end)) return id;
      slot = (slot + 1) & mask;
    }
  }

  word(name: string): number {
    const bytes = encodeUtf8(name);
    return this.bytes(bytes, 0, bytes.length);
  }

  #same(known: Uint8Array, text: Uint8Array, start: number, end: number): boolean {
    if (known.length !== end - start) return false;
    for (let i = 0; i < known.length; i++) if (known[i] !== text[start + i]) return false;
    return true;
  }

  #add(bytes: Uint8Array, hash: number): number {
    const id = this.names.length;
    const name = decodeUtf8(bytes);
    this.names.push(name);
    this.#bytes.push(bytes);
    this.#hashes.push(hash);
    this.folded.push(id);
    if (this.names.length * 2 > this.#slots.length) {
      this.#slots = new Int32Array(this.#slots.length * 2).fill(-1);
      for (let i = 0; i <= id; i++) this.#place(i);
    } else {
      this.#place(id);
    }
    const lower = name.toLowerCase();
    if (lower !== name) this.folded[id] = this.word(lower);
    return id;
  }

  #place(id: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashes[id]! & mask;
    while (this.#slots[slot]! >= 0) slot = (slot + 1) & mask;
    this.#slots[slot] = id;
  }
}
