/**
 * Pass: the types of all inputs in one BTF, equal ones once. Which of several declarations of a name stands for all is decided
 * here; where variables went and which types are still needed is known only after the layout (type-output.ts).
 */
import type { NameTable } from "../bytes/index.js";
import {
  BtfFuncLinkage,
  BtfKind,
  BtfVarLinkage,
  dedupBtf,
  extTables,
  extWidths,
  infoKind,
  infoVlen,
  JoinedRecords,
  joinTypes,
  mergeBtf,
  type Btf,
  type BtfExtTables,
  type JoinedInput,
  type JoinedTypes,
  type JoinInput,
  type MovedStrings,
} from "../btf/index.js";
import { homes } from "../object/index.js";
import type { Context, Global, Input } from "./context.js";
import { typeSection, typesOf, variablesOf, type TypedVariable } from "./type-read.js";

/** Data sections that only BTF has: what the kernel provides. */
const kernelSections = [".ksyms", ".kconfig"] as const;

/** A name that inputs declare: a variable or function that is not static. */
export class Declared {
  /** Its index among all names. */
  readonly number: number;
  /** The symbol of that name; undefined where no symbol table has it. */
  readonly global: Global | undefined;
  /** The name of one without a symbol. */
  readonly #own: string;
  /** The declaration that stands for all: its id in the merged types (0 where no input has its symbol), whose it is, and its id there. */
  standing = 0;
  owner: Input;
  id = 0;
  /** It is the definition's own. */
  defines = false;

  constructor(number: number, global: Global | undefined, own: string, owner: Input) {
    this.number = number;
    this.global = global;
    this.#own = own;
    this.owner = owner;
  }

  get name(): string {
    return this.global?.name ?? this.#own;
  }
}

/** The types of one input. */
export interface JoinedPart {
  /** What is added to its ids to have those of the merged types. */
  readonly shift: number;
  /** The data sections by name. */
  readonly variables: ReadonlyMap<string, readonly TypedVariable[]>;
  /** Its rows among the records of .BTF.ext: the first one, and that behind the last. */
  readonly row: number;
  readonly endRow: number;
  /** Its declarations, one a name, in the order of the names' first ones. */
  readonly names: readonly Declared[];
  /** Their ids in the input's types, by the same index. */
  readonly declared: readonly number[];
}

export interface Types {
  /** All types of all inputs, deduplicated; data sections and losing declarations are still in it. */
  readonly btf: Btf;
  /** The types of all inputs one after the other, of which names, kinds and sizes are as they were. */
  readonly words: Uint32Array;
  readonly starts: Uint32Array;
  /** The id in `btf` by that among all of them. */
  readonly ids: Uint32Array;
  /** The records of .BTF.ext of all inputs. */
  readonly records: JoinedRecords;
  /** All names that are declared, in the order in which the inputs do so. */
  readonly declared: readonly Declared[];
  /** By input number; undefined where an input has no types. */
  readonly byInput: readonly (JoinedPart | undefined)[];
  /** By the number of the global. */
  readonly byGlobal: readonly (Declared | undefined)[];
  /** By id in `btf`: the number of the name that it declares, plus 1; 0 for all other types. */
  readonly byId: Uint32Array;
  /** Names in the data sections of the kernel's symbols. */
  readonly kernel: ReadonlySet<string>;
}

/** The types of `inputs` by the records of each: where something is wrong with them, this says what. */
function joinByRecords(inputs: readonly Input[]): JoinedTypes {
  const { endian } = inputs[0]!.object;
  const all = inputs.map((input) => typesOf(input)!);
  const records = new TakenRecords();
  const merged = mergeBtf(
    all.map(({ btf }) => btf),
    endian,
    (number, strings) => records.take(all[number]!.ext, strings),
  );
  const { btf, ids } = dedupBtf(merged.btf);
  const joined = all.map(({ declared, sections }, number) => {
    const shift = merged.shifts[number]!;
    const [row, endRow] = [records.ends[number]!, records.ends[number + 1]!];
    for (const { table, words } of records.tables.slice(row, endRow)) {
      if (table === "lineInfo") continue;
      for (let at = 1; at < words.length; at += extWidths[table]) {
        words[at] = words[at] === 0 ? 0 : ids[words[at]! + shift]!;
      }
    }
    return { shift, declared, sections, row, endRow };
  });
  const { words, starts } = merged.btf;
  return { btf, words, starts, ids, inputs: joined, records: records.joined(), nameAt: undefined };
}

