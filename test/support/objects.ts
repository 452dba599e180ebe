/** Small Objects for tests of linker, printers and loaders, with every field that does not matter filled in. */
import type { ObjectFile, ObjectSymbol, Section } from "../../src/object/index.js";
import { noFlags } from "../../src/object/index.js";

/** A code section, unless `given` says otherwise. */
export function makeSection(name: string, data: Uint8Array, given: Partial<Section> = {}): Section {
  return {
    name,
    type: "progbits",
    flags: { ...noFlags, alloc: true, exec: true },
    align: 8,
    entsize: 0,
    size: data.length,
    data,
    relocations: [],
    group: -1,
    linkedTo: -1,
    ...given,
  };
}

/** A global function in section `section`, unless `given` says otherwise. */
export function makeSymbol(
  name: string,
  section: number,
  offset: number,
  given: Partial<ObjectSymbol> = {},
): ObjectSymbol {
  const home = { kind: "section", section, offset } as const;
  return { name, home, size: 0, binding: "global", type: "func", visibility: "default", ...given };
}

export function makeObject(
  sections: readonly Section[],
  symbols: readonly ObjectSymbol[],
  given: Partial<ObjectFile> = {},
): ObjectFile {
  return { file: "test.o", endian: "little", flags: 0, sections, symbols, groups: [], ...given };
}
