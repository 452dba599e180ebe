/**
 * The text of `format-raw.ts` as UTF-8 bytes, made straight from the words of the type section and the bytes of the
 * string section: no record, no string and no line is made for the kinds that fill a kernel's BTF.
 */
import { encodeUtf8 } from "../bytes/index.js";
import type { Btf } from "./btf.js";
import { formatRawType } from "./format-raw.js";
import { BtfKind, btfKinds, infoKind, infoKindFlag, infoVlen } from "./table.js";

const K = BtfKind;
const chunkSize = 1 << 20;
const ascii = (text: string): Uint8Array => encodeUtf8(text);

const heads = btfKinds.map(({ name }) => ascii(`] ${name.toUpperCase()} '`));
const anon = ascii("(anon)");
const typeId = ascii("' type_id=");
const text = {
  index: ascii(" index_type_id="),
  elements: ascii(" nr_elems="),
  size: ascii("' size="),
  vlen: ascii(" vlen="),
  offset: ascii(" bits_offset="),
  bitfield: ascii(" bitfield_size="),
  enumHead: ascii("' encoding=UNSIGNED size="),
  value: ascii("' val="),
  result: ascii("' ret_type_id="),
  line: ascii("\n\t'"),
  arrayId: typeId,
  fwdStruct: ascii("' fwd_kind=struct"),
  fwdUnion: ascii("' fwd_kind=union"),
  linkages: ["static", "global", "extern"].map((each) => ascii(` linkage=${each}`)),
};

class Sink {
  #bytes = new Uint8Array(chunkSize);
  #at = 0;
  readonly #write: (chunk: Uint8Array) => void;

  constructor(write: (chunk: Uint8Array) => void) {
    this.#write = write;
  }

  flush(): void {
    if (this.#at > 0) this.#write(this.#bytes.subarray(0, this.#at));
    this.#bytes = new Uint8Array(chunkSize);
    this.#at = 0;
  }

  put(bytes: Uint8Array): void {
    if (this.#at + bytes.length > chunkSize) {
      this.flush();
      if (bytes.length > chunkSize) {
        this.#write(bytes.slice());
        return;
      }
    }
    const own = this.#bytes;
    let at = this.#at;
    for (let i = 0; i < bytes.length; i++) own[at++] = bytes[i]!;
    this.#at = at;
  }

  byte(value: number): void {
    if (this.#at === chunkSize) this.flush();
    this.#bytes[this.#at++] = value;
  }

  number(value: number): void {
    if (this.#at + 10 > chunkSize) this.flush();
    let digits = 1;
    for (let limit = 10; limit <= value; limit *= 10) digits++;
    const end = this.#at + digits;
    let rest = value;
    for (let i = end - 1; i >= this.#at; i--) {
      const next = Math.floor(rest / 10);
      this.#bytes[i] = 48 + rest - 10 * next;
      rest = next;
    }
    this.#at = end;
  }

  /** The NUL-terminated string at `start`, or `(anon)` when it is empty. */
  name(bytes: Uint8Array, start: number): void {
    if (bytes[start] === 0) {
      this.put(anon);
      return;
    }
    let at = this.#at;
    const own = this.#bytes;
    for (let i = start; ; i++) {
      const byte = bytes[i]!;
      if (byte === 0) break;
      if (at === chunkSize) {
        this.put(bytes.subarray(start, bytes.indexOf(0, start)));
        return;
      }
      own[at++] = byte;
    }
    this.#at = at;
  }
}

/** Writes all types of `btf`'s own as `formatRaw` prints them, in chunks of UTF-8 of about a megabyte. */
export function writeRaw(btf: Btf, write: (chunk: Uint8Array) => void): void {
  const { words, starts, strings, stringBase } = btf;
  const sink = new Sink(write);
  const name = (offset: number): void => {
    const start = offset - stringBase;
    if (start >= 0 && start < strings.length) sink.name(strings, start);
    else {
      const place = btf.stringPlace(offset, "a name");
      sink.name(place.bytes, place.start);
    }
  };
  const fact = (label: Uint8Array, value: number): void => {
    sink.put(label);
    sink.number(value);
  };
  for (let own = 0; own < starts.length - 1; own++) {
    const at = starts[own]!;
    const info = words[at + 1]!;
    const third = words[at + 2]!;
    const kind = infoKind(info);
    const vlen = infoVlen(info);
    const kindFlag = infoKindFlag(info);
    const slow = formatsSlowly(kind, kindFlag, vlen);
    if (slow) {
      sink.put(encodeUtf8(formatRawType(btf, own + btf.firstId)));
      sink.byte(10);
      continue;
    }
    sink.byte(91);
    sink.number(own + btf.firstId);
    sink.put(heads[kind]!);
    if (kind === K.BTF_KIND_PTR || kind === K.BTF_KIND_ARRAY || kind === K.BTF_KIND_FUNC_PROTO) sink.put(anon);
    else if (kind >= K.BTF_KIND_VOLATILE && kind <= K.BTF_KIND_RESTRICT) sink.put(anon);
    else name(words[at]!);
    switch (kind) {
      case K.BTF_KIND_ARRAY:
        fact(text.arrayId, words[at + 3]!);
        fact(text.index, words[at + 4]!);
        fact(text.elements, words[at + 5]!);
        break;
      case K.BTF_KIND_STRUCT:
      case K.BTF_KIND_UNION:
        fact(text.size, third);
        fact(text.vlen, vlen);
        for (let i = 0, member = at + 3; i < vlen; i++, member += 3) {
          const place = words[member + 2]!;
          sink.put(text.line);
          name(words[member]!);
          fact(typeId, words[member + 1]!);
          fact(text.offset, kindFlag ? place & 0xff_ffff : place);
          if (kindFlag && place >>> 24 > 0) fact(text.bitfield, place >>> 24);
        }
        break;
      case K.BTF_KIND_ENUM:
        fact(text.enumHead, third);
        fact(text.vlen, vlen);
        for (let i = 0, value = at + 3; i < vlen; i++, value += 2) {
          sink.put(text.line);
          name(words[value]!);
          fact(text.value, words[value + 1]!);
        }
        break;
      case K.BTF_KIND_FUNC_PROTO:
        fact(text.result, third);
        fact(text.vlen, vlen);
        for (let i = 0, param = at + 3; i < vlen; i++, param += 2) {
          sink.put(text.line);
          name(words[param]!);
          fact(typeId, words[param + 1]!);
        }
        break;
      case K.BTF_KIND_FWD:
        sink.put(kindFlag ? text.fwdUnion : text.fwdStruct);
        break;
      case K.BTF_KIND_FUNC:
        fact(typeId, third);
        sink.put(text.linkages[vlen]!);
        break;
      default:
        fact(typeId, third);
    }
    sink.byte(10);
  }
  sink.flush();
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
