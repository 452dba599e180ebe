/** `bpfkit readelf`: what stands in an ELF file. */
import { elfFacts, formatElf } from "../disasm/index.js";
import { readElf } from "../elf/index.js";
import { readInput } from "../node/index.js";
import { report, toJson, usage } from "./report.js";

interface Options {
  readonly all?: boolean;
  readonly fileHeader?: boolean;
  readonly sections?: boolean;
  readonly programHeaders?: boolean;
  readonly symbols?: boolean;
  readonly relocs?: boolean;
  readonly json?: boolean;
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const all = options.all ?? false;
  const views = {
    header: all || (options.fileHeader ?? false),
    sections: all || (options.sections ?? false),
    segments: all || (options.programHeaders ?? false),
    symbols: all || (options.symbols ?? false),
    relocations: all || (options.relocs ?? false),
  };
  const json = options.json ?? false;
  if (!json && !Object.values(views).includes(true))
    return usage("nothing to show was asked for", "give -a, -h, -S, -l, -s or -r");
  const everything: unknown[] = [];
  for (const file of files) {
    const facts = elfFacts(readElf(await readInput(file), { file: file === "-" ? "<stdin>" : file }));
    if (json) everything.push({ ...facts, file });
    else process.stdout.write(`${files.length > 1 ? `\nFile: ${file}\n` : ""}${formatElf(facts, views)}`);
    report(facts.problems);
  }
  if (json) process.stdout.write(`${toJson(everything)}\n`);
}
