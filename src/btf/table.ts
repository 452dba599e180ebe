/**
 * Facts of the BTF format: kinds with the sizes of their records, encodings, linkages, CO-RE relocation kinds.
 *
 * Source of truth: include/uapi/linux/btf.h, include/uapi/linux/bpf.h (`enum bpf_core_relo_kind`) and
 * Documentation/bpf/btf.rst. The wider `info` word and the layout section are those of Linux 7 / libbpf 1.8; older
 * files have zeros in the added bits, so that one reading serves both.
 */
import type { BtfKindName } from "./types.js";

export const btfMagic = 0xeb9f;
export const btfVersion = 1;
/** Size of the header up to the string section's length, and with the layout section's offset and length. */
export const btfHeaderSize = 24;
export const btfHeaderSizeWithLayout = 32;

export const BtfKind = {
  BTF_KIND_UNKN: 0,
  BTF_KIND_INT: 1,
  BTF_KIND_PTR: 2,
  BTF_KIND_ARRAY: 3,
  BTF_KIND_STRUCT: 4,
  BTF_KIND_UNION: 5,
  BTF_KIND_ENUM: 6,
  BTF_KIND_FWD: 7,
  BTF_KIND_TYPEDEF: 8,
  BTF_KIND_VOLATILE: 9,
  BTF_KIND_CONST: 10,
  BTF_KIND_RESTRICT: 11,
  BTF_KIND_FUNC: 12,
  BTF_KIND_FUNC_PROTO: 13,
  BTF_KIND_VAR: 14,
  BTF_KIND_DATASEC: 15,
  BTF_KIND_FLOAT: 16,
  BTF_KIND_DECL_TAG: 17,
  BTF_KIND_TYPE_TAG: 18,
  BTF_KIND_ENUM64: 19,
} as const;
export type BtfKind = (typeof BtfKind)[keyof typeof BtfKind];

/** One kind: its name in the model, and the 32-bit words after the three common ones. */
export interface BtfKindRow {
  readonly name: BtfKindName;
  /** Words once per type. */
  readonly fixed: number;
  /** Words for each of its `vlen` elements. */
  readonly element: number;
  /** What the third common word is. */
  readonly third: "size" | "type" | "unused";
}

const row = (name: BtfKindName, third: BtfKindRow["third"], fixed = 0, element = 0): BtfKindRow => ({
  name,
  fixed,
  element,
  third,
});

/** The kinds by number. */
export const btfKinds: readonly BtfKindRow[] = [
  row("void", "unused"),
  row("int", "size", 1),
  row("ptr", "type"),
  row("array", "unused", 3),
  row("struct", "size", 0, 3),
  row("union", "size", 0, 3),
  row("enum", "size", 0, 2),
  row("fwd", "unused"),
  row("typedef", "type"),
  row("volatile", "type"),
  row("const", "type"),
  row("restrict", "type"),
  row("func", "type"),
  row("func_proto", "type", 0, 2),
  row("var", "type", 1),
  row("datasec", "size", 0, 3),
  row("float", "size"),
  row("decl_tag", "type", 1),
  row("type_tag", "type"),
  row("enum64", "size", 0, 3),
];

const numbers: ReadonlyMap<BtfKindName, number> = new Map(btfKinds.map(({ name }, number) => [name, number]));

/** The number of a kind; undefined for `unknown`, which has many. */
export function btfKindNumber(name: BtfKindName): number | undefined {
  return numbers.get(name);
}

/** The parts of a type's `info` word. */
export function infoKind(info: number): number {
  return (info >>> 24) & 0x7f;
}
export function infoVlen(info: number): number {
  return info & 0xff_ffff;
}
export function infoKindFlag(info: number): boolean {
  return info >>> 31 === 1;
}

/** The largest number of elements a type can have. */
export const maxVlen = 0xff_ffff;

/** Bits of an integer's encoding. */
export const BtfIntEncoding = { BTF_INT_SIGNED: 1, BTF_INT_CHAR: 2, BTF_INT_BOOL: 4 } as const;
export type BtfIntEncoding = (typeof BtfIntEncoding)[keyof typeof BtfIntEncoding];

export const BtfVarLinkage = { BTF_VAR_STATIC: 0, BTF_VAR_GLOBAL_ALLOCATED: 1, BTF_VAR_GLOBAL_EXTERN: 2 } as const;
export type BtfVarLinkage = (typeof BtfVarLinkage)[keyof typeof BtfVarLinkage];

export const BtfFuncLinkage = { BTF_FUNC_STATIC: 0, BTF_FUNC_GLOBAL: 1, BTF_FUNC_EXTERN: 2 } as const;
export type BtfFuncLinkage = (typeof BtfFuncLinkage)[keyof typeof BtfFuncLinkage];

export const CoreReloKind = {
  BPF_CORE_FIELD_BYTE_OFFSET: 0,
  BPF_CORE_FIELD_BYTE_SIZE: 1,
  BPF_CORE_FIELD_EXISTS: 2,
  BPF_CORE_FIELD_SIGNED: 3,
  BPF_CORE_FIELD_LSHIFT_U64: 4,
  BPF_CORE_FIELD_RSHIFT_U64: 5,
  BPF_CORE_TYPE_ID_LOCAL: 6,
  BPF_CORE_TYPE_ID_TARGET: 7,
  BPF_CORE_TYPE_EXISTS: 8,
  BPF_CORE_TYPE_SIZE: 9,
  BPF_CORE_ENUMVAL_EXISTS: 10,
  BPF_CORE_ENUMVAL_VALUE: 11,
  BPF_CORE_TYPE_MATCHES: 12,
} as const;
export type CoreReloKind = (typeof CoreReloKind)[keyof typeof CoreReloKind];

/** Short names of the CO-RE relocation kinds, by number, as verifier logs and tools show them. */
export const coreReloNames: readonly string[] = [
  "byte_off",
  "byte_sz",
  "field_exists",
  "signed",
  "lshift_u64",
  "rshift_u64",
  "local_type_id",
  "target_type_id",
  "type_exists",
  "type_size",
  "enumval_exists",
  "enumval_value",
  "type_matches",
];

/** The greatest line and column that a line record can hold: they share 32 bits. */
export const maxLine = 0x3f_ffff;
export const maxColumn = 0x3ff;

/** Line and column in one word; what is too large is cut to the greatest there is, as compilers do. */
export function packLineColumn(line: number, column: number): number {
  return Math.min(line, maxLine) * 1024 + Math.min(column, maxColumn);
}
