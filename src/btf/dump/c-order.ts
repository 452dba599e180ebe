/**
 * In which order C declares types: what is held by value comes before its holder, what is only pointed to is declared
 * by name where it is not defined yet, typedefs come before their use.
 */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import type { BtfType } from "../types.js";
import type { Budget } from "./budget.js";
import type { CNames } from "./c-names.js";

export interface Declaration {
  /** `forward`: the name alone. */
  readonly what: "define" | "forward";
  readonly id: number;
}

/** What is written in place where it is used: structs, unions and enums without a name. */
export function isInline(type: BtfType): boolean {
  switch (type.kind) {
    case "struct":
    case "union":
    case "enum":
    case "enum64":
      return type.name === "";
    default:
      return false;
  }
}

export class Order {
  readonly #btf: Btf;
  readonly #names: CNames;
  readonly #budget: Budget;
  readonly #emit: (declaration: Declaration) => void;
  readonly #state: Uint8Array;
  /** The type whose own text is being looked at: it may name itself. */
  #current = 0;

  constructor(btf: Btf, names: CNames, budget: Budget, emit: (declaration: Declaration) => void) {
    this.#btf = btf;
    this.#names = names;
    this.#budget = budget;
    this.#emit = emit;
    this.#state = new Uint8Array(btf.typeCount);
  }

  /** Declares what `root`, of any kind, needs, and itself when it is something C declares. */
  add(root: number): void {
    const type = this.#btf.type(root);
    // An enum without a name declares its enumerators; a struct without a name nothing.
    if ((type.kind === "enum" || type.kind === "enum64") && type.name === "") this.#define(root);
    else this.#need(root, type.kind === "struct" || type.kind === "union");
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
    this.#budget.within(id, () => this.#parts(id));
    this.#current = outer;
    this.#state[id]! |= defined;
    this.#emit({ what: "define", id });
  }

  #forward(id: number): void {
    if (id === this.#current || (this.#state[id]! & (defined | forwarded)) !== 0) return;
    this.#state[id]! |= forwarded;
    this.#emit({ what: "forward", id });
  }

  /** What the text of a declaration of `id` goes through. */
  #parts(id: number): void {
    const type = this.#btf.type(id);
    switch (type.kind) {
      case "struct":
      case "union":
        this.#budget.spend(type.members.length);
        for (const member of type.members) this.#need(member.type, true);
        break;
      case "typedef":
        this.#need(type.type, false);
        break;
      default:
    }
  }

  /** Everything the use of `id` in a declarator needs; `whole` asks for a complete type. */
  #need(id: number, whole: boolean): void {
    this.#budget.spend(1);
    const type = this.#btf.type(id);
    switch (type.kind) {
      case "ptr":
        this.#within(type.type, false);
        break;
      case "const":
      case "volatile":
      case "restrict":
      case "type_tag":
        this.#within(type.type, whole);
        break;
      case "array":
        this.#within(type.type, true);
        break;
      case "func_proto":
        this.#within(type.type, false);
        for (const param of type.params) this.#within(param.type, false);
        break;
      case "typedef":
        this.#define(id);
        if (whole && (this.#state[id]! & complete) === 0) {
          this.#within(type.type, true);
          this.#state[id]! |= complete;
        }
        break;
      case "struct":
      case "union":
        if (type.name === "") this.#budget.within(id, () => this.#parts(id));
        else if (whole) this.#define(id);
        else this.#forward(id);
        break;
      case "enum":
      case "enum64":
        if (type.name !== "") this.#define(id);
        break;
      case "int":
      case "float":
        if (this.#names.isForeign(id)) this.#define(id);
        break;
      case "fwd": {
        const stands = this.#names.stands(id);
        if (stands !== id) this.#need(stands, whole);
        else this.#forward(id);
        break;
      }
      default:
    }
  }

  #within(id: number, whole: boolean): void {
    if (id !== 0) this.#budget.within(id, () => this.#need(id, whole));
  }
}

const opened = 1;
const defined = 2;
const forwarded = 4;
/** A typedef whose type has been defined, too. */
const complete = 8;
