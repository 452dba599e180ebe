/** One instruction to text: the corpus tables of llvm-mc and bpf-as, and spot checks of each dialect's style. */
import { expect, test } from "vitest";
import { fromHex } from "../../src/bytes/index.js";
import { formatInsnAt, printDialects } from "../../src/disasm/index.js";
import { encodeSlot, insnTable, type Dialect } from "../../src/isa/index.js";
import { corpusMissing, readCorpusText } from "../support/corpus.js";

/** Texts that stand in the tables and are printed otherwise, with the reason. */
const printedAs = new Map<string, string>([
  // Below 64 bits the register's other name is the same instruction; bpfkit prints one of the two.
  ["*(u8 *)(r1 + 4) = w2", "*(u8 *)(r1 + 4) = r2"],
  ["w2 = *(u32 *)(r1 + 4)", "r2 = *(u32 *)(r1 + 4)"],
]);

function normal(text: string): string {
  return text.replace(/\s+/g, "").toLowerCase();
}

function mismatches(table: string, dialect: Dialect): { rows: number; wrong: string[] } {
  const wrong: string[] = [];
  const lines = readCorpusText(table).trimEnd().split("\n").slice(1);
  for (const line of lines) {
    const cells = line.split("\t");
    const text = cells[0]!;
    for (const [endian, hex] of [
      ["little", cells.at(-2)!],
      ["big", cells.at(-1)!],
    ] as const) {
      const got = formatInsnAt(fromHex(hex), 0, endian, dialect) ?? "nothing";
      if (normal(got) !== normal(printedAs.get(text) ?? text)) wrong.push(`${text} (${endian} ${hex}): ${got}`);
    }
  }
  return { rows: lines.length, wrong };
}

test.skipIf(corpusMissing !== "")(`llvm-mc's instructions print as they were written${corpusMissing}`, () => {
  const { rows, wrong } = mismatches("asm/llvm-insns.tsv", "pseudoc");
  expect(rows).toBeGreaterThan(300);
  expect(wrong).toEqual([]);
});

test.skipIf(corpusMissing !== "")(`bpf-as's instructions print as they were written${corpusMissing}`, () => {
  const { rows, wrong } = mismatches("asm/gnu-insns.tsv", "gnu");
  expect(rows).toBeGreaterThan(300);
  expect(wrong).toEqual([]);
});

const styles: readonly (readonly [string, Readonly<Record<Dialect, string>>])[] = [
  [
    "79a1f8ff00000000",
    {
      pseudoc: "r1 = *(u64 *)(r10 - 8)",
      gnu: "ldxdw %r1,[%r10+-8]",
      plain: "ldxdw r1, [r10-8]",
      kernel: "r1 = *(u64 *)(r10 -8)",
      conformance: "ldxdw %r1, [%r10-8]",
    },
  ],
  [
    "1501fdffffffffff",
    {
      pseudoc: "if r1 == -1 goto -3",
      gnu: "jeq %r1,-1,-3",
      plain: "jeq r1, -1, -3",
      kernel: "if r1 == 0xffffffff goto pc-3",
      conformance: "jeq %r1, -1, -3",
    },
  ],
  [
    "8500000001000000",
    {
      pseudoc: "call 1",
      gnu: "call 1",
      plain: "call 1",
      kernel: "call bpf_map_lookup_elem#1",
      conformance: "call 1",
    },
  ],
  [
    "8510000005000000",
    {
      pseudoc: "call local +5",
      gnu: "call local 5",
      plain: "call local +5",
      kernel: "call pc+5",
      conformance: "call local +5",
    },
  ],
  [
    "18010000000000000000000000000080",
    {
      pseudoc: "r1 = -9223372036854775808 ll",
      gnu: "lddw %r1,-9223372036854775808",
      plain: "ldimm64 r1, -9223372036854775808",
      kernel: "r1 = 0x8000000000000000",
      conformance: "lddw %r1, -9223372036854775808",
    },
  ],
  [
    "db21080000000000",
    {
      pseudoc: "lock *(u64 *)(r1 + 8) += r2",
      gnu: "xadddw [%r1+8],%r2",
      plain: "xadddw [r1+8], r2",
      kernel: "lock *(u64 *)(r1 +8) += r2",
      conformance: "lock add [%r1+8], %r2",
    },
  ],
];

test.each(styles)("%s has the style of each dialect", (hex, texts) => {
  const code = fromHex(hex);
  const got = Object.fromEntries(printDialects.map((dialect) => [dialect, formatInsnAt(code, 0, "little", dialect)]));
  expect(got).toEqual(texts);
});

test("every row prints in every dialect, and no two rows the same", () => {
  for (const dialect of printDialects) {
    const texts = new Map<string, string>();
    for (const { name, opcode, dst, src, off, imm, wide } of insnTable) {
      const code = new Uint8Array(wide ? 16 : 8);
      const number = (field: string | number, operand: number): number => (typeof field === "number" ? field : operand);
      encodeSlot(code, 0, "little", opcode, number(dst, 1), number(src, 2), number(off, 12), number(imm, 5));
      const text = formatInsnAt(code, 0, "little", dialect);
      expect(text, name).toMatch(/^[\x20-\x7e]+$/);
      expect(text, name).not.toMatch(/[{}]/);
      expect(texts.get(text!), `${name} prints as ${text} in ${dialect}`).toBeUndefined();
      texts.set(text!, name);
    }
  }
});
