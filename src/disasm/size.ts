/** The bytes an ELF file takes once loaded, as `size` counts them (Berkeley layout), and section by section (System V layout). */
import { SectionHeaderFlag, SectionHeaderType, type ElfFile } from "../elf/index.js";

/** All in bytes. */
export interface SizeFacts {
  readonly file: string;
  /** Code and read-only data. */
  readonly text: number;
  readonly data: number;
  readonly bss: number;
  /** Every section that has bytes of its own, in the file's order; symbol, string and relocation tables are left out. */
  readonly sections: readonly SectionSize[];
}

export interface SectionSize {
  readonly name: string;
  readonly size: number;
  /** 0 but in linked files. */
  readonly address: bigint;
}

const { SHT_NULL, SHT_NOBITS, SHT_SYMTAB, SHT_STRTAB, SHT_REL, SHT_RELA, SHT_SYMTAB_SHNDX } = SectionHeaderType;
const { SHF_ALLOC, SHF_WRITE, SHF_EXECINSTR } = SectionHeaderFlag;
const tables: readonly number[] = [SHT_SYMTAB, SHT_STRTAB, SHT_REL, SHT_RELA, SHT_SYMTAB_SHNDX];

export function sizeFacts({ file, sections }: ElfFile): SizeFacts {
  const sizes = { text: 0, data: 0, bss: 0 };
  const listed: SectionSize[] = [];
  for (const { name, type, flags, size, addr: address } of sections) {
    const has = (flag: number): boolean => (flags & BigInt(flag)) !== 0n;
    if (type === SHT_NULL || (tables.includes(type) && !has(SHF_ALLOC))) continue;
    listed.push({ name, size, address });
    if (!has(SHF_ALLOC)) continue;
    if (has(SHF_EXECINSTR) || !has(SHF_WRITE)) sizes.text += size;
    else if (type === SHT_NOBITS) sizes.bss += size;
    else sizes.data += size;
  }
  return { file: file ?? "", ...sizes, sections: listed };
}

export function formatSizes(sizes: readonly SizeFacts[]): string {
  const lines = ["   text\t   data\t    bss\t    dec\t    hex\tfilename"];
  for (const { file, text, data, bss } of sizes) {
    const sum = text + data + bss;
    const cells = [text, data, bss, sum].map((size) => String(size).padStart(7));
    lines.push([...cells, sum.toString(16).padStart(7), file].join("\t"));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** The System V layout: a table a file, its columns as wide as what stands in them. */
export function formatSectionSizes({ file, sections }: SizeFacts): string {
  const total = sections.reduce((sum, { size }) => sum + size, 0);
  const rows = sections.map(({ name, size, address }) => [name, String(size), String(address)] as const);
  const all = [["section", "size", "addr"] as const, ...rows, ["Total", String(total), ""] as const];
  const [names, sizes, addresses] = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    `${row[0].padEnd(names!)}   ${row[1].padStart(sizes!)}   ${row[2].padStart(addresses!)}`.trimEnd(),
  );
  return `${file}  :\n${lines.join("\n")}\n\n\n`;
}
