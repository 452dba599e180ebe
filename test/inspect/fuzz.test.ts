/**
 * Mutated objects through every command: structured errors only, in bounded time. A few hundred by default; BPFKIT_FUZZ=1000000
 * takes an hour.
 */
import { expect, test } from "vitest";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { everyCommand } from "../support/commands.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateBytes, mutateElf } from "../support/mutate.js";

test.skipIf(corpusMissing !== "")(
  `mutated objects through every command${corpusMissing}`,
  { timeout: 7_200_000 },
  () => {
    const objects = corpusObjects().map(readCorpus);
    // Small ones: what is in large ones is more of the same.
    const seeds = objects.filter(({ length }) => length > 200 && length < 3_000);
    expect(seeds.length).toBeGreaterThan(20);
    let taken = 0;
    const { refused } = fuzz(fuzzRounds(200), (random) => {
      const seed = random.pick(seeds);
      taken += everyCommand(random.chance(3, 4) ? mutateElf(random, seed, seeds) : mutateBytes(random, seed, seeds));
    });
    console.info(`${fuzzRounds(200)} mutants, ${taken} commands took one`);
    expect(refused).toBe(0);
    expect(taken).toBeGreaterThan(0);
  },
);

test.skipIf(corpusMissing !== "")(
  `the corpus as it is, broken objects too, through every command${corpusMissing}`,
  () => {
    for (const [i, name] of corpusObjects().entries()) {
      const bytes = readCorpus(name);
      if (bytes.length > 12_000 || (i % 3 > 0 && !name.includes("/corrupt/"))) continue;
      expect(() => everyCommand(bytes), name).not.toThrow();
    }
  },
);
