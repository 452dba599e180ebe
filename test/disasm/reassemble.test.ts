/** Printed instructions assemble to the bytes they were printed from: every row in every dialect that is also read. */
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { formatInsnAt, printDialects } from "../../src/disasm/index.js";
import { encodeSlot, insnTable, opcodes, type InsnRow } from "../../src/isa/index.js";
import { fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";

/** Numbers where printers and parsers go wrong, and any others. */
function number(random: Random, bits: 16 | 32): number {
  const top = 2 ** (bits - 1);
  return random.pick([0, 1, -1, 9, 10, -10, top - 1, -top, random.between(-top, top - 1)]);
}

function encode(row: InsnRow, random: Random): Uint8Array {
  const code = new Uint8Array(row.wide ? 16 : 8);
  const field = (fixed: string | number, other: number): number => (typeof fixed === "number" ? fixed : other);
  const dst = field(row.dst, random.below(11));
  const src = field(row.src, random.below(11));
  const imm = row.imm === "reg" ? random.below(11) : field(row.imm, number(random, 32));
  encodeSlot(code, 0, "little", row.opcode, dst, src, field(row.off, number(random, 16)), imm);
  if (row.wide) encodeSlot(code, opcodes.SLOT, "little", 0, 0, 0, 0, number(random, 32));
  return code;
}

test.each(printDialects.filter((dialect) => dialect !== "kernel"))("%s", (dialect) => {
  const random = new Random(7);
  const wrong: string[] = [];
  const rounds = fuzzRounds(20);
  for (let round = 0; round < rounds; round++) {
    const codes = insnTable.map((row) => encode(row, random));
    const lines = codes.map((code) => formatInsnAt(code, 0, "little", dialect)!);
    const { object, diagnostics } = assemble(lines.join("\n"), { syntax: dialect });
    for (const each of diagnostics) wrong.push(`${each.message}: ${JSON.stringify(each.place)}`);
    const got = object === undefined ? "" : toHex(object.sections[0]!.data);
    let at = 0;
    for (const [i, code] of codes.entries()) {
      const bytes = got.slice(at, (at += 2 * code.length));
      if (bytes !== toHex(code)) wrong.push(`${insnTable[i]!.name}: ${lines[i]} is ${bytes}, not ${toHex(code)}`);
    }
    if (wrong.length > 0) break;
  }
  expect(wrong).toEqual([]);
});
