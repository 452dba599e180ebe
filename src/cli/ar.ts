/** `bpfkit ar`: GNU archives made, changed, listed and taken apart. The old archive stays until the new one is whole. */
import { basename, dirname, relative } from "node:path";
import {
  addMembers,
  dropMembers,
  isArchive,
  pickMembers,
  readArchive,
  writeArchive,
  type Archive,
  type ArchiveMember,
  type NewArchiveMember,
} from "../elf/index.js";
import { failure } from "../diag/index.js";
import { isThere, readInput, writeOutput } from "../node/index.js";
import { memberData, memberLine } from "./open.js";
import { put } from "./output.js";
import { inputName, report, toJson, usage } from "./report.js";

interface Options {
  readonly json?: boolean;
}

const operations = "rqdtxps";
/** c and D say what bpfkit does anyway: it makes archives without a word, and with the same bytes each time. */
const modifiers = "csSTvD";

async function membersOf(path: string, archive: Archive | undefined): Promise<NewArchiveMember[]> {
  const members: NewArchiveMember[] = [];
  for (const member of archive?.members ?? []) {
    members.push({ name: member.name, data: await memberData(path, member) });
  }
  return members;
}

/** The letters of the key as one operation and its modifiers, or what is wrong with them. */
function parseKey(key: string): { readonly operation: string; readonly has: (letter: string) => boolean } | string {
  const letters = [...key.replace(/^-/, "")];
  const unknown = letters.find((letter) => !operations.includes(letter) && !modifiers.includes(letter));
  if (unknown !== undefined) return `ar has no operation or modifier ${unknown}`;
  const asked = letters.filter((letter) => operations.includes(letter) && letter !== "s");
  if (asked.length > 1) return `the operations ${asked.join(" and ")} exclude each other`;
  const has = (letter: string): boolean => letters.includes(letter);
  if (asked[0] === undefined && !has("s")) return `${key} names no operation`;
  return { operation: asked[0] ?? "s", has };
}

export async function run(key: string, path: string, names: readonly string[], given: object): Promise<void> {
  const parsed = parseKey(key);
  if (typeof parsed === "string") return usage(parsed, `an operation is one of ${[...operations].join(", ")}`);
  const { operation, has } = parsed;
  const writes = "rqds".includes(operation);
  const json = (given as Options).json ?? false;
  if (writes && path === "-") return usage("an archive to be changed must be a file", "name the archive");
  const isNew = "rq".includes(operation) && !isThere(path);
  const archive = isNew ? undefined : await open(path);
  const thin = archive?.thin ?? has("T");
  if (archive !== undefined && has("T") && !archive.thin) {
    return usage(`${path} is no thin archive`, "make a new archive with T, or leave it out");
  }
  if (!writes) return show(operation, path, archive!, names, { verbose: has("v"), json });

  const old = await membersOf(path, archive);
  const changed: NewArchiveMember[] = [];
  for (const file of "rq".includes(operation) ? names : []) {
    const name = thin && !file.startsWith("/") ? relative(dirname(path), file) : thin ? file : basename(file);
    changed.push({ name, data: await readInput(file) });
  }
  const members = operation === "d" ? dropMembers(old, names) : addMembers(old, changed, operation === "q");
  await writeOutput(path, writeArchive(members, { thin, index: !has("S") }));
  if (json) report([], json);
  else if (has("v")) for (const { name } of changed) put(`${operation} - ${name}\n`);
}

async function open(path: string): Promise<Archive> {
  const bytes = await readInput(path);
  const file = inputName(path);
  // `ar rcs` of an empty file, as mktemp leaves it, makes an archive.
  if (bytes.length === 0 || isArchive(bytes)) return readArchive(bytes, { file });
  throw failure("ar-magic", { found: JSON.stringify(String.fromCharCode(...bytes.subarray(0, 8))) });
}

/** The operations that change no archive: t, p and x. */
async function show(
  operation: string,
  path: string,
  archive: Archive,
  names: readonly string[],
  { verbose, json }: { readonly verbose: boolean; readonly json: boolean },
): Promise<void> {
  const members = pickMembers(archive.members, names);
  if (json) {
    const symbols = new Map<ArchiveMember, string[]>(members.map((member) => [member, []]));
    for (const { name, member } of archive.symbols ?? []) symbols.get(archive.members[member]!)?.push(name);
    const facts = members.map((member) => {
      const { data: _data, ...shown } = member;
      return { ...shown, symbols: symbols.get(member)! };
    });
    put(`${toJson({ file: path, thin: archive.thin, flavour: archive.flavour, members: facts })}\n`);
    return;
  }
  if (operation === "x") return extract(path, archive, members, verbose);
  for (const member of members) {
    if (operation === "p") await writeOutput("-", await memberData(path, member));
    else put(verbose ? `${memberLine(member)}\n` : `${member.name}\n`);
  }
}

/** Writes members as files of the current folder. A bad name is found before the first is written. */
async function extract(
  path: string,
  archive: Archive,
  members: readonly ArchiveMember[],
  verbose: boolean,
): Promise<void> {
  for (const { name } of members) {
    const refuse = (what: string): never => {
      throw failure("ar-extract", { name, what });
    };
    if (archive.thin) refuse("a thin archive only names it, it is a file already");
    if (name === "" || name === "-" || name === "." || name === ".." || /[/\\\0]/.test(name)) {
      refuse("its name is no plain file name");
    }
  }
  for (const member of members) {
    await writeOutput(member.name, await memberData(path, member));
    if (verbose) put(`x - ${member.name}\n`);
  }
}
