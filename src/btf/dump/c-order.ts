/**
 * In which order C declares types: what is held by value comes before its holder, what is only pointed to is declared
 * by name where it is not defined yet, typedefs come before their use.
 */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { BtfKind, infoKind, infoVlen } from "../table.js";
import type { Budget } from "./budget.js";
import type { CNames } from "./c-names.js";

export interface Declaration {
  /** `forward`: the name alone. */
  readonly what: "define" | "forward";
  readonly id: number;
}

/** Is it a kind with members or enumerators? */
export function hasBody(kind: number): boolean {
  return isComposite(kind) || isEnum(kind);
}

/** Is type `id` written in place where it is used: a struct, union or enum without a name? */
export function isInline(btf: Btf, id: number): boolean {
  return hasBody(btf.kind(id)) && !btf.hasName(id);
}

const isComposite = (kind: number): boolean => kind === BtfKind.BTF_KIND_STRUCT || kind === BtfKind.BTF_KIND_UNION;
const isEnum = (kind: number): boolean => kind === BtfKind.BTF_KIND_ENUM || kind === BtfKind.BTF_KIND_ENUM64;

export class Order {
  readonly #btf: Btf;
  readonly #names: CNames;
  readonly #budget: Budget;
  readonly #emit: (declaration: Declaration) => void;
  readonly #state: Uint8Array;
  /** The type whose own text is being looked at: it may name itself. */
  #current = 0;
  /** How often it named itself. */
  #selves = 0;

  constructor(btf: Btf, names: CNames, budget: Budget, emit: (declaration: Declaration) => void) {
    this.#btf = btf;
    this.#names = names;
    this.#budget = budget;
    this.#emit = emit;
    this.#state = new Uint8Array(btf.typeCount);
  }

  /** Declares what `root`, of any kind, needs, and itself when it is something C declares. */
  add(root: number): void {
    const kind = this.#btf.kind(root);
    // An enum without a name declares its enumerators; a struct without a name nothing.
    if (isEnum(kind) && !this.#btf.hasName(root)) this.#define(root);
    else this.#need(root, isComposite(kind));
  }

  /** The prototype of a function: everything in it by name. */
  addPrototype(id: number): void {
    this.#need(id, false);
  }

  #define(id: number): void {
    const state = this.#state[id]!;
    if ((state & defined) !== 0) return;
    if ((state & opened) !== 0) {
      // A typedef met again below itself needs its name alone, which a pointer between would have given.
      throw failure("btf-loop", { id, name: this.#btf.name(id) || "(anon)" }, this.#btf.placeOf(id));
    }
    this.#state[id] = state | opened;
    const outer = this.#current;
    this.#current = id;
    this.#budget.enter(id);
    this.#parts(id);
    this.#budget.leave();
    this.#current = outer;
    this.#state[id]! |= defined;
    this.#emit({ what: "define", id });
  }

  #forward(id: number): void {
    if ((this.#state[id]! & (defined | forwarded)) !== 0) return;
    if (id === this.#current) {
      this.#selves++;
      return;
    }
    this.#state[id]! |= forwarded;
    this.#emit({ what: "forward", id });
  }

  /** What the text of a declaration of `id` goes through. Read from the words: large types need no record for it. */
  #parts(id: number): void {
    const owner = this.#btf.owner(id);
    const { words } = owner;
    const at = owner.starts[id - owner.firstId]!;
    const kind = infoKind(words[at + 1]!);
    if (kind === BtfKind.BTF_KIND_TYPEDEF) this.#need(words[at + 2]!, false);
    if (!isComposite(kind)) return;
    const count = infoVlen(words[at + 1]!);
    this.#budget.spend(count);
    for (let i = 0; i < count; i++) this.#need(words[at + 4 + 3 * i]!, true);
  }

  /** Everything the use of `id` in a declarator needs; `whole` asks for a complete type. */
  #need(id: number, whole: boolean): void {
    this.#budget.spend(1);
    if (id === 0) return;
    const owner = this.#btf.owner(id);
    const { words } = owner;
    const at = owner.starts[id - owner.firstId]!;
    const info = words[at + 1]!;
    const kind = infoKind(info);
    const third = words[at + 2]!;
    switch (kind) {
      case BtfKind.BTF_KIND_PTR:
        this.#within(third, false);
        break;
      case BtfKind.BTF_KIND_CONST:
      case BtfKind.BTF_KIND_VOLATILE:
      case BtfKind.BTF_KIND_RESTRICT:
      case BtfKind.BTF_KIND_TYPE_TAG:
        this.#within(third, whole);
        break;
      case BtfKind.BTF_KIND_ARRAY:
        this.#within(words[at + 3]!, true);
        break;
      case BtfKind.BTF_KIND_FUNC_PROTO:
        this.#within(third, false);
        for (let i = infoVlen(info), param = at + 4; i > 0; i--, param += 2) this.#within(words[param]!, false);
        break;
      case BtfKind.BTF_KIND_TYPEDEF:
        this.#define(id);
        if (whole && (this.#state[id]! & complete) === 0) {
          this.#within(third, true);
          this.#state[id]! |= complete;
        }
        break;
      case BtfKind.BTF_KIND_STRUCT:
      case BtfKind.BTF_KIND_UNION:
        if (!owner.hasName(id)) {
          this.#budget.enter(id);
          this.#parts(id);
          this.#budget.leave();
        } else if (whole) this.#define(id);
        else this.#forward(id);
        break;
      case BtfKind.BTF_KIND_ENUM:
      case BtfKind.BTF_KIND_ENUM64:
        if (owner.hasName(id)) this.#define(id);
        break;
      case BtfKind.BTF_KIND_INT:
      case BtfKind.BTF_KIND_FLOAT:
        if (this.#names.isForeign(id)) this.#define(id);
        break;
      case BtfKind.BTF_KIND_FWD: {
        const stands = this.#names.stands(id);
        if (stands !== id) this.#need(stands, whole);
        else this.#forward(id);
        break;
      }
      default:
    }
  }

  #within(id: number, whole: boolean): void {
    const met = whole ? metWhole : metByName;
    if (id === 0 || (this.#state[id]! & met) !== 0) return;
    const before = this.#selves;
    this.#budget.enter(id);
    this.#need(id, whole);
    this.#budget.leave();
    // What names the type that is being defined needs a name of it elsewhere.
    if (this.#selves === before) this.#state[id]! |= met;
  }
}

const opened = 1;
const defined = 2;
const forwarded = 4;
/** A typedef whose type has been defined, too. */
const complete = 8;
/** Types all of whose needs are met: by name, or as complete types. */
const metByName = 16;
const metWhole = 32;
