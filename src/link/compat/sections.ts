/** Contents: sections of one name joined in the order of the inputs, each contribution aligned, what lies between zero. */
import { alignUp, equalBytes } from "../../bytes/index.js";
import { SectionHeaderType, type ElfSection } from "../../elf/index.js";
import { singleSections } from "../symbols.js";
import { refusal, symtabIndex, type Output, type SourceFile, type SourceSection, type TargetSection } from "./model.js";

const { SHT_PROGBITS, SHT_NOBITS } = SectionHeaderType;

/** Above it, the other linker fills the disk. */
const largestAlignment = 0x1_0000;

function addTarget(output: Output, name: string): TargetSection {
  const target: TargetSection = {
    name,
    header: undefined,
    index: 0,
    size: 0,
    bytes: new Uint8Array(0),
    link: 0,
    info: 0,
    symbol: 0,
    typed: false,
    variables: [],
    funcInfo: [],
    lineInfo: [],
    coreRelos: [],
  };
  output.sections.push(target);
  output.byName.set(name, target);
  return target;
}

/** Gives the section a header like that of its first contribution. */
function addHeader(output: Output, target: TargetSection, { type, flags, entsize, addralign }: ElfSection): void {
  output.names.add(target.name);
  target.header = { type, flags, entsize, align: addralign };
  target.index = symtabIndex + output.placed.push(target);
}

function checkMatch(file: string, { header, name }: TargetSection, { type, flags, entsize }: ElfSection): void {
  if (header === undefined) return;
  const fault =
    header.type !== type
      ? `type ${header.type} and type ${type}`
      : header.flags !== flags
        ? `flags 0x${header.flags.toString(16)} and 0x${flags.toString(16)}`
        : header.entsize !== entsize
          ? `entry size ${header.entsize} and ${entsize}`
          : undefined;
  if (fault !== undefined)
    throw refusal(file, `section ${name} differs from that of an earlier object: ${fault}`, name);
}

/** The output section of `source`, made where it is the first of its name. */
export function targetOf(output: Output, file: string, source: SourceSection): TargetSection {
  const known = output.byName.get(source.name);
  if (known !== undefined && source.elf !== undefined) checkMatch(file, known, source.elf);
  source.target = known ?? addTarget(output, source.name);
  return source.target;
}

/** Puts the bytes of `source` behind what its output section has. */
export function append(output: Output, file: string, source: SourceSection): void {
  const { elf } = source;
  const target = source.target!;
  if (elf === undefined) return;
  if (elf.addralign === 0 || elf.addralign > largestAlignment || !Number.isInteger(Math.log2(elf.addralign))) {
    throw refusal(file, `section ${elf.name} has an alignment of ${elf.addralign}`, elf.name);
  }
  if (elf.type !== SHT_NOBITS && elf.data.length < elf.size) {
    throw refusal(file, `section ${elf.name} reaches out of the file`, elf.name);
  }
  if (target.header === undefined) addHeader(output, target, elf);
  const header = target.header!;
  header.align = Math.max(header.align, elf.addralign);
  source.offset = alignUp(target.size, header.align);
  const size = source.offset + elf.size;
  if (elf.type !== SHT_NOBITS) {
    if (size > target.bytes.length) {
      const grown = new Uint8Array(Math.max(size, 2 * target.bytes.length));
      grown.set(target.bytes);
      target.bytes = grown;
    }
    target.bytes.set(elf.data, source.offset);
  }
  target.size = size;
}

/** Takes over code and data of an input, and names the sections that only its types have. */
export function appendContents(output: Output, { file, sections }: SourceFile): void {
  for (const source of sections) {
    const { elf, name } = source;
    const isData = elf === undefined || elf.type === SHT_PROGBITS || elf.type === SHT_NOBITS;
    if (source.skipped || !isData) continue;
    const isFirst = !output.byName.has(name);
    const target = targetOf(output, file, source);
    if (!isFirst && elf !== undefined && singleSections.has(name)) {
      if (!equalBytes(target.bytes.subarray(0, target.size), elf.data)) {
        throw refusal(file, `section ${name} differs from that of an earlier object`, name);
      }
      source.skipped = true;
    } else append(output, file, source);
  }
}
