/**
 * Lines met before: generated and compiled text says the same things over and over, and the same line gives the same slot.
 *
 * Only a line that is one instruction of one slot is kept, and only when nothing but the line decided its bytes: no label, no
 * symbol, no diagnostic. The table is emptied where the meaning of a line changes (another dialect).
 */
import { opcodes } from "../isa/index.js";
import { reserve } from "./sections.js";
import type { AsmSection } from "./types.js";

/** Lines longer than this are not kept. */
const longest = 96;
/** Lines kept at most; four buckets each to find them in. */
const mostLines = 1 << 16;
/** A line that is an instruction has hardly fewer bytes than this: a short text needs only a small table. */
const shortest = 8;
/** Buckets tried for a line, so that lines of one hash stay cheap. */
const probes = 4;

const newline = 10;
const tab = 9;
const space = 32;
const exit = 0x95;

/** The hash of a line is 0 stepped over its bytes. */
function step(hash: number, byte: number): number {
  return ((hash << 7) | (hash >>> 25)) ^ byte;
}

function bucketOf(hash: number, mask: number): number {
  const mixed = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (mixed ^ (mixed >>> 13)) & mask;
}

export class LineMemo {
  readonly #text: Uint8Array;
  /** Of each line kept: where it stands in the text, its length, its slot. */
  readonly #start: Int32Array;
  readonly #length: Uint8Array;
  readonly #slots: Uint8Array;
  /** Number of a line + 1, or 0. As many as a power of two. */
  readonly #buckets: Int32Array;
  #count = 0;

  constructor(text: Uint8Array) {
    this.#text = text;
    let lines = probes;
    while (lines < mostLines && lines * shortest < text.length) lines *= 2;
    this.#start = new Int32Array(lines);
    this.#length = new Uint8Array(lines);
    this.#slots = new Uint8Array(lines * opcodes.SLOT);
    this.#buckets = new Int32Array(4 * lines);
  }

  get filled(): boolean {
    return this.#count > 0;
  }

  clear(): void {
    if (this.#count > 0) this.#buckets.fill(0);
    this.#count = 0;
  }

  /** Puts the slots of the lines from `at` on into `section`, up to the first line that is new; returns where that starts. */
  follow(at: number, section: AsmSection): number {
    if (section.type === "nobits") return at;
    // Everything in locals: this loop runs over nearly all of a large text.
    const text = this.#text;
    const table = this.#buckets;
    const starts = this.#start;
    const lengths = this.#length;
    const slots = this.#slots;
    const mask = table.length - 1;
    let { data, size: filled } = section;
    const before = filled;
    lines: for (;;) {
      const limit = Math.min(text.length, at + longest);
      let hash = 0;
      let end = at;
      for (; end < limit; end++) {
        const byte = text[end]!;
        if (byte === newline) break;
        hash = step(hash, byte);
      }
      if (end === limit) break;
      const length = end - at;
      const bucket = bucketOf(hash, mask);
      let line = -1;
      for (let probe = 0; line < 0; probe++) {
        const known = probe < probes ? table[(bucket + probe) & mask]! - 1 : -1;
        if (known < 0) break lines;
        if (lengths[known] !== length) continue;
        const start = starts[known]!;
        let same = 0;
        while (same < length && text[start + same] === text[at + same]) same++;
        if (same === length) line = known;
      }
      if (filled + opcodes.SLOT > data.length) {
        section.size = filled;
        reserve(section, opcodes.SLOT);
        ({ data } = section);
      }
      for (let i = 0, from = line * opcodes.SLOT; i < opcodes.SLOT; i++) data[filled++] = slots[from++]!;
      at = end + 1;
    }
    section.size = filled;
    if (filled > before && section.align < opcodes.SLOT) section.align = opcodes.SLOT;
    return at;
  }

  /** Keeps the line around byte `within` of the text, which ends at `next` and gave the last slot of `section`. */
  learn(within: number, next: number, section: AsmSection): void {
    const text = this.#text;
    const from = section.size - opcodes.SLOT;
    // The first `exit` of a section has a name in conformance texts.
    if (this.#count === this.#start.length || section.data[from] === exit) return;
    let start = within;
    while (start > 0 && text[start - 1] !== newline) {
      // Another statement before it, or the end of a block comment.
      if (text[--start] !== space && text[start] !== tab) return;
    }
    if (next - start > longest) return;
    let hash = 0;
    let end = start;
    for (; end < next - 1; end++) {
      const byte = text[end]!;
      // A block comment went on over the line's end.
      if (byte === newline) return;
      hash = step(hash, byte);
    }
    if (text[end] !== newline) return;
    const bucket = this.#free(hash);
    if (bucket < 0) return;
    const line = this.#count++;
    this.#start[line] = start;
    this.#length[line] = end - start;
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
