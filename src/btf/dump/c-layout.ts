/**
 * Where a C compiler puts members, and what has to be added so that it puts them where BTF says: unnamed bitfields as
 * padding, `packed`, `aligned`. The rules are those of the System V ABI, which BPF and x86-64 follow.
 */
import { BpfkitError } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { resolveId, sizeOf } from "../sizes.js";
import { BtfKind } from "../table.js";
import type { BtfComposite, BtfInt, BtfMember } from "../types.js";
import type { Budget } from "./budget.js";

type Composite = BtfComposite<"struct"> | BtfComposite<"union">;

/** One line of a struct's body. */
export type LayoutItem =
  | { readonly kind: "member"; readonly index: number; readonly width: number }
  /** A member whose type has no size (a kind not known, a struct not defined): as many bytes as there is room for. */
  | { readonly kind: "bytes"; readonly index: number; readonly bytes: number }
  /** An unnamed bitfield of that many bits, at most 64. */
  | { readonly kind: "pad"; readonly bits: number }
  /** So much padding that bitfields would be too many lines. */
  | { readonly kind: "room"; readonly bytes: number };

export interface Layout {
  readonly items: readonly LayoutItem[];
  readonly packed: boolean;
  /** The alignment to ask for, in bytes; 0 where none needs to be. */
  readonly aligned: number;
  /** The alignment the compiler gives the type, in bytes. */
  readonly align: number;
  /** No C struct is laid out so (members overlap): the body is bytes. */
  readonly opaque: boolean;
}

/** More padding than this is written as an array. */
const mostPads = 1024;

const up = (value: number, unit: number): number => Math.ceil(value / unit) * unit;

interface Field {
  readonly index: number;
  readonly offset: number;
  /** In bits; 0 for what is no bitfield. */
  readonly width: number;
  /** In bits; undefined when the type has no size. */
  readonly size: number | undefined;
  /** In bits. */
  readonly align: number;
}

class Placement {
  readonly items: LayoutItem[] = [];
  cursor = 0;
  readonly #packed: boolean;

  constructor(packed: boolean) {
    this.#packed = packed;
  }

  /** Where the compiler would put `field`, the cursor being at `at`. */
  natural(field: Field, at: number): number {
    if (field.width === 0) return up(at, this.#packed ? 8 : field.align);
    const unit = field.size ?? 8;
    const crosses = Math.floor(at / unit) !== Math.floor((at + field.width - 1) / unit);
    return !this.#packed && crosses ? up(at, unit) : at;
  }

  pad(to: number): void {
    if (to - this.cursor > 64 * mostPads) {
      this.pad(up(this.cursor, 8));
      const bytes = Math.floor((to - this.cursor) / 8);
      this.items.push({ kind: "room", bytes });
      this.cursor += 8 * bytes;
    }
    while (this.cursor < to) {
      const bits = Math.min(to - this.cursor, 64 - (this.cursor % 64));
      this.items.push({ kind: "pad", bits });
      this.cursor += bits;
    }
  }

  /** False when the compiler cannot be made to put `field` at its place. */
  put(field: Field): boolean {
    const { index, offset, width, size } = field;
    if (offset < this.cursor) return false;
    if (this.natural(field, this.cursor) !== offset) {
      this.pad(offset);
      if (this.natural(field, this.cursor) !== offset) return false;
    }
    if (size === undefined) this.items.push({ kind: "bytes", index, bytes: 0 });
    else this.items.push({ kind: "member", index, width });
    this.cursor = offset + (width || (size ?? 0));
    return true;
  }
}

export class Layouts {
  readonly #btf: Btf;
  readonly #budget: Budget;
  /** Alignments of structs and unions by id; 0 before they are known. */
  readonly #aligns: Uint32Array;
  /** Sizes by id and one more; 0 before they are known. */
  readonly #sizes: Uint32Array;

  constructor(btf: Btf, budget: Budget) {
    this.#btf = btf;
    this.#budget = budget;
    this.#aligns = new Uint32Array(btf.typeCount);
    this.#sizes = new Uint32Array(btf.typeCount);
  }

