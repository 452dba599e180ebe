/** Data that zlib compressed, read back. Source: RFC 1950 (zlib), RFC 1951 (deflate). */

/** Deflate makes of a byte at most so many: what claims to be more is damaged. */
const mostGrowth = 1032;

/** Lengths and distances: their first values, and how many bits follow. */
const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131, 163, 195, 227, 258,
];
const lengthBits = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0];
const distanceBase = Array.from({ length: 30 }, (_, i) => (i < 4 ? i + 1 : 1 + (2 + (i & 1)) * 2 ** ((i >> 1) - 1)));
const distanceBits = Array.from({ length: 30 }, (_, i) => (i < 4 ? 0 : (i >> 1) - 1));
/** The order in which the lengths of codes' lengths stand. */
const lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

class Damaged extends Error {}

/** Codes by their lengths: how many there are of each, and the symbols in the order of their codes. */
interface Codes {
  readonly counts: Uint16Array;
  readonly symbols: Uint16Array;
}

function codesOf(lengths: readonly number[]): Codes {
  const counts = new Uint16Array(16);
  for (const length of lengths) counts[length]!++;
  const starts = new Uint16Array(16);
  for (let length = 1; length < 15; length++) starts[length + 1] = starts[length]! + counts[length]!;
  const symbols = new Uint16Array(lengths.length);
  lengths.forEach((length, symbol) => {
    if (length > 0) symbols[starts[length]!++] = symbol;
  });
  counts[0] = 0;
  return { counts, symbols };
}

let fixed: readonly [Codes, Codes] | undefined;

/** The codes of blocks that bring none, made for the first such block: most files have nothing compressed. */
function fixedCodes(): readonly [Codes, Codes] {
  const literals = (): number[] => Array.from({ length: 288 }, (_, i) => (i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8));
  return (fixed ??= [codesOf(literals()), codesOf(Array.from({ length: 30 }, () => 5))]);
}

class Inflater {
  readonly #from: Uint8Array;
  readonly #to: Uint8Array;
  #at = 2;
  #length = 0;
  #bits = 0;
  #held = 0;

  constructor(from: Uint8Array, to: Uint8Array) {
    this.#from = from;
    this.#to = to;
  }

  #byte(): number {
    const byte = this.#from[this.#at++];
    if (byte === undefined) throw new Damaged();
    return byte;
  }

  /** The next `count` bits, at most 16. */
  #take(count: number): number {
    while (this.#held < count) {
      this.#bits |= this.#byte() << this.#held;
      this.#held += 8;
    }
    const value = this.#bits & ((1 << count) - 1);
    this.#bits >>>= count;
    this.#held -= count;
    return value;
  }

  #symbol({ counts, symbols }: Codes): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length < 16; length++) {
      code |= this.#take(1);
      const count = counts[length]!;
      if (code - count < first) return symbols[index + code - first]!;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new Damaged();
  }

  #put(byte: number): void {
    if (this.#length >= this.#to.length) throw new Damaged();
    this.#to[this.#length++] = byte;
  }

  #stored(): void {
    this.#bits = 0;
    this.#held = 0;
    const length = this.#byte() | (this.#byte() << 8);
    const check = this.#byte() | (this.#byte() << 8);
    if (length !== (check ^ 0xffff)) throw new Damaged();
    for (let i = 0; i < length; i++) this.#put(this.#byte());
  }

  #dynamic(): readonly [Codes, Codes] {
    const literals = this.#take(5) + 257;
    const distances = this.#take(5) + 1;
    const count = this.#take(4) + 4;
    const own: number[] = lengthOrder.map(() => 0);
    for (let i = 0; i < count; i++) own[lengthOrder[i]!] = this.#take(3);
    const codes = codesOf(own);
    const lengths: number[] = [];
    while (lengths.length < literals + distances) {
      const symbol = this.#symbol(codes);
      if (symbol < 16) {
        lengths.push(symbol);
        continue;
      }
      const before = symbol === 16 ? lengths.at(-1) : 0;
      if (before === undefined) throw new Damaged();
      const times = symbol === 16 ? 3 + this.#take(2) : symbol === 17 ? 3 + this.#take(3) : 11 + this.#take(7);
      for (let i = 0; i < times; i++) lengths.push(before);
    }
    if (lengths.length > literals + distances) throw new Damaged();
    return [codesOf(lengths.slice(0, literals)), codesOf(lengths.slice(literals))];
  }

  #block([literals, distances]: readonly [Codes, Codes]): void {
    for (;;) {
      const symbol = this.#symbol(literals);
      if (symbol < 256) {
        this.#put(symbol);
        continue;
      }
      if (symbol === 256) return;
      const base = lengthBase[symbol - 257];
      if (base === undefined) throw new Damaged();
      const length = base + this.#take(lengthBits[symbol - 257]!);
      const far = this.#symbol(distances);
      if (far >= distanceBase.length) throw new Damaged();
      const distance = distanceBase[far]! + this.#take(distanceBits[far]!);
      if (distance > this.#length) throw new Damaged();
      for (let i = 0; i < length; i++) this.#put(this.#to[this.#length - distance]!);
    }
  }

  run(): void {
    const [method, flags] = [this.#from[0]!, this.#from[1]!];
    // Deflate, and no dictionary that has to be known.
    if ((method & 15) !== 8 || ((method << 8) | flags) % 31 !== 0 || (flags & 0x20) !== 0) throw new Damaged();
    for (let last = 0; last === 0;) {
      last = this.#take(1);
      const kind = this.#take(2);
      if (kind === 0) this.#stored();
      else if (kind === 1) this.#block(fixedCodes());
      else if (kind === 2) this.#block(this.#dynamic());
      else throw new Damaged();
    }
    if (this.#length !== this.#to.length) throw new Damaged();
    let check = 0;
    for (let i = 0; i < 4; i++) check = check * 256 + this.#byte();
    if (check !== adler(this.#to)) throw new Damaged();
  }
}

function adler(bytes: Uint8Array): number {
  let a = 1;
  let b = 0;
  for (const byte of bytes) {
    a = (a + byte) % 65_521;
    b = (b + a) % 65_521;
  }
  return b * 65_536 + a;
}

/** The `size` bytes that `bytes` were made of; undefined where they are damaged, or were made of fewer or more. */
export function inflate(bytes: Uint8Array, size: number): Uint8Array | undefined {
  if (bytes.length < 6 || size > mostGrowth * bytes.length) return undefined;
  const out = new Uint8Array(size);
  try {
    new Inflater(bytes, out).run();
  } catch (error) {
    if (error instanceof Damaged) return undefined;
    throw error;
  }
  return out;
}
