/** Whether a use of one type can stand for a use of another: of members, parameters, results, typedefs. */
import { BpfkitError } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { resolveType, sizeOf } from "../sizes.js";
import { BtfIntEncoding } from "../table.js";
import type { BtfType } from "../types.js";
import { worse, type Breaks } from "./types.js";

/** Pointers to pointers to prototypes …: deeper ones count as equal. */
const maxDepth = 12;

/** The size of a type in bytes, undefined when it has none. */
export function sizeOrNone(btf: Btf, id: number): number | undefined {
  try {
    return sizeOf(btf, id);
  } catch (error) {
    if (error instanceof BpfkitError && error.diagnostics[0]?.code === "btf-no-size") return undefined;
    throw error;
  }
}

/** `struct foo` of a struct or of its declaration; undefined for other types. */
function tagOf(type: BtfType): string | undefined {
  switch (type.kind) {
    case "struct":
    case "union":
      return type.name === "" ? undefined : `${type.kind} ${type.name}`;
    case "fwd":
      return `${type.of} ${type.name}`;
    case "enum":
    case "enum64":
      return type.name === "" ? undefined : `enum ${type.name}`;
    default:
      return undefined;
  }
}

const isEnum = ({ kind }: BtfType): boolean => kind === "enum" || kind === "enum64";

export class Judge {
  readonly #old: Btf;
  readonly #new: Btf;
  /** Pairs of types seen before: types are used over and over. */
  readonly #known = new Map<number, Breaks>();

  constructor(old: Btf, fresh: Btf) {
    this.#old = old;
    this.#new = fresh;
  }

  /** What becomes of code that uses `oldId` where there is `newId` now. Typedefs and qualifiers do not count. */
  use(oldId: number, newId: number, depth = 0): Breaks {
    if (depth > maxDepth) return "nothing";
    const was = resolveType(this.#old, oldId);
    const is = resolveType(this.#new, newId);
    const key = was.id * 0x400_0000 + is.id;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    // A prototype that names itself through pointers: equal unless something else differs.
    this.#known.set(key, "nothing");
    const found = this.#compare(was.type, is.type, depth);
    this.#known.set(key, found);
    return found;
  }

  #compare(was: BtfType, is: BtfType, depth: number): Breaks {
    const one = tagOf(was);
    const other = tagOf(is);
    if (one !== undefined || other !== undefined) {
      if (one === other) return "nothing";
      // An enum without its name is still a number of its size.
      return isEnum(was) && isEnum(is) && (one === undefined || other === undefined) ? "layout" : "core";
    }
    if (isEnum(was) && isEnum(is)) return "nothing";
    if (was.kind !== is.kind) return "core";
    if (was.kind === "int" && is.kind === "int") {
      const signed = BtfIntEncoding.BTF_INT_SIGNED;
      const same = was.size === is.size && was.bits === is.bits && (was.encoding & signed) === (is.encoding & signed);
      return same ? "nothing" : "layout";
    }
    if (was.kind === "float" && is.kind === "float") return was.size === is.size ? "nothing" : "layout";
    if (was.kind === "ptr" && is.kind === "ptr") return this.#pointees(was.type, is.type, depth);
    if (was.kind === "array" && is.kind === "array") {
      const length: Breaks = was.nelems === is.nelems ? "nothing" : "layout";
      return worse(length, this.use(was.type, is.type, depth + 1));
    }
    if (was.kind === "func_proto" && is.kind === "func_proto") {
      if (was.params.length !== is.params.length) return "core";
      const uses = was.params.map(({ type }, i) => this.use(type, is.params[i]!.type, depth + 1));
      return [...uses, this.use(was.type, is.type, depth + 1)].reduce(worse);
    }
    return "nothing";
  }

  #pointees(was: number, is: number, depth: number): Breaks {
    const one = resolveType(this.#old, was).type;
    const other = resolveType(this.#new, is).type;
    // `void *` may be any pointer.
    if (one.kind === "void" || other.kind === "void") return "nothing";
    return this.use(was, is, depth + 1);
  }
}
