/** Several BTFs one after the other in one: types renumbered, strings stored once. Nothing is left out. */
import type { Endian } from "../../bytes/index.js";
import { madeBtf, type Btf } from "../btf.js";
import { elementName, elementType, elementWords, refuseUnknownKinds, thirdIsType } from "./refs.js";
import { MovedStrings, StringTable } from "../strings.js";
import { BtfKind, btfKinds, infoKind, infoVlen } from "../table.js";

export interface MergedBtf {
  readonly btf: Btf;
  /** For each input, what is added to a type id of it (but not to 0). */
  readonly shifts: readonly number[];
  /** The strings of each input that were taken over, for .BTF.ext. */
  readonly strings: readonly MovedStrings[];
}

/**
 * Merges `inputs`, none of them split. `more` takes further strings of an input (those of .BTF.ext), after its types. Throws
 * `btf-opaque-kind`, `btf-type-id`, `btf-string`.
 */
export function mergeBtf(
  inputs: readonly Btf[],
  endian: Endian,
  more?: (input: number, strings: MovedStrings) => void,
): MergedBtf {
  let [size, count, room] = [0, 0, 0];
  for (const btf of inputs) {
    size += btf.words.length;
    count += btf.starts.length - 1;
    room += btf.strings.length;
  }
  const table = new StringTable();
  // One array for what is known of the strings of all inputs: there may be very many inputs.
  const known = new Uint32Array(room);
  const moved: MovedStrings[] = [];
  const shifts: number[] = [];
  const words = new Uint32Array(size);
  const starts = new Uint32Array(count + 1);
  let [from, types, strs] = [0, 0, 0];
  for (const [input, btf] of inputs.entries()) {
    const own = new MovedStrings(btf, table, known.subarray(strs, strs + btf.strings.length));
    moved.push(own);
    words.set(btf.words, from);
    for (let i = 0; i < btf.starts.length - 1; i++) starts[types + i] = from + btf.starts[i]!;
    takeTypes(btf, own, words, from, types);
    more?.(input, own);
    shifts.push(types);
    from += btf.words.length;
    types += btf.starts.length - 1;
    strs += btf.strings.length;
  }
  starts[count] = size;
  const btf = madeBtf(endian, words, starts, table.bytes());
  return { btf, shifts, strings: moved };
}

/** Renumbers the types of `btf`, whose words stand from `from` on in `words`: ids move by `shift`. */
function takeTypes(btf: Btf, strings: MovedStrings, words: Uint32Array, from: number, shift: number): void {
  const { starts, typeCount } = btf;
  const id = (old: number): number => {
    if (old >= typeCount) btf.owner(old);
    return old > 0 ? old + shift : 0;
  };
  for (let own = 0; own < starts.length - 1; own++) {
    const at = from + starts[own]!;
    const info = words[at + 1]!;
    const kind = infoKind(info);
    if (kind === 0 || kind >= btfKinds.length) refuseUnknownKinds(btf);
    if (words[at] !== 0) words[at] = strings.take(words[at]!);
    if (thirdIsType[kind] !== 0) words[at + 2] = id(words[at + 2]!);
    const step = elementWords[kind]!;
    if (step > 0) {
      const name = elementName[kind]!;
      const type = elementType[kind]!;
      for (let i = at + 3, left = infoVlen(info); left > 0; left--, i += step) {
        if (name >= 0) words[i + name] = strings.take(words[i + name]!);
        if (type >= 0) words[i + type] = id(words[i + type]!);
      }
    } else if (kind === BtfKind.BTF_KIND_ARRAY) {
      words[at + 3] = id(words[at + 3]!);
      words[at + 4] = id(words[at + 4]!);
    }
  }
}
