/**
 * What two assemblers must agree on, in words, one fact a line: sections with their bytes, relocations, symbols. Facts are
 * grouped by the prefix of the names in them (`asm-generate.ts`), so that one object can hold many files' facts.
 */
import { toHex } from "../../src/bytes/index.js";
import {
  linkedSymbols,
  readElf,
  readRelocs,
  readSymbols,
  SectionHeaderType,
  type ElfSymbol,
} from "../../src/elf/index.js";
import type { ObjectFile, RelocKind } from "../../src/object/index.js";

export type FactsByPrefix = ReadonlyMap<string, readonly string[]>;

class Collector {
  readonly #found = new Map<string, string[]>();

  add(name: string, fact: string): void {
    const prefix = /^(?:\.L|maps\/)?(x\d+)_?/.exec(name)?.[1];
    if (prefix === undefined) return;
    const known = this.#found.get(prefix);
    if (known === undefined) this.#found.set(prefix, [fact]);
    else known.push(fact);
  }

  finish(): FactsByPrefix {
    for (const facts of this.#found.values()) facts.sort();
    return this.#found;
  }
}

function sectionFact(name: string, exec: boolean, align: number, size: number, data: Uint8Array): string {
  // Assemblers differ in the alignment of code (1, 4 or 8), and nobody can tell by it.
  return `${name} align ${exec ? "of code" : Math.max(1, align)} size ${size} ${toHex(data)}`;
}

/** GNU 2.40's names of our kinds. Source: reference section 3.2. */
const gnuNames: Partial<Record<RelocKind, string>> = {
  abs_imm64: "INSN_64",
  map_imm64: "INSN_64",
  abs_imm32: "INSN_32",
  abs_off16: "INSN_16",
  branch_off16: "INSN_DISP16",
  call_imm32: "INSN_DISP32",
  abs_data8: "DATA_8",
  abs_data16: "DATA_16",
  abs_data32: "DATA_32",
  nodyld_data32: "DATA_32",
  abs_data64: "DATA_64",
  pcrel_data32: "DATA_32_PCREL",
};

/** Facts of an Object; with `gnu` the relocations have GNU's names, which do not tell as much apart as LLVM's. */
export function objectFacts(object: ObjectFile, gnu = false): FactsByPrefix {
  const found = new Collector();
  const homeOf = (index: number): string => {
    const { home, name, type } = object.symbols[index]!;
    return type === "section" && home.kind === "section" ? `section ${object.sections[home.section]!.name}` : name;
  };
  for (const { name, flags, align, size, data, relocations } of object.sections) {
    if (size > 0) found.add(name, sectionFact(name, flags.exec, align, size, data));
    for (const { offset, kind, symbol, addend } of relocations) {
      found.add(name, `${name}+${offset} ${gnu ? gnuNames[kind] : kind} ${homeOf(symbol)} ${addend}`);
    }
  }
  for (const { name, home, size, binding, type, visibility } of object.symbols) {
    if (type === "section" || type === "file") continue;
    const where =
      home.kind === "section"
        ? `${object.sections[home.section]!.name}+${home.offset}`
        : home.kind === "absolute"
          ? `absolute ${BigInt.asUintN(64, home.value)}`
          : home.kind === "common"
            ? `common ${home.align}`
            : home.kind;
    found.add(name, `symbol ${name} ${where} ${size} ${binding} ${type} ${visibility}`);
  }
  return found.finish();
}

/** Fields by GNU 2.40's numbers: name, bytes from the place, bytes, how the field counts. */
const gnuFields: Readonly<Record<number, readonly [string, number, number, "bytes" | "slots" | "pcrel" | "split"]>> = {
  1: ["INSN_64", 4, 4, "split"],
  2: ["INSN_32", 4, 4, "bytes"],
  3: ["INSN_16", 2, 2, "bytes"],
  4: ["INSN_DISP16", 2, 2, "slots"],
  7: ["DATA_32_PCREL", 0, 4, "pcrel"],
  8: ["DATA_8", 0, 1, "bytes"],
  9: ["DATA_16", 0, 2, "bytes"],
  10: ["INSN_DISP32", 4, 4, "slots"],
  11: ["DATA_32", 0, 4, "bytes"],
  12: ["DATA_64", 0, 8, "bytes"],
};

function takeField(data: Uint8Array, at: number, size: number, big: boolean): bigint {
  let value = 0n;
  for (let i = 0; i < size; i++) {
    const from = big ? at + i : at + size - 1 - i;
    value = (value << 8n) | BigInt(data[from]!);
    data[from] = 0;
  }
  return BigInt.asIntN(8 * size, value);
}

function putField(data: Uint8Array, at: number, size: number, big: boolean, value: bigint): void {
  for (let i = 0; i < size; i++) data[big ? at + size - 1 - i : at + i] = Number((value >> BigInt(8 * i)) & 0xffn);
}

const bindings = ["local", "global", "weak"];
const kinds = ["notype", "object", "func"];
const visibilities = ["default", "internal", "hidden", "protected"];
const commonIndex = 0xfff2;
const absoluteIndex = 0xfff1;

/**
 * Facts of an object of bpf-as 2.40, told as ours are. Two of its ways are undone, both documented in docs/assembler.md: the field
 * of a relocation against a global symbol of the same object has the symbol's value added (its linker adds it again), and jumps
 * to a global symbol of the same section keep a relocation.
 */
export function gnuFacts(bytes: Uint8Array): FactsByPrefix {
  const elf = readElf(bytes);
  const big = elf.endian === "big";
  const found = new Collector();
  const data = new Map(elf.sections.map((section) => [section.index, section.data.slice()]));
  const nameOf = ({ name, type, shndx }: ElfSymbol): string =>
    type === 3 ? `section ${elf.sections[shndx]!.name}` : name;
  for (const section of elf.sections) {
    if (section.type !== SectionHeaderType.SHT_REL) continue;
    const target = elf.sections[section.info]!;
    const place = data.get(section.info)!;
    const symbols = readSymbols(elf, linkedSymbols(elf, section));
    for (const { offset, type, sym } of readRelocs(elf, section)) {
      const [name, skip, size, counts] = gnuFields[type]!;
      const symbol = symbols[sym]!;
      let addend = takeField(place, offset + skip, size, big);
      if (counts === "split") {
        const high = takeField(place, offset + 12, 4, big);
        addend = (high << 32n) | BigInt.asUintN(32, addend);
      }
      const isOwn = symbol.type !== 3 && symbol.shndx !== 0 && !symbol.reserved;
      if (counts === "slots") addend = 8n * addend + 8n;
      if (counts === "pcrel") addend += BigInt(offset);
      // A call's field has the value in bytes where it counts slots.
      if (isOwn) addend -= counts === "slots" ? 8n * symbol.value : symbol.value;
      if (isOwn && type === 4 && symbol.shndx === target.index) {
        putField(place, offset + skip, size, big, (symbol.value + addend - BigInt(offset)) / 8n - 1n);
        continue;
      }
      if (size < 8 && counts === "bytes") addend = BigInt.asIntN(8 * size, addend);
      found.add(target.name, `${target.name}+${offset} ${name} ${nameOf(symbol)} ${addend}`);
    }
  }
  for (const { index, name, flags, addralign, size, type } of elf.sections) {
    if (size > 0 && type !== SectionHeaderType.SHT_REL)
      found.add(name, sectionFact(name, (flags & 4n) !== 0n, addralign, size, data.get(index)!));
  }
  const table = elf.sections.find(({ type }) => type === SectionHeaderType.SHT_SYMTAB);
  for (const { name, value, size, bind, type, other, shndx, reserved } of table === undefined
    ? []
    : readSymbols(elf, table)) {
    if (type > 2) continue;
    const where =
      reserved && shndx === commonIndex
        ? `common ${value}`
        : reserved && shndx === absoluteIndex
          ? `absolute ${value}`
          : shndx === 0
            ? "undefined"
            : `${elf.sections[shndx]!.name}+${value}`;
    const words = `${bindings[bind]} ${kinds[type]} ${visibilities[other & 3]}`;
    found.add(name, `symbol ${name} ${where} ${size} ${words}`);
  }
  return found.finish();
}
