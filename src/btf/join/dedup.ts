/**
 * Deduplication: of types that say the same, one stays. Equal leaves first, then structs, unions and typedefs by their
 * graphs, then lone forward declarations, then pointers and the other references, from the inside out.
 *
 * Source of truth: the deduplication of libbpf's btf.c, whose results the tests compare with. VAR and DATASEC stay.
 */
import { failure } from "../../diag/index.js";
import { madeBtf, type Btf } from "../btf.js";
import { inProgress, TypeGraph, unprocessed } from "./dedup-graph.js";
import { elementType, elementWords, refuseUnknownKinds, renumberTypeIds, thirdIsType, visitTypeIds } from "./refs.js";
import { BtfKind, infoKind, infoKindFlag, infoVlen } from "../table.js";

export interface DedupedBtf {
  readonly btf: Btf;
  /** Old type id -> new type id. */
  readonly ids: Uint32Array;
}

const K = BtfKind;

/** Types that stay, by a hash of what they are: chains through arrays, in the order in which they were added. */
class Table {
  readonly #mask: number;
  readonly #heads: Uint32Array;
  readonly #tails: Uint32Array;
  /** By type. */
  readonly #next: Uint32Array;
  readonly #hashes: Int32Array;

  /** For types below `count`. */
  constructor(count: number) {
    let size = 16;
    while (size < count) size *= 2;
    this.#mask = size - 1;
    this.#heads = new Uint32Array(size);
    this.#tails = new Uint32Array(size);
    this.#next = new Uint32Array(count);
    this.#hashes = new Int32Array(count);
  }

  /** Adds a type that is not there yet. */
  add(hash: number, id: number): void {
    const bucket = (hash ^ (hash >>> 15)) & this.#mask;
    this.#hashes[id] = hash;
    if (this.#heads[bucket] === 0) this.#heads[bucket] = id;
    else this.#next[this.#tails[bucket]!] = id;
    this.#tails[bucket] = id;
  }

  /** The first type of the hash, 0 where there is none. */
  first(hash: number): number {
    return this.#from(this.#heads[(hash ^ (hash >>> 15)) & this.#mask]!, hash);
  }

  /** The type of the same hash that was added after `id`, 0 where there is none. */
  after(id: number): number {
    return this.#from(this.#next[id]!, this.#hashes[id]!);
  }

  #from(start: number, hash: number): number {
    let id = start;
    while (id !== 0 && this.#hashes[id] !== hash) id = this.#next[id]!;
    return id;
  }
}

function mix(hash: number, word: number): number {
  return (Math.imul(hash, 31) + word + (hash >>> 15)) | 0;
}

/** The steps, in their order. */
export class Dedup {
  readonly graph: TypeGraph;
  readonly #table: Table;
  readonly #count: number;

  constructor(graph: TypeGraph) {
    this.graph = graph;
    this.#count = graph.starts.length;
    this.#table = new Table(this.#count);
  }

  #hashWords(id: number, exceptIds: boolean): number {
    const { words, starts } = this.graph;
    const at = this.graph.at(id);
    const end = starts[id]!;
    let hash = 17;
    if (!exceptIds) {
      for (let i = at; i < end; i++) hash = mix(hash, words[i]!);
      return hash;
    }
    const kind = infoKind(words[at + 1]!);
    hash = mix(mix(hash, words[at]!), words[at + 1]!);
    if (thirdIsType[kind] === 0) hash = mix(hash, words[at + 2]!);
    const step = elementWords[kind]!;
    const type = step === 0 ? -1 : elementType[kind]!;
    // Arrays do not come here: they refer, and are not compared by graph.
    for (let i = at + 3, place = 0; i < end; i++) {
      if (place !== type) hash = mix(hash, words[i]!);
      if (++place === step) place = 0;
    }
    return hash;
  }

