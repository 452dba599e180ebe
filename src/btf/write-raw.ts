/**
 * The text of `format-raw.ts` as UTF-8 bytes, in pieces, for a kernel's BTF and what else is large: WebAssembly writes the kinds
 * that fill it (`raw-wasm.ts`), without a record, a string or a line; the rare ones, and all where there is no WebAssembly, are
 * written from their records.
 */
import { alignUp, copyWords, countBefore, encodeUtf8 } from "../bytes/index.js";
import { type WasmInstance } from "../wasm/index.js";
import { failure } from "../diag/index.js";
import type { Btf } from "./btf.js";
import { decodeType } from "./decode.js";
import { formatRawType } from "./format-raw.js";
import { rawCode } from "./raw-code.js";
import { chunk, Layout, State, Stop, stringsRoom, typesRoom, unnamed } from "./raw-layout.js";
import { infoKind } from "./table.js";

/** A kernel's text is 2.2 times its BTF: names that overlap could make it endless. */
const timesInput = 64;
const plus = 1 << 20;
/** BTFs of so many bytes are worth the time that the code takes to be made; those of more than the other do not fit. */
const many = 1 << 14;
const most = 1 << 30;

/** Takes a piece of the text, whose place is used again when it returns. */
export type RawSink = (chunk: Uint8Array) => void;

/** The types of a BTF as text, each type by its record. */
class RawWriter {
  readonly #btf: Btf;
  readonly #write: RawSink;
  readonly #limit: number;
  #left: number;

  constructor(btf: Btf, write: RawSink) {
    this.#btf = btf;
    this.#write = write;
    let blob = 0;
    for (let each: Btf | undefined = btf; each !== undefined; each = each.base) blob += each.bytes.length;
    this.#limit = timesInput * blob + plus;
    this.#left = this.#limit;
  }

  /** Hands a piece of the text on. */
  hand(bytes: Uint8Array): void {
    this.#left -= bytes.length;
    if (this.#left < 0) throw failure("btf-output", { limit: this.#limit }, this.#btf.place(0));
    if (bytes.length > 0) this.#write(bytes);
  }

  /** The line of type number `own` of the BTF's own, and those of its elements. */
  type(own: number): Uint8Array {
    const { words, starts, firstId } = this.#btf;
    // The first name is the type's own: of these kinds nobody sees it, and it may be anything.
    let isUnseen = unnamed.includes(infoKind(words[starts[own]! + 1]!));
    const name = (offset: number): string => {
      if (!isUnseen) return this.#btf.string(offset, "a name");
      isUnseen = false;
      return "";
    };
    // Not by `btf.type`, which keeps what it has made, and a place for each type.
    const type = decodeType(words, starts[own]!, starts[own + 1]!, name);
    return encodeUtf8(`${formatRawType(this.#btf, own + firstId, type)}\n`);
  }
}

/** All strings that names of `btf` stand in, those of its bases first. */
function stringsOf(btf: Btf): Uint8Array[] {
  return btf.base === undefined ? [btf.strings] : [...stringsOf(btf.base), btf.strings];
}

/**
 * Writes types from number `own` on by `code`, in whose memory are `room` bytes for their words. Returns the number of the first
 * type that is larger than that, or how many there are.
 */
function writeBy({ memory, run }: WasmInstance, btf: Btf, out: RawWriter, own: number, room: number): number {
  const { words, starts, firstId } = btf;
  const count = starts.length - 1;
  const state = new DataView(memory.buffer);
  const get = (address: number): number => state.getInt32(address, true);
  const put = (address: number, value: number): void => state.setInt32(address, value, true);
  let end: number = Layout.data;
  for (const each of stringsOf(btf)) {
    memory.set(each, end);
    end += each.length;
  }
  put(State.strings, Layout.data);
  put(State.stringsSize, end - Layout.data);
  const types = alignUp(end + stringsRoom, 16);
  let first = own;
  const goTo = (type: number): void => {
    put(State.type, types + 4 * (starts[type]! - starts[first]!));
    put(State.id, type + firstId);
  };

  let at: number = Layout.text;
  const flush = (): void => {
    out.hand(memory.subarray(Layout.text, at));
    at = Layout.text;
  };
  /** Appends what the code has not written. */
  const append = (bytes: Uint8Array): void => {
    if (at + bytes.length > Layout.text + chunk) flush();
    if (bytes.length > chunk) return out.hand(bytes);
    memory.set(bytes, at);
    at += bytes.length;
  };
  put(State.element, -1);
  while (first < count) {
    const limit = starts[first]! + room / 4;
    const last = countBefore(count + 1, (type) => starts[type]! <= limit) - 1;
    if (last === first) break;
    copyWords(words.subarray(starts[first], starts[last]), memory, types);
    put(State.end, types + 4 * (starts[last]! - starts[first]!));
    goTo(first);
    for (let why: number = Stop.full; why !== Stop.end;) {
      at = run(at, Layout.text + chunk);
      why = get(State.stop);
      if (why === Stop.full) flush();
      else if (why === Stop.name) {
        const { bytes, start } = btf.stringPlace(get(State.name) >>> 0, "a name");
        const name = bytes.subarray(start, bytes.indexOf(0, start));
        append(name.length === 0 ? encodeUtf8("(anon)") : name);
        put(State.isNamed, 1);
      } else if (why === Stop.form) {
        const type = get(State.id) - firstId;
        append(out.type(type));
        goTo(type + 1);
      }
    }
    first = last;
  }
  flush();
  return first;
}

/** Writes all types of `btf`'s own as `formatRaw` prints them, in pieces of UTF-8. Throws `btf-output`, `btf-string`. */
export function writeRaw(btf: Btf, write: RawSink): void {
  const out = new RawWriter(btf, write);
  const types = btf.words.byteLength;
  const strings = btf.stringBase + btf.strings.length;
  let own = 0;
  // The second time, where there is one, for a type that is larger than all others together should be.
  for (const room of types < many ? [] : [typesRoom, types]) {
    const size = Layout.data + strings + stringsRoom + 16 + room;
    const code = own === btf.starts.length - 1 || size > most ? undefined : rawCode(Math.ceil(size / 65_536));
    if (code !== undefined) own = writeBy(code, btf, out, own, room);
  }
  for (; own < btf.starts.length - 1; own++) out.hand(out.type(own));
}