/** The records of inputs with their strings among those of all. */
class TakenRecords {
  readonly tables: {
    readonly table: (typeof extTables)[number];
    readonly section: string;
    readonly words: Uint32Array;
  }[] = [];
  /** Before each input and behind the last: how many tables there are. */
  readonly ends: number[] = [0];

  /** Those of the next input. */
  take(ext: BtfExtTables | undefined, strings: MovedStrings): void {
    for (const table of extTables) {
      for (const { section, words: given } of ext?.[table] ?? []) {
        const words = given.slice();
        this.tables.push({ table, section, words });
        if (table === "funcInfo") continue;
        // Most lines are of the file of the line before.
        let file = 0;
        let moved = 0;
        for (let at = 0; at < words.length; at += extWidths[table]) {
          if (table === "lineInfo") {
            if (words[at + 1] !== file) moved = strings.take((file = words[at + 1]!));
            words[at + 1] = moved;
          }
          words[at + 2] = strings.take(words[at + 2]!);
        }
      }
    }
    this.ends.push(this.tables.length);
  }

  joined(): JoinedRecords {
    const { tables } = this;
    const all = new Uint32Array(tables.reduce((sum, { words }) => sum + words.length, 0));
    let end = 0;
    const rows = tables.flatMap(({ table, words }, number) => {
      const start = end;
      all.set(words, start);
      end += words.length;
      return [extTables.indexOf(table), number, start, words.length / extWidths[table]];
    });
    return new JoinedRecords(all, rows, (number) => tables[number]!.section);
  }
}

/** Bytes of types that are worth the time which the code of `joinTypes` takes to be made. */
const many = 1 << 15;

/** The types of `inputs` joined at once, whose .BTF have these `numbers` by input; undefined where that is not to be. */
function joinAtOnce(inputs: readonly Input[], numbers: Int32Array, names: NameTable): JoinedTypes | undefined {
  const sections: JoinInput[] = [];
  let size = 0;
  for (const { number, object, renamed } of inputs) {
    if (object.endian !== "little" || renamed.size > 0) return undefined;
    const btf = object.sections[numbers[number]!]!.data;
    sections.push({ btf, ext: object.sections.find(({ name }) => name === ".BTF.ext")?.data });
    size += btf.length;
  }
  if (size < many) return undefined;
  return joinTypes(sections, names);
}

/** Merges the types; without any there is nothing to do. Throws BpfkitError on wrong ones. */
export function mergeTypes(context: Context): void {
  const sectionOf = Int32Array.from(context.inputs, ({ object }) => typeSection(object));
  const typed = context.inputs.filter(({ number }) => sectionOf[number]! >= 0);
  if (typed.length === 0) return;
  const atOnce = joinAtOnce(typed, sectionOf, context.names);
  const joined = atOnce ?? joinByRecords(typed);
  const { btf, words, starts, ids, records } = joined;
  const names = new Names(context, joined);
  const byInput: (JoinedPart | undefined)[] = context.inputs.map(() => undefined);
  const kernel = new Set<string>();
  const nameOf = (id: number): string => (id === 0 ? "" : btf.string(words[starts[id - 1]!]!));
  typed.forEach((input, number) => {
    const { shift, declared, sections, row, endRow } = joined.inputs[number]!;
    const name = (id: number): string => nameOf(id === 0 ? 0 : id + shift);
    const variables =
      atOnce === undefined
        ? typesOf(input)!.variables
        : variablesOf(input, sectionOf[input.number]!, sections, { words, starts, shift, sectionName: name, name });
    byInput[input.number] = { shift, row, endRow, variables, ...names.declare(input, shift, declared) };
    for (const section of kernelSections) {
      for (const { id } of variables.get(section) ?? []) kernel.add(name(id));
    }
  });
  const { declared, byGlobal, byId } = names;
  context.types = { btf, words, starts, ids, records, declared, byInput, byGlobal, byId, kernel };
}

