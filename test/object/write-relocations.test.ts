/** The short way of writing a relocation against the long one, for all kinds, dialects, opcodes and addends. */
import { expect, test } from "vitest";
import type { Diagnostic } from "../../src/diag/index.js";
import { elfTable } from "../../src/elf/index.js";
import { insnTable } from "../../src/isa/index.js";
import { relocDialects, relocKinds, type ObjectFile, type ObjectSymbol, type Section } from "../../src/object/index.js";
import { noFlags, type Relocation, type SymbolHome } from "../../src/object/types.js";
import { relocationRows, symbolRows } from "../../src/object/lists.js";
import { encodeRelocations, SymbolClasses } from "../../src/object/write-relocations.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import type { Random } from "../support/random.js";

const opcodes = [...new Set(insnTable.map(({ opcode }) => opcode))];

function section(random: Random, name: string, exec: boolean): Section {
  const data = new Uint8Array(256);
  for (let at = 0; at < data.length; at++) data[at] = random.chance(1, 3) ? random.below(256) : 0;
  for (let at = 0; at < data.length; at += 8) data[at] = random.pick(opcodes);
  // No two patch the same bytes: what one leaves there would be the other's.
  const relocations = Array.from({ length: 11 }, (_, i): Relocation => {
    const addend = random.pick([0n, 8n, -8n, 4n, 0x7fff_ffffn, -0x8000_0000n, 0x8000_0000n, 1n << 35n, 1n << 62n]);
    return {
      offset: 24 * i + (random.chance(1, 4) ? random.below(8) : 0),
      kind: random.pick(relocKinds),
      symbol: random.below(5),
      addend: random.chance(1, 3) ? BigInt(random.below(1000) - 500) : addend,
    };
  });
  const flags = { ...noFlags, alloc: true, exec };
  return { name, type: "progbits", flags, align: 8, entsize: 0, size: 256, data, relocations, group: -1, linkedTo: -1 };
}

function symbol(home: SymbolHome, type: ObjectSymbol["type"]): ObjectSymbol {
  return { name: "s", home, size: 0, binding: "local", type, visibility: "default" };
}

test("both ways write the same records, bytes and faults", () => {
  let written = 0;
  fuzz(fuzzRounds(400), (random) => {
    const object: ObjectFile = {
      file: "x.o",
      endian: random.chance(1, 2) ? "little" : "big",
      flags: 0,
      sections: [section(random, ".text", true), section(random, ".data", false), section(random, ".maps", false)],
      symbols: [
        symbol({ kind: "undefined" }, "notype"),
        symbol({ kind: "section", section: 0, offset: 0 }, "section"),
        symbol({ kind: "section", section: 1, offset: 8 }, "object"),
        symbol({ kind: "section", section: 2, offset: 0 }, "object"),
        symbol({ kind: "absolute", value: 1n }, "notype"),
      ],
      groups: [],
    };
    const dialect = random.pick(relocDialects);
    for (const each of object.sections) {
      const ways = [true, false].map((short) => {
        const faults: Diagnostic[] = [];
        return {
          ...encodeRelocations(
            object,
            each,
            relocationRows(each),
            dialect,
            new SymbolClasses(symbolRows(object), object.sections),
            faults,
            short,
          ),
          faults,
        };
      });
      // What the long way leaves in a field that it could not write is nobody's: the file is not written.
      if (ways[1]!.faults.length > 0) expect(ways[0]!.faults, `seed ${random.seed}`).toEqual(ways[1]!.faults);
      expect(ways[0]!.records, `seed ${random.seed}`).toEqual(ways[1]!.records);
      if (ways[1]!.faults.length === 0) expect(ways[0], `seed ${random.seed}`).toEqual(ways[1]);
      written += ways[0]!.records.length / elfTable.REL_SIZE;
    }
  });
  expect(written).toBeGreaterThan(1000);
});
