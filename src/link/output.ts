/** Pass: the linked Object: contents copied, relocations resolved or carried over, symbols renumbered. */
import { diagnostic } from "../diag/index.js";
import type { ObjectFile, Section } from "../object/index.js";
import { mergedFlags, noFlags, objectOf, RelocationList, sectionOf } from "../object/index.js";
import type { Context, Input, OutputSection } from "./context.js";
import { copyContents } from "./contents.js";
import { References } from "./references.js";
import { SymbolTable } from "./symbol-table.js";

export function buildOutput(context: Context, types: readonly Section[]): ObjectFile {
  const { inputs, outputs, options } = context;
  const table = new SymbolTable(context);
  const data = copyContents(context);
  const references = new References(context, table, data);
  const relocations = outputs.map(({ parts }): RelocationList => {
    let most = 0;
    for (const { input, section } of parts) most += inputs[input]!.sections[section]!.relocations.count;
    const list = new RelocationList(most);
    for (const { input, section } of parts) references.resolve(inputs[input]!, section, list);
    return list;
  });
  const groups = keptGroups(context);
  const signatures = groups.list.map(({ signature, input }) => table.signature(input, signature));
  const { symbols, numbers } = table.finish();
  const sections = outputs.map(({ first, name, align, size, noBits, mixed, retain, parts }, i): Section => {
    const type = noBits ? first.type : first.type === "nobits" ? "progbits" : first.type;
    const { merge, strings, exclude } = first.flags;
    const flags = {
      ...first.flags,
      merge: merge && !mixed,
      strings: strings && !mixed,
      retain: options.relocatable === true && retain,
      exclude: options.relocatable === true && exclude,
    };
    const list = relocations[i]!;
    list.finish(numbers);
    const entsize = mixed ? 0 : first.entsize;
    const group = groups.ofOutput[i]!;
    const linkedTo = targetOf(inputs, parts);
    return sectionOf({ name, type, flags, align, entsize, size, data: data[i]!, group, linkedTo }, list);
  });
  const flags = mergedFlags(inputs.map(({ object }) => object.flags));
  if (flags === undefined) {
    const tagged = inputs.find(({ object }) => (object.flags & 15) === 15)!;
    context.diagnostics.push(diagnostic("link-isa", { file: tagged.object.file }));
  }
  const { endian } = inputs[0]!.object;
  const object = {
    file: options.file ?? "a.out",
    endian,
    flags: flags ?? 0,
    sections: [...sections, ...types],
    groups: groups.list.map(({ comdat }, i) => ({ signature: numbers[signatures[i]!]!, comdat })),
  };
  return objectOf(object, symbols);
}

/** The output section that all of `parts` accompany; -1 where there is none. */
function targetOf(inputs: readonly Input[], parts: OutputSection["parts"]): number {
  let found = -1;
  for (const { input: number, section } of parts) {
    const { object, sections } = inputs[number]!;
    const { linkedTo } = object.sections[section]!;
    if (linkedTo < 0) return -1;
    const { map, output } = sections[linkedTo]!;
    if (map === undefined || (found >= 0 && found !== output)) return -1;
    found = output;
  }
  return found;
}

/** A group of an input that has sections in the output: `signature` is the symbol of the input that names it. */
interface KeptGroup {
  readonly input: Input;
  readonly signature: number;
  readonly comdat: boolean;
}

/** The groups of the output, in the order of their first sections, and for each output section its group or -1. */
function keptGroups({ inputs, outputs }: Context): { list: KeptGroup[]; ofOutput: number[] } {
  const list: KeptGroup[] = [];
  const known = new Map<string, number>();
  const ofOutput = outputs.map(({ group }) => {
    if (group === undefined) return -1;
    const key = `${group.input} ${group.group}`;
    let number = known.get(key);
    if (number === undefined) {
      const input = inputs[group.input]!;
      const { signature, comdat } = input.object.groups[group.group]!;
      number = list.push({ input, signature, comdat }) - 1;
      known.set(key, number);
    }
    return number;
  });
  return { list, ofOutput };
}

/** A section that the linker makes itself. */
export function madeSection(name: string, data: Uint8Array, align: number): Section {
  return {
    name,
    type: "progbits",
    flags: noFlags,
    align,
    entsize: 0,
    size: data.length,
    data,
    relocations: [],
    group: -1,
    linkedTo: -1,
  };
}
