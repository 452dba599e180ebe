/**
 * The string section while it is being made: every string once, found again by a hash of its bytes, so that strings of
 * another blob are taken over without being decoded.
 */
import { encodeUtf8 } from "../bytes/index.js";
import type { Btf } from "./btf.js";
import { extWidths } from "./ext.js";
import { elementName, elementWords } from "./join/refs.js";
import { btfKinds, infoKind, infoVlen } from "./table.js";

const seed = 0x811c_9dc5 | 0;

function step(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x0100_0193);
}

function finish(hash: number): number {
  return hash ^ (hash >>> 15);
}

function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = seed;
  for (let i = start; i < end; i++) hash = step(hash, bytes[i]!);
  return finish(hash);
}

export class StringTable {
  /** Offset of the first string of its own; smaller offsets are the base's. */
  readonly #base: number;
  #bytes = new Uint8Array(1024);
  #length = 0;
  /** Open addressing: offset + 1 of the string in a slot, 0 for a free one; beside it the hash. */
  #slots = new Int32Array(512);
  #hashes = new Int32Array(512);
  #count = 0;
  readonly #known = new Map<string, number>();
  /** Strings of the base come first, one array after the other, in offset order. */
  readonly #before: { readonly bytes: Uint8Array; readonly start: number }[] = [];

  constructor(base?: Btf) {
    for (let each = base; each !== undefined; each = each.base) {
      this.#before.unshift({ bytes: each.strings, start: each.stringBase });
    }
    this.#base = base === undefined ? 0 : base.stringBase + base.strings.length;
    for (const { bytes, start } of this.#before) {
      for (let at = 0; at < bytes.length;) {
        const end = bytes.indexOf(0, at);
        this.#enter(hashOf(bytes, at, end), start + at);
        at = end + 1;
      }
    }
    if (base === undefined) this.internBytes(this.#bytes, 0, 0);
  }

  /** Offset of `text`, which is added when it is new. A NUL ends it. */
  intern(text: string): number {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    const bytes = encodeUtf8(text);
    const nul = bytes.indexOf(0);
    const offset = this.internBytes(bytes, 0, nul < 0 ? bytes.length : nul);
    this.#known.set(text, offset);
    return offset;
  }

  /** Offset of the string that stands in `bytes` from `start` to `end`, which is added when it is new. */
  internBytes(bytes: Uint8Array, start: number, end: number): number {
    return this.#intern(bytes, start, end, hashOf(bytes, start, end));
  }

  #find(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const entry = this.#slots[slot]!;
      if (entry === 0) return -1;
      if (this.#hashes[slot] === hash && this.#same(entry - 1, bytes, start, end)) return entry - 1;
    }
  }

  #intern(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const known = this.#find(bytes, start, end, hash);
    if (known >= 0) return known;
    const offset = this.#base + this.#length;
    this.#append(bytes, start, end);
    this.#enter(hash, offset);
    return offset;
  }

  /** Offset of the string at `start` of `bytes`, in which a NUL ends it. */
  internAt(bytes: Uint8Array, start: number): number {
    let hash = seed;
    let end = start;
    for (let byte = bytes[end]!; byte !== 0; byte = bytes[++end]!) hash = step(hash, byte);
    return this.#intern(bytes, start, end, finish(hash));
  }

  /** The section of its own: a view. */
  bytes(): Uint8Array {
    const bytes = this.#bytes.subarray(0, this.#length);
    tables.set(bytes, this);
    return bytes;
  }

  /** Offset of the string that stands in `bytes` from `start` to `end`; -1 where the table has none. */
  find(bytes: Uint8Array, start: number, end: number): number {
    return this.#find(bytes, start, end, hashOf(bytes, start, end));
  }

  #same(offset: number, bytes: Uint8Array, start: number, end: number): boolean {
    let own: Uint8Array = this.#bytes;
    let at = offset - this.#base;
    for (const before of this.#before) {
      if (offset >= this.#base || offset < before.start) break;
      own = before.bytes;
      at = offset - before.start;
    }
    for (let i = start; i < end; i++, at++) if (own[at] !== bytes[i]) return false;
    return own[at] === 0;
  }

  #append(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.#length + end - start + 1;
    if (needed > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
      grown.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = grown;
    }
    for (let i = start, at = this.#length; i < end; i++, at++) this.#bytes[at] = bytes[i]!;
    this.#bytes[needed - 1] = 0;
    this.#length = needed;
  }

  #enter(hash: number, offset: number): void {
    if (2 * ++this.#count > this.#slots.length) this.#grow();
    const mask = this.#slots.length - 1;
    let slot = hash & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = offset + 1;
    this.#hashes[slot] = hash;
  }

  #grow(): void {
    const slots = this.#slots;
    const hashes = this.#hashes;
    // By much: to enter all again costs more than free slots.
    this.#slots = new Int32Array(4 * slots.length);
    this.#hashes = new Int32Array(4 * slots.length);
    const mask = this.#slots.length - 1;
    for (let i = 0; i < slots.length; i++) {
      if (slots[i] === 0) continue;
      let slot = hashes[i]! & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = slots[i]!;
      this.#hashes[slot] = hashes[i]!;
    }
  }
}

