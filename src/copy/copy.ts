/** An ELF file, or each object of an archive, to a changed one. Asked for nothing that changes it, the copy is the same bytes. */
import { failure } from "../diag/index.js";
import { isArchive, readArchive, writeArchive } from "../elf/index.js";
import { closeEdit } from "./close.js";
import { addDebugLink, keepDebug } from "./debug-file.js";
import { openEdit } from "./open.js";
import type { CopyOptions } from "./options.js";
import { nameTest } from "./patterns.js";
import { removeSections, removeSymbols } from "./remove.js";
import {
  addSection,
  decompressSections,
  prefixSections,
  relocationsOf,
  renameSections,
  setAlignment,
  setFlags,
  unwanted,
  updateSection,
} from "./sections.js";
import { strippedSections, strippedSymbols } from "./strip.js";
import { addSymbols, checkNames, rebind, renameSymbols } from "./symbols.js";
import type { CopyChange, EditFile } from "./types.js";

export interface CopyResult {
  readonly bytes: Uint8Array;
  readonly changes: readonly CopyChange[];
}

/** Everything asked, by the names in the input: what is new is added, and what stays is renamed, in the end. */
function apply(file: EditFile, options: CopyOptions): void {
  const isKept = nameTest(options.keepSections, true);
  const stripped = strippedSections(file, options.strip, isKept);
  const tables = relocationsOf(file, options.removeRelocations ?? []);
  const removed = unwanted(file, options.removeSections, options.onlySections, isKept);
  removeSections(file, [...stripped, ...removed, ...tables]);
  removeSymbols(file, strippedSymbols(file, options));
  rebind(file, options);
  renameSymbols(file, options.redefineSymbols ?? new Map<string, string>(), options.prefixSymbols ?? "");
  addSymbols(file, options.addSymbols ?? []);
  if (options.decompress === true) decompressSections(file);
  for (const { name, data } of options.updateSections ?? []) updateSection(file, name, data);
  for (const { name, align } of options.setSectionAlignment ?? []) setAlignment(file, name, align);
  for (const { name, flags } of options.setSectionFlags ?? []) {
    const isMeant = nameTest([name], true);
    for (const section of file.sections) if (isMeant(section.name)) setFlags(file, section, flags);
  }
  if (options.onlyDebug === true) keepDebug(file);
  renameSections(file, options.renameSections ?? []);
  prefixSections(file, options.prefixSections ?? "", options.prefixAllocSections ?? "");
  for (const { name, data } of options.addSections ?? []) addSection(file, name, data);
  if (options.debugLink !== undefined) addDebugLink(file, options.debugLink.file, options.debugLink.contents);
  if ((options.addSymbols ?? []).length > 0) checkNames(file);
}

/** Copies an ELF64 file of either byte order. Throws BpfkitError where it is broken or cannot be changed as asked. */
export function copyElf(
  bytes: Uint8Array,
  options: CopyOptions,
  input: { readonly file?: string | undefined } = {},
): CopyResult {
  const file = openEdit(bytes, input.file);
  apply(file, options);
  return { bytes: file.changes.length === 0 ? bytes : closeEdit(file), changes: file.changes };
}

/** Copies an archive, object by object; other members stay as they are. A changed one is written as GNU ar does. */
export function copyArchive(
  bytes: Uint8Array,
  options: CopyOptions,
  input: { readonly file?: string | undefined } = {},
): CopyResult {
  const { file } = input;
  const archive = readArchive(bytes, { file });
  const changes: CopyChange[] = [];
  const members = archive.members.map(({ name, data }) => {
    if (data === undefined) {
      throw failure("copy-thin", { name }, { kind: "binary", file, offset: 0 });
    }
    const isElf = data[0] === 0x7f && data[1] === 0x45;
    if (!isElf) return { name, data };
    const copy = copyElf(data, options, { file: `${name} (ex ${file ?? "archive"})` });
    changes.push(...copy.changes);
    return { name, data: copy.bytes };
  });
  if (changes.length === 0) return { bytes, changes };
  return { bytes: writeArchive(members, { index: archive.symbols !== undefined }), changes };
}

/** Copies an ELF file or an archive. */
export function copyFile(
  bytes: Uint8Array,
  options: CopyOptions,
  input: { readonly file?: string | undefined } = {},
): CopyResult {
  return isArchive(bytes) ? copyArchive(bytes, options, input) : copyElf(bytes, options, input);
}
