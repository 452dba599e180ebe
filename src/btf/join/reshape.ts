/**
 * A BTF made anew from another one: types left out or stood for by others, linkages changed, types added at the end, and
 * only the strings that are used. What a linker does after it knows which definitions won and where they went.
 */
import type { Btf } from "../btf.js";
import { encodeType } from "../encode.js";
import { readBtf } from "../read.js";
import { visitStrings, visitTypeIds } from "./refs.js";
import { MovedStrings, StringTable } from "../strings.js";
import { BtfKind, infoKind } from "../table.js";
import type { BtfType } from "../types.js";
import { writeBtf } from "../write.js";

export interface Reshape {
  /** By old id, the old id of the type that stands for it (itself where it stays, or an added one); 0 leaves it out. */
  readonly stands: Uint32Array;
  /** New linkages of variables and functions, by old id. */
  readonly linkages: ReadonlyMap<number, number>;
  /** Types to add. The first gets the old id `typeCount`, and so on; they refer to old ids. */
  readonly added: readonly BtfType[];
  /** Leave out every type that these (old ids) do not lead to. Added types are such roots. */
  readonly roots: Iterable<number> | undefined;
  /** Offsets of strings to keep beside those of the types. */
  readonly strings: Iterable<number>;
  /** Further strings to have: the names of sections of .BTF.ext. */
  readonly texts: Iterable<string>;
}

export interface ReshapedBtf {
  readonly btf: Btf;
  /** New id by old id; 0 where the type was left out. */
  readonly ids: Uint32Array;
  /** The new offset of the old string at an offset that was asked for or that a type uses. */
  readonly string: (offset: number) => number;
  /** The offset of a text that was asked for. */
  readonly text: (text: string) => number;
}

/** The types that `roots` lead to, and the tags on them. */
function reach(words: Uint32Array, starts: Uint32Array, stands: Uint32Array, roots: Iterable<number>): Uint8Array {
  const count = starts.length;
  const live = new Uint8Array(count);
  const tags = new Map<number, number[]>();
  for (let id = 1; id < count; id++) {
    const at = starts[id - 1]!;
    if (infoKind(words[at + 1]!) !== BtfKind.BTF_KIND_DECL_TAG) continue;
    const target = stands[words[at + 2]!]!;
    const list = tags.get(target);
    if (list === undefined) tags.set(target, [id]);
    else list.push(id);
  }
  const pending: number[] = [];
  const mark = (old: number): void => {
    const id = stands[old]!;
    if (id === 0 || id >= count || live[id] !== 0) return;
    live[id] = 1;
    pending.push(id);
  };
  for (const root of roots) mark(root);
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    visitTypeIds(words, starts[id - 1]!, (index) => mark(words[index]!));
    for (const tag of tags.get(id) ?? []) mark(tag);
  }
  return live;
}

/** Makes the new BTF of `btf`, which is not split and has no unknown kinds. */
export function reshapeBtf(btf: Btf, { stands, linkages, added, roots, strings, texts }: Reshape): ReshapedBtf {
  const { starts, endian } = btf;
  const old = btf.words;
  const count = btf.typeCount;
  const table = new StringTable();
  const moved = new MovedStrings(btf, table);
  const string = (offset: number): number => moved.take(offset);
  // References of added types are old ids, too: they are roots and are renumbered with the rest.
  const more: number[] = [];
  const moreStarts: number[] = [];
  for (const type of added) {
    moreStarts.push(more.length);
    encodeType(type, (text) => table.intern(text), more);
  }
  const addedWords = Uint32Array.from(more);
  let live: Uint8Array | undefined;
  if (roots !== undefined) {
    const all: number[] = [...roots];
    for (const at of moreStarts) {
      visitTypeIds(addedWords, at, (index) => {
        if (addedWords[index]! < count) all.push(addedWords[index]!);
      });
    }
    live = reach(old, starts, stands, all);
  }

  const ids = new Uint32Array(count + added.length);
  let next = 1;
  for (let id = 1; id < count; id++) {
    if (stands[id] !== id || live?.[id] === 0) continue;
    const at = starts[id - 1]!;
    // A tag goes with what it is on.
    if (infoKind(old[at + 1]!) === BtfKind.BTF_KIND_DECL_TAG && stands[old[at + 2]!] === 0) continue;
    ids[id] = next++;
  }
  added.forEach((_, i) => (ids[count + i] = next++));
  for (let id = 1; id < count; id++) if (stands[id] !== id) ids[id] = ids[stands[id]!]!;

  const words = new Uint32Array(old.length + addedWords.length);
  let length = 0;
  const renumber = (index: number): void => {
    words[index] = ids[words[index]!]!;
  };
  for (let id = 1; id < count; id++) {
    if (stands[id] !== id || ids[id] === 0) continue;
    words.set(old.subarray(starts[id - 1], starts[id]), length);
    visitStrings(words, length, (index) => {
      words[index] = string(words[index]!);
    });
    visitTypeIds(words, length, renumber);
    const linkage = linkages.get(id);
    const kind = infoKind(words[length + 1]!);
    if (linkage !== undefined && kind === BtfKind.BTF_KIND_VAR) words[length + 3] = linkage;
    if (linkage !== undefined && kind === BtfKind.BTF_KIND_FUNC) words[length + 1] = (kind << 24) | linkage;
    length += starts[id]! - starts[id - 1]!;
  }
  words.set(addedWords, length);
  for (const at of moreStarts) visitTypeIds(words, length + at, renumber);
  length += addedWords.length;
  for (const offset of strings) string(offset);
  for (const text of texts) table.intern(text);

  const layout = new Uint8Array();
  const parts = { endian, words: words.subarray(0, length), strings: table.bytes(), layout, layoutEndian: endian };
  return {
    btf: readBtf(writeBtf(parts)),
    ids,
    string,
    text: (text) => table.intern(text),
  };
}
