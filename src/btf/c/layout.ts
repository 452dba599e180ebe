/**
 * Where the members of a struct or union stand: the rules of the ELF targets (those of GCC and clang), bitfields, `packed`
 * and `aligned` included. Differential tests hold it to clang.
 */
import type { CMember, CRecord, CType } from "./types.js";
import { cAlign, cSize } from "./types.js";

/** The greatest size of a type: offsets of members are bits in 32 bits. */
export const maxRecord = 0x1fff_ffff;

export interface CField {
  readonly name: string;
  readonly type: CType;
  /** Undefined for a member that is no bitfield. */
  readonly width: number | undefined;
  readonly packed: boolean;
  /** What `aligned` asks for, or 0. */
  readonly aligned: number;
  readonly tags: readonly string[];
}

function up(value: number, to: number): number {
  return Math.ceil(value / to) * to;
}

/**
 * Fills `record` with `fields`. False where it becomes too large. Members of records without a name of their own keep their place
 * as one member; unnamed bitfields only move what is behind them.
 */
export function layoutRecord(record: CRecord, fields: readonly CField[], packed: boolean, aligned: number): boolean {
  const union = record.kind === "union";
  const members: CMember[] = [];
  /** Bits used so far, those of a bitfield that is not full included. */
  let used = 0;
  let size = 0;
  let align = 1;
  for (const field of fields) {
    const { name, type, width, tags } = field;
    const bits = 8 * (cSize(type) ?? 0);
    const tight = packed || field.packed;
    const start = union ? 0 : used;
    let need = 8 * cAlign(type);
    let offset: number;
    if (width === undefined) {
      if (tight) need = 8;
      need = Math.max(need, 8 * field.aligned);
      offset = up(up(start, 8), need);
      used = offset + bits;
    } else {
      // Zero width closes the unit, even where fields are packed.
      if (tight && width > 0) need = 1;
      need = Math.max(need, 8 * field.aligned);
      offset = start;
      if (width === 0 || (offset % need) + width > bits) offset = up(offset, need);
      else if (field.aligned > 0) offset = up(offset, 8 * field.aligned);
      used = offset + width;
      if (name === "") need = 1;
    }
    size = Math.max(size, used);
    align = Math.max(align, need / 8);
    if (size > 8 * maxRecord) return false;
    if (name !== "" || width === undefined) members.push({ name, type, offset, width: width ?? 0, tags });
  }
  record.align = Math.max(align, aligned);
  record.size = up(Math.ceil(size / 8), record.align);
  record.members = members;
  return record.size <= maxRecord;
}
