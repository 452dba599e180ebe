/**
 * Pass: the types of all inputs in one BTF, equal ones once. Which of several declarations of a name stands for all is decided
 * here; where variables went and which types are still needed is known only after the layout (type-output.ts).
 */
import { dedupBtf, extWidths, mergeBtf, type Btf, type MovedStrings } from "../btf/index.js";
import type { Context, Global, Input } from "./context.js";
import { typesOf } from "./type-read.js";

/** Data sections that only BTF has: what the kernel provides. */
const kernelSections = [".ksyms", ".kconfig"] as const;

/** A name that inputs declare: a variable or function that is not static. */
export interface Declared {
  /** Its index among all names. */
  readonly number: number;
  readonly name: string;
  /** The symbol of that name; undefined where no symbol table has it. */
  readonly global: Global | undefined;
  /** The declaration that stands for all: its id in the merged types, whose it is, and its id there. */
  standing: number;
  owner: Input;
  id: number;
  /** It is the definition's own. */
  defines: boolean;
}

/** Declarations of one input, one a name, in the order of the names' first ones. */
export interface InputDeclarations {
  readonly names: readonly Declared[];
  /** The id in the input's types, by the same index. */
  readonly ids: readonly number[];
}

export interface Types {
  /** All types of all inputs, deduplicated; data sections and losing declarations are still in it. */
  readonly btf: Btf;
  /** The number of types of all inputs together. */
  readonly before: number;
  /** The id in `btf` of a type of an input. */
  readonly id: (input: Input, id: number) => number;
  /** The offset in `btf` of the strings of an input that types, lines and CO-RE records use. */
  readonly strings: (input: Input) => MovedStrings;
  /** All names that are declared, in the order in which the inputs do so. */
  readonly declared: readonly Declared[];
  /** By input number; undefined where an input has no types. */
  readonly byInput: readonly (InputDeclarations | undefined)[];
  /** By the number of the global. */
  readonly byGlobal: readonly (Declared | undefined)[];
  /** By id in `btf`: the number of the name that it declares, plus 1; 0 for all other types. */
  readonly byId: Uint32Array;
  /** Names in the data sections of the kernel's symbols. */
  readonly kernel: ReadonlySet<string>;
}

/** Takes the strings that the lines and CO-RE records of an input use. */
function takeExtStrings(input: Input, strings: MovedStrings): void {
  const { ext } = typesOf(input)!;
  // Most lines are of the file of the line before.
  let file = -1;
  for (const { words } of ext?.lineInfo ?? []) {
    for (let at = 0; at < words.length; at += extWidths.lineInfo) {
      if (words[at + 1] !== file) strings.take((file = words[at + 1]!));
      strings.take(words[at + 2]!);
    }
  }
  for (const { words } of ext?.coreRelos ?? []) {
    for (let at = 0; at < words.length; at += extWidths.coreRelos) strings.take(words[at + 2]!);
  }
}

/** Merges the types; without any there is nothing to do. Throws BpfkitError on wrong ones. */
export function mergeTypes(context: Context): void {
  const typed = context.inputs.filter((input) => typesOf(input) !== undefined);
  if (typed.length === 0) return;
  const numbers = new Int32Array(context.inputs.length);
  typed.forEach((input, number) => (numbers[input.number] = number));
  const { endian } = typed[0]!.object;
  const {
    btf: all,
    shifts,
    strings,
  } = mergeBtf(
    typed.map((input) => typesOf(input)!.btf),
    endian,
    (number, own) => takeExtStrings(typed[number]!, own),
  );
  const { btf, ids } = dedupBtf(all);
  const id = (input: Input, old: number): number => (old === 0 ? 0 : ids[old + shifts[numbers[input.number]!]!]!);
  const declarations = typed.reduce((sum, input) => sum + typesOf(input)!.declared.length, 0);
  const names = new Names(context, all, btf.typeCount, declarations);
  const byInput: (InputDeclarations | undefined)[] = context.inputs.map(() => undefined);
  const kernel = new Set<string>();
  for (const input of typed) {
    const { variables, btf: own } = typesOf(input)!;
    byInput[input.number] = names.declare(input, shifts[numbers[input.number]!]!, ids);
    for (const section of kernelSections) {
      for (const { id: old } of variables.get(section) ?? []) kernel.add(own.name(old));
    }
  }
  const { declared, byGlobal, byId } = names;
  const stringsOf = (input: Input): MovedStrings => strings[numbers[input.number]!]!;
  context.types = { btf, before: all.typeCount - 1, id, strings: stringsOf, declared, byInput, byGlobal, byId, kernel };
}

