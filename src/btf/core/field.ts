/**
 * What a CO-RE relocation of a field comes to, by where the field is. Source of truth: `bpf_core_calc_field_relo` of libbpf's
 * relo_core.c.
 */
import type { Endian } from "../../bytes/index.js";
import { CoreReloKind } from "../table.js";

/** A field, by its place and type. */
export interface FieldShape {
  /** From the start of the root type. */
  readonly bitOffset: number;
  /** Bytes of the field's type. */
  readonly size: number;
  /** Bits of a bitfield; 0 for what is none. */
  readonly width: number;
  readonly signed: boolean;
}

/** The load that reads the field: of a bitfield the smallest naturally aligned one of at least its type's size. Bytes. */
export function fieldUnit({ bitOffset, size, width }: FieldShape): { offset: number; size: number } | undefined {
  if (width === 0) return { offset: Math.floor(bitOffset / 8), size };
  for (let bytes = size; bytes >= 1 && bytes <= 8; bytes *= 2) {
    const offset = Math.floor(bitOffset / 8 / bytes) * bytes;
    if (bitOffset + width - offset * 8 <= bytes * 8) return { offset, size: bytes };
  }
  return undefined;
}

/** The number for a kind of field relocation; undefined for a bitfield that no load of up to 8 bytes can read. */
export function fieldNumber(kind: CoreReloKind, shape: FieldShape, endian: Endian): number | undefined {
  const unit = fieldUnit(shape);
  if (unit === undefined) return undefined;
  const bits = shape.width > 0 ? shape.width : unit.size * 8;
  const within = shape.bitOffset - unit.offset * 8;
  switch (kind) {
    case CoreReloKind.BPF_CORE_FIELD_BYTE_OFFSET:
      return unit.offset;
    case CoreReloKind.BPF_CORE_FIELD_BYTE_SIZE:
      return unit.size;
    case CoreReloKind.BPF_CORE_FIELD_SIGNED:
      return Number(shape.signed);
    case CoreReloKind.BPF_CORE_FIELD_LSHIFT_U64:
      return endian === "little" ? 64 - (within + bits) : (8 - unit.size) * 8 + within;
    case CoreReloKind.BPF_CORE_FIELD_RSHIFT_U64:
      return 64 - bits;
    default:
      // It is there.
      return 1;
  }
}
