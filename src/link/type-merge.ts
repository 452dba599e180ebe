/**
 * Pass: the types of all inputs in one BTF, equal ones once. Which of several declarations of a name stands for all is decided
 * here; where variables went and which types are still needed is known only after the layout (type-output.ts).
 */
import { dedupBtf, extWidths, mergeBtf, type Btf } from "../btf/index.js";
import type { Context, Input } from "./context.js";
import { typesOf } from "./type-read.js";

/** Data sections that only BTF has: what the kernel provides. */
const kernelSections = [".ksyms", ".kconfig"] as const;

export interface Types {
  /** All types of all inputs, deduplicated; data sections and losing declarations are still in it. */
  readonly btf: Btf;
  /** The number of types of all inputs together. */
  readonly before: number;
  /** The id in `btf` of a type of an input. */
  readonly id: (input: Input, id: number) => number;
  /** The offset in `btf` of a string of an input's .BTF. */
  readonly string: (input: Input, offset: number) => number;
  /** The declaration that stands for all of a name. */
  readonly standing: ReadonlyMap<string, number>;
  /** Whose declaration that is, and its id there. */
  readonly owners: ReadonlyMap<string, { readonly input: Input; readonly id: number }>;
  /** All declarations of names that are not static, by id. */
  readonly declarations: ReadonlyMap<number, string>;
  /** Names in the data sections of the kernel's symbols. */
  readonly kernel: ReadonlySet<string>;
}

/** Offsets of the strings that the lines and CO-RE records of an input use. */
function extStrings(input: Input): number[] {
  const { ext } = typesOf(input)!;
  const offsets: number[] = [];
  let file = -1;
  for (const { words } of ext?.lineInfo ?? []) {
    for (let at = 0; at < words.length; at += extWidths.lineInfo) {
      // Most lines are of the file of the line before.
      if (words[at + 1] !== file) offsets.push((file = words[at + 1]!));
      offsets.push(words[at + 2]!);
    }
  }
  for (const { words } of ext?.coreRelos ?? []) {
    for (let at = 0; at < words.length; at += extWidths.coreRelos) offsets.push(words[at + 2]!);
  }
  return offsets;
}

/** Merges the types; without any there is nothing to do. Throws BpfkitError on wrong ones. */
export function mergeTypes(context: Context): void {
  const typed = context.inputs.filter((input) => typesOf(input) !== undefined);
  if (typed.length === 0) return;
  const numbers = new Int32Array(context.inputs.length);
  typed.forEach((input, number) => (numbers[input.number] = number));
  const { endian } = typed[0]!.object;
  const merged = mergeBtf(
    typed.map((input) => typesOf(input)!.btf),
    endian,
    typed.map(extStrings),
  );
  const { btf, ids } = dedupBtf(merged.btf);
  const id = (input: Input, old: number): number =>
    old === 0 ? 0 : ids[old + merged.shifts[numbers[input.number]!]!]!;
  const declarations = new Map<number, string>();
  const standing = new Map<string, number>();
  const owners = new Map<string, { readonly input: Input; readonly id: number }>();
  const winners = new Set<string>();
  const kernel = new Set<string>();
  for (const input of typed) {
    const { declared, variables, btf: own } = typesOf(input)!;
    for (const [name, old] of declared) {
      const now = id(input, old);
      declarations.set(now, name);
      const global = context.globalNumbers.get(name);
      const symbol = global === undefined ? undefined : context.globals[global]!;
      const wins = symbol !== undefined && symbol.input === input.number && symbol.symbol.home.kind !== "undefined";
      // The definition's own declaration stands for all; where it has none, the first does.
      if (!standing.has(name) || (wins && !winners.has(name))) {
        standing.set(name, now);
        owners.set(name, { input, id: old });
      }
      if (wins) winners.add(name);
    }
    for (const section of kernelSections) {
      for (const { id: old } of variables.get(section) ?? []) kernel.add(own.name(old));
    }
  }
  const string = (input: Input, offset: number): number => merged.string(numbers[input.number]!, offset) ?? 0;
  const before = merged.btf.typeCount - 1;
  context.types = { btf, before, id, string, standing, owners, declarations, kernel };
}
