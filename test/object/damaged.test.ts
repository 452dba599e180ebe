/** Damage that fuzzing found: each ends in one structured error, or in an Object. */
import { expect, test } from "vitest";
import { encodeSymbols, SectionHeaderType } from "../../src/elf/index.js";
import { imageOf, readObject } from "../../src/object/index.js";
import { layout, newSection, newSymbol } from "../support/elf.js";

const sht = SectionHeaderType;

test("a section symbol with a reserved index has no section to take its name from", () => {
  const symbols = [newSymbol(), newSymbol({ type: 3, shndx: 0xfff1, reserved: true })];
  const { symtab, strtab, firstGlobal } = encodeSymbols(symbols, "little");
  const table = { type: sht.SHT_SYMTAB, link: 2, info: firstGlobal, entsize: 24, addralign: 8, data: symtab };
  const bytes = layout([newSection(".symtab", table), newSection(".strtab", { type: sht.SHT_STRTAB, data: strtab })]);
  expect(readObject(bytes).symbols).toMatchObject([{ name: "", home: { kind: "absolute" } }]);
});

test("code without contents is no code, however much of it is claimed", () => {
  const code = { type: sht.SHT_NOBITS, flags: 6, addralign: 8, size: 2 ** 35 };
  const object = readObject(layout([newSection("xdp", code)]));
  expect(() => imageOf(object)).toThrow(/is to hold 34359738368 bytes of code, but has no contents/);
});
