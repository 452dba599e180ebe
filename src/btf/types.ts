/**
 * The BTF type model: one plain record a type, told apart by `kind`. Type ids are numbers; id 0 is `void`.
 *
 * Source of truth: include/uapi/linux/btf.h and Documentation/bpf/btf.rst of the kernel. Fields carry the
 * specification's names; sizes are bytes, offsets inside a struct are bits. An empty name means anonymous.
 */

export interface BtfVoid {
  readonly kind: "void";
}

export interface BtfInt {
  readonly kind: "int";
  readonly name: string;
  /** In bytes. */
  readonly size: number;
  /** Bits of `BtfIntEncoding`. */
  readonly encoding: number;
  /** Where the value starts inside its `size` bytes, in bits; 0 but for old-style bitfields. */
  readonly offset: number;
  /** Width of the value in bits. */
  readonly bits: number;
}

/** A type that only points at another one. */
export interface BtfReference<Kind extends string> {
  readonly kind: Kind;
  readonly type: number;
}

export type BtfPtr = BtfReference<"ptr">;
export type BtfVolatile = BtfReference<"volatile">;
export type BtfConst = BtfReference<"const">;
export type BtfRestrict = BtfReference<"restrict">;

export interface BtfArray {
  readonly kind: "array";
  /** Type of an element. */
  readonly type: number;
  readonly indexType: number;
  readonly nelems: number;
}

export interface BtfMember {
  readonly name: string;
  readonly type: number;
  /** Bits from the start of the struct. */
  readonly offset: number;
  /** Bits; 0 for a member that is not a bitfield. */
  readonly bitfieldSize: number;
}

export interface BtfComposite<Kind extends string> {
  readonly kind: Kind;
  readonly name: string;
  readonly size: number;
  /** Member offsets are stored together with bitfield sizes. Always so when a member is a bitfield. */
  readonly kindFlag: boolean;
  readonly members: readonly BtfMember[];
}

export type BtfStruct = BtfComposite<"struct">;
export type BtfUnion = BtfComposite<"union">;

export interface BtfEnumerator<Value> {
  readonly name: string;
  readonly value: Value;
}

export interface BtfEnum {
  readonly kind: "enum";
  readonly name: string;
  readonly size: number;
  /** Values are signed 32-bit numbers, else unsigned ones. Compilers before LLVM 15 never set it. */
  readonly signed: boolean;
  readonly values: readonly BtfEnumerator<number>[];
}

export interface BtfEnum64 {
  readonly kind: "enum64";
  readonly name: string;
  readonly size: number;
  readonly signed: boolean;
  readonly values: readonly BtfEnumerator<bigint>[];
}

export interface BtfFwd {
  readonly kind: "fwd";
  readonly name: string;
  readonly of: "struct" | "union";
}

export interface BtfTypedef {
  readonly kind: "typedef";
  readonly name: string;
  readonly type: number;
}

export interface BtfFunc {
  readonly kind: "func";
  readonly name: string;
  /** Its `func_proto`. */
  readonly type: number;
  /** A `BtfFuncLinkage`. */
  readonly linkage: number;
}

export interface BtfParam {
  readonly name: string;
  /** 0 in the last place of a longer list: `...`. */
  readonly type: number;
}

export interface BtfFuncProto {
  readonly kind: "func_proto";
  /** Type of the result. */
  readonly type: number;
  readonly params: readonly BtfParam[];
}

export interface BtfVar {
  readonly kind: "var";
  readonly name: string;
  readonly type: number;
  /** A `BtfVarLinkage`. */
  readonly linkage: number;
}

/** Where a variable stands in its section, in bytes. */
export interface BtfVarSecinfo {
  readonly type: number;
  readonly offset: number;
  readonly size: number;
}

export interface BtfDatasec {
  readonly kind: "datasec";
  /** The ELF section's name. */
  readonly name: string;
  readonly size: number;
  readonly vars: readonly BtfVarSecinfo[];
}

export interface BtfFloat {
  readonly kind: "float";
  readonly name: string;
  readonly size: number;
}

export interface BtfDeclTag {
  readonly kind: "decl_tag";
  /** The tag's text. */
  readonly name: string;
  /** The struct, union, func, var or typedef it is on. */
  readonly type: number;
  /** Index of the member or parameter it is on; -1 for the whole type. */
  readonly componentIdx: number;
  /** The text is a whole C attribute, not the argument of `btf_decl_tag`. */
  readonly attribute: boolean;
}

export interface BtfTypeTag {
  readonly kind: "type_tag";
  readonly name: string;
  readonly type: number;
  /** The text is a whole C attribute, not the argument of `btf_type_tag`. */
  readonly attribute: boolean;
}

/** A kind newer than this code, whose size the layout section told. */
export interface BtfUnknown {
  readonly kind: "unknown";
  readonly name: string;
  /** The kind's number. */
  readonly number: number;
  readonly kindFlag: boolean;
  readonly vlen: number;
  /** The third word of the type: a size or a type id. */
  readonly sizeOrType: number;
  /** The 32-bit words that follow. */
  readonly words: readonly number[];
}

export type BtfType =
  | BtfVoid
  | BtfInt
  | BtfPtr
  | BtfArray
  | BtfStruct
  | BtfUnion
  | BtfEnum
  | BtfFwd
  | BtfTypedef
  | BtfVolatile
  | BtfConst
  | BtfRestrict
  | BtfFunc
  | BtfFuncProto
  | BtfVar
  | BtfDatasec
  | BtfFloat
  | BtfDeclTag
  | BtfTypeTag
  | BtfEnum64
  | BtfUnknown;

export type BtfKindName = BtfType["kind"];
