/** Several BTFs one after the other in one: types renumbered, strings stored once. Nothing is left out. */
import type { Endian } from "../../bytes/index.js";
import type { Btf } from "../btf.js";
import { readBtf } from "../read.js";
import { refuseUnknownKinds, visitStrings, visitTypeIds } from "./refs.js";
import { MovedStrings, StringTable } from "../strings.js";
import { writeBtf } from "../write.js";

export interface MergedBtf {
  readonly btf: Btf;
  /** For each input, what is added to a type id of it (but not to 0). */
  readonly shifts: readonly number[];
  /** The new offset of the string at `offset` of input `input`: for .BTF.ext. Strings no type uses are not there. */
  readonly string: (input: number, offset: number) => number | undefined;
}

/**
 * Merges `inputs`, none of them split. `strings` names further strings to keep, by input (those of .BTF.ext). Throws
 * `btf-opaque-kind`, `btf-type-id`, `btf-string`.
 */
export function mergeBtf(
  inputs: readonly Btf[],
  endian: Endian,
  strings: readonly (Iterable<number> | undefined)[] = [],
): MergedBtf {
  const table = new StringTable();
  const shifts: number[] = [];
  const moved = inputs.map((btf) => new MovedStrings(btf, table));
  const words = new Uint32Array(inputs.reduce((sum, each) => sum + each.words.length, 0));
  let from = 0;
  let types = 0;
  for (const [input, btf] of inputs.entries()) {
    refuseUnknownKinds(btf);
    words.set(btf.words, from);
    const known = moved[input]!;
    const string = (index: number): void => {
      words[index] = known.take(words[index]!);
    };
    const id = (index: number): void => {
      const old = words[index]!;
      if (old >= btf.typeCount) btf.owner(old);
      if (old > 0) words[index] = old + types;
    };
    for (let own = 0; own < btf.starts.length - 1; own++) {
      visitStrings(words, from + btf.starts[own]!, string);
      visitTypeIds(words, from + btf.starts[own]!, id);
    }
    for (const offset of strings[input] ?? []) known.take(offset);
    shifts.push(types);
    from += btf.words.length;
    types += btf.starts.length - 1;
  }
  const layout = new Uint8Array();
  const bytes = writeBtf({ endian, words, strings: table.bytes(), layout, layoutEndian: endian });
  return { btf: readBtf(bytes), shifts, string: (input, offset) => moved[input]?.get(offset) };
}
