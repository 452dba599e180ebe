/** Telling dialects apart: the marks in a file, and what happens when they are gone or contradict each other. */
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import {
  elfTable,
  encodeRel,
  encodeSymbols,
  layoutElf,
  readElf,
  SectionHeaderType,
  type ElfFile,
  type ElfSection,
  type NewSection,
} from "../../src/elf/index.js";
import { detectDialect, objectFromElf, readObject, writeObject, type RelocDialect } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";

function objectOf(text: string): ReturnType<typeof readObject> {
  const { object, diagnostics } = assemble(text, { syntax: "gnu" });
  expect(diagnostics).toEqual([]);
  return object!;
}

function codesOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    return (error as BpfkitError).diagnostics.map(({ code }) => code);
  }
  return [];
}

/** The file with section `name` changed. */
function changed(elf: ElfFile, name: string, change: (section: ElfSection) => ElfSection): ElfFile {
  return { ...elf, sections: elf.sections.map((each) => (each.name === name ? change(each) : each)) };
}

const note = ".note.bpf.psabi";
const withPrivate = ".extern f\nja f\nexit\n";

test("a file has the note when it uses a private number, and the numbers mean nothing without it", () => {
  const plain = readElf(writeObject(objectOf(".extern f\ncall f\nlddw %r1, f\nexit\n.data\n.quad f\n.long f\n")));
  expect(plain.sections.map(({ name }) => name)).not.toContain(note);
  const elf = readElf(writeObject(objectOf(withPrivate)));
  expect(elf.sections.map(({ name }) => name)).toContain(note);
  const object = objectFromElf(elf);
  expect(object.origin).toEqual({ dialect: "llvm", reason: "its psABI note says so", repaired: false });
  // The note is not a section of the Object: written again there is one, not two.
  expect(object.sections.map(({ name }) => name)).not.toContain(note);
  const dropped = changed(elf, note, (section) => ({ ...section, name: ".note.other" }));
  expect(codesOf(() => objectFromElf(dropped))).toEqual(["object-reloc-private"]);
});

test("a note of another version or dialect, or notes of two dialects, are errors", () => {
  const elf = readElf(writeObject(objectOf(withPrivate)));
  const data = elf.sections.find(({ name }) => name === note)!.data;
  const edit = (change: (bytes: Uint8Array) => void): string[] => {
    const bytes = data.slice();
    change(bytes);
    return codesOf(() => objectFromElf(changed(elf, note, (section) => ({ ...section, data: bytes }))));
  };
  const version = 12 + 12;
  expect(edit((bytes) => (bytes[version] = 2))).toEqual(["object-note"]);
  expect(edit((bytes) => (bytes[version + 4] = 0x78))).toEqual(["object-note"]);
  // Another owner's note says nothing of relocations.
  expect(edit((bytes) => (bytes[12] = 0x78))).toEqual(["object-reloc-private"]);
  const other = readElf(writeObject(objectOf(withPrivate), { dialect: "mail-2017" }));
  const second = other.sections.find(({ name }) => name === note)!.data;
  const both = new Uint8Array(data.length + second.length);
  both.set(data);
  both.set(second, data.length);
  expect(codesOf(() => objectFromElf(changed(elf, note, (section) => ({ ...section, data: both }))))).toEqual([
    "object-note",
  ]);
  const twice = new Uint8Array(2 * data.length);
  twice.set(data);
  twice.set(data, data.length);
  expect(codesOf(() => objectFromElf(changed(elf, note, (section) => ({ ...section, data: twice }))))).toEqual([]);
});

test("without the note a file is told by its numbers, or read as what means the same", () => {
  const text = ".extern f\ncall f\nlddw %r1, f\nmov %r2, f\nexit\n.data\n.byte f\n.long f\n.quad f\n";
  const found = (dialect: RelocDialect): string => {
    const elf = readElf(writeObject(objectOf(text), { dialect }));
    return detectDialect(changed(elf, note, (section) => ({ ...section, name: ".note.other" }))).dialect;
  };
  expect(found("gnu-2.40")).toBe("gnu-2.40");
  const noCall = (dialect: RelocDialect): string => {
    const without = objectOf(text.replace("call f\n", ""));
    const elf = readElf(writeObject(without, { dialect }));
    return detectDialect(changed(elf, note, (section) => ({ ...section, name: ".note.other" }))).dialect;
  };
  expect(noCall("mail-2017")).toBe("mail-2017");
  expect(noCall("mail-2017-netdev")).toBe("mail-2017-netdev");
});

