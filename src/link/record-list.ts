/** Records of .BTF.ext under construction: words in one growing array, for there is one for every line of the source. */
export class RecordList {
  /** Words of a record; the first is its instruction's offset. */
  readonly width: number;
  words: Uint32Array = new Uint32Array(0);
  /** Index behind the last record's words. */
  end = 0;

  /** Words that there is room for when the first record comes. */
  readonly #expected: number;

  constructor(width: number, expected = 64) {
    this.width = width;
    this.#expected = expected;
  }

  get count(): number {
    return this.end / this.width;
  }

  /** Adds the records `words`; gives the index of the first word of the first one here. */
  append(words: Uint32Array): number {
    const start = this.#grow(words.length);
    this.words.set(words, start);
    return start;
  }

  /** Adds the record that stands at `at` of `words`; gives the index of its first word here. */
  copy(words: Uint32Array, at: number): number {
    const start = this.#grow(this.width);
    for (let i = 0; i < this.width; i++) this.words[start + i] = words[at + i]!;
    return start;
  }

  push(...record: readonly number[]): void {
    const start = this.#grow(this.width);
    this.words.set(record, start);
  }

  /** Sorts by the instruction's offset; records of one instruction keep their order. */
  sort(): void {
    const { words, width, end } = this;
    let sorted = true;
    for (let at = width; at < end && sorted; at += width) sorted = words[at - width]! <= words[at]!;
    if (sorted) return;
    const order = Array.from({ length: this.count }, (_, i) => i * width);
    order.sort((a, b) => words[a]! - words[b]! || a - b);
    const made = new Uint32Array(end);
    order.forEach((from, i) => made.set(words.subarray(from, from + width), i * width));
    this.words = made;
  }

  /** Makes room for `count` more words; gives the index of the first. */
  #grow(count: number): number {
    const start = this.end;
    this.end += count;
    if (this.end > this.words.length) {
      const grown = new Uint32Array(Math.max(this.end, 2 * this.words.length, start === 0 ? this.#expected : 0));
      grown.set(this.words);
      this.words = grown;
    }
    return start;
  }
}
