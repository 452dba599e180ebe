import { expect, test } from "vitest";
import fc from "fast-check";
import { encodeUtf8 } from "../../src/bytes/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { readElf, readSymbols, SectionHeaderType, StringTable } from "../../src/elf/index.js";
import { StringTableReader } from "../../src/elf/strings.js";
import { processorTime } from "../support/patience.js";
import { layout, newSection } from "../support/elf.js";

const text = fc.string({ unit: "grapheme", maxLength: 40 }).filter((each) => !each.includes("\0"));

test("each string comes back from its offset, equal ones from one, and old offsets stay", () => {
  fc.assert(
    fc.property(fc.array(text), fc.array(text), (first, second) => {
      const table = new StringTable();
      const offsets = first.map((each) => table.add(each));
      const more = new StringTable(table.bytes());
      const moreOffsets = second.map((each) => more.add(each));
      const reader = new StringTableReader(more.bytes(), undefined);
      first.forEach((each, i) => expect(reader.at(offsets[i]!)).toBe(each));
      second.forEach((each, i) => expect(reader.at(moreOffsets[i]!)).toBe(each));
      first.forEach((each, i) => expect(more.add(each)).toBe(offsets[i]));
      expect(new Set(offsets).size).toBe(new Set(first).size);
      // Nothing but the strings and their NULs.
      const all = [...new Set(["", ...first, ...second])];
      expect(more.bytes().length).toBe(all.reduce((sum, each) => sum + encodeUtf8(each).length + 1, 0));
    }),
  );
});

test("a replacement character is a character, and stands for no other bytes", () => {
  const table = new StringTable(Uint8Array.of(0, 0xf0, 0x9f, 0x98, 0, 0xff, 0, 0xef, 0xbf, 0xbd, 0));
  expect(table.add("\ufffd")).toBe(7);
});

test("offsets into the middle of strings, beyond the end, and into unterminated tails", () => {
  for (const [source, middle] of [
    ["\0main\0tail", "ain"],
    ["\0mäin\0tail", "äin"],
  ] as const) {
    const reader = new StringTableReader(encodeUtf8(source), "x.o");
    const size = encodeUtf8(source).length;
    expect(reader.at(0)).toBe("");
    expect(reader.at(2)).toBe(middle);
    expect(reader.at(2)).toBe(middle);
    expect(reader.at(size - 1)).toBeUndefined();
    expect(reader.at(size)).toBeUndefined();
    expect(reader.at(2 ** 32)).toBeUndefined();
    expect(reader.fault(size, "a name", ".strtab").diagnostics[0]).toMatchObject({
      code: "elf-string-offset",
      place: { file: "x.o", section: ".strtab", offset: size },
    });
    expect(reader.fault(size - 1, "a name", ".strtab").diagnostics[0]?.code).toBe("elf-string-unterminated");
  }
  expect(new StringTableReader(new Uint8Array(0), undefined).at(0)).toBe("");
  expect(new StringTableReader(new Uint8Array(0), undefined).at(1)).toBeUndefined();
});

test("bytes that are not UTF-8 keep themselves and their places, one table or the other", () => {
  const lone = new StringTableReader(new Uint8Array([0, 0xff, 0x61, 0]), undefined);
  expect(lone.at(1)).toBe("\udcffa");
  const cut = new StringTableReader(new Uint8Array([0, 0xe2, 0x82, 0x61, 0, 0x62, 0]), undefined);
  expect(cut.at(1)).toBe("\udce2\udc82a");
  expect(cut.at(5)).toBe("b");
  const built = new StringTable(new Uint8Array([0, 0xff, 0]));
  expect([built.add("\udcff"), built.add("\udcfe"), built.bytes()]).toEqual([
    1,
    3,
    new Uint8Array([0, 0xff, 0, 0xfe, 0]),
  ]);
});

/** A file whose every symbol is named by another tail of one long string. */
function tails(symbols: number, length: number, letter: number): Uint8Array {
  const strtab = new Uint8Array(length + 2).fill(letter, 1, length + 1);
  const symtab = new Uint8Array(24 * symbols);
  const view = new DataView(symtab.buffer);
  for (let i = 0; i < symbols; i++) view.setUint32(24 * i, 1 + i, true);
  return layout([
    newSection(".strtab", { type: SectionHeaderType.SHT_STRTAB, data: strtab }),
    newSection(".symtab", { type: SectionHeaderType.SHT_SYMTAB, link: 1, entsize: 24, data: symtab }),
  ]);
}

test("names that overlap without measure are refused, not paid for", () => {
  // ASCII, and bytes of which no two make a character.
  for (const letter of [0x61, 0x80]) {
    const bytes = tails(100_000, 200_000, letter);
    const file = readElf(bytes);
    const start = processorTime();
    expect(() => readSymbols(file, file.sections[2]!)).toThrowError(BpfkitError);
    expect(processorTime() - start).toBeLessThan(2_000);
    const few = readElf(tails(10, 200, letter));
    expect(readSymbols(few, few.sections[2]!)[9]!.name.length).toBe(191);
  }
});
