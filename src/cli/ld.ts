/** `bpfkit ld`: objects to one object. No output file when there is an error. */
import { link } from "../link/index.js";
import { writeOutput } from "../node/index.js";
import { writeObject, type ObjectFile, type RelocDialect } from "../object/index.js";
import { openObject } from "./open.js";
import { mixed, report } from "./report.js";

interface Options {
  readonly output: string;
  readonly relocatable?: boolean;
  readonly relocDialect: RelocDialect;
  readonly inputRelocDialect?: RelocDialect;
  readonly json?: boolean;
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  if (mixed(options.output, options.json)) return;
  const objects: ObjectFile[] = [];
  for (const file of files) objects.push(await openObject(file, options.inputRelocDialect));
  const { object, diagnostics } = link(objects, {
    file: options.output,
    relocatable: options.relocatable ?? false,
  });
  report(diagnostics, options.json);
  if (object !== undefined) await writeOutput(options.output, writeObject(object, { dialect: options.relocDialect }));
}
