/** The .BTF section from its parts: header, types, layout (where there is one), strings. Source: include/uapi/linux/btf.h. */
import { ByteWriter, wordBytes, type Endian } from "../bytes/index.js";
import { btfHeaderSize, btfHeaderSizeWithLayout, btfMagic, btfVersion } from "./table.js";

export interface BtfSectionParts {
  readonly endian: Endian;
  readonly words: Uint32Array;
  readonly strings: Uint8Array;
  /** 4-byte records of two bytes and a 16-bit number in `layoutEndian`; empty for the older header. */
  readonly layout: Uint8Array;
  readonly layoutEndian: Endian;
  /** The header has room for a layout section even where there is none. */
  readonly wideHeader?: boolean;
}

/**
 * The section with these strings right behind these words and room for a header before them, all of it in one little-endian
 * memory: the header is put there, and nothing is copied.
 */
export function btfAround({ buffer, byteOffset, byteLength }: Uint32Array, strings: Uint8Array): Uint8Array {
  const start = byteOffset - btfHeaderSize;
  const header = [(btfVersion << 16) | btfMagic, btfHeaderSize, 0, byteLength, byteLength, strings.length];
  new Uint32Array(buffer, start, header.length).set(header);
  return new Uint8Array(buffer, start, btfHeaderSize + byteLength + strings.length);
}

export function writeBtf(parts: BtfSectionParts): Uint8Array {
  const { endian, words, strings, layout, layoutEndian } = parts;
  const hasLayout = layout.length > 0;
  const isWide = hasLayout || parts.wideHeader === true;
  const hdrLen = isWide ? btfHeaderSizeWithLayout : btfHeaderSize;
  const typeLen = 4 * words.length;
  const out = new ByteWriter(endian, hdrLen + typeLen + layout.length + strings.length);
  out.u16(btfMagic);
  out.u8(btfVersion);
  out.u8(0);
  out.u32(hdrLen);
  out.u32(0);
  out.u32(typeLen);
  out.u32(typeLen + layout.length);
  out.u32(strings.length);
  if (isWide) {
    out.u32(hasLayout ? typeLen : 0);
    out.u32(layout.length);
  }
  out.write(wordBytes(words, endian));
  for (let i = 0; i < layout.length; i += 4) {
    const swap = endian === layoutEndian ? 0 : 1;
    out.write(layout.subarray(i, i + 2));
    out.u8(layout[i + 2 + swap]!);
    out.u8(layout[i + 3 - swap]!);
  }
  out.write(strings);
  return out.bytes();
}
