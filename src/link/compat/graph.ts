/**
 * Are two graphs of types the same? A pair is taken for equal while it is being compared, and a forward declaration stands for
 * the struct or union of its name. Pairs come up in libbpf's order, because what was assumed first is what stays.
 */
import { BtfKind, btfKinds, infoKind, infoKindFlag, infoVlen, visitTypeIds } from "../../btf/index.js";
import { refusal } from "./model.js";
import type { LibbpfRules } from "./versions.js";

const K = BtfKind;

/** A map entry of a type not looked at yet, and of one being looked at. */
export const unprocessed = 0xffff_ffff;
export const inProgress = 0xffff_fffe;

/** How deep copies of a type are followed, and pairs compared meanwhile: more is an input made to take forever. */
const identicalDepth = 16;
const nestedDepth = 256;
const identicalPairs = 20_000;

export const isComposite = (kind: number): boolean => kind === K.BTF_KIND_STRUCT || kind === K.BTF_KIND_UNION;
export const isEnum = (kind: number): boolean => kind === K.BTF_KIND_ENUM || kind === K.BTF_KIND_ENUM64;

export class TypeGraph {
  readonly words: Uint32Array;
  readonly starts: ArrayLike<number>;
  readonly rules: LibbpfRules;
  /** By id, the type that stands for it; itself for one that stays. */
  readonly map: Uint32Array;
  /** For a type of the graph that stays, the type of the other one; in the order in which they came up. */
  readonly #assumed: Uint32Array;
  #list: number[] = [];
  #pairs = 0;

  constructor(words: Uint32Array, starts: ArrayLike<number>, rules: LibbpfRules) {
    this.words = words;
    this.starts = starts;
    this.rules = rules;
    this.map = new Uint32Array(starts.length).fill(unprocessed);
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
    return infoKind(this.info(id));
  }
  name(id: number): number {
    return id === 0 ? 0 : this.words[this.at(id)]!;
  }
  isMapped(id: number): boolean {
    return this.map[id]! < inProgress;
  }

  /** The type that stands for `id` as far as it is known. */
  resolve(id: number): number {
    let at = id;
    for (let steps = 0; this.isMapped(at) && this.map[at] !== at; at = this.map[at]!) {
      if (++steps > this.map.length) throw refusal("", "types stand for each other in a circle", ".BTF");
    }
    return at;
  }

  /** Equal words; `exceptIds`: but for what they refer to. */
  isSame(one: number, other: number, exceptIds: boolean): boolean {
    const { words, starts } = this;
    const a = this.at(one);
    const b = this.at(other);
    const length = starts[one]! - a;
    if (length !== starts[other]! - b || words[a + 1] !== words[b + 1]) return false;
    let from = 0;
    let same = true;
    const until = (end: number): void => {
      for (; from < end && same; from++) same = words[a + from] === words[b + from];
    };
    if (exceptIds) {
      visitTypeIds(words, a, (index) => {
        until(index - a);
        from = index - a + 1;
      });
    }
    until(length);
    return same;
  }

  /** Kind and size of an enum as far as they count for one that is only declared. */
  enumShape(id: number): readonly [number, number] {
    if (this.rules.enumSizes) return [0, 0];
    return [this.info(id) >>> 16, this.words[this.at(id) + 2]!];
  }

  /** An enum without values is a forward declaration. */
  fitEnums(one: number, other: number): boolean {
    if (infoVlen(this.info(one)) > 0 && infoVlen(this.info(other)) > 0) return this.isSame(one, other, false);
    if (this.name(one) !== this.name(other) || !isEnum(this.kind(one)) || !isEnum(this.kind(other))) return false;
    const [shape, size] = this.enumShape(one);
    const [otherShape, otherSize] = this.enumShape(other);
    return shape === otherShape && size === otherSize;
  }

  /** Can the forward declaration stand for a type of this kind? */
  fitsForward(forward: number, kind: number): boolean {
    return kind === (infoKindFlag(this.info(forward)) ? K.BTF_KIND_UNION : K.BTF_KIND_STRUCT);
  }

