/**
 * Type names to type ids: a hash table over the name bytes of the string section, built in one pass without decoding
 * a single string. Names are hashed up to their flavour suffix (`___x`), so that CO-RE finds candidates in it too.
 */
import { encodeUtf8 } from "../bytes/index.js";

const underscore = 0x5f;

/**
 * Length of a name without its flavour: the part before the last `___` that has another character on both sides.
 * `bytes` from `start` to `end` is the name.
 */
function essentialEnd(bytes: Uint8Array, start: number, end: number): number {
  for (let i = end - 5; i >= start; i--) {
    if (
      bytes[i + 1] === underscore &&
      bytes[i + 2] === underscore &&
      bytes[i + 3] === underscore &&
      bytes[i] !== underscore &&
      bytes[i + 4] !== underscore
    ) {
      return i + 1;
    }
  }
  return end;
}

const callbackTag = "exception_callback:";

/** The function that a declaration tag of a program names as what exceptions go to; undefined for other tags. */
export function exceptionCallback(tag: string): string | undefined {
  return tag.startsWith(callbackTag) ? tag.slice(callbackTag.length) : undefined;
}

/** A name without its flavour suffix: `task_struct___old` is `task_struct`. */
export function essentialName(name: string): string {
  for (let i = name.length - 5; i >= 0; i--) {
    if (name.startsWith("___", i + 1) && name[i] !== "_" && name[i + 4] !== "_") return name.slice(0, i + 1);
  }
  return name;
}

/** Bytes of a name that are looked at for its hash: names of a corrupt file may overlap, each as long as the section. */
const hashedBytes = 4096;

function hashedEnd(bytes: Uint8Array, start: number): number {
  const end = bytes.subarray(start, start + hashedBytes).indexOf(0);
  return end < 0 ? Math.min(bytes.length, start + hashedBytes) : start + end;
}

function hashBytes(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c_9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193);
  return hash ^ (hash >>> 15);
}

/** How the index asks for a name's place: the string section that holds it and where it starts. */
export interface NamePlace {
  readonly bytes: Uint8Array;
  readonly start: number;
}

export class NameIndex {
  readonly #mask: number;
  /** Bucket -> the last type of its chain + 1; a type (by number) -> the one before it + 1. */
  readonly #heads: Int32Array;
  readonly #next: Int32Array;
  readonly #place: (type: number) => NamePlace | undefined;

  /** Indexes types 0 .. `count` - 1; `place` gives a type's name, undefined for an anonymous type. */
  constructor(count: number, place: (type: number) => NamePlace | undefined) {
    let size = 16;
    while (size < count) size *= 2;
    this.#mask = size - 1;
    this.#heads = new Int32Array(size);
    this.#next = new Int32Array(count);
    this.#place = place;
    // From the last to the first, so that a chain lists types in ascending order.
    for (let type = count - 1; type >= 0; type--) {
      const name = place(type);
      if (name === undefined) continue;
      const end = hashedEnd(name.bytes, name.start);
      const bucket = hashBytes(name.bytes, name.start, essentialEnd(name.bytes, name.start, end)) & this.#mask;
      this.#next[type] = this.#heads[bucket]!;
      this.#heads[bucket] = type + 1;
    }
  }

  /** The types named exactly `name`, ascending; with `essential`, those that differ in the flavour suffix too. */
  *find(name: string, essential = false): Generator<number> {
    const wanted = encodeUtf8(name);
    const length = essentialEnd(wanted, 0, wanted.length);
    const bucket = hashBytes(wanted, 0, essentialEnd(wanted, 0, hashedEnd(wanted, 0))) & this.#mask;
    const compared = essential ? length : wanted.length;
    for (let type = this.#heads[bucket]!; type > 0; type = this.#next[type - 1]!) {
      const place = this.#place(type - 1);
      if (place === undefined) continue;
      const { bytes, start } = place;
      let i = 0;
      while (i < compared && bytes[start + i] === wanted[i]) i++;
      if (i < compared) continue;
      const own = essential ? essentialEnd(bytes, start, bytes.indexOf(0, start)) : start + compared;
      if (own === start + compared && (essential || bytes[own] === 0)) yield type - 1;
    }
  }
}
