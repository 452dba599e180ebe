/** Objects read from bytes that are overwritten afterwards. */
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { dwarfLookup } from "../../src/cli/ld-lines.js";
import { BpfkitError } from "../../src/diag/index.js";
import { link, readForLink } from "../../src/link/index.js";
import { fileOf, writeObject } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";

/** What a link of one object says and writes, or why the object cannot be read. */
function outcome(bytes: Uint8Array, file: string, keepDebug: boolean, isLent: boolean): unknown {
  const lent = bytes.slice();
  try {
    const object = readForLink(lent, { file, keepDebug, keep: isLent ? (data) => data.slice() : undefined });
    if (isLent) lent.fill(0xa5);
    const { object: made, diagnostics } = link([object], { relocatable: true, keepDebug });
    const written = made && createHash("sha256").update(writeObject(made)).digest("hex");
    return { diagnostics, written, isWhole: fileOf(object) !== undefined };
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    return error.diagnostics;
  }
}

test.skipIf(corpusMissing !== "")(`a link needs nothing of bytes that were lent${corpusMissing}`, () => {
  let parts = 0;
  for (const path of corpusObjects().filter((_, number) => number % 2 === 0)) {
    const bytes = readCorpus(path);
    for (const keepDebug of [false, true]) {
      const found = outcome(bytes, path, keepDebug, true);
      const expected = outcome(bytes, path, keepDebug, false);
      if (found === null || typeof found !== "object" || !("isWhole" in found)) expect(found, path).toEqual(expected);
      else {
        expect({ ...found, isWhole: true }, path).toEqual(expected);
        if (!found.isWhole) parts++;
      }
    }
  }
  expect(parts).toBeGreaterThan(50);
});

test.skipIf(corpusMissing !== "")(`damaged objects are refused alike${corpusMissing}`, () => {
  const files = corpusObjects().filter((path) => path.includes("own"));
  fuzz(fuzzRounds(150), (random) => {
    const bytes = readCorpus(random.pick(files)).slice();
    for (let i = random.below(3); i >= 0; i--) bytes[random.below(bytes.length)] = random.below(256);
    const found = outcome(bytes, "a.o", false, true);
    const expected = outcome(bytes, "a.o", false, false);
    const both = [found, expected].map((each) => (Array.isArray(each) ? each : { ...(each as object), isWhole: true }));
    expect(both[0], `seed ${random.seed}`).toEqual(both[1]);
  });
});

test("a file that changed since it was linked has no lines to tell", () => {
  const folder = mkdtempSync(join(tmpdir(), "bpfkit-lines-"));
  try {
    const file = join(folder, "a.o");
    const lineOf = dwarfLookup(new Map());
    writeFileSync(file, "\x7fELF and no more");
    expect(lineOf(file, ".text", 0)).toBeUndefined();
    expect(lineOf(join(folder, "gone.o"), ".text", 0)).toBeUndefined();
  } finally {
    rmSync(folder, { recursive: true });
  }
});
