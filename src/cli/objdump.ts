/** `bpfkit objdump`: disassembly, and the tables of objects. */
import {
  demangled,
  demangledFacts,
  demangledObject,
  disassemble,
  dwarfLines,
  dwarfPlaces,
  elfBtfExt,
  elfFacts,
  formatContents,
  formatDwarfLines,
  listableObject,
  remarksOf,
  writeAnnotated,
  writeDisassembly,
  type BtfExtFacts,
  type DisassembleOptions,
  type SourcePlace,
  writeElf,
  writeObjdump,
} from "../disasm/index.js";
import { diagnostic, failure, type Diagnostic } from "../diag/index.js";
import type { ElfFile } from "../elf/index.js";
import type { Dialect } from "../isa/index.js";
import type { RelocDialect } from "../object/index.js";
import { put } from "./output.js";
import { eachElf, memberLine, openedName, type Opened } from "./open.js";
import { asWarnings, report, toJson, usage } from "./report.js";
import { withText } from "./source-text.js";

interface Options {
  readonly disassemble?: boolean;
  readonly disassembleAll?: boolean;
  readonly source?: boolean;
  readonly lineNumbers?: boolean;
  readonly reloc?: boolean;
  readonly fileHeaders?: boolean;
  readonly sectionHeaders?: boolean;
  readonly syms?: boolean;
  readonly allHeaders?: boolean;
  readonly dynamicSyms?: boolean;
  readonly dynamicReloc?: boolean;
  readonly privateHeaders?: boolean;
  readonly archiveHeaders?: boolean;
  readonly dwarf?: string;
  readonly disassembleSymbols?: string;
  readonly prefixAddresses?: boolean;
  readonly demangle?: boolean;
  readonly addresses: boolean;
  readonly disassemblerOptions?: string;
  readonly fullContents?: boolean;
  readonly section: readonly string[];
  readonly startAddress?: string;
  readonly stopAddress?: string;
  readonly showRawInsn?: boolean;
  readonly syntax: Dialect;
  readonly relocDialect?: RelocDialect;
  readonly json?: boolean;
  readonly cfg?: "svg" | "dot";
  readonly function?: string;
  readonly output: string;
}

/** A number as addresses are written: decimal, or hex with 0x. */
function address(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : Number.NaN;
}

const inNames = ({ prefixAddresses = false }: Options): boolean => prefixAddresses;

/** The syntax, by --syntax or -M. Says what is wrong with -M, and gives undefined then. */
function syntaxOf({ syntax, disassemblerOptions = "" }: Options): Dialect | undefined {
  let found = syntax;
  for (const word of disassemblerOptions.split(",")) {
    if (word === "pseudoc") found = "pseudoc";
    else if (word === "normal") found = "gnu";
    else if (!/^(|v[1-4]|xbpf|dec|no-aliases|numeric)$/.test(word)) {
      usage(`-M has no option ${word}`, "there are pseudoc, normal, v1 to v4, xbpf; --syntax takes other spellings");
      return undefined;
    }
  }
  return found;
}

/** What the archive says of a member, without its contents. */
function entryFacts({ entry }: Opened): object | undefined {
  if (entry === undefined) return undefined;
  const { data: _data, ...shown } = entry;
  return shown;
}