  /** Is the graph of `mine` that of `theirs`? If so, what it says of the types in it is recorded in the map. */
  isEquivalent(mine: number, theirs: number): boolean {
    for (const id of this.#list) this.#assumed[id] = unprocessed;
    this.#list = [];
    // The top is compared next: what a type refers to is pushed last first.
    const pending = [mine, theirs];
    while (pending.length > 0) {
      const canon = pending.pop()!;
      const candidate = pending.pop()!;
      if (!this.#comparePair(candidate, canon, pending)) return false;
    }
    this.#record();
    return true;
  }

  #comparePair(mine: number, given: number, pending: number[]): boolean {
    if (this.resolve(mine) === this.resolve(given)) return true;
    const theirs = this.#behindForward(given);
    const assumed = this.#assumed[theirs]!;
    if (assumed !== unprocessed) return assumed === mine || this.#areIdentical(assumed, mine);
    this.#assumed[theirs] = mine;
    this.#list.push(theirs);
    if (mine === 0 || theirs === 0 || this.name(mine) !== this.name(theirs)) return false;
    const kind = this.kind(mine);
    const other = this.kind(theirs);
    // Here, a declared enum fits only one of its kind.
    if (kind !== other) {
      if (kind === K.BTF_KIND_FWD) return this.fitsForward(mine, other);
      return other === K.BTF_KIND_FWD && this.fitsForward(theirs, kind);
    }
    if (isEnum(kind)) return this.fitEnums(mine, theirs);
    if (!this.isSame(mine, theirs, true)) return false;
    const { words } = this;
    const a = this.at(mine);
    const b = this.at(theirs);
    const pairs: number[] = [];
    visitTypeIds(words, a, (index) => pairs.push(words[index]!, words[b + index - a]!));
    // Of an array, what counts its elements comes first.
    if (kind === K.BTF_KIND_ARRAY) pending.push(...pairs);
    else for (let i = pairs.length - 2; i >= 0; i -= 2) pending.push(pairs[i]!, pairs[i + 1]!);
    return true;
  }

  #behindForward(id: number): number {
    if (this.kind(id) !== K.BTF_KIND_FWD) return id;
    const resolved = this.resolve(id);
    return this.kind(resolved) === K.BTF_KIND_FWD ? id : resolved;
  }

  #areIdentical(one: number, other: number): boolean {
    this.#pairs = 0;
    if (this.rules.identical === "deep") return this.#isCopy(one, other, identicalDepth);
    return (
      this.#isArrayCopy(one, other) ||
      this.#isStructCopy(one, other, nestedDepth) ||
      (this.rules.pointers && this.#isPointerCopy(one, other))
    );
  }

  #isArrayCopy(one: number, other: number): boolean {
    return this.kind(one) === K.BTF_KIND_ARRAY && other !== 0 && this.isSame(one, other, false);
  }

  #isPointerCopy(one: number, other: number): boolean {
    return this.kind(one) === K.BTF_KIND_PTR && other !== 0 && this.isSame(one, other, false);
  }

  /** Structs whose members have the same types, or, with nested rules, copies of arrays and structs. */
  #isStructCopy(one: number, other: number, depth: number): boolean {
    if (depth <= 0 || ++this.#pairs > identicalPairs) return false;
    if (!isComposite(this.kind(one)) || other === 0 || !this.isSame(one, other, true)) return false;
    return this.#everyReference(one, other, (a, b) => {
      if (this.rules.identical === "flat") return false;
      return this.#isArrayCopy(a, b) || this.#isStructCopy(a, b, depth - 1);
    });
  }

  /** Would the two be the same to a reader who follows them a few levels deep? Elements of arrays are not looked at. */
  #isCopy(first: number, second: number, depth: number): boolean {
    let [one, other] = [first, second];
    for (;;) {
      if (depth <= 0 || ++this.#pairs > identicalPairs) return false;
      const kind = this.kind(one);
      if (kind !== this.kind(other)) return false;
      if (one === 0 || other === 0) return one === other;
      if (isEnum(kind)) return this.fitEnums(one, other);
      if (kind === K.BTF_KIND_VAR || kind === K.BTF_KIND_DATASEC || kind === K.BTF_KIND_DECL_TAG) return false;
      if (!this.isSame(one, other, true)) return false;
      if (isComposite(kind) || kind === K.BTF_KIND_FUNC_PROTO) {
        return this.#everyReference(one, other, (a, b) => this.#isCopy(a, b, depth - 1));
      }
      if (kind === K.BTF_KIND_ARRAY || btfKinds[kind]?.third !== "type") return true;
      one = this.words[this.at(one) + 2]!;
      other = this.words[this.at(other) + 2]!;
    }
  }

  /** Are all types that the two refer to the same, or such that `test` takes them? */
  #everyReference(one: number, other: number, test: (a: number, b: number) => boolean): boolean {
    const { words } = this;
    const from = this.at(one);
    const to = this.at(other);
    let all = true;
    visitTypeIds(words, from, (index) => {
      const theirs = words[to + index - from]!;
      all &&= words[index] === theirs || test(words[index]!, theirs);
    });
    return all;
  }

  /** What two equal graphs say of the types in them. */
  #record(): void {
    for (const canon of this.#list) {
      const mine = this.resolve(this.#assumed[canon]!);
      const theirs = this.resolve(canon);
      const mineForward = this.kind(mine) === K.BTF_KIND_FWD;
      const theirsForward = this.kind(theirs) === K.BTF_KIND_FWD;
      if (theirsForward && !mineForward) this.map[theirs] = mine;
      if (mineForward && !theirsForward) this.map[mine] = theirs;
      const settles = isComposite(this.kind(mine)) && !theirsForward;
      if (settles && this.isMapped(theirs) && !this.isMapped(mine)) this.map[mine] = theirs;
    }
  }
}
