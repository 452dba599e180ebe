/**
 * The file as elfutils' libelf places it: string table, symbol table and the other sections in the order in which they
 * came, every one aligned, those without bytes, too; the section headers last.
 */
import { alignUp, ByteWriter } from "../../bytes/index.js";
import { elfTable, encodeHeader, encodeSectionHeaders, SectionHeaderFlag, SectionHeaderType } from "../../elf/index.js";
import { strtabIndex, type Output } from "./model.js";

const { SHT_NULL, SHT_STRTAB, SHT_SYMTAB, SHT_PROGBITS, SHT_NOBITS } = SectionHeaderType;

interface Placed {
  readonly name: string;
  readonly type: number;
  readonly flags: bigint;
  readonly link: number;
  readonly info: number;
  readonly addralign: number;
  readonly entsize: number;
  readonly size: number;
  readonly data: Uint8Array;
}

function symbolBytes({ symbols, endian }: Output): Uint8Array {
  const writer = new ByteWriter(endian, elfTable.SYM_SIZE * symbols.length);
  for (const { nameOffset, bind, type, other, shndx, value, size } of symbols) {
    writer.u32(nameOffset);
    writer.u8((bind << 4) | type);
    writer.u8(other);
    writer.u16(shndx);
    writer.u64(value);
    writer.u64(size);
  }
  return writer.bytes();
}

/** A section that holds `data` and nothing else that matters. */
function entry(name: string, type: number, data: Uint8Array, over: Partial<Placed> = {}): Placed {
  return { name, type, flags: 0n, link: 0, info: 0, addralign: 1, entsize: 0, size: data.length, data, ...over };
}

/** The bytes of the output; `types` and `records` are .BTF and .BTF.ext, where there are any. */
export function writeFile(output: Output, types: Uint8Array | undefined, records: Uint8Array | undefined): Uint8Array {
  const { names, placed, endian } = output;
  const symtab = { link: strtabIndex, addralign: 8, entsize: elfTable.SYM_SIZE };
  const sections = [
    entry(".strtab", SHT_STRTAB, new Uint8Array(0), { flags: BigInt(SectionHeaderFlag.SHF_STRINGS) }),
    entry(".symtab", SHT_SYMTAB, symbolBytes(output), symtab),
    ...placed.map(({ name, header, bytes, size, link, info }): Placed => {
      const { type, flags, entsize, align } = header!;
      const data = type === SHT_NOBITS ? new Uint8Array(0) : bytes.subarray(0, size);
      return { name, type, flags, link, info, addralign: align, entsize, size, data };
    }),
  ];
  if (types !== undefined) sections.push(entry(".BTF", SHT_PROGBITS, types, { addralign: 8 }));
  if (records !== undefined) sections.push(entry(".BTF.ext", SHT_PROGBITS, records, { addralign: 8 }));
  const nameOffsets = sections.map(({ name }) => names.add(name));
  const strings = names.bytes();
  sections[0] = { ...sections[0]!, data: strings, size: strings.length };

  let end = elfTable.EHDR_SIZE;
  const offsets = sections.map(({ addralign, type, size }) => {
    const offset = alignUp(end, addralign);
    end = type === SHT_NOBITS ? offset : offset + size;
    return offset;
  });
  const shoff = alignUp(end, 8);
  const header = {
    osabi: 0,
    abiversion: 0,
    type: elfTable.ElfType.ET_REL,
    machine: elfTable.EM_BPF,
    version: 1,
    entry: 0n,
    phoff: 0,
    shoff,
    flags: 0,
    ehsize: elfTable.EHDR_SIZE,
    phentsize: 0,
    phnum: 0,
    shentsize: elfTable.SHDR_SIZE,
    shnum: sections.length + 1,
    shstrndx: strtabIndex,
  };
  const none = { ...entry("", SHT_NULL, new Uint8Array(0), { addralign: 0 }), nameOffset: 0, offset: 0, addr: 0n };
  const headers = sections.map((section, i) => ({
    ...section,
    nameOffset: nameOffsets[i]!,
    offset: offsets[i]!,
    addr: 0n,
  }));
  const table = encodeSectionHeaders([none, ...headers], endian);
  const file = new Uint8Array(shoff + table.length);
  file.set(encodeHeader(header, endian));
  sections.forEach(({ data }, i) => file.set(data, offsets[i]!));
  file.set(table, shoff);
  return file;
}
