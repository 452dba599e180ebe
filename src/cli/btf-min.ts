/** `bpfkit btf min`: the types of a kernel's BTF that objects need. */
import { coreReloNames, minimalBtf, readBtfExt, type CoreObject } from "../btf/index.js";
import { failure } from "../diag/index.js";
import { readElf } from "../elf/index.js";
import { readInput, writeOutput } from "../node/index.js";
import { btfIn, openBtf } from "./btf-open.js";
import { put } from "./output.js";
import { inputName, mixed, toJson } from "./report.js";

interface Options {
  readonly output: string;
  readonly base?: string;
  readonly json?: boolean;
}

/** The BTF of an object, with its CO-RE records. */
async function openCore(path: string): Promise<CoreObject> {
  const file = inputName(path);
  const bytes = await readInput(path);
  const btf = btfIn(bytes, file, undefined);
  const elf = readElf(bytes, { file });
  const section = elf.sections.find(({ name }) => name === ".BTF.ext");
  if (section === undefined) throw failure("cli-section", { file, name: ".BTF.ext" });
  return { btf, ext: readBtfExt(section.data, btf, { file, section: ".BTF.ext", endian: elf.endian }) };
}

export async function run(from: string, files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  if (mixed(options.output, options.json)) return;
  const base = await openBtf(from, options.base);
  const objects: CoreObject[] = [];
  for (const file of files) objects.push(await openCore(file));
  const { btf, unresolved } = minimalBtf(base, objects);
  await writeOutput(options.output, btf.bytes);
  if (options.json !== true) return;
  const facts = {
    output: options.output,
    types: btf.typeCount - 1,
    size: btf.bytes.length,
    base: { file: from, types: base.typeCount - 1, size: base.bytes.length },
    unresolved: unresolved.map(({ object, section, relo }) => ({
      file: files[object]!,
      section,
      instruction: relo.insnOff / 8,
      kind: coreReloNames[relo.kind],
      type: objects[object]!.btf.name(relo.typeId),
      access: objects[object]!.btf.string(relo.accessStrOff),
    })),
  };
  put(`${toJson(facts)}\n`);
}