  /** The alignment of a type in bytes, as the compiler sees the C written for it. */
  alignOf(id: number): number {
    let at = resolveId(this.#btf, id);
    let kind = this.#btf.kind(at);
    for (let depth = 0; kind === BtfKind.BTF_KIND_ARRAY && depth < 64; depth++) {
      at = resolveId(this.#btf, this.#btf.word(at, 3));
      kind = this.#btf.kind(at);
    }
    switch (kind) {
      case BtfKind.BTF_KIND_PTR:
        return 8;
      case BtfKind.BTF_KIND_INT:
      case BtfKind.BTF_KIND_FLOAT:
      case BtfKind.BTF_KIND_ENUM:
      case BtfKind.BTF_KIND_ENUM64:
        return Math.max(1, Math.min(this.#btf.word(at, 2), 16));
      case BtfKind.BTF_KIND_STRUCT:
      case BtfKind.BTF_KIND_UNION: {
        const known = this.#aligns[at]!;
        if (known !== 0) return known;
        // A struct that holds itself is laid out as bytes: by then its alignment is asked for.
        this.#aligns[at] = 1;
        this.#budget.enter(at);
        const { align } = this.of(this.#btf.record(at) as Composite);
        this.#budget.leave();
        this.#aligns[at] = align;
        return align;
      }
      default:
        return 1;
    }
  }

  of(type: Composite): Layout {
    this.#budget.spend(type.members.length);
    const fields = this.#fields(type);
    let align = 8;
    for (const field of fields) if (field.align > align) align = field.align;
    align /= 8;
    const layout = type.kind === "struct" ? this.#struct(type, fields, align) : this.#union(type, fields, align);
    return layout ?? { items: [], packed: false, aligned: 0, align: 1, opaque: true };
  }

  #fields(type: Composite): Field[] {
    return type.members.map((member, index) => {
      const { width, offset } = bitfieldOf(this.#btf, member);
      const size = this.#sizeOf(member.type);
      const align = size === undefined ? 8 : 8 * this.alignOf(member.type);
      return { index, offset, width, align, size: size === undefined ? undefined : 8 * size };
    });
  }

  #sizeOf(id: number): number | undefined {
    const known = this.#sizes[id] ?? 0;
    if (known !== 0) return known - 1;
    try {
      const size = sizeOf(this.#btf, id);
      // The largest number comes out as not known.
      this.#sizes[id] = size + 1;
      return size;
    } catch (error) {
      if (error instanceof BpfkitError && error.diagnostics[0]?.code === "btf-no-size") return undefined;
      throw error;
    }
  }

  #struct({ size }: Composite, fields: readonly Field[], align: number): Layout | undefined {
    for (const packed of [false, true]) {
      const place = new Placement(packed);
      if (!fields.every((field) => place.put(field))) continue;
      const unit = packed ? 1 : align;
      const end = 8 * size;
      if (up(place.cursor, 8 * unit) !== end) place.pad(end);
      if (up(place.cursor, 8 * unit) !== end) continue;
      return { items: withRoom(place.items, fields, end), packed, aligned: 0, align: unit, opaque: false };
    }
    return undefined;
  }

  #union({ size }: Composite, fields: readonly Field[], align: number): Layout | undefined {
    if (fields.some(({ offset }) => offset !== 0)) return undefined;
    const used = fields.reduce((most, { width, size: bits }) => Math.max(most, width || (bits ?? 0)), 0);
    const items = fields.map((field): LayoutItem => {
      const { index, width } = field;
      return field.size === undefined ? { kind: "bytes", index, bytes: size } : { kind: "member", index, width };
    });
    const end = 8 * size;
    const layout = { items, packed: false, aligned: 0, align, opaque: false };
    if (up(used, 8 * align) === end) return layout;
    if (used > end) return undefined;
    const packed = up(used, 8 * align) > end || size % align !== 0;
    if (up(used, 8) === end && packed) return { ...layout, packed, align: 1 };
    const largest = packed ? 0 : size;
    for (let unit = 2 * align; unit <= largest; unit *= 2) {
      if (up(used, 8 * unit) === end) return { ...layout, aligned: unit, align: unit };
    }
    const filler: LayoutItem = end <= 64 ? { kind: "pad", bits: end } : { kind: "room", bytes: size };
    return { ...layout, items: [...items, filler], packed, align: packed ? 1 : align };
  }
}

/** Members without a size take the room up to the next one. */
function withRoom(items: readonly LayoutItem[], fields: readonly Field[], end: number): LayoutItem[] {
  const out: LayoutItem[] = [];
  let filled = false;
  for (const item of items) {
    if (item.kind === "bytes") {
      const next = fields[item.index + 1]?.offset ?? end;
      const bytes = Math.floor((next - fields[item.index]!.offset) / 8);
      out.push({ ...item, bytes });
      filled = bytes > 0;
    } else if (item.kind === "member" || !filled) {
      out.push(item);
      filled = false;
    }
  }
  return out;
}

/** Width and place of a member that is a bitfield, in either of BTF's two encodings; width 0 for others. */
export function bitfieldOf(btf: Btf, member: BtfMember): { readonly width: number; readonly offset: number } {
  if (member.bitfieldSize > 0) return { width: member.bitfieldSize, offset: member.offset };
  const id = resolveId(btf, member.type);
  const none = { width: 0, offset: member.offset };
  if (btf.kind(id) !== BtfKind.BTF_KIND_INT) return none;
  const { size, bits, offset } = btf.type(id) as BtfInt;
  return bits === 8 * size && offset === 0 ? none : { width: bits, offset: member.offset + offset };
}
