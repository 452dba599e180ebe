/** What a loader can tell the kernel about the source of an Image: kept as the object has it, read when a program is loaded. */
import { fieldBytes, writeField } from "./fields.js";
import { relocTable } from "./relocations.js";
import type { ObjectFile, Section } from "./types.js";

export interface ImageDebug {
  /** The object's sections .BTF and .BTF.ext. */
  readonly btf: Uint8Array;
  readonly ext: Uint8Array;
  /** Of each code section, the slot of `Image.code` where it starts. */
  readonly starts: ReadonlyMap<string, number>;
  /** First slots of functions that no other object sees: the kernel follows calls into them, whatever BTF says. */
  readonly hidden: ReadonlySet<number>;
}

/** The bytes of `section` with its places filled in: an Object that was just assembled has them only in the relocations. */
function placed(object: ObjectFile, section: Section): Uint8Array {
  const data = section.data.slice();
  for (const { offset, kind, symbol, addend } of section.relocations) {
    const { home } = object.symbols[symbol]!;
    const { field } = relocTable[kind];
    const inside = offset + fieldBytes[field] <= data.length;
    if (home.kind !== "section" || field !== "data32" || !inside) continue;
    writeField(data, offset, field, object.endian, BigInt(home.offset) + addend);
  }
  return data;
}

/** Undefined where the object has no .BTF.ext. `base` gives the first slot of a code section by its number. */
export function debugOf(object: ObjectFile, base: (section: number) => number | undefined): ImageDebug | undefined {
  const btf = object.sections.find(({ name }) => name === ".BTF")?.data;
  const extSection = object.sections.find(({ name }) => name === ".BTF.ext");
  if (btf === undefined || extSection === undefined) return undefined;
  const ext = placed(object, extSection);
  const starts = new Map<string, number>();
  object.sections.forEach(({ name }, number) => {
    const start = base(number);
    if (start !== undefined && !starts.has(name)) starts.set(name, start);
  });
  const hidden = new Set<number>();
  for (const { home, visibility, type } of object.symbols) {
    if (home.kind !== "section" || type !== "func" || (visibility !== "hidden" && visibility !== "internal")) continue;
    const start = base(home.section);
    if (start !== undefined) hidden.add(start + home.offset / 8);
  }
  return { btf, ext, starts, hidden };
}
