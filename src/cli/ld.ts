/** `bpfkit ld`: objects to one object. No output file when there is an error. */
import { basename, resolve } from "node:path";
import { decodeUtf8, encodeUtf8 } from "../bytes/index.js";
import type { Diagnostic } from "../diag/index.js";
import type { IsaVersion } from "../isa/index.js";
import { formatMap, link, type LinkOptions, type LinkReport, type SymbolDefinition } from "../link/index.js";
import { readInput, writeOutput } from "../node/index.js";
import { writeObjectPieces, type RelocDialect } from "../object/index.js";
import { dwarfLookup } from "./ld-lines.js";
import { openInputs } from "./ld-inputs.js";
import { mixed, report, reporting, toJson, usage } from "./report.js";

interface Options {
  readonly output: string;
  readonly relocatable?: boolean;
  readonly relocDialect: RelocDialect;
  readonly inputRelocDialect?: RelocDialect;
  readonly json?: boolean;
  readonly libraryPath: readonly string[];
  readonly defsym: readonly string[];
  readonly wrap: readonly string[];
  readonly undefined: readonly string[];
  readonly requireDefined: readonly string[];
  readonly entry?: string;
  readonly export: readonly string[];
  readonly retainSymbolsFile?: string;
  readonly allowMultipleDefinition?: boolean;
  readonly prefixSymbols: readonly string[];
  readonly localize: readonly string[];
  readonly rename: readonly string[];
  readonly defineCommon?: boolean;
  readonly keepDebug?: boolean;
  readonly compat?: NonNullable<LinkOptions["compat"]>;
  readonly gcSections?: boolean;
  readonly printGcSections?: boolean;
  readonly whyLive: readonly string[];
  readonly icf?: boolean;
  readonly keepStrings?: boolean;
  readonly keepMov32?: boolean;
  readonly relax?: boolean;
  readonly isa?: "v1" | "v2" | "v3" | "v4";
  readonly Map?: string;
  readonly mapJson?: string;
  readonly traceSymbol: readonly string[];
  readonly fatalWarnings?: boolean;
  readonly warnings?: boolean;
}

/** `name=0x10`, `name=symbol`, `name=symbol+8`. */
function parseDefsym(text: string): SymbolDefinition | undefined {
  const parts = /^([^=]+)=(?:([A-Za-z_.$][\w.$]*))?(?:([+-]?)(0[xX][0-9a-fA-F]+|\d+))?$/.exec(text);
  if (parts === null) return undefined;
  const [, name, base, sign, digits] = parts;
  if (base === undefined && digits === undefined) return undefined;
  if (base !== undefined && digits !== undefined && sign === "") return undefined;
  const value = BigInt(digits ?? 0);
  return { name: name!, base, value: sign === "-" ? -value : value };
}

/** The options of the link, or what is wrong with the command line. */
async function linkOptions(options: Options): Promise<LinkOptions | string> {
  const defsym = options.defsym.map(parseDefsym);
  const bad = defsym.indexOf(undefined);
  if (bad >= 0) return `--defsym takes name=value, not ${options.defsym[bad]}`;
  const rename = options.rename.map((each) => /^([^=]+)=([^=]+)$/.exec(each));
  const badName = rename.indexOf(null);
  if (badName >= 0) return `--rename takes old=new, not ${options.rename[badName]}`;
  const { entry, compat, retainSymbolsFile } = options;
  const retained =
    retainSymbolsFile === undefined ? undefined : decodeUtf8(await readInput(retainSymbolsFile)).split(/\s+/);
  return {
    file: options.output,
    relocatable: options.relocatable ?? false,
    defsym: defsym.flatMap((each) => each ?? []),
    wrap: options.wrap,
    undefined: options.undefined,
    requireDefined: options.requireDefined,
    entry,
    exports: options.export,
    retainSymbols: retained?.filter((each) => each !== ""),
    allowMultipleDefinition: options.allowMultipleDefinition ?? false,
    prefixSymbols: options.prefixSymbols.map((each) => {
      const colon = each.lastIndexOf(":");
      return { file: colon < 0 ? undefined : each.slice(0, colon), prefix: each.slice(colon + 1) };
    }),
    localize: options.localize,
    rename: rename.flatMap((each) => (each === null ? [] : [{ from: each[1]!, to: each[2]! }])),
    defineCommon: options.defineCommon ?? false,
    keepDebug: options.keepDebug ?? false,
    compat,
    gcSections: options.gcSections ?? false,
    icf: options.icf ?? false,
    keepStrings: options.keepStrings ?? false,
    keepMapMoves: options.keepMov32 ?? false,
    relax: options.relax ?? false,
    isa: options.isa === undefined ? undefined : (Number(options.isa.slice(1)) as IsaVersion),
  };
}

