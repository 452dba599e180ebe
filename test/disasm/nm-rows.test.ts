/** nm's table written from the rows of the file: byte for byte that of the facts. */
import { expect, test } from "vitest";
import {
  formatSymbols,
  listableObject,
  listSymbols,
  symbolListWriter,
  type ListedSymbol,
} from "../../src/disasm/index.js";
import { gathered } from "../../src/disasm/table-lines.js";
import { readElf } from "../../src/elf/index.js";
import { noFlags, writeObject, type ObjectSymbol, type Section } from "../../src/object/index.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { makeObject, makeSection, makeSymbol } from "../support/objects.js";
import type { Random } from "../support/random.js";

const sections: readonly Section[] = [
  makeSection(".text", new Uint8Array(64)),
  makeSection(".data", new Uint8Array(64), { flags: { ...noFlags, alloc: true, write: true } }),
  makeSection(".rodata", new Uint8Array(64), { flags: { ...noFlags, alloc: true } }),
  makeSection(".bss", new Uint8Array(0), { type: "nobits", size: 64, flags: { ...noFlags, alloc: true, write: true } }),
  makeSection(".debug_info", new Uint8Array(64), { flags: noFlags }),
];

function anySymbol(random: Random, number: number): ObjectSymbol {
  const name = random.chance(1, 20) ? "" : `${random.pick(["f", "fn", "F", "_", "x.y"])}${random.below(400)}_${number}`;
  const home = random.pick<ObjectSymbol["home"]>([
    ...sections.map((_, section) => ({ kind: "section", section, offset: random.below(64) }) as const),
    { kind: "undefined" },
    { kind: "absolute", value: BigInt(random.below(2 ** 30)) * 2n ** BigInt(random.below(20)) },
    { kind: "common", align: 8 },
  ]);
  const isOutside = home.kind === "undefined" || home.kind === "common";
  return makeSymbol(name, 0, 0, {
    home,
    size: random.below(100),
    binding: isOutside ? random.pick(["global", "weak"]) : random.pick(["local", "global", "weak"]),
    type: random.pick(["func", "object", "notype"]),
    visibility: random.pick(["default", "hidden"]),
  });
}

const choices: readonly ((symbol: ListedSymbol) => boolean)[] = [
  () => true,
  ({ value }) => value === undefined,
  ({ letter }) => letter === letter.toUpperCase(),
  ({ letter }) => !"wWvV".includes(letter),
];

test("objects with symbols of every kind", () => {
  let written = 0;
  fuzz(fuzzRounds(20), (random) => {
    const symbols = Array.from({ length: 510 + random.below(300) }, (_, i) => anySymbol(random, i));
    // Mixed, they are read by way of the facts.
    const rank = ({ binding }: ObjectSymbol): number => (binding === "local" ? 0 : 1);
    if (random.chance(7, 8)) symbols.sort((a, b) => rank(a) - rank(b));
    const bytes = writeObject(makeObject(sections, symbols, { endian: random.chance(1, 8) ? "big" : "little" }));
    const elf = readElf(bytes);
    const all = listSymbols(listableObject(elf).object);
    for (const choice of choices) {
      for (const sort of ["name", "none"] as const) {
        for (const reverse of [false, true]) {
          const write = symbolListWriter(elf, { sort, reverse }, choice);
          if (write === undefined) continue;
          written++;
          expect(gathered(write), `seed ${random.seed}`).toBe(formatSymbols(all.filter(choice), { sort, reverse }));
        }
      }
    }
  });
  expect(written).toBeGreaterThan(100);
});

test("what is not plain, or not worth it, is left to the facts", () => {
  const made = (count: number, last: string, endian: "little" | "big" = "little"): boolean => {
    const symbols = Array.from({ length: count }, (_, i) => makeSymbol(i === count - 1 ? last : `f${i}`, 0, 0));
    const elf = readElf(writeObject(makeObject(sections, symbols, { endian })));
    return symbolListWriter(elf, {}, () => true) !== undefined;
  };
  expect(made(600, "last")).toBe(true);
  expect(made(600, "ünïcode")).toBe(false);
  expect(made(600, "last", "big")).toBe(false);
  expect(made(20, "last")).toBe(false);
});
