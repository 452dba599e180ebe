/** Facts of an ELF file as text, in the wide layout of GNU readelf (`-W`) as llvm-readelf prints it. */
import type { ElfFacts, HeaderFacts, RelocFacts, SectionFacts, SegmentFacts, SymbolFacts } from "./elf-facts.js";
import { hex64 } from "./hex.js";
import {
  gathered,
  hasAddends,
  relocCount,
  symbolCount,
  writeRelocs,
  writeSymbols,
  type Sink,
  type SymbolColumns,
} from "./table-lines.js";
import { dynamicLines, groupLines, notesLines, sectionDetailLines } from "./readelf-extra.js";

/** Which views to print; those not named are left out. */
export interface ElfViews {
  readonly header?: boolean;
  readonly sections?: boolean;
  /** The section headers with every field written out, instead of one line each. */
  readonly sectionDetails?: boolean;
  readonly segments?: boolean;
  readonly symbols?: boolean;
  /** The symbols of dynamic tables alone, where `symbols` does not show them all. */
  readonly dynamicSymbols?: boolean;
  readonly relocations?: boolean;
  readonly groups?: boolean;
  readonly notes?: boolean;
  readonly dynamic?: boolean;
}

function headerLines(header: HeaderFacts): string[] {
  const dataWords = header.endian === "little" ? "little endian" : "big endian";
  const bytes = (size: number): string => `${size} (bytes)`;
  const lines: (readonly [string, string])[] = [
    ["Class:", "ELF64"],
    ["Data:", `2's complement, ${dataWords}`],
    ["Version:", `${header.ident[6]!}${header.ident[6] === 1 ? " (current)" : ""}`],
    ["OS/ABI:", header.abiName],
    ["ABI Version:", String(header.abiversion)],
    ["Type:", header.typeName],
    ["Machine:", header.machineName],
    ["Version:", `0x${hex64(header.version)}`],
    ["Entry point address:", `0x${hex64(header.entry)}`],
    ["Start of program headers:", `${header.phoff} (bytes into file)`],
    ["Start of section headers:", `${header.shoff} (bytes into file)`],
    ["Flags:", `0x${hex64(header.flags)}`],
    ["Size of this header:", bytes(header.ehsize)],
    ["Size of program headers:", bytes(header.phentsize)],
    ["Number of program headers:", String(header.phnum)],
    ["Size of section headers:", bytes(header.shentsize)],
    ["Number of section headers:", String(header.shnum)],
    ["Section header string table index:", String(header.shstrndx)],
  ];
  const magic = header.ident.map((byte) => hex64(byte, 2)).join(" ");
  return ["ELF Header:", `  Magic:   ${magic}`, ...lines.map(([name, value]) => `  ${name.padEnd(35)}${value}`)];
}

const flagKey = [
  "Key to Flags:",
  "  W (write), A (alloc), X (execute), M (merge), S (strings), I (info),",
  "  L (link order), O (extra OS processing required), G (group), T (TLS),",
  "  C (compressed), x (unknown), o (OS specific), E (exclude),",
  "  R (retain), p (processor specific)",
];

function sectionLine(section: SectionFacts): string {
  return [
    `  [${String(section.index).padStart(2)}]`,
    section.name.padEnd(17),
    section.typeName.padEnd(15),
    hex64(section.addr, 16),
    hex64(section.offset, 6),
    hex64(section.size, 6),
    hex64(section.entsize, 2),
    section.flagLetters.padStart(3),
    String(section.link).padStart(2),
    String(section.info).padStart(3),
    String(section.addralign).padStart(2),
  ].join(" ");
}

function sectionLines({ header, sections }: ElfFacts): string[] {
  return [
    `There are ${sections.length} section headers, starting at offset 0x${hex64(header.shoff)}:`,
    "",
    "Section Headers:",
    "  [Nr] Name              Type            Address          Off    Size   ES Flg Lk Inf Al",
    ...sections.map(sectionLine),
    ...flagKey,
  ];
}

function segmentLines({ header, segments, sections }: ElfFacts): string[] {
  if (segments.length === 0) return ["", "There are no program headers in this file."];
  const mapping = [...segments.entries()].map(([number, segment]) => {
    const inside = sections.filter((section) => isInside(section, segment));
    return `   ${String(number).padStart(2, "0")}     ${inside.map(({ name }) => `${name} `).join("")}`;
  });
  const rows = segments.map((segment) => {
    const letters = ["R", "W", "E"].map((letter, i) => ((segment.flags & (4 >> i)) === 0 ? " " : letter)).join("");
    const six = (value: number | bigint): string => `0x${hex64(value, 6)}`;
    const sixteen = (value: bigint): string => `0x${hex64(value, 16)}`;
    const places = [six(segment.offset), sixteen(segment.vaddr), sixteen(segment.paddr)];
    const sizes = [six(segment.filesz), six(segment.memsz), letters, `0x${hex64(segment.align)}`];
    return `  ${segment.typeName.padEnd(14)} ${[...places, ...sizes].join(" ")}`;
  });
  return [
    "",
    `Elf file type is ${header.typeName}`,
    `Entry point 0x${hex64(header.entry)}`,
    `There are ${segments.length} program headers, starting at offset ${header.phoff}`,
    "",
    "Program Headers:",
    "  Type           Offset   VirtAddr           PhysAddr           FileSiz  MemSiz   Flg Align",
    ...rows,
    "",
    " Section to Segment mapping:",
    "  Segment Sections...",
    ...mapping,
  ];
}

