/** `bpfkit nm`: the symbols of objects. */
import { formatSymbols, listableObject, listSymbols } from "../disasm/index.js";
import { readElf } from "../elf/index.js";
import { readInput } from "../node/index.js";
import { asWarnings, report, toJson } from "./report.js";

interface Options {
  readonly numericSort?: boolean;
  readonly sort: boolean;
  readonly debugSyms?: boolean;
  readonly json?: boolean;
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const sort = options.numericSort === true ? "address" : options.sort ? "name" : "none";
  const facts: unknown[] = [];
  for (const file of files) {
    const elf = readElf(await readInput(file), { file: file === "-" ? "<stdin>" : file });
    const { object, addresses, problems } = listableObject(elf);
    report(asWarnings(problems));
    const symbols = listSymbols(object, { all: options.debugSyms ?? false, addresses });
    if (options.json === true) facts.push({ file, symbols });
    else process.stdout.write(`${files.length > 1 ? `\n${file}:\n` : ""}${formatSymbols(symbols, { sort })}`);
  }
  if (options.json === true) process.stdout.write(`${toJson(facts)}\n`);
}
