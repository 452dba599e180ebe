/** Pieces of ELF files for tests, and reading every table that a file has. */
import {
  encodeSymbols,
  layoutElf,
  linkedSymbols,
  readDynamic,
  readGroup,
  readNotes,
  readRelocs,
  readSymbols,
  SectionHeaderType,
  type ElfFile,
  type ElfSymbol,
  type NewElf,
  type NewSection,
} from "../../src/elf/index.js";

const sht = SectionHeaderType;

/** A section to lay out; fields not named are zero. */
export function newSection(name: string, over: Partial<NewSection> = {}): NewSection {
  const zero = { type: sht.SHT_PROGBITS, flags: 0, link: 0, info: 0, addralign: 1, entsize: 0 };
  return { name, ...zero, data: new Uint8Array(0), ...over };
}

/** A relocatable BPF file with `sections`. */
export function layout(sections: readonly NewSection[], over: Partial<NewElf> = {}): Uint8Array {
  return layoutElf({ endian: "little", type: 1, machine: 247, flags: 0, sections, ...over });
}

/** A symbol; fields not named are zero. */
export function newSymbol(over: Partial<ElfSymbol> = {}): ElfSymbol {
  const zero = { name: "", value: 0n, size: 0n, bind: 0, type: 0, other: 0, shndx: 0, reserved: false };
  return { ...zero, ...over };
}

/** An object whose code is `size` bytes and which defines `names` as global functions. */
export function objectDefining(names: readonly string[], size = 16): Uint8Array {
  const globals = names.map((name) => newSymbol({ name, bind: 1, type: 2, shndx: 1 }));
  const { symtab, strtab, firstGlobal } = encodeSymbols([newSymbol(), ...globals], "little");
  return layout([
    newSection(".text", { flags: 6, addralign: 8, data: new Uint8Array(size) }),
    newSection(".symtab", {
      type: sht.SHT_SYMTAB,
      link: 3,
      info: firstGlobal,
      entsize: 24,
      addralign: 8,
      data: symtab,
    }),
    newSection(".strtab", { type: sht.SHT_STRTAB, data: strtab }),
  ]);
}

/** Reads each table of each section and each note of each segment; `each` runs one reader and may swallow its error. */
export function readEverything(file: ElfFile, each: (read: () => unknown) => void = (read) => read()): void {
  for (const section of file.sections) {
    const { type } = section;
    if (type === sht.SHT_SYMTAB || type === sht.SHT_DYNSYM) each(() => readSymbols(file, section));
    if (type === sht.SHT_REL || type === sht.SHT_RELA) each(() => readRelocs(file, section));
    if (type === sht.SHT_GROUP) each(() => [readGroup(file, section), linkedSymbols(file, section)]);
    if (type === sht.SHT_NOTE) each(() => readNotes(file, section));
    if (type === sht.SHT_DYNAMIC) each(() => readDynamic(file, section));
  }
  for (const segment of file.segments) if (segment.type === 4) each(() => readNotes(file, segment));
}
