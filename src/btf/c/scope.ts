/** The names that C declarations have introduced: tags, typedefs, enumerators, variables and functions. */
import { basicType, usualTypedef, usualTypedefs } from "./basic.js";
import { CDerived, type CEnum, type CFunction, type CRecord, type CType, type CTypedef } from "./types.js";

/** A variable or function that was declared. */
export interface CDeclared {
  readonly name: string;
  readonly type: CType;
  readonly static: boolean;
  readonly extern: boolean;
  readonly weak: boolean;
  /** What `SEC("…")`, `__ksym` or `__kconfig` says. */
  readonly section: string | undefined;
  readonly tags: readonly string[];
  /** Offset in the text of its declaration. */
  readonly at: number;
  readonly end: number;
}

/** A declared function: the name of a `.func`, with the prototype. */
export type CDeclaredFunction = CDeclared & { readonly type: CFunction };

export interface CScopeOptions {
  /** The value of a name that no enumerator has: the assembler's own constants. */
  readonly constant?: (name: string) => bigint | undefined;
}

export class CScope {
  readonly derived: CDerived = new CDerived();
  readonly tags: Map<string, CRecord | CEnum> = new Map();
  readonly typedefs: Map<string, CTypedef> = new Map();
  readonly declared: Map<string, CDeclared> = new Map();
  readonly enumerators: Map<string, bigint> = new Map();
  /** All that was declared with a name and is a type, in order: what goes into the BTF whether it is used or not. */
  readonly types: CType[] = [];
  readonly #usual: Map<string, CTypedef> = new Map();
  readonly #constant: (name: string) => bigint | undefined;

  constructor(options: CScopeOptions = {}) {
    this.#constant = options.constant ?? (() => undefined);
  }

  constant(name: string): bigint | undefined {
    return this.enumerators.get(name) ?? this.#constant(name);
  }

  /** A typedef, the usual ones included: those are made when they are asked for. */
  typedef(name: string): CTypedef | undefined {
    const known = this.typedefs.get(name) ?? this.#usual.get(name);
    if (known !== undefined) return known;
    const meaning = usualTypedef(name);
    if (meaning === undefined) return undefined;
    const made = this.derived.typedef(name, this.typedef(meaning) ?? basicType(meaning.split(" "))!, 0, []);
    this.#usual.set(name, made);
    return made;
  }

  /** Everything a misspelt type's name could have meant. */
  *typeNames(): Generator<string> {
    yield* this.typedefs.keys();
    yield* usualTypedefs;
    yield* ["int", "unsigned", "char", "short", "long", "struct", "union", "enum", "void"];
  }
}
