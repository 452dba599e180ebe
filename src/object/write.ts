/**
 * Object to ELF: relocation kinds turned into the numbers of a dialect, addends put into the fields (SHT_REL).
 *
 * Section order: each section followed by its relocation table, then groups, the psABI's note where the file needs it, symbol table
 * and string tables.
 */
import { BpfkitError, type Diagnostic } from "../diag/index.js";
import {
  elfTable,
  encodeGroup,
  encodeRel,
  layoutElf,
  layoutElfPieces,
  SectionHeaderFlag,
  SectionHeaderType,
  shndxSection,
  SymbolBind,
  SymbolEncoder,
  type NewElf,
  type NewSection,
  type SymbolTableData,
} from "../elf/index.js";
import { dialectFacts, gnuIsaDefault, type RelocDialect } from "./dialects.js";
import { encodeAddressSignificant } from "./addrsig.js";
import { encodePsabiNote, psabiNoteSection } from "./psabi-note.js";
import type { RelocSite } from "./reloc-match.js";
import { bitsOfFlags } from "./section-flags.js";
import type { ObjectFile, SectionType, SymbolType } from "./types.js";
import { encodeRelocations } from "./write-relocations.js";

const sht = SectionHeaderType;
const shf = SectionHeaderFlag;

const typeNumbers: Readonly<Record<Exclude<SectionType, number>, number>> = {
  progbits: sht.SHT_PROGBITS,
  nobits: sht.SHT_NOBITS,
  note: sht.SHT_NOTE,
  init_array: sht.SHT_INIT_ARRAY,
  fini_array: sht.SHT_FINI_ARRAY,
  preinit_array: sht.SHT_PREINIT_ARRAY,
};

const symbolTypeNumbers: Readonly<Record<Exclude<SymbolType, number>, number>> = {
  notype: 0,
  object: 1,
  func: 2,
  section: 3,
  file: 4,
  common: 5,
  tls: 6,
};

const bindingNumbers = { local: 0, global: 1, weak: 2 } as const;
const visibilityNumbers = { default: 0, internal: 1, hidden: 2, protected: 3 } as const;

/** The symbol table of `object`; `sectionNumbers` are the numbers of its sections in the file. */
function symbolTable({ symbols, endian }: ObjectFile, sectionNumbers: readonly number[]): SymbolTableData {
  const encoder = new SymbolEncoder(symbols.length + 1, endian);
  encoder.add("", 0, 0, SymbolBind.STB_LOCAL, 0, 0, elfTable.SHN_UNDEF, false);
  for (let i = 0; i < symbols.length; i++) {
    const { name, home, size, binding, type, visibility } = symbols[i]!;
    let shndx: number = elfTable.SHN_UNDEF;
    let value: bigint | number = 0;
    if (home.kind === "section") {
      shndx = sectionNumbers[home.section]!;
      value = home.offset;
    } else if (home.kind === "absolute") {
      shndx = elfTable.SHN_ABS;
      value = home.value;
    } else if (home.kind === "common") {
      shndx = elfTable.SHN_COMMON;
      value = home.align;
    }
    encoder.add(
      // A section's symbol has its name from the section.
      type === "section" ? "" : name,
      value,
      size,
      bindingNumbers[binding],
      typeof type === "number" ? type : symbolTypeNumbers[type],
      visibilityNumbers[visibility],
      shndx,
      home.kind === "absolute" || home.kind === "common",
    );
  }
  return encoder.finish();
}

/** A new section header entry; fields not named are zero. */
function entry(name: string, type: number, data: Uint8Array, over: Partial<NewSection> = {}): NewSection {
  return { name, type, data, flags: 0, link: 0, info: 0, addralign: 1, entsize: 0, ...over };
}

/** `e_flags` as producers of `dialect` write it: the ISA version in its low four bits. */
function flagsFor(dialect: RelocDialect, flags: number): number {
  const isa = flags & elfTable.EF_BPF_CPUVER;
  const { isaTag } = dialectFacts[dialect];
  if (isaTag === "kept") return flags;
  return flags - isa + (isaTag === "always" ? isa || gnuIsaDefault : 0);
}

export interface WriteOptions {
  /** The numbers of relocations: `llvm` unless said otherwise. */
  readonly dialect?: RelocDialect;
}

