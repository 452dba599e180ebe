/**
 * Pass: the types of all inputs in one BTF, equal ones once. Which of several declarations of a name stands for all is decided
 * here; where variables went and which types are still needed is known only after the layout (type-output.ts).
 */
import {
  dedupBtf,
  extTables,
  extWidths,
  JoinedRecords,
  joinTypes,
  mergeBtf,
  type Btf,
  type BtfExtTables,
  type JoinedTypes,
  type JoinInput,
  type MovedStrings,
} from "../btf/index.js";
import type { NameTable } from "../bytes/index.js";
import type { Context, Input } from "./context.js";
import { Declarations } from "./declarations.js";
import { sectionNamed, typesOf, variablesOf, type TypedVariable } from "./type-read.js";

/** Data sections that only BTF has: what the kernel provides. */
const kernelSections = [".ksyms", ".kconfig"] as const;

/** The types of one input. */
export interface JoinedPart {
  /** What is added to its ids to have those of the merged types. */
  readonly shift: number;
  /** The data sections by name. */
  readonly variables: ReadonlyMap<string, readonly TypedVariable[]>;
  /** Its rows among the records of .BTF.ext: the first one, and that behind the last. */
  readonly row: number;
  readonly endRow: number;
  /** What it declares: from where to where among all declarations. */
  readonly from: number;
  readonly end: number;
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
  readonly declared: Declarations;
  /** By input number; undefined where an input has no types. */
  readonly byInput: readonly (JoinedPart | undefined)[];
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
    sections.push({ btf, ext: object.sections[sectionNamed(object, ".BTF.ext")]?.data });
    size += btf.length;
  }
  if (size < many) return undefined;
  return joinTypes(sections, names);
}

/** Merges the types; without any there is nothing to do. Throws BpfkitError on wrong ones. */
export function mergeTypes(context: Context): void {
  const sectionOf = Int32Array.from(context.inputs, ({ object }) => sectionNamed(object, ".BTF"));
  const typed = context.inputs.filter(({ number }) => sectionOf[number]! >= 0);
  if (typed.length === 0) return;
  const atOnce = joinAtOnce(typed, sectionOf, context.names);
  const joined = atOnce ?? joinByRecords(typed);
  const { btf, words, starts, records } = joined;
  const declared = new Declarations(context, joined);
  const byInput: (JoinedPart | undefined)[] = context.inputs.map(() => undefined);
  const kernel = new Set<string>();
  const nameOf = (id: number): string => (id === 0 ? "" : btf.string(words[starts[id - 1]!]!));
  typed.forEach((input, number) => {
    const { shift, declared: ids, sections, row, endRow } = joined.inputs[number]!;
    const name = (id: number): string => nameOf(id === 0 ? 0 : id + shift);
    const variables =
      atOnce === undefined
        ? typesOf(input)!.variables
        : variablesOf(input, sectionOf[input.number]!, sections, { words, starts, shift, sectionName: name, name });
    byInput[input.number] = { shift, row, endRow, variables, ...declared.declare(input, shift, ids) };
    for (const section of kernelSections) {
      for (const { id } of variables.get(section) ?? []) kernel.add(name(id));
    }
  });
  context.types = { btf, words, starts, ids: joined.ids, records, declared, byInput, kernel };
}

/** The id in the joined types of type `id` of an input. */
export function joinedId({ ids }: Types, { shift }: JoinedPart, id: number): number {
  return id === 0 ? 0 : ids[id + shift]!;
}
