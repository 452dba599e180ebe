import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/index.js";
import { BpfkitError, type Diagnostic } from "../../src/diag/index.js";
import {
  elfName,
  elfTable,
  encodeSymbols,
  layoutElf,
  layoutElfPieces,
  linkedStrings,
  linkedSymbols,
  readDynamic,
  readElf,
  readGroup,
  readRelocs,
  readSymbols,
  SectionHeaderType,
  shndxSection,
  writeElf,
} from "../../src/elf/index.js";
import { layout, newSection, newSymbol } from "../support/elf.js";
import { Random } from "../support/random.js";

const sht = SectionHeaderType;

/** The code and place of the error that `action` throws; undefined when it does not. */
function fault(action: () => unknown): { code: string; offset: number | undefined; message: string } | undefined {
  try {
    action();
  } catch (error) {
    if (!(error instanceof BpfkitError)) throw error;
    const { code, place, message, help } = error.diagnostics[0]!;
    expect(help).toBeTruthy();
    return { code, message, offset: place?.kind === "binary" ? place.offset : undefined };
  }
  return undefined;
}

const good = layout([newSection(".text", { data: new Uint8Array(16) })]);
/** Section headers of `good`: null, .text, .shstrtab. */
const shoff = good.length - 3 * 64;

function broken(at: number, ...bytes: number[]): Uint8Array {
  const copy = good.slice();
  copy.set(bytes, at);
  return copy;
}

test("a header written by hand reads field by field, in both byte orders", () => {
  const fields = [
    // type, machine, version, entry, phoff, shoff, flags, ehsize, phentsize, phnum, shentsize, shnum, shstrndx
    [2, 2],
    [2, 0x1234],
    [4, 1],
    [8, 0xffff_ffff_8100_0000n],
    [8, 64],
    [8, 0],
    [4, 0x8765_4321],
    [2, 64],
    [2, 56],
    [2, 1],
    [2, 64],
    [2, 7],
    [2, 3],
    // p_type, p_flags, p_offset, p_vaddr, p_paddr, p_filesz, p_memsz, p_align
    [4, 1],
    [4, 5],
    [8, 8],
    [8, 0xffff_ffff_8100_0000n],
    [8, 0x10],
    [8, 4],
    [8, 0x1_0000_0000n],
    [8, 0x20_0000],
  ] as const;
  for (const endian of ["little", "big"] as const) {
    const bytes = [0x7f, 0x45, 0x4c, 0x46, 2, endian === "little" ? 1 : 2, 1, 3, 9, 0xa, 0xb, 0, 0, 0, 0, 0xc];
    for (const [size, value] of fields) {
      const digits = Array.from({ length: size }, (_, i) => Number((BigInt(value) >> BigInt(8 * i)) & 0xffn));
      bytes.push(...(endian === "little" ? digits : digits.toReversed()));
    }
    const file = readElf(new Uint8Array(bytes));
    expect(file).toMatchObject({
      endian,
      header: {
        osabi: 3,
        abiversion: 9,
        type: 2,
        machine: 0x1234,
        version: 1,
        entry: 0xffff_ffff_8100_0000n,
        phoff: 64,
        shoff: 0,
        flags: 0x8765_4321,
        ehsize: 64,
        phentsize: 56,
        phnum: 1,
        shentsize: 64,
        shnum: 0,
        shstrndx: 0,
      },
      sections: [],
      segments: [{ type: 1, flags: 5, offset: 8, paddr: 0x10n, filesz: 4, memsz: 0x1_0000_0000n, align: 0x20_0000n }],
    });
    // e_shnum and e_shstrndx mean nothing without a table, and padding is padding: both come back.
    expect(toHex(writeElf(file))).toBe(toHex(new Uint8Array(bytes)));
  }
});

