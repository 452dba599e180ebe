/** Changes of sections: contents, names, flags. Source of the flags: the binutils manual, `objcopy --set-section-flags`. */
import { failure } from "../diag/index.js";
import { SectionHeaderFlag, SectionHeaderType, uncompressed } from "../elf/index.js";
import type { SectionFlagName } from "./options.js";
import { nameTest, type NameTest } from "./patterns.js";
import { targetOf } from "./remove.js";
import type { CopyChange, EditFile, EditSection } from "./types.js";

const sht = SectionHeaderType;
const shf = SectionHeaderFlag;

/** What objcopy's flags decide; all others stay. */
const decided = BigInt(
  shf.SHF_WRITE | shf.SHF_ALLOC | shf.SHF_EXECINSTR | shf.SHF_MERGE | shf.SHF_STRINGS | shf.SHF_EXCLUDE,
);

export const sectionFlagNames: readonly SectionFlagName[] = [
  ...(["alloc", "load", "noload", "readonly", "code", "data", "rom", "debug"] as const),
  ...(["contents", "merge", "strings", "exclude", "share", "small", "large"] as const),
];

/** The format's own tables, which take no contents from outside. */
const mechanics: readonly number[] = [
  sht.SHT_NULL,
  sht.SHT_SYMTAB,
  sht.SHT_STRTAB,
  sht.SHT_REL,
  sht.SHT_RELA,
  sht.SHT_GROUP,
  sht.SHT_SYMTAB_SHNDX,
  sht.SHT_DYNSYM,
  sht.SHT_LLVM_ADDRSIG,
];

function change(file: EditFile, what: CopyChange["what"], name: string, to?: string): void {
  file.changes.push(to === undefined ? { what, name } : { what, name, to });
}

function refuse(file: EditFile, name: string, what: string): never {
  throw failure("copy-section", { name, what }, { kind: "binary", file: file.elf.file, offset: 0 });
}

/** The sections of a name; at least one. */
function named(file: EditFile, name: string): EditSection[] {
  const found = file.sections.filter((section) => section.name === name);
  return found.length > 0 ? found : refuse(file, name, "there is none of that name");
}

export function setFlags(file: EditFile, section: EditSection, names: readonly SectionFlagName[]): void {
  const has = (name: SectionFlagName): boolean => names.includes(name);
  let flags = section.flags & ~decided;
  const set = (isOn: boolean, flag: number): void => {
    if (isOn) flags |= BigInt(flag);
  };
  set(has("alloc") || has("load") || has("rom"), shf.SHF_ALLOC);
  set((has("alloc") || has("load")) && !has("readonly") && !has("rom"), shf.SHF_WRITE);
  set(has("code"), shf.SHF_EXECINSTR);
  set(has("merge"), shf.SHF_MERGE);
  set(has("strings"), shf.SHF_STRINGS);
  set(has("exclude"), shf.SHF_EXCLUDE);
  const fills = section.type === sht.SHT_NOBITS && (has("contents") || has("load"));
  if (flags === section.flags && !fills) return;
  section.flags = flags;
  if (fills) fill(file, section);
  change(file, "section-flags", section.name, names.join(","));
}

/** More zeros than this are not written into a file on a word. */
const fillLimit = 2 ** 28;

/** A section without contents gets zeros. */
function fill(file: EditFile, section: EditSection): void {
  if (section.size > fillLimit) refuse(file, section.name, `its ${section.size} bytes would be written out`);
  section.type = sht.SHT_PROGBITS;
  section.data = new Uint8Array(section.size);
}

export function setAlignment(file: EditFile, name: string, align: number): void {
  for (const section of named(file, name)) {
    if (section.addralign === align) continue;
    section.addralign = align;
    change(file, "section-flags", name, `align=${align}`);
  }
}

export function updateSection(file: EditFile, name: string, data: Uint8Array): void {
  for (const section of named(file, name)) {
    if (mechanics.includes(section.type)) refuse(file, name, "it is a table of the file format's own");
    if (section.type === sht.SHT_NOBITS) refuse(file, name, "it has no contents in the file");
    if (section.pinned !== undefined && data.length !== section.size) {
      refuse(file, name, `it is loaded as ${section.size} bytes, which cannot become ${data.length}`);
    }
    const outside = file.sections.some(
      (table) => targetOf(table) === section && table.relocs?.some(({ offset }) => offset >= data.length),
    );
    if (outside) refuse(file, name, `relocations are for places behind the new ${data.length} bytes`);
    if (section.data.length === data.length && section.data.every((byte, i) => byte === data[i])) continue;
    section.data = data;
    section.size = data.length;
    change(file, "section-updated", name);
  }
}

