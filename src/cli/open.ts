/** Opening the files that commands name. */
import { isArchive, readArchive, readElf, type ArchiveMember, type ElfFile } from "../elf/index.js";
import { dirname, join } from "node:path";
import { readInput } from "../node/index.js";
import { readObject, type ObjectFile, type RelocDialect } from "../object/index.js";
import { inputName } from "./report.js";

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

/** The ELF file called `file`, or those in the archive of that name, each under the name that tools give it. */
export async function openAll(file: string): Promise<readonly ElfFile[]> {
  const bytes = await readInput(file);
  if (!isArchive(bytes)) return [readElf(bytes, { file: inputName(file) })];
  const files: ElfFile[] = [];
  for (const member of readArchive(bytes, { file: inputName(file) }).members) {
    files.push(readElf(await memberData(file, member), { file: `${member.name} (ex ${inputName(file)})` }));
  }
  return files;
}
