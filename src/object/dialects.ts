/**
 * Relocation numbers: what each dialect's numbers mean, and which number a kind gets when a file is written.
 *
 * Source: docs/psabi.md. A number may mean different things in code and in data, so a row names where it stands. Other dialects
 * (GNU's two tables, the 2017 mail's, Solana's) are further tables of the same shape.
 */
import type { RelocKind } from "./relocations.js";

/** Relocation dialects, as `--reloc-dialect` names them. */
export type RelocDialect = "llvm";

export interface DialectRow {
  /** `r_type`. */
  readonly type: number;
  /** The name readelf prints. */
  readonly name: string;
  /** The kind of section the relocated place is in. */
  readonly in: "code" | "data";
  readonly kind: RelocKind;
  /** Opcodes the row is for, where the number alone does not tell the field. */
  readonly opcodes?: readonly number[];
  /** Bytes from the instruction's start to the file's `r_offset`. */
  readonly skew?: number;
  /** How the field holds the addend: in bytes, or in slots counted from the next slot. */
  readonly addend: "bytes" | "slots";
  /** The row is for references to maps alone: the number does not tell, the symbol does. */
  readonly of?: "map";
  /** Read but never written: an older meaning of the number. */
  readonly readOnly?: boolean;
}

/** Numbers of LLVM: 13 and later, with the meanings that LLVM 4 to 12 gave 1 and 10 in data. */
const llvm: readonly DialectRow[] = [
  { type: 1, name: "R_BPF_64_64", in: "code", kind: "map_imm64", addend: "bytes", of: "map" },
  { type: 1, name: "R_BPF_64_64", in: "code", kind: "abs_imm64", addend: "bytes" },
  { type: 1, name: "R_BPF_64_64", in: "data", kind: "abs_data64", addend: "bytes", readOnly: true },
  { type: 2, name: "R_BPF_64_ABS64", in: "data", kind: "abs_data64", addend: "bytes" },
  { type: 3, name: "R_BPF_64_ABS32", in: "data", kind: "abs_data32", addend: "bytes" },
  { type: 4, name: "R_BPF_64_NODYLD32", in: "data", kind: "nodyld_data32", addend: "bytes" },
  { type: 10, name: "R_BPF_64_32", in: "code", kind: "call_imm32", addend: "slots" },
  { type: 10, name: "R_BPF_64_32", in: "data", kind: "abs_data32", addend: "bytes", readOnly: true },
];

export const dialects: Readonly<Record<RelocDialect, readonly DialectRow[]>> = { llvm };