/** Source lines as DWARF tells them, for sections that .BTF.ext says nothing of. */
async function dwarfText(elf: ElfFile, problems: Diagnostic[]): Promise<Map<string, readonly SourcePlace[]>> {
  return withText(dwarfPlaces(elf, problems));
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  if (options.cfg !== undefined) {
    const { drawGraphs } = await import("./objdump-cfg.js");
    return drawGraphs(files, {
      format: options.cfg,
      function: options.function,
      sections: options.section,
      syntax: options.syntax,
      output: options.output,
      json: options.json ?? false,
    });
  }
  const {
    disassembleAll = false,
    source = false,
    lineNumbers = false,
    fullContents = false,
    allHeaders = false,
  } = options;
  const symbols = options.disassembleSymbols?.split(",");
  const listing =
    options.disassemble === true ||
    disassembleAll ||
    source ||
    lineNumbers ||
    symbols !== undefined ||
    inNames(options);
  const views = {
    header: allHeaders || options.fileHeaders === true,
    sections: allHeaders || options.sectionHeaders === true,
    symbols: allHeaders || options.syms === true,
    // Beside a listing they stand in it.
    relocations: (allHeaders || options.reloc === true) && !listing,
    dynamicSymbols: options.dynamicSyms ?? false,
    dynamicRelocations: options.dynamicReloc ?? false,
  };
  const headers = { segments: options.privateHeaders ?? false, dynamic: options.privateHeaders ?? false };
  const tables = [...Object.values(views), headers.segments].includes(true);
  const syntax = syntaxOf(options);
  if (syntax === undefined) return;
  if (options.dwarf !== undefined && !["L", "decodedline"].includes(options.dwarf)) {
    return usage(
      `of debugging data only line tables are shown, not ${options.dwarf}`,
      "give -WL; llvm-dwarfdump shows the rest",
    );
  }
  const others = fullContents || options.dwarf !== undefined || options.archiveHeaders === true;
  if (!listing && !tables && !others) {
    return usage("nothing to show was asked for", "give -d, -D, -S, -r, -h, -t, -f, -x, -s or --cfg");
  }
  const [from, to] = [address(options.startAddress), address(options.stopAddress)];
  if (Number.isNaN(from) || Number.isNaN(to)) return usage("an address is a whole number", "for example 0x40");
  const only = options.section.length === 0 ? undefined : (name: string): boolean => options.section.includes(name);
  const choice: DisassembleOptions = {
    dialect: syntax,
    all: disassembleAll,
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
    ...(symbols === undefined ? {} : { symbols }),
    ...(options.section.length === 0 ? {} : { sections: options.section }),
  };

  const list = async (elf: ElfFile, problems: Diagnostic[]): Promise<void> => {
    const { object: found, problems: missing } = listableObject(elf, { dialect: options.relocDialect });
    const object = options.demangle === true ? demangledObject(found) : found;
    problems.push(...asWarnings(missing));
    const relocations = allHeaders || (options.reloc ?? false);
    const ext: readonly BtfExtFacts[] = source || lineNumbers || relocations ? elfBtfExt(elf, problems) : [];
    const addresses = inNames(options) ? "names" : options.addresses ? "slots" : "none";
    // As GNU objdump: beside names bytes are shown to those who ask for them.
    const bytes = options.showRawInsn ?? addresses !== "names";
    const print = { ...choice, relocations, bytes, addresses } as const;
    const isPart = from !== undefined || to !== undefined || symbols !== undefined || addresses !== "slots";
    const hasCore = relocations && ext.some(({ coreRelos }) => coreRelos.length > 0);
    if (!source && !lineNumbers && !isPart && !hasCore) return writeDisassembly(object, print, put);
    const wantsSource = source || lineNumbers;
    const dwarf = wantsSource ? await dwarfText(elf, problems) : new Map<string, readonly SourcePlace[]>();
    const remarks = remarksOf(ext, dwarf, { source, lineNumbers, coreRelos: relocations });
    writeAnnotated(object, { ...print, remarks }, put);
  };

  const facts: unknown[] = [];
  const unseen = new Set(symbols);
  await eachElf(
    files,
    async (opened) => {
      const { elf } = opened;
      const file = openedName(opened);
      // Why there are no sections at all has been told.
      const isEmpty = elf.sections.length === 0 && opened.faults.length > 0;
      for (const name of isEmpty ? [] : options.section) {
        if (!elf.sections.some((section) => section.name === name)) throw failure("cli-section", { file, name });
      }
      const problems: Diagnostic[] = [];
      if (unseen.size > 0) {
        const { object } = listableObject(elf);
        for (const { name } of object.symbols) unseen.delete(options.demangle === true ? demangled(name) : name);
      }
      if (options.json === true) {
        const { object, problems: missing } = listing
          ? listableObject(elf, { dialect: options.relocDialect })
          : { object: undefined, problems: [] };
        problems.push(...asWarnings(missing));
        facts.push({
          file,
          sections: object === undefined ? undefined : disassemble(object, choice),
          btfExt: listing ? elfBtfExt(elf, problems) : undefined,
          archive: options.archiveHeaders === true ? entryFacts(opened) : undefined,
          dwarfLines:
            source || lineNumbers || options.dwarf !== undefined
              ? Object.fromEntries(dwarfPlaces(elf, problems))
              : undefined,
          elf: tables ? elfFacts(elf, { dialect: options.relocDialect }) : undefined,
          contents: fullContents
            ? elf.sections.filter(({ name }) => only?.(name) ?? true).map(({ name, data }) => ({ section: name, data }))
            : undefined,
        });
        return report(problems);
      }
      if (!listing) put(`\n${elf.file ?? file}:\tfile format elf64-bpf\n`);
      if (options.archiveHeaders === true && opened.entry !== undefined) put(`${memberLine(opened.entry)}\n`);
      if (tables) {
        const plain = elfFacts(elf, {
          dialect: options.relocDialect,
          relocations: views.relocations || views.dynamicRelocations,
          symbols: views.symbols || views.dynamicSymbols,
        });
        const known = options.demangle === true ? demangledFacts(plain) : plain;
        problems.push(...asWarnings(known.problems));
        writeObjdump(known, { ...views, ...(only === undefined ? {} : { only }) }, put);
        writeElf(known, headers, put);
      }
      if (fullContents) {
        for (const section of elf.sections) if (only?.(section.name) ?? true) put(formatContents(section));
      }
      if (options.dwarf !== undefined) put(formatDwarfLines(dwarfLines(elf, problems)));
      if (listing) await list(elf, problems);
      return report(problems);
    },
    true,
  );
  if (options.json === true) put(`${toJson(facts)}\n`);
  for (const name of unseen) report([diagnostic("cli-symbol", { name })]);
}
