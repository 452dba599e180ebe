/** Pass: .BTF and .BTF.ext of the linked object, now that all variables and functions have their places. */
import {
  BtfFuncLinkage,
  BtfKind,
  fileNumbers,
  infoKind,
  infoVlen,
  reshapeBtf,
  sizeOf,
  writeBtfExtTables,
  type BtfDatasec,
  type BtfExtWords,
  type BtfFunc,
  type BtfType,
  type BtfVarSecinfo,
} from "../btf/index.js";
import { BpfkitError } from "../diag/index.js";
import { homes, type Section } from "../object/index.js";
import type { Context, Global, Input } from "./context.js";
import { madeSection } from "./output.js";
import { singleSections } from "./symbols.js";
import type { RecordList } from "./record-list.js";
import { moveRecords, placeOfInsn, type MovedRecords } from "./type-ext.js";
import { joinedId, type Types } from "./type-merge.js";

/** The sections .BTF and .BTF.ext; none where no input has types. */
export function buildTypes(context: Context): { readonly sections: readonly Section[]; readonly count: number } {
  const { types, outputs, inputs, options } = context;
  if (types === undefined || inputs.length === 0) return { sections: [], count: 0 };
  const choice = new Choice(context, types);
  const own = [...choice.added, ...choice.datasecs()];
  const moved = moveRecords(context, types.btf.typeCount + own.length);
  const { btf, ids, text } = reshapeBtf(types.btf, {
    stands: choice.stands,
    linkages: choice.linkages,
    added: [...own, ...moved.added],
    roots: options.gcSections === true ? recordRoots(moved) : undefined,
    strings: (kept) => {
      for (const { records } of moved.lines) kept.takeLines(records);
      for (const { records } of moved.relos) kept.takeRelos(records);
    },
    texts: [...outputs.map(({ name }) => name), ...moved.files],
  });
  for (const { words, width, start, end } of [...moved.funcs, ...moved.relos]) {
    for (let at = start + 1; at < end; at += width) words[at] = ids[words[at]!]!;
  }
  if (moved.files.length > 0) {
    for (const { words, width, start, end } of moved.lines) {
      for (let at = start; at < end; at += width) {
        if (words[at + 1]! >= fileNumbers) words[at + 1] = text(moved.files[words[at + 1]! - fileNumbers]!);
      }
    }
  }
  const tables = (lists: readonly RecordList[]): BtfExtWords[] =>
    lists
      .map(({ records }, i) => ({ section: outputs[i]!.name, words: records }))
      .filter(({ words }) => words.length > 0);
  const funcInfo = tables(moved.funcs);
  const lineInfo = tables(moved.lines);
  const coreRelos = tables(moved.relos);
  const sections = [madeSection(".BTF", btf.bytes, 4)];
  if (funcInfo.length + lineInfo.length + coreRelos.length > 0) {
    const { endian } = inputs[0]!.object;
    const { bytes } = writeBtfExtTables({ funcInfo, lineInfo, coreRelos }, text, endian, moved.room);
    sections.push(madeSection(".BTF.ext", bytes, 4));
  }
  return { sections, count: btf.typeCount - 1 };
}

function* recordRoots({ funcs, relos }: MovedRecords): Generator<number> {
  for (const { words, width, start, end } of [...funcs, ...relos]) {
    for (let at = start + 1; at < end; at += width) yield words[at]!;
  }
}

/** Which declarations stay, and the data sections they are in. */
class Choice {
  readonly stands: Uint32Array;
  /** New linkages by id; -1 leaves that of the type. */
  readonly linkages: Int8Array;
  /** Types of functions that only declarations describe. */
  readonly added: BtfType[] = [];
  readonly #context: Context;
  readonly #types: Types;
  /** The variables that stand for all of a global's name. */
  readonly #variables: number[] = [];

  constructor(context: Context, types: Types) {
    this.#context = context;
    this.#types = types;
    const { btf, declared } = types;
    const { words, starts } = btf;
    this.stands = new Uint32Array(btf.typeCount);
    this.linkages = new Int8Array(btf.typeCount).fill(-1);
    const kept = new Uint32Array(declared.count);
    for (let name = 0; name < kept.length; name++) kept[name] = this.#keep(name);
    for (let id = 1; id < starts.length; id++) {
      const kind = infoKind(words[starts[id - 1]! + 1]!);
      const name = declared.byId[id]!;
      if (name !== 0) {
        this.stands[id] = kept[name - 1]!;
        if (kind !== BtfKind.BTF_KIND_VAR) continue;
        if (declared.standing[name - 1] === id && declared.global(name - 1) !== undefined) this.#variables.push(id);
      } else if (kind !== BtfKind.BTF_KIND_DATASEC) this.stands[id] = id;
    }
  }

