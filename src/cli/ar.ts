/** `bpfkit ar`: GNU archives made, changed, listed and taken apart. The old archive stays until the new one is whole. */
import { basename, dirname, join, relative } from "node:path";
import {
  addMembers,
  arHeaderSize,
  isArchive,
  moveMembers,
  pickMembers,
  readArchive,
  writeArchive,
  type Archive,
  type ArchiveMember,
  type NewArchiveMember,
} from "../elf/index.js";
import { diagnostic, failure } from "../diag/index.js";
import { isThere, modifiedAt, readInput, setTime, writeChanged, writeOutput } from "../node/index.js";
import { parseKey, type ArKey } from "./ar-key.js";
import { memberData, memberLine } from "./open.js";
import { put } from "./output.js";
import { inputName, report, toJson, usage } from "./report.js";

interface Options {
  readonly json?: boolean;
  readonly thin?: boolean;
  /** The folder that members are extracted to. */
  readonly output?: string;
}

/** A member to be written, with the date it has in the old archive. */
interface Member extends NewArchiveMember {
  readonly date: number;
}

async function membersOf(path: string, archive: Archive | undefined): Promise<Member[]> {
  const members: Member[] = [];
  for (const member of archive?.members ?? []) {
    members.push({ name: member.name, data: await memberData(path, member), date: member.date });
  }
  return members;
}

/** The files to be added, under the names they get; with `flat`, archives among them member by member. */
async function filesOf(path: string, files: readonly string[], thin: boolean, flat: boolean): Promise<Member[]> {
  const added: Member[] = [];
  for (const file of files) {
    const data = await readInput(file);
    if (flat && isArchive(data)) added.push(...(await membersOf(file, readArchive(data, { file }))));
    else {
      const name = thin && !file.startsWith("/") ? relative(dirname(path), file) : thin ? file : basename(file);
      added.push({ name, data, date: 0 });
    }
  }
  return added;
}

/** Tells of members that are not there; what is there has been dealt with. */
function reportMissing(path: string, missing: readonly string[]): void {
  report(missing.map((name) => diagnostic("ar-member", { file: path, name })));
}

export async function run(key: string, first: string, rest: readonly string[], given: object): Promise<void> {
  const options = given as Options;
  const parsed = parseKey(key, [first, ...rest]);
  if ("problem" in parsed) return usage(parsed.problem, parsed.help);
  const { operation, has, archive: path, names, place, count } = parsed;
  const json = options.json ?? false;
  if (parsed.writes && path === "-") return usage("an archive to be changed must be a file", "name the archive");
  const adds = operation === "r" || operation === "q";
  const old = adds && !isThere(path) ? undefined : await open(path, adds);
  const asksThin = has("T") || options.thin === true;
  const thin = old?.thin ?? asksThin;
  if (old !== undefined && asksThin && !old.thin) {
    return usage(`${path} is no thin archive`, "make a new archive with T, or leave it out");
  }
  if (!parsed.writes) return show(parsed, old!, options);

  const before = await membersOf(path, old);
  let members = before;
  const said: string[] = [];
  if (adds) {
    const files = has("u") ? names.filter((file) => isNewer(file, before)) : names;
    const added = await filesOf(path, files, thin, has("L"));
    const known = new Set(before.map(({ name }) => name));
    for (const { name } of added) said.push(`${operation === "r" && known.has(name) ? "r" : "a"} - ${name}`);
    members = addMembers(before, added, { append: operation === "q", place }) as Member[];
  } else if (operation === "d" || operation === "m") {
    const { picked, missing } = pickMembers(before, names, count);
    // Without names there is nothing to be taken out.
    const chosen = names.length === 0 ? [] : picked;
    for (const { name } of chosen) said.push(`${operation} - ${name}`);
    members = operation === "m" ? moveMembers(before, chosen, place) : before.filter((each) => !chosen.includes(each));
    reportMissing(path, missing);
  }
  await writeChanged(path, writeArchive(members, { thin, index: !has("S") }));
  if (json) report([], json);
  else if (has("v")) put(said.map((line) => `${line}\n`).join(""));
}

/** Is `file` younger than the member of its name, or is there none? */
function isNewer(file: string, members: readonly Member[]): boolean {
  const member = members.find(({ name }) => name === basename(file));
  return member === undefined || (modifiedAt(file) ?? Infinity) > member.date;
}

/** The archive `path`; with `orEmpty`, undefined for a file without contents, as mktemp leaves it. */
async function open(path: string, orEmpty: boolean): Promise<Archive | undefined> {
  const bytes = await readInput(path);
  if (orEmpty && bytes.length === 0) return undefined;
  return readArchive(bytes, { file: inputName(path) });
}

/** The operations that change no archive: t, p and x. */
async function show(
  { operation, has, archive: path, names, count }: ArKey,
  archive: Archive,
  options: Options,
): Promise<void> {
  const { picked: members, missing } = pickMembers(archive.members, names, count);
  if (options.json === true) {
    const symbols = new Map<ArchiveMember, string[]>(members.map((member) => [member, []]));
    for (const { name, member } of archive.symbols ?? []) symbols.get(archive.members[member]!)?.push(name);
    const facts = members.map((member) => {
      const { data: _data, ...shown } = member;
      return { ...shown, symbols: symbols.get(member)! };
    });
    put(`${toJson({ file: path, thin: archive.thin, flavour: archive.flavour, members: facts })}\n`);
  } else if (operation === "x") await extract(path, archive, members, options.output ?? "", has);
  else {
    for (const member of members) {
      if (operation === "p") {
        if (has("v")) put(`\n<${member.name}>\n\n`);
        put(await memberData(path, member));
        continue;
      }
      const offset = has("O") ? ` 0x${(member.offset + arHeaderSize).toString(16)}` : "";
      put(`${has("v") ? memberLine(member) : member.name}${offset}\n`);
    }
  }
  reportMissing(path, missing);
}

/** Writes members as files of `folder`. A bad name is found before the first is written. */
async function extract(
  path: string,
  archive: Archive,
  members: readonly ArchiveMember[],
  folder: string,
  has: ArKey["has"],
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
    const target = join(folder, member.name);
    await writeOutput(target, await memberData(path, member));
    if (has("o")) setTime(target, member.date);
    if (has("v")) put(`x - ${member.name}\n`);
  }
}