/** The id in the joined types of type `id` of an input. */
export function joinedId({ ids }: Types, { shift }: JoinedPart, id: number): number {
  return id === 0 ? 0 : ids[id + shift]!;
}

/** Does the variable or function at this word only declare what others define? */
function isExtern(words: Uint32Array, at: number): boolean {
  const info = words[at + 1]!;
  if (infoKind(info) === BtfKind.BTF_KIND_VAR) return words[at + 3] === BtfVarLinkage.BTF_VAR_GLOBAL_EXTERN;
  return infoVlen(info) === BtfFuncLinkage.BTF_FUNC_EXTERN;
}

/** Collects what inputs declare. Names are told apart by their strings' offsets in the merged types: each is there once. */
class Names {
  readonly declared: Declared[] = [];
  readonly byGlobal: (Declared | undefined)[];
  readonly byId: Uint32Array;
  readonly #context: Context;
  readonly #joined: JoinedTypes;
  /** Numbers of names plus 1 by the offsets of their strings: open addressing, with room for all declarations. */
  readonly #numbers: Uint32Array;
  readonly #offsets: Uint32Array;
  /** By number of the name: the last input that declared it, and where in its list. */
  readonly #lastInput: number[] = [];
  readonly #lastAt: number[] = [];
  /** By global: the number, plus 1, of the last input that has a symbol of that name. */
  readonly #lastSymbol: Int32Array;

  constructor(context: Context, joined: JoinedTypes) {
    this.#context = context;
    this.#joined = joined;
    this.byId = new Uint32Array(joined.btf.typeCount);
    const declarations = joined.inputs.reduce((sum, { declared }) => sum + declared.length, 0);
    let size = 16;
    while (size < 2 * declarations) size *= 2;
    this.#numbers = new Uint32Array(size);
    this.#offsets = new Uint32Array(size);
    this.byGlobal = context.globals.map(() => undefined);
    this.#lastSymbol = new Int32Array(context.globals.length);
  }

  /** What `input` declares, by ids of its own; its types follow `shift` others. */
  declare(input: Input, shift: number, ids: JoinedInput["declared"]): Pick<JoinedPart, "names" | "declared"> {
    const names: Declared[] = [];
    const own: number[] = [];
    const { words, starts, ids: joined } = this.#joined;
    for (const global of input.globalOf) if (global >= 0) this.#lastSymbol[global] = input.number + 1;
    for (const id of ids) {
      const start = starts[id + shift - 1]!;
      const number = this.#numberOf(words[start]!, input);
      // C++ and Rust have other names for symbols than for types.
      const { global } = this.declared[number]!;
      const hasSymbol = global !== undefined && this.#lastSymbol[global.number] === input.number + 1;
      if (!hasSymbol && !isExtern(words, start)) continue;
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
      const now = joined[own[i]! + shift]!;
      this.byId[now] = each.number + 1;
      const { global } = each;
      const wins = global !== undefined && global.input === input.number && global.home !== homes.undefined;
      // The definition's own declaration stands for all; where it has none, the first does.
      if (each.standing !== 0 && (!wins || each.defines)) continue;
      if (global !== undefined) this.byGlobal[global.number] = each;
      each.standing = now;
      each.owner = input;
      each.id = own[i]!;
      each.defines = wins;
    }
    return { names, declared: own };
  }

  #numberOf(offset: number, owner: Input): number {
    const mask = this.#numbers.length - 1;
    let slot = (Math.imul(offset, 0x9e37_79b1) >>> 8) & mask;
    while (this.#numbers[slot] !== 0 && this.#offsets[slot] !== offset) slot = (slot + 1) & mask;
    let number = this.#numbers[slot]! - 1;
    if (number < 0) {
      const { globals, names } = this.#context;
      let at = this.#joined.nameAt?.(offset) ?? -1;
      const own = at < 0 ? this.#joined.btf.string(offset) : "";
      if (at < 0) at = names.find(own);
      number = this.declared.length;
      const made = new Declared(number, globals[at], own, owner);
      this.declared.push(made);
      this.#numbers[slot] = number + 1;
      this.#offsets[slot] = offset;
      this.#lastInput.push(-1);
      this.#lastAt.push(0);
    }
    return number;
  }
}
