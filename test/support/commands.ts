/** What every verb does with an input, as functions: no process is started, so that a million inputs are affordable. */
import { readBtf, readBtfExt, writeC, writeJson, writeRaw } from "../../src/btf/index.js";
import { copyFile, rawContents, type CopyOptions } from "../../src/copy/index.js";
import { BpfkitError, type Diagnostic } from "../../src/diag/index.js";
import {
  btfParts,
  controlFlow,
  disassemble,
  dwarfLines,
  dwarfPlaces,
  elfBtfExt,
  elfFacts,
  formatBtfExt,
  formatCfgDot,
  formatContents,
  formatDwarfLines,
  formatElf,
  formatGnuSizes,
  formatHexDump,
  formatMaps,
  formatObjdump,
  formatPrograms,
  formatRelocatedDump,
  formatSectionSizes,
  formatSizes,
  formatSource,
  formatStrings,
  formatSymbols,
  listableObject,
  listSymbols,
  mapFacts,
  programFacts,
  relocatedSection,
  remarksOf,
  sizeFacts,
  writeAnnotated,
  writeDisassembly,
} from "../../src/disasm/index.js";
import { readArchive, readElf, writeArchive, type ElfFile } from "../../src/elf/index.js";
import { link } from "../../src/link/index.js";
import { imageOf, readObject, writeObject } from "../../src/object/index.js";

const views = { header: true, sections: true, segments: true, symbols: true, relocations: true };
const nothing = (): void => {};

const copies: readonly CopyOptions[] = [
  { strip: "all" },
  { strip: "debug", removeSections: [".BTF*"] },
  { onlySections: ["xdp", "license"], prefixSymbols: "p_", weaken: true },
  { addSections: [{ name: ".more", data: new Uint8Array(3) }], renameSections: [{ from: "xdp", to: "tc" }] },
  { onlyDebug: true, debugLink: { file: "mutant.dbg", contents: new Uint8Array(5) }, keepFileSymbols: true },
  { prefixAllocSections: ".p", removeRelocations: ["xdp"], localizeHidden: true },
  { addSymbols: [{ name: "added", section: "xdp", value: 8n, bind: "weak", type: "func", hidden: false }] },
];

/** A function of bytes that remembers its last result, or that it threw: commands share what they all start with. */
function remembered<Result>(make: (bytes: Uint8Array) => Result): (bytes: Uint8Array) => Result {
  let last: { readonly bytes: Uint8Array; readonly result?: Result; readonly error?: unknown } | undefined;
  return (bytes) => {
    if (last?.bytes !== bytes) {
      try {
        last = { bytes, result: make(bytes) };
      } catch (error) {
        last = { bytes, error };
      }
    }
    if (last.error !== undefined) throw last.error;
    return last.result!;
  };
}

const elf = remembered((bytes): ElfFile => readElf(bytes, { file: "mutant.o", faults: [] }));
const facts = remembered((bytes) => elfFacts(elf(bytes)));
const listable = remembered((bytes) => listableObject(elf(bytes)));
const object = remembered((bytes) => readObject(bytes, { file: "mutant.o" }));

function readelf(bytes: Uint8Array): void {
  const file = elf(bytes);
  const problems: Diagnostic[] = [];
  formatElf(facts(bytes), { ...views, groups: true, notes: true, dynamic: true });
  formatElf(facts(bytes), { sectionDetails: true, dynamicSymbols: true });
  formatDwarfLines(dwarfLines(file, problems));
  formatBtfExt(elfBtfExt(file, problems));
  for (const section of file.sections) {
    formatHexDump(section);
    formatStrings(section);
  }
  const listed = listable(bytes).object;
  for (const section of file.sections) formatRelocatedDump(section, relocatedSection(listed, section));
  formatMaps(mapFacts(listed, btfParts(file, problems).btf, problems));
  formatPrograms(programFacts(listed));
}

function objdump(bytes: Uint8Array): void {
  const file = elf(bytes);
  formatObjdump(facts(bytes), views);
  for (const section of file.sections) formatContents(section);
  const listed = listable(bytes).object;
  writeDisassembly(listed, { relocations: true, all: true, dialect: "gnu" }, nothing);
  const remarks = remarksOf(elfBtfExt(file, []), dwarfPlaces(file, []), { source: true, coreRelos: true });
  writeAnnotated(listed, { remarks, relocations: true }, nothing);
  disassemble(listed);
  writeAnnotated(listed, { from: 16, to: 64, symbols: ["xdp", "prog"], addresses: "names" }, nothing);
  formatObjdump(facts(bytes), { dynamicSymbols: true, dynamicRelocations: true });
}

/** By verb; each may throw a BpfkitError. */
export const commands: Readonly<Record<string, (bytes: Uint8Array) => void>> = {
  readelf,
  objdump,
  cfg: (bytes) => void formatCfgDot(controlFlow(listable(bytes).object, {})),
  source: (bytes) => void formatSource(listable(bytes).object),
  nm: (bytes) => {
    const { object: listed, addresses } = listable(bytes);
    for (const layout of ["bsd", "posix", "sysv"] as const) {
      formatSymbols(listSymbols(listed, { all: true, addresses }), { layout, sort: "size", radix: 8 });
    }
    listSymbols(listableObject(elf(bytes), { dynamic: true }).object);
  },
  size: (bytes) => {
    const sizes = [sizeFacts(elf(bytes))];
    formatSizes(sizes, { totals: true, common: true });
    formatGnuSizes(sizes);
    formatSectionSizes(sizes[0]!, { radix: 16, common: true });
  },
  objcopy: (bytes) => {
    tolerate(() => rawContents(bytes, "mutant.o"));
    for (const options of copies) tolerate(() => readElf(copyFile(bytes, options, { file: "mutant.o" }).bytes));
  },
  ar: (bytes) => {
    const archive = writeArchive([{ name: "mutant.o", data: bytes }]);
    readArchive(archive, { file: "mutant.a" });
    readArchive(bytes, { file: "mutant.o" });
  },
  btf: (bytes) => {
    const file = elf(bytes);
    const types = file.sections.find(({ name }) => name === ".BTF");
    const ext = file.sections.find(({ name }) => name === ".BTF.ext");
    if (types === undefined) return;
    const btf = readBtf(types.data, { file: "mutant.o" });
    tolerate(() => writeRaw(btf, nothing));
    tolerate(() => writeC(btf, {}, nothing));
    tolerate(() => writeJson(btf, undefined, nothing));
    if (ext !== undefined) readBtfExt(ext.data, btf);
  },
  ld: (bytes) => {
    const linked = link([object(bytes)], { relocatable: true });
    if (linked.object !== undefined) writeObject(linked.object);
  },
  load: (bytes) => void imageOf(object(bytes)),
};

function tolerate(run: () => unknown): boolean {
  try {
    run();
    return true;
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    return false;
  }
}

/** Runs every command on `bytes`; returns how many took it. Anything but a BpfkitError is thrown on, with the command's name. */
export function everyCommand(bytes: Uint8Array): number {
  let taken = 0;
  for (const [name, run] of Object.entries(commands)) {
    try {
      if (tolerate(() => run(bytes))) taken++;
    } catch (error) {
      throw new Error(`${name}: ${String(error)}`, { cause: error });
    }
  }
  return taken;
}