test("each broken header is one error that says where and what", () => {
  const read = (bytes: Uint8Array) => fault(() => readElf(bytes, { file: "x.o" }));
  expect(read(good)).toBeUndefined();
  expect(read(new Uint8Array(0))).toMatchObject({ code: "elf-not-elf", offset: 0 });
  expect(read(good.subarray(0, 40))).toMatchObject({ code: "bytes-truncated", offset: 0 });
  expect(read(broken(4, 1))).toMatchObject({ code: "elf-class", offset: 4 });
  expect(read(broken(5, 3))).toMatchObject({ code: "elf-data", offset: 5 });
  expect(read(broken(6, 0))).toMatchObject({ code: "elf-version", offset: 6 });
  expect(read(broken(40, 0xff, 0xff, 0xff))).toMatchObject({ code: "bytes-truncated", offset: 0xffffff });
  expect(read(broken(46, 0xff, 0xff))).toMatchObject({ code: "bytes-too-large", offset: 40 });
  expect(read(broken(58, 40))).toMatchObject({ code: "elf-entsize", offset: 58 });
  expect(read(broken(60, 4))).toMatchObject({ code: "bytes-truncated", offset: shoff });
  expect(read(broken(61, 0xfe))).toMatchObject({ code: "bytes-truncated", offset: shoff });
  expect(read(broken(62, 9))).toMatchObject({ code: "elf-link", offset: 62 });
  expect(read(broken(62, 1))).toMatchObject({ code: "elf-link", offset: 62 });
  expect(read(broken(32, 64, 0, 0, 0))).toBeUndefined();
  expect(read(broken(56, 1))).toBeUndefined();
  const withSegment = broken(56, 1);
  withSegment[32] = 64;
  expect(read(withSegment)).toMatchObject({ code: "elf-entsize", offset: 54 });
  withSegment[54] = 56;
  expect(read(withSegment)).toBeUndefined();
  withSegment.set([0xff, 0xff], 56);
  // PN_XNUM: the count stands in sh_info of section 0, which is 0 here.
  expect(read(withSegment)).toBeUndefined();
  withSegment[shoff + 44] = 200;
  expect(read(withSegment)).toMatchObject({ code: "bytes-truncated", offset: 64 });
});

test("each broken section header is one error, or a fault beside what can be read", () => {
  const text = shoff + 64;
  const cases: [Uint8Array, string, number][] = [
    [broken(text, 0xff), "elf-string-offset", 0xff],
    [broken(text + 24, 0xff, 0xff), "elf-bounds", 0xffff],
    [broken(text + 32, 0xff, 0xff), "elf-bounds", 64],
    [broken(62, 1), "elf-link", 62],
  ];
  for (const [bytes, code, offset] of cases) {
    expect(fault(() => readElf(bytes))).toMatchObject({ code, offset });
    const faults: Diagnostic[] = [];
    const file = readElf(bytes, { faults });
    expect(faults.map((each) => each.code)).toContain(code);
    expect(file.sections).toHaveLength(3);
    expect(toHex(writeElf(file))).toBe(toHex(bytes));
  }
  // The string table's last NUL is gone.
  const cut = good.slice();
  const names = readElf(good).sections[2]!;
  cut.fill(0x21, names.offset + names.size - 1, names.offset + names.size);
  expect(fault(() => readElf(cut))).toMatchObject({ code: "elf-string-unterminated" });
  // What a section claims of the file, with `faults`, is what is there.
  const long = readElf(broken(text + 32, 0xff, 0xff), { faults: [] }).sections[1]!;
  expect(long).toMatchObject({ size: 0xffff, name: ".text" });
  expect(long.data.length).toBe(good.length - 64);
});

test("what is no ELF file is named in the error", () => {
  const message = (text: string) => fault(() => readElf(Buffer.from(text, "latin1")))?.message;
  expect(message("!<arch>\nfoo")).toContain("an ar archive");
  expect(message("BC\xc0\xde1234")).toContain("LLVM bitcode");
  expect(message("\x1f\x8b\x08\0\0\0")).toContain("gzip");
  expect(message("r0 = 0\nexit\n")).toContain("text");
  expect(message("ab\0")).toContain("only 3 bytes");
  expect(message("\x01\x02\x03\x04\x05")).toContain("01 02 03 04");
});

test("sections that claim the same bytes over and over are refused", () => {
  const table = newSection("a", { data: new Uint8Array(4096) });
  const bytes = layout([
    table,
    ...Array.from({ length: 4 }, (_, i) => newSection(`s${i}`, { data: new Uint8Array(8) })),
  ]);
  const file = readElf(bytes);
  const view = new DataView(bytes.buffer);
  for (let i = 2; i < 6; i++) {
    view.setBigUint64(file.header.shoff + i * 64 + 24, 64n, true);
    view.setBigUint64(file.header.shoff + i * 64 + 32, 4096n, true);
  }
  expect(fault(() => readElf(bytes))).toMatchObject({ code: "elf-overlap" });
  const faults: Diagnostic[] = [];
  expect(readElf(bytes, { faults }).sections).toEqual([]);
  expect(faults).toMatchObject([{ code: "elf-overlap" }]);
});

