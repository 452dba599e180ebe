/**
 * Are two type graphs the same? Structs are compared with all they refer to, cycles included: a pair of types is taken
 * for equal while it is being compared, and a forward declaration stands for the struct or union of its name.
 *
 * Source of truth: the deduplication of libbpf's btf.c, whose results the tests compare with.
 */
import { failure } from "../../diag/index.js";
import { elementType, elementWords, thirdIsType, visitTypeIds } from "./refs.js";
import { BtfKind, infoKind, infoKindFlag, infoVlen } from "../table.js";

/** A map entry of a type not looked at yet, and of one being looked at. */
export const unprocessed = 0xffff_ffff;
export const inProgress = 0xffff_fffe;

/** Structures that differ only in how often a compiler repeated a type are followed this deep. */
const identicalDepth = 16;
/** Pairs compared in one such search: more is an input made to take forever. */
const maxPairs = 20_000;

export class TypeGraph {
  readonly words: Uint32Array;
  readonly starts: Uint32Array;
  /** Type id -> the id of the type that stands for it; itself for a type that stays. */
  readonly map: Uint32Array;
  /** By id: asked again and again. */
  readonly #kinds: Uint8Array;
  readonly #assumed: Uint32Array;
  readonly #list: number[] = [];
  #pairs = 0;

  /** `words` and `starts` of a BTF without a base; `map` where some types already have an entry there. */
  constructor(words: Uint32Array, starts: Uint32Array, map?: Uint32Array) {
    this.words = words;
    this.starts = starts;
    this.#kinds = new Uint8Array(starts.length);
    for (let id = 1; id < starts.length; id++) this.#kinds[id] = infoKind(words[starts[id - 1]! + 1]!);
    this.map = map ?? new Uint32Array(starts.length).fill(unprocessed);
    this.map[0] = 0;
    this.#assumed = new Uint32Array(starts.length).fill(unprocessed);
  }

  at(id: number): number {
    return this.starts[id - 1]!;
  }
  info(id: number): number {
    return id === 0 ? 0 : this.words[this.at(id) + 1]!;
  }
  kind(id: number): number {
    return this.#kinds[id]!;
  }
  nameOffset(id: number): number {
    return id === 0 ? 0 : this.words[this.at(id)]!;
  }

  mapped(id: number): boolean {
    return this.map[id]! < inProgress;
  }

  /** The type that stands for `id` as far as it is known. */
  resolve(id: number): number {
    let at = id;
    for (let steps = 0; this.mapped(at) && this.map[at] !== at; at = this.map[at]!) {
      if (++steps > this.map.length) throw failure("btf-loop", { id, name: "(dedup)" });
    }
    return at;
  }

  /** Equal words, references included. */
  same(one: number, other: number): boolean {
    return this.#equalWords(one, other, false);
  }

  /** Equal words but for the type ids in them. */
  alike(one: number, other: number): boolean {
    return this.#equalWords(one, other, true);
  }