/** What the command line wants to know about the link. */
async function tell(told: LinkReport, options: Options): Promise<void> {
  for (const name of options.traceSymbol) process.stderr.write(`${told.trace(name).join("\n")}\n`);
  for (const name of options.whyLive) {
    const lines = told.whyLive(name) ?? [`${name} is not in the output`];
    process.stderr.write(`${lines.join("\n")}\n`);
  }
  if (options.printGcSections !== true && options.Map === undefined && options.mapJson === undefined) return;
  const map = told.map();
  if (options.printGcSections === true) {
    for (const { file, section, name, size, by, why } of map.dropped) {
      // As ld: garbage alone. The map has all.
      if (by !== "gc") continue;
      process.stderr.write(`dropped ${name ?? section} (${file}, ${section}): ${size} bytes, ${why}\n`);
    }
  }
  if (options.Map !== undefined) await writeOutput(options.Map, encodeUtf8(formatMap(map)));
  if (options.mapJson !== undefined) await writeOutput(options.mapJson, encodeUtf8(`${toJson(map)}\n`));
}

/** The diagnostics as the command line wants warnings taken. */
function weighed(diagnostics: readonly Diagnostic[], options: Options): readonly Diagnostic[] {
  if (options.warnings === false) return diagnostics.filter(({ severity }) => severity === "error");
  return options.fatalWarnings === true
    ? diagnostics.map((each) => (each.severity === "warning" ? { ...each, severity: "error" } : each))
    : diagnostics;
}

export async function run(words: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  await reporting(options.json, () => linkFiles(words, options));
}

async function linkFiles(words: readonly string[], options: Options): Promise<void> {
  if (mixed(options.output, options.json)) return;
  if (options.compat !== undefined && options.relocDialect !== "llvm") {
    return usage(
      "--compat keeps the relocations' numbers, which --reloc-dialect would change",
      "leave one of the two out",
    );
  }
  // As ld has it: who forgets the name behind -o would lose an input.
  const last = basename(options.output);
  const isOutput = (word: string): boolean => word.endsWith(last) && resolve(word) === resolve(options.output);
  if (options.output !== "-" && words.some(isOutput)) {
    return usage(`the output ${options.output} is an input, too`, "-o takes the name of the linked object");
  }
  const asked = await linkOptions(options);
  if (typeof asked === "string") return usage(asked, "bpfkit ld --help lists the options");
  const contents = new Map<string, Uint8Array>();
  const inputs = await openInputs(words, options.libraryPath, {
    dialect: options.inputRelocDialect,
    keepDebug: options.keepDebug ?? false,
    whole: options.compat !== undefined,
    contents,
  });
  const linked = link(inputs, { ...asked, lineOf: dwarfLookup(contents) });
  const { object, diagnostics } = linked;
  const shown = weighed(diagnostics, options);
  report(shown, options.json);
  if (linked.report !== undefined) await tell(linked.report, options);
  if (object === undefined || shown.some(({ severity }) => severity === "error")) return;
  const pieces =
    linked.bytes === undefined ? writeObjectPieces(object, { dialect: options.relocDialect }) : [linked.bytes];
  await writeOutput(options.output, ...pieces);
}
