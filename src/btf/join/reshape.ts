/**
 * A BTF made anew from another one: types left out or stood for by others, linkages changed, types added at the end, and
 * only the strings that are used. What a linker does after it knows which definitions won and where they went.
 */
import { madeBtf, type Btf } from "../btf.js";
import { encodeType } from "../encode.js";
import { renumberTypeIds, visitTypeIds } from "./refs.js";
import { KeptStrings } from "../strings.js";
import { BtfKind, infoKind } from "../table.js";
import type { BtfType } from "../types.js";
import { btfAround } from "../write.js";

export interface Reshape {
  /** By old id, the old id of the type that stands for it (itself where it stays, or an added one); 0 leaves it out. */
  readonly stands: Uint32Array;
  /** New linkages of variables and functions, by old id; negative ones change nothing. */
  readonly linkages: Int8Array;
  /** Types to add. The first gets the old id `typeCount`, and so on; they refer to old ids. */
  readonly added: readonly BtfType[];
  /** Leave out every type that these (old ids) do not lead to. Added types are such roots. */
  readonly roots: Iterable<number> | undefined;
  /** Keeps further strings, after those of the types. */
  readonly strings: (kept: KeptStrings) => void;
  /** Further strings to have: the names of sections of .BTF.ext. */
  readonly texts: Iterable<string>;
}

export interface ReshapedBtf {
  readonly btf: Btf;
  /** New id by old id; 0 where the type was left out. */
  readonly ids: Uint32Array;
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

/** Makes the new BTF of `btf`, which is not split, has no unknown kinds, and stores each string once. */
export function reshapeBtf(btf: Btf, { stands, linkages, added, roots, strings, texts }: Reshape): ReshapedBtf {
  const { starts, endian } = btf;
  const old = btf.words;
  const count = btf.typeCount;
  const kept = new KeptStrings(btf);
  // References of added types are old ids, too: they are roots and are renumbered with the rest.
  const more: number[] = [];
  const moreStarts: number[] = [];
  for (const type of added) {
    moreStarts.push(more.length);
    encodeType(type, (text) => kept.intern(text), more);
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

  const request = { stands, linkages, live, added: added.length, addedWords: addedWords.length };
  const picked = pickers.get(btf)?.(request) ?? pickTypes(btf, request);
  const { ids, words, starts: made } = picked;
  const length = words.length - addedWords.length;
  kept.takeTypes(words.subarray(0, length));
  words.set(addedWords, length);
  for (const [i, at] of moreStarts.entries()) {
    made[ids[count + i]! - 1] = length + at;
    renumberTypeIds(words, length + at, ids);
  }
  made[made.length - 1] = words.length;
  strings(kept);
  for (const text of texts) kept.intern(text);
  const all = kept.bytes();
  const isBehind = all.buffer === words.buffer && all.byteOffset === words.byteOffset + words.byteLength;
  const bytes = picked.hasRoom && isBehind ? btfAround(words, all) : undefined;
  return { btf: madeBtf(endian, words, made, all, bytes), ids, text: (text) => kept.intern(text) };
}

/** What is asked for: types of a BTF that stay, so many added ones, and room for so many words of these. */
interface PickRequest extends Pick<Reshape, "stands" | "linkages"> {
  /** By old id: 0 leaves the type out; undefined for none left out in this way. */
  readonly live: Uint8Array | undefined;
  readonly added: number;
  readonly addedWords: number;
}

/** The types that stay, with their new ids and linkages but their old strings. */
interface PickedTypes {
  readonly ids: Uint32Array;
  /** Those of added types, the last ones, are not set yet; nor are their starts and the end. */
  readonly words: Uint32Array;
  readonly starts: Uint32Array;
  /** There is room for a header before the words. */
  readonly hasRoom: boolean;
}

/** Who picks types of a BTF that has very many; undefined where that is not to be. */
export type TypePicker = (request: PickRequest) => PickedTypes | undefined;

const pickers = new WeakMap<Btf, TypePicker>();

export function rememberPicker(btf: Btf, picker: TypePicker): void {
  pickers.set(btf, picker);
}

function pickTypes(btf: Btf, { stands, linkages, live, added, addedWords }: PickRequest): PickedTypes {
  const { starts, words: old, typeCount: count } = btf;
  const ids = new Uint32Array(count + added);
  let next = 1;
  let length = 0;
  for (let id = 1; id < count; id++) {
    if (stands[id] !== id || live?.[id] === 0) continue;
    const at = starts[id - 1]!;
    // A tag goes with what it is on.
    if (infoKind(old[at + 1]!) === BtfKind.BTF_KIND_DECL_TAG && stands[old[at + 2]!] === 0) continue;
    ids[id] = next++;
    length += starts[id]! - at;
  }
  for (let i = 0; i < added; i++) ids[count + i] = next++;
  for (let id = 1; id < count; id++) if (stands[id] !== id) ids[id] = ids[stands[id]!]!;

  const words = new Uint32Array(length + addedWords);
  const made = new Uint32Array(next);
  let at = 0;
  for (let id = 1; id < count; id++) {
    if (stands[id] !== id || ids[id] === 0) continue;
    made[ids[id]! - 1] = at;
    const own = old.subarray(starts[id - 1], starts[id]);
    words.set(own, at);
    renumberTypeIds(words, at, ids);
    const linkage = linkages[id]!;
    if (linkage >= 0) {
      const kind = infoKind(words[at + 1]!);
      if (kind === BtfKind.BTF_KIND_VAR) words[at + 3] = linkage;
      if (kind === BtfKind.BTF_KIND_FUNC) words[at + 1] = (kind << 24) | linkage;
    }
    at += own.length;
  }
  return { ids, words, starts: made, hasRoom: false };
}
