/** `bpfkit as`: text to object. No output file when there is an error. */
import { assemble, type AssembleOptions } from "../asm/index.js";
import type { IsaVersion } from "../isa/index.js";
import { encodeUtf8 } from "../bytes/index.js";
import { includeReader, isSameFile, readInput, writeOutput } from "../node/index.js";
import { writeObjectPieces, type ObjectFile, type RelocDialect } from "../object/index.js";
import { definitions, listingOf, makeRule, warningCodes } from "./as-options.js";
import { mixed, report, reporting, usage } from "./report.js";

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
  readonly keepLocals?: boolean;
  readonly genDebug?: boolean;
  readonly dwarf?: "4" | "5";
  readonly listing?: string;
  readonly MD?: string;
  readonly statistics?: boolean;
  readonly json?: boolean;
}

export async function run(file: string, given: object): Promise<void> {
  const options = given as Options;
  await reporting(options.json, () => assembleFile(file, options));
}

async function assembleFile(file: string, options: Options): Promise<void> {
  if (options.EB === true && options.EL === true) return usage("--EB and --EL exclude each other", "give one of them");
  // Text is for reading, objects are for files.
  const output = options.output ?? (options.explicitMaps === true ? "-" : "a.out");
  if (mixed(output, options.json)) return;
  const defines = definitions([...options.D, ...options.defsym]);
  if ("help" in defines) return usage(defines.message, defines.help);
  const silenced = warningCodes(options.silence);
  if ("help" in silenced) return usage(silenced.message, silenced.help);
  const listing = options.listing === undefined ? undefined : listingOf(options.listing);
  if (listing !== undefined && "help" in listing) return usage(listing.message, listing.help);
  if (listing?.file === "-" && (output === "-" || options.json === true)) {
    return usage("the listing and something else both go to standard output", "name a file: -al=FILE");
  }
  const text = await readInput(file);
  const files = new Set(file === "-" ? [] : [file]);
  const reader = includeReader(options.I);
  const started = process.hrtime.bigint();
  const {
    object,
    diagnostics,
    explicitText,
    listing: listed,
  } = assemble(text, {
    file: file === "-" ? "<stdin>" : file,
    endian: options.EB === true ? "big" : "little",
    syntax: options.syntax,
    padSections: options.padSections === true,
    strict: options.strict ?? false,
    ...(options.isa === undefined ? {} : { isa: Number(options.isa.slice(1)) as IsaVersion }),
    relax: options.relax,
    readFile(name, from, limit) {
      const found = reader(name, from, limit);
      if ("path" in found) files.add(found.path);
      return found;
    },
    defines: Object.fromEntries(defines),
    warnings: options.warn,
    fatalWarnings: options.fatalWarnings === true,
    silenced,
    explicitMaps: options.explicitMaps === true,
    keepLocals: options.keepLocals === true,
    ...(options.genDebug === true
      ? { debug: { dwarf: options.dwarf === "5" ? 5 : 4, directory: process.cwd() } as const }
      : {}),
    ...(listing === undefined ? {} : { listing: listing.options }),
  });
  report(diagnostics, options.json);
  if (object === undefined) return;
  for (const target of [output, listing?.file, options.MD]) {
    const read = [...files].find((each) => target !== undefined && target !== "-" && isSameFile(each, target));
    if (read !== undefined)
      return usage(`the output ${target!} would overwrite ${read}`, "give the output another name: -o FILE");
  }
  const pieces =
    explicitText === undefined ? writeObjectPieces(object, { dialect: options.relocDialect }) : [explicitText];
  await writeOutput(output, ...pieces);
  if (listing !== undefined) await writeOutput(listing.file, encodeUtf8(listed!));
  if (options.MD !== undefined) await writeOutput(options.MD, encodeUtf8(makeRule(output, files)));
  const written = pieces.reduce((size, { length }) => size + length, 0);
  if (options.statistics === true) process.stderr.write(statistics(object, text.length, written, started));
}

/** Sizes and counts of what was made, and what that took: seconds since `started`, and the most memory. */
function statistics({ sections, symbols }: ObjectFile, read: number, written: number, started: bigint): string {
  const code = sections.reduce((size, section) => size + (section.flags.exec ? section.size : 0), 0);
  const relocations = sections.reduce((count, section) => count + section.relocations.length, 0);
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  const megabytes = process.resourceUsage().maxRSS / 1024;
  return [
    `bpfkit as: read ${read} bytes, wrote ${written} bytes`,
    `bpfkit as: ${code / 8} instructions, ${sections.length} sections, ${symbols.length} symbols, ${relocations} relocations`,
    `bpfkit as: ${seconds.toFixed(3)} s, ${megabytes.toFixed(0)} MB`,
    "",
  ].join("\n");
}