/** New offsets of the strings of one BTF, taken into `table` as they are asked for: an array, for there are very many. */
export class MovedStrings {
  readonly #btf: Btf;
  readonly #table: StringTable;
  /** The new offset + 1; 0 for strings that nobody asked for. */
  readonly #known: Uint32Array;

  /** `btf` is not split; `known` is as long as its strings and empty. */
  constructor(btf: Btf, table: StringTable, known: Uint32Array) {
    this.#btf = btf;
    this.#table = table;
    this.#known = known;
    known[0] = 1;
  }

  /** The new offset of the string at `offset`. Throws `btf-string`. */
  take(offset: number): number {
    const known = this.#known[offset];
    if (known !== undefined && known > 0) return known - 1;
    const { bytes, start } = this.#btf.stringPlace(offset);
    const own = this.#table.internAt(bytes, start);
    this.#known[offset] = own + 1;
    return own;
  }

  /** The new offset of a string that was taken; 0, the empty one, for others. */
  get(offset: number): number {
    const known = this.#known[offset];
    return known === undefined || known === 0 ? 0 : known - 1;
  }
}

/** Who moves the strings of very many types and records at once. */
export interface StringMover {
  /** By the offset of a string, divided by 8: its new offset + 1. */
  readonly known: Uint32Array;
  /** Where the strings go. */
  readonly bytes: Uint8Array;
  /** Put the new offsets into words, the first new string at `length`. Return the length afterwards. */
  readonly types: (words: Uint32Array, length: number) => number;
  readonly lines: (words: Uint32Array, length: number) => number;
  readonly relos: (words: Uint32Array, length: number) => number;
}

/** Above all offsets of strings: lines have such numbers for files that are not among the strings. */
export const fileNumbers = 0x8000_0000;

/** The strings of one BTF that are still used, in the order in which they are asked for, and new ones among them. */
export class KeptStrings {
  readonly #btf: Btf;
  /** The new offset + 1; 0 for strings that nobody asked for. By the offset, in bytes or eights of them. */
  readonly #known: Uint32Array;
  readonly #scale: 0 | 3;
  #mover: StringMover | undefined;
  #bytes: Uint8Array;
  #length = 1;
  readonly #texts = new Map<string, number>([["", 0]]);
  #old: StringFinder | undefined;

  /** `btf` is not split, and its strings are stored once each. */
  constructor(btf: Btf) {
    this.#btf = btf;
    this.#mover = tables.get(btf.strings)?.mover?.();
    this.#scale = this.#mover === undefined ? 0 : 3;
    this.#known = this.#mover?.known ?? new Uint32Array(btf.strings.length);
    this.#known[0] = 1;
    this.#bytes = this.#mover?.bytes ?? new Uint8Array(btf.strings.length + 256);
  }

  /** The new offset of the string at `offset`. Throws `btf-string`. */
  take(offset: number): number {
    const known = this.#known[offset >>> this.#scale];
    if (known !== undefined && known > 0) return known - 1;
    const { bytes, start } = this.#btf.stringPlace(offset);
    let end = start;
    while (bytes[end] !== 0) end++;
    const own = this.#append(bytes, start, end);
    this.#known[offset >>> this.#scale] = own + 1;
    return own;
  }