  #equalWords(one: number, other: number, exceptIds: boolean): boolean {
    const { words, starts } = this;
    const a = this.at(one);
    const b = this.at(other);
    const length = starts[one]! - a;
    if (length !== starts[other]! - b || words[a + 1] !== words[b + 1]) return false;
    if (!exceptIds) {
      for (let i = 0; i < length; i++) if (words[a + i] !== words[b + i]) return false;
      return true;
    }
    const info = words[a + 1]!;
    const kind = infoKind(info);
    if (words[a] !== words[b] || (thirdIsType[kind] === 0 && words[a + 2] !== words[b + 2])) return false;
    if (kind === BtfKind.BTF_KIND_ARRAY) return words[a + 5] === words[b + 5];
    const step = elementWords[kind]!;
    const type = step === 0 ? -1 : elementType[kind]!;
    for (let i = 3; i < length; i++) {
      if (words[a + i] !== words[b + i] && (type < 0 || (i - 3) % step !== type)) return false;
    }
    return true;
  }

  isEnum(id: number): boolean {
    const kind = this.kind(id);
    return kind === BtfKind.BTF_KIND_ENUM || kind === BtfKind.BTF_KIND_ENUM64;
  }

  /** An enum without values is a forward declaration, which fits every enum of its name. */
  enumsFit(one: number, other: number): boolean {
    if (infoVlen(this.info(one)) > 0 && infoVlen(this.info(other)) > 0) return this.same(one, other);
    return this.nameOffset(one) === this.nameOffset(other) && this.isEnum(one) && this.isEnum(other);
  }

  /** Would the two be the same to a reader who follows them a few levels deep? */
  #identical(one: number, other: number, depth: number): boolean {
    if (depth <= 0 || ++this.#pairs > maxPairs) return false;
    if (one === other) return true;
    if (one === 0 || other === 0 || this.kind(one) !== this.kind(other)) return false;
    if (this.isEnum(one)) return this.enumsFit(one, other);
    if (!this.alike(one, other)) return false;
    const a = this.at(one);
    const b = this.at(other);
    let equal = true;
    visitTypeIds(this.words, a, (index) => {
      equal &&= this.#identical(this.words[index]!, this.words[b + index - a]!, depth - 1);
    });
    return equal;
  }

  #behindForward(id: number): number {
    if (this.kind(id) !== BtfKind.BTF_KIND_FWD) return id;
    const resolved = this.resolve(id);
    return this.kind(resolved) === BtfKind.BTF_KIND_FWD ? id : resolved;
  }

  #forwardFits(forward: number, real: number): boolean {
    return this.kind(real) === (infoKindFlag(this.info(forward)) ? BtfKind.BTF_KIND_UNION : BtfKind.BTF_KIND_STRUCT);
  }

  /** Is the graph of `candidate` that of `canon`? If so, what it says about other types is recorded in the map. */
  equivalent(candidate: number, canon: number): boolean {
    for (const id of this.#list) this.#assumed[id] = unprocessed;
    this.#list.length = 0;
    this.#pairs = 0;
    if (!this.#compare(candidate, canon)) return false;
    this.#record();
    return true;
  }

  #compare(candidate: number, canon: number): boolean {
    const pending = [candidate, canon];
    while (pending.length > 0) {
      let theirs = pending.pop()!;
      const mine = pending.pop()!;
      if (this.resolve(mine) === this.resolve(theirs)) continue;
      theirs = this.#behindForward(theirs);
      const assumed = this.#assumed[theirs]!;
      if (assumed !== unprocessed) {
        if (assumed === mine || this.#identical(assumed, mine, identicalDepth)) continue;
        return false;
      }
      this.#assumed[theirs] = mine;
      this.#list.push(theirs);
      if (mine === 0 || theirs === 0 || this.nameOffset(mine) !== this.nameOffset(theirs)) return false;
      const kind = this.kind(mine);
      if (kind !== this.kind(theirs)) {
        if (kind === BtfKind.BTF_KIND_FWD && this.#forwardFits(mine, theirs)) continue;
        if (this.kind(theirs) === BtfKind.BTF_KIND_FWD && this.#forwardFits(theirs, mine)) continue;
        return false;
      }
      if (this.isEnum(mine)) {
        if (this.enumsFit(mine, theirs)) continue;
        return false;
      }
      if (!this.alike(mine, theirs)) return false;
      const a = this.at(mine);
      const b = this.at(theirs);
      const from = pending.length;
      visitTypeIds(this.words, a, (index) => pending.push(this.words[b + index - a]!, this.words[index]!));
      // The last pushed is compared first: turned round, members are compared in their order.
      pending.splice(from, pending.length - from, ...turned(pending, from));
    }
    return true;
  }

  #record(): void {
    for (const canon of this.#list) {
      const mine = this.resolve(this.#assumed[canon]!);
      const theirs = this.resolve(canon);
      if (mine === theirs) continue;
      const mineForward = this.kind(mine) === BtfKind.BTF_KIND_FWD;
      const theirsForward = this.kind(theirs) === BtfKind.BTF_KIND_FWD;
      if (mineForward !== theirsForward) {
        if (mineForward) this.map[mine] = theirs;
        else this.map[theirs] = mine;
        continue;
      }
      const kind = this.kind(mine);
      const composite = kind === BtfKind.BTF_KIND_STRUCT || kind === BtfKind.BTF_KIND_UNION;
      // Only what already stands for itself can stand for others.
      if (composite && this.mapped(theirs) && !this.mapped(mine)) this.map[mine] = theirs;
    }
  }
}

function turned(list: readonly number[], from: number): number[] {
  return list.slice(from).toReversed();
}
