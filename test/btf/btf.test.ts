import { expect, test } from "vitest";
import { formatRaw, readBtf, rebuildBtf } from "../../src/btf/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing, corpusPath } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { runTool, toolMissing } from "../support/tools.js";

const samples = corpusBtf();

test.skipIf(corpusMissing !== "")(`types survive a rebuild in either byte order${corpusMissing}`, () => {
  expect(samples.length).toBeGreaterThan(50);
  for (const { name, btf: bytes } of samples) {
    const btf = readBtf(bytes, { file: name });
    const all = [...btf.types()];
    for (const endian of ["little", "big"] as const) {
      const again = rebuildBtf(btf, endian);
      expect(again.endian).toBe(endian);
      expect([...again.types()], `${name} ${endian}`).toEqual(all);
    }
  }
});

const bpftool = corpusMissing + toolMissing("bpftool");

test.skipIf(bpftool !== "")(`text of all types is bpftool's${bpftool}`, () => {
  let compared = 0;
  for (const { name, btf: bytes } of samples) {
    const { status, stdout } = runTool("bpftool", ["btf", "dump", "file", corpusPath(name), "format", "raw"]);
    if (status !== 0) continue;
    expect(formatRaw(readBtf(bytes, { file: name })), name).toBe(stdout);
    compared++;
  }
  console.log(`btf: ${compared} of ${samples.length} objects compared with bpftool`);
  expect(compared).toBeGreaterThan(50);
});

test.skipIf(corpusMissing !== "")(`broken BTF is refused or read, never worse${corpusMissing}`, () => {
  const count = fuzz(fuzzRounds(1500), (random) => {
    const bytes = random.pick(samples).btf.slice();
    for (let n = random.between(1, 6); n > 0; n--) {
      // Half of the changes go into the header and the first types.
      const end = random.below(2) === 0 ? Math.min(bytes.length, 96) : bytes.length;
      bytes[random.below(end)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    }
    const btf = readBtf(random.below(8) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes);
    formatRaw(btf);
    rebuildBtf(btf, "big");
    btf.findByName("int");
  });
  expect(count.refused).toBeGreaterThan(0);
  expect(count.accepted).toBeGreaterThan(0);
});

test("noise is not BTF", () => {
  const count = fuzz(200, (random) => {
    readBtf(random.bytes(random.below(200)));
  });
  expect(count.refused).toBe(200);
});
