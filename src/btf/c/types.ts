/**
 * C types as declarations build them: derived types are made once, records and enumerations are filled when their bodies are
 * read. Sizes and alignments are those of the BPF target, in bytes.
 */

export interface CInt {
  readonly kind: "int";
  readonly name: string;
  readonly size: number;
  readonly align: number;
  /** Bits of `BtfIntEncoding`. */
  readonly encoding: number;
}

export interface CFloat {
  readonly kind: "float";
  readonly name: string;
  readonly size: number;
  readonly align: number;
}

export interface CVoid {
  readonly kind: "void";
}

export interface CPointer {
  readonly kind: "ptr";
  readonly to: CType;
}

export interface CArray {
  readonly kind: "array";
  readonly of: CType;
  /** Undefined in `[]`. */
  readonly count: number | undefined;
}

export interface CMember {
  readonly name: string;
  readonly type: CType;
  /** Bits from the start of the record. */
  readonly offset: number;
  /** 0 for a member that is no bitfield. */
  readonly width: number;
  readonly tags: readonly string[];
}

export interface CRecord {
  readonly kind: "struct" | "union";
  readonly name: string;
  /** Undefined until the body was read. */
  members: readonly CMember[] | undefined;
  size: number;
  align: number;
  tags: readonly string[];
}

export interface CEnum {
  readonly kind: "enum";
  readonly name: string;
  values: readonly { readonly name: string; readonly value: bigint }[] | undefined;
  size: number;
  signed: boolean;
}

export interface CTypedef {
  readonly kind: "typedef";
  readonly name: string;
  readonly to: CType;
  /** `__attribute__((aligned(n)))` on the typedef; 0 where there is none. */
  readonly align: number;
  readonly tags: readonly string[];
}

export type CQualifier = "const" | "volatile" | "restrict";

export interface CQualified {
  readonly kind: CQualifier;
  readonly to: CType;
}

/** `__attribute__((btf_type_tag("name")))` on what a pointer points to. */
export interface CTypeTag {
  readonly kind: "type_tag";
  readonly name: string;
  readonly to: CType;
}

export interface CParam {
  readonly name: string;
  readonly type: CType;
  readonly tags: readonly string[];
}

export interface CFunction {
  readonly kind: "func";
  readonly result: CType;
  readonly params: readonly CParam[];
  /** `...`, or nothing at all between the parentheses. */
  readonly variadic: boolean;
}

export type CType =
  | CVoid
  | CInt
  | CFloat
  | CPointer
  | CArray
  | CRecord
  | CEnum
  | CTypedef
  | CQualified
  | CTypeTag
  | CFunction;

/** What a type is behind its names and qualifiers. */
export type CBase = CVoid | CInt | CFloat | CPointer | CArray | CRecord | CEnum | CFunction;

export const cVoid: CVoid = { kind: "void" };
export const pointerSize = 8;

/** The base of each typedef, qualified and tagged type, known since it was made: chains of them can be long. */
const bases = new WeakMap<CType, CBase>();
const aligns = new WeakMap<CType, number>();

export function baseOf(type: CType): CBase {
  switch (type.kind) {
    case "typedef":
    case "const":
    case "volatile":
    case "restrict":
    case "type_tag":
      return bases.get(type)!;
    default:
      return type;
  }
}

/** Types made from others. One of these per scope: equal ones are the same object. */
export class CDerived {
  readonly #pointers = new Map<CType, CPointer>();
  readonly #arrays = new Map<CType, Map<number | undefined, CArray>>();
  readonly #qualified = new Map<CType, Map<string, CQualified | CTypeTag>>();

  pointer(to: CType): CPointer {
    let made = this.#pointers.get(to);
    if (made === undefined) this.#pointers.set(to, (made = { kind: "ptr", to }));
    return made;
  }

  array(of: CType, count: number | undefined): CArray {
    let lengths = this.#arrays.get(of);
    if (lengths === undefined) this.#arrays.set(of, (lengths = new Map()));
    let made = lengths.get(count);
    if (made === undefined) lengths.set(count, (made = { kind: "array", of, count }));
    return made;
  }

  qualified(kind: CQualifier, to: CType): CType {
    // `const const int` is `const int`.
    if (to.kind === kind) return to;
    return this.#wrapped(kind, to, () => ({ kind, to }));
  }

  tagged(name: string, to: CType): CType {
    return this.#wrapped(`tag ${name}`, to, () => ({ kind: "type_tag", name, to }));
  }

  typedef(name: string, to: CType, align: number, tags: readonly string[]): CTypedef {
    const made: CTypedef = { kind: "typedef", name, to, align, tags };
    inherit(made, to, align);
    return made;
  }

  #wrapped(key: string, to: CType, make: () => CQualified | CTypeTag): CType {
    let kinds = this.#qualified.get(to);
    if (kinds === undefined) this.#qualified.set(to, (kinds = new Map()));
    let made = kinds.get(key);
    if (made === undefined) {
      kinds.set(key, (made = make()));
      inherit(made, to, 0);
    }
    return made;
  }
}

function inherit(type: CType, to: CType, align: number): void {
  bases.set(type, baseOf(to));
  const given = align > 0 ? align : aligns.get(to);
  if (given !== undefined) aligns.set(type, given);
}

/** In bytes; undefined for what has no size: void, functions, records and enumerations without a body, `[]`. */
export function cSize(type: CType): number | undefined {
  let count = 1;
  for (let at = baseOf(type); ;) {
    switch (at.kind) {
      case "array":
        if (at.count === undefined) return undefined;
        count *= at.count;
        at = baseOf(at.of);
        break;
      case "ptr":
        return count * pointerSize;
      case "struct":
      case "union":
        return at.members === undefined ? undefined : count * at.size;
      case "enum":
        return at.values === undefined ? undefined : count * at.size;
      case "void":
      case "func":
        return undefined;
      default:
        return count * at.size;
    }
  }
}

/** In bytes; what a typedef asks for goes before what its type needs. */
export function cAlign(type: CType): number {
  for (let at = type; ;) {
    const given = aligns.get(at);
    if (given !== undefined) return given;
    const base = baseOf(at);
    switch (base.kind) {
      case "array":
        at = base.of;
        break;
      case "ptr":
        return pointerSize;
      case "enum":
        return base.size;
      case "void":
      case "func":
        return 1;
      default:
        return base.align;
    }
  }
}
