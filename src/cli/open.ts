/** Opening the files that commands name. */
import { readInput } from "../node/index.js";
import { readObject, type ObjectFile } from "../object/index.js";

/** Reads an object; `-` is standard input. */
export async function openObject(file: string): Promise<ObjectFile> {
  return readObject(await readInput(file), { file: file === "-" ? "<stdin>" : file });
}
