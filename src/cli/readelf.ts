/** `bpfkit readelf`: what stands in an ELF file. */
import {
  btfParts,
  demangledFacts,
  dwarfLines,
  elfBtfExt,
  elfFacts,
  findSection,
  formatBtfExt,
  formatDwarfLines,
  formatHexDump,
  formatMaps,
  formatPrograms,
  formatRelocatedDump,
  formatStrings,
  listableObject,
  mapFacts,
  programFacts,
  relocatedSection,
  sectionStrings,
  writeElf,
} from "../disasm/index.js";
import { jsonType, writeRaw, type Btf } from "../btf/index.js";
import { BpfkitError, failure, type Diagnostic } from "../diag/index.js";
import { uncompressed, type ElfFile, type ElfSection } from "../elf/index.js";
import type { ObjectFile, RelocDialect } from "../object/index.js";
import { put } from "./output.js";
import { eachElf, openedName, type Opened } from "./open.js";
import { asWarnings, report, toJson, usage } from "./report.js";

interface Options {
  readonly all?: boolean;
  readonly fileHeader?: boolean;
  readonly headers?: boolean;
  readonly sections?: boolean;
  readonly programHeaders?: boolean;
  readonly symbols?: boolean;
  readonly relocs?: boolean;
  readonly dynamic?: boolean;
  readonly sectionGroups?: boolean;
  readonly notes?: boolean;
  readonly hexDump: readonly string[];
  readonly relocatedDump: readonly string[];
  readonly stringDump: readonly string[];
  readonly sectionDetails?: boolean;
  readonly dynSyms?: boolean;
  readonly debugDump?: string;
  readonly versionInfo?: boolean;
  readonly unwind?: boolean;
  readonly decompress?: boolean;
  readonly demangle?: boolean;
  readonly maps?: boolean;
  readonly programs?: boolean;
  readonly btf?: boolean;
  readonly btfExt?: boolean;
  readonly relocDialect?: RelocDialect;
  readonly json?: boolean;
}

/** The Object in the file, for views that need one; its faults are remarks. */
function objectOf(elf: ElfFile, dialect: RelocDialect | undefined): ObjectFile | undefined {
  try {
    const { object, problems } = listableObject(elf, { dialect });
    report(asWarnings(problems));
    return object;
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    report(error.diagnostics);
    return undefined;
  }
}

function dumped(opened: Opened, names: readonly string[]): ElfSection[] {
  // Why there are no sections at all has been told.
  if (opened.elf.sections.length === 0 && opened.faults.length > 0) return [];
  return names.map((name) => {
    const section = findSection(opened.elf, name);
    if (section === undefined) throw failure("cli-section", { file: openedName(opened), name });
    return section;
  });
}

function allTypes(btf: Btf): object[] {
  const types: object[] = [];
  for (let id = btf.firstId; id < btf.typeCount; id++) types.push(jsonType(btf, id));
  return types;
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const { all = false, json = false } = options;
  const heads = all || (options.headers ?? false);
  const views = {
    header: heads || (options.fileHeader ?? false),
    sections: heads || (options.sections ?? false),
    sectionDetails: options.sectionDetails ?? false,
    segments: heads || (options.programHeaders ?? false),
    symbols: all || (options.symbols ?? false),
    dynamicSymbols: options.dynSyms ?? false,
    relocations: all || (options.relocs ?? false),
    dynamic: all || (options.dynamic ?? false),
    groups: all || (options.sectionGroups ?? false),
    notes: all || (options.notes ?? false),
  };
  const more = {
    maps: all || (options.maps ?? false),
    programs: all || (options.programs ?? false),
    btf: options.btf ?? false,
    btfExt: options.btfExt ?? false,
    lines: options.debugDump !== undefined,
    versions: options.versionInfo ?? false,
    unwind: options.unwind ?? false,
  };
  const dumps = options.hexDump.length + options.stringDump.length + options.relocatedDump.length;
  if (!json && dumps === 0 && ![...Object.values(views), ...Object.values(more)].includes(true)) {
    return usage("nothing to show was asked for", "give -a, -h, -S, -l, -s, -r, -x NAME, --maps or another view");
  }
  if (more.lines && !["L", "decodedline"].includes(options.debugDump!)) {
    return usage(
      `of debugging data only line tables are shown, not ${options.debugDump}`,
      "give -wL; llvm-dwarfdump shows the rest",
    );
  }
  const everything: unknown[] = [];
  await eachElf(
    files,
    (opened) => {
      const { elf } = opened;
      const plain = elfFacts(elf, {
        dialect: options.relocDialect,
        relocations: json || views.relocations,
        symbols: json || views.symbols || views.dynamicSymbols,
      });
      const facts = options.demangle === true ? demangledFacts(plain) : plain;
      const problems: Diagnostic[] = [...facts.problems];
      const expanded = (section: ElfSection): ElfSection =>
        options.decompress === true ? uncompressed(elf, section) : section;
      const hexDumps = dumped(opened, options.hexDump).map(expanded);
      const stringDumps = dumped(opened, options.stringDump).map(expanded);
      const relocatedDumps = dumped(opened, options.relocatedDump);
      const object =
        more.maps || more.programs || relocatedDumps.length > 0 ? objectOf(elf, options.relocDialect) : undefined;
      const parts = more.maps || more.btf ? btfParts(elf, problems) : undefined;
      const maps = more.maps && object !== undefined ? mapFacts(object, parts?.btf, problems) : undefined;
      const programs = more.programs && object !== undefined ? programFacts(object) : undefined;
      const relocated = object === undefined ? [] : relocatedDumps.map((section) => relocatedSection(object, section));
      const lines = more.lines ? dwarfLines(elf, problems) : undefined;
      const btfExt = more.btfExt ? elfBtfExt(elf, problems) : undefined;
      if (json) {
        everything.push({
          ...facts,
          file: openedName(opened),
          maps,
          programs,
          btf: more.btf && parts?.btf !== undefined ? allTypes(parts.btf) : undefined,
          btfExt,
          dwarfLines: lines === undefined ? undefined : Object.fromEntries(lines),
          relocatedDumps: relocated.length === 0 ? undefined : relocated,
          hexDumps: hexDumps.length === 0 ? undefined : hexDumps.map(({ name, data }) => ({ section: name, data })),
          stringDumps:
            stringDumps.length === 0
              ? undefined
              : stringDumps.map((section) => ({ section: section.name, strings: sectionStrings(section) })),
          problems: [...opened.faults, ...problems],
        });
        return report(problems);
      }
      if (files.length > 1 || opened.member !== undefined) put(`\nFile: ${openedName(opened)}\n`);
      writeElf(facts, views, put);
      if (programs !== undefined) put(formatPrograms(programs));
      if (maps !== undefined) put(formatMaps(maps));
      if (more.btf) {
        put(parts?.btf === undefined ? "\nThere is no .BTF in this file.\n" : "\nTypes in '.BTF':\n");
        if (parts?.btf !== undefined) writeRaw(parts.btf, put);
      }
      if (btfExt !== undefined) put(formatBtfExt(btfExt));
      if (lines !== undefined) put(formatDwarfLines(lines));
      if (more.unwind) put("\nThere are no unwind tables in this file.\n");
      if (more.versions) put("\nNo version information found in this file.\n");
      for (const section of stringDumps) put(formatStrings(section));
      for (const section of hexDumps) put(formatHexDump(section));
      relocated.forEach((dump, i) => put(formatRelocatedDump(relocatedDumps[i]!, dump)));
      return report(problems);
    },
    true,
  );
  if (json) put(`${toJson(everything)}\n`);
}
