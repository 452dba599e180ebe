/** What section names mean in BPF objects. Source: libbpf, and the legacy loaders for `maps`. */

import type { Section } from "./types.js";

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

/**
 * A section of code that is not for functions to be called: libbpf takes each function in it for a program, refuses static ones
 * and calls of them from elsewhere, and looks for what is called without a relocation in `.text`. Linkers gather `.text.*`.
 */
export function isOutsideText({ name, flags }: Pick<Section, "name" | "flags">): boolean {
  return flags.exec && name !== ".text" && !name.startsWith(".text.");
}

/** Sections that say something about the programs and are not data of theirs. */
export function isMetadataSection(name: string): boolean {
  return name === "license" || name === "version" || name === ".BTF" || name === ".BTF.ext";
}

/** DWARF, and what unwinders read: no program refers to it, and no loader of BPF wants it. */
export function isDebugSection(name: string): boolean {
  return name.startsWith(".debug_") || name === ".eh_frame";
}
