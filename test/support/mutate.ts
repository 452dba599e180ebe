/**
 * Broken inputs made from good ones: blind mutations of any bytes, and mutations that know where the fields of ELF64
 * headers, section headers, symbols and relocations stand and set them to the numbers that break readers.
 */
import type { Random } from "./random.js";

/** Numbers at which readers overflow, wrap, loop or allocate too much; `length` is the size of the input. */
function extreme(random: Random, length: number): bigint {
  const kind = random.below(16);
  if (kind < 3) return BigInt(random.below(8));
  if (kind < 6) return BigInt(Math.max(0, length + random.between(-8, 8)));
  if (kind < 8) return BigInt(random.below(length + 1));
  if (kind < 10) return (1n << BigInt(random.below(64))) + BigInt(random.between(-2, 2));
  if (kind < 12) return (1n << 64n) - BigInt(random.between(1, 4096));
  if (kind === 12) return BigInt(random.pick([0xff00, 0xfff1, 0xfff2, 0xfffe, 0xffff, 0x1_0000]));
  if (kind === 13) return BigInt(random.pick([0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 2 ** 53 - 1]));
  return random.u64();
}

function put(view: DataView, at: number, size: number, value: bigint, little: boolean): void {
  if (at < 0 || at + size > view.byteLength) return;
  for (let i = 0; i < size; i++) {
    view.setUint8(at + (little ? i : size - 1 - i), Number((value >> BigInt(8 * i)) & 0xffn));
  }
}

/** One blind mutation. The result is at most 4 KiB longer than `bytes`, whose buffer may be changed and returned. */
function blind(random: Random, bytes: Uint8Array, donors: readonly Uint8Array[]): Uint8Array {
  const at = random.below(bytes.length);
  switch (random.below(9)) {
    case 0:
      return bytes.slice(0, random.below(bytes.length + 1));
    case 1:
    case 2:
      for (let n = random.between(1, 8); n > 0 && bytes.length > 0; n--) {
        bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
      }
      return bytes;
    case 3:
      bytes.set(random.bytes(Math.min(random.between(1, 16), bytes.length - at)), at);
      return bytes;
    case 4:
      bytes.fill(random.pick([0, 0xff, 0x80, 0x7f]), at, at + random.between(1, 64));
      return bytes;
    case 5: {
      const from = random.below(bytes.length);
      bytes.copyWithin(at, from, from + random.between(1, 256));
      return bytes;
    }
    case 6: {
      const added = random.bytes(random.below(256));
      const longer = new Uint8Array(bytes.length + added.length);
      longer.set(bytes.subarray(0, at));
      longer.set(added, at);
      longer.set(bytes.subarray(at), at + added.length);
      return longer;
    }
    case 7: {
      const size = 1 << random.below(4);
      put(new DataView(bytes.buffer, bytes.byteOffset, bytes.length), at, size, extreme(random, bytes.length), true);
      return bytes;
    }
    default: {
      if (donors.length === 0) return bytes;
      const donor = random.pick(donors);
      const from = random.below(donor.length);
      bytes.set(donor.subarray(from, from + Math.min(random.between(1, 512), bytes.length - at)), at);
      return bytes;
    }
  }
}

/** `bytes` with one to four blind mutations: truncated, flipped, overwritten, grown, spliced with `donors`. */
export function mutateBytes(random: Random, bytes: Uint8Array, donors: readonly Uint8Array[] = []): Uint8Array {
  let mutant: Uint8Array = bytes.slice();
  for (let n = random.between(1, 4); n > 0; n--) mutant = blind(random, mutant, donors);
  return mutant;
}

/** Offset and size of each field of an ELF64 header, section header, program header, symbol and RELA record. */
const headerFields = [
  [4, 1],
  [5, 1],
  [6, 1],
  [16, 2],
  [18, 2],
  [20, 4],
  [24, 8],
  [32, 8],
  [40, 8],
  [48, 4],
  [52, 2],
  [54, 2],
  [56, 2],
  [58, 2],
  [60, 2],
  [62, 2],
] as const;
const sectionFields = [
  [0, 4],
  [4, 4],
  [8, 8],
  [16, 8],
  [24, 8],
  [32, 8],
  [40, 4],
  [44, 4],
  [48, 8],
  [56, 8],
] as const;
const recordFields = [
  [0, 4],
  [4, 1],
  [4, 4],
  [6, 2],
  [8, 8],
  [16, 8],
] as const;
const sectionTypes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 14, 17, 18, 0x6fff_4c03, 0x6fff_fff6, 0x7000_0001] as const;

/** One mutation of an ELF64 structure of `bytes`, in place; falls back to nothing when the header is not there. */
function structured(random: Random, bytes: Uint8Array): void {
  if (bytes.length < 64) return;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = bytes[5] !== 2;
  const number = (): bigint => extreme(random, bytes.length);
  const shoff = Number(view.getBigUint64(40, little));
  const shnum = view.getUint16(60, little);
  const header = shoff + 64 * random.below(shnum);
  const kind = random.below(10);
  if (kind < 2 || header + 64 > bytes.length) {
    const [at, size] = random.pick(headerFields);
    put(view, at, size, number(), little);
  } else if (kind < 6) {
    const [at, size] = random.pick(sectionFields);
    const value = at === 4 ? BigInt(random.pick(sectionTypes)) : number();
    put(view, header + at, size, value, little);
  } else if (kind === 6) {
    // Two sections change places, or one becomes a copy of another (overlap, duplicate tables, link loops).
    const other = shoff + 64 * random.below(shnum);
    if (other + 64 > bytes.length) return;
    const first = bytes.slice(header, header + 64);
    bytes.copyWithin(header, other, other + 64);
    if (random.chance(1, 2)) bytes.set(first, other);
  } else if (kind === 7) {
    // One section's field is given to another.
    const [at, size] = random.pick(sectionFields);
    const other = shoff + 64 * random.below(shnum);
    if (other + 64 <= bytes.length) bytes.copyWithin(header + at, other + at, other + at + size);
  } else {
    // A field of a record (symbol, relocation, note, program header) inside the section.
    const start = Number(view.getBigUint64(header + 24, little));
    const size = Number(view.getBigUint64(header + 32, little));
    const step = random.pick([4, 8, 16, 24]);
    const [at, width] = random.pick(recordFields);
    put(view, start + step * random.below(Math.min(size, bytes.length) / step) + at, width, number(), little);
  }
}

/** `bytes` (an ELF64 file) with one to four mutations, most of them aimed at ELF structures. */
export function mutateElf(random: Random, bytes: Uint8Array, donors: readonly Uint8Array[] = []): Uint8Array {
  let mutant: Uint8Array = bytes.slice();
  for (let n = random.between(1, 4); n > 0; n--) {
    if (random.chance(3, 4)) structured(random, mutant);
    else mutant = blind(random, mutant, donors);
  }
  return mutant;
}

/** Bytes made of nothing: noise, noise behind a plausible ELF header, long runs of one byte. */
export function noise(random: Random, limit = 2048): Uint8Array {
  const bytes = random.bytes(random.below(limit));
  const kind = random.below(4);
  if (kind === 0) bytes.fill(random.pick([0, 1, 0xff]), random.below(bytes.length));
  if (kind >= 2) {
    bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, random.between(1, 2), 1, 0].slice(0, bytes.length));
    if (kind === 3) for (let n = 0; n < 8; n++) structured(random, bytes);
  }
  return bytes;
}
