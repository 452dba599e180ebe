/** `bpfkit nm`: the symbols of objects. */
import {
  demangled,
  dwarfPlaces,
  elfBtfExt,
  formatSymbols,
  listableObject,
  listSymbols,
  symbolListWriter,
  type ListedSymbol,
  type SourcePlace,
  type SymbolFormat,
  type SymbolLayout,
} from "../disasm/index.js";
import { readArchive, type ElfFile } from "../elf/index.js";
import { readInput } from "../node/index.js";
import { put } from "./output.js";
import { eachElf, openedName, type Opened } from "./open.js";
import { asWarnings, inputName, report, toJson } from "./report.js";

interface Options {
  readonly numericSort?: boolean;
  readonly sort: boolean;
  readonly sizeSort?: boolean;
  readonly reverseSort?: boolean;
  readonly debugSyms?: boolean;
  readonly dynamic?: boolean;
  readonly definedOnly?: boolean;
  readonly undefinedOnly?: boolean;
  readonly externOnly?: boolean;
  readonly weak: boolean;
  readonly printFileName?: boolean;
  readonly printSize?: boolean;
  readonly printArmap?: boolean;
  readonly lineNumbers?: boolean;
  readonly demangle?: boolean;
  readonly format: SymbolLayout;
  readonly radix: "d" | "o" | "x";
  readonly quiet?: boolean;
  /** Other names: of --numeric-sort, --print-file-name, --print-armap, and of the layouts. */
  readonly v?: boolean;
  readonly o?: boolean;
  readonly M?: boolean;
  readonly portability?: boolean;
  readonly justSymbols?: boolean;
  readonly json?: boolean;
}

/** Do the options leave this symbol? */
function isChosen({ letter, value }: ListedSymbol, options: Options): boolean {
  const isUndefined = value === undefined;
  if (options.definedOnly === true && isUndefined) return false;
  if (options.undefinedOnly === true && !isUndefined) return false;
  if (!options.weak && "wWvV".includes(letter)) return false;
  return options.externOnly !== true || letter === letter.toUpperCase() || isUndefined || letter === "w";
}

/** Is the plain table asked for, with nothing in it but what the symbol table says? */
function isUsual(options: Options): boolean {
  const { debugSyms, dynamic, printFileName, o, printSize, lineNumbers, demangle, radix, json } = options;
  const more = [debugSyms, dynamic, printFileName, o, printSize, lineNumbers, demangle, json].includes(true);
  return !more && radix === "x" && layoutOf(options) === "bsd";
}

/** `file:line` of the symbols that are where a line of source begins. */
function places(elf: ElfFile): (symbol: ListedSymbol) => string | undefined {
  const bySection = new Map<string, readonly SourcePlace[]>(dwarfPlaces(elf, []));
  for (const { section, lines } of elfBtfExt(elf, [])) if (lines.length > 0) bySection.set(section, lines);
  return ({ section, value }) => {
    if (section === undefined || value === undefined) return undefined;
    const found = bySection.get(section)?.find(({ offset, line }) => BigInt(offset) === value && line > 0);
    return found === undefined ? undefined : `${found.file}:${found.line}`;
  };
}

function layoutOf({ format, portability, justSymbols }: Options): SymbolLayout {
  if (portability === true) return "posix";
  return justSymbols === true ? "just-symbols" : format;
}

/** What stands above the symbols of a file, where it needs saying. */
function titleOf({ path, member }: Opened, options: Options, several: boolean): string {
  const { undefinedOnly } = options;
  const inArchive = member === undefined ? path : `${path}[${member}]`;
  switch (layoutOf(options)) {
    case "sysv":
      return `\n\n${undefinedOnly === true ? "Undefined symbols" : "Symbols"} from ${inArchive}:\n`;
    case "posix":
      return several || member !== undefined ? `${inArchive}:\n` : "";
    case "just-symbols":
      return "";
    case "bsd":
      // In an archive GNU nm names each member, else each of several files.
      return several || member !== undefined ? `\n${member ?? path}:\n` : "";
  }
}

/** An archive's own list of what its members define. */
async function putIndex(path: string): Promise<void> {
  const { symbols = [], members } = readArchive(await readInput(path), { file: inputName(path) });
  const lines = symbols.map(({ name, member }) => `${name} in ${members[member]!.name}\n`);
  if (lines.length > 0) put(`\nArchive index:\n${lines.join("")}`);
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const byAddress = options.numericSort === true || options.v === true;
  const sort = options.sizeSort === true ? "size" : byAddress ? "address" : options.sort ? "name" : "none";
  const radix = ({ d: 10, o: 8, x: 16 } as const)[options.radix];
  const wantsIndex = options.printArmap === true || options.M === true;
  const facts: unknown[] = [];
  let archive: string | undefined;
  await eachElf(files, async (opened) => {
    const { path, member } = opened;
    const layout = layoutOf(options);
    const isFirst = member !== undefined && archive !== path;
    const named = options.printFileName === true || options.o === true;
    const putTitle = async (): Promise<void> => {
      archive = path;
      // Of several files one that is an archive is named itself, too.
      if (isFirst && !named && files.length > 1 && layout === "bsd") put(`\n${path}:\n`);
      if (isFirst && wantsIndex && path !== "-") await putIndex(path);
      if (!named) put(titleOf(opened, options, files.length > 1));
    };
    const reverse = options.reverseSort ?? false;
    const write = isUsual(options)
      ? symbolListWriter(opened.elf, { sort, reverse }, (symbol) => isChosen(symbol, options))
      : undefined;
    if (write !== undefined) {
      await putTitle();
      return write(put);
    }
    const { object, addresses, problems } = listableObject(opened.elf, {
      dynamic: options.dynamic ?? false,
      relocations: false,
    });
    report(asWarnings(problems));
    const found = listSymbols(object, { all: options.debugSyms ?? false, addresses });
    const isPlain = options.demangle !== true;
    const all = isPlain ? found : found.map((symbol) => ({ ...symbol, name: demangled(symbol.name) }));
    const symbols = all.filter((symbol) => isChosen(symbol, options));
    if (options.json === true) {
      facts.push({ file: openedName(opened), symbols });
      return;
    }
    if (all.length === 0 && options.quiet !== true) process.stderr.write(`${openedName(opened)}: no symbols\n`);
    const format: SymbolFormat = {
      layout,
      sort,
      radix,
      reverse,
      sizes: options.printSize ?? false,
      ...(named ? { prefix: `${member === undefined ? path : `${path}:${member}`}: ` } : {}),
      ...(options.lineNumbers === true ? { place: places(opened.elf) } : {}),
    };
    await putTitle();
    put(formatSymbols(symbols, format));
  });
  if (options.json === true) put(`${toJson(facts)}\n`);
}
