/** Tables written from the rows of the file: byte for byte what is written from facts, one object an entry. */
import { expect, test } from "vitest";
import {
  elfFacts,
  formatElf,
  formatObjdump,
  type ElfFacts,
  type ElfFactsOptions,
  type SymbolFacts,
} from "../../src/disasm/index.js";
import { symbolRowsOf } from "../../src/disasm/elf-facts.js";
import { gathered, writeSymbols } from "../../src/disasm/table-lines.js";
import { readElf } from "../../src/elf/index.js";
import { noFlags, writeObject, type ObjectSymbol } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf } from "../support/mutate.js";
import { makeObject, makeSection, makeSymbol } from "../support/objects.js";

const views = { symbols: true, relocations: true, dynamicSymbols: true, dynamicRelocations: true };

/** The same facts, known all at once. */
function eager(facts: ElfFacts): ElfFacts {
  return {
    ...facts,
    symbolTables: facts.symbolTables.map(({ section, symbols }) => ({ section, symbols })),
    relocTables: facts.relocTables.map(({ section, offset, target, relocs }) => ({ section, offset, target, relocs })),
  };
}

/** Compares the two ways; says whether there was a table with rows. */
function compare(bytes: Uint8Array, what: string, options: ElfFactsOptions = {}): boolean {
  const facts = elfFacts(readElf(bytes), options);
  const all = eager(elfFacts(readElf(bytes), options));
  // Only what is about some sections, too.
  for (const only of [undefined, (name: string) => name.length % 2 === 0]) {
    const chosen = only === undefined ? views : { ...views, only };
    expect(formatElf(facts, chosen) + formatObjdump(facts, chosen), what).toBe(
      formatElf(all, chosen) + formatObjdump(all, chosen),
    );
  }
  return facts.symbolTables.some((table) => symbolRowsOf(table) !== undefined);
}

test.skipIf(corpusMissing !== "")(`objects of the corpus${corpusMissing}`, () => {
  let rows = 0;
  const donors: Uint8Array[] = [];
  for (const path of corpusObjects().filter((each, i) => i % 3 === 0 && !each.includes("/corrupt/"))) {
    const bytes = readCorpus(path);
    if (compare(bytes, path)) rows++;
    if (bytes.length < 20_000) donors.push(bytes);
  }
  expect(rows).toBeGreaterThan(50);
  let mutated = 0;
  fuzz(fuzzRounds(300), (random) => {
    const bytes = mutateElf(random, random.pick(donors), donors);
    if (compare(bytes, `seed ${random.seed}`)) mutated++;
  });
  expect(mutated).toBeGreaterThan(0);
});

const home = (kind: "absolute" | "undefined" | "common", value = 0n): Pick<ObjectSymbol, "home"> => ({
  home:
    kind === "absolute" ? { kind, value } : kind === "common" ? { kind, align: Number(value) } : { kind: "undefined" },
});

test("numbers as wide as they can be, and names of every kind", () => {
  const symbols = [
    makeSymbol(".text", 0, 0, { type: "section", binding: "local" }),
    ...[0, 9, 10, 99_999, 100_000, 0xffff_ffff, 2 ** 32, 2 ** 52 + 1].flatMap((size, i) => [
      makeSymbol(`s${i}`, 0, size % 64, { size }),
      makeSymbol(`a${i}`, 0, 0, { size, binding: "weak", ...home("absolute", BigInt(size) << 11n) }),
    ]),
    makeSymbol("common", 0, 0, { size: 40, visibility: "hidden", ...home("common", 16n) }),
    makeSymbol("n".repeat(300_000), 0, 0, home("undefined")),
    makeSymbol("ünïcode", 0, 0, home("undefined")),
  ];
  const relocations = [0, 1, 4, 17, 18].map((symbol, i) => ({
    offset: 8 * i,
    kind: "abs_data64" as const,
    symbol,
    addend: 0n,
  }));
  const section = makeSection(".data", new Uint8Array(64), {
    flags: { ...noFlags, alloc: true, write: true },
    relocations,
  });
  for (const names of [symbols, symbols.slice(0, -1)]) {
    const bytes = writeObject(makeObject([section], names));
    // Names beyond ASCII are read the long way.
    expect(compare(bytes, "made", { dialect: "llvm" })).toBe(names !== symbols);
  }
});

test("numbers wider than their columns", () => {
  const symbols = Array.from({ length: 120 }, (_, i) => makeSymbol(`f${i}`, 0, 0, { size: i }));
  const [table] = elfFacts(
    readElf(writeObject(makeObject([makeSection(".text", new Uint8Array(8))], symbols))),
  ).symbolTables;
  expect(symbolRowsOf(table!)).toBeDefined();
  const line = ({ index, size, name }: SymbolFacts): string => `${String(index).padStart(2)}: ${String(size)} ${name}`;
  const text = gathered((put) => writeSymbols(table!, line, { indexDigits: 2, sizeDigits: 1 }, 1, put));
  expect(text).toBe(
    table!.symbols
      .slice(1)
      .map((symbol) => `${line(symbol)}\n`)
      .join(""),
  );
});
