/** `bpfkit objcopy`: an object, or an archive of them, to a changed copy. */
import { basename } from "node:path";
import type { Endian } from "../bytes/index.js";
import { copyFile, rawContents, type CopyOptions, type NewSymbol } from "../copy/index.js";
import { failure } from "../diag/index.js";
import { isArchive, readElf } from "../elf/index.js";
import { readInput, writeOutput } from "../node/index.js";
import {
  addRename,
  deliver,
  flagList,
  pair,
  readList,
  sharedOptions,
  wholeNumber,
  WrongOption,
  type SharedOptions,
} from "./copy-options.js";
import { put } from "./output.js";
import { inputName, mixed, toJson, usage } from "./report.js";

interface Options extends SharedOptions {
  readonly onlySection: readonly string[];
  readonly renameSection: readonly string[];
  readonly addSection: readonly string[];
  readonly updateSection: readonly string[];
  readonly dumpSection: readonly string[];
  readonly setSectionFlags: readonly string[];
  readonly setSectionAlignment: readonly string[];
  readonly localizeSymbol: readonly string[];
  readonly keepGlobalSymbol: readonly string[];
  readonly globalizeSymbol: readonly string[];
  readonly weakenSymbol: readonly string[];
  readonly weaken?: boolean;
  readonly redefineSym: readonly string[];
  readonly prefixSymbols?: string;
  readonly stripSymbols: readonly string[];
  readonly keepSymbols: readonly string[];
  readonly localizeSymbols: readonly string[];
  readonly keepGlobalSymbols: readonly string[];
  readonly globalizeSymbols: readonly string[];
  readonly weakenSymbols: readonly string[];
  readonly redefineSyms: readonly string[];
  readonly localizeHidden?: boolean;
  readonly decompressDebugSections?: boolean;
  readonly addSymbol: readonly string[];
  readonly outputTarget?: string;
  readonly gapFill?: string;
  readonly padTo?: string;
  readonly addGnuDebuglink?: string;
  readonly prefixSections?: string;
  readonly prefixAllocSections?: string;
  readonly removeRelocations: readonly string[];
}

/** Names given one by one and in files. */
async function names(given: readonly string[], files: readonly string[]): Promise<string[]> {
  const lists: string[][] = [];
  for (const file of files) lists.push(await readList(file));
  return [...given, ...lists.flat()];
}

async function contents(option: string, given: readonly string[]): Promise<{ name: string; data: Uint8Array }[]> {
  const sections: { name: string; data: Uint8Array }[] = [];
  for (const each of given) {
    const [name, file] = pair(option, each, `${option} .notes=notes.bin`);
    sections.push({ name, data: await readInput(file) });
  }
  return sections;
}

async function renames(options: Options): Promise<Map<string, string>> {
  const map = new Map<string, string>();
  for (const each of options.redefineSym) {
    addRename(map, "--redefine-sym", ...pair("--redefine-sym", each, "--redefine-sym prog=xdp_prog"));
  }
  for (const file of options.redefineSyms) {
    for (const line of await readList(file)) {
      const [old, to, ...rest] = line.split(/\s+/);
      if (to === undefined || rest.length > 0) {
        throw new WrongOption(`${file} has the line ${JSON.stringify(line)}`, "two names a line, old and new");
      }
      addRename(map, "--redefine-syms", old!, to);
    }
  }
  return map;
}

const symbolFlags = ["local", "global", "weak", "function", "object", "hidden"];

/** `name=[section:]value[,flags]`. */
function newSymbol(text: string): NewSymbol {
  const [name, rest] = pair("--add-symbol", text, "--add-symbol start=.text:0x10,function,global");
  const [place = "", ...flags] = rest.split(",");
  const wrong = flags.find((flag) => !symbolFlags.includes(flag));
  if (wrong !== undefined)
    throw new WrongOption(`there is no symbol flag ${wrong}`, `they are ${symbolFlags.join(", ")}`);
  const at = place.lastIndexOf(":");
  const has = (flag: string): boolean => flags.includes(flag);
  return {
    name,
    section: at < 0 ? undefined : place.slice(0, at),
    value: wholeNumber("--add-symbol", place.slice(at + 1)),
    bind: has("local") ? "local" : has("weak") ? "weak" : "global",
    type: has("function") ? "func" : has("object") ? "object" : "notype",
    hidden: has("hidden"),
  };
}

const orders: Readonly<Record<string, Endian | undefined>> = {
  "elf64-bpf": undefined,
  default: undefined,
  "elf64-bpfle": "little",
  "elf64-bpfel": "little",
  "elf64-bpfbe": "big",
  "elf64-bpfeb": "big",
};

