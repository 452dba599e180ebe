/**
 * The part of a kernel's BTF that the CO-RE records of objects ask about: small enough to be shipped with a program, for
 * kernels that have no BTF of their own.
 *
 * Source of truth: what `bpftool gen min_core_btf` keeps; the tests compare with it.
 */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { BtfBuilder } from "../builder.js";
import type { CorePath } from "./core-access.js";
import { coreReloClass } from "./core-access.js";
import { resolveCoreRelo } from "./core.js";
import type { BtfExt, CoreRelo } from "../ext.js";
import { CoreReloKind } from "../table.js";
import type { BtfMember, BtfType } from "../types.js";

/** An object that will run on the kernel: its .BTF and .BTF.ext. */
export interface CoreObject {
  readonly btf: Btf;
  readonly ext: BtfExt;
}

/** A record that finds nothing on the base: the loader will poison its instruction. */
export interface UnresolvedRelo {
  /** Which of the objects. */
  readonly object: number;
  readonly section: string;
  readonly relo: CoreRelo;
}

export interface MinimalBtf {
  /** In the byte order of the base, and not split. */
  readonly btf: Btf;
  /** Old type id -> new one, for the types that are kept. */
  readonly ids: ReadonlyMap<number, number>;
  readonly unresolved: readonly UnresolvedRelo[];
}

class Marks {
  readonly #base: Btf;
  readonly #types = new Set<number>();
  /** Struct or union -> the members that are kept. */
  readonly #members = new Map<number, Set<number>>();
  /** Types whose whole contents were kept for a comparison. */
  readonly #matched = new Set<string>();
  readonly #followed = new Set<number>();

  constructor(base: Btf) {
    this.#base = base;
  }

  #member(id: number, index: number): void {
    const known = this.#members.get(id);
    if (known === undefined) this.#members.set(id, new Set([index]));
    else known.add(index);
  }

  /** What type `id` is made of, but not what is in its structs; `pointers`: what its pointers point to, too. */
  #type(root: number, pointers: boolean): void {
    const pending = [root];
    while (pending.length > 0) {
      const id = pending.pop()!;
      if (id === 0 || (pointers ? this.#followed.has(id) : this.#types.has(id))) continue;
      this.#types.add(id);
      if (pointers) this.#followed.add(id);
      const type = this.#base.type(id);
      switch (type.kind) {
        case "ptr":
          if (pointers) pending.push(type.type);
          break;
        case "const":
        case "volatile":
        case "restrict":
        case "typedef":
        case "type_tag":
          pending.push(type.type);
          break;
        case "array":
          pending.push(type.type, type.indexType);
          break;
        case "func_proto":
          pending.push(type.type, ...type.params.map((param) => param.type));
          break;
        default:
      }
    }
  }

  /** All that a comparison of type `id` looks at: members, too, but behind pointers the name alone. */
  #match(root: number): void {
    const pending = [{ id: root, behind: false }];
    while (pending.length > 0) {
      const { id, behind } = pending.pop()!;
      const key = `${id} ${behind}`;
      if (id === 0 || this.#matched.has(key)) continue;
      this.#matched.add(key);
      this.#types.add(id);
      const type = this.#base.type(id);
      const add = (next: number, isBehind: boolean): void => void pending.push({ id: next, behind: isBehind });
      switch (type.kind) {
        case "struct":
        case "union":
          for (const [index, member] of behind ? [] : type.members.entries()) {
            this.#member(id, index);
            add(member.type, false);
          }
          break;
        case "ptr":
          add(type.type, true);
          break;
        case "const":
        case "volatile":
        case "restrict":
        case "typedef":
        case "type_tag":
          add(type.type, behind);
          break;
        case "array":
          add(type.type, false);
          add(type.indexType, false);
          break;
        case "func_proto":
          add(type.type, false);
          for (const param of type.params) add(param.type, false);
          break;
        default:
      }
    }
  }

  #field({ rootId, indices }: CorePath): void {
    this.#type(rootId, false);
    let id = rootId;
    for (const index of indices.slice(1)) {
      let type = this.#base.type(id);
      for (let depth = 0; depth < 64 && "type" in type && !isHolder(type); depth++) {
        id = type.type;
        type = this.#base.type(id);
      }
      if (type.kind === "array") id = type.type;
      else if (type.kind === "struct" || type.kind === "union") {
        this.#member(id, index);
        id = type.members[index]!.type;
        this.#type(id, false);
      }
    }
  }

  relo(kind: number, path: CorePath): void {
    if (coreReloClass(kind) === "field") this.#field(path);
    else if (kind === CoreReloKind.BPF_CORE_TYPE_MATCHES) this.#match(path.rootId);
    else this.#type(path.rootId, coreReloClass(kind) === "type");
  }

  /** The kept types in the order of their ids, renumbered; what they refer to and is not kept becomes `void`. */
  build(): { readonly btf: Btf; readonly ids: ReadonlyMap<number, number> } {
    const kept = [...this.#types].toSorted((a, b) => a - b);
    const ids = new Map(kept.map((id, i) => [id, i + 1]));
    const builder = new BtfBuilder();
    for (const id of kept) builder.add(this.#reduced(id, (old) => ids.get(old) ?? 0));
    return { btf: builder.build(this.#base.endian), ids };
  }

  #reduced(id: number, to: (old: number) => number): BtfType {
    const type = this.#base.type(id);
    switch (type.kind) {
      case "struct":
      case "union": {
        const wanted = this.#members.get(id);
        const members = type.members
          .filter((_, index) => wanted?.has(index) === true)
          .map((member): BtfMember => ({ ...member, type: to(member.type) }));
        return { ...type, members };
      }
      case "array":
        return { ...type, type: to(type.type), indexType: to(type.indexType) };
      case "func_proto": {
        const params = type.params.map((param) => ({ ...param, type: to(param.type) }));
        return { ...type, type: to(type.type), params };
      }
      case "unknown":
        throw failure("btf-opaque-kind", { id, kind: type.number }, this.#base.placeOf(id));
      default:
        return "type" in type ? { ...type, type: to(type.type) } : type;
    }
  }
}

function isHolder({ kind }: BtfType): boolean {
  return kind === "array" || kind === "struct" || kind === "union";
}

/**
 * The types of `base` that the CO-RE records of `objects` need, structs with the members they need. A record comes to the same
 * on the result as on `base`, but for the numbers of types. Throws what `resolveCoreRelo` throws.
 */
export function minimalBtf(base: Btf, objects: readonly CoreObject[]): MinimalBtf {
  const marks = new Marks(base);
  const unresolved: UnresolvedRelo[] = [];
  // Compilers make a record for each access: most are asked many times.
  for (const [object, { btf, ext }] of objects.entries()) {
    const asked = new Set<string>();
    for (const { section, records } of ext.coreRelos) {
      for (const relo of records) {
        if (relo.kind === CoreReloKind.BPF_CORE_TYPE_ID_LOCAL) continue;
        const key = `${relo.kind} ${relo.typeId} ${relo.accessStrOff}`;
        if (asked.has(key)) continue;
        asked.add(key);
        const { target } = resolveCoreRelo(btf, relo, base);
        if (target === undefined) unresolved.push({ object, section, relo });
        else marks.relo(relo.kind, target);
      }
    }
  }
  return { ...marks.build(), unresolved };
}
