/** `bpfkit as`: text to object. No output file when there is an error. */
import { assemble, type AssembleOptions } from "../asm/index.js";
import type { IsaVersion } from "../isa/index.js";
import { includeReader, readInput, writeOutput } from "../node/index.js";
import { writeObject, type RelocDialect } from "../object/index.js";
import { definitions, warningCodes } from "./as-options.js";
import { mixed, report, usage } from "./report.js";

interface Options {
  readonly output?: string;
  readonly syntax: NonNullable<AssembleOptions["syntax"]>;
  readonly isa?: "v1" | "v2" | "v3" | "v4";
  readonly relax: boolean;
  readonly explicitMaps?: boolean;
  readonly strict?: boolean;
  readonly padSections?: boolean;
  readonly EB?: boolean;
  readonly EL?: boolean;
  readonly relocDialect: RelocDialect;
  readonly I: readonly string[];
  readonly D: readonly string[];
  readonly defsym: readonly string[];
  readonly warn: boolean;
  readonly fatalWarnings?: boolean;
  readonly silence: readonly string[];
  readonly json?: boolean;
}

export async function run(file: string, given: object): Promise<void> {
  const options = given as Options;
  if (options.EB === true && options.EL === true) return usage("--EB and --EL exclude each other", "give one of them");
  // Text is for reading, objects are for files.
  const output = options.output ?? (options.explicitMaps === true ? "-" : "a.out");
  if (mixed(output, options.json)) return;
  const defines = definitions([...options.D, ...options.defsym]);
  if ("help" in defines) return usage(defines.message, defines.help);
  const silenced = warningCodes(options.silence);
  if ("help" in silenced) return usage(silenced.message, silenced.help);
  const text = await readInput(file);
  const { object, diagnostics, explicitText } = assemble(text, {
    file: file === "-" ? "<stdin>" : file,
    endian: options.EB === true ? "big" : "little",
    syntax: options.syntax,
    padSections: options.padSections === true,
    strict: options.strict ?? false,
    ...(options.isa === undefined ? {} : { isa: Number(options.isa.slice(1)) as IsaVersion }),
    relax: options.relax,
    readFile: includeReader(options.I),
    defines: Object.fromEntries(defines),
    warnings: options.warn,
    fatalWarnings: options.fatalWarnings === true,
    silenced,
    explicitMaps: options.explicitMaps === true,
  });
  report(diagnostics, options.json);
  if (object === undefined) return;
  await writeOutput(output, explicitText ?? writeObject(object, { dialect: options.relocDialect }));
}
