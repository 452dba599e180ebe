/** A growing byte buffer written in one byte order. */
import { alignUp } from "./convert.js";
import type { Endian } from "./endian.js";
import { encodeUtf8 } from "./text.js";

export class ByteWriter {
  readonly endian: Endian;
  readonly #little: boolean;
  #bytes: Uint8Array;
  #view: DataView;
  #length = 0;

  constructor(endian: Endian, capacity = 256) {
    this.endian = endian;
    this.#little = endian === "little";
    this.#bytes = new Uint8Array(capacity);
    this.#view = new DataView(this.#bytes.buffer);
  }

  /** Bytes written so far; the offset of the next write. */
  get length(): number {
    return this.#length;
  }

  /** Moves the end by `size` and returns the offset where those bytes start. New bytes are zero. */
  reserve(size: number): number {
    const at = this.#length;
    const end = at + size;
    if (end > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(end, this.#bytes.length * 2));
      grown.set(this.#bytes.subarray(0, at));
      this.#bytes = grown;
      this.#view = new DataView(grown.buffer);
    }
    this.#length = end;
    return at;
  }

  u8(value: number): void {
    const at = this.reserve(1);
    this.#view.setUint8(at, value);
  }

  u16(value: number): void {
    const at = this.reserve(2);
    this.#view.setUint16(at, value, this.#little);
  }

  u32(value: number): void {
    const at = this.reserve(4);
    this.#view.setUint32(at, value, this.#little);
  }

  /** The low 64 bits of `value`; negative numbers in two's complement. */
  u64(value: bigint | number): void {
    const at = this.reserve(8);
    if (typeof value === "number" && value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.#view.setUint32(at + (this.#little ? 0 : 4), value % 0x1_0000_0000, this.#little);
      this.#view.setUint32(at + (this.#little ? 4 : 0), value / 0x1_0000_0000, this.#little);
      return;
    }
    this.#view.setBigUint64(at, typeof value === "bigint" ? value : BigInt(value), this.#little);
  }

  write(bytes: Uint8Array): void {
    const at = this.reserve(bytes.length);
    this.#bytes.set(bytes, at);
  }

  /** The UTF-8 bytes of `text` and a NUL. */
  cstring(text: string): void {
    this.write(encodeUtf8(text));
    this.u8(0);
  }

  /** Zero bytes up to the next multiple of `alignment`. */
  align(alignment: number): void {
    this.reserve(alignUp(this.#length, alignment) - this.#length);
  }

  /** Overwrites a 32-bit number written before. */
  patchU32(offset: number, value: number): void {
    if (offset + 4 > this.#length)
      throw new RangeError(`patch at ${offset} is beyond the ${this.#length} bytes written`);
    this.#view.setUint32(offset, value, this.#little);
  }

  /** The bytes written: a view that later writes may detach from. */
  bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#length);
  }
}
