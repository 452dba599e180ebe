/**
 * Objects that hold nothing but types: some declarations of one made-up header each, structs in full or by name, and types that
 * a compiler repeated. Where equal types abound, it is the order of comparing that decides which one stays.
 */
import { BtfKind, StringTable, writeBtf } from "../../src/btf/index.js";
import { writeObject, noFlags, type Section } from "../../src/object/index.js";
import type { Random } from "../support/random.js";

const K = BtfKind;

/** A type of the header: what it is called and how it is made of others. */
type Expr =
  | { readonly kind: "int" | "float"; readonly name: string; readonly size: number }
  | { readonly kind: "reference"; readonly number: number; readonly name: string; readonly to: () => Expr | undefined }
  | { readonly kind: "array"; readonly to: () => Expr; readonly count: number }
  | {
      readonly kind: "struct";
      readonly isUnion: boolean;
      readonly name: string;
      readonly members: () => readonly Expr[];
    }
  | { readonly kind: "enum"; readonly name: string; readonly wide: boolean; readonly values: readonly number[] }
  | { readonly kind: "proto"; readonly result: () => Expr | undefined; readonly params: () => readonly Expr[] };

const int: Expr = { kind: "int", name: "int", size: 4 };
const leaves: readonly Expr[] = [
  int,
  { kind: "int", name: "char", size: 1 },
  { kind: "float", name: "double", size: 8 },
  { kind: "enum", name: "color", wide: false, values: [0, 7] },
  { kind: "enum", name: "big", wide: true, values: [1, 2] },
  { kind: "enum", name: "big", wide: false, values: [1] },
];

const references = [K.BTF_KIND_PTR, K.BTF_KIND_PTR, K.BTF_KIND_CONST, K.BTF_KIND_VOLATILE] as const;

export class Header {
  readonly exprs: Expr[] = [...leaves];

  constructor(random: Random) {
    const { exprs } = this;
    const count = random.between(12, 40);
    const any = (below = count): (() => Expr) => {
      const number = random.below(below);
      return () => exprs[number]!;
    };
    while (exprs.length < count) {
      const at = exprs.length;
      const chosen = random.below(10);
      // By value, only what came before: no type holds itself.
      if (chosen < 4) {
        const members = Array.from({ length: random.between(0, 4) }, () =>
          random.chance(2, 3) ? pointer(any()) : any(at),
        );
        const name = random.chance(1, 5) ? "" : `s${random.below(5)}`;
        exprs.push({
          kind: "struct",
          isUnion: random.chance(1, 5),
          name,
          members: () => members.map((each) => each()),
        });
      } else if (chosen < 6) {
        exprs.push({ kind: "reference", number: random.pick(references), name: "", to: any(at) });
      } else if (chosen < 8) {
        exprs.push({ kind: "reference", number: K.BTF_KIND_TYPEDEF, name: `t${random.below(4)}`, to: any(at) });
      } else if (chosen === 8) exprs.push({ kind: "array", to: any(at), count: random.between(1, 3) });
      else {
        const params = Array.from({ length: random.below(3) }, () => any(at));
        exprs.push({ kind: "proto", result: any(at), params: () => params.map((each) => each()) });
      }
    }
  }
}

const pointers = new WeakMap<Expr, Expr>();

function pointer(to: () => Expr): () => Expr {
  return () => {
    let known = pointers.get(to());
    if (known === undefined) {
      known = { kind: "reference", number: K.BTF_KIND_PTR, name: "", to };
      pointers.set(to(), known);
    }
    return known;
  };
}

/** The declarations of one object. */
class Unit {
  readonly records: number[][] = [];
  readonly strings: StringTable = new StringTable();
  readonly #random: Random;
  readonly #known = new Map<Expr, number[]>();
  readonly #repeats: number;

  constructor(random: Random) {
    this.#random = random;
    this.#repeats = random.pick([0, 0, 6, 20]);
  }

  /** The id of an expression: of one that is there, or of a new one. */
  id(expr: Expr | undefined): number {
    if (expr === undefined) return 0;
    const known = this.#known.get(expr) ?? [];
    const isNew = known.length === 0 || (known.length < 4 && this.#random.below(100) < this.#repeats);
    if (!isNew) return this.#random.pick(known);
    const record: number[] = [];
    const id = this.records.push(record);
    this.#known.set(expr, [...known, id]);
    record.push(...this.#words(expr));
    return id;
  }

  #words(expr: Expr): number[] {
    const random = this.#random;
    const name = (text: string): number => this.strings.intern(text);
    switch (expr.kind) {
      case "int":
        return [name(expr.name), K.BTF_KIND_INT << 24, expr.size, (1 << 24) | (8 * expr.size)];
      case "float":
        return [name(expr.name), K.BTF_KIND_FLOAT << 24, expr.size];
      case "reference":
        return [name(expr.name), expr.number << 24, this.id(expr.to())];
      case "array":
        return [0, K.BTF_KIND_ARRAY << 24, 0, this.id(expr.to()), this.id(int), expr.count];
      case "enum": {
        const values = random.chance(1, 4) ? [] : expr.values;
        const kind = expr.wide && values.length > 0 ? K.BTF_KIND_ENUM64 : K.BTF_KIND_ENUM;
        const head = [name(expr.name), (kind << 24) | values.length, kind === K.BTF_KIND_ENUM64 ? 8 : 4];
        const all = values.map((value) => [name(`E${value}`), value, ...(kind === K.BTF_KIND_ENUM64 ? [0] : [])]);
        return [...head, ...all.flat()];
      }
      case "proto": {
        const params = expr.params().map((each) => [name(""), this.id(each)]);
        return [0, (K.BTF_KIND_FUNC_PROTO << 24) | params.length, this.id(expr.result()), ...params.flat()];
      }
      default: {
        const kind = expr.isUnion ? K.BTF_KIND_UNION : K.BTF_KIND_STRUCT;
        if (expr.name !== "" && random.chance(1, 4)) {
          return [name(expr.name), ((K.BTF_KIND_FWD << 24) | (expr.isUnion ? 0x8000_0000 : 0)) >>> 0, 0];
        }
        const members = expr.members().map((each, i) => [name(`m${i}`), this.id(each), expr.isUnion ? 0 : 64 * i]);
        return [name(expr.name), (kind << 24) | members.length, 8 * members.length, ...members.flat()];
      }
    }
  }
}

/** An object with some of the header's types. */
export function typesObject(random: Random, { exprs }: Header): Uint8Array {
  const unit = new Unit(random);
  for (let count = random.between(2, 12); count > 0; count--) unit.id(random.pick(exprs));
  const words = Uint32Array.from(unit.records.flat());
  const parts = { endian: "little", words, strings: unit.strings.bytes() } as const;
  const data = writeBtf({ ...parts, layout: new Uint8Array(0), layoutEndian: "little" });
  const fields = { type: "progbits", flags: noFlags, align: 4, entsize: 0, group: -1, linkedTo: -1 } as const;
  const section: Section = { name: ".BTF", ...fields, size: data.length, data, relocations: [] };
  return writeObject({ file: "types.o", endian: "little", flags: 0, sections: [section], symbols: [], groups: [] });
}
