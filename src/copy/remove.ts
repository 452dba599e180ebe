/**
 * Taking sections and symbols out, and with them what has no meaning without them. What others still need stays: asking for
 * it is an error that names who needs it.
 */
import { failure } from "../diag/index.js";
import { SectionHeaderFlag, SectionHeaderType } from "../elf/index.js";
import type { EditFile, EditSection, EditSymbol } from "./types.js";

const { SHT_REL, SHT_RELA, SHT_SYMTAB, SHT_SYMTAB_SHNDX } = SectionHeaderType;
const loaded = BigInt(SectionHeaderFlag.SHF_ALLOC);
const inGroup = BigInt(SectionHeaderFlag.SHF_GROUP);
const linkOrder = BigInt(SectionHeaderFlag.SHF_LINK_ORDER);

/** The section a relocation table is for. */
export function targetOf({ type, info }: EditSection): EditSection | undefined {
  if (type !== SHT_REL && type !== SHT_RELA) return undefined;
  return info.kind === "section" ? info.section : undefined;
}

function needed(file: EditFile, name: string, by: string): never {
  throw failure("copy-needed", { name, by }, { kind: "binary", file: file.elf.file, offset: 0 });
}

/** Does `section` mean nothing without the sections that go? */
function fallsWith(section: EditSection, doomed: ReadonlySet<EditSection>): boolean {
  const { link, type, flags, addrsig } = section;
  const target = targetOf(section);
  if (target !== undefined && doomed.has(target)) return true;
  if (link === undefined || !doomed.has(link)) return false;
  return type === SHT_SYMTAB_SHNDX || addrsig !== undefined || (flags & linkOrder) !== 0n;
}

/** `sections` and what goes with them. */
function withDependents(file: EditFile, sections: Iterable<EditSection>): Set<EditSection> {
  const doomed = new Set(sections);
  for (let before = -1; before !== doomed.size;) {
    before = doomed.size;
    for (const section of file.sections) if (fallsWith(section, doomed)) doomed.add(section);
  }
  return doomed;
}

/** Takes `sections` out, their relocations and their symbols too. Throws `copy-needed`. */
export function removeSections(file: EditFile, sections: Iterable<EditSection>): void {
  const doomed = withDependents(file, sections);
  if (doomed.size === 0) return;
  if (file.names !== undefined && doomed.has(file.names)) needed(file, file.names.name, "the names of the sections");
  for (const section of file.sections) {
    const { link, name, group } = section;
    if (link === undefined || doomed.has(section) || !doomed.has(link)) continue;
    if (link.type === SHT_SYMTAB && group !== undefined) dissolve(section, doomed);
    else if (link.type === SHT_SYMTAB && (section.relocs?.length ?? 0) === 0) section.link = undefined;
    else needed(file, link.name, `section ${name}`);
  }
  const gone = new Set<EditSymbol>();
  for (const { symbols, type } of file.sections) {
    for (const symbol of type === SHT_SYMTAB ? (symbols ?? []) : []) {
      if (symbol.section !== undefined && doomed.has(symbol.section)) gone.add(symbol);
    }
  }
  for (const section of file.sections) {
    if (section.group === undefined || doomed.has(section)) continue;
    section.group.members = section.group.members.filter((member) => !doomed.has(member));
    const { info } = section;
    const isSigned = info.kind === "symbol" && !gone.has(info.symbol);
    if (section.group.members.length === 0 || !isSigned) dissolve(section, doomed);
  }
  file.sections = file.sections.filter((section) => !doomed.has(section));
  for (const { name } of doomed) file.changes.push({ what: "section-removed", name });
  dropReferences(file, gone);
  removeSymbols(file, gone);
}

/** A group goes; its members stay, as sections of no group. */
function dissolve(group: EditSection, doomed: Set<EditSection>): void {
  for (const member of group.group!.members) member.flags &= ~inGroup;
  doomed.add(group);
}

/** Debugging data and BTF refer to removed code without being loaded: their relocations against it go. */
function dropReferences(file: EditFile, gone: ReadonlySet<EditSymbol>): void {
  if (gone.size === 0) return;
  for (const table of file.sections) {
    const target = targetOf(table);
    if (table.relocs === undefined || target === undefined || (target.flags & loaded) !== 0n) continue;
    const kept = table.relocs.filter(({ symbol }) => symbol === undefined || !gone.has(symbol));
    if (kept.length === table.relocs.length) continue;
    table.relocs = kept;
    file.changes.push({ what: "relocations-dropped", name: table.name });
  }
}

/** The symbols that relocations and groups refer to, each with the name of the first section that does. */
export function neededSymbols(file: EditFile): ReadonlyMap<EditSymbol, string> {
  const users = new Map<EditSymbol, string>();
  for (const { name, relocs, info } of file.sections) {
    if (info.kind === "symbol" && !users.has(info.symbol)) users.set(info.symbol, name);
    for (const { symbol } of relocs ?? []) if (symbol !== undefined && !users.has(symbol)) users.set(symbol, name);
  }
  return users;
}

/** What a message calls a symbol: a section's symbol may have no name of its own. */
export function shownName({ name, section }: EditSymbol): string {
  return name === "" ? (section?.name ?? "") : name;
}

/** Takes symbols out. Throws `copy-needed` where a relocation refers to one. */
export function removeSymbols(file: EditFile, gone: ReadonlySet<EditSymbol>): void {
  if (gone.size === 0) return;
  const users = neededSymbols(file);
  for (const symbol of gone) {
    const user = users.get(symbol);
    if (user !== undefined) needed(file, shownName(symbol), `section ${user}`);
    file.changes.push({ what: "symbol-removed", name: shownName(symbol) });
  }
  for (const section of file.sections) {
    if (section.type === SHT_SYMTAB) section.symbols = section.symbols?.filter((symbol) => !gone.has(symbol));
    section.addrsig = section.addrsig?.filter((symbol) => !gone.has(symbol));
  }
}
