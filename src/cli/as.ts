/** `bpfkit as`: text to object. No output file when there is an error. */
import { assemble, type AssembleOptions } from "../asm/index.js";
import type { IsaVersion } from "../isa/index.js";
import { readInput, writeOutput } from "../node/index.js";
import { writeObject, type RelocDialect } from "../object/index.js";
import { mixed, report, usage } from "./report.js";

interface Options {
  readonly output: string;
  readonly syntax: NonNullable<AssembleOptions["syntax"]>;
  readonly isa: "v1" | "v2" | "v3" | "v4";
  readonly strict?: boolean;
  readonly padSections?: boolean;
  readonly EB?: boolean;
  readonly EL?: boolean;
  readonly relocDialect: RelocDialect;
  readonly json?: boolean;
}

export async function run(file: string, given: object): Promise<void> {
  const options = given as Options;
  if (options.EB === true && options.EL === true) return usage("--EB and --EL exclude each other", "give one of them");
  if (mixed(options.output, options.json)) return;
  const { object, diagnostics } = assemble(await readInput(file), {
    file: file === "-" ? "<stdin>" : file,
    endian: options.EB === true ? "big" : "little",
    syntax: options.syntax,
    padSections: options.padSections === true,
    strict: options.strict ?? false,
    isa: Number(options.isa.slice(1)) as IsaVersion,
  });
  report(diagnostics, options.json);
  if (object !== undefined) await writeOutput(options.output, writeObject(object, { dialect: options.relocDialect }));
}
