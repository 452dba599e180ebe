/** The inputs of a link: objects, archives, libraries to be found, groups. */
import { join } from "node:path";
import { BpfkitError, failure, type Diagnostic } from "../diag/index.js";
import { isArchive, readArchive } from "../elf/index.js";
import { readForLink, type ArchiveInput, type ArchiveInputMember, type LinkInput } from "../link/index.js";
import { isThere, keepBytes, lendFile, readInput } from "../node/index.js";
import type { ObjectFile, RelocDialect } from "../object/index.js";
import { mark } from "./ld-options.js";
import { memberData } from "./open.js";
import { inputName } from "./report.js";

/** How the inputs are read. */
export interface ReadInputs {
  readonly dialect?: RelocDialect | undefined;
  readonly keepDebug: boolean;
  /** An Object has to give the bytes of its file. */
  readonly whole: boolean;
  /** Filled with the contents of inputs by the name that the link has for them; of those that are not kept whole, with none. */
  readonly contents: Map<string, Uint8Array>;
}

async function openArchive(
  path: string,
  bytes: Uint8Array,
  whole: boolean,
  { dialect, keepDebug, contents }: ReadInputs,
): Promise<ArchiveInput> {
  const file = inputName(path);
  const archive = readArchive(bytes, { file });
  const members: { name: string; data: Uint8Array }[] = [];
  for (const member of archive.members) {
    const data = await memberData(path, member);
    members.push({ name: member.name, data });
    contents.set(`${file}(${member.name})`, data);
  }
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
  const where = folders.length === 0 ? ": no -L says where to look" : ` in ${folders.join(", ")}`;
  throw failure("link-library", { name: names.join(" or "), where });
}

/** Options that stand in pairs, and what goes between them. */
const brackets = {
  group: ["--start-group", "--end-group"],
  lib: ["--start-lib", "--end-lib"],
  state: ["--push-state", "--pop-state"],
} as const;

function unpaired(kind: keyof typeof brackets, which: 0 | 1, problem: string): Error {
  const [first, last] = brackets[kind];
  return failure("link-group", { option: brackets[kind][which], problem, first, last });
}

/** Opens the inputs that `words` name, as `orderWords` left them. Throws one BpfkitError of all that cannot be read. */
export async function openInputs(
  words: readonly string[],
  folders: readonly string[],
  options: ReadInputs,
): Promise<LinkInput[]> {
  const inputs: LinkInput[] = [];
  let group: (ObjectFile | ArchiveInput)[] | undefined;
  let library: ArchiveInputMember[] | undefined;
  let whole = false;
  const states: boolean[] = [];
  const faults: Diagnostic[] = [];
  const { dialect, keepDebug, contents } = options;
  const take = async (find: string | Promise<string>): Promise<void> => {
    try {
      await takeFile(await find);
    } catch (error) {
      if (!(error instanceof BpfkitError)) throw error;
      faults.push(...error.diagnostics);
    }
  };
  const takeFile = async (path: string): Promise<void> => {
    const input = path === "-" ? { bytes: await readInput(path), isLent: false } : lendFile(path);
    const file = inputName(path);
    const ofArchive = isArchive(input.bytes);
    const isLent = input.isLent && !ofArchive && library === undefined && !options.whole;
    const bytes = input.isLent && !isLent ? keepBytes(input.bytes) : input.bytes;
    if (ofArchive) {
      (group ?? inputs).push(await openArchive(path, bytes, whole, options));
      return;
    }
    if (!isLent) contents.set(file, bytes);
    if (library !== undefined) library.push({ name: file, data: bytes });
    else (group ?? inputs).push(readForLink(bytes, { dialect, keepDebug, file, keep: isLent ? keepBytes : undefined }));
  };
  for (const word of words) {
    if (!word.startsWith(mark)) {
      await take(word);
      continue;
    }
    const option = word.slice(mark.length);
    if (option === "whole" || option === "on-demand") whole = option === "whole";
    else if (option === "push") states.push(whole);
    else if (option === "pop") {
      if (states.length === 0) throw unpaired("state", 1, "has nothing to go back to");
      whole = states.pop()!;
    } else if (option === "lib") {
      if (library !== undefined) throw unpaired("lib", 0, "stands inside of another one");
      library = [];
    } else if (option === "end-lib") {
      if (library === undefined) throw unpaired("lib", 1, "ends what did not start");
      (group ?? inputs).push({ kind: "archive", file: "", members: library, whole: false, dialect, keepDebug });
      library = undefined;
    } else if (option === "group") {
      if (group !== undefined) throw unpaired("group", 0, "stands inside of another one");
      group = [];
    } else if (option === "end") {
      if (group === undefined) throw unpaired("group", 1, "ends what did not start");
      inputs.push({ kind: "group", inputs: group });
      group = undefined;
    } else await take(findLibrary(option.slice(1), folders));
  }
  if (library !== undefined) throw unpaired("lib", 0, "does not end");
  if (group !== undefined) throw unpaired("group", 0, "does not end");
  if (faults.length > 0) throw new BpfkitError(faults);
  return inputs;
}