test("tables: wrong entry sizes, odd sizes, wrong links, bad names and section numbers", () => {
  const strtab = newSection(".strtab", { type: sht.SHT_STRTAB, data: new Uint8Array([0, 0x61, 0]) });
  const symbols = new Uint8Array(48);
  symbols[24] = 1;
  symbols[24 + 6] = 2;
  const base = { type: sht.SHT_SYMTAB, link: 1, entsize: 24, data: symbols };
  const patch = (at: number, ...bytes: number[]): { data: Uint8Array } => {
    const data = symbols.slice();
    data.set(bytes, at);
    return { data };
  };
  const read = (over: object) =>
    fault(() => {
      const file = readElf(layout([strtab, newSection("t", { ...base, ...over })]));
      return readSymbols(file, file.sections[2]!);
    });
  expect(read({})).toBeUndefined();
  expect(read({ entsize: 0 })).toMatchObject({ code: "elf-entsize" });
  expect(read({ data: symbols.subarray(1) })).toMatchObject({ code: "elf-table-size", offset: 47 });
  expect(read({ link: 9 })).toMatchObject({ code: "elf-link" });
  expect(read({ link: 2 })).toMatchObject({ code: "elf-link" });
  expect(read(patch(24, 3))).toMatchObject({ code: "elf-string-offset", offset: 3 });
  expect(read(patch(30, 0xff))).toMatchObject({ code: "elf-link", offset: 30 });
  // 0xffff: the number is in a SHT_SYMTAB_SHNDX section, which there is none of.
  expect(read(patch(30, 0xff, 0xff))).toMatchObject({ code: "elf-no-shndx", offset: 30 });
  expect(read(patch(30, 0xf1, 0xff))).toBeUndefined();

  const relocs = (over: object) =>
    fault(() => {
      const rel = newSection("r", { type: sht.SHT_REL, link: 2, entsize: 16, data: new Uint8Array(16), ...over });
      const file = readElf(layout([strtab, newSection("t", base), rel]));
      return readRelocs(file, file.sections[3]!);
    });
  expect(relocs({})).toBeUndefined();
  expect(relocs({ link: 0 })).toBeUndefined();
  expect(relocs({ link: 1 })).toMatchObject({ code: "elf-link" });
  expect(relocs({ link: 77 })).toMatchObject({ code: "elf-link" });
  expect(relocs({ type: sht.SHT_RELA })).toMatchObject({ code: "elf-entsize" });
  expect(relocs({ data: new Uint8Array(15) })).toMatchObject({ code: "elf-table-size" });
  expect(relocs({ data: new Uint8Array(16).fill(0xff) })).toMatchObject({ code: "bytes-too-large", offset: 0 });
});

test("groups and dynamic sections", () => {
  const words = (...all: number[]): Uint8Array => new Uint8Array(new Uint32Array(all).buffer);
  const file = readElf(
    layout([
      newSection(".strtab", { type: sht.SHT_STRTAB, data: new Uint8Array([0, 0x61, 0]) }),
      newSection(".symtab", { type: sht.SHT_SYMTAB, link: 1, info: 1, entsize: 24, data: new Uint8Array(24) }),
      newSection(".group", { type: sht.SHT_GROUP, link: 2, entsize: 4, data: words(1, 1, 4) }),
      newSection(".dynamic", {
        type: sht.SHT_DYNAMIC,
        link: 1,
        entsize: 16,
        data: words(14, 0, 1, 0, 0, 0, 0, 0, 5, 0, 5, 0),
      }),
      newSection("bad group", { type: sht.SHT_GROUP, link: 1, entsize: 4, data: words(0, 99) }),
      newSection("empty group", { type: sht.SHT_GROUP, link: 2, entsize: 4 }),
    ]),
  );
  expect(readGroup(file, file.sections[3]!)).toEqual({ flags: 1, members: [1, 4] });
  expect(linkedSymbols(file, file.sections[3]!)).toBe(file.sections[2]);
  expect(readDynamic(file, file.sections[4]!)).toEqual([{ tag: 14n, val: 1n }]);
  expect(linkedStrings(file, file.sections[4]!)).toBe(file.sections[1]);
  expect(fault(() => readGroup(file, file.sections[5]!))).toMatchObject({ code: "elf-link", offset: 4 });
  expect(fault(() => linkedSymbols(file, file.sections[5]!))).toMatchObject({ code: "elf-link" });
  expect(fault(() => readGroup(file, file.sections[6]!))).toMatchObject({ code: "bytes-truncated" });
});

