/** Opening the files that commands name. */
import { isArchive, readArchive, readElf, type ElfFile } from "../elf/index.js";
import { dirname, join } from "node:path";
import { readInput } from "../node/index.js";
import { readObject, type ObjectFile } from "../object/index.js";

/** The name of an input in messages. */
export function inputName(file: string): string {
  return file === "-" ? "<stdin>" : file;
}

/** Reads an object; `-` is standard input. */
export async function openObject(file: string): Promise<ObjectFile> {
  return readObject(await readInput(file), { file: inputName(file) });
}

/** Where the file of a thin archive's member stands: names are relative to the archive's folder. */
export function thinPath(archive: string, member: string): string {
  return member.startsWith("/") ? member : join(dirname(archive), member);
}

/** The ELF file called `file`, or those in the archive of that name, each under the name that tools give it. */
export async function openAll(file: string): Promise<readonly ElfFile[]> {
  const bytes = await readInput(file);
  if (!isArchive(bytes)) return [readElf(bytes, { file: inputName(file) })];
  const files: ElfFile[] = [];
  for (const { name, data } of readArchive(bytes, { file: inputName(file) }).members) {
    files.push(readElf(data ?? (await readInput(thinPath(file, name))), { file: `${name} (ex ${inputName(file)})` }));
  }
  return files;
}
