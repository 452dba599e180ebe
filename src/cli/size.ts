/** `bpfkit size`: the bytes that objects, and the members of archives, take. */
import { formatSectionSizes, formatSizes, sizeFacts, type SizeFacts } from "../disasm/index.js";
import { openAll } from "./open.js";
import { toJson } from "./report.js";

interface Options {
  readonly sysv?: boolean;
  readonly json?: boolean;
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const facts: SizeFacts[] = [];
  for (const file of files) {
    facts.push(...(await openAll(file)).map(sizeFacts));
  }
  if (options.json === true) process.stdout.write(`${toJson(facts)}\n`);
  else process.stdout.write(options.sysv === true ? facts.map(formatSectionSizes).join("") : formatSizes(facts));
}
