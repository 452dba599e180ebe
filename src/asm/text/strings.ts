/** String literals of directives: escapes to bytes, as gas and LLVM read them. */

const escapes: ReadonlyMap<number, number> = new Map(
  Object.entries({ n: 10, t: 9, r: 13, b: 8, f: 12, v: 11, "\\": 92, '"': 34, "'": 39 }).map(([letter, byte]) => {
    return [letter.charCodeAt(0), byte] as const;
  }),
);

function digit(byte: number | undefined, base: number): number {
  if (byte === undefined) return -1;
  const value = byte <= 0x39 ? byte - 0x30 : (byte | 0x20) - 0x61 + 10;
  return value >= 0 && value < base ? value : -1;
}

/** The bytes between the quotes at `start` and `end - 1` of `text`; a number: the offset of an escape nobody knows. */
export function unescape(text: Uint8Array, start: number, end: number): Uint8Array | number {
  const out = new Uint8Array(end - start - 2);
  let size = 0;
  for (let at = start + 1; at < end - 1; at++) {
    const byte = text[at]!;
    if (byte !== 0x5c) {
      out[size++] = byte;
      continue;
    }
    const letter = text[++at]!;
    const known = escapes.get(letter);
    if (known !== undefined) {
      out[size++] = known;
      continue;
    }
    const hex = letter === 0x78;
    const base = hex ? 16 : 8;
    let value = 0;
    let digits = 0;
    let from = hex ? at + 1 : at;
    while (digits < (hex ? 16 : 3) && digit(text[from], base) >= 0) {
      value = (value * base + digit(text[from], base)) & 0xff;
      from++;
      digits++;
    }
    if (digits === 0) return at - 1;
    out[size++] = value;
    at = from - 1;
  }
  return out.subarray(0, size);
}
