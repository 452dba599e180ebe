/**
 * The third-party corpus beside the checkout (`../shared/corpus`): read in place, never copied into the project.
 *
 * Usage: `test.skipIf(corpusMissing !== "")(`every object reads${corpusMissing}`, …)`; the reason stands in the test's
 * name and is printed once.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../../../shared/corpus/", import.meta.url));

/** Empty when the corpus is there, else the reason to skip, to be put after a test's name. */
export const corpusMissing: string = existsSync(root) ? "" : " (skipped: there is no ../shared/corpus)";
if (corpusMissing !== "") console.warn(`corpus tests${corpusMissing}`);

/** The absolute path of a corpus file, for tools that want one. `name` is relative to the corpus folder. */
export function corpusPath(name: string): string {
  return join(root, name);
}

/**
 * The names (relative to the corpus folder, with `/`, sorted) of all files below `folder` that end in `suffix`.
 * Empty when there is no corpus.
 */
export function corpusFiles(folder: string, suffix = ""): string[] {
  const names: string[] = [];
  const walk = (path: string): void => {
    for (const entry of readdirSync(join(root, path), { withFileTypes: true })) {
      const name = `${path}/${entry.name}`;
      if (entry.isDirectory()) walk(name);
      else if (name.endsWith(suffix)) names.push(name);
    }
  };
  if (corpusMissing === "") walk(folder);
  return names.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
}

/** All ELF objects of the corpus: every compiler, both byte orders, the broken ones (`…/corrupt/…`) included. */
export function corpusObjects(): string[] {
  return corpusFiles("objects").filter((name) => /\.(o|elf)$/.test(name));
}

export function readCorpus(name: string): Uint8Array {
  return new Uint8Array(readFileSync(corpusPath(name)));
}

export function readCorpusText(name: string): string {
  return readFileSync(corpusPath(name), "utf8");
}
