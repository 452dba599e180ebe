import { expect, test } from "vitest";
import fc from "fast-check";
import { toHex } from "../../src/bytes/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import {
  encodeSymbols,
  layoutElf,
  readElf,
  readRelocs,
  readSymbols,
  SectionHeaderType,
  shndxSection,
  writeElf,
  type ElfSymbol,
  type NewSection,
} from "../../src/elf/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf, noise } from "../support/mutate.js";

const { SHT_PROGBITS, SHT_STRTAB, SHT_SYMTAB, SHT_NOBITS, SHT_REL, SHT_RELA, SHT_DYNSYM } = SectionHeaderType;

const section = (name: string, over: Partial<NewSection> = {}): NewSection => ({
  name,
  type: SHT_PROGBITS,
  flags: 0,
  link: 0,
  info: 0,
  addralign: 1,
  entsize: 0,
  data: new Uint8Array(0),
  ...over,
});

test("what was laid out reads back, in both byte orders, with random sections", () => {
  const random = fc.record({
    name: fc.string({ unit: "grapheme-ascii", minLength: 1 }).filter((text) => !text.includes("\0")),
    data: fc.uint8Array({ maxLength: 64 }),
    addralign: fc.constantFrom(1, 2, 4, 8, 16),
    flags: fc.nat(7),
    entsize: fc.nat(16),
  });
  fc.assert(
    fc.property(
      fc.array(random, { maxLength: 12 }),
      fc.constantFrom("little" as const, "big" as const),
      (given, endian) => {
        const bytes = layoutElf({
          endian,
          type: 1,
          machine: 247,
          flags: 4,
          sections: given.map((each) => section(each.name, each)),
        });
        const file = readElf(bytes);
        expect(file.endian).toBe(endian);
        expect(file.header).toMatchObject({ type: 1, machine: 247, flags: 4, shnum: given.length + 2 });
        given.forEach((each, i) => {
          const read = file.sections[i + 1]!;
          expect(read).toMatchObject({ name: each.name, addralign: each.addralign, entsize: each.entsize });
          expect(toHex(read.data)).toBe(toHex(each.data));
          expect(read.offset % each.addralign).toBe(0);
        });
        expect(toHex(writeElf(file))).toBe(toHex(bytes));
      },
    ),
  );
});

test("more sections than 16 bits can count: extended numbering, with a symbol in the last one", () => {
  const count = 0xff00 + 20;
  const symbol = (over: Partial<ElfSymbol>): ElfSymbol => ({
    name: "",
    value: 0n,
    size: 0n,
    bind: 0,
    type: 0,
    other: 0,
    shndx: 0,
    reserved: false,
    ...over,
  });
  const symbols = [
    symbol({}),
    symbol({ name: "abs", bind: 0, shndx: 0xfff1, reserved: true, value: 7n }),
    symbol({ name: "far", bind: 1, shndx: count }),
  ];
  const { symtab, strtab, shndx, firstGlobal } = encodeSymbols(symbols, "little");
  expect(firstGlobal).toBe(2);
  const sections = Array.from({ length: count }, (_, i) => section(`.s${i % 7}`));
  sections.push(
    section(".strtab", { type: SHT_STRTAB, data: strtab }),
    section(".symtab", {
      type: SHT_SYMTAB,
      link: count + 1,
      info: firstGlobal,
      entsize: 24,
      addralign: 8,
      data: symtab,
    }),
    shndxSection(shndx!, count + 2),
  );
  const file = readElf(layoutElf({ endian: "little", type: 1, machine: 247, flags: 0, sections }));
  expect(file.header.shnum).toBe(count + 5);
  expect(readSymbols(file, file.sections[count + 2]!)).toEqual(symbols);
  expect(toHex(writeElf(file).subarray(0, 64))).toBe(toHex(file.bytes.subarray(0, 64)));
});

test("each broken header is one error that says where and what", () => {
  const good = layoutElf({ endian: "little", type: 1, machine: 247, flags: 0, sections: [section(".text")] });
  const broken = (at: number, ...bytes: number[]): Uint8Array => {
    const copy = good.slice();
    copy.set(bytes, at);
    return copy;
  };
  const code = (bytes: Uint8Array): string | undefined => {
    try {
      readElf(bytes, { file: "x.o" });
    } catch (error) {
      return (error as BpfkitError).diagnostics[0]?.code;
    }
    return undefined;
  };
  expect(code(new Uint8Array(0))).toBe("elf-not-elf");
  expect(code(good.subarray(0, 40))).toBe("bytes-truncated");
  expect(code(broken(4, 1))).toBe("elf-class");
  expect(code(broken(5, 3))).toBe("elf-data");
  expect(code(broken(6, 0))).toBe("elf-version");
  expect(code(broken(40, 0xff, 0xff, 0xff))).toBe("bytes-truncated");
  expect(code(broken(46, 0xff, 0xff))).toBe("bytes-too-large");
  expect(code(broken(58, 40))).toBe("elf-entsize");
  expect(code(broken(62, 9))).toBe("elf-link");
  expect(code(good)).toBeUndefined();
});

test("no bytes (SHT_NOBITS) need no room in the file", () => {
  const bss = section(".bss", { type: SHT_NOBITS, size: 2 ** 40 });
  expect(
    readElf(layoutElf({ endian: "big", type: 1, machine: 247, flags: 0, sections: [bss] })).sections[1],
  ).toMatchObject({
    size: 2 ** 40,
    data: new Uint8Array(0),
  });
});

test.skipIf(corpusMissing !== "")(`every corpus object is written back byte for byte${corpusMissing}`, () => {
  let same = 0;
  let refused = 0;
  for (const name of corpusObjects()) {
    const bytes = readCorpus(name);
    try {
      const file = readElf(bytes, { file: name });
      for (const each of file.sections) {
        if (each.type === SHT_SYMTAB || each.type === SHT_DYNSYM) readSymbols(file, each);
        if (each.type === SHT_REL || each.type === SHT_RELA) readRelocs(file, each);
      }
      expect(Buffer.compare(writeElf(file), bytes), name).toBe(0);
      same++;
    } catch (error) {
      if (!(error instanceof BpfkitError)) throw error;
      expect(name).toContain("corrupt");
      refused++;
    }
  }
  console.log(`corpus: ${same} objects written back byte for byte, ${refused} corrupt ones refused`);
  expect(same).toBeGreaterThan(100);
});

/** Reads everything there is to read. */
function readAll(bytes: Uint8Array): void {
  const file = readElf(bytes);
  for (const each of file.sections) {
    if (each.type === SHT_SYMTAB || each.type === SHT_DYNSYM) readSymbols(file, each);
    if (each.type === SHT_REL || each.type === SHT_RELA) readRelocs(file, each);
  }
  writeElf(file);
}

test("random bytes and mutated objects end in structured errors only", () => {
  const seeds = corpusObjects()
    .map(readCorpus)
    .filter((bytes) => bytes.length < 40_000);
  const own = layoutElf({
    endian: "little",
    type: 1,
    machine: 247,
    flags: 0,
    sections: [section(".text", { data: new Uint8Array(64) })],
  });
  seeds.push(own);
  const rounds = fuzzRounds(3_000);
  const count = fuzz(rounds, (random) => {
    readAll(random.chance(1, 10) ? noise(random) : mutateElf(random, random.pick(seeds).slice(), seeds));
  });
  console.log(`ELF fuzz: ${rounds} inputs, ${count.accepted} read, ${count.refused} refused`);
  expect(count.accepted + count.refused).toBe(rounds);
});
