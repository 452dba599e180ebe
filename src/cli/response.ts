/** Arguments in files: `@list` stands for the words in the file `list`, as GNU's tools take them. */
import { decodeUtf8 } from "../bytes/index.js";
import { isThere, readInput } from "../node/index.js";
import { fail } from "./report.js";

/** The words of a text: blanks and line ends part them, quotes and backslashes hold them together. */
export function wordsOf(text: string): string[] {
  // Most have nothing but names.
  if (!/["'\\]/.test(text)) return text.match(/\S+/g) ?? [];
  const words: string[] = [];
  for (const [whole] of text.matchAll(
    /(?:[^\s"'\\]|\\[\s\S]|"(?:[^"\\]|\\[\s\S])*"|'(?:[^'\\]|\\[\s\S])*'|["'\\])+/g,
  )) {
    const parts = whole.matchAll(/\\([\s\S])|"((?:[^"\\]|\\[\s\S])*)"|'((?:[^'\\]|\\[\s\S])*)'|([\s\S])/g);
    let word = "";
    for (const [, escaped, double, single, plain] of parts) {
      word += escaped ?? plain ?? (double ?? single)!.replace(/\\([\s\S])/g, "$1");
    }
    words.push(word);
  }
  return words;
}

/** Files may name files, but not for ever. */
const depthLimit = 20;

/** `words` with the contents of the files they name. A word whose file is not there stays as it is. */
async function expand(words: readonly string[], depth = 0): Promise<string[]> {
  const all: string[] = [];
  for (const word of words) {
    const path = word.slice(1);
    if (!word.startsWith("@") || depth === depthLimit || !(await isThere(path))) all.push(word);
    else for (const each of await expand(wordsOf(decodeUtf8(await readInput(path))), depth + 1)) all.push(each);
  }
  return all;
}

/** The same; undefined when a file cannot be read, which is said. */
export async function expandOrFail(words: readonly string[]): Promise<string[] | undefined> {
  try {
    return await expand(words);
  } catch (error) {
    fail(error);
    return undefined;
  }
}
