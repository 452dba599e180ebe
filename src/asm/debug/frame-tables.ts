/**
 * `.debug_frame` and `.eh_frame` of a run. Source: DWARF 5 section 6.4, and LSB Core for `.eh_frame`; numbers that BPF leaves open (the
 * return column, the data factor, encodings) are LLVM's.
 */
import { alignUp, ByteWriter, type Endian } from "../../bytes/index.js";
import { opcodes } from "../../isa/index.js";
import { frameBytes } from "./frame-codes.js";
import type { Frame, FrameReference } from "./frames.js";
import { placeOf } from "../output/place.js";
import type { AsmRelocation, AsmSection } from "../types.js";

/** Pointer encodings (LSB): the forms in the low four bits, what they count from above. */
const Pointer = { absolute: 0x00, udata4: 0x03, udata8: 0x04, sdata4: 0x0b, sdata8: 0x0c, relative: 0x10 } as const;

/** Bytes of a pointer in `encoding`; undefined for one that is not known. */
export function pointerSize(encoding: number): 4 | 8 | undefined {
  if ((encoding & 0x60) !== 0 || (encoding & ~0x9f) !== 0) return undefined;
  const form = encoding & 0x0f;
  if (form === Pointer.absolute || form === Pointer.udata8 || form === Pointer.sdata8) return 8;
  return form === Pointer.udata4 || form === Pointer.sdata4 ? 4 : undefined;
}

export class FrameTable {
  readonly writer: ByteWriter;
  /** Offsets from the start of this table. */
  readonly relocations: AsmRelocation[] = [];
  readonly #eh: boolean;
  readonly #section: AsmSection;
  readonly #base: number;

  /** The table goes to the end of `section`; `eh`: is that `.eh_frame`? */
  constructor(section: AsmSection, endian: Endian, eh: boolean) {
    this.writer = new ByteWriter(endian, 256);
    this.#section = section;
    this.#base = section.size;
    this.#eh = eh;
  }

  encode(frames: readonly Frame[]): Uint8Array {
    let key: string | undefined;
    let start = 0;
    for (const frame of frames.toSorted(byCommon)) {
      const needed = this.#eh ? keyOf(frame) : "";
      if (needed !== key) {
        key = needed;
        start = this.#common(frame);
      }
      this.#frame(frame, start);
    }
    return this.writer.bytes();
  }

  /** A common information entry; returns where it starts. */
  #common(frame: Frame): number {
    const { writer } = this;
    const start = writer.reserve(4);
    writer.u32(this.#eh ? 0 : 0xffffffff);
    writer.u8(this.#eh ? 1 : 4);
    if (this.#eh) {
      const marks = `z${frame.personality === undefined ? "" : "P"}${frame.lsda === undefined ? "" : "L"}R`;
      writer.cstring(frame.signal ? `${marks}S` : marks);
    } else {
      writer.u8(0);
      writer.u8(8);
      writer.u8(0);
    }
    for (const byte of frameBytes.factors(frame.returnColumn)) writer.u8(byte);
    if (this.#eh) {
      const length = writer.reserve(1);
      if (frame.personality !== undefined) {
        writer.u8(frame.personality.encoding);
        this.#reference(frame.personality);
      }
      if (frame.lsda !== undefined) writer.u8(frame.lsda.encoding);
      writer.u8(Pointer.sdata8);
      this.#patchByte(length, writer.length - length - 1);
    }
    this.#finish(start, this.#eh ? 4 : 8);
    return start;
  }

  /** The entry of one function. */
  #frame(frame: Frame, common: number): void {
    const { writer } = this;
    const start = writer.reserve(4);
    if (this.#eh) {
      writer.u32(start + 4 - common);
    } else {
      const addend = BigInt(this.#base + common);
      this.relocations.push({ offset: writer.length, kind: "abs_data32", target: this.#section, addend });
      writer.u32(0);
    }
    const from = placeOf(frame.start);
    const addend = BigInt(from);
    this.relocations.push({ offset: writer.length, kind: "abs_data64", target: frame.start.section!, addend });
    writer.u64(0);
    writer.u64(placeOf(frame.end!) - from);
    if (this.#eh) {
      const length = writer.reserve(1);
      if (frame.lsda !== undefined) this.#reference(frame.lsda);
      this.#patchByte(length, writer.length - length - 1);
    }
    let at = from;
    for (const { at: symbol, bytes } of frame.instructions) {
      const next = placeOf(symbol);
      const delta = Math.floor((next - at) / opcodes.SLOT);
      at = next;
      if (delta > 0) this.#advance(delta);
      for (const byte of bytes) writer.u8(byte);
    }
    this.#finish(start, 8);
  }

  #advance(delta: number): void {
    const { writer } = this;
    if (delta < 0x40) return writer.u8(0x40 | delta);
    const size = delta < 0x100 ? 1 : delta < 0x10000 ? 2 : 4;
    writer.u8(size === 1 ? 0x02 : size === 2 ? 0x03 : 0x04);
    if (size === 1) writer.u8(delta);
    else if (size === 2) writer.u16(delta);
    else writer.u32(delta);
  }

  #reference({ encoding, symbol }: FrameReference): void {
    const bits = pointerSize(encoding) === 4 ? 32 : 64;
    const { length } = this.writer;
    const relative = (encoding & Pointer.relative) !== 0;
    const local = symbol.binding === "local" && symbol.section !== undefined;
    this.relocations.push({
      offset: length,
      kind: relative ? `pcrel_data${bits}` : `abs_data${bits}`,
      target: local ? symbol.section! : symbol,
      addend: local ? BigInt(placeOf(symbol)) : 0n,
    });
    this.writer.reserve(bits / 8);
  }

  /** Fills the entry that starts at `start` up to a multiple of `align` and states its length. */
  #finish(start: number, align: number): void {
    const { writer } = this;
    writer.reserve(alignUp(this.#base + writer.length, align) - this.#base - writer.length);
    writer.patchU32(start, writer.length - start - 4);
  }

  #patchByte(at: number, value: number): void {
    this.writer.bytes()[at] = value;
  }
}

function keyOf({ personality, lsda, signal, simple, returnColumn }: Frame): string {
  const person = personality === undefined ? "" : `${personality.symbol.name}\0${personality.encoding}`;
  return `${person}\0${lsda?.encoding ?? -1}\0${Number(signal)}\0${Number(simple)}\0${returnColumn}`;
}

/** Entries that can share a common one stand together. */
function byCommon(a: Frame, b: Frame): number {
  const [one, two] = [keyOf(a), keyOf(b)];
  return one < two ? -1 : Number(one > two);
}
