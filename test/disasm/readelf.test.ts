/** The readelf view: compared with llvm-readelf on every corpus object, line by line. */
import { expect, test } from "vitest";
import { fromHex } from "../../src/bytes/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { elfFacts, formatElf, type ElfFacts } from "../../src/disasm/index.js";
import { elfTable, readElf } from "../../src/elf/index.js";
import { noFlags, writeObject } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, corpusPath, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf } from "../support/mutate.js";
import { makeObject, makeSection, makeSymbol } from "../support/objects.js";
import { runTool, toolMissing } from "../support/tools.js";

const views = { header: true, sections: true, relocations: true, symbols: true, segments: true };

/** Takes out what differs by intent: the machine's name, the numbers of unknown relocations, the mapping to segments. */
function normal(text: string): string[] {
  return text
    .replace(/^( {2}Machine: +).*$/gm, "$1…")
    .replace(/^Relocations are numbered in .*\n/gm, "")
    .replace(/<unknown: \d+>|Unknown/g, "?")
    .replace(/^ Section to Segment mapping:\n(.*\n)*?\n/m, "")
    .split("\n")
    .map((line) => line.replace(/ +/g, " ").trimEnd())
    .filter((line) => line !== "");
}

function read(name: string): ElfFacts | undefined {
  try {
    return elfFacts(readElf(readCorpus(name), { file: name }), { dialect: "llvm" });
  } catch (error) {
    if (error instanceof BpfkitError) return undefined;
    throw error;
  }
}

const skip = corpusMissing || toolMissing("llvm-readelf-22");

/** A sample, so that the suite stays fast; all of them with BPFKIT_FUZZ set. */
function sample(names: readonly string[]): readonly string[] {
  const step = process.env["BPFKIT_FUZZ"] === undefined ? 12 : 1;
  return names.filter((_, i) => i % step === 0);
}

test.skipIf(skip !== "")(`llvm-readelf shows the same${skip}`, { timeout: 60_000 }, () => {
  let compared = 0;
  const wrong: string[] = [];
  for (const name of sample(corpusObjects().filter((each) => !each.includes("/corrupt/")))) {
    const facts = read(name);
    if (facts === undefined || facts.header.machine !== elfTable.EM_BPF) {
      wrong.push(`${name}: not read`);
      continue;
    }
    const peer = runTool("llvm-readelf-22", ["-h", "-S", "-r", "-s", "-l", "--wide", corpusPath(name)]);
    const ours = normal(formatElf(facts, views));
    const theirs = normal(peer.stdout);
    const at = theirs.findIndex((line, i) => line !== ours[i]);
    if (at >= 0 || ours.length !== theirs.length) {
      wrong.push(`${name} line ${at}: ours ${JSON.stringify(ours[at])} theirs ${JSON.stringify(theirs[at])}`);
    }
    compared++;
  }
  expect(wrong).toEqual([]);
  expect(compared).toBeGreaterThan(20);
});

test.skipIf(corpusMissing !== "")(`broken files give facts, problems or a structured error${corpusMissing}`, () => {
  const donors = sample(corpusObjects())
    .map(readCorpus)
    .filter((bytes) => bytes.length < 20_000);
  const { accepted, refused } = fuzz(fuzzRounds(1000), (random) => {
    const facts = elfFacts(readElf(mutateElf(random, random.pick(donors), donors)));
    formatElf(facts, views);
  });
  expect(accepted).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
});

test.skipIf(corpusMissing !== "")(`a table that cannot be read is a problem, the rest is shown${corpusMissing}`, () => {
  const facts = read("objects/own/corrupt/globals__rel_entsize_0.o");
  expect(facts!.problems.length).toBeGreaterThan(0);
  expect(facts!.problems[0]!.code).toMatch(/^elf-/);
  expect(facts!.symbolTables[0]!.symbols.length).toBeGreaterThan(1);
});

test("the layout of all views", async () => {
  const code = fromHex("18010000000000000000000000000000 8510000000000000 9500000000000000");
  const object = makeObject(
    [
      makeSection("xdp", code, {
        relocations: [
          { offset: 0, kind: "abs_imm64", symbol: 2, addend: 8n },
          { offset: 16, kind: "call_imm32", symbol: 3, addend: 0n },
        ],
      }),
      makeSection(".bss", new Uint8Array(0), {
        flags: { ...noFlags, alloc: true, write: true },
        type: "nobits",
        size: 16,
      }),
    ],
    [
      makeSymbol("", 1, 0, { type: "section", binding: "local" }),
      makeSymbol("main", 0, 0, { size: 32 }),
      makeSymbol("counters", 1, 0, { type: "object", size: 16, visibility: "hidden" }),
      makeSymbol("outside", 0, 0, { home: { kind: "undefined" }, type: "notype", binding: "weak" }),
    ],
  );
  const elf = readElf(writeObject(object), { file: "test.o" });
  await expect(formatElf(elfFacts(elf), views)).toMatchFileSnapshot("golden/readelf.txt");
  expect(elfFacts(elf).problems).toEqual([]);
});
