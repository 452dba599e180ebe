/**
 * Names as C takes them. C has one namespace of tags (struct, union, enum) and one of typedefs and enumerators; BTF has
 * several types of one name where compilation units disagree, and names that are no C at all where another language
 * made it. The second of a name is `name___2`: CO-RE takes what is behind `___` for a flavour and finds the type.
 */
import type { Btf } from "../btf.js";
import { BtfIntEncoding, BtfKind } from "../table.js";
import type { BtfFloat, BtfInt } from "../types.js";

const keywords: ReadonlySet<string> = new Set(
  (
    "auto break case char const continue default do double else enum extern float for goto if inline int long register " +
    "restrict return short signed sizeof static struct switch typedef typeof union unsigned void volatile while " +
    "_Alignas _Alignof _Atomic _Bool _Complex _Generic _Imaginary _Noreturn _Static_assert _Thread_local asm __asm__ " +
    // The compiler's own, which is another one on another machine.
    "__builtin_va_list"
  ).split(" "),
);

/** `name` as a C identifier: other characters become `_`. */
export function identifier(name: string): string {
  if (/^[A-Za-z_]\w*$/.test(name)) return keywords.has(name) ? `${name}_` : name;
  const clean = name.replaceAll(/\W/g, "_");
  return /^\d/.test(clean) ? `_${clean}` : clean;
}

/** Names given out so far. */
export class Namespace {
  readonly #taken = new Map<string, number>();

  /** `name`, or with a number behind it when it was given out before. */
  unique(name: string): string {
    const clean = identifier(name);
    let count = this.#taken.get(clean) ?? 0;
    let given = clean;
    // `x___2` may be a type's own name.
    while (count > 0 && this.#taken.has((given = `${clean}___${count + 1}`))) count++;
    this.#taken.set(clean, count + 1);
    if (given !== clean) this.#taken.set(given, 1);
    return given;
  }
}

const intWords: ReadonlySet<string> = new Set(
  "char short int long signed unsigned _Bool __int128 __int128_t __uint128_t".split(" "),
);
const floats: ReadonlySet<string> = new Set(["float", "double", "long double", "_Float16", "__bf16", "__float128"]);

/** Does a C compiler know the number type of this name? */
export function isBuiltin({ kind, name }: BtfInt | BtfFloat): boolean {
  if (kind === "float") return floats.has(name);
  return name !== "" && name.split(" ").every((word) => intWords.has(word));
}

const sized: Readonly<Record<number, string>> = { 1: "char", 2: "short", 4: "int", 8: "long long", 16: "__int128" };

/** The C type that is as large as a number type of another language. */
export function standIn(type: BtfInt | BtfFloat): string {
  if (type.kind === "float") return type.size === 2 ? "_Float16" : type.size === 4 ? "float" : "double";
  if ((type.encoding & BtfIntEncoding.BTF_INT_BOOL) !== 0 && type.size === 1) return "_Bool";
  const signed = (type.encoding & BtfIntEncoding.BTF_INT_SIGNED) !== 0;
  return `${signed ? "signed" : "unsigned"} ${sized[type.size] ?? "char"}`;
}

/** The C names of the types of one BTF, given in the order of ids: the same for each run and for each selection. */
export class CNames {
  readonly ordinary: Namespace = new Namespace();
  readonly #names: (string | undefined)[];
  /** A forward declaration -> the struct or union it declares, where that is in the BTF. */
  readonly #declared = new Map<number, number>();
  readonly #foreign = new Set<number>();

  constructor(btf: Btf) {
    const tags = new Namespace();
    this.#names = [];
    this.#names.length = btf.typeCount;
    const structs = new Map<string, number>();
    const unions = new Map<string, number>();
    const first: Record<number, Map<string, number>> = {
      [BtfKind.BTF_KIND_STRUCT]: structs,
      [BtfKind.BTF_KIND_UNION]: unions,
    };
    const forwards: number[] = [];
    for (let id = 1; id < btf.typeCount; id++) {
      // Pointers, prototypes and functions, which are most types, need no record.
      const kind = btf.kind(id);
      switch (kind) {
        case BtfKind.BTF_KIND_STRUCT:
        case BtfKind.BTF_KIND_UNION:
        case BtfKind.BTF_KIND_ENUM:
        case BtfKind.BTF_KIND_ENUM64: {
          const name = btf.name(id);
          if (name === "") break;
          this.#names[id] = tags.unique(name);
          const declares = first[kind];
          if (declares !== undefined && !declares.has(name)) declares.set(name, id);
          break;
        }
        case BtfKind.BTF_KIND_FWD:
          forwards.push(id);
          break;
        case BtfKind.BTF_KIND_TYPEDEF:
          this.#names[id] = this.ordinary.unique(btf.name(id));
          break;
        case BtfKind.BTF_KIND_INT:
        case BtfKind.BTF_KIND_FLOAT: {
          const type = btf.type(id);
          if (type.kind !== "int" && type.kind !== "float") break;
          if (isBuiltin(type)) this.#names[id] = type.name;
          else {
            this.#names[id] = this.ordinary.unique(type.name || standIn(type));
            this.#foreign.add(id);
          }
          break;
        }
        default:
      }
    }
    for (const id of forwards) {
      const type = btf.type(id);
      if (type.kind !== "fwd") continue;
      const declares = type.of === "struct" ? structs : unions;
      const known = declares.get(type.name);
      if (known !== undefined) this.#declared.set(id, known);
      else {
        this.#names[id] = tags.unique(type.name);
        declares.set(type.name, id);
      }
    }
  }

  /** The type that stands for `id` in C: for a forward declaration, what it declares. */
  stands(id: number): number {
    return this.#declared.get(id) ?? id;
  }

  /** Is `id` a number type that a C compiler does not know by its name? */
  isForeign(id: number): boolean {
    return this.#foreign.has(id);
  }

  /** Empty for types without a name. */
  of(id: number): string {
    return this.#names[this.stands(id)] ?? "";
  }
}