test("an ISA version alone makes no file GNU's: the string tables tell whose it is", () => {
  const object = { ...objectOf(".extern f\nlddw %r1, f-8\nexit\n"), flags: 3 };
  const llvm = readObject(writeObject(object));
  expect(llvm).toMatchObject({ flags: 3, origin: { dialect: "llvm" } });
  const gnu = readObject(writeObject(object, { dialect: "gnu" }));
  expect(gnu).toMatchObject({ flags: 3, origin: { dialect: "gnu" } });
  for (const { sections } of [llvm, gnu]) expect(sections[0]!.relocations[0]!.addend).toBe(-8n);
  expect(readObject(writeObject({ ...object, flags: 0 }, { dialect: "gnu" })).flags).toBe(4);
  expect(readObject(writeObject(object, { dialect: "gnu-2.40" })).flags).toBe(0);
});

test("a file that no dialect reads is refused with every complaint of the one that reads most", () => {
  const elf = readElf(writeObject(objectOf(".extern f\ncall f\ncall f\nexit\n.data\n.quad f\n.long f\n")));
  const broken = changed(elf, ".rel.text", (section) => {
    const data = section.data.slice();
    data[8] = 77;
    data[24] = 78;
    return { ...section, data };
  });
  expect(codesOf(() => objectFromElf(broken))).toEqual(["object-reloc-unknown", "object-reloc-unknown"]);
  expect(detectDialect(broken)).toMatchObject({ dialect: "llvm" });
  expect(detectDialect(broken).reason).toContain("2 of 4");
});

test("type 8 in a linked file's dynamic table, and machine 263, are Solana's", () => {
  const symbols = encodeSymbols(
    [{ name: "", value: 0n, size: 0n, bind: 0, type: 0, other: 0, shndx: 0, reserved: false }],
    "little",
  );
  const make = (machine: number, type: number): ElfFile => {
    const section = (name: string, kind: number, data: Uint8Array, over: Partial<NewSection> = {}): NewSection => {
      return { name, type: kind, data, flags: 0, link: 0, info: 0, addralign: 8, entsize: 0, ...over };
    };
    const code = new Uint8Array(24);
    code[0] = 0x18;
    code[16] = 0x95;
    const table = encodeRel(
      [
        { offset: 0x120, type, sym: 0 },
        { offset: 0x208, type, sym: 0 },
      ],
      "little",
    );
    const { SHT_PROGBITS, SHT_DYNSYM, SHT_STRTAB, SHT_REL } = SectionHeaderType;
    const sections = [
      section(".text", SHT_PROGBITS, code, { addr: 0x120n, flags: 6 }),
      section(".data.rel.ro", SHT_PROGBITS, new Uint8Array(32), { addr: 0x200n, flags: 3 }),
      section(".dynsym", SHT_DYNSYM, symbols.symtab, { link: 4, info: 1, entsize: 24 }),
      section(".dynstr", SHT_STRTAB, symbols.strtab),
      section(".rel.dyn", SHT_REL, table, { link: 3, entsize: 16 }),
    ];
    return readElf(layoutElf({ endian: "little", type: elfTable.ElfType.ET_DYN, machine, flags: 0, sections }));
  };
  expect(detectDialect(make(247, 8)).dialect).toBe("sbf");
  expect(detectDialect(make(263, 1))).toMatchObject({ dialect: "sbf", reason: "e_machine is 263" });
});

test("Solana's compiler numbers data as it numbers loads and calls", () => {
  const { object } = assemble(".extern f\ncall f\nr1 = f ll\nexit\n.data\n.quad f\n.long f\n", { syntax: "pseudoc" });
  const bytes = writeObject(object!, { dialect: "llvm-12" });
  const kinds = readObject(bytes, { dialect: "sbf" }).sections.flatMap(({ relocations }) =>
    relocations.map(({ kind }) => kind),
  );
  expect(kinds).toEqual(["call_imm32", "abs_imm64", "abs_data64", "abs_data32"]);
});

test.skipIf(corpusMissing !== "")(`the corpus: every compiler's objects are its own dialect's${corpusMissing}`, () => {
  const found = new Map<string, number>();
  for (const name of corpusObjects()) {
    if (name.includes("corrupt") || /linked|\.ld\.o$/.test(name)) continue;
    const { dialect } = detectDialect(readElf(readCorpus(name), { file: name }));
    const maker = /gcc12|\.gas\./.test(name) ? "GNU" : "LLVM";
    found.set(`${maker} ${dialect}`, (found.get(`${maker} ${dialect}`) ?? 0) + 1);
  }
  // Numbers 1 and 10 with addends that need no repair are read alike in both.
  expect([...found.keys()].toSorted()).toEqual(["GNU gnu-2.40", "GNU llvm", "LLVM llvm"]);
});
