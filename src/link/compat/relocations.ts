/** Relocations in the order in which they come, their numbers kept; distances behind a section's symbol moved with it. */
import {
  encodeRel,
  readRelocs,
  SectionHeaderFlag,
  SectionHeaderType,
  SymbolKind,
  type ElfReloc,
} from "../../elf/index.js";
import { opcodes, writeImm } from "../../isa/index.js";
import { failure } from "../../diag/index.js";
import { append, targetOf } from "./sections.js";
import { refusal, symtabIndex, type Output, type SourceFile, type SourceSection } from "./model.js";

const { SLOT } = opcodes;

/** R_BPF_64_64, R_BPF_64_ABS64, R_BPF_64_ABS32, R_BPF_64_32: the numbers that are taken. */
const taken: ReadonlySet<number> = new Set([1, 2, 3, 10]);

const exec = BigInt(SectionHeaderFlag.SHF_EXECINSTR);

export function appendRelocations(output: Output, file: SourceFile): void {
  for (const source of file.sections) {
    const { elf } = source;
    if (source.skipped || elf?.type !== SectionHeaderType.SHT_REL) continue;
    const place = file.sections[elf.info];
    if (place === undefined || elf.name !== `.rel${place.name}`) {
      throw refusal(file.file, `${elf.name} is not named after the section that it relocates`, elf.name);
    }
    if (place.skipped) continue;
    if (elf.link !== file.symtab || place.target === undefined) {
      throw refusal(file.file, `${elf.name} relocates no code or data`, elf.name);
    }
    const target = targetOf(output, file.file, source);
    append(output, file.file, source);
    target.link = symtabIndex;
    target.info = place.target.index;
    const records = readRelocs(file.elf, elf).map((each) => move(output, file, place, each));
    target.bytes.set(encodeRel(records, output.endian), source.offset);
  }
}

function move(output: Output, file: SourceFile, place: SourceSection, { offset, type, sym }: ElfReloc) {
  const isCode = (place.elf!.flags & exec) !== 0n;
  const symbol = file.symbols[sym];
  if (!taken.has(type))
    throw refusal(file.file, `the relocation is of a kind (${type}) it does not know`, place.name, offset);
  if (sym === 0 || symbol === undefined || (isCode && offset % SLOT !== 0)) {
    throw refusal(file.file, "the relocation has no symbol, or is between two instructions", place.name, offset);
  }
  const isSection = symbol.type === SymbolKind.STT_SECTION;
  if (isSection && !isCode) throw refusal(file.file, "data refers to a section's symbol", place.name, offset);
  const moved = { offset: offset + place.offset, type, sym: file.symbolMap[sym]! };
  if (moved.sym === 0) {
    const at = { kind: "binary", file: file.file, section: place.name, offset } as const;
    const name = symbol.name || "a section";
    throw failure("link-compat-broken", { what: `a relocation of ${name} that names no symbol` }, at);
  }
  if (!isSection) return moved;
  const { bytes, size } = place.target!;
  const by = file.sections[symbol.shndx]!.offset;
  if (moved.offset + SLOT > size)
    throw refusal(file.file, "the relocation is outside of its section", place.name, offset);
  const isCall = bytes[moved.offset] === opcodes.CALL;
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const imm = view.getInt32(moved.offset + 4, output.endian === "little");
  writeImm(bytes, moved.offset, output.endian, (imm + (isCall ? by / SLOT : by)) | 0);
  return moved;
}