/** What -O makes of the copy. */
function targeted(bytes: Uint8Array, file: string, options: Options): Uint8Array {
  const { outputTarget = "default" } = options;
  if (outputTarget !== "binary") {
    if (!Object.hasOwn(orders, outputTarget)) {
      throw new WrongOption(
        `there is no output format ${outputTarget}`,
        "they are binary, elf64-bpfle and elf64-bpfbe",
      );
    }
    const wanted = orders[outputTarget];
    if (wanted !== undefined && !isArchive(bytes) && readElf(bytes, { file }).endian !== wanted) {
      throw new WrongOption(`${file} is not ${wanted}-endian`, "the copy has the input's byte order");
    }
    return bytes;
  }
  if (isArchive(bytes)) throw new WrongOption("-O binary takes no archive", "extract the member with bpfkit ar x");
  const gapFill = options.gapFill === undefined ? 0 : Number(wholeNumber("--gap-fill", options.gapFill) & 0xffn);
  const padTo = options.padTo === undefined ? undefined : Number(wholeNumber("--pad-to", options.padTo));
  const { onlySection: onlySections, removeSection: removeSections } = options;
  return rawContents(bytes, file, { onlySections, removeSections, gapFill, ...(padTo === undefined ? {} : { padTo }) });
}

async function copyOptions(options: Options): Promise<CopyOptions> {
  const link = options.addGnuDebuglink;
  const strip = options.stripAll === true ? "all" : options.stripUnneeded === true ? "unneeded" : undefined;
  return {
    ...sharedOptions(options, strip ?? (options.stripDebug === true ? "debug" : undefined)),
    onlySections: options.onlySection,
    renameSections: options.renameSection.map((each) => {
      const [from, value] = pair("--rename-section", each, "--rename-section socket=xdp");
      const [to, ...flags] = value.split(",");
      return { from, to: to!, ...(flags.length === 0 ? {} : { flags: flagList(flags) }) };
    }),
    setSectionFlags: options.setSectionFlags.map((each) => {
      const [name, flags] = pair("--set-section-flags", each, "--set-section-flags .data=alloc,readonly");
      return { name, flags: flagList(flags.split(",")) };
    }),
    setSectionAlignment: options.setSectionAlignment.map((each) => {
      const [name, value] = pair("--set-section-alignment", each, "--set-section-alignment .data=16");
      const align = Number(value);
      if (!Number.isInteger(Math.log2(align)) || align < 1) {
        throw new WrongOption(`the alignment ${value} is no power of two`, "for example 8");
      }
      return { name, align };
    }),
    addSections: await contents("--add-section", options.addSection),
    updateSections: await contents("--update-section", options.updateSection),
    stripSymbols: await names(options.stripSymbol, options.stripSymbols),
    keepSymbols: await names(options.keepSymbol, options.keepSymbols),
    localizeSymbols: await names(options.localizeSymbol, options.localizeSymbols),
    keepGlobalSymbols: await names(options.keepGlobalSymbol, options.keepGlobalSymbols),
    globalizeSymbols: await names(options.globalizeSymbol, options.globalizeSymbols),
    weakenSymbols: await names(options.weakenSymbol, options.weakenSymbols),
    weaken: options.weaken ?? false,
    redefineSymbols: await renames(options),
    prefixSymbols: options.prefixSymbols ?? "",
    localizeHidden: options.localizeHidden ?? false,
    decompress: options.decompressDebugSections ?? false,
    addSymbols: options.addSymbol.map(newSymbol),
    prefixSections: options.prefixSections ?? "",
    prefixAllocSections: options.prefixAllocSections ?? "",
    removeRelocations: options.removeRelocations,
    ...(link === undefined ? {} : { debugLink: { file: basename(link), contents: await readInput(link) } }),
  };
}

/** The contents that --dump-section asks for, found before anything is written. */
function dumps(bytes: Uint8Array, file: string, given: readonly string[]): { path: string; data: Uint8Array }[] {
  if (given.length === 0) return [];
  if (isArchive(bytes)) throw new WrongOption("--dump-section takes no archive", "extract the member with bpfkit ar x");
  const { sections } = readElf(bytes, { file });
  return given.map((each) => {
    const [name, path] = pair("--dump-section", each, "--dump-section .BTF=types.btf");
    const section = sections.find((one) => one.name === name);
    if (section === undefined) throw failure("cli-section", { file, name });
    return { path, data: section.data };
  });
}

export async function run(input: string, output: string | undefined, given: object): Promise<void> {
  const options = given as Options;
  const target = output ?? input;
  if (mixed(target, options.json)) return;
  try {
    const asked = await copyOptions(options);
    const file = inputName(input);
    const bytes = await readInput(input);
    const dumped = dumps(bytes, file, options.dumpSection);
    // Bytes without a file around them refer to nothing: sections can be left out that others need.
    const parts = options.outputTarget === "binary" ? { onlySections: [], removeSections: [] } : {};
    const copy = copyFile(bytes, { ...asked, ...parts }, { file });
    const made = targeted(copy.bytes, file, options);
    for (const { path, data } of dumped) await writeOutput(path, data);
    const isNew = output !== undefined || input === "-" || copy.changes.length > 0 || made !== copy.bytes;
    if (isNew) await deliver(options, input, target, made);
    if (options.json === true) put(`${toJson({ file: target, changes: copy.changes })}\n`);
  } catch (error) {
    if (!(error instanceof WrongOption)) throw error;
    usage(error.message, error.help);
  }
}
