/** Long listings, written by the line writer, against the printer that makes a record of every instruction. */
import { expect, test, vi } from "vitest";
import { lineCode } from "../../src/disasm/line-code.js";
import { formatDisassembly, printDialects, writeAnnotated, type PrintOptions } from "../../src/disasm/index.js";
import { encodeSlot, insnTable, opcodes } from "../../src/isa/index.js";
import type { ObjectFile } from "../../src/object/index.js";
import { makeObject, makeSection, makeSymbol } from "../support/objects.js";
import { fuzzSeed } from "../support/fuzz.js";
import { Random } from "../support/random.js";

const seed = fuzzSeed();

/** Numbers of every length, and the edges of their fields. */
function number(random: Random, bits: number): number {
  const edge = 2 ** (bits - 1);
  if (random.chance(1, 8)) return random.pick([0, 1, -1, 9, 10, 99, 100, 999, 1000, edge - 1, -edge]);
  return (random.u32() | 0) >> (32 - random.between(1, bits));
}

/** Code of every row, with noise, unknown encodings and repetition. */
function code(random: Random, slots: number, endian: "little" | "big"): Uint8Array {
  const bytes = new Uint8Array(slots * opcodes.SLOT);
  const field = (fixed: string | number, value: number): number => (typeof fixed === "number" ? fixed : value);
  const helpers = Array.from({ length: 5 }, () => random.below(230));
  const registers = Array.from({ length: 2 }, () => random.below(11));
  for (let i = 0; i < slots; i++) {
    const row = random.pick(insnTable);
    const at = i * opcodes.SLOT;
    const jump = random.between(-Math.min(i + 5, 32_768), Math.min(slots - i + 5, 32_767));
    const off = field(row.off, row.off === "jump" && random.chance(7, 8) ? jump : number(random, 16));
    const near =
      row.imm === "helper" ? random.pick(helpers) : row.imm === "jump" || row.imm === "call" ? jump : undefined;
    const imm = field(row.imm, near !== undefined && random.chance(7, 8) ? near : number(random, 32));
    encodeSlot(
      bytes,
      at,
      endian,
      row.opcode,
      field(row.dst, random.pick(registers)),
      field(row.src, random.pick(registers)),
      off,
      imm,
    );
    if (random.chance(1, 50)) bytes.set(random.bytes(opcodes.SLOT), at);
    if (random.chance(1, 50)) bytes[at + random.below(opcodes.SLOT)]! ^= 1 << random.below(8);
    if (i > 100 && random.chance(1, 4)) bytes.copyWithin(at, at - opcodes.SLOT * random.between(1, 100), at);
  }
  return bytes;
}

function generated(random: Random, endian: "little" | "big"): ObjectFile {
  const sizes = [random.between(990, 1010), random.between(9000, 12_000), 3];
  const names = ["f", "a_rather_long_name_of_a_function", "ünï", "n".repeat(random.pick([5, 1007, 1100, 70_000]))];
  return makeObject(
    sizes.map((slots, i) =>
      makeSection(`s${i}`, code(random, slots, endian).subarray(0, random.chance(1, 2) ? undefined : -3)),
    ),
    sizes.flatMap((slots, section) => {
      const labels = random.pick([0, 1, 5, 60]);
      const offset = (): number => (random.chance(1, 9) ? random.below(8 * slots) : 8 * random.below(slots));
      return Array.from({ length: labels }, () => makeSymbol(random.pick(names), section, offset()));
    }),
    { endian },
  );
}

function plain(object: ObjectFile, options: PrintOptions): string {
  let text = "";
  writeAnnotated(object, options, (piece) => (text += piece));
  return text;
}

/** The first line that differs, with what it should be; undefined where none does. */
function difference(got: string, expected: string): object | undefined {
  if (got === expected) return undefined;
  const [ours, right] = [got.split("\n"), expected.split("\n")];
  const line = right.findIndex((text, i) => text !== ours[i]);
  return { line, got: ours[line], expected: right[line] };
}

test.each(printDialects)(`seed ${seed}: every kind of line in %s`, (dialect) => {
  for (const endian of ["little", "big"] as const) {
    const random = new Random(seed + printDialects.indexOf(dialect));
    for (const bytes of [true, false]) {
      const object = generated(random, endian);
      const options = { dialect, bytes };
      expect(difference(formatDisassembly(object, options), plain(object, options))).toBeUndefined();
    }
  }
});

test("the numbers of lines", () => {
  const slots = 120_000;
  const exits = new Uint8Array(slots * opcodes.SLOT);
  for (let i = 0; i < slots; i++) exits[i * opcodes.SLOT] = opcodes.EXIT;
  const lines = Array.from({ length: slots }, (_, i) => `${String(i).padStart(8)}:\texit\n`);
  const object = makeObject([makeSection(".text", exits)], [makeSymbol("f", 0, 0)]);
  const text = formatDisassembly(object, { bytes: false });
  expect(difference(text.slice(text.indexOf("       0:")), lines.join(""))).toBeUndefined();
});

test("a platform without WebAssembly gets the same listing", () => {
  expect(lineCode()).toBeDefined();
  const object = generated(new Random(seed), "little");
  const expected = formatDisassembly(object);
  const refuse = (): never => {
    throw new TypeError("not allowed");
  };
  for (const platform of [undefined, { Module: refuse }]) {
    vi.stubGlobal("WebAssembly", platform);
    try {
      expect(lineCode()).toBeUndefined();
      expect(difference(formatDisassembly(object), expected)).toBeUndefined();
    } finally {
      vi.unstubAllGlobals();
    }
  }
});
