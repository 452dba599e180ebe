/** The types of one input: its .BTF and .BTF.ext, what they declare by name, and where its variables stand. */
import {
  BtfKind,
  BtfFuncLinkage,
  BtfIntEncoding,
  BtfVarLinkage,
  infoKind,
  infoVlen,
  readBtf,
  lineRecords,
  readBtfExtTables,
  renameTypes,
  type Btf,
  type BtfExtTables,
  type LineInfo,
} from "../btf/index.js";
import type { ObjectFile } from "../object/index.js";
import type { Input } from "./context.js";

/** A variable in a data section of BTF, at its offset in the section of this input. */
export interface TypedVariable {
  readonly id: number;
  readonly offset: number;
  readonly size: number;
}

export interface InputTypes {
  readonly btf: Btf;
  readonly ext: BtfExtTables | undefined;
  /** Ids of the variables and functions that are not static, ascending. Some compilers declare what they also define. */
  readonly declared: readonly number[];
  /** Ids of the data sections. */
  readonly sections: readonly number[];
  /** The data sections by name. */
  readonly variables: ReadonlyMap<string, readonly TypedVariable[]>;
}

/** Bytes from the start of .BTF to its types: header length and the offset in the header. */
function typesStart(bytes: Uint8Array, endian: ObjectFile["endian"]): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return view.getUint32(4, endian === "little") + view.getUint32(8, endian === "little");
}

/** Offsets of variables as the relocations of .BTF give them: by the offset in .BTF of the field. */
function relocatedOffsets({ sections, symbols }: Input, section: number): ReadonlyMap<number, number> {
  const offsets = new Map<number, number>();
  const { relocations } = sections[section]!;
  for (let number = 0; number < relocations.count; number++) {
    const { offset, symbol, addend } = relocations.record(number);
    if (symbols.home(symbol) >= 0) offsets.set(offset, symbols.value(symbol) + Number(addend));
  }
  return offsets;
}

/** Is the variable or function at this word visible to other objects? */
function isShared(words: Uint32Array, at: number): boolean {
  const info = words[at + 1]!;
  if (infoKind(info) === BtfKind.BTF_KIND_VAR) return words[at + 3] !== BtfVarLinkage.BTF_VAR_STATIC;
  return infoKind(info) === BtfKind.BTF_KIND_FUNC && infoVlen(info) !== BtfFuncLinkage.BTF_FUNC_STATIC;
}

/** The number of the section called `name`; negative where there is none. */
export function sectionNamed({ sections }: ObjectFile, name: ".BTF" | ".BTF.ext"): number {
  for (let number = 0; number < sections.length; number++) if (sections[number]!.name === name) return number;
  return -1;
}

function collect(input: Input): InputTypes | undefined {
  const { object, renamed } = input;
  const { file, endian } = object;
  const number = sectionNamed(object, ".BTF");
  if (number < 0) return undefined;
  const { data } = object.sections[number]!;
  const read = readBtf(data, { file, section: ".BTF", endian });
  const { BTF_INT_SIGNED: SIGNED, BTF_INT_CHAR: CHAR } = BtfIntEncoding;
  const names = new Map<number, string>();
  const encodings = new Map<number, number>();
  const declared: number[] = [];
  const sections: number[] = [];
  const { words, starts } = read;
  for (let id = 1; id < read.typeCount; id++) {
    const start = starts[id - 1]!;
    const kind = infoKind(words[start + 1]!);
    if (kind === BtfKind.BTF_KIND_DATASEC) sections.push(id);
    if (kind === BtfKind.BTF_KIND_INT) {
      const encoding = words[start + 3]! >>> 24;
      // gcc calls char both signed and a character; kernels take one of them, and clang says signed.
      if ((encoding & 15) === (SIGNED | CHAR)) encodings.set(id, SIGNED);
    }
    if ((kind !== BtfKind.BTF_KIND_FUNC && kind !== BtfKind.BTF_KIND_VAR) || !isShared(words, start)) continue;
    declared.push(id);
    const name = renamed.size === 0 ? undefined : renamed.get(read.name(id));
    if (name !== undefined) names.set(id, name);
  }
  const variables = variablesOf(input, number, sections, {
    words,
    starts,
    shift: 0,
    sectionName: (id) => read.string(words[starts[id - 1]!]!, `a name of type [${id}]`),
    name: (id) => read.name(id),
  });
  const extSection = object.sections[sectionNamed(object, ".BTF.ext")];
  const ext = extSection && readBtfExtTables(extSection.data, read, { file, section: ".BTF.ext", endian });
  return { btf: renameTypes(read, names, encodings), ext, declared, sections, variables };
}

