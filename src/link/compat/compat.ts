/**
 * `--compat libbpf`: the very file that `bpftool gen object` writes. An input is taken as it stands in its file, section by
 * section, and nothing is moved, merged or sorted that the other linker leaves. Source: docs/linker.md "Compared with bpftool".
 */
import { writeBtf, writeBtfExtTables } from "../../btf/index.js";
import type { Endian } from "../../bytes/index.js";
import { BpfkitError, diagnostic, type Diagnostic } from "../../diag/index.js";
import { StringTable } from "../../elf/index.js";
import { fileOf, readObject, writeObject, type ObjectFile } from "../../object/index.js";
import type { LinkOptions } from "../types.js";
import { dedupLikeLibbpf } from "./dedup.js";
import { MergedTypes } from "./merged-types.js";
import type { Output, SourceFile } from "./model.js";
import { appendRecords, gatherRecords } from "./records.js";
import { appendRelocations } from "./relocations.js";
import { appendContents } from "./sections.js";
import { readSource } from "./source.js";
import { appendSymbols } from "./symbols.js";
import { appendTypes } from "./types.js";
import { libbpfVersions, type LibbpfRules } from "./versions.js";
import { writeFile } from "./write.js";

function newOutput(endian: Endian, diagnostics: Diagnostic[]): Output {
  const names = new StringTable();
  names.add(".strtab");
  names.add(".symtab");
  const none = { name: "", nameOffset: 0, value: 0n, size: 0n, bind: 0, type: 0, other: 0, shndx: 0 };
  return {
    endian,
    names,
    sections: [],
    byName: new Map(),
    placed: [],
    symbols: [none],
    globals: new Map(),
    types: new MergedTypes(),
    diagnostics,
  };
}

function addFile(output: Output, source: SourceFile): void {
  appendContents(output, source);
  appendSymbols(output, source);
  appendRelocations(output, source);
  const { btf, ext } = source;
  if (btf === undefined) return;
  const ids = appendTypes(output, source, btf);
  if (ext !== undefined) appendRecords(output, source, btf, ext, ids);
}

/** Says where the file is wrong: places that the other linker does not put right when a definition replaces another symbol. */
function reportWrong({ globals, symbols, diagnostics }: Output, file: string): void {
  for (const [name, { symbol, isExtern, section, variable }] of globals) {
    const { shndx, value } = symbols[symbol]!;
    const where = section?.name ?? "";
    if (isExtern && shndx !== 0) {
      const what = `${name}, which is only declared, as a definition at ${value} of ${where}`;
      diagnostics.push(diagnostic("link-compat-wrong", { what }, { kind: "binary", file, section: where, offset: 0 }));
    }
    const listed = variable < 0 || isExtern ? undefined : section?.variables[3 * variable + 1];
    if (listed === undefined || BigInt(listed) === value) continue;
    const what = `types that list ${name} at ${listed} of ${where}, though it is at ${value}`;
    diagnostics.push(diagnostic("link-compat-wrong", { what }, { kind: "binary", file, section: ".BTF", offset: 0 }));
  }
}

export interface CompatFile {
  readonly bytes: Uint8Array;
  readonly object: ObjectFile;
  /** The number of types. */
  readonly types: number;
}

/**
 * The file of libbpf's linker for `objects`, of one byte order; undefined where that linker refuses them or writes what nobody
 * can read. Why, and what is wrong in the file, goes to `diagnostics`.
 */
export function linkLikeLibbpf(
  objects: readonly ObjectFile[],
  { file = "a.out", compat = "libbpf" }: LinkOptions,
  diagnostics: Diagnostic[],
): CompatFile | undefined {
  try {
    const { bytes, types } = linkAll(objects, file, libbpfVersions[compat], diagnostics);
    return { bytes, types, object: readObject(bytes, { file }) };
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    diagnostics.push(...error.diagnostics);
    return undefined;
  }
}

function linkAll(
  objects: readonly ObjectFile[],
  file: string,
  rules: LibbpfRules,
  diagnostics: Diagnostic[],
): Pick<CompatFile, "bytes" | "types"> {
  const { endian } = objects[0]!;
  const output = newOutput(endian, diagnostics);
  for (const object of objects) addFile(output, readSource(object.file, fileOf(object) ?? writeObject(object)));
  reportWrong(output, file);
  const { types, sections } = output;
  if (types.next === 1) return { bytes: writeFile(output, undefined, undefined), types: 0 };
  for (const { name, size, variables, typed } of sections) if (typed) types.addDatasec(name, size, variables);
  const { words, ids } = dedupLikeLibbpf(types.words, types.starts, rules);
  const tables = gatherRecords(sections, ids);
  const hasRecords = Object.values(tables).some(({ length }) => length > 0);
  // The names of sections are the last strings.
  const records = hasRecords
    ? writeBtfExtTables(tables, (text) => types.strings.intern(text), endian).bytes
    : undefined;
  const parts = { endian, words, strings: types.strings.bytes(), layout: new Uint8Array(0), layoutEndian: endian };
  const btf = writeBtf({ ...parts, wideHeader: rules.wideHeader });
  return { bytes: writeFile(output, btf, records), types: ids.reduce((most, id) => Math.max(most, id), 0) };
}
