/**
 * Debugging data of the text itself (`-g`): a row of the line table for each instruction, and the compilation unit that tools look for
 * first. Where the text has `.loc` of its own, that is what counts. Source: DWARF 5 and 4, sections 3.1.1 and 7.5; the choices are
 * those of GNU as and llvm-mc.
 */
import { ByteWriter, type Endian } from "../../bytes/index.js";
import { noFlags } from "../../object/index.js";
import type { Run } from "../run.js";
import { reserve } from "../output/sections.js";
import type { AsmRelocation, AsmSection } from "../types.js";

export interface DebugOptions {
  /** The version of DWARF. */
  readonly dwarf: 4 | 5;
  /** The folder that the text's name is to be looked up from. */
  readonly directory: string;
}

/** DW_TAG_…, DW_AT_… and DW_FORM_… that are used (DWARF 5, section 7.5). */
const Tag = { compileUnit: 0x11 } as const;
const At = {
  name: 0x03,
  stmtList: 0x10,
  lowPc: 0x11,
  highPc: 0x12,
  language: 0x13,
  compDir: 0x1b,
  producer: 0x25,
  ranges: 0x55,
} as const;
const Form = { addr: 0x01, data2: 0x05, data8: 0x07, string: 0x08, secOffset: 0x17 } as const;
/** DW_LANG_Mips_Assembler: what assemblers say. */
const language = 0x8001;
const unitCompile = 1;
const rangeEnd = 0;
const rangeStartLength = 7;

/** Lines of the text that instructions stand in. */
export class GeneratedLines {
  readonly #run: Run;
  readonly #options: DebugOptions;
  /** Numbers of files by name. */
  readonly #files: Map<string, number> = new Map();
  /** Has the text no rows of its own? */
  active = true;

  constructor(run: Run, options: DebugOptions) {
    this.#run = run;
    this.#options = options;
  }

  /** The instruction at token `first` is put next. */
  expect(first: number): void {
    const { source, tokens, sections, lines } = this.#run;
    const { file, line, column } = source.place(tokens.start[first]!, tokens.start[first]!);
    const marks = { basicBlock: false, prologueEnd: false, epilogueBegin: false, isa: 0, discriminator: 0 };
    lines.expect({ file: this.#number(file), line, column, statement: true, ...marks }, sections.current);
  }

  #number(name: string): number {
    const known = this.#files.get(name);
    if (known !== undefined) return known;
    const { lines } = this.#run;
    const { dwarf, directory } = this.#options;
    if (this.#files.size === 0) lines.directories[0] = directory;
    // Version 5 counts from 0.
    const number = this.#files.size + (dwarf === 5 ? 0 : 1);
    lines.add(number, number === 0 ? directory : "", name, undefined, undefined);
    this.#files.set(name, number);
    return number;
  }

  /** `.debug_info` and `.debug_abbrev`, and the ranges where there are several sections with code. */
  addUnit(file: string): void {
    const { sections, endian, lines } = this.#run;
    const { dwarf, directory } = this.#options;
    const code = lines.sections.filter(({ size, parent }) => size > 0 && parent === undefined);
    if (code.length === 0) return;
    const several = code.length > 1;
    const forms: readonly (readonly [attribute: number, form: number])[] = [
      [At.producer, Form.string],
      [At.language, Form.data2],
      [At.name, Form.string],
      [At.compDir, Form.string],
      [At.stmtList, Form.secOffset],
      ...(several
        ? ([
            [At.ranges, Form.secOffset],
            [At.lowPc, Form.addr],
          ] as const)
        : ([
            [At.lowPc, Form.addr],
            [At.highPc, Form.data8],
          ] as const)),
    ];
    const abbreviations = sections.open(".debug_abbrev", noFlags, "progbits");
    const info = sections.open(".debug_info", noFlags, "progbits");
    const ranges = several
      ? sections.open(dwarf === 5 ? ".debug_rnglists" : ".debug_ranges", noFlags, "progbits")
      : undefined;
    const out = new Unit(info, endian);
    const length = out.length();
    out.writer.u16(dwarf);
    if (dwarf === 5) {
      out.writer.u8(unitCompile);
      out.writer.u8(8);
      out.refer("abs_data32", abbreviations, abbreviations.size);
    } else {
      out.refer("abs_data32", abbreviations, abbreviations.size);
      out.writer.u8(8);
    }
    out.writer.u8(1);
    out.writer.cstring("bpfkit");
    out.writer.u16(language);
    out.writer.cstring(file);
    out.writer.cstring(directory);
    out.refer("abs_data32", sections.open(".debug_line", noFlags, "progbits"), 0);
    if (ranges !== undefined) {
      out.refer("abs_data32", ranges, addRanges(ranges, code, dwarf, endian));
      out.writer.u64(0n);
    } else {
      out.refer("abs_data64", code[0]!, 0);
      out.writer.u64(BigInt(code[0]!.size));
    }
    out.close(length);
    const table = new ByteWriter(endian);
    for (const byte of [1, Tag.compileUnit, 0, ...forms.flat(), 0, 0, 0]) table.u8(byte);
    put(abbreviations, table.bytes(), []);
  }
}

/** One table with relocations, to be put behind what its section has. */
class Unit {
  readonly writer: ByteWriter;
  readonly #section: AsmSection;
  readonly #relocations: AsmRelocation[] = [];

  constructor(section: AsmSection, endian: Endian) {
    this.#section = section;
    this.writer = new ByteWriter(endian);
  }

  /** Room for the length of what follows. */
  length(): number {
    return this.writer.reserve(4);
  }

  refer(kind: "abs_data32" | "abs_data64", target: AsmSection, addend: number): void {
    this.#relocations.push({ offset: this.writer.length, kind, target, addend: BigInt(addend) });
    if (kind === "abs_data32") this.writer.u32(0);
    else this.writer.u64(0n);
  }

  close(length: number | undefined): void {
    if (length !== undefined) this.writer.patchU32(length, this.writer.length - length - 4);
    put(this.#section, this.writer.bytes(), this.#relocations);
  }
}

function put(section: AsmSection, bytes: Uint8Array, relocations: readonly AsmRelocation[]): void {
  const base = reserve(section, bytes.length);
  section.data.set(bytes, base);
  for (const each of relocations) section.relocations.push({ ...each, offset: base + each.offset });
}

/** The list of `code` in `ranges`: where it starts. */
function addRanges(ranges: AsmSection, code: readonly AsmSection[], dwarf: 4 | 5, endian: Endian): number {
  const out = new Unit(ranges, endian);
  const isNew = dwarf === 5;
  const length = isNew ? out.length() : undefined;
  if (isNew) {
    out.writer.u16(5);
    out.writer.u8(8);
    out.writer.u8(0);
    out.writer.u32(0);
  }
  const start = ranges.size + out.writer.length;
  for (const section of code) {
    if (isNew) out.writer.u8(rangeStartLength);
    out.refer("abs_data64", section, 0);
    if (isNew) uleb(out.writer, section.size);
    else out.refer("abs_data64", section, section.size);
  }
  if (isNew) out.writer.u8(rangeEnd);
  else for (const zero of [0n, 0n]) out.writer.u64(zero);
  out.close(length);
  return start;
}

function uleb(writer: ByteWriter, value: number): void {
  let rest = value;
  for (; rest > 0x7f; rest = Math.floor(rest / 128)) writer.u8((rest % 128) | 0x80);
  writer.u8(rest);
}
