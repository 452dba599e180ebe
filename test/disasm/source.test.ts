/** assemble ∘ formatSource is the identity, but for the order of symbols and what the source says it leaves out. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { encodeUtf8, fromHex, toHex } from "../../src/bytes/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { formatSource } from "../../src/disasm/index.js";
import type { Dialect } from "../../src/isa/index.js";
import {
  noFlags,
  readObject,
  relocTable,
  type ObjectFile,
  type Relocation,
  type Section,
} from "../../src/object/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";
import { makeObject, makeSection, makeSymbol } from "../support/objects.js";

const names = corpusObjects()
  .filter((name) => !name.includes("/corrupt/"))
  .toSorted((a, b) => readCorpus(b).length - readCorpus(a).length);

function read(name: string): ObjectFile | undefined {
  try {
    return readObject(readCorpus(name), { file: name });
  } catch (error) {
    if (error instanceof BpfkitError) return undefined;
    throw error;
  }
}

/** What an object's code is, so that objects with the same code are gone through once. */
function codeKey({ endian, sections }: ObjectFile): string {
  const code = sections.filter(({ flags }) => flags.exec);
  return `${endian} ${code.map(({ name, data, relocations }) => `${name} ${toHex(data)} ${relocations.length}`).join(" ")}`;
}

/** The corpus's objects of which no two have the same code: of those that have, the one with the least beside it. */
const objects: readonly ObjectFile[] = [
  ...new Map(
    names.map(read).flatMap((object) => (object === undefined ? [] : [[codeKey(object), object] as const])),
  ).values(),
];

/** A reference as text: sections and places in them by name, so that symbol numbers do not matter. */
function reference(object: ObjectFile, { offset, kind, symbol, addend }: Relocation): string {
  const { name, home } = object.symbols[symbol]!;
  const where = `${offset} ${kind} `;
  if (home.kind !== "section") return `${where}${name}+${addend}`;
  return `${where}${object.sections[home.section]!.name}+${BigInt(home.offset) + addend}`;
}

/** Bytes of the instruction that hold the fields. */
const fields: Readonly<Record<string, readonly number[]>> = {
  off16: [2, 3],
  imm32: [4, 5, 6, 7],
  imm64: [4, 5, 6, 7, 12, 13, 14, 15],
};

function contents({ data, relocations }: Section): string {
  const copy = data.slice();
  for (const { offset, kind } of relocations) {
    const { field } = relocTable[kind];
    const places = fields[field] ?? Array.from({ length: Number(field.slice(4)) / 8 }, (_, i) => i);
    for (const place of places) copy[offset + place] = 0;
  }
  return toHex(copy);
}

function picture(object: ObjectFile): object {
  const kept = object.sections.filter(
    ({ type, size, name }) => type !== 0x6fff_4c03 && (size > 0 || ![".text", ".data", ".bss"].includes(name)),
  );
  return {
    sections: Object.fromEntries(
      kept.map((section) => {
        const { name, type, flags, align, size, entsize } = section;
        const relocations = section.relocations.map((relocation) => reference(object, relocation));
        // Code is aligned to 8 and BTF to 4 by bpfkit's assembler whatever the source says.
        const least = Math.max(align, flags.exec ? 8 : name.startsWith(".BTF") ? 4 : 1);
        const shown = { type, flags, align: least, size, entsize: flags.merge ? entsize : 0, relocations };
        return [name, { ...shown, data: contents(section) }];
      }),
    ),
    symbols: object.symbols
      .filter(({ type, name }) => type !== "section" && type !== "file" && !name.startsWith(".L"))
      // The second local of a name gets a number behind it: one source has no two symbols of one name.
      .map(({ home, ...symbol }) => ({ home, ...symbol, name: symbol.name.replace(/\.\d+$/, "") }))
      .map(({ home, ...symbol }) => {
        const place = home.kind === "section" ? `${object.sections[home.section]!.name}+${home.offset}` : home;
        return JSON.stringify({ ...symbol, place }, (_, value) => (typeof value === "bigint" ? String(value) : value));
      })
      .toSorted(),
  };
}

function roundTrip(object: ObjectFile, dialect: Dialect): void {
  const text = formatSource(object, { dialect });
  const { object: made, diagnostics } = assemble(text, {
    file: object.file,
    endian: object.endian,
    syntax: dialect,
  });
  expect(diagnostics.filter(({ severity }) => severity === "error").slice(0, 5), object.file).toEqual([]);
  expect(picture(made!), object.file).toEqual(picture(object));
}

