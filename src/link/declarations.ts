/** What inputs declare to each other: variables and functions that are not static, and which declaration stands for all of a name. */
import {
  BtfFuncLinkage,
  BtfKind,
  BtfVarLinkage,
  infoKind,
  infoVlen,
  type JoinedInput,
  type JoinedTypes,
} from "../btf/index.js";
import { homes } from "../object/index.js";
import type { Context, Global, Input } from "./context.js";

/** Does the variable or function at this word only declare what others define? */
function isExtern(words: Uint32Array, at: number): boolean {
  const info = words[at + 1]!;
  if (infoKind(info) === BtfKind.BTF_KIND_VAR) return words[at + 3] === BtfVarLinkage.BTF_VAR_GLOBAL_EXTERN;
  return infoVlen(info) === BtfFuncLinkage.BTF_FUNC_EXTERN;
}

/** Names and declarations as rows, for there are very many. Names are told apart by their strings' offsets in the merged types: each is there once. */
export class Declarations {
  /** How many names there are. They have numbers in the order in which the inputs declare them. */
  count = 0;
  /**
   * By name: the declaration that stands for all, its id in the merged types (0 where no input has its symbol), the number of the input
   * whose it is, and its id there.
   */
  readonly standing: Uint32Array;
  readonly owners: Uint32Array;
  readonly ids: Uint32Array;
  /** By the number of a global and by id in the merged types: the number of the name plus 1; 0 for those that are not declared. */
  readonly byGlobal: Uint32Array;
  readonly byId: Uint32Array;
  /** Declarations, input by input, one a name: the name, and the id in the input's types. In the order of the names' first ones. */
  readonly names: Uint32Array;
  readonly own: Uint32Array;
  #end = 0;

  readonly #context: Context;
  readonly #joined: JoinedTypes;
  /** By name: the number of the global of that name plus 1; 0 where no symbol table has it. */
  readonly #globals: Uint32Array;
  /** The names of those. */
  readonly #others = new Map<number, string>();
  /** By name: how many declarations there are up to the last one of that name. */
  readonly #lasts: Uint32Array;
  /** Numbers of names plus 1 by the offsets of their strings: open addressing, with room for all declarations. */
  readonly #numbers: Uint32Array;
  readonly #offsets: Uint32Array;
  /** By global: the number, plus 1, of the last input that was found to have a symbol of that name; and which input was asked last. */
  readonly #lastSymbol: Uint32Array;
  #asked = -1;

  constructor(context: Context, joined: JoinedTypes) {
    this.#context = context;
    this.#joined = joined;
    const most = joined.inputs.reduce((sum, { declared }) => sum + declared.length, 0);
    let size = 16;
    while (size < 2 * most) size *= 2;
    this.standing = new Uint32Array(most);
    this.owners = new Uint32Array(most);
    this.ids = new Uint32Array(most);
    this.byGlobal = new Uint32Array(context.globals.length);
    this.byId = new Uint32Array(joined.btf.typeCount);
    this.names = new Uint32Array(most);
    this.own = new Uint32Array(most);
    this.#globals = new Uint32Array(most);
    this.#lasts = new Uint32Array(most);
    this.#numbers = new Uint32Array(size);
    this.#offsets = new Uint32Array(size);
    this.#lastSymbol = new Uint32Array(context.globals.length);
  }

  /** The symbol of a name; undefined where no symbol table has it. */
  global(name: number): Global | undefined {
    return this.#context.globals[this.#globals[name]! - 1];
  }

  text(name: number): string {
    return this.global(name)?.name ?? this.#others.get(name)!;
  }

  /** What `input` declares, by ids of its own; its types follow `shift` others. Gives where its declarations stand. */
  declare(input: Input, shift: number, ids: JoinedInput["declared"]): { readonly from: number; readonly end: number } {
    const { words, starts, ids: joined } = this.#joined;
    const from = this.#end;
    for (let i = 0; i < ids.length; i++) {
      const id = ids[i]!;
      const start = starts[id + shift - 1]!;
      const name = this.#numberOf(words[start]!);
      const last = this.#lasts[name]!;
      // C++ and Rust have other names for symbols than for types.
      if (!this.#hasSymbol(input, this.global(name)) && !isExtern(words, start)) continue;
      if (last > from) {
        // The definition comes after the declaration.
        this.own[last - 1] = id;
        continue;
      }
      this.names[this.#end] = name;
      this.own[this.#end] = id;
      this.#lasts[name] = ++this.#end;
    }
    for (let i = from; i < this.#end; i++) {
      const name = this.names[i]!;
      const now = joined[this.own[i]! + shift]!;
      this.byId[now] = name + 1;
      // The definition's own declaration stands for all; where it has none, the first does.
      if (this.standing[name] === 0) {
        if (this.#globals[name] !== 0) this.byGlobal[this.#globals[name]! - 1] = name + 1;
      } else {
        const global = this.global(name);
        if (global === undefined || global.input !== input.number || global.home === homes.undefined) continue;
      }
      this.standing[name] = now;
      this.owners[name] = input.number;
      this.ids[name] = this.own[i]!;
    }
    return { from, end: this.#end };
  }

  #hasSymbol(input: Input, global: Global | undefined): boolean {
    if (global === undefined) return false;
    // Most are its own.
    if (global.symbols === input.symbols) return true;
    if (this.#asked !== input.number) {
      this.#asked = input.number;
      const { globalOf } = input;
      for (let i = 0; i < globalOf.length; i++)
        if (globalOf[i]! >= 0) this.#lastSymbol[globalOf[i]!] = input.number + 1;
    }
    return this.#lastSymbol[global.number] === input.number + 1;
  }

  #numberOf(offset: number): number {
    const mask = this.#numbers.length - 1;
    let slot = (Math.imul(offset, 0x9e37_79b1) >>> 8) & mask;
    while (this.#numbers[slot] !== 0 && this.#offsets[slot] !== offset) slot = (slot + 1) & mask;
    const known = this.#numbers[slot]!;
    if (known !== 0) return known - 1;
    const name = this.count++;
    let global = this.#joined.nameAt?.(offset) ?? -1;
    if (global < 0) {
      const text = this.#joined.btf.string(offset);
      global = this.#context.names.find(text);
      if (global < 0) this.#others.set(name, text);
    }
    this.#globals[name] = global + 1;
    this.#numbers[slot] = name + 1;
    this.#offsets[slot] = offset;
    return name;
  }
}
