/** `.BTF.ext` as facts and as text: functions, source lines and CO-RE records of each code section. */
import type { Btf, BtfExt } from "../btf/index.js";
import type { Diagnostic } from "../diag/index.js";
import type { ElfFile } from "../elf/index.js";
import { btfParts, coreFacts, coreWords, type CoreReloFacts } from "./btf-parts.js";
import { tolerant } from "./tolerant.js";

export interface FuncInfoFacts {
  /** In bytes from the start of the code section. */
  readonly offset: number;
  readonly typeId: number;
  readonly name: string;
}

export interface LineInfoFacts {
  /** In bytes from the start of the code section. */
  readonly offset: number;
  readonly file: string;
  readonly line: number;
  readonly column: number;
  /** The source line itself. */
  readonly text: string;
}

/** What stands about one code section. */
export interface BtfExtFacts {
  readonly section: string;
  readonly functions: readonly FuncInfoFacts[];
  readonly lines: readonly LineInfoFacts[];
  readonly coreRelos: readonly CoreReloFacts[];
}

/** The records of one table of one section as facts. */
function records<Row, Facts>(
  tables: readonly { readonly section: string; readonly records: readonly Row[] }[],
  section: string,
  problems: Diagnostic[],
  facts: (row: Row) => Facts,
): Facts[] {
  const rows = tables.filter((table) => table.section === section).flatMap((table) => table.records);
  const made: Facts[] = [];
  for (const row of rows) {
    const found = tolerant(problems, () => facts(row));
    // One damaged record is told, and not the thousand that may follow it.
    if (found === undefined) break;
    made.push(found);
  }
  return made;
}

export function btfExtFacts(btf: Btf, ext: BtfExt, problems: Diagnostic[]): BtfExtFacts[] {
  const tables = [...ext.funcInfo, ...ext.lineInfo, ...ext.coreRelos];
  const names = [...new Set(tables.map(({ section }) => section))];
  return names.map((section) => ({
    section,
    functions: records(ext.funcInfo, section, problems, ({ insnOff, typeId }) => ({
      offset: insnOff,
      typeId,
      name: btf.name(typeId),
    })),
    lines: records(ext.lineInfo, section, problems, ({ insnOff, fileNameOff, lineOff, line, column }) => ({
      offset: insnOff,
      file: btf.string(fileNameOff, "a file name of line_info"),
      line,
      column,
      text: btf.string(lineOff, "a source line of line_info").trim(),
    })),
    coreRelos: records(ext.coreRelos, section, problems, (relo) => coreFacts(btf, relo)),
  }));
}

/** The facts of an ELF file's `.BTF.ext`; none where it has none. */
export function elfBtfExt(elf: ElfFile, problems: Diagnostic[]): BtfExtFacts[] {
  const { btf, ext } = btfParts(elf, problems);
  return btf === undefined || ext === undefined ? [] : btfExtFacts(btf, ext, problems);
}

export function formatBtfExt(sections: readonly BtfExtFacts[]): string {
  if (sections.length === 0) return "\nThere is no .BTF.ext in this file.\n";
  const lines: string[] = [];
  const at = (offset: number): string => `  ${offset.toString(16).padStart(8, "0")}  `;
  for (const { section, functions, lines: places, coreRelos } of sections) {
    lines.push("", `.BTF.ext of section '${section}':`);
    if (functions.length > 0) lines.push(`  ${functions.length} functions:`);
    for (const { offset, typeId, name } of functions) lines.push(`${at(offset)}[${typeId}] ${name}`);
    if (places.length > 0) lines.push(`  ${places.length} source lines:`);
    for (const { offset, file, line, column, text } of places) {
      lines.push(`${at(offset)}${file}:${line}:${column}  ${text}`.trimEnd());
    }
    if (coreRelos.length > 0) lines.push(`  ${coreRelos.length} CO-RE records:`);
    for (const relo of coreRelos) lines.push(`${at(relo.offset)}${coreWords(relo).slice("CO-RE ".length)}`);
  }
  return lines.map((line) => `${line}\n`).join("");
}
