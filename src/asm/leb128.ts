/** LEB128: numbers of as many bytes as they need. Source: DWARF 5, section 7.6. */

/** Bytes of the shortest encoding of `value`; an unsigned number below zero has none, and gets 1. */
export function lebSize(value: bigint, signed: boolean): number {
  if (value < 0n && !signed) return 1;
  let rest = value;
  for (let size = 1; ; size++) {
    const byte = rest & 0x7fn;
    rest >>= 7n;
    if (signed ? rest === (byte & 0x40n ? -1n : 0n) : rest === 0n) return size;
  }
}

/** Puts `value` at `at`, in exactly `size` bytes, which are enough. */
export function putLeb(data: Uint8Array, at: number, size: number, value: bigint): void {
  let rest = value;
  for (let i = 0; i < size; i++, rest >>= 7n) data[at + i] = Number(rest & 0x7fn) | (i + 1 < size ? 0x80 : 0);
}