  /** The declaration that stays for a name, 0 where none does; its linkage says whether it is defined. */
  #keep(name: number): number {
    const { declared } = this.#types;
    const id = declared.standing[name]!;
    if (id === 0) return 0;
    const global = declared.global(name);
    const open = global === undefined || global.home === homes.undefined;
    if (open) return this.#context.options.relocatable === true || this.#types.kernel.has(declared.text(name)) ? id : 0;
    if (!this.#isPlaced(global)) return 0;
    const linkage = global.localized ? 0 : 1;
    const { words, starts } = this.#types.btf;
    const info = words[starts[id - 1]! + 1]!;
    if (infoKind(info) === BtfKind.BTF_KIND_FUNC && infoVlen(info) === BtfFuncLinkage.BTF_FUNC_EXTERN) {
      const type = this.#types.btf.type(id);
      if (type.kind === "func") return this.#define(type, linkage);
    }
    this.linkages[id] = linkage;
    return id;
  }

  /** A declaration made a definition: there, the kernel wants parameters to have names. */
  #define(type: BtfFunc, linkage: number): number {
    const { btf } = this.#types;
    const proto = btf.type(type.type);
    const add = (made: BtfType): number => btf.typeCount + this.added.push(made) - 1;
    if (proto.kind !== "func_proto") return add({ ...type, linkage });
    const params = proto.params.map((param, i) => ({
      ...param,
      name: param.name === "" && param.type !== 0 ? `arg${i + 1}` : param.name,
    }));
    return add({ ...type, linkage, type: add({ ...proto, params }) });
  }

  /** Is a global in the output? Absolute ones are nowhere, and stay. */
  #isPlaced({ home, input, symbols, at }: Global): boolean {
    return home < 0 || placeOfInsn(this.#context.inputs[input]!, home, symbols.value(at)) >= 0;
  }

  datasecs(): BtfDatasec[] {
    const { outputs, inputs } = this.#context;
    const types = this.#types;
    const inOutputs = outputs.map((): BtfVarSecinfo[] => []);
    const elsewhere = new Map<string, Map<number, BtfVarSecinfo>>();
    const placed = new Set<number>();
    for (const input of inputs) {
      const own = types.byInput[input.number];
      if (own === undefined) continue;
      for (const [name, variables] of own.variables) {
        const section = input.object.sections.findIndex((each) => each.name === name);
        for (const { id: old, offset, size } of variables) {
          const id = joinedId(types, own, old);
          if (section < 0) {
            // A map that is only declared here is listed where it is defined.
            const global = types.declared.global(types.declared.byId[id]! - 1);
            if (this.stands[id] === 0 || (global !== undefined && global.home !== homes.undefined)) continue;
            let list = elsewhere.get(name);
            if (list === undefined) elsewhere.set(name, (list = new Map()));
            list.set(this.stands[id]!, { type: this.stands[id]!, offset, size });
            continue;
          }
          if (this.stands[id] !== id) continue;
          // The definition that counts may be that of an object without types.
          const winner = types.declared.global(types.declared.byId[id]! - 1)?.input;
          if (winner !== undefined && winner !== input.number) continue;
          const { map, output } = input.sections[section]!;
          const at = map === undefined || this.#isCopy(input, section) ? -1 : map.at(offset);
          if (at < 0) {
            this.stands[id] = 0;
            continue;
          }
          placed.add(id);
          inOutputs[output]!.push({ type: id, offset: at, size });
        }
      }
    }
    // Variables of objects without types, declared or defined by others.
    const others = this.#variables.filter((id) => this.stands[id] === id && !placed.has(id));
    const globalOf = (id: number): Global => types.declared.global(types.declared.byId[id]! - 1)!;
    for (const id of others.toSorted((a, b) => globalOf(a).number - globalOf(b).number)) {
      const { home, input: owner, symbols, at } = globalOf(id);
      if (home < 0) continue;
      const input = inputs[owner]!;
      const offset = placeOfInsn(input, home, symbols.value(at));
      if (offset < 0) continue;
      const known = symbols.size(at);
      const size = known > 0 ? known : this.#size(id);
      if (size > 0) inOutputs[input.sections[home]!.output]!.push({ type: id, offset, size });
    }
    const made = outputs.map(({ name, size }, i) => this.#datasec(name, size, inOutputs[i]!));
    for (const [name, list] of elsewhere) {
      // Loaders give these their places.
      made.push({ kind: "datasec", name, size: 0, vars: [...list.values()] });
    }
    return made.filter(({ vars }) => vars.length > 0);
  }

  /** Variables of one section, sorted, each behind the one before: what stands at the same place as another is left out. */
  #datasec(name: string, size: number, vars: BtfVarSecinfo[]): BtfDatasec {
    let end = 0;
    const kept = vars
      .toSorted((a, b) => a.offset - b.offset)
      .filter((each) => {
        if (each.offset < end) return false;
        // clang gives a variable that it took apart the type of the whole, which the kernel refuses.
        if (each.size < this.#size(each.type)) return false;
        end = each.offset + each.size;
        return end <= size;
      });
    return { kind: "datasec", name, size, vars: kept };
  }

  #isCopy(input: Input, section: number): boolean {
    if (!singleSections.has(input.object.sections[section]!.name)) return false;
    const { output } = input.sections[section]!;
    return this.#context.outputs[output]!.parts[0]?.input !== input.number;
  }

  #size(id: number): number {
    try {
      return sizeOf(this.#types.btf, id);
    } catch (error) {
      if (error instanceof BpfkitError) return 0;
      throw error;
    }
  }
}
