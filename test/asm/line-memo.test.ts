/** Repeated lines take a short cut: the same text with every line made unique must give the same object. */
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import type { ObjectFile } from "../../src/object/index.js";
import { Random } from "../support/random.js";

const lines = [
  "\tr1 = r2",
  "r1 = r2",
  "\tr3 += 12345",
  "\tr3 += K",
  "\t.set K, 7",
  "\t.set K, 9",
  "\tr1 = 5 ; r2 = 6",
  "\tr1 = 5",
  " /* one\ntwo */ r4 = 4",
  "\tr4 = 4",
  "\texit",
  '\t.section other,"ax",@progbits',
  "\t.text",
  "\t.data",
  "\t.byte 1",
  "\tif r1 > 5 goto +0",
  "\tif r1 > 5 goto 1b",
  "1:",
  "1: r1 = r2",
  "\tr1 = 0x1122334455667788 ll",
  "\tr1 = 8 ll",
  "\tcall 7",
  "\tw4 ^= w5",
  "",
  `\t${"r1 = r2".padEnd(200)}`,
];

function made(text: string, endian: "little" | "big"): ObjectFile | string[] {
  const { object, diagnostics } = assemble(text, { syntax: "pseudoc", endian });
  return object === undefined ? diagnostics.map(({ code, message }) => `${code} ${message}`) : object;
}

test("a line gives the same bytes however often it was met", () => {
  const random = new Random(20261126);
  let objects = 0;
  for (let round = 0; round < 300; round++) {
    const endian = round % 2 === 0 ? "little" : "big";
    const text = ["K = 3", "1:", ...Array.from({ length: 60 }, () => random.pick(lines))];
    const unique = text.map((line, i) => `${line} # ${i}`);
    const result = made(text.join("\n"), endian);
    if (!Array.isArray(result)) objects++;
    expect(result, `round ${round}`).toEqual(made(unique.join("\n"), endian));
  }
  expect(objects).toBeGreaterThan(50);
});

test("another dialect gives a line another meaning", () => {
  const text = "\tr1 = r2\n\tr1 = r2\n\t.syntax plain\n\tr1 = r2\n";
  expect(assemble(text, { syntax: "pseudoc" }).object).toBeUndefined();
});
