/**
 * Lines met before: generated and compiled text says the same things over and over, and the same line gives the same slot.
 *
 * Only a line that is one instruction of one slot is kept, and only when nothing but the line decided its bytes: no label, no
 * symbol, no diagnostic. The table is emptied where the meaning of a line changes (another dialect).
 */
import { opcodes } from "../../isa/index.js";
import { reserve } from "../output/sections.js";
import type { AsmSection } from "../types.js";

/** Lines longer than this are not kept. */
const longest = 96;
/** Lines kept at most; four buckets each to find them in. */
const mostLines = 1 << 16;
/** A line that is an instruction has hardly fewer bytes than this: a short text needs only a small table. */
const shortest = 8;
/** Buckets tried for a line, so that lines of one hash stay cheap. */
const probes = 4;

/** Lines are hashed and compared by words of so many bytes. */
const word = 4;
/** When a table was looked through in vain as often as it has lines, fewer found than this share make it be given up. */
const worthwhile = 1 / 8;
const newline = 10;
const tab = 9;
const space = 32;
const exit = 0x95;

/** The hash of a line is 0 stepped over its words of four bytes; what the last one has beyond the line counts as 0. */
function step(hash: number, word: number): number {
  const mixed = Math.imul(hash ^ word, 0x9e37_79b1);
  return (mixed << 13) | (mixed >>> 19);
}

/** Bit 7 of a word's first byte that is a newline is the lowest bit set; 0 if there is none. */
function newlines(word: number): number {
  const rest = word ^ 0x0a0a_0a0a;
  return (rest - 0x0101_0101) & ~rest & 0x8080_8080;
}

/** The bytes of a word before the byte whose bit 7 is the lowest of `found`: how many, and a mask of them. */
function bytesBefore(found: number): number {
  return (31 - Math.clz32(found & -found)) >> 3;
}
function maskOf(bytes: number): number {
  return (1 << (8 * bytes)) - 1;
}

function bucketOf(hash: number, mask: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & mask;
}

export class LineMemo {
  readonly #text: Uint8Array;
  /** The same bytes. */
  readonly #words: DataView;
  /** Lines that start behind this are not kept: the text ends too soon to read whole words of them. */
  readonly #last: number;
  /** Of each line kept: where it stands in the text, its length, its slot. */
  readonly #start: Int32Array;
  readonly #length: Uint8Array;
  readonly #slots: Uint8Array;
  readonly #slotWords: DataView;
  /** Number of a line + 1, or 0. As many as a power of two. */
  readonly #buckets: Int32Array;
  #count = 0;
  /** Lines found, and lines looked for in vain. */
  #hits = 0;
  #misses = 0;
  /** Lines of this text hardly ever come again: looking for them costs more than it saves. */
  #vain = false;
  /** The contents of the section written last, and the same bytes. */
  #data: Uint8Array = new Uint8Array(0);
  #put: DataView = new DataView(this.#data.buffer);

  constructor(text: Uint8Array) {
    this.#text = text;
    this.#words = new DataView(text.buffer, text.byteOffset, text.byteLength);
    this.#last = text.length - longest - 2 * word;
    let lines = probes;
    while (lines < mostLines && lines * shortest < text.length) lines *= 2;
    this.#start = new Int32Array(lines);
    this.#length = new Uint8Array(lines);
    this.#slots = new Uint8Array(lines * opcodes.SLOT);
    this.#slotWords = new DataView(this.#slots.buffer);
    this.#buckets = new Int32Array(4 * lines);
  }

  get filled(): boolean {
    return this.#count > 0 && !this.#vain;
  }

