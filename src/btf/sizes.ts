/** Sizes of types in bytes, and what stands behind typedefs and qualifiers. BPF pointers have 8 bytes. */
import { failure } from "../diag/index.js";
import type { Btf } from "./btf.js";
import type { BtfType } from "./types.js";

/** Deeper chains are refused: the kernel follows 32 references. */
const maxDepth = 64;

function loop(btf: Btf, id: number): never {
  throw failure("btf-loop", { id, name: btf.name(id) || "(anon)" }, btf.placeOf(id));
}

/** The type behind typedefs, qualifiers and type tags. Throws `btf-loop` where they go in circles. */
export function resolveType(btf: Btf, id: number): { readonly id: number; readonly type: BtfType } {
  let at = id;
  for (let depth = 0; depth < maxDepth; depth++) {
    const type = btf.type(at);
    switch (type.kind) {
      case "typedef":
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
        at = type.type;
        break;
      default:
        return { id: at, type };
    }
  }
  return loop(btf, id);
}

/** The size of type `id` in bytes. Throws `btf-no-size` (void, functions, forward declarations) and `btf-loop`. */
export function sizeOf(btf: Btf, id: number): number {
  let count = 1;
  let at = id;
  for (let depth = 0; depth < maxDepth; depth++) {
    const { id: resolved, type } = resolveType(btf, at);
    switch (type.kind) {
      case "array":
        count *= type.nelems;
        at = type.type;
        break;
      case "ptr":
        return total(btf, id, count * 8);
      case "int":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "float":
      case "datasec":
        return total(btf, id, count * type.size);
      case "var":
        at = type.type;
        break;
      default:
        throw failure("btf-no-size", { id: resolved, kind: type.kind }, btf.placeOf(resolved));
    }
  }
  return loop(btf, id);
}

function total(btf: Btf, id: number, size: number): number {
  const limit = 0xffff_ffff;
  if (size <= limit) return size;
  throw failure("btf-too-large", { what: `the size of type [${id}]`, value: size, limit }, btf.placeOf(id));
}
