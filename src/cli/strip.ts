/** `bpfkit strip`: objects, and those in archives, without what loading does not need. */
import { copyFile, type CopyChange, type CopyOptions } from "../copy/index.js";
import { readInput } from "../node/index.js";
import { deliver, sharedOptions, type SharedOptions } from "./copy-options.js";
import { attempt } from "./open.js";
import { put } from "./output.js";
import { inputName, mixed, toJson, usage } from "./report.js";

interface Options extends SharedOptions {
  readonly output?: string;
  /** As --strip-debug. */
  readonly S?: boolean;
  readonly d?: boolean;
}

/** What is asked; who asks for nothing, or for sections alone, wants everything stripped. */
function stripOf(options: Options): CopyOptions["strip"] {
  if (options.stripAll === true) return "all";
  if (options.stripUnneeded === true) return "unneeded";
  if (options.stripDebug === true || options.S === true || options.d === true) return "debug";
  const asksLess =
    options.stripSymbol.length > 0 ||
    options.onlyKeepDebug === true ||
    options.discardAll === true ||
    options.discardLocals === true;
  return asksLess ? undefined : "all";
}

export async function run(files: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const { output } = options;
  if (output !== undefined && files.length > 1) return usage("-o takes one file", "strip the others on their own");
  if (mixed(output ?? (files.includes("-") ? "-" : ""), options.json)) return;
  const asked = sharedOptions(options, stripOf(options));
  const facts: { readonly file: string; readonly changes: readonly CopyChange[] }[] = [];
  for (const file of files) {
    const target = output ?? file;
    await attempt(async () => {
      const copy = copyFile(await readInput(file), asked, { file: inputName(file) });
      const isNew = output !== undefined || file === "-" || copy.changes.length > 0;
      if (isNew) await deliver(options, file, target, copy.bytes);
      facts.push({ file: target, changes: copy.changes });
    });
  }
  if (options.json === true) put(`${toJson(facts)}\n`);
}
