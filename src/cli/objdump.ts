/** `bpfkit objdump`: disassembly, sections and symbols of objects. */
import { disassemble, elfFacts, formatElf, listableObject, writeDisassembly } from "../disasm/index.js";
import { failure } from "../diag/index.js";
import { readElf } from "../elf/index.js";
import type { Dialect } from "../isa/index.js";
import { readInput } from "../node/index.js";
import { put } from "./output.js";
import { asWarnings, report, toJson, usage } from "./report.js";

interface Options {
  readonly disassemble?: boolean;
  readonly reloc?: boolean;
  readonly sectionHeaders?: boolean;
  readonly syms?: boolean;
  readonly section?: string;
  readonly showRawInsn: boolean;
  readonly syntax: Dialect;
  readonly json?: boolean;
  readonly cfg?: "svg" | "dot";
  readonly function?: string;
  readonly output: string;
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  if (options.cfg !== undefined) {
    const { drawGraphs } = await import("./objdump-cfg.js");
    return drawGraphs(files, {
      format: options.cfg,
      function: options.function,
      section: options.section,
      syntax: options.syntax,
      output: options.output,
      json: options.json ?? false,
    });
  }
  const listing = options.disassemble === true || options.reloc === true;
  if (!listing && options.sectionHeaders !== true && options.syms !== true) {
    return usage("nothing to show was asked for", "give -d, -r, -h, -t or --cfg");
  }
  const facts: unknown[] = [];
  for (const file of files) {
    const elf = readElf(await readInput(file), { file: file === "-" ? "<stdin>" : file });
    if (options.section !== undefined && !elf.sections.some(({ name }) => name === options.section)) {
      throw failure("cli-section", { file, name: options.section });
    }
    const { object, problems } = listableObject(elf);
    if (listing) report(asWarnings(problems));
    const views = { sections: options.sectionHeaders ?? false, symbols: options.syms ?? false };
    if (options.json === true) {
      const sections = listing ? disassemble(object, { dialect: options.syntax, ...only(options) }) : undefined;
      const elfPart = views.sections || views.symbols ? elfFacts(elf) : undefined;
      facts.push({ file, sections, elf: elfPart });
      continue;
    }
    if (views.sections || views.symbols) put(formatElf(elfFacts(elf), views));
    if (!listing) continue;
    const print = {
      relocations: options.reloc ?? false,
      bytes: options.showRawInsn,
      dialect: options.syntax,
      ...only(options),
    };
    writeDisassembly(object, print, put);
  }
  if (options.json === true) put(`${toJson(facts)}\n`);
}

function only({ section }: Options): { readonly sections?: readonly string[] } {
  return section === undefined ? {} : { sections: [section] };
}
