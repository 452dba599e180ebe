import { execFileSync, spawn } from "node:child_process";
import {
  chmodSync,
  closeSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { keepBytes, lendFile, readInput, writeChanged, writeOutput } from "../../src/node/index.js";

const folder = mkdtempSync(join(tmpdir(), "bpfkit-files-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function messageOf(run: Promise<unknown>): Promise<string> {
  try {
    await run;
  } catch (error) {
    if (error instanceof BpfkitError) return `${error.diagnostics[0]!.code}: ${error.message}`;
    throw error;
  }
  return "no error";
}

test("bytes come back, and nothing else is left in the folder", async () => {
  const path = join(folder, "a.o");
  await writeOutput(path, Uint8Array.of(1, 2, 3));
  const bytes = await readInput(path);
  expect(bytes).toEqual(Uint8Array.of(1, 2, 3));
  expect(bytes.constructor).toBe(Uint8Array);
  await writeOutput(path, new Uint8Array(0));
  expect(await readInput(path)).toEqual(new Uint8Array(0));
  expect(readdirSync(folder)).toEqual(["a.o"]);
});

test("small files are lent until the next one is read, others are not", () => {
  const filled = (name: string, size: number, value: number): string => {
    writeFileSync(join(folder, name), new Uint8Array(size).fill(value));
    return join(folder, name);
  };
  const first = lendFile(filled("1", 1000, 1));
  const kept = keepBytes(first.bytes);
  const second = lendFile(filled("2", 900, 2));
  expect([first.isLent, second.isLent]).toEqual([true, true]);
  expect(first.bytes[0]).toBe(2);
  expect(kept).toEqual(new Uint8Array(1000).fill(1));
  expect(second.bytes).toEqual(new Uint8Array(900).fill(2));
  for (const [size, isLent] of [
    [0, false],
    [(1 << 18) - 1, true],
    [1 << 18, false],
    [(1 << 18) + 1, false],
    [1 << 20, false],
  ] as const) {
    const input = lendFile(filled("3", size, 3));
    expect([input.bytes.length, input.isLent]).toEqual([size, isLent]);
    expect(input.bytes.every((byte) => byte === 3)).toBe(true);
  }
  expect(kept).toEqual(new Uint8Array(1000).fill(1));
  for (const name of ["1", "2", "3"]) rmSync(join(folder, name));
});

test.skipIf(process.platform === "win32")("a pipe is read once and to its end", async () => {
  const pipe = join(folder, "pipe");
  execFileSync("mkfifo", [pipe]);
  const writer = spawn("sh", ["-c", `(printf one; sleep 0.1; printf two) > ${pipe}`]);
  const { bytes, isLent } = lendFile(pipe);
  expect([Buffer.from(bytes).toString(), isLent]).toEqual(["onetwo", false]);
  expect(await new Promise((done) => writer.on("close", done))).toBe(0);
  rmSync(pipe);
});

test("a new file gets the usual permissions, a replaced one keeps its own", async () => {
  const path = join(folder, "mode.o");
  const usual = join(folder, "usual");
  writeFileSync(usual, "");
  await writeOutput(path, Uint8Array.of(1));
  expect(statSync(path).mode).toBe(statSync(usual).mode);
  chmodSync(path, 0o741);
  await writeOutput(path, Uint8Array.of(2));
  expect(statSync(path).mode & 0o777).toBe(0o741);
});

test("a link stays a link, a device is written to", async () => {
  const target = join(folder, "target.o");
  const link = join(folder, "link.o");
  writeFileSync(target, "old");
  symlinkSync(target, link);
  await writeOutput(link, Uint8Array.of(65));
  expect(readFileSync(target, "utf8")).toBe("A");
  await writeOutput("/dev/null", Uint8Array.of(65));
  expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
});

test("who has the old file, by another name or open, keeps it", async () => {
  for (const write of [writeOutput, writeChanged]) {
    const path = join(folder, "again.o");
    const other = join(folder, "other.o");
    writeFileSync(path, "old");
    linkSync(path, other);
    const open = openSync(path, "r");
    await write(path, Uint8Array.of(65));
    expect(readFileSync(open, "utf8")).toBe("old");
    closeSync(open);
    expect(readFileSync(other, "utf8")).toBe("old");
    expect(readFileSync(path, "utf8")).toBe("A");
    rmSync(path);
    rmSync(other);
  }
});

test("what cannot be read or written is said in words", async () => {
  const inner = join(folder, "inner");
  mkdirSync(inner);
  const nowhere = join(folder, "no", "where.o");
  for (const read of [readInput, async (path: string) => lendFile(path)]) {
    expect(await messageOf(read(nowhere))).toBe(
      `file-not-read: cannot read ${nowhere}: there is no such file or folder`,
    );
    expect(await messageOf(read(inner))).toBe(`file-not-read: cannot read ${inner}: it is a folder`);
  }
  expect(await messageOf(writeOutput(nowhere, new Uint8Array(1)))).toBe(
    `file-not-written: cannot write ${nowhere}: there is no such file or folder`,
  );
  expect(await messageOf(writeOutput(inner, new Uint8Array(1)))).toBe(
    `file-not-written: cannot write ${inner}: it is a folder`,
  );
  expect(readdirSync(inner)).toEqual([]);
});
