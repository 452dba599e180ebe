/**
 * The text of `format-raw.ts` as UTF-8 bytes, made straight from the words of the type section and the bytes of the
 * string section: no record, no string and no line is made for the kinds that fill a kernel's BTF. Bytes are written
 * four and eight at a time; what is written too much, the next piece overwrites.
 */
import { encodeUtf8 } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import type { Btf } from "./btf.js";
import { decodeType } from "./decode.js";
import { formatRawType } from "./format-raw.js";
import { BtfKind, btfKinds, infoKind, infoKindFlag, infoVlen } from "./table.js";

const K = BtfKind;
/** Handed on in pieces of about that size. */
const chunkSize = 1 << 18;
/** Every line but for its name fits into that, whatever is in it. */
const lineRoom = 256;
/** A kernel's text is 2.2 times its BTF: names that overlap could make it endless. */
const timesInput = 64;
const plus = 1 << 20;

/** Up to 16 ASCII characters as two numbers of 64 bits. No such number is a NaN, which would not keep its bits. */
interface Piece {
  readonly low: number;
  readonly high: number;
  readonly length: number;
}

function piece(text: string): Piece {
  const bytes = new Uint8Array(16);
  bytes.set(encodeUtf8(text));
  const view = new DataView(bytes.buffer);
  return { low: view.getFloat64(0, true), high: view.getFloat64(8, true), length: text.length };
}

function put(view: DataView, at: number, text: Piece): number {
  view.setFloat64(at, text.low, true);
  view.setFloat64(at + 8, text.high, true);
  return at + text.length;
}

const heads = btfKinds.map(({ name }) => piece(`] ${name.toUpperCase()} '`));
const anon = piece("(anon)");
const typeId = piece("' type_id=");
const index = piece(" index_type_id=");
const elements = piece(" nr_elems=");
const size = piece("' size=");
const vlenText = piece(" vlen=");
const bitsOffset = piece(" bits_offset=");
const bitfieldSize = piece(" bitfield_size=");
const encoding = piece("' encoding=UNSI");
const encodingRest = piece("GNED size=");
const value = piece("' val=");
const result = piece("' ret_type_id=");
const line = piece("\n\t'");
const fwdStruct = piece("' fwd_kind=stru");
const fwdStructRest = piece("ct");
const fwdUnion = piece("' fwd_kind=unio");
const fwdUnionRest = piece("n");
const linkages = ["static", "global", "extern"].map((each) => piece(` linkage=${each}`));

/** Three digits as one word, with zeros in front, and without these; how many digits there are. */
const padded = new Uint32Array(1000);
const bare = new Uint32Array(1000);
const digits = new Uint8Array(1000);
/** Fills these tables; at the first use, as most commands never print types. */
function fillDigits(): void {
  if (digits[0] !== 0) return;
  for (let i = 0; i < 1000; i++) {
    const tens = Math.floor(i / 10);
    const word = (0x30 + Math.floor(i / 100)) | ((0x30 + (tens % 10)) << 8) | ((0x30 + (i % 10)) << 16);
    const count = i < 10 ? 1 : i < 100 ? 2 : 3;
    padded[i] = word;
    bare[i] = word >>> (8 * (3 - count));
    digits[i] = count;
  }
}

function putNumber(view: DataView, at: number, number: number): number {
  if (number >= 1000) {
    const rest = Math.floor(number / 1000);
    at = putNumber(view, at, rest);
    view.setUint32(at, padded[number - 1000 * rest]!, true);
    return at + 3;
  }
  view.setUint32(at, bare[number]!, true);
  return at + digits[number]!;
}

/** Names up to that length are copied into the room of a line. */
const shortName = 4096;

/** Takes a piece of the text; true says that its bytes are not needed any more, and their place is used again. */
export type RawSink = (chunk: Uint8Array) => unknown;

