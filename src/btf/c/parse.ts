/**
 * C declarations: structs, unions, enumerations, typedefs, variables and prototypes, into a `CScope`.
 *
 * The grammar is C11's for declarations, with GNU attributes; there are no function bodies, initializers or macros. Each error is
 * reported once, with its place; reading goes on behind the next `;`.
 */
import { nearest, type DiagnosticCode, type DiagnosticFacts } from "../../diag/index.js";
import { attributesC, newAttributes, type CAttributes } from "./attributes.js";
import { basicType, qualifierOf, typeWords } from "./basic.js";
import { constantC, type CMeanings } from "./constant.js";
import { declaratorC, type CDeclarator } from "./declarator.js";
import { CCursor, GivenUp, type CReport } from "./lex.js";
import { enumC, recordC } from "./body.js";
import type { CDeclared, CDeclaredFunction, CScope } from "./scope.js";
import { baseOf, cAlign, cSize, type CQualifier, type CType } from "./types.js";

/** Structs in structs, and parentheses of declarators. */
const maxDepth = 64;

interface Storage {
  typedef: boolean;
  extern: boolean;
  static: boolean;
}

const storageWords: Readonly<Record<string, (storage: Storage) => void>> = {
  typedef: (storage) => (storage.typedef = true),
  extern: (storage) => (storage.extern = true),
  static: (storage) => (storage.static = true),
  inline: () => {},
  __inline: () => {},
  __inline__: () => {},
  register: () => {},
  _Noreturn: () => {},
};

export interface CSpecifiers {
  readonly type: CType;
  readonly attributes: CAttributes;
  readonly storage: Storage;
}

export class CParser implements CMeanings {
  readonly cursor: CCursor;
  readonly scope: CScope;
  /** The variables and functions that this text declared. */
  readonly declared: CDeclared[] = [];
  #depth = 0;

  constructor(text: string, scope: CScope, report: CReport) {
    this.cursor = new CCursor(text, report);
    this.scope = scope;
  }

  constant(name: string): bigint | undefined {
    return this.scope.constant(name);
  }

  measure(what: "sizeof" | "alignof"): bigint | undefined {
    if (!this.startsType()) return undefined;
    const { token } = this.cursor;
    const type = this.typeName();
    const size = cSize(type);
    if (size === undefined) return this.cursor.fail("ctype-incomplete", { what }, token);
    return BigInt(what === "sizeof" ? size : cAlign(type));
  }

  number(): bigint {
    return constantC(this.cursor, this);
  }

  /** One level deeper while `read` runs. */
  nested<Result>(read: () => Result): Result {
    if (++this.#depth > maxDepth) this.cursor.fail("ctype-deep", { limit: maxDepth });
    try {
      return read();
    } finally {
      this.#depth--;
    }
  }

  attributes(to: CAttributes): boolean {
    return attributesC(this.cursor, this, to);
  }

  startsType(): boolean {
    const { kind, text } = this.cursor.token;
    return kind === "word" && this.isTypeWord(text);
  }

  /** Can a type start with this word? */
  isTypeWord(text: string): boolean {
    if (typeWords.has(text) || qualifierOf(text) !== undefined || Object.hasOwn(storageWords, text)) return true;
    return /^(?:struct|union|enum|__attribute__)$/.test(text) || this.scope.typedef(text) !== undefined;
  }

  /** `const struct foo`, `static unsigned long`: all before the declarator. */
  specifiers(): CSpecifiers {
    const { cursor, scope } = this;
    const attributes = newAttributes();
    const storage: Storage = { typedef: false, extern: false, static: false };
    const words: string[] = [];
    const found = new Set<CQualifier>();
    let type: CType | undefined;
    const first = cursor.token;
    for (;;) {
      const { token } = cursor;
      if (token.kind !== "word") break;
      const qualifier = qualifierOf(token.text);
      if (qualifier !== undefined) {
        found.add(qualifier);
        cursor.next();
      } else if (Object.hasOwn(storageWords, token.text)) {
        storageWords[token.text]!(storage);
        cursor.next();
      } else if (this.attributes(attributes)) {
        continue;
      } else if (typeWords.has(token.text)) {
        words.push(token.text);
        if (type !== undefined || basicType(words) === undefined) {
          cursor.fail("ctype-specifiers", { name: token.text }, token);
        }
        cursor.next();
      } else if (/^(?:struct|union|enum)$/.test(token.text)) {
        if (type !== undefined || words.length > 0) cursor.fail("ctype-specifiers", { name: token.text }, token);
        type = token.text === "enum" ? enumC(this) : recordC(this);
      } else {
        if (type !== undefined || words.length > 0) break;
        type = scope.typedef(token.text);
        if (type === undefined) break;
        cursor.next();
      }
    }
    type ??= basicType(words.length > 0 ? words : [""]);
    if (type === undefined) return this.#noType(first.at);
    return { type: this.qualify(type, found, attributes), attributes, storage };
  }

  /** `type` with qualifiers around it in the order clang nests them, and with its tags. */
  qualify(type: CType, found: ReadonlySet<CQualifier>, attributes: CAttributes): CType {
    const { derived } = this.scope;
    let made = type;
    for (const each of ["restrict", "volatile", "const"] as const)
      if (found.has(each)) made = derived.qualified(each, made);
    for (const tag of attributes.typeTags) made = derived.tagged(tag, made);
    return made;
  }

  #noType(at: number): never {
    const { cursor, scope } = this;
    const { token } = cursor;
    if (token.kind !== "word" || token.at < at) return cursor.expected("a type");
    const guess = nearest(token.text, scope.typeNames());
    if (guess === undefined) return cursor.fail("ctype-unknown", { name: token.text }, token);
    return cursor.fail("ctype-unknown-near", { name: token.text, guess }, token);
  }

