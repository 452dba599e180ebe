import { expect, test } from "vitest";
import { encodeUtf8 } from "../../src/bytes/index.js";
import { shortName } from "../../src/elf/section-names.js";
import { StringTableReader } from "../../src/elf/strings.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";

/** What a reader of string tables makes of it, for names that are short and ASCII. */
function expected(table: Uint8Array, offset: number): string | undefined {
  const name = new StringTableReader(table, undefined).at(offset);
  const isShort = name !== undefined && offset < table.length && name.length < 32;
  return isShort && encodeUtf8(name).every((byte) => byte < 0x80) ? name : undefined;
}

test("short names are those of the string table, also where many others came between", () => {
  let [found, left] = [0, 0];
  fuzz(fuzzRounds(60), (random) => {
    // Few different bytes make equal names, many make places of the cache be taken anew.
    const range = random.chance(1, 2) ? 3 : 0x84;
    const table = Uint8Array.from({ length: 1 + random.below(400) }, () => random.below(range));
    for (let offset = 0; offset <= table.length + 1; offset++) {
      const name = shortName(table, offset, random.below(70));
      expect(name, `seed ${random.seed}, offset ${offset}`).toBe(expected(table, offset));
      if (name === undefined) left++;
      else found++;
    }
  });
  expect(Math.min(found, left)).toBeGreaterThan(1000);
});

test("a name has 31 bytes at most", () => {
  const table = encodeUtf8(`${"a".repeat(31)}\0${"b".repeat(32)}\0`);
  expect(shortName(table, 0, 1)).toBe("a".repeat(31));
  expect(shortName(table, 32, 1)).toBeUndefined();
  expect(shortName(table, 33, 1)).toBe("b".repeat(31));
});
