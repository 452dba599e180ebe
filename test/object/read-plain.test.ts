/** The short way of reading an object against the long one: wherever it does not give up, both give the same. */
import { expect, test } from "vitest";
import { BpfkitError, type Diagnostic } from "../../src/diag/index.js";
import { elfTable, readElf } from "../../src/elf/index.js";
import { detectDialect, originOf } from "../../src/object/detect.js";
import { plainOrigin, readPlain } from "../../src/object/read-plain.js";
import { readScene } from "../../src/object/read.js";
import { isKept, relocScene } from "../../src/object/reloc-scene.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";

/** The dialect as printers ask for it, against the one that all relocations together give. */
function compareOrigin(bytes: Uint8Array, what: string): boolean {
  const elf = readElf(bytes);
  if (plainOrigin(elf) === undefined) return false;
  const { dialect, reason, repaired } = originOf(relocScene(elf)).origin;
  expect(detectDialect(elf), what).toEqual({ dialect, reason, repaired });
  return true;
}

const unneeded = (name: string): boolean => name.startsWith(".debug_") || name === ".BTF.ext";

/** Reads `bytes` both ways; says whether the short one went through. */
function compare(bytes: Uint8Array, what: string, without?: (name: string) => boolean): boolean {
  const elf = readElf(bytes);
  const sectionNumbers = new Int32Array(elf.sections.length).fill(-1);
  elf.sections.filter(isKept).forEach((section, number) => (sectionNumbers[section.index] = number));
  const plain = readPlain(elf, sectionNumbers, without);
  if (plain === undefined) return false;
  const { symbols, numbers, relocations, origin } = readScene(elf, sectionNumbers, { without });
  const { dialect, repaired } = origin;
  const records = {
    ...plain,
    symbols: plain.symbols.records(),
    relocations: new Map([...plain.relocations].map(([section, rows]) => [section, rows.records()])),
  };
  expect(records, what).toEqual({ symbols, numbers, relocations, origin: { dialect, repaired } });
  return true;
}

test.skipIf(corpusMissing !== "")(`objects of the corpus are the same read both ways${corpusMissing}`, () => {
  let [plain, origins] = [0, 0];
  for (const path of corpusObjects()) {
    const bytes = readCorpus(path);
    try {
      if (compareOrigin(bytes, path)) origins++;
      for (const without of [undefined, unneeded]) if (compare(bytes, path, without)) plain++;
    } catch (error) {
      if (!(error instanceof BpfkitError)) throw error;
    }
  }
  expect(plain).toBeGreaterThan(100);
  expect(origins).toBeGreaterThan(100);
});

test.skipIf(corpusMissing !== "")(`damaged objects are, too${corpusMissing}`, () => {
  const files = corpusObjects()
    .filter((path) => path.includes("own"))
    .map((path) => readCorpus(path));
  let plain = 0;
  fuzz(fuzzRounds(1500), (random) => {
    const bytes = random.pick(files).slice();
    const { data } = random.pick(readElf(bytes).sections.filter((section) => section.data.length > 0));
    for (let i = random.below(3); i >= 0; i--) data[random.below(data.length)] = random.below(256);
    compareOrigin(bytes, `seed ${random.seed}`);
    if (compare(bytes, `seed ${random.seed}`, random.chance(1, 2) ? unneeded : undefined)) plain++;
  });
  expect(plain).toBeGreaterThan(fuzzRounds(1500) / 10);
});

test.skipIf(corpusMissing !== "")(`names in a section that is not there go the long way${corpusMissing}`, () => {
  const path = corpusObjects().find((each) => each.includes("own/sections/"))!;
  const bytes = readCorpus(path).slice();
  const whole = readElf(bytes);
  const symtab = whole.sections.find(({ type }) => type === elfTable.SectionHeaderType.SHT_SYMTAB)!;
  expect(symtab.link).toBe(whole.header.shstrndx);
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const little = whole.endian === "little";
  view.setUint16(62, 0x7777, little);
  view.setUint32(Number(whole.header.shoff) + symtab.index * elfTable.SHDR_SIZE + 40, 0x7777, little);
  const faults: Diagnostic[] = [];
  const elf = readElf(bytes, { faults });
  expect(faults.length).toBeGreaterThan(0);
  expect(readPlain(elf, new Int32Array(elf.sections.length).fill(-1))).toBeUndefined();
});
