/** DWARF line tables of every compiler in the corpus, row by row as llvm-dwarfdump reads them. */
import { expect, test } from "vitest";
import { dwarfLines, dwarfPlaces } from "../../src/disasm/index.js";
import type { Diagnostic } from "../../src/diag/index.js";
import { readElf } from "../../src/elf/index.js";
import { corpusMissing, corpusObjects, corpusPath, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf } from "../support/mutate.js";
import { runTool, toolMissing } from "../support/tools.js";

const all = corpusObjects().filter((name) => name.includes("/own/obj/"));
const names = all.filter((_, i) => i % (process.env["BPFKIT_FUZZ"] === undefined ? 9 : 1) === 0);
const missing = corpusMissing || toolMissing("llvm-dwarfdump-22");

test.skipIf(missing !== "")(`rows are llvm-dwarfdump's${missing}`, { timeout: 120_000 }, () => {
  let rows = 0;
  for (const name of names) {
    const problems: Diagnostic[] = [];
    const ours = [...dwarfLines(readElf(readCorpus(name), { file: name }), problems).values()].flat();
    expect(problems, name).toEqual([]);
    const text = runTool("llvm-dwarfdump-22", ["--debug-line", corpusPath(name)]).stdout;
    const theirs = [...text.matchAll(/^0x([0-9a-f]{16}) +(\d+) +(\d+) .*$/gm)].map(
      ([line, address, row, column]) =>
        `${Number(`0x${address}`)}:${row}:${column}${line.includes("end_seq") ? " end" : ""}`,
    );
    const shown = ours.map(({ offset, line, column, end }) => `${offset}:${line}:${column}${end ? " end" : ""}`);
    // Sections may come in another order than the tables' rows.
    expect(shown.toSorted(), name).toEqual(theirs.toSorted());
    rows += shown.length;
  }
  expect(rows).toBeGreaterThan(500);
});

test.skipIf(corpusMissing !== "")(`lines of DWARF and of .BTF.ext name the same files${corpusMissing}`, () => {
  if (names.length === 0) return;
  const places = dwarfPlaces(readElf(readCorpus("objects/own/obj/link_a.c22.v4.o")), []);
  expect([...places.keys()].toSorted()).toEqual([".text", "xdp"]);
  expect(places.get("xdp")![0]).toMatchObject({ offset: 0, line: 8 });
  expect(places.get("xdp")![0]!.file).toMatch(/\/link_a\.c$/);
});

test.skipIf(corpusMissing !== "")(`fuzz: mutated line tables end in structured errors only${corpusMissing}`, () => {
  if (names.length === 0) return;
  const seeds = names.map(readCorpus).filter(({ length }) => length < 20_000);
  fuzz(fuzzRounds(500), (random) => {
    const bytes = mutateElf(random, random.pick(seeds), seeds);
    const elf = readElf(bytes, { file: "mutant.o", faults: [] });
    const line = elf.sections.find(({ name }) => name === ".debug_line");
    if (line !== undefined && line.data.length > 0) line.data[random.below(line.data.length)] = random.below(256);
    dwarfPlaces(elf, []);
  });
});
