/** Types of an input behind those of the inputs before; of a name that is not static one variable or function stays. */
import { BtfKind, infoKind, visitTypeIds, type Btf } from "../../btf/index.js";
import { refusal, type Global, type Output, type SourceFile, type SourceSection, type TargetSection } from "./model.js";
import { entriesOf, isShared } from "./source.js";

/** Adds the types of `file`; gives the new id of each, 0 for those that are left out. */
export function appendTypes(output: Output, file: SourceFile, btf: Btf): Uint32Array {
  const { types, globals } = output;
  const { words, starts } = btf;
  const ids = new Uint32Array(btf.typeCount);
  const first = types.next;
  const changed: Global[] = [];
  for (let id = 1; id < btf.typeCount; id++) {
    const at = starts[id - 1]!;
    if (infoKind(words[at + 1]!) === BtfKind.BTF_KIND_DATASEC) continue;
    const global = isShared(words, at) ? globals.get(btf.name(id)) : undefined;
    if (global === undefined) {
      // Without a symbol it is in a section of which another copy is kept.
      if (!isShared(words, at)) ids[id] = types.add(btf, id);
      continue;
    }
    if (global.refers === 0 || global.type === 0) {
      global.refers = -words[at + 2]!;
      changed.push(global);
    }
    if (global.type === 0) global.type = types.add(btf, id);
    ids[id] = global.type;
  }
  for (let id = first; id < types.next; id++) {
    visitTypeIds(types.words, types.at(id), (index) => {
      const old = types.words[index]!;
      const now = ids[old];
      if (now === undefined || (now === 0 && old !== 0)) {
        throw refusal(file.file, `a type refers to type [${old}], which it leaves out`, ".BTF");
      }
      types.words[index] = now;
    });
  }
  for (const global of changed) {
    if (global.refers >= 0) continue;
    global.refers = ids[-global.refers]!;
    types.words[types.at(global.type) + 2] = global.refers;
  }
  for (const section of file.sections) {
    if (section.datasec !== 0 && !section.skipped) appendVariables(output, file, btf, section, ids);
  }
  return ids;
}

function appendVariables(
  output: Output,
  { file, variableOffsets }: SourceFile,
  btf: Btf,
  section: SourceSection,
  ids: Uint32Array,
): void {
  const { types, globals } = output;
  const target = targetOf(section, file);
  target.typed = true;
  const { variables } = target;
  for (const entry of entriesOf(btf, section.datasec)) {
    const old = btf.words[entry]!;
    const id = ids[old] ?? 0;
    if (id === 0)
      throw refusal(file, `section ${section.name} of the types lists type [${old}], which it leaves out`, ".BTF");
    const isNamed = isShared(types.words, types.at(id));
    const name = btf.name(old);
    const global = isNamed ? globals.get(name) : undefined;
    if (global !== undefined && global.section !== target) {
      throw refusal(file, `${name} is in section ${section.name} here and in another one elsewhere`, ".BTF");
    }
    if (global !== undefined && global.variable >= 0) {
      if (types.kind(id) === BtfKind.BTF_KIND_FUNC) continue;
      const size = types.size(global.refers);
      if (size === undefined) throw refusal(file, `the type of ${name} has no size`, ".BTF");
      variables[3 * global.variable + 2] = size;
      continue;
    }
    if (global !== undefined) global.variable = variables.length / 3;
    const offset = variableOffsets.get(entry) ?? btf.words[entry + 1]!;
    variables.push(id, section.offset + offset, btf.words[entry + 2]!);
  }
}

function targetOf({ target, name }: SourceSection, file: string): TargetSection {
  if (target === undefined)
    throw refusal(file, `the types list variables in ${name}, which holds no code or data`, ".BTF");
  return target;
}
