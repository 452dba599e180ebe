/** Broken BTF through every view of it: printed or refused, in bounded time and size. */
import { expect, test } from "vitest";
import {
  diffBtf,
  minimalBtf,
  readBtf,
  readBtfExt,
  writeC,
  writeDiff,
  writeJson,
  writeRaw,
  writeTypeScript,
  type Btf,
} from "../../src/btf/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateBytes } from "../support/mutate.js";
import type { Random } from "../support/random.js";

const samples = corpusBtf().filter(({ endian }) => endian === "little");

/** Mutations that keep the header: bytes and whole words of the type section changed, most to small numbers (type ids). */
function mutateTypes(random: Random, bytes: Uint8Array): Uint8Array {
  const mutant = bytes.slice();
  const view = new DataView(mutant.buffer);
  const words = Math.floor(view.getUint32(12, true) / 4);
  for (let n = random.between(1, 12); n > 0; n--) {
    const at = 24 + 4 * random.below(words);
    if (at + 4 > mutant.length) continue;
    const kind = random.below(4);
    if (kind < 2) view.setUint32(at, random.below(40), true);
    else if (kind === 2) mutant[at + random.below(4)]! ^= 1 << random.below(8);
    else view.setUint32(at, random.pick([0, 0xffff_ffff, 0x8000_0000, view.getUint32(at, true) + 1]), true);
  }
  return mutant;
}

test.skipIf(corpusMissing !== "")(`broken BTF is shown or refused, in every format${corpusMissing}`, () => {
  let longest = 0;
  const count = fuzz(fuzzRounds(400), (random) => {
    const { btf: bytes, ext } = random.pick(samples);
    const mutant = random.chance(3, 4) ? mutateTypes(random, bytes) : mutateBytes(random, bytes);
    const btf = readBtf(mutant);
    let refusals = 0;
    const view = (show: (count: (text: { readonly length: number }) => void) => void): void => {
      let length = 0;
      try {
        show((text) => {
          length += text.length;
        });
      } catch (error) {
        if (!(error instanceof BpfkitError)) throw error;
        refusals++;
      }
      longest = Math.max(longest, length / (mutant.length + 1024));
    };
    const good = readBtf(bytes);
    view((put) => writeRaw(btf, put));
    view((put) => writeC(btf, {}, put));
    view((put) => writeTypeScript(btf, {}, put));
    view((put) => writeJson(btf, undefined, put));
    view((put) => writeDiff(diffBtf(btf, good), put));
    view((put) => writeDiff(diffBtf(good, btf), put));
    view(() => {
      const object = (of: Btf) => ({ btf: of, ext: readBtfExt(ext ?? new Uint8Array(), of) });
      minimalBtf(btf, [object(good)]);
      minimalBtf(good, [object(btf)]);
    });
    if (refusals === 7) throw new BpfkitError([]);
  });
  expect(count.accepted).toBeGreaterThan(0);
  // The text of a type is some times longer than its record, never thousands of times.
  expect(longest).toBeLessThan(200);
});
