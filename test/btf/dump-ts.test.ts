import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformSync } from "esbuild";
import { afterAll, expect, test } from "vitest";
import { BtfBuilder, readBtf, writeTypeScript, type Btf } from "../../src/btf/index.js";
import { corpusBtf } from "../support/btf.js";
import { oddities } from "../support/btf-oddities.js";
import { corpusMissing } from "../support/corpus.js";
import { expectGolden } from "../support/golden.js";
import { runTool } from "../support/tools.js";

function moduleOf(btf: Btf, roots?: readonly number[]): string {
  const parts: string[] = [];
  writeTypeScript(btf, { roots }, (text) => parts.push(text));
  return parts.join("");
}

const folder = mkdtempSync(join(tmpdir(), "bpfkit-ts-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** What the compiler says about modules, in its strictest mood. */
function checked(modules: ReadonlyMap<string, string>): string {
  for (const [name, text] of modules) writeFileSync(join(folder, name), text);
  const compilerOptions = {
    strict: true,
    noUncheckedIndexedAccess: true,
    noUnusedParameters: true,
    exactOptionalPropertyTypes: true,
    isolatedDeclarations: true,
    declaration: true,
    noEmit: true,
    target: "es2022",
    module: "nodenext",
    lib: ["es2022", "dom"],
    types: [],
  };
  writeFileSync(join(folder, "tsconfig.json"), JSON.stringify({ compilerOptions, files: [...modules.keys()] }));
  const tsc = fileURLToPath(new URL("../../node_modules/typescript/bin/tsc", import.meta.url));
  return runTool("node", [tsc, "-p", folder]).stdout.slice(0, 2000);
}

interface AnyLayout {
  readonly size: number;
  readonly offsets: Readonly<Record<string, number>>;
  read(view: DataView, at?: number, little?: boolean): Record<string, unknown>;
  write(view: DataView, value: unknown, at?: number, little?: boolean): void;
}

async function loaded(text: string): Promise<Readonly<Record<string, AnyLayout>>> {
  const { code } = transformSync(text, { loader: "ts", format: "esm" });
  return (await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Readonly<Record<string, AnyLayout>>;
}

test("odd types as TypeScript", () => {
  const text = moduleOf(oddities());
  // The functions at the head are the same in each module.
  expectGolden("btf/oddities.ts.txt", text);
});

test.skipIf(corpusMissing !== "")(`modules of corpus objects pass the compiler${corpusMissing}`, () => {
  const modules = new Map([["odd.mts", moduleOf(oddities())]]);
  const seen = new Set<string>();
  for (const { btf } of corpusBtf()) {
    const text = moduleOf(readBtf(btf));
    if (seen.has(text) || seen.size === 60) continue;
    seen.add(text);
    modules.set(`m${seen.size}.mts`, text);
  }
  expect(checked(modules)).toBe("");
  expect(seen.size).toBeGreaterThan(20);
});

/** An event as a program sends it. */
function event(): Btf {
  const builder = new BtfBuilder();
  const int = (name: string, size: number, encoding: number): number =>
    builder.add({ kind: "int", name, size, encoding, offset: 0, bits: 8 * size });
  const u8 = int("unsigned char", 1, 0);
  const char = int("char", 1, 1);
  const u32 = int("unsigned int", 4, 0);
  const s64 = int("long", 8, 1);
  const bool = int("_Bool", 1, 4);
  const u128 = int("unsigned __int128", 16, 0);
  const s16 = int("short", 2, 1);
  const array = (type: number, nelems: number): number => builder.add({ kind: "array", type, indexType: u32, nelems });
  const member = (name: string, type: number, byte: number) => ({ name, type, offset: 8 * byte, bitfieldSize: 0 });
  const point = builder.add({
    kind: "struct",
    name: "point",
    size: 4,
    kindFlag: false,
    members: [member("x", s16, 0), member("y", s16, 2)],
  });
  const either = builder.add({
    kind: "union",
    name: "",
    size: 8,
    kindFlag: false,
    members: [member("whole", s64, 0), member("parts", array(u32, 2), 0)],
  });
  const state = builder.add({
    kind: "enum",
    name: "state",
    size: 4,
    signed: true,
    values: [{ name: "GONE", value: -1 }],
  });
  const float = builder.add({ kind: "float", name: "double", size: 8 });
  builder.add({
    kind: "struct",
    name: "event",
    size: 112,
    kindFlag: true,
    members: [
      member("pid", u32, 0),
      member("state", state, 4),
      member("comm", array(char, 8), 8),
      member("", either, 16),
      member("path", array(point, 3), 24),
      member("raw", array(array(u8, 2), 2), 36),
      member("ok", bool, 40),
      { name: "low", type: u8, offset: 8 * 41, bitfieldSize: 3 },
      { name: "high", type: u32, offset: 8 * 41 + 3, bitfieldSize: 9 },
      { name: "signed", type: s64, offset: 8 * 48 + 1, bitfieldSize: 40 },
      member("where", builder.add({ kind: "ptr", type: 0 }), 56),
      member("big", u128, 64),
      member("ratio", float, 80),
      member("grid", array(array(s16, 2), 3), 88),
    ],
  });
  return builder.build("little");
}

const value = {
  pid: 4_000_000_000,
  state: -1,
  comm: new TextEncoder().encode("bash\0\0\0\0"),
  whole: 0x1122_3344_5566_7788n,
  parts: [0x5566_7788, 0x1122_3344],
  path: [
    { x: 1, y: -1 },
    { x: 2, y: -2 },
    { x: 3, y: -3 },
  ],
  raw: [Uint8Array.of(1, 2), Uint8Array.of(3, 4)],
  ok: true,
  low: 5,
  high: 300,
  signed: -(2n ** 39n) + 5n,
  where: 0xffff_8880_1234_5678n,
  big: 2n ** 127n + 3n,
  ratio: -0.5,
  grid: [
    [1, 2],
    [3, 4],
    [5, -6],
  ],
};

test("values are read and written in either byte order", async () => {
  const made = (await loaded(moduleOf(event())))["event"]!;
  expect(made.size).toBe(112);
  expect(made.offsets).toMatchObject({ pid: 0, whole: 16, parts: 16, high: 41, grid: 88 });
  for (const little of [true, false]) {
    const room = new Uint8Array(128).fill(0xaa);
    const view = new DataView(room.buffer);
    const parts = little ? value.parts : value.parts.toReversed();
    made.write(view, { ...value, parts }, 8, little);
    expect(made.read(view, 8, little)).toEqual({ ...value, parts });
    expect(view.getUint32(8, little)).toBe(4_000_000_000);
    expect(view.getInt16(8 + 24 + 6, little)).toBe(-2);
    // What is not the struct's stays.
    expect([room[7], room[120]]).toEqual([0xaa, 0xaa]);
    // Bits beside the bitfields stay, too.
    expect(room[8 + 48]! & (little ? 1 : 0x80)).toBe(little ? 0 : 0x80);
  }
  const view = new DataView(new ArrayBuffer(112));
  made.write(view, value);
  expect([...new Uint8Array(view.buffer, 41, 2)]).toEqual([((300 << 3) & 0xff) | 5, 300 >> 5]);
  expect(made.read(view, 0, true)["comm"]).toEqual(value.comm);
});

test("the text of an array of characters ends at its NUL", async () => {
  const { text } = (await loaded(moduleOf(event()))) as unknown as { text: (bytes: Uint8Array) => string };
  expect(text(value.comm)).toBe("bash");
  expect(text(new TextEncoder().encode("full"))).toBe("full");
});

test("a module of some types has what they hold, not what they point to", () => {
  const btf = oddities();
  const text = moduleOf(btf, [btf.findByName("holder")!]);
  expect(text).toContain("export interface holder {");
  expect(text).toContain("export interface held {");
  expect(text).not.toContain("export interface nested");
});