/** Sections without contents have addresses alone. */
function isInside({ typeName, flagLetters, addr, offset, size }: SectionFacts, segment: SegmentFacts): boolean {
  const within = (start: bigint, length: bigint): boolean =>
    addr >= start && addr + BigInt(size) <= start + length && flagLetters.includes("A");
  if (size === 0 || typeName === "NULL") return false;
  if (typeName === "NOBITS") return within(segment.vaddr, segment.memsz);
  return offset >= segment.offset && offset + size <= segment.offset + segment.filesz;
}

function symbolLine({ index, value, size, type, bind, visibility, home, name }: SymbolFacts): string {
  const words = `${type.padEnd(7)} ${bind.padEnd(6)} ${visibility.padEnd(9)} ${home.padStart(3)}`;
  return `${String(index).padStart(6)}: ${hex64(value, 16)} ${String(size).padStart(5)} ${words} ${name}`;
}

const symbolColumns: SymbolColumns = { indexDigits: 6, sizeDigits: 5 };

function putSymbols({ symbolTables, sections }: ElfFacts, onlyDynamic: boolean, put: Sink): void {
  const dynamic = new Set(sections.filter(({ typeName }) => typeName === "DYNSYM").map(({ name }) => name));
  const shown = onlyDynamic ? symbolTables.filter(({ section }) => dynamic.has(section)) : symbolTables;
  if (shown.length === 0 && onlyDynamic) return put("\nThere are no dynamic symbols in this file.\n");
  for (const table of shown) {
    put(
      textOf([
        "",
        `Symbol table '${table.section}' contains ${symbolCount(table)} entries:`,
        "   Num:    Value          Size Type    Bind   Vis       Ndx Name",
      ]),
    );
    writeSymbols(table, symbolLine, symbolColumns, 0, put);
  }
}

function relocLine({ offset, type, typeName, symbol, symbolName, symbolValue, addend }: RelocFacts): string {
  const shown = typeName ?? `<unknown: ${type}>`;
  const line = `${hex64(offset, 16)}  ${hex64(symbol, 8)}${hex64(type, 8)} ${shown.padEnd(22)}`;
  const plus = addend === undefined ? "" : addend < 0n ? ` - ${hex64(-addend)}` : ` + ${hex64(addend)}`;
  if (symbol === 0) return `${line}${addend === undefined ? "" : ` ${hex64(addend)}`}`.trimEnd();
  return `${line} ${symbolValue === undefined ? " ".repeat(16) : hex64(symbolValue, 16)} ${symbolName}${plus}`;
}

function putRelocs({ relocTables, relocOrigin }: ElfFacts, put: Sink): void {
  if (relocTables.length === 0) return put("\nThere are no relocations in this file.\n");
  for (const table of relocTables) {
    const { section, offset } = table;
    const plus = hasAddends(table) ? " + Addend" : "";
    put(
      textOf([
        "",
        `Relocation section '${section}' at offset 0x${hex64(offset)} contains ${relocCount(table)} entries:`,
        `    Offset             Info             Type               Symbol's Value  Symbol's Name${plus}`,
      ]),
    );
    writeRelocs(table, relocLine, put);
  }
  if (relocOrigin === undefined) return;
  put(`\nRelocations are numbered in the dialect ${relocOrigin.dialect}: ${relocOrigin.reason}\n`);
}

const textOf = (lines: readonly string[]): string => lines.map((line) => `${line}\n`).join("");

/** Writes the views of `facts` that `views` asks for, in readelf's order. */
export function writeElf(facts: ElfFacts, views: ElfViews, put: Sink): void {
  if (views.header === true) put(textOf(headerLines(facts.header)));
  if (views.sectionDetails === true) put(textOf(sectionDetailLines(facts)));
  else if (views.sections === true) put(textOf(sectionLines(facts)));
  if (views.segments === true) put(textOf(segmentLines(facts)));
  if (views.dynamic === true) put(textOf(dynamicLines(facts.dynamic)));
  if (views.relocations === true) putRelocs(facts, put);
  if (views.symbols === true || views.dynamicSymbols === true) putSymbols(facts, views.symbols !== true, put);
  if (views.groups === true) put(textOf(groupLines(facts.groups)));
  if (views.notes === true) put(textOf(notesLines(facts.notes)));
}

/** The text that `writeElf` writes. */
export function formatElf(facts: ElfFacts, views: ElfViews): string {
  return gathered((put) => writeElf(facts, views, put));
}
