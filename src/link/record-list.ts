/** The records of one section of .BTF.ext under construction: words in one array, for there is one for every line of the source. */
export class RecordList {
  /** Words of a record; the first is its instruction's offset. */
  readonly width: number;
  /** The array they stand in, and from where to where. There may be room up to `#limit`. */
  words: Uint32Array;
  start: number;
  end: number;
  #limit: number;

  /** A list in `words`, with room there for `length` words from `start` on. When it needs more, it goes into an array of its own. */
  constructor(width: number, words: Uint32Array, start: number, length: number) {
    this.width = width;
    this.words = words;
    this.start = start;
    this.end = start;
    this.#limit = start + length;
  }

  get count(): number {
    return (this.end - this.start) / this.width;
  }

  get records(): Uint32Array {
    return this.words.subarray(this.start, this.end);
  }

  /** Makes room for `count` more records; gives the index of the first one's first word. */
  add(count: number): number {
    const length = count * this.width;
    if (this.end + length > this.#limit) {
      const { records } = this;
      const grown = new Uint32Array(Math.max(records.length + length, 2 * records.length));
      grown.set(records);
      this.words = grown;
      this.start = 0;
      this.end = records.length;
      this.#limit = grown.length;
    }
    const at = this.end;
    this.end += length;
    return at;
  }

  /** Adds the record at `at` of `words`, for the instruction at `offset`. */
  copy(words: Uint32Array, at: number, offset: number): void {
    const start = this.add(1);
    this.words[start] = offset;
    for (let i = 1; i < this.width; i++) this.words[start + i] = words[at + i]!;
  }

  push(...record: readonly number[]): void {
    const start = this.add(1);
    this.words.set(record, start);
  }

  /** Sorts by the instruction's offset; records of one instruction keep their order. */
  sort(): void {
    const { words, width, start } = this;
    const order = Array.from({ length: this.count }, (_, i) => start + i * width);
    order.sort((a, b) => words[a]! - words[b]! || a - b);
    const sorted = new Uint32Array(this.end - start);
    order.forEach((from, i) => sorted.set(words.subarray(from, from + width), i * width));
    words.set(sorted, start);
  }
}
