/** Where the words of a type hold type ids and string offsets: what renumbering, checking and merging go through. */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { BtfKind, btfKinds, infoKind, infoVlen } from "../table.js";

/**
 * By kind: is the third word a type id; words of an element (0 where there are none); where in an element its name and its type
 * stand (-1: nowhere). What goes through all types of many files reads these; an array's two type ids are the exception.
 */
export const thirdIsType: Uint8Array = new Uint8Array(128);
export const elementWords: Uint8Array = new Uint8Array(128);
export const elementName: Int8Array = new Int8Array(128).fill(-1);
export const elementType: Int8Array = new Int8Array(128).fill(-1);
for (const [kind, { third, element }] of btfKinds.entries()) {
  thirdIsType[kind] = third === "type" ? 1 : 0;
  elementWords[kind] = element;
  if (element === 0) continue;
  const isDatasec = kind === BtfKind.BTF_KIND_DATASEC;
  const isEnum = kind === BtfKind.BTF_KIND_ENUM || kind === BtfKind.BTF_KIND_ENUM64;
  elementName[kind] = isDatasec ? -1 : 0;
  elementType[kind] = isDatasec ? 0 : isEnum ? -1 : 1;
}

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
  const kind = infoKind(info);
  if (elementName[kind] !== 0) return;
  for (let i = at + 3, left = infoVlen(info); left > 0; left--, i += elementWords[kind]!) visit(i);
}

/** Puts for each type id in the type at `at` what `ids` has for it. */
export function renumberTypeIds(words: Uint32Array, at: number, ids: Uint32Array): void {
  const info = words[at + 1]!;
  const kind = infoKind(info);
  if (thirdIsType[kind] !== 0) words[at + 2] = ids[words[at + 2]!]!;
  const type = elementType[kind]!;
  if (type >= 0) {
    const step = elementWords[kind]!;
    for (let i = at + 3 + type, left = infoVlen(info); left > 0; left--, i += step) words[i] = ids[words[i]!]!;
  } else if (kind === BtfKind.BTF_KIND_ARRAY) {
    words[at + 3] = ids[words[at + 3]!]!;
    words[at + 4] = ids[words[at + 4]!]!;
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
