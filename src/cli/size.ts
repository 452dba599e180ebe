/** `bpfkit size`: the bytes that objects, and the members of archives, take. */
import { formatGnuSizes, formatSectionSizes, formatSizes, sizeFacts, type SizeFacts } from "../disasm/index.js";
import { put } from "./output.js";
import { eachElf } from "./open.js";
import { inputName, toJson } from "./report.js";

interface Options {
  readonly format: "berkeley" | "sysv" | "gnu";
  readonly radix: "8" | "10" | "16";
  readonly sysv?: boolean;
  readonly berkeley?: boolean;
  readonly totals?: boolean;
  readonly common?: boolean;
  /** Short for the GNU layout, and for radix 10, 8 and 16. */
  readonly G?: boolean;
  readonly d?: boolean;
  readonly o?: boolean;
  readonly x?: boolean;
  readonly json?: boolean;
}

function layoutOf({ format, sysv, berkeley, G: gnu }: Options): Options["format"] {
  if (sysv === true) return "sysv";
  if (gnu === true) return "gnu";
  return berkeley === true ? "berkeley" : format;
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const facts: SizeFacts[] = [];
  await eachElf(files, ({ path, member, elf }) => {
    const file = inputName(path);
    facts.push({ ...sizeFacts(elf), file: member === undefined ? file : `${member} (ex ${file})` });
  });
  if (options.json === true) return put(`${toJson(facts)}\n`);
  if (facts.length === 0) return;
  const radix = options.x === true ? 16 : options.o === true ? 8 : options.d === true ? 10 : Number(options.radix);
  const format = {
    radix: radix as 8 | 10 | 16,
    totals: options.totals ?? false,
    common: options.common ?? false,
  };
  const layout = layoutOf(options);
  if (layout === "sysv") put(facts.map((each) => formatSectionSizes(each, format)).join(""));
  else put(layout === "gnu" ? formatGnuSizes(facts, format) : formatSizes(facts, format));
}
