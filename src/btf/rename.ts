/** Types under other names, everything else as it was: ids and offsets of the old strings stay. */
import { encodeUtf8 } from "../bytes/index.js";
import type { Btf } from "./btf.js";
import { readBtf } from "./read.js";
import { writeBtf } from "./write.js";

/** `btf`, not split, with the names of `names` (by type id). */
export function renameTypes(btf: Btf, names: ReadonlyMap<number, string>): Btf {
  if (names.size === 0) return btf;
  const words = btf.words.slice();
  const added: Uint8Array[] = [btf.strings];
  let length = btf.strings.length;
  for (const [id, name] of names) {
    words[btf.starts[id - btf.firstId]!] = length;
    const bytes = encodeUtf8(`${name}\0`);
    added.push(bytes);
    length += bytes.length;
  }
  const strings = new Uint8Array(length);
  let at = 0;
  for (const bytes of added) {
    strings.set(bytes, at);
    at += bytes.length;
  }
  const { endian, layout } = btf;
  const { file, section } = btf.place(0);
  return readBtf(writeBtf({ endian, words, strings, layout, layoutEndian: endian }), { file, section });
}
