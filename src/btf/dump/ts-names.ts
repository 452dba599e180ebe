/** Names as TypeScript takes them: one namespace for types and for what reads them. */
import type { Btf } from "../btf.js";
import { resolveType } from "../sizes.js";
import { Namespace } from "./c-names.js";

/** Words of the language, global names that the module uses, and names of its own. */
const reserved = (
  "any await bigint boolean class debugger delete enum export extends false finally function import implements in instanceof " +
  "interface let never new null number object package private protected public string super symbol this throw true try " +
  "undefined unknown var with yield arguments eval Array BigInt DataView Layout Number Uint8Array TextDecoder array bits bytes each " +
  "int128 putBits putBytes putInt128 text"
).split(" ");

const plain = /^[A-Za-z_$][\w$]*$/;

/** A member's name as a key of an object; `__proto__` is no key but the prototype. */
export function key(name: string): string {
  if (name === "__proto__") return "__proto___";
  return plain.test(name) ? name : JSON.stringify(name);
}

/** `value.name`, or `value["name"]`. */
export function property(value: string, name: string): string {
  const text = key(name);
  return text.startsWith('"') ? `${value}[${text}]` : `${value}.${text}`;
}

export class TsNames {
  readonly names: Namespace = new Namespace();
  readonly #btf: Btf;
  readonly #given: (string | undefined)[];

  constructor(btf: Btf) {
    this.#btf = btf;
    this.#given = Array.from({ length: btf.typeCount });
    for (const word of reserved) this.names.unique(word);
    for (let id = 1; id < btf.typeCount; id++) {
      const type = btf.type(id);
      switch (type.kind) {
        case "struct":
        case "union":
        case "enum":
        case "enum64":
          if (type.name !== "") this.#given[id] = this.names.unique(type.name);
          break;
        default:
      }
    }
    // A typedef of a struct without a name names it; one of the same name as its struct is that struct.
    for (let id = 1; id < btf.typeCount; id++) {
      const type = btf.type(id);
      if (type.kind !== "typedef") continue;
      const behind = this.behind(id);
      if (behind !== undefined && this.#given[behind] === undefined) this.#given[behind] = this.names.unique(type.name);
      else if (behind === undefined || btf.name(behind) !== type.name) this.#given[id] = this.names.unique(type.name);
    }
  }

  /** The struct, union or enum that a typedef is another name of, through other typedefs; undefined for other types. */
  behind(id: number): number | undefined {
    const { id: at, type } = resolveType(this.#btf, id);
    switch (type.kind) {
      case "struct":
      case "union":
      case "enum":
      case "enum64":
        return at;
      default:
        return undefined;
    }
  }

  /** Empty for types without a name. */
  of(id: number): string {
    return this.#given[id] ?? "";
  }
}
