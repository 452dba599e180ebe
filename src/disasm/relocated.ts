/** The bytes of a section as a static linker would leave them that links this one object at address 0: readelf's `-R`. */
import type { ElfSection } from "../elf/index.js";
import { fieldBytes, relocate, relocTable, writeField, type ObjectFile, type Relocation } from "../object/index.js";
import { labelsOf, relocationMeaning, relocationOperand } from "./places.js";
import { formatHexDump } from "./section-dump.js";

export interface RelocatedSection {
  readonly section: string;
  readonly data: Uint8Array;
  /** What this file alone cannot resolve (other files' symbols, maps, helpers, …), in the order of the places. */
  readonly left: readonly {
    /** In bytes from the section's start. */
    readonly offset: number;
    readonly meaning: string;
    readonly target: string;
  }[];
}

/** What `relocation`, in section number `index`, stores, or undefined where this file cannot tell. */
function valueOf({ symbols }: ObjectFile, index: number, relocation: Relocation): bigint | undefined {
  const { kind, symbol, offset, addend } = relocation;
  const { value: formula } = relocTable[kind];
  const home = symbols[symbol]?.home;
  if (home?.kind !== "section" && home?.kind !== "absolute") return undefined;
  const isDistance = formula.includes("-P");
  // How far sections are apart is known when they have been laid out.
  if (isDistance && (home.kind !== "section" || home.section !== index)) return undefined;
  if (!isDistance && formula !== "S" && formula !== "S+A") return undefined;
  const place = home.kind === "section" ? BigInt(home.offset) : home.value;
  const { value, fault } = relocate(kind, place, addend, BigInt(offset));
  return fault === undefined ? value : undefined;
}

/** The contents of `section`, relocated; `object` is what the section's file holds. */
export function relocatedSection(object: ObjectFile, { name, data }: ElfSection): RelocatedSection {
  const out = data.slice();
  const left: RelocatedSection["left"][number][] = [];
  // Names can be met twice, contents cannot: both are views of the file's bytes.
  const index = object.sections.findIndex((each) => each.data === data && each.name === name);
  const labels = labelsOf(object);
  for (const relocation of object.sections[index]?.relocations ?? []) {
    const { field } = relocTable[relocation.kind];
    const { offset, kind } = relocation;
    const value = valueOf(object, index, relocation);
    if (value !== undefined && offset + fieldBytes[field] <= out.length) {
      writeField(out, offset, field, object.endian, value);
    } else {
      left.push({ offset, meaning: relocationMeaning(kind), target: relocationOperand(object, labels, relocation) });
    }
  }
  return { section: name, data: out, left };
}

/** As readelf's `-x`, then what was left as it is. */
export function formatRelocatedDump(section: ElfSection, { data, left }: RelocatedSection): string {
  const notes = left.map(
    ({ offset, meaning, target }) => ` NOTE: 0x${offset.toString(16)} is not relocated: ${meaning} ${target}\n`,
  );
  return `${formatHexDump(section, data)}${notes.join("")}`;
}