  clear(): void {
    if (this.#count > 0) this.#buckets.fill(0);
    this.#count = 0;
  }

  /** Puts the slots of the lines from `at` on into `section`, up to the first line that is new; returns where that starts. */
  follow(at: number, section: AsmSection): number {
    if (section.type === "nobits") return at;
    // Everything in locals: this loop runs over nearly all of a large text.
    const text = this.#words;
    const table = this.#buckets;
    const starts = this.#start;
    const lengths = this.#length;
    const slots = this.#slotWords;
    const buckets = table.length - 1;
    let { data, size: filled } = section;
    const before = filled;
    let put = this.#viewOf(data);
    const last = this.#last;
    lines: while (at <= last) {
      let hash = 0;
      let end = at;
      let tail = text.getInt32(at, true);
      let found = newlines(tail);
      while (found === 0) {
        hash = step(hash, tail);
        end += word;
        if (end > at + longest) break lines;
        tail = text.getInt32(end, true);
        found = newlines(tail);
      }
      const bytes = bytesBefore(found);
      const mask = maskOf(bytes);
      tail &= mask;
      const whole = end - at;
      const length = whole + bytes;
      const bucket = bucketOf(step(hash, tail), buckets);
      let line = -1;
      for (let probe = 0; line < 0; probe++) {
        const known = probe < probes ? table[(bucket + probe) & buckets]! - 1 : -1;
        if (known < 0) break lines;
        if (lengths[known] !== length) continue;
        const start = starts[known]!;
        let same = 0;
        while (same < whole && text.getInt32(start + same, true) === text.getInt32(at + same, true)) same += word;
        if (same === whole && (text.getInt32(start + whole, true) & mask) === tail) line = known;
      }
      if (filled + opcodes.SLOT > data.length) {
        section.size = filled;
        reserve(section, opcodes.SLOT);
        ({ data } = section);
        put = this.#viewOf(data);
      }
      put.setInt32(filled, slots.getInt32(line * opcodes.SLOT, true), true);
      put.setInt32(filled + word, slots.getInt32(line * opcodes.SLOT + word, true), true);
      filled += opcodes.SLOT;
      at = end + bytes + 1;
    }
    section.size = filled;
    if (filled > before && section.align < opcodes.SLOT) section.align = opcodes.SLOT;
    this.#hits += (filled - before) / opcodes.SLOT;
    if (++this.#misses % mostLines === 0) this.#vain = this.#hits < this.#misses * worthwhile;
    return at;
  }

  #viewOf(data: Uint8Array): DataView {
    if (this.#data !== data) {
      this.#data = data;
      this.#put = new DataView(data.buffer, data.byteOffset, data.byteLength);
    }
    return this.#put;
  }

  /** Keeps the line around byte `within` of the text, which ends at `next` and gave the last slot of `section`. */
  learn(within: number, next: number, section: AsmSection): void {
    const text = this.#text;
    const from = section.size - opcodes.SLOT;
    // The first `exit` of a section has a name in conformance texts.
    if (this.#vain || this.#count === this.#start.length || section.data[from] === exit) return;
    let start = within;
    while (start > 0 && text[start - 1] !== newline) {
      // Another statement before it, or the end of a block comment.
      if (text[--start] !== space && text[start] !== tab) return;
    }
    const end = next - 1;
    const length = end - start;
    // A block comment that goes on over the line's end makes more than one line of it.
    if (length > longest || start > this.#last || text.indexOf(newline, start) !== end) return;
    const words = this.#words;
    let hash = 0;
    let at = start;
    for (; at + word <= end; at += word) hash = step(hash, words.getInt32(at, true));
    hash = step(hash, words.getInt32(at, true) & maskOf(end - at));
    const bucket = this.#free(hash);
    if (bucket < 0) return;
    const line = this.#count++;
    this.#start[line] = start;
    this.#length[line] = length;
    this.#slots.set(section.data.subarray(from, from + opcodes.SLOT), line * opcodes.SLOT);
    this.#buckets[bucket] = line + 1;
  }

  #free(hash: number): number {
    const mask = this.#buckets.length - 1;
    const first = bucketOf(hash, mask);
    for (let probe = 0; probe < probes; probe++) {
      const bucket = (first + probe) & mask;
      if (this.#buckets[bucket] === 0) return bucket;
    }
    return -1;
  }
}