test("more sections than 16 bits can count: extended numbering, with a symbol in the last one", () => {
  const count = 0xff00 + 20;
  const symbols = [
    newSymbol(),
    newSymbol({ name: "abs", shndx: elfTable.SHN_ABS, reserved: true, value: 7n }),
    // Numbers that are reserved in 16 bits and sections in 32.
    newSymbol({ name: "near", bind: 1, shndx: 0xff00 }),
    newSymbol({ name: "odd", bind: 1, shndx: elfTable.SHN_LORESERVE + 2 }),
    newSymbol({ name: "far", bind: 1, shndx: count }),
  ];
  for (const endian of ["little", "big"] as const) {
    const { symtab, strtab, shndx, firstGlobal } = encodeSymbols(symbols, endian);
    expect(firstGlobal).toBe(2);
    const sections = Array.from({ length: count }, (_, i) => newSection(`.s${i % 7}`));
    const over = { type: sht.SHT_SYMTAB, link: count + 1, info: firstGlobal, entsize: 24, addralign: 8, data: symtab };
    sections.push(
      newSection(".strtab", { type: sht.SHT_STRTAB, data: strtab }),
      newSection(".symtab", over),
      shndxSection(shndx!, count + 2),
    );
    const bytes = layout(sections, { endian });
    expect(toHex(bytes.subarray(56, 64))).toBe(endian === "little" ? "000040000000ffff" : "000000400000ffff");
    const file = readElf(bytes);
    expect(file.header).toMatchObject({ shnum: count + 5, shstrndx: count + 4 });
    expect(readSymbols(file, file.sections[count + 2]!)).toEqual(symbols);
    expect(Buffer.compare(writeElf(file), bytes)).toBe(0);
  }
});

test("no bytes (SHT_NOBITS) need no room in the file", () => {
  const bss = newSection(".bss", { type: sht.SHT_NOBITS, size: 2 ** 40, addralign: 2 ** 30 });
  const bytes = layout([bss], { endian: "big" });
  expect(bytes.length).toBeLessThan(400);
  expect(readElf(bytes).sections[1]).toMatchObject({ size: 2 ** 40, addralign: 2 ** 30, data: new Uint8Array(0) });
});

test("a layout that would need absurd room or cannot be expressed is refused", () => {
  const one = (over: object) => fault(() => layout([newSection("s", { data: new Uint8Array(1), ...over })]));
  expect(one({ addralign: 2 ** 40 })).toMatchObject({ code: "elf-padding" });
  expect(one({ addralign: 24 })).toMatchObject({ code: "elf-alignment" });
  expect(one({ addralign: 4096 })).toBeUndefined();
  expect(one({ link: 2 ** 32 })).toMatchObject({ code: "elf-field-range" });
  expect(one({ flags: 2n ** 64n })).toMatchObject({ code: "elf-field-range" });
  expect(fault(() => layout([newSection("a\0b")]))).toMatchObject({ code: "elf-string-nul" });
  expect(fault(() => layout([newSection("s")], { machine: 2 ** 16 }))).toMatchObject({ code: "elf-field-range" });
  const symbol = (over: object) => fault(() => encodeSymbols([newSymbol(), newSymbol({ name: "s", ...over })], "big"));
  expect(symbol({ bind: 16 })).toMatchObject({ code: "elf-field-range" });
  expect(symbol({ other: 256 })).toMatchObject({ code: "elf-field-range" });
  expect(symbol({ shndx: 2 ** 16, reserved: true })).toMatchObject({ code: "elf-field-range" });
  const order = [newSymbol(), newSymbol({ name: "g", bind: 1 }), newSymbol({ name: "l" })];
  expect(fault(() => encodeSymbols(order, "big"))).toMatchObject({ code: "elf-symbol-order" });
});

