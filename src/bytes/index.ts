/** Room `bytes`: the only code that knows byte order and buffer bounds. */
export { alignUp, fits, toNumber, toS64, toU64 } from "./convert.js";
export type { Endian } from "./endian.js";
export { inflate } from "./inflate.js";
export { NameTable } from "./names.js";
export { ByteReader, type Origin } from "./reader.js";
export { newWords } from "./rows.js";
export { countBefore } from "./search.js";
export { decodeUtf8, encodeUtf8, equalBytes, fromHex, toHex } from "./text.js";
export { copyWords, readWords, wordBytes } from "./words.js";
export { ByteWriter } from "./writer.js";
