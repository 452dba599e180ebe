/**
 * Reading a .BTF section or a /sys/kernel/btf file: the header is checked, the types are indexed in one pass.
 *
 * Source of truth: include/uapi/linux/btf.h; the header with a layout section is that of libbpf 1.8.
 */
import { ByteReader, readWords, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { Btf } from "./btf.js";
import { kindName } from "./decode.js";
import { btfHeaderSize, btfHeaderSizeWithLayout, btfKinds, btfMagic, btfVersion, infoKind, infoVlen } from "./table.js";

export interface ReadBtfOptions {
  /** Refuse the other byte order; when it is not given, the magic number tells. */
  readonly endian?: Endian | undefined;
  /** The file's name and the section's, for messages. */
  readonly file?: string | undefined;
  readonly section?: string | undefined;
  /** What split BTF (a kernel module's) stands on. */
  readonly base?: Btf | undefined;
}

/** The header's numbers; offsets are bytes from the end of the header. */
export interface BtfHeader {
  readonly version: number;
  readonly flags: number;
  readonly hdrLen: number;
  readonly typeOff: number;
  readonly typeLen: number;
  readonly strOff: number;
  readonly strLen: number;
  readonly layoutOff: number;
  readonly layoutLen: number;
}

/** The byte order of a BTF or .BTF.ext blob, by its magic number. */
export function detectEndian(bytes: Uint8Array, options: ReadBtfOptions): Endian {
  const usual = options.endian ?? "little";
  const [low, high] = usual === "little" ? [0x9f, 0xeb] : [0xeb, 0x9f];
  if (bytes.length >= 4 && bytes[0] === low && bytes[1] === high && bytes[2] === btfVersion) return usual;
  const place = { kind: "binary", file: options.file, section: options.section, offset: 0 } as const;
  const reader = new ByteReader(bytes, "little", { file: options.file, section: options.section });
  reader.need(0, 4, "the BTF header");
  const magic = reader.u16(0);
  const swapped = ((magic & 0xff) << 8) | (magic >>> 8);
  if (magic !== btfMagic && swapped !== btfMagic) {
    throw failure("btf-magic", { found: `0x${magic.toString(16)}` }, place);
  }
  const found = magic === btfMagic ? "little" : "big";
  const expected = options.endian ?? found;
  if (found !== expected) throw failure("btf-endian", { found, expected }, place);
  const version = reader.u8(2);
  if (version !== btfVersion) throw failure("btf-version", { version }, { ...place, offset: 2 });
  return found;
}

/** The header at the start of `reader`, its offsets and lengths checked against the bytes there are. */
export function readBtfHeader(reader: ByteReader): BtfHeader {
  reader.need(0, btfHeaderSize, "the BTF header");
  const hdrLen = reader.u32(4);
  const long = hdrLen >= btfHeaderSizeWithLayout && reader.length >= btfHeaderSizeWithLayout;
  const header = {
    version: reader.u8(2),
    flags: reader.u8(3),
    hdrLen,
    typeOff: reader.u32(8),
    typeLen: reader.u32(12),
    strOff: reader.u32(16),
    strLen: reader.u32(20),
    layoutOff: long ? reader.u32(24) : 0,
    layoutLen: long ? reader.u32(28) : 0,
  };
  const { typeOff, typeLen, strOff, strLen, layoutOff, layoutLen } = header;
  const left = reader.length - hdrLen;
  const fail = (problem: string): never => {
    throw failure("btf-header", { problem }, reader.place(0));
  };
  if (hdrLen < btfHeaderSize || left < 0) fail(`its length is ${hdrLen}, the blob has ${reader.length} bytes`);
  if (typeOff % 4 !== 0 || typeLen % 4 !== 0) fail("the type section is not a run of 4-byte words");
  if (typeOff + typeLen > strOff) fail("the type section overlaps the string section");
  if (strOff + strLen > left) fail(`the string section ends at ${strOff + strLen}, the data at ${left}`);
  if (layoutLen > 0) {
    if (layoutOff % 4 !== 0 || layoutLen % 4 !== 0) fail("the layout section is not a run of 4-byte records");
    if (layoutOff < typeOff + typeLen || layoutOff + layoutLen > strOff) {
      fail("the layout section is not between types and strings");
    }
  }
  return header;
}

/** Of a kind nobody has told the size of. */
const unknownSize = 0xffff;

/** Words after the three common ones: once per type in the low byte, per element in the next. */
function kindSizes(layout: Uint8Array): Uint16Array {
  return layout.length === 0 ? (knownSizes ??= sizesWith(layout)) : sizesWith(layout);
}

/** The sizes where no layout section adds any: made once, for nearly all files have none. */
let knownSizes: Uint16Array | undefined;

function sizesWith(layout: Uint8Array): Uint16Array {
  const sizes = new Uint16Array(128).fill(unknownSize);
  for (let kind = 0; kind < layout.length / 4 && kind < sizes.length; kind++) {
    const fixed = layout[4 * kind]!;
    const element = layout[4 * kind + 1]!;
    if (fixed % 4 === 0 && element % 4 === 0) sizes[kind] = (fixed >>> 2) | ((element >>> 2) << 8);
  }
  for (let kind = 1; kind < btfKinds.length; kind++) {
    const { fixed, element } = btfKinds[kind]!;
    sizes[kind] = fixed | (element << 8);
  }
  return sizes;
}

/** The index of each type's first word and, last, the end. */
function indexTypes(reader: ByteReader, words: Uint32Array, typesAt: number, layout: Uint8Array, firstId: number) {
  const sizes = kindSizes(layout);
  const { length } = words;
  // A type takes three words at least.
  const starts = new Uint32Array(Math.floor(length / 3) + 1);
  let count = 0;
  let at = 0;
  // No calls in here: every command that reads a kernel's BTF waits for it, before it is compiled.
  while (at + 3 <= length) {
    const info = words[at + 1]!;
    const size = sizes[(info >>> 24) & 0x7f]!;
    const next = at + 3 + (size & 0xff) + (size >>> 8) * (info & 0xff_ffff);
    if (next > length || size === unknownSize) break;
    starts[count++] = at;
    at = next;
  }
  if (at < length) {
    const id = firstId + count;
    const left = length - at;
    const kind = left < 3 ? undefined : infoKind(words[at + 1]!);
    const size = kind === undefined ? 0 : sizes[kind]!;
    const place = reader.place(typesAt + 4 * at);
    if (kind !== undefined && size === unknownSize) throw failure("btf-unknown-kind", { id, kind }, place);
    const needed = kind === undefined ? 3 : 3 + (size & 0xff) + (size >>> 8) * infoVlen(words[at + 1]!);
    const name = kind === undefined ? "?" : kindName(kind);
    throw failure("btf-type-truncated", { id, kind: name, needed: 4 * needed, available: 4 * left }, place);
  }
  starts[count] = at;
  return starts.subarray(0, count + 1);
}

/** Reads BTF. Only the header and the sizes of the types are checked; names and references when they are followed. */
export function readBtf(bytes: Uint8Array, options: ReadBtfOptions = {}): Btf {
  const { file, section, base } = options;
  const endian = detectEndian(bytes, options);
  const reader = new ByteReader(bytes, endian, { file, section });
  const header = readBtfHeader(reader);
  const typesAt = header.hdrLen + header.typeOff;
  const stringsAt = header.hdrLen + header.strOff;
  const strings = reader.slice(stringsAt, header.strLen);
  const problem = stringProblem(strings, base !== undefined);
  if (problem !== undefined) throw failure("btf-header", { problem }, reader.place(stringsAt));
  const words = readWords(reader.slice(typesAt, header.typeLen), endian);
  const layout = reader.slice(header.hdrLen + header.layoutOff, header.layoutLen);
  // Split BTF shares the layout of its base when it has none.
  const known = layout.length === 0 && base !== undefined ? base.layout : layout;
  const starts = indexTypes(reader, words, typesAt, known, base?.typeCount ?? 1);
  return new Btf({ bytes, endian, file, section, base, words, starts, strings, layout, typesAt, stringsAt });
}

function stringProblem(strings: Uint8Array, split: boolean): string | undefined {
  if (strings.length === 0) return split ? undefined : "the string section is empty";
  if (strings.at(-1) !== 0) return "the string section does not end with a NUL byte";
  if (!split && strings[0] !== 0) return "the string section does not start with an empty string (split BTF?)";
  return undefined;
}
