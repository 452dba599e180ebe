/** C types into a `BtfBuilder`: all types that are reached get their ids first, then their records, so that circles close. */
import { arrayIndex } from "./basic.js";
import type { CFunction, CMember, CType, CVoid } from "./types.js";
import type { BtfBuilder } from "../builder.js";
import type { BtfFuncLinkage, BtfVarLinkage } from "../table.js";
import type { BtfMember, BtfType } from "../types.js";

const maxInt32 = 0x7fff_ffffn;

export class CEmitter {
  readonly #builder: BtfBuilder;
  readonly #ids = new Map<CType, number>();

  constructor(builder: BtfBuilder) {
    this.#builder = builder;
  }

  /** The id of `type`, which is added with all it needs where it was not yet; 0 for void. Throws `btf-too-large`. */
  id(type: CType): number {
    if (type.kind === "void") return 0;
    const known = this.#ids.get(type);
    if (known !== undefined) return known;
    const added = this.#number(type);
    for (const each of added) this.#builder.add(this.#record(each));
    for (const each of added) this.#tags(each);
    return this.#ids.get(type)!;
  }

  /** Ids for `type` and everything it refers to, in the order of discovery. No recursion: types can be long chains. */
  #number(type: CType): readonly Exclude<CType, CVoid>[] {
    const found: Exclude<CType, CVoid>[] = [];
    let next = this.#builder.nextId;
    const meet = (each: CType): void => {
      if (each.kind === "void" || this.#ids.has(each)) return;
      this.#ids.set(each, next++);
      found.push(each);
    };
    meet(type);
    for (let i = 0; i < found.length; i++) for (const each of references(found[i]!)) meet(each);
    return found;
  }

  #of(type: CType): number {
    return type.kind === "void" ? 0 : this.#ids.get(type)!;
  }

  #record(type: Exclude<CType, CVoid>): BtfType {
    switch (type.kind) {
      case "int": {
        const { name, size, encoding } = type;
        return { kind: "int", name, size, encoding, offset: 0, bits: 8 * size };
      }
      case "float":
        return { kind: "float", name: type.name, size: type.size };
      case "ptr":
      case "const":
      case "volatile":
      case "restrict":
        return { kind: type.kind, type: this.#of(type.to) };
      case "type_tag":
        return { kind: "type_tag", name: type.name, type: this.#of(type.to), attribute: false };
      case "typedef":
        return { kind: "typedef", name: type.name, type: this.#of(type.to) };
      case "array":
        return { kind: "array", type: this.#of(type.of), indexType: this.#of(arrayIndex), nelems: type.count ?? 0 };
      case "func":
        return this.#prototype(type, false);
      case "enum": {
        const { name, size, signed } = type;
        const values = type.values ?? [];
        const wide = values.some(
          ({ value }) => value > (signed ? maxInt32 : 2n * maxInt32 + 1n) || value < -maxInt32 - 1n,
        );
        if (wide) return { kind: "enum64", name, size, signed, values };
        const small = values.map((each) => ({ name: each.name, value: Number(each.value) }));
        return { kind: "enum", name, size, signed, values: small };
      }
      default: {
        const { kind, name, members, size } = type;
        if (members === undefined) return { kind: "fwd", name, of: kind };
        const kindFlag = members.some(({ width }) => width > 0);
        return { kind, name, size, kindFlag, members: members.map((member) => this.#member(member)) };
      }
    }
  }

  /** Parameters have names only in the prototype of a function; that of a pointer to one has none, as in clang's BTF. */
  #prototype({ result, params, variadic }: CFunction, named: boolean): BtfType {
    const all = params.map(({ name, type }) => ({ name: named ? name : "", type: this.#of(type) }));
    if (variadic) all.push({ name: "", type: 0 });
    return { kind: "func_proto", type: this.#of(result), params: all };
  }

  /** Adds the function `name` with its prototype; its id. */
  func(name: string, type: CFunction, linkage: BtfFuncLinkage, tags: readonly string[] = []): number {
    for (const each of references(type)) this.id(each);
    // Kernels want names of all parameters, and no `...` in the functions they check by themselves.
    const params = type.params.map((param, i) => ({ ...param, name: param.name || `arg${i}` }));
    const variadic = type.variadic && params.length > 0;
    const prototype = this.#builder.add(this.#prototype({ ...type, params, variadic }, true));
    const id = this.#builder.add({ kind: "func", name, type: prototype, linkage });
    this.#tag(id, tags, -1);
    type.params.forEach((param, i) => this.#tag(id, param.tags, i));
    return id;
  }

  /** Adds the variable `name`; its id. */
  variable(name: string, type: CType, linkage: BtfVarLinkage, tags: readonly string[] = []): number {
    const of = this.id(type);
    const id = this.#builder.add({ kind: "var", name, type: of, linkage });
    this.#tag(id, tags, -1);
    return id;
  }

  #tag(id: number, tags: readonly string[], componentIdx: number): void {
    for (const name of tags) this.#builder.add({ kind: "decl_tag", name, type: id, componentIdx, attribute: false });
  }

  #member({ name, type, offset, width }: CMember): BtfMember {
    return { name, type: this.#of(type), offset, bitfieldSize: width };
  }

  /** Declaration tags stand apart from what they are on. */
  #tags(type: CType): void {
    const id = this.#of(type);
    if (type.kind === "typedef") this.#tag(id, type.tags, -1);
    else if (type.kind === "struct" || type.kind === "union") {
      this.#tag(id, type.tags, -1);
      type.members?.forEach(({ tags }, i) => this.#tag(id, tags, i));
    }
  }
}

function references(type: CType): readonly CType[] {
  switch (type.kind) {
    case "ptr":
    case "const":
    case "volatile":
    case "restrict":
    case "type_tag":
    case "typedef":
      return [type.to];
    case "array":
      return [type.of, arrayIndex];
    case "struct":
    case "union":
      return (type.members ?? []).map((member) => member.type);
    case "func":
      return [type.result, ...type.params.map((param) => param.type)];
    default:
      return [];
  }
}
