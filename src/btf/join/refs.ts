/** Where the words of a type hold type ids and string offsets: what renumbering, checking and merging go through. */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { BtfKind, btfKinds, infoKind, infoVlen } from "../table.js";

/** Calls `visit` with the index of each word of the type at `at` that is a type id. Unknown kinds have none. */
export function visitTypeIds(words: Uint32Array, at: number, visit: (index: number) => void): void {
  const info = words[at + 1]!;
  const kind = infoKind(info);
  if (btfKinds[kind]?.third === "type") visit(at + 2);
  switch (kind) {
    case BtfKind.BTF_KIND_ARRAY:
      visit(at + 3);
      visit(at + 4);
      break;
    case BtfKind.BTF_KIND_STRUCT:
    case BtfKind.BTF_KIND_UNION:
      for (let i = at + 4, n = infoVlen(info); n > 0; n--, i += 3) visit(i);
      break;
    case BtfKind.BTF_KIND_FUNC_PROTO:
      for (let i = at + 4, n = infoVlen(info); n > 0; n--, i += 2) visit(i);
      break;
    case BtfKind.BTF_KIND_DATASEC:
      for (let i = at + 3, n = infoVlen(info); n > 0; n--, i += 3) visit(i);
      break;
    default:
  }
}

/** Calls `visit` with the index of each word of the type at `at` that is a string offset, the type's name first. */
export function visitStrings(words: Uint32Array, at: number, visit: (index: number) => void): void {
  visit(at);
  const info = words[at + 1]!;
  switch (infoKind(info)) {
    case BtfKind.BTF_KIND_STRUCT:
    case BtfKind.BTF_KIND_UNION:
    case BtfKind.BTF_KIND_ENUM64:
      for (let i = at + 3, n = infoVlen(info); n > 0; n--, i += 3) visit(i);
      break;
    case BtfKind.BTF_KIND_ENUM:
    case BtfKind.BTF_KIND_FUNC_PROTO:
      for (let i = at + 3, n = infoVlen(info); n > 0; n--, i += 2) visit(i);
      break;
    default:
  }
}

/** Throws `btf-opaque-kind` when `btf` has a type of its own whose references cannot be told. */
export function refuseUnknownKinds(btf: Btf): void {
  for (let own = 0; own < btf.starts.length - 1; own++) {
    const kind = infoKind(btf.words[btf.starts[own]! + 1]!);
    if (kind === 0 || kind >= btfKinds.length) {
      const id = own + btf.firstId;
      throw failure("btf-opaque-kind", { id, kind }, btf.placeOf(id));
    }
  }
}
