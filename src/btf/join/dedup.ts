/**
 * Deduplication: of types that say the same, one stays. Equal leaves first, then structs, unions and typedefs by their
 * graphs, then lone forward declarations, then pointers and the other references, from the inside out.
 *
 * Source of truth: the deduplication of libbpf's btf.c, whose results the tests compare with. VAR and DATASEC stay.
 */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { inProgress, TypeGraph, unprocessed } from "./dedup-graph.js";
import { readBtf } from "../read.js";
import { refuseUnknownKinds, visitTypeIds } from "./refs.js";
import { BtfKind, infoKindFlag, infoVlen } from "../table.js";
import { writeBtf } from "../write.js";

export interface DedupedBtf {
  readonly btf: Btf;
  /** Old type id -> new type id. */
  readonly ids: Uint32Array;
}

const K = BtfKind;

/** Types that stay, by a hash of what they are. */
class Table {
  readonly #heads: Map<number, number[]> = new Map();

  add(hash: number, id: number): void {
    const list = this.#heads.get(hash);
    if (list === undefined) this.#heads.set(hash, [id]);
    else list.push(id);
  }

  get(hash: number): readonly number[] {
    return this.#heads.get(hash) ?? [];
  }
}

function mix(hash: number, word: number): number {
  return Math.imul(hash, 31) + word + (hash >>> 15) || 0;
}

class Dedup {
  readonly graph: TypeGraph;
  readonly #table = new Table();
  readonly #count: number;

  constructor(graph: TypeGraph) {
    this.graph = graph;
    this.#count = graph.starts.length;
  }

  #hashWords(id: number, exceptIds: boolean): number {
    const { words, starts } = this.graph;
    const at = this.graph.at(id);
    let hash = 17;
    if (!exceptIds) {
      for (let i = at; i < starts[id]!; i++) hash = mix(hash, words[i]!) | 0;
      return hash;
    }
    let from = at;
    visitTypeIds(words, at, (index) => {
      for (; from < index; from++) hash = mix(hash, words[from]!) | 0;
      from = index + 1;
    });
    for (; from < starts[id]!; from++) hash = mix(hash, words[from]!) | 0;
    return hash;
  }

  #settle(id: number, hash: number, found: number | undefined): void {
    this.graph.map[id] = found ?? id;
    if (found === undefined) this.#table.add(hash, id);
  }

  /** Types without references: ints, floats, enums, forward declarations. */
  leaves(): void {
    const { graph } = this;
    for (let id = 1; id < this.#count; id++) {
      switch (graph.kind(id)) {
        case K.BTF_KIND_VAR:
        case K.BTF_KIND_DATASEC:
          graph.map[id] = id;
          break;
        case K.BTF_KIND_INT:
        case K.BTF_KIND_FLOAT:
        case K.BTF_KIND_FWD: {
          const hash = this.#hashWords(id, false);
          this.#settle(
            id,
            hash,
            this.#table.get(hash).find((each) => graph.same(id, each)),
          );
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
    const hash = mix(7, graph.nameOffset(id)) | 0;
    const empty = infoVlen(graph.info(id)) === 0;
    for (const each of this.#table.get(hash)) {
      if (!graph.isEnum(each)) continue;
      if (graph.same(id, each) || (empty && graph.enumsFit(id, each))) {
        this.#settle(id, hash, each);
        return;
      }
      // A full enum takes the place of a forward declaration that stayed so far.
      if (graph.enumsFit(id, each)) graph.map[each] = id;
    }
    this.#settle(id, hash, undefined);
  }

  composites(): void {
    const { graph } = this;
    for (let id = 1; id < this.#count; id++) {
      const kind = graph.kind(id);
      if (kind !== K.BTF_KIND_STRUCT && kind !== K.BTF_KIND_UNION && kind !== K.BTF_KIND_TYPEDEF) continue;
      if (graph.mapped(id)) continue;
      const hash = this.#hashWords(id, true);
      const found = this.#table.get(hash).find((each) => graph.alike(id, each) && graph.equivalent(id, each));
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
    for (let root = 1; root < this.#count; root++) {
      if (map[root] === unprocessed) stack.push(root);
      while (stack.length > 0) {
        const id = stack.at(-1)!;
        if (graph.mapped(id)) {
          stack.pop();
          continue;
        }
        const first = map[id] === unprocessed;
        map[id] = inProgress;
        visitTypeIds(words, graph.at(id), (index) => {
          const to = words[index]!;
          if (map[to] === inProgress) throw failure("btf-loop", { id: to, name: name(to) || "(anon)" });
          if (first) {
            if (map[to] === unprocessed) stack.push(to);
          } else words[index] = graph.resolve(to);
        });
        if (first) continue;
        stack.pop();
        const hash = this.#hashWords(id, false);
        this.#settle(
          id,
          hash,
          this.#table.get(hash).find((each) => graph.same(id, each)),
        );
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

/**
 * Deduplicates `btf`, whose strings must be stored once each (`mergeBtf` sees to that). The string section is kept.
 * Throws `btf-split`, `btf-opaque-kind`, `btf-type-id`, `btf-loop`.
 */
export function dedupBtf(btf: Btf): DedupedBtf {
  if (btf.base !== undefined) throw failure("btf-split", {}, btf.place(0));
  refuseUnknownKinds(btf);
  const words = btf.words.slice();
  const { starts } = btf;
  for (let own = 0; own < starts.length - 1; own++) {
    visitTypeIds(words, starts[own]!, (index) => {
      if (words[index]! >= btf.typeCount) btf.owner(words[index]!, `type [${own + 1}]`);
    });
  }
  const dedup = new Dedup(new TypeGraph(words, starts));
  dedup.leaves();
  dedup.composites();
  dedup.forwards();
  dedup.references((id) => btf.name(id));
  const ids = dedup.numbers();
  const kept = new Uint32Array(words.length);
  let length = 0;
  for (let id = 1; id < starts.length; id++) {
    if (dedup.graph.map[id] !== id) continue;
    const record = words.subarray(starts[id - 1], starts[id]);
    kept.set(record, length);
    visitTypeIds(kept, length, (index) => {
      kept[index] = ids[kept[index]!]!;
    });
    length += record.length;
  }
  const { endian, strings } = btf;
  const layout = new Uint8Array();
  const bytes = writeBtf({ endian, words: kept.subarray(0, length), strings, layout, layoutEndian: endian });
  return { btf: readBtf(bytes), ids };
}
