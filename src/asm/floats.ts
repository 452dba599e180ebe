/** Floating-point numbers of directives to IEEE 754 bits. */

/** Decimal and hexadecimal literals, also with gas's prefix `0f`, `0d` and the like. */
const literal = /^(?:0[a-z](?=[-+.\d]))?(\d+\.?\d*(?:e[-+]?\d+)?|\.\d+(?:e[-+]?\d+)?)$/i;
const hexadecimal = /^0x([\da-f]*)\.?([\da-f]*)(?:p([-+]?\d+))?$/i;
const words: ReadonlyMap<string, number> = new Map([
  ["inf", Number.POSITIVE_INFINITY],
  ["infinity", Number.POSITIVE_INFINITY],
  ["nan", Number.NaN],
]);

/** The value of `text`, without a sign; undefined where it is no number. */
export function parseFloating(text: string): number | undefined {
  const word = words.get(text.toLowerCase());
  if (word !== undefined) return word;
  const decimal = literal.exec(text);
  if (decimal !== null) return Number(decimal[1]);
  const [, whole = "", part = "", exponent = "0"] = hexadecimal.exec(text) ?? [];
  if (whole + part === "") return undefined;
  return Number(`0x${whole}${part}`) * 2 ** (Number(exponent) - 4 * part.length);
}

/** The bits of `value` in `bytes` bytes, as a number without sign. */
export function floatBits(value: number, negative: boolean, bytes: 4 | 8): bigint {
  const sign = negative ? 1n << BigInt(8 * bytes - 1) : 0n;
  // All bits of a NaN are set, as LLVM writes it.
  if (Number.isNaN(value)) return sign | ((1n << BigInt(8 * bytes - 1)) - 1n);
  const view = new DataView(new ArrayBuffer(8));
  if (bytes === 4) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  const bits = bytes === 4 ? BigInt(view.getUint32(0)) : view.getBigUint64(0);
  return bits | sign;
}
