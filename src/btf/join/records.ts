/** The records of many .BTF.ext on their way into one, and the loops that go through all of them. */
/** Numbers of a row: its table as in `extTables`, what names its section, where its records start, how many they are. */
export const rowWords = 4;

/** Records with ids and string offsets of the joined types, the instructions where the files had them. A row is a table of one section of one file. */
export class JoinedRecords {
  /** All records; rows say where. */
  readonly words: Uint32Array;
  readonly #rows: ArrayLike<number>;
  readonly #sectionName: (section: number) => string;
  readonly #names = new Map<number, string>();

  constructor(words: Uint32Array, rows: ArrayLike<number>, sectionName: (section: number) => string) {
    this.words = words;
    this.#rows = rows;
    this.#sectionName = sectionName;
  }

  /** The number of the table in `extTables`. */
  table(row: number): number {
    return this.#rows[row * rowWords]!;
  }

  /** The name of the ELF section. */
  section(row: number): string {
    const section = this.#rows[row * rowWords + 1]!;
    let name = this.#names.get(section);
    if (name === undefined) this.#names.set(section, (name = this.#sectionName(section)));
    return name;
  }

  /** The index of the first word in `words`. */
  start(row: number): number {
    return this.#rows[row * rowWords + 2]!;
  }

  count(row: number): number {
    return this.#rows[row * rowWords + 3]!;
  }

  /** So many words, all 0, for records that moved or bits. */
  room(length: number): Uint32Array {
    return new Uint32Array(length);
  }

  /** Copies `count` records from `from` of `words` on to `at` of `into`, which `room` gave; their instructions are `shift` bytes further there. */
  move(from: number, count: number, width: number, into: Uint32Array, at: number, shift: number): void {
    const { words } = this;
    const end = from + width * count;
    into.set(words.subarray(from, end), at);
    for (let i = at; i < at + width * count; i += width) into[i] = into[i]! + shift;
  }

  /**
   * Are `records` in the order of their instructions? Sets a bit of `bits` for each instruction that has one, unless there is
   * no bit for it.
   */
  survey(records: Uint32Array, width: number, bits: Uint32Array): boolean {
    let isSorted = true;
    let last = 0;
    for (let at = 0; at < records.length; at += width) {
      const offset = records[at]!;
      if (offset < last) isSorted = false;
      last = offset;
      setBit(bits, offset);
    }
    return isSorted;
  }
}

/** Bits by instruction, whose offsets in bytes are multiples of eight; words behind the last one are none. */
export function setBit(bits: Uint32Array, offset: number): void {
  bits[offset >>> 8] = bits[offset >>> 8]! | (1 << ((offset >>> 3) & 31));
}

export function hasBit(bits: Uint32Array, offset: number): boolean {
  return ((bits[offset >>> 8]! >>> ((offset >>> 3) & 31)) & 1) !== 0;
}
