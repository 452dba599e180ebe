/** What bpftool loads, it loads stripped and copied, too. */
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { copyElf, type CopyOptions } from "../../src/copy/index.js";
import { corpusMissing, corpusPath, readCorpus, readCorpusText } from "../support/corpus.js";
import { kernelMissing } from "../support/kernel.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const missing = corpusMissing || kernelMissing || toolMissing("bpftool");

/** A folder of the BPF file system for this process. */
const pins = `/sys/fs/bpf/bpfkit-copy-${process.pid}`;

function loads(path: string): string {
  mkdirSync(pins, { recursive: true });
  try {
    const { status, stderr } = runTool("bpftool", ["prog", "loadall", path, join(pins, "programs")]);
    return status === 0 ? "" : stderr;
  } finally {
    rmSync(pins, { recursive: true, force: true });
  }
}

const copies: Readonly<Record<string, CopyOptions>> = {
  stripped: { strip: "all" },
  "without debugging data": { strip: "debug" },
  "with another section": { addSections: [{ name: ".more", data: new Uint8Array(3) }] },
};

test.skipIf(missing !== "")(`objects that bpftool loads load when copied${missing}`, { timeout: 600_000 }, () => {
  const rows = readCorpusText("load-baseline.csv").split("\n").slice(1);
  const loadable = rows.map((row) => row.split(",")).filter(([, status]) => status === "ok");
  // One in twelve; all of them take minutes.
  const step = process.env["BPFKIT_FUZZ"] === undefined ? 12 : 1;
  const chosen = loadable.map(([path]) => `objects/${path}`).filter((_, i) => i % step === 0);
  let loaded = 0;
  const wrong = inScratchFolder((folder) => {
    const faults: string[] = [];
    for (const name of chosen) {
      // Only what this kernel and this bpftool take as it is.
      if (loads(corpusPath(name)) !== "") continue;
      const bytes = readCorpus(name);
      for (const [what, options] of Object.entries(copies)) {
        const path = join(folder, "copy.o");
        writeFileSync(path, copyElf(bytes, options).bytes);
        const fault = loads(path);
        loaded++;
        if (fault !== "") faults.push(`${name} ${what}: ${fault.trim().split("\n").at(-1)}`);
      }
    }
    return faults;
  });
  console.info(`bpftool loads ${loaded} copies of ${chosen.length} objects`);
  expect(wrong).toEqual([]);
  expect(loaded).toBeGreaterThan(chosen.length);
});
