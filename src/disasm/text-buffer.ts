/**
 * A growing buffer of UTF-8 text. Listings are written as bytes: a million lines as strings cost several times as much.
 */
import { decodeUtf8, encodeUtf8 } from "../bytes/index.js";

const zero = 0x30;
const minus = 0x2d;
const hexDigits = encodeUtf8("0123456789abcdef");

/** Longest text of a number written by `decimal` or `hex`. */
const numberRoom = 24;

export class TextBuffer {
  /** The bytes; those from `length` on are free. Replaced when `ensure` grows it. */
  bytes: Uint8Array;
  length = 0;
  readonly #first: Uint8Array;

  /** `first` is what is written into as long as it has room. */
  constructor(first: Uint8Array = new Uint8Array(1 << 10)) {
    this.#first = first;
    this.bytes = first;
  }

  /** Has the text outgrown the first bytes? */
  get hasGrown(): boolean {
    return this.bytes !== this.#first;
  }

  /** Forgets the text, and goes back to the first bytes. */
  clear(): void {
    this.bytes = this.#first;
    this.length = 0;
  }

  /** Makes room for `size` more bytes. */
  ensure(size: number): void {
    const end = this.length + size;
    if (end <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(end, 2 * this.bytes.length));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  text(text: string): void {
    // A UTF-16 unit is at most three bytes of UTF-8.
    this.ensure(3 * text.length);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < text.length; i++) {
      const unit = text.charCodeAt(i);
      if (unit >= 0x80) {
        const rest = encodeUtf8(text.slice(i));
        bytes.set(rest, at);
        at += rest.length;
        break;
      }
      bytes[at++] = unit;
    }
    this.length = at;
  }

  append(bytes: Uint8Array): void {
    this.ensure(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** A whole number of at most 2^53 - 1, signed. */
  decimal(value: number): void {
    this.ensure(numberRoom);
    this.length = putDecimal(this.bytes, this.length, value);
  }

  /** A whole number of at least 0, padded with blanks to `width`. */
  padded(value: number, width: number): void {
    this.ensure(numberRoom + width);
    let digits = 1;
    for (let limit = 10; limit <= value; limit *= 10) digits++;
    for (; digits < width; digits++) this.bytes[this.length++] = 0x20;
    this.length = putDecimal(this.bytes, this.length, value);
  }

  /** A whole number of at least 0 in hex, with at least `width` digits. */
  hex(value: number, width: number): void {
    if (width > 1 || value > 0xffff_ffff) return this.text(value.toString(16).padStart(width, "0"));
    this.ensure(numberRoom);
    this.length = putHex(this.bytes, this.length, value);
  }

  /** The text so far. */
  toString(): string {
    return decodeUtf8(this.bytes.subarray(0, this.length));
  }
}

/** Writes a whole number at `at` and returns the end. The caller has made room. */
export function putDecimal(bytes: Uint8Array, at: number, value: number): number {
  if (value < 0) {
    bytes[at++] = minus;
    value = -value;
  }
  if (value < 10) {
    bytes[at] = zero + value;
    return at + 1;
  }
  let digits = 1;
  for (let limit = 10; limit <= value; limit *= 10) digits++;
  const end = at + digits;
  let to = end;
  while (value > 0x7fff_ffff) {
    const rest = Math.floor(value / 10);
    bytes[--to] = zero + (value - 10 * rest);
    value = rest;
  }
  for (value |= 0; to > at;) {
    const rest = (value / 10) | 0;
    bytes[--to] = zero + (value - 10 * rest);
    value = rest;
  }
  return end;
}

/** Writes `value` (0 to 2^32 - 1) in hex without leading zeros at `at` and returns the end. */
export function putHex(bytes: Uint8Array, at: number, value: number): number {
  let shift = 28;
  while (shift > 0 && value >>> shift === 0) shift -= 4;
  for (; shift >= 0; shift -= 4) bytes[at++] = hexDigits[(value >>> shift) & 15]!;
  return at;
}

/** Writes the digits of `value` (0 to 2^32 - 1) so that they end before `end`; nothing for 0. */
export function putHexBefore(bytes: Uint8Array, end: number, value: number): void {
  for (let at = end; value !== 0; value >>>= 4) bytes[--at] = hexDigits[value & 15]!;
}

/** The same in decimal. */
export function putDecimalBefore(bytes: Uint8Array, end: number, value: number): void {
  for (let at = end; value !== 0;) {
    const rest = (value / 10) >>> 0;
    bytes[--at] = zero + (value - 10 * rest);
    value = rest;
  }
}

/** Writes `byte` in two hex digits at `at`. */
export function putHexByte(bytes: Uint8Array, at: number, byte: number): void {
  bytes[at] = hexDigits[byte >> 4]!;
  bytes[at + 1] = hexDigits[byte & 15]!;
}

/** Writes `count` bytes of `from` as `b7 01 …` with a blank between at `at` and returns the end. */
export function putHexBytes(bytes: Uint8Array, at: number, from: Uint8Array, start: number, count: number): number {
  for (let i = start; i < start + count; i++) {
    putHexByte(bytes, at, from[i]!);
    bytes[at + 2] = 0x20;
    at += 3;
  }
  return at - 1;
}
