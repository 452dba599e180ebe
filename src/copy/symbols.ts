/** Changes of symbols: binding and names. */
import { failure } from "../diag/index.js";
import { elfTable, SectionHeaderType, SymbolBind, SymbolKind } from "../elf/index.js";
import type { CopyOptions, NewSymbol } from "./options.js";
import { nameTest } from "./patterns.js";
import type { EditFile, EditSymbol } from "./types.js";

const { STB_LOCAL, STB_GLOBAL, STB_WEAK } = SymbolBind;
const { STT_SECTION, STT_FILE } = SymbolKind;

/** The symbols that can be changed, without the null symbol. */
export function changeable(file: EditFile): EditSymbol[] {
  return file.sections.flatMap(({ symbols, type }) =>
    type === SectionHeaderType.SHT_SYMTAB ? (symbols ?? []).slice(1) : [],
  );
}

const isDefined = ({ section, reserved }: EditSymbol): boolean => section !== undefined || reserved !== undefined;

const bindNames: Readonly<Record<number, string>> = {
  [STB_LOCAL]: "local",
  [STB_GLOBAL]: "global",
  [STB_WEAK]: "weak",
};

export function rebind(file: EditFile, options: CopyOptions): void {
  const wild = options.wildcard ?? false;
  const isLocalized = nameTest(options.localizeSymbols, wild);
  const isGlobalized = nameTest(options.globalizeSymbols, wild);
  const isWeakened = nameTest(options.weakenSymbols, wild);
  const isKeptGlobal = nameTest(options.keepGlobalSymbols, wild);
  const keepsGlobals = (options.keepGlobalSymbols?.length ?? 0) > 0;
  for (const symbol of changeable(file)) {
    const { name, type, other } = symbol;
    // STV_INTERNAL and STV_HIDDEN.
    const isHidden = options.localizeHidden === true && (other & 3) > 0 && (other & 3) < 3;
    const named = type !== STT_SECTION && type !== STT_FILE && name !== "";
    let { bind } = symbol;
    if (named && isDefined(symbol)) {
      if (bind !== STB_LOCAL && (isHidden || isLocalized(name) || (keepsGlobals && !isKeptGlobal(name))))
        bind = STB_LOCAL;
      if (isGlobalized(name)) bind = STB_GLOBAL;
    }
    if (bind === STB_GLOBAL && named && (options.weaken === true || isWeakened(name))) bind = STB_WEAK;
    if (bind === symbol.bind) continue;
    symbol.bind = bind;
    file.changes.push({ what: "symbol-binding", name, to: bindNames[bind]! });
  }
}

const binds = { local: STB_LOCAL, global: STB_GLOBAL, weak: STB_WEAK } as const;
const types = { notype: SymbolKind.STT_NOTYPE, object: SymbolKind.STT_OBJECT, func: SymbolKind.STT_FUNC } as const;

/** Adds symbols to the symbol table. Throws `copy-section` where there is no such section or no table. */
export function addSymbols(file: EditFile, added: readonly NewSymbol[]): void {
  if (added.length === 0) return;
  const refuse = (name: string, what: string): never => {
    throw failure("copy-section", { name, what }, { kind: "binary", file: file.elf.file, offset: 0 });
  };
  const table = file.sections.find(({ type }) => type === SectionHeaderType.SHT_SYMTAB);
  if (table?.symbols === undefined) return refuse(".symtab", "the file has no symbol table to add to");
  for (const { name, section: home, value, bind, type, hidden } of added) {
    const section = home === undefined ? undefined : file.sections.find((each) => each.name === home);
    if (home !== undefined && section === undefined) refuse(home, "there is none of that name");
    table.symbols.push({
      name,
      value,
      size: 0n,
      bind: binds[bind],
      type: types[type],
      other: hidden ? 2 : 0,
      section,
      reserved: section === undefined ? elfTable.SHN_ABS : undefined,
    });
    file.changes.push({ what: "symbol-added", name });
  }
}

/** New names, all at once. Throws `copy-duplicate` where two definitions would get one name. */
export function renameSymbols(file: EditFile, renames: ReadonlyMap<string, string>, prefix: string): void {
  let renamed = false;
  for (const symbol of changeable(file)) {
    const { name, type } = symbol;
    if (name === "" || type === STT_SECTION || type === STT_FILE) continue;
    const to = prefix + (renames.get(name) ?? name);
    if (to === name) continue;
    symbol.name = to;
    renamed = true;
    file.changes.push({ what: "symbol-renamed", name, to });
  }
  if (renamed) checkNames(file);
}

/** Throws `copy-duplicate` where two definitions have one name. */
export function checkNames(file: EditFile): void {
  const defined = new Set<string>();
  for (const symbol of changeable(file)) {
    if (symbol.bind === STB_LOCAL || !isDefined(symbol)) continue;
    if (defined.has(symbol.name)) {
      throw failure("copy-duplicate", { name: symbol.name }, { kind: "binary", file: file.elf.file, offset: 0 });
    }
    defined.add(symbol.name);
  }
}