test("section names go where the caller wants them", () => {
  const strtab = new Uint8Array([0, 0x6d, 0x61, 0x69, 0x6e, 0]);
  const sections = [
    newSection("main"),
    newSection(".strtab", { type: sht.SHT_STRTAB, data: strtab }),
    newSection("new"),
  ];
  const file = readElf(layout(sections, { shstrndx: 2 }));
  expect(file.sections.map((section) => section.name)).toEqual(["", "main", ".strtab", "new"]);
  expect(file.sections[1]!.nameOffset).toBe(1);
  expect(file.header.shstrndx).toBe(2);
  expect(toHex(file.sections[2]!.data.subarray(0, 6))).toBe(toHex(strtab));
  expect(fault(() => layout(sections, { shstrndx: 1 }))).toMatchObject({ code: "elf-link" });
  expect(fault(() => layout(sections, { shstrndx: 9 }))).toMatchObject({ code: "elf-link" });
  const bad = [newSection("s", { type: sht.SHT_STRTAB, data: new Uint8Array([1]) })];
  expect(fault(() => layout(bad, { shstrndx: 1 }))).toMatchObject({ code: "elf-string-table" });
});

test("a changed file is written with its changes, but nothing may move", () => {
  const file = readElf(good);
  const change = (index: number, over: object) => ({
    ...file,
    sections: file.sections.map((section) => (section.index === index ? { ...section, ...over } : section)),
  });
  const patched = readElf(writeElf(change(1, { data: new Uint8Array(16).fill(7), flags: 6n })));
  expect(patched.sections[1]).toMatchObject({ data: new Uint8Array(16).fill(7), flags: 6n });
  expect(readElf(writeElf({ ...file, header: { ...file.header, flags: 4 } })).header.flags).toBe(4);
  expect(fault(() => writeElf(change(1, { data: new Uint8Array(17) })))).toMatchObject({ code: "elf-changed" });
  expect(fault(() => writeElf(change(1, { data: new Uint8Array(0) })))).toMatchObject({ code: "elf-changed" });
  const moved = { data: new Uint8Array(16), offset: good.length };
  expect(fault(() => writeElf(change(1, moved)))).toMatchObject({ code: "elf-changed" });
  expect(fault(() => writeElf({ ...file, sections: [] }))).toMatchObject({ code: "elf-changed" });
  expect(toHex(file.bytes)).toBe(toHex(good));
});

test("numbers have names, unknown ones are hex", () => {
  expect(elfName(SectionHeaderType, 0x6fff4c03)).toBe("SHT_LLVM_ADDRSIG");
  expect(elfName(elfTable.Machine, 247, "EM_")).toBe("BPF");
  expect(elfName(elfTable.DynamicTag, 0x777)).toBe("0x777");
  expect(layoutElf({ endian: "little", type: 1, machine: 247, flags: 0, sections: [] }).length % 8).toBe(0);
});

test("pieces of a file are the file, and large sections are not copied", () => {
  const random = new Random(7);
  const sizes = [0, 1, 100, 0x1_0000, 0x1_0001, 0x2_0003, 7, 0x1_2345];
  for (let round = 0; round < 20; round++) {
    const sections = Array.from({ length: random.below(6) }, (_, i) => ({
      name: `.s${i}`,
      type: random.below(4) === 0 ? 8 : 1,
      flags: 0,
      link: 0,
      info: 0,
      addralign: 1 << random.below(6),
      entsize: 0,
      data: new Uint8Array(sizes[random.below(sizes.length)]!).fill(i + 1),
    }));
    const file = { endian: "little", type: 1, machine: 247, flags: 0, sections } as const;
    const pieces = layoutElfPieces(file);
    expect(Buffer.concat(pieces).equals(layoutElf(file))).toBe(true);
    const large = sections.filter(({ type, data }) => type === 1 && data.length >= 0x1_0000);
    for (const { data } of large) expect(pieces).toContain(data);
  }
});

test("sections are read the same wherever the file stands in memory", () => {
  const random = new Random(7);
  for (let round = 0; round < 50; round++) {
    const sections = Array.from({ length: 1 + random.below(6) }, (_, i) =>
      newSection(`.s${i}`, {
        flags: random.pick([0n, 6n, 255n, 256n, 0x8000_0000n, 1n << 63n]),
        addr: random.pick([0n, 255n, 256n, 1n << 40n]),
        data: new Uint8Array(random.below(20)),
        entsize: random.pick([0, 8, 2 ** 33]),
      }),
    );
    const bytes = layout(sections, { endian: random.pick(["little", "big"] as const) });
    const moved = new Uint8Array(bytes.length + 1);
    moved.set(bytes, 1);
    expect(readElf(moved.subarray(1)).sections).toEqual(readElf(bytes).sections);
  }
});
