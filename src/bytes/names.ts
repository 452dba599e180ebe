/**
 * Names as numbers. A linker meets the name of a symbol in many files and compares it with all others: names stand here as bytes, each
 * once, and a number tells them apart. Strings are made for those that somebody reads.
 */
import { decodeUtf8, encodeUtf8 } from "./text.js";

/** FNV-1a, its upper bits mixed into the lower ones. */
const hashSeed = 0x811c_9dc5 | 0;
const prime = 0x0100_0193;

export class NameTable {
  /** Names have the numbers from 0 to `count` - 1, in the order in which they came. */
  count = 0;
  /** The names one after the other, each ended by a NUL. */
  #bytes = new Uint8Array(1 << 12);
  /** Where each name starts; one more says where the next one will. */
  #starts = new Uint32Array(1 << 9);
  /** Open addressing: the number + 1 of the name in a slot, 0 for a free one. */
  #slots = new Int32Array(1 << 10);
  #hashes = new Int32Array(1 << 9);
  #texts: (string | undefined)[] = [];
  /** Of the text that was met last. */
  #hash = 0;
  #end = 0;

  /** The number of the name at `start` of `bytes`, ended by a NUL; -1 where that does not come within `limit` bytes. */
  take(bytes: Uint8Array, start: number, limit: number): number {
    let hash = hashSeed;
    let at = start;
    const last = Math.min(bytes.length, start + limit + 1);
    for (; ; at++) {
      if (at >= last) return -1;
      const byte = bytes[at]!;
      if (byte === 0) break;
      hash = Math.imul(hash ^ byte, prime);
    }
    hash ^= hash >>> 15;
    const length = at - start;
    const slot = this.#slotOf(bytes, start, length, hash);
    const known = this.#slots[slot]!;
    if (known > 0) return known - 1;
    const end = this.#room(length);
    const own = this.#bytes;
    for (let from = start, to = end; from < at; from++, to++) own[to] = bytes[from]!;
    own[end + length] = 0;
    return this.#enter(slot, hash, end + length + 1);
  }

  /** The number of `text`, which is added where it is new. */
  add(text: string): number {
    const slot = this.#meet(text);
    const known = this.#slots[slot]!;
    if (known > 0) return known - 1;
    const number = this.#enter(slot, this.#hash, this.#end);
    this.#texts[number] = text;
    return number;
  }

  /** The number of `text`; -1 where nobody added it. */
  find(text: string): number {
    return this.#slots[this.#meet(text)]! - 1;
  }

  text(number: number): string {
    return (this.#texts[number] ??= this.#decode(number));
  }

  /** All names in their order, each ended by a NUL: a view. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#starts[this.count]!);
  }

  /** Bytes of a name without its NUL. */
  size(number: number): number {
    return this.#starts[number + 1]! - this.#starts[number]! - 1;
  }

  /** Puts a name and its NUL at `at` of `to`. Says whether it holds no other NUL. */
  copy(number: number, to: Uint8Array, at: number): boolean {
    const own = this.#bytes;
    const start = this.#starts[number]!;
    const end = this.#starts[number + 1]! - 1;
    let from = start;
    for (let byte = own[from]!; byte !== 0; byte = own[++from]!) to[at + from - start] = byte;
    to[at + from - start] = 0;
    return from === end;
  }

  #decode(number: number): string {
    const start = this.#starts[number]!;
    return decodeUtf8(this.#bytes.subarray(start, start + this.size(number)));
  }

  /** Puts `text` behind all names, up to `#end`; gives the slot of its `#hash` where it is or would be. */
  #meet(text: string): number {
    const { length } = text;
    const start = this.#room(3 * length);
    const own = this.#bytes;
    let hash = hashSeed;
    let size = 0;
    for (; size < length; size++) {
      const unit = text.charCodeAt(size);
      if (unit > 0x7f) break;
      own[start + size] = unit;
      hash = Math.imul(hash ^ unit, prime);
    }
    if (size < length) {
      const bytes = encodeUtf8(text);
      own.set(bytes, start);
      for (; size < bytes.length; size++) hash = Math.imul(hash ^ bytes[size]!, prime);
    }
    own[start + size] = 0;
    this.#end = start + size + 1;
    this.#hash = hash ^ (hash >>> 15);
    return this.#slotOf(own, start, size, this.#hash);
  }

  /** Makes room for a name of so many bytes; says where it goes. */
  #room(length: number): number {
    const start = this.#starts[this.count]!;
    const needed = start + length + 1;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, start));
      this.#bytes = grown;
    }
    return start;
  }

  /** The slot of a name, or the free one that it would have. */
  #slotOf(bytes: Uint8Array, start: number, length: number, hash: number): number {
    const slots = this.#slots;
    const hashes = this.#hashes;
    const starts = this.#starts;
    const own = this.#bytes;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const number = slots[slot]! - 1;
      if (number < 0) return slot;
      if (hashes[number] !== hash) continue;
      const first = starts[number]!;
      if (starts[number + 1]! - first !== length + 1) continue;
      let i = 0;
      while (i < length && own[first + i] === bytes[start + i]) i++;
      if (i === length) return slot;
    }
  }

  /** The name behind all others becomes one of them. */
  #enter(slot: number, hash: number, end: number): number {
    const number = this.count++;
    if (number + 2 > this.#starts.length) {
      const starts = new Uint32Array(2 * this.#starts.length);
      starts.set(this.#starts);
      this.#starts = starts;
      const hashes = new Int32Array(2 * this.#hashes.length);
      hashes.set(this.#hashes);
      this.#hashes = hashes;
    }
    this.#starts[number + 1] = end;
    this.#hashes[number] = hash;
    this.#slots[slot] = number + 1;
    if (2 * this.count > this.#slots.length) this.#spread();
    return number;
  }

  #spread(): void {
    const hashes = this.#hashes;
    // By much: to enter all again costs more than free slots.
    const slots = new Int32Array(4 * this.#slots.length);
    const mask = slots.length - 1;
    for (let number = 0; number < this.count; number++) {
      let slot = hashes[number]! & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = number + 1;
    }
    this.#slots = slots;
  }
}
