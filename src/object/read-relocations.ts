/** Relocation records to typed relocations in the file's dialect: every record gets a meaning, or all that have none are errors. */
import { ByteReader } from "../bytes/index.js";
import { BpfkitError, type Diagnostic } from "../diag/index.js";
import type { Detection } from "./detect.js";
import { rowsOfType, type RelocDialect } from "./dialects.js";
import { fieldBytes } from "./fields.js";
import { canHaveFault, withoutFault, type Reading } from "./gnu-fault.js";
import { misfitFault, nameOf } from "./reloc-faults.js";
import { inSection, matchRow } from "./reloc-match.js";
import type { RelocScene } from "./reloc-scene.js";
import { relocTable } from "./relocations.js";
import type { Relocation } from "./types.js";

/** Errors of one file that are listed. */
const errorLimit = 50;

/** The readings of all records in `dialect`. Throws with those that have none. */
function readAll(scene: RelocScene, dialect: RelocDialect): readonly Reading[] {
  const options = { noted: scene.noted !== undefined, doubtful: true };
  const faults: Diagnostic[] = [];
  const readings: Reading[] = [];
  for (const record of scene.records) {
    if (record.type === 0 && rowsOfType(dialect, 0).length === 0) continue;
    const match = matchRow(dialect, record, options);
    if (!("misfit" in match)) readings.push({ record, row: match.row, addend: match.addend });
    else if (faults.push(misfitFault(scene, record, match, dialect)) === errorLimit) break;
  }
  if (faults.length > 0) throw new BpfkitError(faults);
  return readings;
}

/**
 * The relocations of each section, by the section's index in the file. `symbolNumbers` gives the Object's symbol for the file's;
 * `nobody` is the one for values that need no symbol.
 */
export function readRelocations(
  scene: RelocScene,
  { origin, readings }: Detection,
  symbolNumbers: Int32Array,
  nobody: number,
): ReadonlyMap<number, Relocation[]> {
  const { dialect, repaired } = origin;
  const relocations = new Map<number, Relocation[]>();
  // Detection leaves out records whose symbols are missing.
  const all = readings?.length === scene.records.length ? readings : readAll(scene, dialect);
  for (const { record, row, addend } of all) {
    const { section, data, endian, sym } = record;
    const symbol = sym === 0 ? nobody : (symbolNumbers[sym] ?? -1);
    if (symbol < 0) {
      const misfit = { misfit: "symbol", row } as const;
      throw new BpfkitError([misfitFault(scene, { ...record, to: "none" }, misfit, dialect)]);
    }
    const start = record.offset - (row.skew ?? 0);
    if (!inSection(row, start, data)) {
      const reader = new ByteReader(data, endian, { file: scene.elf.file, section: section.name });
      const what = `relocation ${row.name} against ${nameOf(scene, record)}`;
      reader.need(start, fieldBytes[relocTable[row.kind].field], what);
    }
    const meant = repaired && canHaveFault(record) ? withoutFault(row, record, addend) : addend;
    const list = relocations.get(section.index);
    const relocation = { offset: start, kind: row.kind, symbol, addend: meant };
    if (list === undefined) relocations.set(section.index, [relocation]);
    else list.push(relocation);
  }
  for (const list of relocations.values()) list.sort((a, b) => a.offset - b.offset);
  return relocations;
}
