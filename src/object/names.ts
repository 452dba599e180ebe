/** What section names mean in BPF objects. Source: libbpf, and the legacy loaders for `maps`. */

/** A section of map definitions: `.maps` (described by BTF), `maps` and `maps/…` (legacy, 32-bit words). */
export function isMapSection(name: string): boolean {
  return name === ".maps" || isLegacyMapSection(name);
}

export function isLegacyMapSection(name: string): boolean {
  return name === "maps" || name.startsWith("maps/");
}

/** A section of jump tables (jump-tables.ts). Compilers do not mark it as loaded. */
export function isJumpTableSection(name: string): boolean {
  return name === ".jumptables";
}

/** Sections that say something about the programs and are not data of theirs. */
export function isMetadataSection(name: string): boolean {
  return name === "license" || name === "version" || name === ".BTF" || name === ".BTF.ext";
}
