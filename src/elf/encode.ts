/**
 * Records to bytes: headers, symbol tables, relocation tables. Source: System V gABI, chapters 4 and 5.
 *
 * A number that its field cannot hold is an error: nothing is cut off.
 */
import { ByteWriter, fits, wordBytes, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { StringTable } from "./strings.js";
import * as elf from "./table.js";
import type { ElfHeader, ElfSection, ElfSegment, ElfSymbol } from "./types.js";

/** Throws unless `value` fits in `bits` bits; `of` names the record for the message. */
function check(field: string, value: number | bigint, bits: number, of?: string): void {
  const fit = typeof value === "bigint" ? fits(value, bits, "unsigned") : value >= 0 && value < 2 ** bits;
  if (!fit) throw failure("elf-field-range", { what: of === undefined ? field : `${field} of ${of}`, value, bits });
}

/** The 64 bytes of the ELF header; `header` has true counts, which are put into it or announced by their escapes. */
export function encodeHeader(header: ElfHeader, endian: Endian): Uint8Array {
  const writer = new ByteWriter(endian, elf.EHDR_SIZE);
  for (const field of ["type", "machine", "ehsize", "phentsize", "shentsize"] as const) {
    check(`e_${field}`, header[field], 16);
  }
  check("e_flags", header.flags, 32);
  check("e_entry", header.entry, 64);
  writer.write(new Uint8Array([0x7f, 0x45, 0x4c, 0x46, 2, endian === "little" ? 1 : 2, 1]));
  writer.u8(header.osabi);
  writer.u8(header.abiversion);
  writer.reserve(7);
  writer.u16(header.type);
  writer.u16(header.machine);
  writer.u32(header.version);
  writer.u64(header.entry);
  writer.u64(header.phoff);
  writer.u64(header.shoff);
  writer.u32(header.flags);
  writer.u16(header.ehsize);
  writer.u16(header.phentsize);
  writer.u16(Math.min(header.phnum, elf.PN_XNUM));
  writer.u16(header.shentsize);
  writer.u16(header.shnum >= elf.SHN_LORESERVE ? 0 : header.shnum);
  writer.u16(header.shstrndx >= elf.SHN_LORESERVE ? elf.SHN_XINDEX : header.shstrndx);
  return writer.bytes();
}

/** The section header table. */
export function encodeSectionHeaders(
  sections: readonly Omit<ElfSection, "index" | "data">[],
  endian: Endian,
): Uint8Array {
  const writer = new ByteWriter(endian, sections.length * elf.SHDR_SIZE);
  for (const section of sections) {
    const { name, nameOffset, type, flags, addr, link, info } = section;
    check("sh_type", type, 32, name);
    check("sh_flags", flags, 64, name);
    check("sh_addr", addr, 64, name);
    check("sh_link", link, 32, name);
    check("sh_info", info, 32, name);
    writer.u32(nameOffset);
    writer.u32(type);
    writer.u64(flags);
    writer.u64(addr);
    writer.u64(section.offset);
    writer.u64(section.size);
    writer.u32(link);
    writer.u32(info);
    writer.u64(section.addralign);
    writer.u64(section.entsize);
  }
  return writer.bytes();
}

/** The program header table. */
export function encodeSegments(segments: readonly ElfSegment[], endian: Endian): Uint8Array {
  const writer = new ByteWriter(endian, segments.length * elf.PHDR_SIZE);
  for (const segment of segments) {
    check("p_type", segment.type, 32);
    check("p_flags", segment.flags, 32);
    writer.u32(segment.type);
    writer.u32(segment.flags);
    writer.u64(segment.offset);
    writer.u64(segment.vaddr);
    writer.u64(segment.paddr);
    writer.u64(segment.filesz);
    writer.u64(segment.memsz);
    writer.u64(segment.align);
  }
  return writer.bytes();
}

/** The contents of a symbol table, its string table, and its extended index table where one is needed. */
export interface SymbolTableData {
  readonly symtab: Uint8Array;
  readonly strtab: Uint8Array;
  /** SHT_SYMTAB_SHNDX contents: present when a section index reaches SHN_LORESERVE. */
  readonly shndx: Uint8Array | undefined;
  /** `sh_info`: index of the first symbol that is not local. */
  readonly firstGlobal: number;
}

/** Puts the low 64 bits of `value` into two words, in the order in which a file of `endian` has them. */
function put64(words: Uint32Array, at: number, little: boolean, value: bigint | number): void {
  let low: number;
  let high: number;
  if (typeof value === "number" && value >>> 0 === value) {
    low = value;
    high = 0;
  } else if (typeof value === "number" && value >= 0) {
    low = value % 0x1_0000_0000;
    high = value / 0x1_0000_0000;
  } else {
    const bits = BigInt.asUintN(64, BigInt(value));
    low = Number(bits & 0xffff_ffffn);
    high = Number(bits >> 32n);
  }
  words[at] = little ? low : high;
  words[at + 1] = little ? high : low;
}

/** A symbol table on the way: words of one array, for there may be very many symbols. */
export class SymbolEncoder {
  readonly #endian: Endian;
  readonly #strings: StringTable;
  readonly #words: Uint32Array;
  #extended: Uint32Array | undefined;
  #count = 0;
  #firstGlobal = -1;

  /** For `count` symbols, whose names stand in `strings`. */
  constructor(count: number, endian: Endian, strings: StringTable) {
    this.#endian = endian;
    this.#strings = strings;
    this.#words = new Uint32Array((count * elf.SYM_SIZE) / 4);
  }

  /** Adds the next symbol, `name` being the offset of its name: first the null symbol, then locals before all others. */
  add(
    name: number,
    value: bigint | number,
    size: bigint | number,
    bind: number,
    type: number,
    other: number,
    shndx: number,
    reserved: boolean,
  ): void {
    const index = this.#count++;
    if (bind !== elf.SymbolBind.STB_LOCAL) {
      if (this.#firstGlobal < 0) this.#firstGlobal = index;
    } else if (this.#firstGlobal >= 0) throw failure("elf-symbol-order", { name: this.#strings.text(name), index });
    // One comparison of all small fields; which one it was is found out for the message.
    if ((bind | type) >>> 4 !== 0 || other >>> 8 !== 0 || shndx >= 2 ** 32 || (reserved && shndx > 0xffff)) {
      const text = this.#strings.text(name);
      check("st_bind", bind, 4, text);
      check("st_type", type, 4, text);
      check("st_other", other, 8, text);
      check("st_shndx", shndx, reserved ? 16 : 32, text);
    }
    let section = shndx;
    if (!reserved && shndx >= elf.SHN_LORESERVE) {
      this.#extended ??= new Uint32Array(this.#words.length / (elf.SYM_SIZE / 4));
      this.#extended[index] = shndx;
      section = elf.SHN_XINDEX;
    }
    const little = this.#endian === "little";
    const at = (index * elf.SYM_SIZE) / 4;
    const info = (bind << 4) | type;
    this.#words[at] = name;
    this.#words[at + 1] = little ? info | (other << 8) | (section << 16) : (info << 24) | (other << 16) | section;
    put64(this.#words, at + 2, little, value);
    put64(this.#words, at + 4, little, size);
  }

  finish(): SymbolTableData {
    const extended = this.#extended;
    const strings = this.#strings;
    return {
      symtab: wordBytes(this.#words, this.#endian),
      get strtab() {
        return strings.bytes();
      },
      shndx: extended === undefined ? undefined : wordBytes(extended, this.#endian),
      firstGlobal: this.#firstGlobal < 0 ? this.#count : this.#firstGlobal,
    };
  }
}

/**
 * Encodes `symbols`, which start with the null symbol and have locals before all others. Their names go into `names`,
 * whose bytes are returned as `strtab`.
 */
export function encodeSymbols(
  symbols: readonly ElfSymbol[],
  endian: Endian,
  names: StringTable = new StringTable(),
): SymbolTableData {
  const encoder = new SymbolEncoder(symbols.length, endian, names);
  for (const { name, value, size, bind, type, other, shndx, reserved } of symbols) {
    encoder.add(names.add(name), value, size, bind, type, other, shndx, reserved);
  }
  return encoder.finish();
}

/** A relocation to be encoded; offsets in bytes. */
export interface NewReloc {
  readonly offset: number;
  readonly type: number;
  readonly sym: number;
  /** Taken by `encodeRela` only; 0 when absent. */
  readonly addend?: bigint | undefined;
}

function encodeRelocs(relocs: readonly NewReloc[], endian: Endian, rela: boolean): Uint8Array {
  const step = (rela ? elf.RELA_SIZE : elf.REL_SIZE) / 4;
  const words = new Uint32Array(relocs.length * step);
  const little = endian === "little";
  let at = 0;
  for (const { offset, type, sym, addend = 0n } of relocs) {
    if (type >>> 0 !== type || sym >>> 0 !== sym) {
      check("r_type", type, 32);
      check("r_sym", sym, 32);
    }
    put64(words, at, little, offset);
    words[at + 2] = little ? type : sym;
    words[at + 3] = little ? sym : type;
    if (rela) {
      if (!fits(addend, 64, "signed")) throw failure("elf-field-range", { what: "r_addend", value: addend, bits: 64 });
      put64(words, at + 4, little, addend);
    }
    at += step;
  }
  return wordBytes(words, endian);
}

/** Encodes a SHT_REL table. */
export function encodeRel(relocs: readonly NewReloc[], endian: Endian): Uint8Array {
  return encodeRelocs(relocs, endian, false);
}

/** Encodes a SHT_RELA table. */
export function encodeRela(relocs: readonly NewReloc[], endian: Endian): Uint8Array {
  return encodeRelocs(relocs, endian, true);
}

/** Encodes a SHT_GROUP section. */
export function encodeGroup(flags: number, members: readonly number[], endian: Endian): Uint8Array {
  const writer = new ByteWriter(endian, 4 + 4 * members.length);
  for (const word of [flags, ...members]) {
    check("a word of a section group", word, 32);
    writer.u32(word);
  }
  return writer.bytes();
}
