/** Text that says which references are to maps: what the assembler found out, written down for those who do not. */
import { encodeUtf8 } from "../../bytes/index.js";
import type { TextRange } from "../types.js";

const before = encodeUtf8("%map(");
const after = encodeUtf8(")");

/** `text` with `%map(…)` around each of the `operands`, which are `impliedMaps` of its assembly. */
export function explicitMaps(text: Uint8Array, operands: readonly TextRange[]): Uint8Array {
  const out = new Uint8Array(text.length + operands.length * (before.length + after.length));
  let to = 0;
  const put = (bytes: Uint8Array): void => {
    out.set(bytes, to);
    to += bytes.length;
  };
  let from = 0;
  for (const { start, end } of operands) {
    put(text.subarray(from, start));
    put(before);
    put(text.subarray(start, end));
    put(after);
    from = end;
  }
  put(text.subarray(from));
  return out;
}
