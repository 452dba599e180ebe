/**
 * Comparison with golden files below test/e2e/golden/. `BPFKIT_UPDATE_GOLDEN=1` writes them anew; the difference is then
 * read before it is committed.
 */
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "vitest";

const folder = new URL("../e2e/golden/", import.meta.url);

/** Fails unless `actual` is the text of the golden file `name`. */
export function expectGolden(name: string, actual: string): void {
  const path = fileURLToPath(new URL(name, folder));
  if (process.env["BPFKIT_UPDATE_GOLDEN"] === "1") {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, actual);
  }
  expect(actual, `golden file ${name}`).toBe(readFileSync(path, "utf8"));
}