/** A new section goes behind all others: no number changes. */
export function addSection(file: EditFile, name: string, data: Uint8Array): void {
  if (file.sections.some((section) => section.name === name)) refuse(file, name, "there is one of that name already");
  const type = name.startsWith(".note") ? sht.SHT_NOTE : sht.SHT_PROGBITS;
  file.sections.push({
    name,
    type,
    flags: 0n,
    addr: 0n,
    addralign: type === sht.SHT_NOTE ? 4 : 1,
    entsize: 0,
    data,
    size: data.length,
    link: undefined,
    info: { kind: "number", number: 0 },
    pinned: undefined,
    symbols: undefined,
    relocs: undefined,
    group: undefined,
    addrsig: undefined,
  });
  change(file, "section-added", name);
}

/** New names, all at once: `a=b` and `b=a` exchange two. Relocation tables are called after their sections. */
export function renameSections(
  file: EditFile,
  renames: readonly { readonly from: string; readonly to: string; readonly flags?: readonly SectionFlagName[] }[],
): void {
  const wanted = new Map(renames.map((rename) => [rename.from, rename]));
  const renamed = new Map<EditSection, string>();
  for (const section of file.sections) {
    const rename = wanted.get(section.name);
    if (rename === undefined) continue;
    if (rename.flags !== undefined) setFlags(file, section, rename.flags);
    if (rename.to !== section.name) renamed.set(section, rename.to);
  }
  for (const table of file.sections) {
    const target = targetOf(table);
    const to = target === undefined ? undefined : renamed.get(target);
    const prefix = table.type === sht.SHT_RELA ? ".rela" : ".rel";
    if (to !== undefined && !renamed.has(table) && table.name === prefix + target!.name)
      renamed.set(table, prefix + to);
  }
  const old = new Map([...renamed].map(([section]) => [section, section.name]));
  for (const [section, to] of renamed) {
    change(file, "section-renamed", section.name, to);
    section.name = to;
  }
  // Some producers give a section's symbol the section's name.
  for (const { symbols, type } of file.sections) {
    for (const symbol of type === sht.SHT_SYMTAB ? (symbols ?? []) : []) {
      const { section } = symbol;
      if (section === undefined || symbol.type !== 3 || symbol.name !== old.get(section)) continue;
      symbol.name = section.name;
    }
  }
}

export function decompressSections(file: EditFile): void {
  for (const section of file.sections) {
    const plain = uncompressed(file.elf, section);
    if (plain === section) continue;
    const { flags, size, data, addralign } = plain;
    Object.assign(section, { flags, size, data, addralign });
    change(file, "section-updated", section.name);
  }
}

/** Prefixes before section names. Relocation tables are called after their sections: the prefix stands behind `.rel`. */
export function prefixSections(file: EditFile, all: string, alloc: string): void {
  if (all === "" && alloc === "") return;
  const loaded = BigInt(shf.SHF_ALLOC);
  const prefixOf = ({ flags }: EditSection): string => (alloc !== "" && (flags & loaded) !== 0n ? alloc : all);
  for (const section of file.sections) {
    const target = targetOf(section);
    const kind = target === undefined ? "" : section.type === sht.SHT_RELA ? ".rela" : ".rel";
    const prefix = prefixOf(target ?? section);
    // The format's own tables are found by their types; GNU's tools look for their names, too.
    if (prefix === "" || (target === undefined && mechanics.includes(section.type))) continue;
    const to = section.name.startsWith(kind) ? kind + prefix + section.name.slice(kind.length) : prefix + section.name;
    change(file, "section-renamed", section.name, to);
    section.name = to;
  }
}

/** The relocation tables of the sections that `patterns` name. */
export function relocationsOf(file: EditFile, patterns: readonly string[]): EditSection[] {
  const isMeant = nameTest(patterns, true);
  return file.sections.filter((table) => {
    const target = targetOf(table);
    return target !== undefined && isMeant(target.name);
  });
}

/** The sections that `-R`, `-j` and the like take away. */
export function unwanted(
  file: EditFile,
  remove: readonly string[] | undefined,
  only: readonly string[] | undefined,
  isKept: NameTest,
): EditSection[] {
  const isRemoved = nameTest(remove, true);
  const isWanted = nameTest(only, true);
  const tables: readonly number[] = [sht.SHT_SYMTAB, sht.SHT_SYMTAB_SHNDX, sht.SHT_GROUP];
  const strings = new Set(file.sections.flatMap(({ type, link }) => (type === sht.SHT_SYMTAB ? [link] : [])));
  return file.sections.filter((section) => {
    if (isKept(section.name)) return false;
    if (isRemoved(section.name)) return true;
    if (only === undefined || only.length === 0 || isWanted(section.name)) return false;
    // What describes the sections that stay.
    if (tables.includes(section.type) || strings.has(section) || section === file.names) return false;
    const target = targetOf(section);
    return target === undefined || !(isWanted(target.name) || isKept(target.name));
  });
}
