/** Numbers of up to 64 bits in hex, as the tables of ELF tools have them. */

/** `value` as 64 bits without a sign, with at least `width` digits. */
export function hex64(value: number | bigint, width = 0): string {
  // Most are small: as numbers they cost a fraction.
  const small = Number(value);
  const digits =
    small >= 0 && small <= Number.MAX_SAFE_INTEGER
      ? small.toString(16)
      : BigInt.asUintN(64, BigInt(value)).toString(16);
  return digits.padStart(width, "0");
}
