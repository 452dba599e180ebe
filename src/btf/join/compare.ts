/**
 * Two types as C sees them: what differs between a definition and a declaration, and whether code compiled against one
 * would read the other wrongly. Differences are data, with both sides; nothing is judged but their weight.
 */
import type { Btf } from "../btf.js";
import { resolveType } from "../sizes.js";
import type { BtfType } from "../types.js";

/** What kind of thing differs. `kind` to `params` change layouts or calls; the others only meaning. */
export type TypeDifferenceWhat =
  | "kind"
  | "name"
  | "size"
  | "member-count"
  | "member-name"
  | "member-offset"
  | "bitfield-size"
  | "params"
  | "signedness"
  | "array-length"
  | "enumerators"
  | "pointee"
  | "linkage";

export interface TypeDifference {
  readonly what: TypeDifferenceWhat;
  /** Code compiled against one side reads or calls the other wrongly. */
  readonly layout: boolean;
  /** Where: names of members, `[]` for elements, `*` for pointers, `()` for prototypes. */
  readonly path: string;
  readonly left: string;
  readonly right: string;
}

/**
 * What does not change a layout. An array's length does not move its elements, though it is often an error; nobody reads through a
 * pointer to void (`pointee`).
 */
const harmless: ReadonlySet<TypeDifferenceWhat> = new Set([
  "signedness",
  "array-length",
  "enumerators",
  "pointee",
  "linkage",
]);

function nameOf(type: BtfType): string {
  return "name" in type ? type.name : "";
}

function shown(type: BtfType): string {
  return `${type.kind} ${nameOf(type)}`.trim();
}

type Enumeration = Extract<BtfType, { readonly kind: "enum" | "enum64" }>;

function isEnum(type: BtfType): type is Enumeration {
  return type.kind === "enum" || type.kind === "enum64";
}

function enumerators(type: BtfType): string {
  return isEnum(type) ? type.values.map(({ name, value }) => `${name}=${value}`).join(" ") : shown(type);
}

class Comparison {
  readonly differences: TypeDifference[] = [];
  readonly #left: Btf;
  readonly #right: Btf;
  readonly #seen = new Set<string>();
  /** Pairs still to look at: no recursion, so that no input is too deep. */
  readonly #pending: { readonly left: number; readonly right: number; readonly path: string }[] = [];

  constructor(left: Btf, right: Btf) {
    this.#left = left;
    this.#right = right;
  }

  run(left: number, right: number): void {
    this.#pending.push({ left, right, path: "" });
    for (let next = 0; next < this.#pending.length; next++) {
      const { path, ...pair } = this.#pending[next]!;
      const mine = resolveType(this.#left, pair.left);
      const theirs = resolveType(this.#right, pair.right);
      const key = `${mine.id},${theirs.id}`;
      if (this.#seen.has(key)) continue;
      this.#seen.add(key);
      this.#compare(mine.type, theirs.type, path);
    }
  }

  #differ(what: TypeDifferenceWhat, path: string, left: string | number, right: string | number): void {
    if (left === right) return;
    this.differences.push({ what, layout: !harmless.has(what), path, left: String(left), right: String(right) });
  }

  #compare(mine: BtfType, theirs: BtfType, path: string): void {
    const follow = (left: number, right: number, step: string): void => {
      this.#pending.push({ left, right, path: path + step });
    };
    if (mine.kind === "func" && theirs.kind === "func") {
      this.#differ("linkage", path, mine.linkage, theirs.linkage);
      follow(mine.type, theirs.type, "()");
    } else if (mine.kind === "var" && theirs.kind === "var") {
      this.#differ("linkage", path, mine.linkage, theirs.linkage);
      follow(mine.type, theirs.type, "");
    } else if (mine.kind === "ptr" && theirs.kind === "ptr") {
      this.#pointers(mine.type, theirs.type, path);
    } else if (mine.kind === "array" && theirs.kind === "array") {
      this.#differ("array-length", path, mine.nelems, theirs.nelems);
      follow(mine.type, theirs.type, "[]");
    } else if (mine.kind === "func_proto" && theirs.kind === "func_proto") {
      this.#differ("params", path, mine.params.length, theirs.params.length);
      follow(mine.type, theirs.type, "");
      mine.params.forEach(({ name, type }, i) => {
        const other = theirs.params[i];
        if (other !== undefined) follow(type, other.type, `(${name || i})`);
      });
    } else if (mine.kind === "int" && theirs.kind === "int") {
      this.#differ("size", path, mine.size, theirs.size);
      this.#differ(
        "signedness",
        path,
        mine.encoding & 1 ? "signed" : "unsigned",
        theirs.encoding & 1 ? "signed" : "unsigned",
      );
    } else if (isEnum(mine) && isEnum(theirs)) {
      this.#differ("name", path, mine.name, theirs.name);
      this.#differ("size", path, mine.size, theirs.size);
      this.#differ("enumerators", path, enumerators(mine), enumerators(theirs));
    } else if ((isEnum(mine) && theirs.kind === "int") || (isEnum(theirs) && mine.kind === "int")) {
      // An enum is an integer with names.
      this.#differ("size", path, mine.size, theirs.size);
      this.#differ("enumerators", path, enumerators(mine), enumerators(theirs));
    } else if (mine.kind !== theirs.kind) {
      this.#differ("kind", path, shown(mine), shown(theirs));
    } else if ((mine.kind === "struct" || mine.kind === "union") && theirs.kind === mine.kind) {
      this.#differ("name", path, mine.name, theirs.name);
      this.#differ("size", path, mine.size, theirs.size);
      this.#differ("member-count", path, mine.members.length, theirs.members.length);
      mine.members.forEach((member, i) => {
        const other = theirs.members[i];
        if (other === undefined) return;
        const at = path === "" ? member.name : `${path}.${member.name}`;
        this.#differ("member-name", at, member.name, other.name);
        this.#differ("member-offset", at, member.offset, other.offset);
        this.#differ("bitfield-size", at, member.bitfieldSize, other.bitfieldSize);
        this.#pending.push({ left: member.type, right: other.type, path: at });
      });
    } else {
      this.#differ("name", path, nameOf(mine), nameOf(theirs));
      if (mine.kind === "float" && theirs.kind === "float") this.#differ("size", path, mine.size, theirs.size);
    }
  }

  /** Behind a pointer a struct is its name: what is in it is no matter of this object's layout. */
  #pointers(left: number, right: number, path: string): void {
    const mine = resolveType(this.#left, left).type;
    const theirs = resolveType(this.#right, right).type;
    const tag = (type: BtfType): string | undefined => {
      if (type.kind === "fwd") return type.of;
      return type.kind === "struct" || type.kind === "union" ? type.kind : undefined;
    };
    if ((mine.kind === "void") !== (theirs.kind === "void")) {
      this.#differ("pointee", `${path}*`, shown(mine), shown(theirs));
    } else if (tag(mine) === undefined || tag(mine) !== tag(theirs) || nameOf(mine) === "") {
      this.#pending.push({ left, right, path: `${path}*` });
    } else {
      this.#differ("name", `${path}*`, nameOf(mine), nameOf(theirs));
    }
  }
}

/**
 * What differs between type `leftId` of `left` and type `rightId` of `right`; empty when they are the same to C.
 * Qualifiers, typedef names and parameter names do not count; behind pointers, structs are compared by name.
 */
export function compareTypes(left: Btf, leftId: number, right: Btf, rightId: number): readonly TypeDifference[] {
  const comparison = new Comparison(left, right);
  comparison.run(leftId, rightId);
  return comparison.differences;
}