class RawWriter {
  readonly #btf: Btf;
  readonly #write: RawSink;
  readonly #strings: DataView;
  readonly #stringBase: number;
  readonly #stringEnd: number;
  readonly #limit: number;
  #left: number;
  #view = new DataView(new ArrayBuffer(chunkSize + shortName + lineRoom));
  #at = 0;

  constructor(btf: Btf, write: RawSink) {
    this.#btf = btf;
    this.#write = write;
    // Words are read past the last string.
    const strings = new Uint8Array(btf.strings.length + 4);
    strings.set(btf.strings);
    this.#strings = new DataView(strings.buffer);
    this.#stringBase = btf.stringBase;
    this.#stringEnd = btf.stringBase + btf.strings.length;
    let blob = 0;
    for (let each: Btf | undefined = btf; each !== undefined; each = each.base) blob += each.bytes.length;
    this.#limit = timesInput * blob + plus;
    this.#left = this.#limit;
  }

  #hand(bytes: Uint8Array): boolean {
    this.#left -= bytes.length;
    if (this.#left < 0) throw failure("btf-output", { limit: this.#limit }, this.#btf.place(0));
    return this.#write(bytes) === true;
  }

  flush(): void {
    if (this.#at === 0) return;
    const isDone = this.#hand(new Uint8Array(this.#view.buffer, 0, this.#at));
    if (!isDone) this.#view = new DataView(new ArrayBuffer(chunkSize + shortName + lineRoom));
    this.#at = 0;
  }

  /** After this a line fits. */
  room(): void {
    if (this.#at > chunkSize) this.flush();
  }

  utf8(text: string): void {
    const bytes = encodeUtf8(text);
    if (bytes.length <= shortName) this.#copy(bytes);
    else {
      this.flush();
      this.#hand(bytes);
    }
  }

  #copy(bytes: Uint8Array): void {
    new Uint8Array(this.#view.buffer).set(bytes, this.#at);
    this.#at += bytes.length;
  }

  text(text: Piece): void {
    this.#at = put(this.#view, this.#at, text);
  }

  fact(label: Piece, number: number): void {
    this.#at = putNumber(this.#view, put(this.#view, this.#at, label), number);
  }

  byte(byte: number): void {
    this.#view.setUint8(this.#at++, byte);
  }

  number(number: number): void {
    this.#at = putNumber(this.#view, this.#at, number);
  }

  name(offset: number): void {
    if (offset < this.#stringBase || offset >= this.#stringEnd) {
      const { bytes, start } = this.#btf.stringPlace(offset, "a name");
      this.#long(bytes, start);
      return;
    }
    const from = offset - this.#stringBase;
    const strings = this.#strings;
    const view = this.#view;
    let at = this.#at;
    const end = at + shortName;
    for (let i = from; ; i += 4, at += 4) {
      const word = strings.getInt32(i, true);
      // A byte is zero where a borrow runs out of it: the lowest such bit is exact.
      const zero = (word - 0x0101_0101) & ~word & 0x8080_8080;
      view.setInt32(at, word, true);
      if (zero !== 0) {
        at += (31 - Math.clz32(zero & -zero)) >> 3;
        break;
      }
      if (at >= end) {
        this.#long(this.#btf.strings, from);
        return;
      }
    }
    if (at === this.#at) at = put(view, at, anon);
    this.#at = at;
  }

  /** A name of a base, or a very long one. */
  #long(bytes: Uint8Array, start: number): void {
    const name = bytes.subarray(start, bytes.indexOf(0, start));
    if (name.length === 0) this.text(anon);
    else if (name.length <= shortName) this.#copy(name);
    else {
      this.flush();
      this.#hand(name.slice());
    }
  }
}

/** Writes all types of `btf`'s own as `formatRaw` prints them, in chunks of UTF-8. Throws `btf-output`, `btf-string`. */
export function writeRaw(btf: Btf, write: RawSink): void {
  fillDigits();
  const { words, starts } = btf;
  const out = new RawWriter(btf, write);
  for (let own = 0; own < starts.length - 1; own++) {
    const at = starts[own]!;
    const info = words[at + 1]!;
    const third = words[at + 2]!;
    const kind = infoKind(info);
    const vlen = infoVlen(info);
    const kindFlag = infoKindFlag(info);
    out.room();
    if (formatsSlowly(kind, kindFlag, vlen)) {
      // Not by `btf.type`, which keeps what it has made, and a place for each type.
      const type = decodeType(words, at, starts[own + 1]!, (offset) => btf.string(offset, "a name"));
      out.utf8(`${formatRawType(btf, own + btf.firstId, type)}\n`);
      continue;
    }
    out.byte(91);
    out.number(own + btf.firstId);
    out.text(heads[kind]!);
    if (isUnnamed(kind)) out.text(anon);
    else out.name(words[at]!);
    out.room();
    switch (kind) {
      case K.BTF_KIND_ARRAY:
        out.fact(typeId, words[at + 3]!);
        out.fact(index, words[at + 4]!);
        out.fact(elements, words[at + 5]!);
        break;
      case K.BTF_KIND_STRUCT:
      case K.BTF_KIND_UNION:
        out.fact(size, third);
        out.fact(vlenText, vlen);
        writeMembers(out, words, at + 3, vlen, kindFlag);
        break;
      case K.BTF_KIND_ENUM:
        out.text(encoding);
        out.fact(encodingRest, third);
        out.fact(vlenText, vlen);
        writePairs(out, words, at + 3, vlen, value);
        break;
      case K.BTF_KIND_FUNC_PROTO:
        out.fact(result, third);
        out.fact(vlenText, vlen);
        writePairs(out, words, at + 3, vlen, typeId);
        break;
      case K.BTF_KIND_FWD:
        out.text(kindFlag ? fwdUnion : fwdStruct);
        out.text(kindFlag ? fwdUnionRest : fwdStructRest);
        break;
      case K.BTF_KIND_FUNC:
        out.fact(typeId, third);
        out.text(linkages[vlen]!);
        break;
      default:
        out.fact(typeId, third);
    }
    out.byte(10);
  }
  out.flush();
}

function writeMembers(out: RawWriter, words: Uint32Array, at: number, vlen: number, kindFlag: boolean): void {
  for (let i = 0; i < vlen; i++, at += 3) {
    const place = words[at + 2]!;
    out.room();
    out.text(line);
    out.name(words[at]!);
    out.fact(typeId, words[at + 1]!);
    out.fact(bitsOffset, kindFlag ? place & 0xff_ffff : place);
    if (kindFlag && place >>> 24 > 0) out.fact(bitfieldSize, place >>> 24);
  }
}

/** Enumerators and parameters: a name and a number each. */
function writePairs(out: RawWriter, words: Uint32Array, at: number, vlen: number, label: Piece): void {
  for (let i = 0; i < vlen; i++, at += 2) {
    out.room();
    out.text(line);
    out.name(words[at]!);
    out.fact(label, words[at + 1]!);
  }
}

function isUnnamed(kind: number): boolean {
  switch (kind) {
    case K.BTF_KIND_PTR:
    case K.BTF_KIND_ARRAY:
    case K.BTF_KIND_FUNC_PROTO:
    case K.BTF_KIND_VOLATILE:
    case K.BTF_KIND_CONST:
    case K.BTF_KIND_RESTRICT:
      return true;
    default:
      return false;
  }
}

/** The rare kinds, and the rare shapes of others. */
function formatsSlowly(kind: number, kindFlag: boolean, vlen: number): boolean {
  switch (kind) {
    case K.BTF_KIND_INT:
    case K.BTF_KIND_VAR:
    case K.BTF_KIND_DATASEC:
    case K.BTF_KIND_FLOAT:
    case K.BTF_KIND_DECL_TAG:
    case K.BTF_KIND_ENUM64:
      return true;
    case K.BTF_KIND_ENUM:
      return kindFlag;
    case K.BTF_KIND_FUNC:
      return vlen > 2;
    default:
      return kind === 0 || kind >= btfKinds.length;
  }
}
