/** Groups, notes, the dynamic section, and section headers at length, as text in the layout of GNU readelf. */
import { toHex } from "../bytes/index.js";
import type { ElfFacts, SectionFacts } from "./elf-facts.js";
import { sectionFlagWords } from "./elf-names.js";
import type { DynamicFacts, GroupFacts, NoteFacts, NoteTableFacts } from "./elf-extra.js";

export function groupLines(groups: readonly GroupFacts[]): string[] {
  if (groups.length === 0) return ["", "There are no section groups in this file."];
  return groups.flatMap(({ section, index, signature, comdat, members }) => [
    "",
    `${comdat ? "COMDAT " : ""}group section [${String(index).padStart(5)}] '${section}' [${signature}] contains ${members.length} sections:`,
    "   [Index]    Name",
    ...members.map((member) => `   [${String(member.index).padStart(5)}]   ${member.name}`),
  ]);
}

function noteLines({ name, type, typeName, desc }: NoteFacts): string[] {
  const words = typeName ?? `Unknown note type: (0x${type.toString(16).padStart(8, "0")})`;
  const head = `  ${name.padEnd(20)} 0x${desc.length.toString(16).padStart(8, "0")}       ${words}`.trimEnd();
  if (desc.length === 0) return [head];
  const label = typeName === "NT_GNU_BUILD_ID" ? "Build ID" : "description data";
  return [head, `    ${label}: ${toHex(desc)}`];
}

export function notesLines(tables: readonly NoteTableFacts[]): string[] {
  return tables.flatMap(({ part, offset, size, notes }) => [
    "",
    `Displaying notes found in: ${part} (0x${size.toString(16)} bytes at offset 0x${offset.toString(16)})`,
    "  Owner                Data size        Description",
    ...notes.flatMap(noteLines),
  ]);
}

export function dynamicLines(tables: readonly DynamicFacts[]): string[] {
  if (tables.length === 0) return ["", "There is no dynamic section in this file."];
  return tables.flatMap(({ offset, entries }) => [
    "",
    `Dynamic section at offset 0x${offset.toString(16)} contains ${entries.length} entries:`,
    "  Tag                Type                 Name/Value",
    ...entries.map(({ tag, tagName, value, text }) => {
      const shown = text === undefined ? `0x${value.toString(16)}` : `[${text}]`;
      return `  0x${tag.toString(16).padStart(16, "0")} ${`(${tagName})`.padEnd(20)} ${shown}`;
    }),
  ]);
}

function detailLines(section: SectionFacts): string[] {
  const { index, name, typeName, addr, offset, link, size, entsize, info, addralign, flags } = section;
  const sixteen = (value: number | bigint): string => value.toString(16).padStart(16, "0");
  const words = sectionFlagWords(flags).join(", ");
  return [
    `  [${String(index).padStart(2)}] ${name}`,
    `       ${typeName.padEnd(16)} ${sixteen(addr)}  ${sixteen(offset)}  ${link}`,
    `       ${sixteen(size)} ${sixteen(entsize)}  ${String(info).padEnd(16)}  ${addralign}`,
    `       [${sixteen(flags)}]: ${words}`,
  ];
}

/** readelf's `-t`. */
export function sectionDetailLines({ header, sections }: ElfFacts): string[] {
  return [
    `There are ${sections.length} section headers, starting at offset 0x${header.shoff.toString(16)}:`,
    "",
    "Section Headers:",
    "  [Nr] Name",
    "       Type              Address          Offset            Link",
    "       Size              EntSize          Info              Align",
    "       Flags",
    ...sections.flatMap(detailLines),
  ];
}
