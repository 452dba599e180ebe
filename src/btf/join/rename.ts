/** Types under other names or integers of another encoding, all else as it was: ids and offsets of the old strings stay. */
import { encodeUtf8 } from "../../bytes/index.js";
import type { Btf } from "../btf.js";
import { readBtf } from "../read.js";
import { writeBtf } from "../write.js";

/** `btf`, not split, with the names of `names` and the encodings of `encodings` (both by type id, the latter of integers). */
export function renameTypes(
  btf: Btf,
  names: ReadonlyMap<number, string>,
  encodings: ReadonlyMap<number, number> = new Map(),
): Btf {
  if (names.size === 0 && encodings.size === 0) return btf;
  const words = btf.words.slice();
  for (const [id, encoding] of encodings) {
    const at = btf.starts[id - btf.firstId]! + 3;
    words[at] = ((words[at]! & 0x00ff_ffff) | (encoding << 24)) >>> 0;
  }
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
