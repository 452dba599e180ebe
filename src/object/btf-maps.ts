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

/** Maps of section `.maps`, with the offset each starts at. Throws `image-btf-maps` where a definition is missing. */
export function readBtfMaps(object: ObjectFile, sectionNumber: number): { offset: number; map: ImageMap }[] {
  const { name: section, relocations } = object.sections[sectionNumber]!;
  const starts = new Map<string, number>();
  for (const { name, home, type } of object.symbols) {
    if (home.kind === "section" && home.section === sectionNumber && type !== "section") starts.set(name, home.offset);
  }
  const place = (offset: number): Place => ({ kind: "binary", file: object.file, section, offset });
  const fail = (name: string, reason: string): never => {
    throw failure("image-btf-maps", { name, reason }, place(starts.get(name) ?? 0));
  };
  const definitions = definitionsOf(object, [...starts.keys()][0] ?? "?", place(0));
  const known = new Set(definitions.map(({ name }) => name));
  for (const name of starts.keys()) if (!known.has(name)) fail(name, "the section .BTF does not define it");
  const first = relocations[0];
  if (first !== undefined) {
    const owner = [...starts].findLast(([, offset]) => offset <= first.offset)?.[0] ?? "?";
    fail(owner, "its initial contents (values) are not supported");
  }
  return definitions.map((definition) => {
    const { name, type, keySize, valueSize, maxEntries, flags, extra, pinning } = definition;
    const offset = starts.get(name);
    if (offset === undefined) return fail(name, "no symbol says where it stands");
    if (definition.inner !== undefined) return fail(name, "maps of maps are not supported");
    return { offset, map: { name, type, keySize, valueSize, maxEntries, flags, extra, pinning } };
  });
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