test.skipIf(corpusMissing !== "").each(["pseudoc", "gnu", "plain", "conformance", "kernel"] as const)(
  `corpus objects come back from their source in %s${corpusMissing}`,
  { timeout: 240_000 },
  (dialect) => {
    for (const object of objects) roundTrip(object, dialect);
    expect(objects.length).toBeGreaterThan(100);

    expect(new Set(objects.map(({ endian }) => endian)).size).toBe(2);
  },
);

/** Every kind of symbol and datum, and code that is none. */
function oddities(): ObjectFile {
  const code = fromHex(`
    18020000000000000000000000000000 05000100 00000000 ff00000000000000 8500000001000000
    85100000ffffffff 5500f9ff00000000 9500000000000000`);
  const data = new Uint8Array(40);
  data.set(encodeUtf8('say "hi"\\\0'), 16);
  const flags = { ...noFlags, alloc: true, write: true };
  return makeObject(
    [
      makeSection("xdp", code, {
        relocations: [
          { offset: 0, kind: "abs_imm64", symbol: 4, addend: 0n },
          { offset: 40, kind: "call_imm32", symbol: 5, addend: 0n },
        ],
      }),
      makeSection(".data", data, {
        flags,
        relocations: [
          { offset: 0, kind: "abs_data64", symbol: 6, addend: 4n },
          { offset: 8, kind: "abs_data64", symbol: 0, addend: 16n },
        ],
      }),
      makeSection(".bss", new Uint8Array(0), { flags, type: "nobits", size: 24 }),
    ],
    [
      makeSymbol("", 0, 0, { type: "section", binding: "local" }),
      makeSymbol("within", 0, 8, { type: "notype", binding: "local" }),
      makeSymbol("twin", 1, 32, { type: "object", binding: "local", size: 8 }),
      makeSymbol("twin", 2, 8, { type: "object", binding: "local", size: 16 }),
      makeSymbol("table", 2, 0, { type: "object", size: 8 }),
      makeSymbol("outside", 0, 0, { home: { kind: "undefined" }, type: "notype" }),
      makeSymbol("shared", 0, 0, { home: { kind: "common", align: 8 }, type: "object", size: 16 }),
      makeSymbol("main", 0, 0, { size: 72 }),
      makeSymbol("weak", 0, 32, { binding: "weak", visibility: "hidden" }),
      makeSymbol("forty_two", 0, 0, { home: { kind: "absolute", value: 42n }, type: "notype" }),
    ],
  );
}

test("the source of every kind of symbol and datum", async () => {
  await expect(formatSource(oddities())).toMatchFileSnapshot("golden/source.pseudoc.s");
  await expect(formatSource(oddities(), { dialect: "gnu" })).toMatchFileSnapshot("golden/source.gnu.s");
  await expect(formatSource(oddities(), { dialect: "kernel" })).toMatchFileSnapshot("golden/source.kernel.s");
});

test.each(["pseudoc", "gnu", "plain", "conformance", "kernel"] as const)(
  "that source assembles to the same in %s",
  (dialect) => {
    roundTrip(oddities(), dialect);
  },
);

/** Sections and symbols of the source of `object` as the tool assembles it, and as they were. */
function throughTool(object: ObjectFile, dialect: Dialect, tool: string, args: readonly string[]): void {
  inScratchFolder((folder) => {
    const source = join(folder, "source.s");
    const out = join(folder, "out.o");
    writeFileSync(source, formatSource(object, { dialect }));
    const { stderr } = runTool(tool, [...args, "-o", out, source]);
    expect(stderr, object.file).toBe("");
    expect(picture(readObject(new Uint8Array(readFileSync(out)))), object.file).toEqual(picture(object));
  });
}

const noLlvm = corpusMissing || toolMissing("llvm-mc-22");
test.skipIf(noLlvm !== "")(`llvm-mc makes the same of the source${noLlvm}`, { timeout: 60_000 }, () => {
  let count = 0;
  for (const object of objects.filter((_, i) => i % 20 === 0)) {
    count++;
    const triple = object.endian === "big" ? "bpfeb" : "bpfel";
    throughTool(object, "pseudoc", "llvm-mc-22", [`-triple=${triple}`, "-mcpu=v4", "-filetype=obj"]);
  }
  expect(count).toBeGreaterThan(4);
});