  /** A declarator behind `specifiers`; its own attributes are added to `attributes`. */
  declarator(type: CType, attributes: CAttributes): CDeclarator {
    return declaratorC(this, type, attributes);
  }

  /** `struct foo *[3]`: a type without a name. */
  typeName(): CType {
    const { type, attributes } = this.specifiers();
    const { token } = this.cursor;
    const made = this.declarator(type, attributes);
    if (made.name !== "") this.cursor.fail("ctype-expected", { expected: "a type", found: `\`${made.name}\`` }, token);
    return made.type;
  }

  /** Declarations up to the end of the text. */
  declarations(): void {
    while (!this.cursor.done) {
      if (this.cursor.accept(";")) continue;
      this.#guarded(() => this.#declaration());
    }
  }

  /** What `read` gives, or undefined where it gave up. */
  #guarded<Result>(read: () => Result): Result | undefined {
    this.cursor.mark();
    try {
      return read();
    } catch (error) {
      if (!(error instanceof GivenUp)) throw error;
      this.cursor.recover();
      return undefined;
    }
  }

  #declaration(): void {
    const { cursor } = this;
    const specifiers = this.specifiers();
    if (cursor.accept(";")) return;
    do {
      this.#declared(specifiers);
    } while (cursor.accept(","));
    if (cursor.is("{")) cursor.fail("ctype-body", {});
    if (!cursor.done) cursor.expect(";");
  }

  #declared({ type, attributes: shared, storage }: CSpecifiers): CDeclared | undefined {
    const { cursor, scope } = this;
    const attributes = { ...shared, declTags: [...shared.declTags], typeTags: [] };
    const made = this.declarator(type, attributes);
    if (made.name === "") cursor.expected("a name");
    const place = { at: made.at, end: made.at + made.name.length };
    if (storage.typedef) {
      const known = scope.typedefs.get(made.name);
      if (known !== undefined) {
        if (known.to !== made.type) cursor.fail("ctype-redefined", { name: made.name }, place);
        return undefined;
      }
      const named = scope.derived.typedef(made.name, made.type, attributes.aligned, attributes.declTags);
      scope.typedefs.set(made.name, named);
      scope.types.push(named);
      return undefined;
    }
    const known = scope.declared.get(made.name);
    if (known !== undefined && !sameType(known.type, made.type)) {
      cursor.fail("ctype-redefined", { name: made.name }, place);
    }
    const declared: CDeclared = {
      name: made.name,
      type: made.type,
      static: storage.static || known?.static === true,
      extern: storage.extern,
      weak: attributes.weak,
      section: attributes.section,
      tags: attributes.declTags,
      ...place,
    };
    scope.declared.set(made.name, declared);
    this.declared.push(declared);
    return declared;
  }

  /** The one prototype that the text is. */
  prototype(): CDeclaredFunction | undefined {
    return this.#guarded(() => {
      const { cursor } = this;
      const declared = this.#declared(this.specifiers());
      cursor.accept(";");
      if (!cursor.done) cursor.expected("the end of the prototype");
      if (declared?.type.kind !== "func") {
        if (declared !== undefined) this.scope.declared.delete(declared.name);
        return cursor.fail("ctype-function", { what: "prototype here" }, declared);
      }
      return declared as CDeclaredFunction;
    });
  }

  /** The one type that the text names. */
  wholeType(): CType | undefined {
    return this.#guarded(() => {
      const type = this.typeName();
      if (!this.cursor.done) this.cursor.expected("the end of the type");
      return type;
    });
  }

  /** The size of `type` for `what`; gives up where it has none. */
  sizeFor(type: CType, what: string, place?: { readonly at: number; readonly end: number }): number {
    return cSize(type) ?? this.cursor.fail("ctype-incomplete", { what }, place);
  }

  fail<Code extends DiagnosticCode>(
    code: Code,
    facts: DiagnosticFacts<Code>,
    place?: { readonly at: number; readonly end: number },
  ): never {
    return this.cursor.fail(code, facts, place);
  }
}

/** Functions are the same when result and parameters are; everything else is made only once. */
function sameType(a: CType, b: CType): boolean {
  if (a === b) return true;
  if (a.kind === "array" && b.kind === "array") {
    return a.of === b.of && (a.count === undefined || b.count === undefined || a.count === b.count);
  }
  if (a.kind !== "func" || b.kind !== "func") return false;
  if (!sameType(a.result, b.result) || a.params.length !== b.params.length || a.variadic !== b.variadic) return false;
  return a.params.every(({ type }, i) => baseOf(type) === baseOf(b.params[i]!.type));
}
