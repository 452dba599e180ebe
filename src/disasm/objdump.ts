/** The tables of objdump: file header, sections, symbols and relocations, in the layout of llvm-objdump. */
import type { ElfFacts, RelocFacts, RelocTableFacts, SectionFacts, SymbolFacts } from "./elf-facts.js";
import { hex64 } from "./hex.js";
import { gathered, writeRelocs, writeSymbols, type Sink, type SymbolColumns } from "./table-lines.js";

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

const symbolColumns: SymbolColumns = { indexDigits: 0, sizeDigits: 0 };

function putSymbols(facts: ElfFacts, only: (name: string) => boolean, type: string, put: Sink): void {
  const { sections, symbolTables } = facts;
  const table = symbolTables.find(({ section }) => sections.find(({ name }) => name === section)?.typeName === type);
  put(`\n${type === "DYNSYM" ? "DYNAMIC SYMBOL TABLE:" : "SYMBOL TABLE:"}\n`);
  const line = (symbol: SymbolFacts): string | undefined => {
    const home = homeWords(symbol, sections);
    if (!only(home)) return undefined;
    const { value, size, visibility, name, bind } = symbol;
    const seen = visibility === "DEFAULT" ? "" : ` .${visibility.toLowerCase()}`;
    const shown = bind === "UNIQUE" ? { ...symbol, bind: "GLOBAL" } : symbol;
    // Of a common symbol the size comes first, then the alignment.
    const [first, second] = home === "*COM*" ? [size, value] : [value, size];
    return `${hex64(first, 16)} ${symbolLetters(shown)} ${home}\t${hex64(second, 16)}${seen} ${name}`;
  };
  if (table !== undefined) writeSymbols(table, line, symbolColumns, 1, put);
}

function relocLine({ offset, type, typeName, symbolName, addend }: RelocFacts): string {
  const plus =
    addend === undefined || addend === 0n ? "" : addend < 0n ? `-0x${hex64(-addend, 1)}` : `+0x${hex64(addend, 1)}`;
  return `${hex64(offset, 16)} ${(typeName ?? `<unknown: ${type}>`).padEnd(24)} ${symbolName}${plus}`;
}

function putRelocs(tables: readonly RelocTableFacts[], title: string, put: Sink): void {
  put(`\n${title}\nOFFSET           TYPE                     VALUE\n`);
  for (const table of tables) writeRelocs(table, relocLine, put);
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** Writes the tables of `facts` that `views` asks for. */
export function writeObjdump(facts: ElfFacts, views: ObjdumpViews, put: Sink): void {
  const only = views.only ?? ((): boolean => true);
  if (views.header === true) put(textOf(headerLines(facts)));
  if (views.sections === true) put(textOf(sectionLines(facts, only)));
  if (views.symbols === true) putSymbols(facts, only, "SYMTAB", put);
  if (views.dynamicSymbols === true) putSymbols(facts, only, "DYNSYM", put);
  if (views.relocations === true) {
    for (const table of facts.relocTables) {
      if (only(table.target)) putRelocs([table], `RELOCATION RECORDS FOR [${table.target}]:`, put);
    }
  }
  if (views.dynamicRelocations === true) {
    const loaded = facts.sections.filter(({ flagLetters }) => flagLetters.includes("A")).map(({ name }) => name);
    const tables = facts.relocTables.filter(({ section }) => loaded.includes(section));
    putRelocs(tables, "DYNAMIC RELOCATION RECORDS", put);
  }
}

/** The text that `writeObjdump` writes. */
export function formatObjdump(facts: ElfFacts, views: ObjdumpViews): string {
  return gathered((put) => writeObjdump(facts, views, put));
}
