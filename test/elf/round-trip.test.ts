import { expect, test } from "vitest";
import fc from "fast-check";
import { toHex } from "../../src/bytes/index.js";
import { BpfkitError, type Diagnostic } from "../../src/diag/index.js";
import {
  encodeGroup,
  encodeNotes,
  encodeRel,
  encodeRela,
  encodeSymbols,
  readElf,
  readGroup,
  readNotes,
  readRelocs,
  readSymbols,
  SectionHeaderType,
  writeElf,
} from "../../src/elf/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { layout, newSection, newSymbol, readEverything } from "../support/elf.js";

const sht = SectionHeaderType;

const endians = fc.constantFrom("little" as const, "big" as const);
const names = fc.string({ unit: "grapheme", maxLength: 12 }).filter((text) => !text.includes("\0"));
const u64 = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
const u32 = fc.nat(0xffff_ffff);

const sections = fc.array(
  fc.record({
    name: names,
    type: fc.constantFrom<number>(sht.SHT_PROGBITS, sht.SHT_NOBITS, sht.SHT_INIT_ARRAY, 0x6fff_4242, 0xffff_ffff),
    flags: u64,
    addr: u64,
    link: u32,
    info: u32,
    addralign: fc.constantFrom(0, 1, 2, 4, 8, 16, 4096),
    entsize: fc.nat(2 ** 40),
    data: fc.uint8Array({ maxLength: 64 }),
    size: fc.nat(2 ** 40),
  }),
  { maxLength: 12 },
);

test("sections: what was laid out reads back, and is written back as it was", () => {
  fc.assert(
    fc.property(
      sections,
      endians,
      fc.record({ type: fc.nat(0xffff), machine: fc.nat(0xffff), flags: u32, entry: u64, osabi: fc.nat(255) }),
      (given, endian, header) => {
        const bytes = layout(given, { endian, ...header });
        expect(toHex(layout(given, { endian, ...header }))).toBe(toHex(bytes));
        const file = readElf(bytes);
        expect(file.endian).toBe(endian);
        expect(file.header).toMatchObject({ ...header, shnum: given.length + 2, shstrndx: given.length + 1 });
        let end = 64;
        given.forEach((each, i) => {
          const noBits = each.type === sht.SHT_NOBITS;
          const read = file.sections[i + 1]!;
          const { data, size, ...fields } = each;
          expect(read).toMatchObject({ ...fields, index: i + 1, size: noBits ? size : data.length });
          expect(toHex(read.data)).toBe(noBits ? "" : toHex(data));
          if (noBits) return;
          expect(read.offset % Math.max(1, each.addralign)).toBe(0);
          expect(read.offset).toBeGreaterThanOrEqual(end);
          end = read.offset + data.length;
        });
        expect(file.header.shoff).toBeGreaterThanOrEqual(end);
        expect(bytes.length).toBe(file.header.shoff + 64 * file.header.shnum);
        expect(toHex(writeElf(file))).toBe(toHex(bytes));
      },
    ),
  );
});

const symbol = fc.record({
  name: names,
  value: u64,
  size: u64,
  bind: fc.nat(15),
  type: fc.nat(15),
  other: fc.nat(255),
  shndx: fc.nat(2),
  reserved: fc.constant(false),
});
const reserved = fc
  .tuple(symbol, fc.constantFrom(0xff00, 0xfff1, 0xfff2, 0xfffe))
  .map(([each, shndx]) => ({ ...each, shndx, reserved: true }));
const reloc = fc.record({
  offset: fc.nat(Number.MAX_SAFE_INTEGER),
  type: u32,
  sym: u32,
  addend: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
});

test("symbols, relocations, groups: what was encoded reads back", () => {
  fc.assert(
    fc.property(
      fc.array(fc.oneof(symbol, reserved), { maxLength: 20 }),
      fc.array(reloc, { maxLength: 20 }),
      fc.array(
        fc.nat(5).map((n) => n + 1),
        { maxLength: 5 },
      ),
      endians,
      (mixed, relocs, members, endian) => {
        const sorted = [...mixed.filter((each) => each.bind === 0), ...mixed.filter((each) => each.bind !== 0)];
        const symbols = [newSymbol(), ...sorted];
        const { symtab, strtab, shndx, firstGlobal } = encodeSymbols(symbols, endian);
        expect(shndx).toBeUndefined();
        expect(firstGlobal).toBe(1 + mixed.filter((each) => each.bind === 0).length);
        const file = readElf(
          layout(
            [
              newSection(".strtab", { type: sht.SHT_STRTAB, data: strtab }),
              newSection(".symtab", { type: sht.SHT_SYMTAB, link: 1, entsize: 24, data: symtab }),
              newSection(".rel", { type: sht.SHT_REL, link: 2, entsize: 16, data: encodeRel(relocs, endian) }),
              newSection(".rela", { type: sht.SHT_RELA, link: 2, entsize: 24, data: encodeRela(relocs, endian) }),
              newSection(".group", {
                type: sht.SHT_GROUP,
                link: 2,
                entsize: 4,
                data: encodeGroup(0xffff_ffff, members, endian),
              }),
            ],
            { endian },
          ),
        );
        expect(readSymbols(file, file.sections[2]!)).toEqual(symbols);
        expect(readRelocs(file, file.sections[3]!)).toEqual(relocs.map((each) => ({ ...each, addend: undefined })));
        expect(readRelocs(file, file.sections[4]!)).toEqual(relocs);
        expect(readGroup(file, file.sections[5]!)).toEqual({ flags: 0xffff_ffff, members });
      },
    ),
  );
});

