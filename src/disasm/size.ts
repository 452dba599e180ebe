/** The bytes an ELF file takes once loaded, as `size` counts them (Berkeley layout), and section by section (System V layout). */
import {
  elfTable,
  readSymbols,
  SectionHeaderFlag,
  SectionHeaderType,
  type ElfFile,
  type ElfSymbol,
} from "../elf/index.js";
import { tolerant } from "./tolerant.js";

/** All in bytes. */
export interface SizeFacts {
  readonly file: string;
  /** Code and read-only data. */
  readonly text: number;
  readonly data: number;
  readonly bss: number;
  /** Of `text`, what is read-only data. */
  readonly rodata: number;
  /** Of common symbols: in none of the others. */
  readonly common: number;
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

/** The bytes of common symbols; 0 where the symbols cannot be read. */
function commonSize(elf: ElfFile): number {
  const table = elf.sections.find(({ type }) => type === SHT_SYMTAB);
  const symbols = table === undefined ? undefined : tolerant([], () => readSymbols(elf, table));
  const isCommon = ({ shndx, reserved }: ElfSymbol): boolean => reserved && shndx === elfTable.SHN_COMMON;
  return (symbols ?? []).filter(isCommon).reduce((sum, { size }) => sum + Number(size), 0);
}

export function sizeFacts(elf: ElfFile): SizeFacts {
  const { file, sections } = elf;
  const sizes = { text: 0, data: 0, bss: 0, rodata: 0 };
  const listed: SectionSize[] = [];
  for (const { name, type, flags, size, addr: address } of sections) {
    const has = (flag: number): boolean => (flags & BigInt(flag)) !== 0n;
    if (type === SHT_NULL || (tables.includes(type) && !has(SHF_ALLOC))) continue;
    listed.push({ name, size, address });
    if (!has(SHF_ALLOC)) continue;
    if (!has(SHF_EXECINSTR) && !has(SHF_WRITE)) sizes.rodata += size;
    if (has(SHF_EXECINSTR) || !has(SHF_WRITE)) sizes.text += size;
    else if (type === SHT_NOBITS) sizes.bss += size;
    else sizes.data += size;
  }
  return { file: file ?? "", ...sizes, common: commonSize(elf), sections: listed };
}

export interface SizeFormat {
  /** Of the sizes: 10 unless given. */
  readonly radix?: 8 | 10 | 16;
  /** A last line with the sums of all files. */
  readonly totals?: boolean;
  /** Counts common symbols among the zeroed data, or as a row of their own. */
  readonly common?: boolean;
}

const prefixes = { 8: "0", 10: "", 16: "0x" } as const;

/** The files and, if asked for, their sum. */
function withTotals(
  sizes: readonly SizeFacts[],
  { totals = false }: SizeFormat,
): readonly Omit<SizeFacts, "sections">[] {
  if (!totals) return sizes;
  const sum = { file: "(TOTALS)", text: 0, data: 0, bss: 0, rodata: 0, common: 0 };
  for (const { text, data, bss, rodata, common } of sizes) {
    sum.text += text;
    sum.data += data;
    sum.bss += bss;
    sum.rodata += rodata;
    sum.common += common;
  }
  return [...sizes, sum];
}

/** Berkeley's layout. */
export function formatSizes(sizes: readonly SizeFacts[], format: SizeFormat = {}): string {
  const { radix = 10, common: counts = false } = format;
  const number = (size: number): string => (prefixes[radix] + size.toString(radix)).padStart(7);
  const lines = [`   text\t   data\t    bss\t    ${radix === 8 ? "oct" : "dec"}\t    hex\tfilename`];
  for (const { file, text, data, bss, common } of withTotals(sizes, format)) {
    const zeroed = bss + (counts ? common : 0);
    const sum = text + data + zeroed;
    // The sums are in fixed radices, as their titles say.
    const sums = [sum.toString(radix === 8 ? 8 : 10).padStart(7), sum.toString(16).padStart(7)];
    lines.push([...[text, data, zeroed].map(number), ...sums, file].join("\t"));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** GNU's layout: read-only data are data. */
export function formatGnuSizes(sizes: readonly SizeFacts[], format: SizeFormat = {}): string {
  const { radix = 10, common: counts = false } = format;
  const lines = ["      text       data        bss      total filename"];
  for (const { file, text, data, bss, rodata, common } of withTotals(sizes, format)) {
    const zeroed = bss + (counts ? common : 0);
    const cells = [text - rodata, data + rodata, zeroed, text + data + zeroed];
    lines.push([...cells.map((size) => (prefixes[radix] + size.toString(radix)).padStart(10)), file].join(" "));
  }
  return lines.map((line) => `${line}\n`).join("");
}

/** The System V layout: a table a file, its columns as wide as what stands in them. */
export function formatSectionSizes({ file, sections, common }: SizeFacts, format: SizeFormat = {}): string {
  const { radix = 10, common: counts = false } = format;
  const number = (size: number | bigint): string => prefixes[radix] + size.toString(radix);
  const listed = counts ? [...sections, { name: "*COM*", size: common, address: 0n }] : sections;
  const total = listed.reduce((sum, { size }) => sum + size, 0);
  const rows = listed.map(({ name, size, address }) => [name, number(size), number(address)] as const);
  const all = [["section", "size", "addr"] as const, ...rows, ["Total", number(total), ""] as const];
  const [names, sizes, addresses] = [0, 1, 2].map((column) => Math.max(...all.map((row) => row[column]!.length)));
  const lines = all.map((row) =>
    `${row[0].padEnd(names!)}   ${row[1].padStart(sizes!)}   ${row[2].padStart(addresses!)}`.trimEnd(),
  );
  // Of a member: `one.o   (ex lib.a):`.
  const title = / \(ex .*\)$/.test(file) ? `${file.replace(" (ex ", "   (ex ")}:` : `${file}  :`;
  return `${title}\n${lines.join("\n")}\n\n\n`;
}
