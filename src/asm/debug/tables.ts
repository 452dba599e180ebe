/** Puts line tables and call frame information behind what their sections have, once everything has its place. */
import { noFlags, type SectionFlags } from "../../object/index.js";
import { FrameTable } from "./frame-tables.js";
import { LineProgram } from "./line-program.js";
import type { Run } from "../run.js";
import { reserve } from "../output/sections.js";
import type { AsmRelocation, AsmSection } from "../types.js";

const strings: SectionFlags = { ...noFlags, merge: true, strings: true };
const loaded: SectionFlags = { ...noFlags, alloc: true };

function append(section: AsmSection, bytes: Uint8Array, relocations: readonly AsmRelocation[]): void {
  const base = reserve(section, bytes.length);
  section.data.set(bytes, base);
  for (const { offset, kind, target, addend } of relocations) {
    section.relocations.push({ offset: base + offset, kind, target, addend });
  }
}

export function addDebugTables(run: Run): void {
  const { frames, lines, sections, report, endian } = run;
  if (frames.open !== undefined) report.add("asm-cfi-open", {}, frames.open.at, frames.open.at + 1);
  if (report.errors > 0) return;
  const tables = [
    { name: ".eh_frame", flags: loaded, eh: true, wanted: frames.ehFrame },
    { name: ".debug_frame", flags: noFlags, eh: false, wanted: frames.debugFrame },
  ];
  for (const { name, flags, eh, wanted } of tables) {
    if (!wanted || frames.all.length === 0) continue;
    const section = sections.open(name, flags, "progbits");
    section.align = Math.max(section.align, 8);
    const table = new FrameTable(section, endian, eh);
    append(section, table.encode(frames.all), table.relocations);
  }
  if (lines.files.length === 0) return;
  if (run.generated?.active === true) run.generated.addUnit(run.source.file);
  const section = sections.open(".debug_line", noFlags, "progbits");
  const names = lines.version === 5 ? sections.open(".debug_line_str", strings, "progbits", 1) : undefined;
  const made = new LineProgram(lines, endian, names);
  const { program, strings: text } = made.encode();
  append(section, program, made.relocations);
  if (names !== undefined) append(names, text, []);
}