/** Collects what inputs declare. Names are told apart by their strings' offsets in the merged types: each is there once. */
class Names {
  readonly declared: Declared[] = [];
  readonly byGlobal: (Declared | undefined)[];
  readonly byId: Uint32Array;
  readonly #context: Context;
  readonly #all: Btf;
  /** Numbers of names plus 1 by the offsets of their strings: open addressing, with room for all declarations. */
  readonly #numbers: Uint32Array;
  readonly #offsets: Uint32Array;
  /** By number of the name: the last input that declared it, and where in its list. */
  readonly #lastInput: number[] = [];
  readonly #lastAt: number[] = [];

  /** `all` are the merged types, of which `count` are left; `declarations` is how many declarations there are in all inputs. */
  constructor(context: Context, all: Btf, count: number, declarations: number) {
    this.#context = context;
    this.#all = all;
    this.byId = new Uint32Array(count);
    let size = 16;
    while (size < 2 * declarations) size *= 2;
    this.#numbers = new Uint32Array(size);
    this.#offsets = new Uint32Array(size);
    this.byGlobal = context.globals.map(() => undefined);
  }

  /** What `input` declares; its types follow `shift` others in the merged ones, and `ids` has what became of those. */
  declare(input: Input, shift: number, ids: Uint32Array): InputDeclarations {
    const names: Declared[] = [];
    const own: number[] = [];
    const { words, starts } = this.#all;
    for (const id of typesOf(input)!.declared) {
      const number = this.#numberOf(words[starts[id + shift - 1]!]!, input);
      if (this.#lastInput[number] === input.number) {
        // The definition comes after the declaration.
        own[this.#lastAt[number]!] = id;
        continue;
      }
      this.#lastInput[number] = input.number;
      this.#lastAt[number] = names.push(this.declared[number]!) - 1;
      own.push(id);
    }
    for (let i = 0; i < names.length; i++) {
      const each = names[i]!;
      const now = ids[own[i]! + shift]!;
      this.byId[now] = each.number + 1;
      const { global } = each;
      const wins = global !== undefined && global.input === input.number && global.symbol.home.kind !== "undefined";
      // The definition's own declaration stands for all; where it has none, the first does.
      if (each.standing !== 0 && (!wins || each.defines)) continue;
      each.standing = now;
      each.owner = input;
      each.id = own[i]!;
      each.defines = wins;
    }
    return { names, ids: own };
  }

  #numberOf(offset: number, owner: Input): number {
    const mask = this.#numbers.length - 1;
    let slot = (Math.imul(offset, 0x9e37_79b1) >>> 8) & mask;
    while (this.#numbers[slot] !== 0 && this.#offsets[slot] !== offset) slot = (slot + 1) & mask;
    let number = this.#numbers[slot]! - 1;
    if (number < 0) {
      const name = this.#all.string(offset);
      const at = this.#context.globalNumbers.get(name);
      const global = at === undefined ? undefined : this.#context.globals[at]!;
      number = this.declared.length;
      const made: Declared = { number, name, global, standing: 0, owner, id: 0, defines: false };
      this.declared.push(made);
      this.#numbers[slot] = number + 1;
      this.#offsets[slot] = offset;
      this.#lastInput.push(-1);
      this.#lastAt.push(0);
      if (at !== undefined) this.byGlobal[at] = made;
    }
    return number;
  }
}
