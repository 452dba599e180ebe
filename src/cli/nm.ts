/** `bpfkit nm`: the symbols of objects. */
import { formatSymbols, listSymbols } from "../disasm/index.js";
import { openObject } from "./open.js";
import { toJson } from "./report.js";

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
    const symbols = listSymbols(await openObject(file), { all: options.debugSyms ?? false });
    if (options.json === true) facts.push({ file, symbols });
    else process.stdout.write(`${files.length > 1 ? `\n${file}:\n` : ""}${formatSymbols(symbols, { sort })}`);
  }
  if (options.json === true) process.stdout.write(`${toJson(facts)}\n`);
}
