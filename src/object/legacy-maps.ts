/**
 * Map definitions of the sections `maps` and `maps/…`: 32-bit words type, key_size, value_size, max_entries and, in longer
 * definitions, map_flags. Nothing in the file tells a definition's length: it is the symbol's size or reaches to the next symbol.
 *
 * Source: the 2017 mail's listing, samples/bpf/bpf_load.c, libbpf before 1.0.
 */
import { ByteReader } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import type { ImageMap } from "./image.js";
import type { ObjectFile } from "./types.js";

/** A definition and where it stands, in bytes from the section's start. */
export interface LegacyMap {
  readonly offset: number;
  readonly size: number;
  readonly map: ImageMap;
}

/** Maps of one section, by rising offset. */
export function readLegacyMaps(object: ObjectFile, sectionNumber: number): LegacyMap[] {
  const section = object.sections[sectionNumber]!;
  const reader = new ByteReader(section.data, object.endian, { file: object.file, section: section.name });
  const starts = new Map<number, { name: string; size: number }>();
  for (const { name, home, size, type } of object.symbols) {
    if (home.kind !== "section" || home.section !== sectionNumber || type === "section" || starts.has(home.offset))
      continue;
    starts.set(home.offset, { name, size });
  }
  const offsets = [...starts.keys()].toSorted((a, b) => a - b);
  return offsets.map((offset, i) => {
    const { name, size: stated } = starts.get(offset)!;
    const size = stated > 0 ? stated : (offsets[i + 1] ?? section.size) - offset;
    if (size < 16) {
      throw failure("image-map-size", { name, section: section.name, size }, reader.place(offset));
    }
    const map: ImageMap = {
      name,
      type: reader.u32(offset, `the definition of ${name}`),
      keySize: reader.u32(offset + 4),
      valueSize: reader.u32(offset + 8),
      maxEntries: reader.u32(offset + 12),
      flags: size >= 20 ? reader.u32(offset + 16) : 0,
      extra: 0n,
      pinning: "none",
    };
    return { offset, size, map };
  });
}