test("notes: what was encoded reads back, from sections and from segments", () => {
  const note = fc.record({ name: names, type: u32, desc: fc.uint8Array({ maxLength: 20 }) });
  const align = fc.constantFrom(4 as const, 8 as const);
  fc.assert(
    fc.property(fc.array(note, { maxLength: 6 }), endians, align, (notes, endian, addralign) => {
      const data = encodeNotes(notes, endian, addralign);
      const file = readElf(layout([newSection(".note", { type: sht.SHT_NOTE, addralign, data })], { endian }));
      const { offset, size } = file.sections[1]!;
      const segment = { type: 4, flags: 4, offset, vaddr: 0n, paddr: 0n, filesz: size, memsz: 0n };
      for (const part of [file.sections[1]!, { ...segment, align: BigInt(addralign) }]) {
        const read = readNotes(file, part);
        expect(read.map((each) => ({ ...each, desc: toHex(each.desc) }))).toEqual(
          notes.map((each) => ({ ...each, desc: toHex(each.desc) })),
        );
      }
    }),
  );
});

test("a note that is longer than its section is an error; missing padding behind the last is not", () => {
  const data = encodeNotes([{ name: "GNU", type: 3, desc: new Uint8Array([1, 2, 3]) }], "little");
  const read = (bytes: Uint8Array) => {
    const file = readElf(layout([newSection(".note", { type: sht.SHT_NOTE, data: bytes })]));
    return readNotes(file, file.sections[1]!);
  };
  expect(read(data.subarray(0, 19))).toHaveLength(1);
  expect(() => read(data.subarray(0, 18))).toThrowError("note 0 of .note needs 19 bytes, but only 18 are left");
  expect(() => read(data.subarray(0, 11))).toThrowError(BpfkitError);
  const huge = data.slice();
  huge.fill(0xff, 0, 8);
  expect(() => read(huge)).toThrowError(BpfkitError);
});

test.skipIf(corpusMissing !== "")(`every corpus object is written back byte for byte${corpusMissing}`, () => {
  let same = 0;
  let faulty = 0;
  let refused = 0;
  for (const name of corpusObjects()) {
    const bytes = readCorpus(name);
    const faults: Diagnostic[] = [];
    try {
      const file = readElf(bytes, { file: name, faults });
      expect(Buffer.compare(writeElf(file), bytes), name).toBe(0);
      readEverything(file);
      same++;
      if (faults.length > 0) faulty++;
    } catch (error) {
      if (!(error instanceof BpfkitError)) throw error;
      refused++;
    }
    if (faults.length > 0) expect(() => readElf(bytes), name).toThrowError(BpfkitError);
    else if (!name.includes("corrupt")) readEverything(readElf(bytes));
  }
  console.log(
    `corpus: ${same} objects written back byte for byte (${faulty} with faults), ${refused} corrupt ones refused`,
  );
  expect(same).toBeGreaterThan(100);
});

test.skipIf(corpusMissing !== "")(`every sound corpus object can be laid out anew${corpusMissing}`, () => {
  let count = 0;
  for (const name of corpusObjects().filter((each) => !each.includes("corrupt"))) {
    const file = readElf(readCorpus(name), { file: name });
    const { shstrndx, type, machine, flags } = file.header;
    const again = readElf(layout(file.sections.slice(1), { endian: file.endian, type, machine, flags, shstrndx }));
    expect(again.sections.length).toBe(file.sections.length);
    file.sections.forEach((section, i) => {
      const { offset: _offset, nameOffset: _name, data, size, ...fields } = section;
      expect(again.sections[i], name).toMatchObject(i === shstrndx ? {} : { ...fields, size });
      // The name table may have got names that were tails of others.
      expect(Buffer.compare(again.sections[i]!.data.subarray(0, data.length), data), name).toBe(0);
    });
    count++;
  }
  expect(count).toBeGreaterThan(100);
});