  /** The first type that stays and has equal words, 0 where none has. */
  #same(id: number, hash: number): number {
    let each = this.#table.first(hash);
    while (each !== 0 && !this.graph.same(id, each)) each = this.#table.after(each);
    return each;
  }

  /** `found` stands for `id`; where that is 0, it stays. */
  #settle(id: number, hash: number, found: number): void {
    this.graph.map[id] = found === 0 ? id : found;
    if (found === 0) this.#table.add(hash, id);
  }

  /** Types without references: ints, floats, enums, forward declarations. */
  leaves(): void {
    const { graph } = this;
    for (let id = 1; id < this.#count; id++) {
      if (graph.mapped(id)) continue;
      switch (graph.kind(id)) {
        case K.BTF_KIND_VAR:
        case K.BTF_KIND_DATASEC:
          graph.map[id] = id;
          break;
        case K.BTF_KIND_INT:
        case K.BTF_KIND_FLOAT:
        case K.BTF_KIND_FWD: {
          const hash = this.#hashWords(id, false);
          this.#settle(id, hash, this.#same(id, hash));
          break;
        }
        case K.BTF_KIND_ENUM:
        case K.BTF_KIND_ENUM64:
          this.#enum(id);
          break;
        default:
      }
    }
  }

  #enum(id: number): void {
    const { graph } = this;
    const hash = mix(7, graph.nameOffset(id));
    const empty = infoVlen(graph.info(id)) === 0;
    for (let each = this.#table.first(hash); each !== 0; each = this.#table.after(each)) {
      if (!graph.isEnum(each)) continue;
      if (graph.same(id, each) || (empty && graph.enumsFit(id, each))) {
        this.#settle(id, hash, each);
        return;
      }
      // A full enum takes the place of a forward declaration that stayed so far.
      if (graph.enumsFit(id, each)) graph.map[each] = id;
    }
    this.#settle(id, hash, 0);
  }

  composites(): void {
    const { graph } = this;
    for (let id = 1; id < this.#count; id++) {
      const kind = graph.kind(id);
      if (kind !== K.BTF_KIND_STRUCT && kind !== K.BTF_KIND_UNION && kind !== K.BTF_KIND_TYPEDEF) continue;
      if (graph.mapped(id)) continue;
      const hash = this.#hashWords(id, true);
      let found = this.#table.first(hash);
      while (found !== 0 && !(graph.alike(id, found) && graph.equivalent(id, found))) found = this.#table.after(found);
      this.#settle(id, hash, found);
    }
  }

  /** A forward declaration becomes the only struct or union of its name. */
  forwards(): void {
    const { graph } = this;
    const byName = new Map<number, number>();
    for (let id = 1; id < this.#count; id++) {
      const kind = graph.kind(id);
      if ((kind !== K.BTF_KIND_STRUCT && kind !== K.BTF_KIND_UNION) || graph.map[id] !== id) continue;
      const name = graph.nameOffset(id);
      byName.set(name, byName.has(name) ? 0 : id);
    }
    for (let id = 1; id < this.#count; id++) {
      if (graph.kind(id) !== K.BTF_KIND_FWD || graph.map[id] !== id) continue;
      const found = byName.get(graph.nameOffset(id)) ?? 0;
      const wanted = infoKindFlag(graph.info(id)) ? K.BTF_KIND_UNION : K.BTF_KIND_STRUCT;
      if (found !== 0 && graph.kind(found) === wanted) graph.map[id] = found;
    }
  }

  /** Pointers, qualifiers, arrays, prototypes, functions, tags: each after what it refers to. */
  references(name: (id: number) => string): void {
    const { graph } = this;
    const { words, map } = graph;
    const stack: number[] = [];
    const follow = (index: number, first: boolean): void => {
      const to = words[index]!;
      if (map[to] === inProgress) throw failure("btf-loop", { id: to, name: name(to) || "(anon)" });
      if (!first) words[index] = graph.resolve(to);
      else if (map[to] === unprocessed) stack.push(to);
    };
    for (let root = 1; root < this.#count; root++) {
      if (map[root] === unprocessed) stack.push(root);
      while (stack.length > 0) {
        const id = stack[stack.length - 1]!;
        if (graph.mapped(id)) {
          stack.pop();
          continue;
        }
        const first = map[id] === unprocessed;
        map[id] = inProgress;
        const at = graph.at(id);
        const kind = graph.kind(id);
        if (thirdIsType[kind] !== 0) follow(at + 2, first);
        if (kind === K.BTF_KIND_ARRAY) {
          follow(at + 3, first);
          follow(at + 4, first);
        }
        const type = elementType[kind]!;
        if (type >= 0) for (let i = at + 3 + type; i < graph.starts[id]!; i += elementWords[kind]!) follow(i, first);
        if (first) continue;
        stack.pop();
        const hash = this.#hashWords(id, false);
        this.#settle(id, hash, this.#same(id, hash));
      }
    }
  }

  /** The ids after the types that do not stay are gone. */
  numbers(): Uint32Array {
    const { graph } = this;
    const ids = new Uint32Array(this.#count);
    let next = 1;
    for (let id = 1; id < this.#count; id++) if (graph.map[id] === id) ids[id] = next++;
    for (let id = 1; id < this.#count; id++) if (graph.map[id] !== id) ids[id] = ids[graph.resolve(id)]!;
    return ids;
  }
}

/** Throws `btf-type-id` where a reference of type `own` (from 0) leads nowhere. */
function checkTypeIds(btf: Btf, own: number): void {
  const { words, starts, typeCount } = btf;
  const at = starts[own]!;
  const kind = infoKind(words[at + 1]!);
  let wrong = thirdIsType[kind] !== 0 && words[at + 2]! >= typeCount;
  if (kind === K.BTF_KIND_ARRAY) wrong = words[at + 3]! >= typeCount || words[at + 4]! >= typeCount;
  const type = elementType[kind]!;
  if (type >= 0) {
    const step = elementWords[kind]!;
    for (let i = at + 3 + type; i < starts[own + 1]!; i += step) wrong ||= words[i]! >= typeCount;
  }
  if (!wrong) return;
  visitTypeIds(words, at, (index) => {
    if (words[index]! >= typeCount) btf.owner(words[index]!, `type [${own + 1}]`);
  });
}

/**
 * Deduplicates `btf`, whose strings must be stored once each (`mergeBtf` sees to that). The string section is kept.
 * Throws `btf-split`, `btf-opaque-kind`, `btf-type-id`, `btf-loop`.
 */
export function dedupBtf(btf: Btf): DedupedBtf {
  if (btf.base !== undefined) throw failure("btf-split", {}, btf.place(0));
  refuseUnknownKinds(btf);
  const words = btf.words.slice();
  const { starts } = btf;
  for (let own = 0; own < starts.length - 1; own++) checkTypeIds(btf, own);
  const dedup = new Dedup(new TypeGraph(words, starts));
  dedup.leaves();
  dedup.composites();
  dedup.forwards();
  dedup.references((id) => btf.name(id));
  const ids = dedup.numbers();
  const kept = new Uint32Array(words.length);
  const keptStarts: number[] = [];
  let length = 0;
  for (let id = 1; id < starts.length; id++) {
    if (dedup.graph.map[id] !== id) continue;
    keptStarts.push(length);
    const end = starts[id]!;
    const at = length;
    for (let i = starts[id - 1]!; i < end; i++) kept[length++] = words[i]!;
    renumberTypeIds(kept, at, ids);
  }
  keptStarts.push(length);
  return { btf: madeBtf(btf.endian, kept.subarray(0, length), Uint32Array.from(keptStarts), btf.strings), ids };
}
