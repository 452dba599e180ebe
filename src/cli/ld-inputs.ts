/** The inputs of a link: objects, archives, libraries to be found, groups. */
import { join } from "node:path";
import { failure } from "../diag/index.js";
import { isArchive, readArchive } from "../elf/index.js";
import { readForLink, type ArchiveInput, type LinkInput } from "../link/index.js";
import { isThere, readInput } from "../node/index.js";
import type { ObjectFile, RelocDialect } from "../object/index.js";
import { mark } from "./ld-options.js";
import { memberData } from "./open.js";
import { inputName } from "./report.js";

/** How the inputs are read. */
export interface ReadInputs {
  readonly dialect?: RelocDialect | undefined;
  readonly keepDebug: boolean;
  /** Filled with the contents of each input, by the name that the link has for it. */
  readonly contents: Map<string, Uint8Array>;
}

async function open(path: string, whole: boolean, options: ReadInputs): Promise<ObjectFile | ArchiveInput> {
  const bytes = await readInput(path);
  const file = inputName(path);
  if (!isArchive(bytes)) options.contents.set(file, bytes);
  if (!isArchive(bytes)) return readForLink(bytes, { dialect: options.dialect, keepDebug: options.keepDebug, file });
  const archive = readArchive(bytes, { file });
  const members: { name: string; data: Uint8Array }[] = [];
  for (const member of archive.members) {
    const data = await memberData(path, member);
    members.push({ name: member.name, data });
    options.contents.set(`${file}(${member.name})`, data);
  }
  const { dialect, keepDebug } = options;
  return { kind: "archive", file, members, symbols: archive.symbols, whole, dialect, keepDebug };
}

async function findLibrary(name: string, folders: readonly string[]): Promise<string> {
  // As ld has it, -l:name is the file's own name.
  const names = name.startsWith(":") ? [name.slice(1)] : [`lib${name}.a`, `lib${name}.o`];
  for (const folder of folders) {
    for (const each of names) {
      const path = join(folder, each);
      if (await isThere(path)) return path;
    }
  }
  const where = folders.length === 0 ? "no folder (-L names some)" : folders.join(", ");
  throw failure("link-library", { name: names.join(" or "), where });
}

/** Opens the inputs that `words` name, as `orderWords` left them. */
export async function openInputs(
  words: readonly string[],
  folders: readonly string[],
  options: ReadInputs,
): Promise<LinkInput[]> {
  const inputs: LinkInput[] = [];
  let group: (ObjectFile | ArchiveInput)[] | undefined;
  let whole = false;
  for (const word of words) {
    const option = word.startsWith(mark) ? word.slice(1) : undefined;
    if (option === "whole" || option === "on-demand") whole = option === "whole";
    else if (option === "group") {
      if (group !== undefined) throw failure("link-group", { problem: "starts inside of another group" });
      group = [];
    } else if (option === "end") {
      if (group === undefined) throw failure("link-group", { problem: "ends but did not start" });
      inputs.push({ kind: "group", inputs: group });
      group = undefined;
    } else {
      const path = option === undefined ? word : await findLibrary(option.slice(1), folders);
      (group ?? inputs).push(await open(path, whole, options));
    }
  }
  if (group !== undefined) throw failure("link-group", { problem: "starts but does not end" });
  return inputs;
}
