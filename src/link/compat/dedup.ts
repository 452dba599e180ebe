/**
 * Deduplication as versions of libbpf do it, down to which of equal types stays: leaves, structs and unions, lone forward
 * declarations, references. The room `btf` has its own, which is what links without `--compat` take.
 *
 * Source of truth: what `bpftool gen object` writes, which the tests compare with byte for byte.
 */
import { BtfKind, infoVlen, visitTypeIds } from "../../btf/index.js";
import { Candidates } from "./candidates.js";
import { inProgress, isComposite, isEnum, TypeGraph, unprocessed } from "./graph.js";
import { refusal } from "./model.js";
import type { LibbpfRules } from "./versions.js";

const K = BtfKind;

function mix(hash: number, word: number): number {
  return (Math.imul(hash, 31) + word + (hash >>> 15)) | 0;
}

class Dedup {
  readonly graph: TypeGraph;
  readonly #table = new Candidates();
  readonly #count: number;

  constructor(graph: TypeGraph) {
    this.graph = graph;
    this.#count = graph.starts.length;
    for (let id = 1; id < this.#count; id++) {
      const kind = graph.kind(id);
      if (kind === K.BTF_KIND_VAR || kind === K.BTF_KIND_DATASEC) graph.map[id] = id;
    }
  }

  #hash(id: number, exceptIds: boolean): number {
    const { words, starts } = this.graph;
    const end = starts[id]!;
    let from = this.graph.at(id);
    let hash = 17;
    if (exceptIds) {
      visitTypeIds(words, from, (index) => {
        for (; from < index; from++) hash = mix(hash, words[from]!);
        from = index + 1;
      });
    }
    for (; from < end; from++) hash = mix(hash, words[from]!);
    return hash;
  }

  /** Takes the first type of that hash that `fits`, or keeps `id`. */
  #settle(id: number, hash: number, fits: (each: number) => boolean): void {
    const { map } = this.graph;
    for (const each of this.#table.of(hash)) {
      if (!fits(each)) continue;
      map[id] = each;
      return;
    }
    map[id] = id;
    this.#table.add(hash, id);
  }

  #settleSame(id: number): void {
    this.#settle(id, this.#hash(id, false), (each) => this.graph.isSame(id, each, false));
  }

  leaves(): void {
    for (let id = 1; id < this.#count; id++) {
      const kind = this.graph.kind(id);
      if (isEnum(kind)) this.#enum(id);
      else if (kind === K.BTF_KIND_INT || kind === K.BTF_KIND_FLOAT || kind === K.BTF_KIND_FWD) this.#settleSame(id);
    }
  }

  #enum(id: number): void {
    const { graph } = this;
    const [shape, size] = graph.enumShape(id);
    const isForward = infoVlen(graph.info(id)) === 0;
    this.#settle(id, mix(mix(graph.name(id), shape), size), (each) => {
      if (!isEnum(graph.kind(each))) return false;
      if (graph.isSame(id, each, false)) return true;
      if (!graph.fitEnums(id, each)) return false;
      // A full one takes the place of a forward declaration.
      if (!isForward) graph.map[each] = id;
      return isForward;
    });
  }

  composites(): void {
    const { graph } = this;
    for (let id = 1; id < this.#count; id++) {
      const kind = graph.kind(id);
      const isTypedef = kind === K.BTF_KIND_TYPEDEF && graph.rules.typedefs;
      if ((!isComposite(kind) && !isTypedef) || graph.isMapped(id)) continue;
      this.#settle(id, this.#hash(id, true), (each) => graph.isSame(id, each, true) && graph.isEquivalent(id, each));
    }
  }

  /** A forward declaration becomes the only struct or union of its name. */
  forwards(): void {
    const { graph } = this;
    const byName = new Map<number, number>();
    for (let id = 1; id < this.#count; id++) {
      if (!isComposite(graph.kind(id)) || graph.map[id] !== id) continue;
      const name = graph.name(id);
      byName.set(name, byName.has(name) ? 0 : id);
    }
    for (let id = 1; id < this.#count; id++) {
      if (graph.kind(id) !== K.BTF_KIND_FWD || graph.map[id] !== id) continue;
      const found = byName.get(graph.name(id)) ?? 0;
      if (found !== 0 && graph.fitsForward(id, graph.kind(found))) graph.map[id] = found;
    }
  }

  /** The others, each after what it refers to, in the order of the references. */
  references(): void {
    const { map, words } = this.graph;
    const stack: number[] = [];
    for (let root = 1; root < this.#count; root++) {
      if (!this.graph.isMapped(root)) stack.push(root);
      while (stack.length > 0) {
        const id = stack.at(-1)!;
        const state = map[id]!;
        if (state === unprocessed) {
          map[id] = inProgress;
          this.#pushReferences(id, stack);
          continue;
        }
        stack.pop();
        if (state !== inProgress) continue;
        visitTypeIds(words, this.graph.at(id), (index) => {
          words[index] = this.graph.resolve(words[index]!);
        });
        this.#settleSame(id);
      }
    }
  }

  #pushReferences(id: number, stack: number[]): void {
    const { map, words } = this.graph;
    const references: number[] = [];
    visitTypeIds(words, this.graph.at(id), (index) => references.push(words[index]!));
    for (const to of references.toReversed()) {
      if (map[to] === inProgress) throw refusal("", `type [${to}] refers to itself`, ".BTF");
      if (map[to] === unprocessed) stack.push(to);
    }
  }
}

export interface Deduped {
  readonly words: Uint32Array;
  /** New id by old id. */
  readonly ids: Uint32Array;
}

/** Deduplicates the types in `words`, which are changed; `starts` has the index of each and the end. */
export function dedupLikeLibbpf(words: Uint32Array, starts: ArrayLike<number>, rules: LibbpfRules): Deduped {
  const graph = new TypeGraph(words, starts, rules);
  const dedup = new Dedup(graph);
  dedup.leaves();
  dedup.composites();
  if (rules.forwards) dedup.forwards();
  dedup.references();
  const count = starts.length;
  const ids = new Uint32Array(count);
  let next = 1;
  for (let id = 1; id < count; id++) if (graph.map[id] === id) ids[id] = next++;
  for (let id = 1; id < count; id++) if (graph.map[id] !== id) ids[id] = ids[graph.resolve(id)]!;
  let length = 0;
  for (let id = 1; id < count; id++) {
    if (graph.map[id] !== id) continue;
    const from = starts[id - 1]!;
    const end = starts[id]!;
    words.copyWithin(length, from, end);
    visitTypeIds(words, length, (index) => {
      words[index] = ids[words[index]!]!;
    });
    length += end - from;
  }
  return { words: words.subarray(0, length), ids };
}
