/** Relocation records to typed relocations in the file's dialect: every record gets a meaning, or all that have none are errors. */
import { ByteReader } from "../bytes/index.js";
import { BpfkitError, type Diagnostic } from "../diag/index.js";
import { rowsOfType } from "./dialects.js";
import type { RelocOrigin } from "./detect.js";
import { fieldBytes } from "./fields.js";
import { canHaveFault, withoutFault } from "./gnu-fault.js";
import { misfitFault, nameOf } from "./reloc-faults.js";
import { inSection, matchRow } from "./reloc-match.js";
import type { RelocScene } from "./reloc-scene.js";
import { relocTable } from "./relocations.js";
import type { Relocation } from "./types.js";

/** Errors of one file that are listed. */
const errorLimit = 50;

/**
 * The relocations of each section, by the section's index in the file. `symbolNumbers` gives the Object's symbol for the file's;
 * `nobody` is the one for values that need no symbol.
 */
export function readRelocations(
  scene: RelocScene,
  origin: RelocOrigin,
  symbolNumbers: Int32Array,
  nobody: number,
): ReadonlyMap<number, Relocation[]> {
  const { dialect, repaired } = origin;
  const options = { noted: scene.noted !== undefined, doubtful: true };
  const faults: Diagnostic[] = [];
  const relocations = new Map<number, Relocation[]>();
  for (const record of scene.records) {
    if (record.type === 0 && rowsOfType(dialect, 0).length === 0) continue;
    const match = matchRow(dialect, record, options);
    const symbol = record.sym === 0 ? nobody : (symbolNumbers[record.sym] ?? -1);
    if ("misfit" in match || symbol < 0) {
      const misfit = "misfit" in match ? match : ({ misfit: "symbol", row: match.row } as const);
      faults.push(misfitFault(scene, symbol < 0 ? { ...record, to: "none" } : record, misfit, dialect));
      if (faults.length === errorLimit) break;
      continue;
    }
    const { row, start, addend } = match;
    const { section, data, endian } = record;
    if (!inSection(row, start, data)) {
      const reader = new ByteReader(data, endian, { file: scene.elf.file, section: section.name });
      reader.need(
        start,
        fieldBytes[relocTable[row.kind].field],
        `relocation ${row.name} against ${nameOf(scene, record)}`,
      );
    }
    const meant = repaired && canHaveFault(record) ? withoutFault(row, record, addend) : addend;
    const list = relocations.get(section.index) ?? [];
    if (list.length === 0) relocations.set(section.index, list);
    list.push({ offset: start, kind: row.kind, symbol, addend: meant });
  }
  if (faults.length > 0) throw new BpfkitError(faults);
  for (const list of relocations.values()) list.sort((a, b) => a.offset - b.offset);
  return relocations;
}
