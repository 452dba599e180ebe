/** Byte order. */

export type Endian = "little" | "big";
