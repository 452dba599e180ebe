/** Opening the files that commands name. */
import { BpfkitError, type Diagnostic } from "../diag/index.js";
import { isArchive, readArchive, readElf, type ArchiveMember, type ElfFile } from "../elf/index.js";
import { dirname, join } from "node:path";
import { readInput } from "../node/index.js";
import { readObject, type ObjectFile, type RelocDialect } from "../object/index.js";
import { inputName, report } from "./report.js";

/** Reads an object, its relocations in `dialect` or the one that is found; `-` is standard input. */
export async function openObject(file: string, dialect?: RelocDialect): Promise<ObjectFile> {
  return readObject(await readInput(file), { file: inputName(file), dialect });
}

/** The contents of a member. Thin archives name files, from the archive's own folder on. */
export async function memberData(archive: string, { name, data }: ArchiveMember): Promise<Uint8Array> {
  if (data !== undefined) return data;
  const path = name.startsWith("/") ? name : join(dirname(archive), name);
  // A file of that name, not standard input.
  return readInput(path === "-" ? "./-" : path);
}

/** An ELF file on the command line, or in an archive that stands there. */
export interface Opened {
  /** As given on the command line. */
  readonly path: string;
  /** Its name in that archive; undefined outside of archives. */
  readonly member: string | undefined;
  /** What the archive says of it. */
  readonly entry: ArchiveMember | undefined;
  /** What of the file could not be read, where that is tolerated; it has been reported. */
  readonly faults: readonly Diagnostic[];
  readonly elf: ElfFile;
}

/** What tools call a file: `lib.a(one.o)` in an archive. */
export function openedName({ path, member }: Opened): string {
  return member === undefined ? path : `${path}(${member})`;
}

/** A member as `ar tv` lists it. */
export function memberLine({ name, mode, uid, gid, size, date }: ArchiveMember): string {
  const letters = [...(mode & 0o777).toString(2).padStart(9, "0")].map((bit, i) => (bit === "1" ? "rwx"[i % 3] : "-"));
  const when = new Date(date * 1000).toISOString().slice(0, 16).replace("T", " ");
  return `${letters.join("")} ${uid}/${gid} ${String(size).padStart(6)} ${when} ${name}`;
}

/** Passes over broken files: each is reported, and the others still have their turn. */
export async function attempt<Result>(read: () => Promise<Result> | Result): Promise<Result | undefined> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    report(error.diagnostics);
    return undefined;
  }
}

/**
 * Calls `use` with each ELF file of `files`, those in archives one by one. What cannot be read, and what `use` throws, is
 * reported, and the next file follows. With `tolerant`, a file with some broken parts is used all the same.
 */
export async function eachElf(
  files: readonly string[],
  use: (opened: Opened) => Promise<void> | void,
  tolerant = false,
): Promise<void> {
  const one = async (
    path: string,
    entry: ArchiveMember | undefined,
    file: string,
    bytes: Uint8Array,
  ): Promise<void> => {
    await attempt(() => {
      const faults: Diagnostic[] = [];
      const elf = readElf(bytes, tolerant ? { file, faults } : { file });
      report(faults);
      return use({ path, member: entry?.name, entry, faults, elf });
    });
  };
  for (const path of files) {
    const file = inputName(path);
    const bytes = await attempt(() => readInput(path));
    if (bytes === undefined) continue;
    if (!isArchive(bytes)) {
      await one(path, undefined, file, bytes);
      continue;
    }
    const archive = await attempt(() => readArchive(bytes, { file }));
    for (const member of archive?.members ?? []) {
      const data = await attempt(() => memberData(path, member));
      if (data !== undefined) await one(path, member, `${file}(${member.name})`, data);
    }
  }
}