/** Types of an input, alone or among others. */
export interface TypesView {
  readonly words: Uint32Array;
  readonly starts: Uint32Array;
  /** How many types are before them, which is added to their ids where these stand in the words. */
  readonly shift: number;
  /** Names by ids of their own. */
  readonly sectionName: (id: number) => string;
  readonly name: (id: number) => string;
}

/** The variables in the data sections `ids` (the input's own) of section number `number` of `input`, .BTF; by the names of these. */
export function variablesOf(
  input: Input,
  number: number,
  ids: Iterable<number>,
  { words, starts, shift, sectionName, name: nameOf }: TypesView,
): ReadonlyMap<string, readonly TypedVariable[]> {
  const { object } = input;
  let moved: ReadonlyMap<number, number> | undefined;
  let base = 0;
  let symbols: ReadonlyMap<string, number> | undefined;
  const variables = new Map<string, readonly TypedVariable[]>();
  for (const id of ids) {
    if (moved === undefined) {
      moved = relocatedOffsets(input, number);
      base = typesStart(object.sections[number]!.data, object.endian) - 4 * starts[shift]!;
    }
    const at = starts[id + shift - 1]!;
    const name = sectionName(id);
    const list: TypedVariable[] = [];
    for (let i = at + 3, left = infoVlen(words[at + 1]!); left > 0; left--, i += 3) {
      const type = words[i] === 0 ? 0 : words[i]! - shift;
      // A linker states the section's size, and with it the offsets; static variables may share a name there.
      let offset = moved.get(base + 4 * i + 4) ?? (words[at + 2]! > 0 ? words[i + 1]! : undefined);
      offset ??= (symbols ??= symbolOffsets(object)).get(`${name}\0${nameOf(type)}`) ?? words[i + 1]!;
      list.push({ id: type, offset, size: words[i + 2]! });
    }
    const known = variables.get(name);
    variables.set(name, known === undefined ? list : [...known, ...list]);
  }
  return variables;
}

/** Offsets of named symbols by section and name, for .BTF that has no relocations. */
function symbolOffsets(object: ObjectFile): ReadonlyMap<string, number> {
  const symbols = new Map<string, number>();
  for (const { name, home, type } of object.symbols) {
    if (home.kind === "section" && type !== "section") {
      symbols.set(`${object.sections[home.section]!.name}\0${name}`, home.offset);
    }
  }
  return symbols;
}

const read = new WeakMap<Input, InputTypes | undefined>();

/** The types of `input`, read once; undefined where it has none. Throws BpfkitError on wrong ones. */
export function typesOf(input: Input): InputTypes | undefined {
  if (!read.has(input)) read.set(input, collect(input));
  return read.get(input);
}

const names = new WeakMap<InputTypes, ReadonlyMap<string, number>>();

/** The declaration of `name`, the definition where there are several: for inputs that errors speak of. */
export function declarationOf(types: InputTypes, name: string): number | undefined {
  let known = names.get(types);
  if (known === undefined) {
    known = new Map(types.declared.map((id) => [types.btf.name(id), id]));
    names.set(types, known);
  }
  return known.get(name);
}

const lines = new WeakMap<InputTypes, ReadonlyMap<string, readonly LineInfo[]>>();

/** The line tables by section, sorted by offset: made for inputs that errors speak of. */
export function linesOf(types: InputTypes): ReadonlyMap<string, readonly LineInfo[]> {
  let known = lines.get(types);
  if (known === undefined) {
    known = new Map((types.ext?.lineInfo ?? []).map((table) => [table.section, lineRecords(table)]));
    lines.set(types, known);
  }
  return known;
}
