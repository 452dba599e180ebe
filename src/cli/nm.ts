/** `bpfkit nm`: the symbols of objects. */
import { formatSymbols, listableObject, listSymbols } from "../disasm/index.js";
import { put } from "./output.js";
import { eachElf, openedName } from "./open.js";
import { asWarnings, report, toJson } from "./report.js";

interface Options {
  readonly numericSort?: boolean;
  readonly sort: boolean;
  readonly reverseSort?: boolean;
  readonly debugSyms?: boolean;
  readonly definedOnly?: boolean;
  readonly undefinedOnly?: boolean;
  readonly externOnly?: boolean;
  readonly printFileName?: boolean;
  readonly json?: boolean;
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const sort = options.numericSort === true ? "address" : options.sort ? "name" : "none";
  const facts: unknown[] = [];
  await eachElf(files, (opened) => {
    const { object, addresses, problems } = listableObject(opened.elf);
    report(asWarnings(problems));
    const all = listSymbols(object, { all: options.debugSyms ?? false, addresses });
    const symbols = all.filter(({ letter, value }) => {
      const isUndefined = value === undefined;
      if (options.definedOnly === true && isUndefined) return false;
      if (options.undefinedOnly === true && !isUndefined) return false;
      return options.externOnly !== true || letter === letter.toUpperCase() || isUndefined || letter === "w";
    });
    if (options.json === true) {
      facts.push({ file: openedName(opened), symbols });
      return;
    }
    const text = formatSymbols(symbols, { sort, reverse: options.reverseSort ?? false });
    if (options.printFileName === true) put(text.replaceAll(/^/gm, `${openedName(opened)}: `).replace(/[^\n]*$/, ""));
    else {
      // In an archive GNU nm names each member, else each of several files.
      const title = opened.member ?? (files.length > 1 ? opened.path : undefined);
      put(`${title === undefined ? "" : `\n${title}:\n`}${text}`);
    }
  });
  if (options.json === true) put(`${toJson(facts)}\n`);
}
