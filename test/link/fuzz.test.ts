import { expect, test } from "vitest";
import { isArchive, readArchive, writeArchive } from "../../src/elf/index.js";
import { link, type LinkInput } from "../../src/link/index.js";
import { readObject, writeObject } from "../../src/object/index.js";
import { corpusFiles, corpusMissing, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf } from "../support/mutate.js";
import type { Random } from "../support/random.js";
import { fn, main, object } from "./objects.js";

const own = [
  writeObject(object(`${main(" call f\n ldimm64 r1, d\n ldxdw r0, [r1+0]")}.data\n.globl d\nd:\n .quad 5\n`, "a.o")),
  writeObject(object(fn("f", " mov r0, 1") + '.section .rodata.str1.1,"aMS",@progbits,1\n .asciz "text"\n', "b.o")),
];

/** Links in a random way: an error is a good end, a link that comes out is written. */
function attempt(random: Random, inputs: readonly LinkInput[]): void {
  if (random.chance(1, 3)) {
    const { bytes, diagnostics } = link(inputs, { compat: random.pick(["libbpf", "libbpf-1.8"]) });
    const isRefused = diagnostics.some(({ severity }) => severity === "error");
    if ((bytes === undefined) !== isRefused)
      throw new Error("a link without a file has an error, and the other way round");
    return;
  }
  const relocatable = random.chance(1, 2);
  const { object: made, report } = link(inputs, {
    relocatable,
    gcSections: random.chance(1, 2),
    relax: random.chance(1, 2),
    icf: random.chance(1, 3),
    keepDebug: random.chance(1, 4),
    allowMultipleDefinition: random.chance(1, 2),
  });
  if (made !== undefined) writeObject(made);
  report?.map();
}

test.skipIf(corpusMissing !== "")(`mutated objects of compilers give structured errors only${corpusMissing}`, () => {
  const names = corpusFiles("objects/own/obj", ".o").filter((_, i) => i % 7 === 0);
  const seeds = names.map((name) => readCorpus(name));
  const { accepted, refused } = fuzz(fuzzRounds(300), (random) => {
    const bytes = mutateElf(random, random.pick(seeds), seeds);
    attempt(random, [readObject(bytes, { file: "x.o" }), readObject(random.pick(seeds), { file: "y.o" })]);
  });
  expect(accepted + refused).toBe(fuzzRounds(300));
});

test("mutated objects and archives of our own give structured errors only", () => {
  const { accepted } = fuzz(fuzzRounds(300), (random) => {
    const members = own.map((data, i) => ({
      name: `${i}.o`,
      data: random.chance(1, 2) ? mutateElf(random, data, own) : data,
    }));
    const bytes = writeArchive(members).slice();
    for (let n = random.below(4); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256);
    if (!isArchive(bytes)) return;
    const { members: found, symbols } = readArchive(bytes, { file: "lib.a" });
    const list = found.map(({ name, data }) => ({ name, data: data ?? new Uint8Array() }));
    const start = object(main(" call f"), "main.o");
    attempt(random, [start, { kind: "archive", file: "lib.a", members: list, symbols, whole: random.chance(1, 2) }]);
  });
  expect(accepted).toBeGreaterThan(0);
});
