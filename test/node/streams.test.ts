/** Standard input and output, in a process of their own. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { buildSync } from "esbuild";
import { afterAll, expect, test } from "vitest";

const folder = mkdtempSync(join(tmpdir(), "bpfkit-streams-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const script = join(folder, "copy.mjs");
buildSync({
  stdin: {
    contents: `
      import { readInput, writeOutput } from "./src/node/files.ts";
      try {
        await writeOutput("-", await readInput("-"));
      } catch (error) {
        console.error(error.message);
        process.exitCode = 1;
      }`,
    resolveDir: fileURLToPath(new URL("../../", import.meta.url)),
  },
  bundle: true,
  platform: "node",
  format: "esm",
  outfile: script,
});

test("a megabyte goes through `-` unchanged", () => {
  const input = Buffer.from(Uint8Array.from({ length: 1 << 20 }, (_, i) => (i * 2654435761) >>> 24));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script], { input, maxBuffer: 1 << 24 });
  expect(stderr.toString()).toBe("");
  expect(status).toBe(0);
  expect(stdout.equals(input)).toBe(true);
});

test("no input is no bytes", () => {
  const { stdout, status } = spawnSync(process.execPath, [script], { input: "" });
  expect([status, stdout.length]).toEqual([0, 0]);
});

test("a reader that goes away is an error in words", () => {
  const pipe = `head -c 4000000 /dev/zero | { "$0" "$1"; echo "status $?" >&2; } | true`;
  const { stderr } = spawnSync("bash", ["-c", pipe, process.execPath, script]);
  expect(stderr.toString()).toBe("cannot write standard output: the reader has gone\nstatus 1\n");
});
