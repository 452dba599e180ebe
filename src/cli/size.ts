/** `bpfkit size`: the bytes that objects, and the members of archives, take. */
import { formatSectionSizes, formatSizes, sizeFacts, type SizeFacts } from "../disasm/index.js";
import { eachElf } from "./open.js";
import { put } from "./output.js";
import { inputName, toJson } from "./report.js";

interface Options {
  readonly sysv?: boolean;
  readonly json?: boolean;
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const facts: SizeFacts[] = [];
  await eachElf(files, ({ path, member, elf }) => {
    const file = inputName(path);
    facts.push({ ...sizeFacts(elf), file: member === undefined ? file : `${member} (ex ${file})` });
  });
  if (options.json === true) put(`${toJson(facts)}\n`);
  else if (facts.length > 0) {
    put(options.sysv === true ? facts.map(formatSectionSizes).join("") : formatSizes(facts));
  }
}
