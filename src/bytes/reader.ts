/** Bounds-checked reads at offsets. Every read that does not fit throws one structured error with its offset. */
import { failure, type BinaryPlace } from "../diag/index.js";
import { toNumber } from "./convert.js";
import type { Endian } from "./endian.js";
import { decodeUtf8 } from "./text.js";

/** Where the bytes come from, for the error message. */
export interface Origin {
  readonly file?: string | undefined;
  readonly section?: string | undefined;
}

export class ByteReader {
  readonly bytes: Uint8Array;
  readonly endian: Endian;
  readonly origin: Origin;
  readonly #view: DataView;
  readonly #little: boolean;

  constructor(bytes: Uint8Array, endian: Endian, origin: Origin = {}) {
    this.bytes = bytes;
    this.endian = endian;
    this.origin = origin;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#little = endian === "little";
  }

  get length(): number {
    return this.bytes.length;
  }

  /** The place of `offset`, for a diagnostic about it. */
  place(offset: number): BinaryPlace {
    return { kind: "binary", ...this.origin, offset };
  }

  /** Throws `bytes-truncated` unless `size` bytes stand at `offset`. */
  need(offset: number, size: number, what: string): void {
    const available = this.bytes.length - offset;
    if (offset < 0 || size < 0 || size > available) {
      const facts = { what, needed: size, available: Math.max(0, available) };
      throw failure("bytes-truncated", facts, this.place(offset));
    }
  }

  u8(offset: number, what = "a byte"): number {
    this.need(offset, 1, what);
    return this.#view.getUint8(offset);
  }

  u16(offset: number, what = "a 16-bit number"): number {
    this.need(offset, 2, what);
    return this.#view.getUint16(offset, this.#little);
  }

  u32(offset: number, what = "a 32-bit number"): number {
    this.need(offset, 4, what);
    return this.#view.getUint32(offset, this.#little);
  }

  s32(offset: number, what = "a 32-bit number"): number {
    this.need(offset, 4, what);
    return this.#view.getInt32(offset, this.#little);
  }

  u64(offset: number, what = "a 64-bit number"): bigint {
    this.need(offset, 8, what);
    return this.#view.getBigUint64(offset, this.#little);
  }

  s64(offset: number, what = "a 64-bit number"): bigint {
    this.need(offset, 8, what);
    return this.#view.getBigInt64(offset, this.#little);
  }

  /** A 64-bit offset, size or count as a number; throws `bytes-too-large` above 2^53 - 1. */
  size(offset: number, what = "a 64-bit size"): number {
    this.need(offset, 8, what);
    const high = this.#view.getUint32(offset + (this.#little ? 4 : 0), this.#little);
    const low = this.#view.getUint32(offset + (this.#little ? 0 : 4), this.#little);
    if (high < 0x20_0000) return high * 0x1_0000_0000 + low;
    return toNumber(this.u64(offset), what, this.place(offset));
  }

  /** A view (not a copy) of `size` bytes at `offset`. */
  slice(offset: number, size: number, what = "a block of bytes"): Uint8Array {
    this.need(offset, size, what);
    return this.bytes.subarray(offset, offset + size);
  }

  /** The NUL-terminated string at `offset`, without its NUL. */
  cstring(offset: number, what = "a string"): string {
    this.need(offset, 1, what);
    const end = this.bytes.indexOf(0, offset);
    if (end < 0) throw failure("bytes-unterminated", { what }, this.place(offset));
    return decodeUtf8(this.bytes.subarray(offset, end));
  }
}
