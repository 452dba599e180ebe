/** The numbers of a listing's lines, counted up in decimal digits from line to line rather than divided out each time. */

/** Columns of a number; numbers from `wide` on take more. */
const digits = 8;
const wide = 10 ** digits;

const blanks = 0x2020_2020;
const colonTab = 0x3a09;
const colon = 0x3a;

/** Four digits of `value` (below 10,000) as characters, the first in the highest byte. */
function four(value: number): number {
  const tens = (value / 10) | 0;
  const hundreds = (tens / 10) | 0;
  const thousands = (hundreds / 10) | 0;
  return (
    0x3030_3030 +
    (thousands << 24) +
    ((hundreds - 10 * thousands) << 16) +
    ((tens - 10 * hundreds) << 8) +
    (value - 10 * tens)
  );
}

/** The same with blanks in place of leading zeros. */
function padded(value: number): number {
  const text = four(value);
  if (value >= 1000) return text;
  if (value >= 100) return text - 0x1000_0000;
  return value >= 10 ? text - 0x1010_0000 : text - 0x1010_1000;
}

export class LineNumber {
  #next = -1;
  #high = 0;
  #low = 0;

  /** Writes `value`, at least 8 columns wide, with a colon and a tab at `at`; returns the end. At most 20 bytes. */
  put(view: DataView, at: number, value: number): number {
    if (value >= wide) return this.#long(view, at, value);
    if (value !== this.#next || (++this.#low & 0xff) === colon) {
      const upper = (value / 10_000) | 0;
      this.#high = upper === 0 ? blanks : padded(upper);
      this.#low = upper === 0 ? padded(value) : four(value - 10_000 * upper);
    }
    this.#next = value + 1;
    view.setInt32(at, this.#high);
    view.setInt32(at + 4, this.#low);
    view.setInt16(at + 8, colonTab);
    return at + digits + 2;
  }

  #long(view: DataView, at: number, value: number): number {
    for (const character of `${value}:\t`) view.setUint8(at++, character.charCodeAt(0));
    return at;
  }
}
