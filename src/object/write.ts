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
  layoutElf,
  layoutElfPieces,
  SectionHeaderFlag,
  SectionHeaderType,
  shndxSection,
  StringTable,
  SymbolBind,
  SymbolEncoder,
  type NewElf,
  type NewSection,
  type SymbolTableData,
} from "../elf/index.js";
import { dialectFacts, gnuIsaDefault, type RelocDialect } from "./dialects.js";
import { encodeAddressSignificant } from "./addrsig.js";
import { encodePsabiNote, psabiNoteSection } from "./psabi-note.js";
import { homes, relocationRows, symbolRow, symbolRows, TableNames, type SymbolList } from "./lists.js";
import { sectionSymbol } from "./read-symbols.js";
import { bitsOfFlags } from "./section-flags.js";
import type { ObjectFile, SectionType } from "./types.js";
import { encodeRelocations, SymbolClasses } from "./write-relocations.js";

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

const noBytes = new Uint8Array(0);

const noSection: Readonly<Record<number, number>> = {
  [homes.undefined]: elfTable.SHN_UNDEF,
  [homes.absolute]: elfTable.SHN_ABS,
  [homes.common]: elfTable.SHN_COMMON,
};

/** The symbol table; `sectionNumbers` are the numbers of the Object's sections in the file. */
function symbolTable(
  rows: SymbolList,
  endian: ObjectFile["endian"],
  sectionNumbers: readonly number[],
  strings: StringTable,
): SymbolTableData {
  const encoder = new SymbolEncoder(rows.count + 1, endian, strings);
  encoder.add(0, 0, 0, SymbolBind.STB_LOCAL, 0, 0, elfTable.SHN_UNDEF, false);
  const { words, names } = rows;
  const placed = names instanceof TableNames;
  for (let number = 0, row = 0; number < rows.count; number++, row += symbolRow) {
    const home = words[row + 1]!;
    const info = words[row + 2]!;
    const type = info >> 4;
    encoder.add(
      // A section's symbol has its name from the section.
      type === sectionSymbol ? 0 : placed ? strings.place(words[row]!) : strings.add(names.text(words[row]!)),
      home === homes.absolute
        ? rows.absolute(number)
        : words[row + 4] === 0 && words[row + 3]! >= 0
          ? words[row + 3]!
          : rows.value(number),
      words[row + 6] === 0 && words[row + 5]! >= 0 ? words[row + 5]! : rows.size(number),
      info & 3,
      type,
      (info >> 2) & 3,
      home >= 0 ? sectionNumbers[home]! : noSection[home]!,
      home === homes.absolute || home === homes.common,
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
  const symbols = symbolRows(object);
  const lists = object.sections.map((section) => relocationRows(section));
  let next = 1 + object.groups.length;
  const members: number[][] = object.groups.map(() => []);
  object.sections.forEach(({ group }, i) => {
    sectionNumbers.push(next);
    const tables = lists[i]!.count > 0 ? 2 : 1;
    if (group >= 0) for (let table = 0; table < tables; table++) members[group]!.push(next + table);
    next += tables;
  });
  const classes = new SymbolClasses(symbols, object.sections);
  const encodings = object.sections.map((section, i) =>
    encodeRelocations(object, section, lists[i]!, dialect, classes, faults),
  );
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
    if (lists[i]!.count === 0) return;
    const info = sections.length;
    const flags = shf.SHF_INFO_LINK + (section.group >= 0 ? shf.SHF_GROUP : 0);
    const over = { flags, link: symtab, info, addralign: 8, entsize: elfTable.REL_SIZE };
    sections.push(entry(`.rel${section.name}`, sht.SHT_REL, records, over));
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
  const strings = new StringTable(undefined, symbols.names instanceof TableNames ? symbols.names.table : undefined);
  const encoded = symbolTable(symbols, object.endian, sectionNumbers, strings);
  const over = { link: symtab + 1, info: encoded.firstGlobal, addralign: 8, entsize: elfTable.SYM_SIZE };
  sections.push(entry(".symtab", sht.SHT_SYMTAB, encoded.symtab, over));
  sections.push(entry(".strtab", sht.SHT_STRTAB, facts.oneStringTable ? noBytes : encoded.strtab));
  if (encoded.shndx !== undefined) sections.push(shndxSection(encoded.shndx, symtab));
  const { endian } = object;
  const names = facts.oneStringTable ? { shstrndx: symtab + 1, strings } : {};
  const flags = flagsFor(dialect, object.flags);
  return { endian, type: elfTable.ElfType.ET_REL, machine: elfTable.EM_BPF, flags, sections, ...names };
}