/** Writes `object` as an ELF64 relocatable file. Throws BpfkitError naming every relocation `dialect` cannot express. */
export function writeObject(object: ObjectFile, options: WriteOptions = {}): Uint8Array {
  return layoutElf(elfOf(object, options));
}

/** What `writeObject` gives, in pieces that follow each other: no large section is copied. */
export function writeObjectPieces(object: ObjectFile, options: WriteOptions = {}): readonly Uint8Array[] {
  return layoutElfPieces(elfOf(object, options));
}

function elfOf(object: ObjectFile, { dialect = "llvm" }: WriteOptions): NewElf {
  const faults: Diagnostic[] = [];
  // Section numbers come first: symbols and links need them.
  const sectionNumbers: number[] = [];
  let next = 1 + object.groups.length;
  const members: number[][] = object.groups.map(() => []);
  for (const section of object.sections) {
    sectionNumbers.push(next);
    const tables = section.relocations.length > 0 ? 2 : 1;
    if (section.group >= 0) for (let i = 0; i < tables; i++) members[section.group]!.push(next + i);
    next += tables;
  }
  const classes: RelocSite["to"][] = [];
  const encodings = object.sections.map((section) => encodeRelocations(object, section, dialect, classes, faults));
  if (faults.length > 0) throw new BpfkitError(faults);
  const facts = dialectFacts[dialect];
  const relocated = encodings.some(({ records }) => records.length > 0);
  const noted = (facts.note && relocated) || encodings.some(({ usesPrivate }) => usesPrivate);
  const significant = object.addressSignificant;
  const symtab = next + (noted ? 1 : 0) + (significant === undefined ? 0 : 1);

  // A group stands before its members (gABI).
  const sections = object.groups.map((group, number): NewSection => {
    const data = encodeGroup(group.comdat ? elfTable.GRP_COMDAT : 0, members[number]!, object.endian);
    const over = { link: symtab, info: group.signature + 1, addralign: 4, entsize: 4 };
    return entry(".group", sht.SHT_GROUP, data, over);
  });
  object.sections.forEach((section, i) => {
    const { data, records } = encodings[i]!;
    sections.push(
      entry(section.name, typeof section.type === "number" ? section.type : typeNumbers[section.type], data, {
        flags:
          bitsOfFlags(section.flags) +
          (section.group >= 0 ? shf.SHF_GROUP : 0) +
          (section.linkedTo >= 0 ? shf.SHF_LINK_ORDER : 0),
        link: section.linkedTo >= 0 ? sectionNumbers[section.linkedTo]! : 0,
        addralign: section.align,
        entsize: section.entsize,
        size: section.size,
      }),
    );
    if (section.relocations.length === 0) return;
    const info = sections.length;
    const flags = shf.SHF_INFO_LINK + (section.group >= 0 ? shf.SHF_GROUP : 0);
    const over = { flags, link: symtab, info, addralign: 8, entsize: elfTable.REL_SIZE };
    sections.push(entry(`.rel${section.name}`, sht.SHT_REL, encodeRel(records, object.endian), over));
  });

  if (noted) {
    sections.push(entry(psabiNoteSection, sht.SHT_NOTE, encodePsabiNote(dialect, object.endian), { addralign: 4 }));
  }
  if (significant !== undefined) {
    sections.push(
      entry(".llvm_addrsig", sht.SHT_LLVM_ADDRSIG, encodeAddressSignificant(significant, object.endian), {
        flags: shf.SHF_EXCLUDE,
        link: symtab,
      }),
    );
  }
  const encoded = symbolTable(object, sectionNumbers);
  const over = { link: symtab + 1, info: encoded.firstGlobal, addralign: 8, entsize: elfTable.SYM_SIZE };
  sections.push(entry(".symtab", sht.SHT_SYMTAB, encoded.symtab, over));
  sections.push(entry(".strtab", sht.SHT_STRTAB, encoded.strtab));
  if (encoded.shndx !== undefined) sections.push(shndxSection(encoded.shndx, symtab));
  const { endian } = object;
  const names = facts.oneStringTable ? { shstrndx: symtab + 1 } : {};
  const flags = flagsFor(dialect, object.flags);
  return { endian, type: elfTable.ElfType.ET_REL, machine: elfTable.EM_BPF, flags, sections, ...names };
}
