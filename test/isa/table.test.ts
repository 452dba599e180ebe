import { expect, test } from "vitest";
import fc from "fast-check";
import {
  decodeSlot,
  encodeSlot,
  helperId,
  helperName,
  insnTable,
  newSlot,
  opcodes,
  rowNumber,
  sectionRule,
  spellings,
  type Dialect,
  type InsnRow,
} from "../../src/isa/index.js";

const dialects: readonly Dialect[] = ["pseudoc", "gnu", "plain", "kernel", "conformance"];

/** A legal value for each operand field of a row; fixed fields keep their number. */
function operands(row: InsnRow): fc.Arbitrary<{ dst: number; src: number; off: number; imm: number }> {
  const register = fc.integer({ min: 0, max: 10 });
  const int32 = fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 });
  return fc.record({
    dst: typeof row.dst === "number" ? fc.constant(row.dst) : register,
    src: typeof row.src === "number" ? fc.constant(row.src) : register,
    off: typeof row.off === "number" ? fc.constant(row.off) : fc.integer({ min: -32768, max: 32767 }),
    // Register 0 in the immediate is the same instruction as `callx r0`.
    imm:
      typeof row.imm === "number" ? fc.constant(row.imm) : row.imm === "reg" ? fc.integer({ min: 1, max: 10 }) : int32,
  });
}

test("every row has a name of its own and a word in every dialect", () => {
  expect(new Set(insnTable.map((row) => row.name)).size).toBe(insnTable.length);
  expect(insnTable.length).toBeLessThan(255);
  for (const row of insnTable)
    for (const dialect of dialects) expect(spellings(row, dialect).length).toBeGreaterThan(0);
});

test.each(["little", "big"] as const)("decode of encode is the identity for every row, %s endian", (endian) => {
  const code = new Uint8Array(8);
  const slot = newSlot();
  insnTable.forEach((row, index) => {
    fc.assert(
      fc.property(operands(row), ({ dst, src, off, imm }) => {
        encodeSlot(code, 0, endian, row.opcode, dst, src, off, imm);
        expect(decodeSlot(code, 0, endian, slot)).toEqual({ opcode: row.opcode, dst, src, off, imm });
        expect(insnTable[rowNumber(slot)]?.name).toBe(row.name);
        expect(rowNumber(slot)).toBe(index);
      }),
      { numRuns: 50 },
    );
  });
});

test("encode of decode is the identity on any 8 bytes", () => {
  const again = new Uint8Array(8);
  fc.assert(
    fc.property(
      fc.uint8Array({ minLength: 8, maxLength: 8 }),
      fc.constantFrom("little" as const, "big" as const),
      (code, endian) => {
        const { opcode, dst, src, off, imm } = decodeSlot(code, 0, endian, newSlot());
        encodeSlot(again, 0, endian, opcode, dst, src, off, imm);
        expect(again).toEqual(code);
      },
    ),
    { numRuns: 2000 },
  );
});

test("a field that the instruction does not use must be zero", () => {
  const slot = { opcode: opcodes.EXIT, dst: 0, src: 0, off: 0, imm: 0 };
  expect(insnTable[rowNumber(slot)]?.name).toBe("exit");
  for (const field of ["dst", "src", "off", "imm"] as const) expect(rowNumber({ ...slot, [field]: 1 })).toBe(-1);
  expect(rowNumber({ ...slot, opcode: 0xff })).toBe(-1);
  expect(rowNumber({ opcode: 0xbf, dst: 11, src: 0, off: 0, imm: 0 })).toBe(-1);
});

test("helpers by name and by id", () => {
  expect(helperId("bpf_map_lookup_elem")).toBe(1);
  expect(helperId("bpf_unspec")).toBeUndefined();
  expect(helperName(211)).toBe("bpf_cgrp_storage_delete");
  expect(helperName(0)).toBeUndefined();
  expect(helperName(212)).toBeUndefined();
});

test("section names tell the program type as libbpf reads them", () => {
  expect(sectionRule("xdp")?.programType).toBe(6);
  expect(sectionRule("xdp/devmap")?.attachType).toBe(33);
  expect(sectionRule("?kprobe/do_exit")?.autoAttach).toBe("kprobe");
  expect(sectionRule("kprobe")?.pattern).toBe("kprobe+");
  expect(sectionRule("kprobes")).toBeUndefined();
  expect(sectionRule("xdp_prog")).toBeUndefined();
  expect(sectionRule("fexit.multi.s/x")?.sleepable).toBe(true);
});
