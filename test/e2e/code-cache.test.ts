/** Compiled code kept between runs (src/cli/code-cache.ts): it changes nothing but time, and nothing wrong with it does harm. */
import {
  chmodSync,
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { bpfkit, workshop, type CliResult } from "../support/cli.js";

const shop = workshop();
const text = ".section prog\n\tr0 = 7\n\texit\n";

/** Assembles with the cache in `folder`. */
function assemble(folder: string, input = text): CliResult {
  return bpfkit(["as", "-", "-o", "-"], { input, env: { BPFKIT_CACHE: folder } });
}

const plain = assemble("");

/** A cache that one run has filled: its folder and its one file. */
function filled(name: string): { readonly folder: string; readonly file: string } {
  const folder = shop.path(name);
  expect(assemble(folder)).toEqual(plain);
  const names = readdirSync(folder);
  expect(names).toHaveLength(1);
  expect(names[0]).toMatch(/^as-[0-9a-f]{16}-v\d+\.\d+\.\d+-\w+\.code$/);
  return { folder, file: join(folder, names[0]!) };
}

test("the first run keeps its code, and the next ones use it", () => {
  expect(plain).toMatchObject({ status: 0, stderr: "" });
  const { folder, file } = filled("kept");
  const { ino, mode } = statSync(file);
  expect(mode & 0o777).toBe(0o600);
  expect(assemble(folder)).toEqual(plain);
  expect(statSync(file).ino).toBe(ino);
  const wrong = "\tr0 = frob 3\n";
  expect(assemble(folder, wrong)).toEqual(assemble("", wrong));
  // Another verb has its own.
  expect(bpfkit(["nm", "-"], { input: plain.bytes, env: { BPFKIT_CACHE: folder } }).status).toBe(0);
  expect(
    readdirSync(folder)
      .map((name) => name.slice(0, 3))
      .toSorted(),
  ).toEqual(["as-", "nm-"]);
});

test("a run that fails keeps nothing, and an empty BPFKIT_CACHE turns the cache off", () => {
  const folder = shop.path("failed");
  expect(assemble(folder, "frobnicate\n").status).toBe(1);
  expect(shop.has("failed")).toBe(false);
  const home = shop.path("home");
  mkdirSync(home);
  const env = { HOME: home, XDG_CACHE_HOME: "", BPFKIT_CACHE: "" };
  expect(bpfkit(["as", "-", "-o", "-"], { input: text, env })).toEqual(plain);
  expect(readdirSync(home)).toEqual([]);
});

test.each([
  ["empty", (whole: Uint8Array) => whole.subarray(0, 0)],
  ["cut off", (whole: Uint8Array) => whole.subarray(0, whole.length - 1000)],
  ["zeroed from some block on", (whole: Uint8Array) => Uint8Array.from(whole).fill(0, 8192)],
  ["zeroed in one block", (whole: Uint8Array) => Uint8Array.from(whole).fill(0, 8192, 12_288)],
  ["other bytes", (whole: Uint8Array) => new Uint8Array(whole.length).fill(0x5a)],
])("a file that is %s is made anew", (what, damage) => {
  const { folder, file } = filled(what);
  const whole = new Uint8Array(readFileSync(file));
  writeFileSync(file, damage(whole));
  expect(assemble(folder)).toEqual(plain);
  expect(statSync(file).size).toBeGreaterThan(100_000);
  const { ino } = statSync(file);
  expect(assemble(folder)).toEqual(plain);
  expect(statSync(file).ino).toBe(ino);
});

test("a file that others can write is not run", () => {
  const { folder, file } = filled("shared");
  const { ino } = statSync(file);
  chmodSync(file, 0o622);
  expect(assemble(folder)).toEqual(plain);
  expect(statSync(file).ino).not.toBe(ino);
  chmodSync(folder, 0o777);
  chmodSync(file, 0o622);
  expect(assemble(folder)).toEqual(plain);
  // Nor is anything kept where others can put what they like.
  expect(statSync(file).mode & 0o777).toBe(0o622);
});

const notRoot = process.geteuid?.() === 0 ? "" : " (skipped: only root can give files away)";
test.skipIf(notRoot !== "")(`another user's file is not run${notRoot}`, () => {
  const { folder, file } = filled("foreign");
  chownSync(file, 65_534, 65_534);
  expect(assemble(folder)).toEqual(plain);
  expect(statSync(file).uid).toBe(0);
  chownSync(folder, 65_534, 65_534);
  const { ino } = statSync(file);
  chownSync(file, 65_534, 65_534);
  expect(assemble(folder)).toEqual(plain);
  expect(statSync(file)).toMatchObject({ ino, uid: 65_534 });
});

test("no folder can be made: the command runs without", () => {
  shop.write("in-the-way", "");
  expect(assemble(shop.path("in-the-way"))).toEqual(plain);
  expect(assemble(shop.path("in-the-way/deeper"))).toEqual(plain);
});

test("what nobody used for long is dropped when something is added, and other files are not", () => {
  const folder = shop.path("old");
  mkdirSync(folder, { mode: 0o700 });
  const put = (name: string, days: number): void => {
    writeFileSync(join(folder, name), "");
    const then = new Date(Date.now() - days * 86_400_000);
    utimesSync(join(folder, name), then, then);
  };
  put("as-0000000000000000-v20.0.0-x64.code", 100);
  put(".as-0000000000000000-v20.0.0-x64.code.123", 100);
  put("nm-0000000000000000-v20.0.0-x64.code", 10);
  for (let i = 1; i <= 20; i++) put(`ld-00000000000000${10 + i}-v20.0.0-x64.code`, i);
  put("notes", 1000);
  expect(assemble(folder)).toEqual(plain);
  const all = readdirSync(folder).toSorted();
  const names = all.filter((name) => !name.startsWith("ld-"));
  expect(names).toHaveLength(3);
  // Of each bundle the newest eight.
  expect(all.filter((name) => name.startsWith("ld-"))).toEqual(
    Array.from({ length: 8 }, (_, i) => `ld-00000000000000${11 + i}-v20.0.0-x64.code`),
  );
  expect(names).toEqual(expect.arrayContaining(["nm-0000000000000000-v20.0.0-x64.code", "notes"]));
});