  /** Keeps the strings of the types that `words` consists of, and puts their new offsets there. */
  takeTypes(words: Uint32Array): void {
    if (this.#mover !== undefined) {
      this.#length = this.#mover.types(words, this.#length);
      return;
    }
    for (let at = 0; at < words.length;) {
      if (words[at] !== 0) words[at] = this.take(words[at]!);
      const info = words[at + 1]!;
      const kind = infoKind(info);
      const name = elementName[kind]!;
      const step = elementWords[kind]!;
      at += 3 + btfKinds[kind]!.fixed;
      const end = at + step * infoVlen(info);
      if (name >= 0) for (let i = at + name; i < end; i += step) words[i] = this.take(words[i]!);
      at = end;
    }
  }

  /** The same of lines of .BTF.ext; files that have a number from `fileNumbers` on keep it. */
  takeLines(words: Uint32Array): void {
    if (this.#mover !== undefined) {
      this.#length = this.#mover.lines(words, this.#length);
      return;
    }
    // Most lines are of the file of the line before.
    let file = 0;
    let moved = 0;
    for (let at = 0; at < words.length; at += extWidths.lineInfo) {
      if (words[at + 1] !== file) {
        file = words[at + 1]!;
        moved = file < fileNumbers ? this.take(file) : file;
      }
      words[at + 1] = moved;
      words[at + 2] = this.take(words[at + 2]!);
    }
  }

  /** The same of CO-RE relocations. */
  takeRelos(words: Uint32Array): void {
    if (this.#mover !== undefined) this.#length = this.#mover.relos(words, this.#length);
    else for (let at = 2; at < words.length; at += extWidths.coreRelos) words[at] = this.take(words[at]!);
  }

  /** Offset of `text`: that of the old string, where there is one. A NUL ends it. */
  intern(text: string): number {
    let offset = this.#texts.get(text);
    if (offset === undefined) {
      const bytes = encodeUtf8(text);
      const nul = bytes.indexOf(0);
      const end = nul < 0 ? bytes.length : nul;
      const old = (this.#old ??= tableOf(this.#btf)).find(bytes, 0, end);
      offset =
        old >= 0
          ? this.take(old)
          : nul < 0
            ? this.#append(bytes, 0, end)
            : this.intern(text.slice(0, text.indexOf("\0")));
      this.#texts.set(text, offset);
    }
    return offset;
  }

  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }

  #append(bytes: Uint8Array, start: number, end: number): number {
    const offset = this.#length;
    const needed = offset + end - start + 1;
    // Who moves strings at once counts on room for all that there are.
    const reserved = this.#mover === undefined ? 0 : this.#btf.strings.length;
    if (needed + reserved > this.#bytes.length) {
      this.#mover = undefined;
      const grown = new Uint8Array(2 * needed);
      grown.set(this.#bytes.subarray(0, offset));
      this.#bytes = grown;
    }
    for (let i = start, at = offset; i < end; i++, at++) this.#bytes[at] = bytes[i]!;
    this.#bytes[needed - 1] = 0;
    this.#length = needed;
    return offset;
  }
}

/** Finds strings by their bytes. */
export interface StringFinder {
  /** Who moves these strings at once; it does so for one who asks. */
  mover?(): StringMover | undefined;
  /** Offset of the string that stands in `bytes` from `start` to `end`; negative where there is none. */
  find(bytes: Uint8Array, start: number, end: number): number;
}

/** The tables that strings came from, so that none is made anew to find a string of it. */
const tables = new WeakMap<Uint8Array, StringFinder>();

/** Says who finds strings of the string section `strings`. */
export function rememberFinder(strings: Uint8Array, finder: StringFinder): void {
  tables.set(strings, finder);
}

/** A table to find the strings of `btf` in: that which they were made with, where it is known. */
function tableOf({ strings }: Btf): StringFinder {
  const known = tables.get(strings);
  if (known !== undefined) return known;
  const made = new StringTable();
  for (let at = 1; at < strings.length; at = strings.indexOf(0, at) + 1) made.internAt(strings, at);
  return made;
}
