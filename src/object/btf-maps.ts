/**
 * Map definitions of the section `.maps`: the section's bytes say nothing, the types of its variables in `.BTF` do.
 *
 * Source: libbpf's bpf_helpers.h and loader. A map starts where the symbol of its name does: compilers leave the offsets
 * in `.BTF` to relocations.
 */
import { readBtf, readMapDefinitions, type BtfMapDefinition } from "../btf/index.js";
import { BpfkitError, diagnostic, failure, type Place } from "../diag/index.js";
import type { ImageMap } from "./image.js";
import type { ObjectFile } from "./types.js";

/** A definition, the offset it starts at, and the one of its initial contents, where it can have some. */
export interface PlacedMap {
  readonly offset: number;
  readonly map: ImageMap;
  readonly values: number | undefined;
}

/** Maps of section `.maps`. Throws `image-btf-maps` where a definition is missing. */
export function readBtfMaps(object: ObjectFile, sectionNumber: number): PlacedMap[] {
  const { name: section } = object.sections[sectionNumber]!;
  // Static maps of several inputs can have one name; types and symbols speak of them in the order of their places.
  const starts = new Map<string, number[]>();
  for (const { name, home, type } of object.symbols) {
    if (home.kind !== "section" || home.section !== sectionNumber || type === "section") continue;
    const list = starts.get(name);
    if (list === undefined) starts.set(name, [home.offset]);
    else list.push(home.offset);
  }
  for (const list of starts.values()) list.sort((a, b) => a - b);
  const place = (offset: number): Place => ({ kind: "binary", file: object.file, section, offset });
  const fail = (name: string, reason: string): never => {
    throw failure("image-btf-maps", { name, reason }, place(starts.get(name)?.[0] ?? 0));
  };
  const definitions = definitionsOf(object, [...starts.keys()][0] ?? "?", place(0));
  const known = new Set(definitions.map(({ name }) => name));
  for (const name of starts.keys()) if (!known.has(name)) fail(name, "the section .BTF does not define it");
  const seen = new Map<string, number>();
  return definitions.map((definition) => {
    const { name, valuesOffset } = definition;
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    const offset = starts.get(name)?.[before];
    if (offset === undefined) return fail(name, "no symbol says where it stands");
    const values = valuesOffset === undefined ? undefined : offset + valuesOffset;
    return { offset, map: imageMap(definition), values };
  });
}

function imageMap(definition: BtfMapDefinition): ImageMap {
  const { name, type, keySize, valueSize, maxEntries, flags, extra, pinning, inner } = definition;
  const map = { name, type, keySize, valueSize, maxEntries, flags, extra, pinning };
  return inner === undefined ? map : { ...map, inner: imageMap(inner) };
}

/** The definitions in `.BTF`; what is wrong with it follows the map's own diagnostic. */
function definitionsOf(object: ObjectFile, name: string, place: Place): BtfMapDefinition[] {
  const { file, endian } = object;
  const found = object.sections.find((each) => each.name === ".BTF");
  if (found === undefined) {
    throw failure("image-btf-maps", { name, reason: "there is no section .BTF" }, place);
  }
  try {
    return readMapDefinitions(readBtf(found.data, { file, section: ".BTF", endian }));
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    const reason = "the section .BTF is wrong";
    throw new BpfkitError([diagnostic("image-btf-maps", { name, reason }, place), ...error.diagnostics]);
  }
}
