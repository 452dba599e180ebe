/** Printed instructions assemble to the bytes they were printed from: every row in every dialect, in both byte orders. */
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex, type Endian } from "../../src/bytes/index.js";
import { formatInsnAt, printDialects } from "../../src/disasm/index.js";
import { encodeSlot, insnTable, opcodes, type Dialect, type InsnRow } from "../../src/isa/index.js";
import { fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";

/** Numbers where printers and parsers go wrong, and any others. */
function number(random: Random, bits: 16 | 32): number {
  const top = 2 ** (bits - 1);
  return random.pick([0, 1, -1, 9, 10, -10, top - 1, -top, random.between(-top, top - 1)]);
}

/** Kernel text names a map or a function by one number; the kernel refuses another in the second slot. */
const oneNumber = new Set(["lddw_map_fd", "lddw_map_idx", "lddw_func"]);

function encode(row: InsnRow, endian: Endian, dialect: Dialect, random: Random): Uint8Array {
  const code = new Uint8Array(row.wide ? 16 : 8);
  const field = (fixed: string | number, other: number): number => (typeof fixed === "number" ? fixed : other);
  const dst = field(row.dst, random.below(11));
  const src = field(row.src, random.below(11));
  const imm = row.imm === "reg" ? random.below(11) : field(row.imm, number(random, 32));
  encodeSlot(code, 0, endian, row.opcode, dst, src, field(row.off, number(random, 16)), imm);
  const high = dialect === "kernel" && oneNumber.has(row.name) ? 0 : number(random, 32);
  if (row.wide) encodeSlot(code, opcodes.SLOT, endian, 0, 0, 0, 0, high);
  return code;
}

test.each(printDialects)("%s", (dialect) => {
  const random = new Random(7);
  const wrong: string[] = [];
  const rounds = fuzzRounds(20);
  for (let round = 0; round < rounds; round++) {
    const endian = round % 2 === 0 ? "little" : "big";
    const codes = insnTable.map((row) => encode(row, endian, dialect, random));
    const lines = codes.map((code, i) => {
      const text = formatInsnAt(code, 0, endian, dialect)!;
      // Kernel text tells a move of a number from a 64-bit load by the opcode before it alone.
      return dialect === "kernel" ? `${i}: (${toHex(code.subarray(0, 1))}) ${text}` : text;
    });
    const { object, diagnostics } = assemble(lines.join("\n"), { endian, syntax: dialect });
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
