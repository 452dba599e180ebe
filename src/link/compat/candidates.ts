/**
 * Types that stay, by a hash, in the order in which libbpf's hash table gives those of one hash: the latest first, all turned
 * round each time the table grows. Where several types would do, it is this order that chooses.
 */
export class Candidates {
  /** Last is first. */
  readonly #lists = new Map<number, { ids: number[]; growth: number }>();
  #count = 0;
  #room = 0;
  #growth = 0;

  add(hash: number, id: number): void {
    // It grows when more than three quarters would be used.
    if (this.#room === 0 || Math.floor(((this.#count + 1) * 4) / 3) > this.#room) {
      this.#room = Math.max(4, 2 * this.#room);
      this.#growth++;
    }
    this.#count++;
    const list = this.#list(hash);
    if (list === undefined) this.#lists.set(hash, { ids: [id], growth: this.#growth });
    else list.push(id);
  }

  /** The types of a hash, in the order in which they are tried. */
  *of(hash: number): Generator<number> {
    const list = this.#list(hash) ?? [];
    for (let i = list.length - 1; i >= 0; i--) yield list[i]!;
  }

  #list(hash: number): number[] | undefined {
    const found = this.#lists.get(hash);
    if (found === undefined) return undefined;
    if ((this.#growth - found.growth) % 2 !== 0) found.ids.reverse();
    found.growth = this.#growth;
    return found.ids;
  }
}
