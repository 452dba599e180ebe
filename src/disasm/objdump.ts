/** The tables of objdump: file header, sections, symbols and relocations, in the layout of llvm-objdump. */
import type { ElfFacts, RelocTableFacts, SectionFacts, SymbolFacts } from "./elf-facts.js";
import { hex64 } from "./hex.js";

/** Which tables to print. */
export interface ObjdumpViews {
  readonly header?: boolean;
  readonly sections?: boolean;
  readonly symbols?: boolean;
  readonly dynamicSymbols?: boolean;
  readonly relocations?: boolean;
  /** Relocations of linked files, for the loader. */
  readonly dynamicRelocations?: boolean;
  /** Only what is about these sections. */
  readonly only?: (section: string) => boolean;
}

function headerLines({ header }: ElfFacts): string[] {
  const arch = header.endian === "little" ? "bpfel" : "bpfeb";
  return [`architecture: ${arch}`, `start address: 0x${hex64(header.entry, 16)}`];
}

/** What a section holds, in a word. */
function contents({ name, typeName, flagLetters }: SectionFacts): string {
  const has = (letter: string): boolean => flagLetters.includes(letter);
  if (name.startsWith(".debug") || name.startsWith(".zdebug")) return "DEBUG";
  if (!has("A")) return "";
  if (has("X")) return "TEXT";
  return typeName === "NOBITS" ? "BSS" : "DATA";
}

function sectionLines({ sections }: ElfFacts, only: (name: string) => boolean): string[] {
  const shown = sections.filter(({ name }) => only(name));
  const width = Math.max(13, ...shown.map(({ name }) => name.length));
  return [
    "",
    "Sections:",
    `Idx ${"Name".padEnd(width)} Size     VMA              Type`,
    ...shown.map((section) => {
      const { index, name, size, addr } = section;
      const numbers = `${hex64(size, 8)} ${hex64(addr, 16)}`;
      return `${String(index).padStart(3)} ${name.padEnd(width)} ${numbers} ${contents(section)}`;
    }),
  ];
}

/** The seven letters of a symbol: binding, weak, debugging, kind. */
function symbolLetters({ bind, type, home }: SymbolFacts): string {
  const defined = home !== "UND";
  const scope =
    bind === "LOCAL" ? "l" : bind === "GLOBAL" && defined && home !== "COM" ? "g" : bind === "UNIQUE" ? "u" : " ";
  const weak = bind === "WEAK" ? "w" : " ";
  const debug = type === "FILE" || type === "SECTION" ? "d" : " ";
  const kind = { FILE: "f", FUNC: "F", OBJECT: "O", COMMON: "O" }[type] ?? " ";
  return `${scope}${weak}   ${debug}${kind}`;
}

function homeWords({ home }: SymbolFacts, sections: readonly SectionFacts[]): string {
  if (home === "UND") return "*UND*";
  if (home === "ABS") return "*ABS*";
  if (home === "COM") return "*COM*";
  return sections[Number(home)]?.name ?? home;
}

function symbolLines({ sections, symbolTables }: ElfFacts, only: (name: string) => boolean, type: string): string[] {
  const table = symbolTables.find(({ section }) => sections.find(({ name }) => name === section)?.typeName === type);
  const lines = ["", type === "DYNSYM" ? "DYNAMIC SYMBOL TABLE:" : "SYMBOL TABLE:"];
  for (const symbol of (table?.symbols ?? []).slice(1)) {
    const home = homeWords(symbol, sections);
    if (!only(home)) continue;
    const { value, size, visibility, name, bind } = symbol;
    const seen = visibility === "DEFAULT" ? "" : ` .${visibility.toLowerCase()}`;
    const shown = bind === "UNIQUE" ? { ...symbol, bind: "GLOBAL" } : symbol;
    // Of a common symbol the size comes first, then the alignment.
    const [first, second] = home === "*COM*" ? [size, value] : [value, size];
    lines.push(`${hex64(first, 16)} ${symbolLetters(shown)} ${home}\t${hex64(second, 16)}${seen} ${name}`);
  }
  return lines;
}

function relocLines({ relocs }: Pick<RelocTableFacts, "relocs">, title: string): string[] {
  const lines = relocs.map(({ offset, type, typeName, symbolName, addend }) => {
    const plus =
      addend === undefined || addend === 0n ? "" : addend < 0n ? `-0x${hex64(-addend, 1)}` : `+0x${hex64(addend, 1)}`;
    return `${hex64(offset, 16)} ${(typeName ?? `<unknown: ${type}>`).padEnd(24)} ${symbolName}${plus}`;
  });
  return ["", title, `OFFSET           TYPE                     VALUE`, ...lines];
}

/** The tables of `facts` that `views` asks for. */
export function formatObjdump(facts: ElfFacts, views: ObjdumpViews): string {
  const only = views.only ?? ((): boolean => true);
  const lines: string[] = [];
  if (views.header === true) lines.push(...headerLines(facts));
  if (views.sections === true) lines.push(...sectionLines(facts, only));
  if (views.symbols === true) lines.push(...symbolLines(facts, only, "SYMTAB"));
  if (views.dynamicSymbols === true) lines.push(...symbolLines(facts, only, "DYNSYM"));
  if (views.relocations === true) {
    for (const table of facts.relocTables) {
      if (only(table.target)) lines.push(...relocLines(table, `RELOCATION RECORDS FOR [${table.target}]:`));
    }
  }
  if (views.dynamicRelocations === true) {
    const loaded = facts.sections.filter(({ flagLetters }) => flagLetters.includes("A")).map(({ name }) => name);
    const tables = facts.relocTables.filter(({ section }) => loaded.includes(section));
    const relocs = tables.flatMap((table) => table.relocs);
    lines.push(...relocLines({ relocs }, "DYNAMIC RELOCATION RECORDS"));
  }
  return lines.map((line) => `${line}\n`).join("");
}
