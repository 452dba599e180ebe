/**
 * Typed relocations to the records of a dialect, addends put into the fields. A row is taken only if reading the record gives the
 * same relocation back, so that what is written cannot mean something else.
 */
import { diagnostic, type Diagnostic } from "../diag/index.js";
import { dialects, type DialectRow, type RelocDialect } from "./dialects.js";
import { inSection, matchRow, storeAddend, type RelocSite } from "./reloc-match.js";
import { isMapSection } from "./names.js";
import { relocKinds, type RelocKind } from "./relocations.js";
import type { ObjectFile, ObjectSymbol, Relocation, Section } from "./types.js";

export interface EncodedRelocations {
  /** The section's data with every addend in its field. */
  readonly data: Uint8Array;
  readonly records: readonly { readonly offset: number; readonly type: number; readonly sym: number }[];
  /** Private numbers were used. */
  readonly usesPrivate: boolean;
}

const writable = new Map<RelocDialect, ReadonlyMap<RelocKind, readonly DialectRow[]>>();

function writableRows(dialect: RelocDialect): ReadonlyMap<RelocKind, readonly DialectRow[]> {
  let rows = writable.get(dialect);
  if (rows === undefined) {
    const usable = dialects[dialect].filter(({ readOnly }) => readOnly !== true);
    rows = new Map(relocKinds.map((kind) => [kind, usable.filter((row) => row.kind === kind)]));
    writable.set(dialect, rows);
  }
  return rows;
}

function classOf(object: ObjectFile, { home, type }: ObjectSymbol): RelocSite["to"] {
  if (home.kind === "undefined") return "undefined";
  if (home.kind !== "section") return "other";
  if (isMapSection(object.sections[home.section]!.name)) return "map";
  return type === "section" ? "section" : "other";
}

const options = { noted: true, doubtful: true } as const;

type Attempt = "written" | "addend" | "place";

/** Writes the relocation by `row` into the data of `site`, which becomes its record; or tells what keeps it from reading back as the same. */
function tryRow(
  dialect: RelocDialect,
  row: DialectRow,
  { offset: start, addend }: Relocation,
  site: { -readonly [Field in keyof RelocSite]: RelocSite[Field] },
): Attempt {
  const { data, endian, to } = site;
  if (!inSection(row, start, data)) return "place";
  if (!storeAddend(row, data, start, endian, addend, to === "section")) return "addend";
  site.type = row.type;
  site.offset = start + (row.skew ?? 0);
  const back = matchRow(dialect, site, options);
  if ("misfit" in back) return back.misfit === "addend" ? "addend" : "place";
  if (back.addend !== addend) return "addend";
  // Whether an undefined symbol is a map is for the linker to find out: the number is the same.
  const toMap = row.of === "map" && to === "undefined" && back.row.type === row.type;
  return back.row === row || toMap ? "written" : "place";
}

/** The records of `section`; `classes` has what the symbols are as far as it was asked. */
export function encodeRelocations(
  object: ObjectFile,
  section: Section,
  dialect: RelocDialect,
  classes: RelocSite["to"][],
  faults: Diagnostic[],
): EncodedRelocations {
  if (section.relocations.length === 0) return { data: section.data, records: [], usesPrivate: false };
  const data = section.data.slice();
  const records: { offset: number; type: number; sym: number }[] = [];
  let usesPrivate = false;
  const rows = writableRows(dialect);
  // One for all relocations: a section may have very many.
  const site = {
    type: 0,
    offset: 0,
    data,
    endian: object.endian,
    exec: section.flags.exec,
    to: "other" as RelocSite["to"],
  };
  for (const relocation of section.relocations) {
    const { offset, kind, symbol: number, addend } = relocation;
    const symbol = object.symbols[number]!;
    site.to = classes[number] ??= classOf(object, symbol);
    let attempt: Attempt = "place";
    for (const row of rows.get(kind)!) {
      const next = tryRow(dialect, row, relocation, site);
      if (next === "written") {
        usesPrivate ||= row.private === true;
        records.push({ offset: site.offset, type: site.type, sym: number + 1 });
      }
      // Of two reasons the addend is the one that says more.
      if (next === "written" || attempt === "place") attempt = next;
      if (next === "written") break;
    }
    if (attempt === "written") continue;
    const place = { kind: "binary", file: object.file, section: section.name, offset } as const;
    const { name } = symbol;
    if (rows.get(kind)!.length === 0) {
      faults.push(diagnostic("object-reloc-no-number", { kind, name, dialect }, place));
    } else if (attempt === "addend") {
      faults.push(diagnostic("object-reloc-addend", { kind, name, addend, dialect }, place));
    } else {
      faults.push(diagnostic("object-reloc-place", { kind, name, dialect }, place));
    }
  }
  return { data, records, usesPrivate };
}
