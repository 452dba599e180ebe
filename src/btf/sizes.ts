/** Sizes of types in bytes, and what stands behind typedefs and qualifiers. BPF pointers have 8 bytes. */
import { failure } from "../diag/index.js";
import type { Btf } from "./btf.js";
import { BtfKind, btfKinds } from "./table.js";
import type { BtfType } from "./types.js";

/** Deeper chains are refused: the kernel follows 32 references. */
const maxDepth = 64;

function loop(btf: Btf, id: number): never {
  throw failure("btf-loop", { id, name: btf.name(id) || "(anon)" }, btf.placeOf(id));
}

/** The type behind typedefs, qualifiers and type tags. Throws `btf-loop` where they go in circles. */
export function resolveType(btf: Btf, id: number): { readonly id: number; readonly type: BtfType } {
  const at = resolveId(btf, id);
  return { id: at, type: btf.type(at) };
}

/** The id of that type; no record is made. */
export function resolveId(btf: Btf, id: number): number {
  let at = id;
  for (let depth = 0; depth < maxDepth; depth++) {
    switch (btf.kind(at)) {
      case BtfKind.BTF_KIND_TYPEDEF:
      case BtfKind.BTF_KIND_CONST:
      case BtfKind.BTF_KIND_VOLATILE:
      case BtfKind.BTF_KIND_RESTRICT:
      case BtfKind.BTF_KIND_TYPE_TAG:
        at = btf.word(at, 2);
        break;
      default:
        return at;
    }
  }
  return loop(btf, id);
}

/** The size of type `id` in bytes. Throws `btf-no-size` (void, functions, forward declarations) and `btf-loop`. */
export function sizeOf(btf: Btf, id: number): number {
  let count = 1;
  let at = id;
  for (let depth = 0; depth < maxDepth; depth++) {
    const resolved = resolveId(btf, at);
    const kind = btf.kind(resolved);
    switch (kind) {
      case BtfKind.BTF_KIND_ARRAY:
        count *= btf.word(resolved, 5);
        at = btf.word(resolved, 3);
        break;
      case BtfKind.BTF_KIND_PTR:
        return total(btf, id, count * 8);
      case BtfKind.BTF_KIND_VAR:
        at = btf.word(resolved, 2);
        break;
      default:
        if (btfKinds[kind]?.third === "size") return total(btf, id, count * btf.word(resolved, 2));
        throw failure("btf-no-size", { id: resolved, kind: btf.type(resolved).kind }, btf.placeOf(resolved));
    }
  }
  return loop(btf, id);
}

function total(btf: Btf, id: number, size: number): number {
  const limit = 0xffff_ffff;
  if (size <= limit) return size;
  throw failure("btf-too-large", { what: `the size of type [${id}]`, value: size, limit }, btf.placeOf(id));
}
