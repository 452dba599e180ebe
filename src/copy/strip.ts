/**
 * What stripping takes away. A BPF object is loaded as it is: its relocations, its types and the symbols of programs and maps
 * are part of the program, and stay whatever is asked.
 */
import { SectionHeaderFlag, SectionHeaderType, SymbolBind, SymbolKind } from "../elf/index.js";
import { isMapSection } from "../object/index.js";
import type { CopyOptions } from "./options.js";
import { nameTest, type NameTest } from "./patterns.js";
import { neededSymbols, targetOf } from "./remove.js";
import { changeable } from "./symbols.js";
import type { EditFile, EditSection, EditSymbol } from "./types.js";

const sht = SectionHeaderType;
const loaded = BigInt(SectionHeaderFlag.SHF_ALLOC);

const debugging = /^\.(z?debug_|debug$|line$|stab|gdb_index$|gnu\.debuglto_)/;

/** For linkers and people alone. */
const asides = /^\.(comment|llvm\.|llvm_addrsig$|gnu\.attributes$|note\.GNU-stack$)/;

function isDebugging(section: EditSection): boolean {
  const { name, flags } = targetOf(section) ?? section;
  return (flags & loaded) === 0n && debugging.test(name);
}

function isAside(section: EditSection): boolean {
  const { name, flags } = targetOf(section) ?? section;
  return (flags & loaded) === 0n && asides.test(name);
}

/** A file that is loaded by its segments, not by its sections. */
function isLinked(file: EditFile): boolean {
  return file.elf.header.type !== 1;
}

export function strippedSections(file: EditFile, strip: CopyOptions["strip"], isKept: NameTest): EditSection[] {
  if (strip === undefined) return [];
  const chosen = file.sections.filter((section) => {
    if (isKept(section.name)) return false;
    return isDebugging(section) || (strip === "all" && isAside(section));
  });
  if (strip !== "all" || !isLinked(file)) return chosen;
  const tables = file.sections.filter(({ type, name }) => type === sht.SHT_SYMTAB && !isKept(name));
  const alone = tables.flatMap(({ link }) => {
    const shared = file.sections.some((each) => each.link === link && !tables.includes(each));
    return link === undefined || link === file.names || shared || isKept(link.name) ? [] : [link];
  });
  return [...chosen, ...tables, ...alone];
}

/** Programs, functions, maps, and all that other files may refer to: what a loader looks up in the symbol table. */
function isForLoaders({ bind, type, section }: EditSymbol): boolean {
  if (bind !== SymbolBind.STB_LOCAL) return true;
  return section !== undefined && (type === SymbolKind.STT_FUNC || isMapSection(section.name));
}

/** The symbols that `options` take away, those of removed sections aside. */
export function strippedSymbols(file: EditFile, options: CopyOptions): ReadonlySet<EditSymbol> {
  const wild = options.wildcard ?? false;
  const isKept = nameTest(options.keepSymbols, wild);
  const isNamed = nameTest(options.stripSymbols, wild);
  const needed = neededSymbols(file);
  const { strip, discard } = options;
  const gone = new Set<EditSymbol>();
  for (const symbol of changeable(file)) {
    const { name, type, bind } = symbol;
    if (name !== "" && isKept(name)) continue;
    const isFile = type === SymbolKind.STT_FILE;
    const isSpare = !needed.has(symbol);
    const isLeft = isFile && options.keepFileSymbols === true;
    const isUnneeded = !isLeft && (strip === "unneeded" || strip === "all") && isSpare && !isForLoaders(symbol);
    const isLocal = bind === SymbolBind.STB_LOCAL && isSpare && type !== SymbolKind.STT_SECTION && !isFile;
    const isDiscarded = isLocal && (discard === "all" || (discard === "locals" && name.startsWith(".L")));
    if (
      isNamed(name) ||
      (strip !== undefined && isFile && isSpare && options.keepFileSymbols !== true) ||
      isUnneeded ||
      isDiscarded
    )
      gone.add(symbol);
  }
  return gone;
}
