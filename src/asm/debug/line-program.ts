/**
 * `.debug_line` and `.debug_line_str` of a run, once everything has its place. Source: DWARF 5 section 6.2; the choices that it leaves
 * (special opcodes, forms, sections for names) are LLVM's, so that the bytes are, too.
 */
import { ByteWriter, type Endian } from "../../bytes/index.js";
import { opcodes } from "../../isa/index.js";
import { lebSize, putLeb } from "../leb128.js";
import type { LineFile, LineRow, Lines, Loc } from "./lines.js";
import type { AsmRelocation, AsmSection } from "../types.js";

const lineBase = -5;
const lineRange = 14;
/** Operands of the standard opcodes from 1 on. */
const operands = [0, 1, 1, 1, 1, 0, 0, 0, 1, 0, 0, 1] as const;
const opcodeBase = operands.length + 1;
/** The address advance of the last special opcode, which `const_add_pc` takes. */
const mostSpecial: number = Math.floor((255 - opcodeBase) / lineRange);

const Op = {
  extended: 0,
  copy: 1,
  advancePc: 2,
  advanceLine: 3,
  setFile: 4,
  setColumn: 5,
  negateStatement: 6,
  setBasicBlock: 7,
  constAddPc: 8,
  setPrologueEnd: 10,
  setEpilogueBegin: 11,
  setIsa: 12,
} as const;
const Extended = { endSequence: 1, setAddress: 2, setDiscriminator: 4 } as const;
const Content = { path: 1, directoryIndex: 2, md5: 5, source: 0x2001 } as const;
const Form = { udata: 0x0f, data16: 0x1e, lineStrp: 0x1f } as const;

/** Strings of `.debug_line_str`, each once, by offset. */
class LineStrings {
  readonly #offsets: Map<string, number> = new Map();
  readonly #writer: ByteWriter;
  readonly #base: number;

  constructor(endian: Endian, base: number) {
    this.#writer = new ByteWriter(endian);
    this.#base = base;
  }

  offset(text: string): number {
    let known = this.#offsets.get(text);
    if (known === undefined) {
      known = this.#base + this.#writer.length;
      this.#offsets.set(text, known);
      this.#writer.cstring(text);
    }
    return known;
  }

  bytes(): Uint8Array {
    return this.#writer.bytes();
  }
}

export class LineProgram {
  readonly writer: ByteWriter;
  /** Offsets from the start of the program. */
  readonly relocations: AsmRelocation[] = [];
  readonly #lines: Lines;
  readonly #strings: LineStrings;
  readonly #stringSection: AsmSection | undefined;

  /** `strings`: the section for names, which version 5 needs. */
  constructor(lines: Lines, endian: Endian, strings: AsmSection | undefined) {
    this.writer = new ByteWriter(endian, 1024);
    this.#lines = lines;
    this.#stringSection = strings;
    this.#strings = new LineStrings(endian, strings?.size ?? 0);
  }

  /** The program for all rows, and the bytes it needs in the section for names. */
  encode(): { readonly program: Uint8Array; readonly strings: Uint8Array } {
    const { writer } = this;
    const { sections, version } = this.#lines;
    writer.u32(0);
    writer.u16(version);
    if (version === 5) {
      writer.u8(8);
      writer.u8(0);
    }
    writer.u32(0);
    const headerFrom = writer.length;
    writer.u8(opcodes.SLOT);
    writer.u8(1);
    writer.u8(1);
    writer.u8(lineBase & 0xff);
    writer.u8(lineRange);
    writer.u8(opcodeBase);
    for (const count of operands) writer.u8(count);
    if (version === 5) this.#files5();
    else this.#files4();
    writer.patchU32(headerFrom - 4, writer.length - headerFrom);
    // A subsection's rows have gone to its section.
    for (const section of new Set(sections.map((each) => each.parent ?? each))) this.#sequences(section);
    writer.patchU32(0, writer.length - 4);
    return { program: writer.bytes(), strings: this.#strings.bytes() };
  }

  #leb(value: number, signed = false): void {
    const size = lebSize(BigInt(value), signed);
    const bytes = new Uint8Array(size);
    putLeb(bytes, 0, size, BigInt(value));
    this.writer.write(bytes);
  }

  #name(text: string): void {
    const addend = BigInt(this.#strings.offset(text));
    this.relocations.push({ offset: this.writer.length, kind: "abs_data32", target: this.#stringSection!, addend });
    this.writer.u32(0);
  }

  #files5(): void {
    const { directories, files } = this.#lines;
    const { writer } = this;
    writer.u8(1);
    this.#leb(Content.path);
    this.#leb(Form.lineStrp);
    this.#leb(directories.length);
    for (const directory of directories) this.#name(directory);
    const named = files.filter((file) => file !== undefined);
    const md5 = named.every((file) => file.md5 !== undefined);
    const source = named.some((file) => file.source !== undefined);
    writer.u8(2 + Number(md5) + Number(source));
    const columns: readonly (readonly [number, number])[] = [
      [Content.path, Form.lineStrp],
      [Content.directoryIndex, Form.udata],
      ...(md5 ? [[Content.md5, Form.data16] as const] : []),
      ...(source ? [[Content.source, Form.lineStrp] as const] : []),
    ];
    for (const [content, form] of columns) {
      this.#leb(content);
      this.#leb(form);
    }
    // A table that has no file 0 repeats file 1, as its first row's file was before DWARF 5.
    const first = files[0] ?? files[1];
    const list = [first, ...files.slice(1)];
    this.#leb(list.length);
    for (const file of list)
      this.#file5(file ?? { name: "", directory: 0, md5: undefined, source: undefined }, md5, source);
  }

  #file5(file: LineFile, md5: boolean, source: boolean): void {
    const { writer } = this;
    this.#name(file.name);
    this.#leb(file.directory);
    if (md5) for (let shift = 120n; shift >= 0n; shift -= 8n) writer.u8(Number(((file.md5 ?? 0n) >> shift) & 0xffn));
    // An empty string says that there is no source: an empty source is an empty line.
    if (source) this.#name(file.source === "" ? "\n" : (file.source ?? ""));
  }

  #files4(): void {
    const { directories, files } = this.#lines;
    const { writer } = this;
    for (const directory of directories.slice(1)) writer.cstring(directory);
    writer.u8(0);
    for (const file of files.slice(1)) {
      writer.cstring(file?.name ?? "");
      this.#leb(file?.directory ?? 0);
      writer.u8(0);
      writer.u8(0);
    }
    writer.u8(0);
  }

  /**
   * The rows of one section. Like compilers, which know where a function ends, a sequence ends where rows of another section
   * follow, if the next row of this one starts there or nothing does.
   */
  #sequences(section: AsmSection): void {
    const { lines } = section;
    let from = 0;
    lines.forEach((row, number) => {
      if (row.loc !== undefined) return;
      const end = placeOfRow(section, row);
      const next = lines[number + 1];
      if (end !== (next === undefined ? section.size : placeOfRow(section, next))) return;
      this.#rows(section, lines.slice(from, number), end);
      from = number + 1;
    });
    this.#rows(section, lines.slice(from), section.size);
  }

  #rows(section: AsmSection, rows: readonly LineRow[], end: number): void {
    const { writer } = this;
    let file = 1;
    let line = 1;
    let column = 0;
    let isa = 0;
    let statement = true;
    let address = -1;
    for (const row of rows) {
      const { loc } = row;
      if (loc === undefined) continue;
      if (loc.file !== file) this.#operation(Op.setFile, (file = loc.file));
      if (loc.column !== column) this.#operation(Op.setColumn, (column = loc.column));
      this.#marks(loc, isa, statement);
      ({ isa, statement } = loc);
      const at = placeOfRow(section, row);
      if (address < 0) {
        writer.u8(Op.extended);
        this.#leb(9);
        writer.u8(Extended.setAddress);
        const addend = BigInt(at);
        this.relocations.push({ offset: writer.length, kind: "abs_data64", target: section, addend });
        writer.u64(0);
        address = at;
      }
      this.#advance(loc.line - line, this.#slots(at - address));
      address = at;
      ({ line } = loc);
    }
    if (address >= 0) this.#end(this.#slots(end - address));
  }

  /** An address advance in the unit of the table; bytes that are no whole instructions are cut as LLVM cuts them. */
  #slots(bytes: number): number {
    return Math.floor(bytes / opcodes.SLOT);
  }

  #operation(operation: number, operand: number): void {
    this.writer.u8(operation);
    this.#leb(operand);
  }

  #marks(loc: Loc, isa: number, statement: boolean): void {
    const { writer } = this;
    if (loc.discriminator !== 0) {
      writer.u8(Op.extended);
      this.#leb(1 + lebSize(BigInt(loc.discriminator), false));
      writer.u8(Extended.setDiscriminator);
      this.#leb(loc.discriminator);
    }
    if (loc.isa !== isa) this.#operation(Op.setIsa, loc.isa);
    if (loc.statement !== statement) writer.u8(Op.negateStatement);
    if (loc.basicBlock) writer.u8(Op.setBasicBlock);
    if (loc.prologueEnd) writer.u8(Op.setPrologueEnd);
    if (loc.epilogueBegin) writer.u8(Op.setEpilogueBegin);
  }

  /** A row `lines` further and `slots` further on. */
  #advance(lines: number, slots: number): void {
    const { writer } = this;
    let biased = lines - lineBase;
    let delta = lines;
    const far = biased < 0 || biased >= lineRange || biased + opcodeBase > 255;
    if (far) {
      writer.u8(Op.advanceLine);
      this.#leb(lines, true);
      delta = 0;
      biased = -lineBase;
    }
    if (delta === 0 && slots === 0) return writer.u8(Op.copy);
    const special = biased + opcodeBase + slots * lineRange;
    if (special <= 255) return writer.u8(special);
    if (special - mostSpecial * lineRange <= 255) {
      writer.u8(Op.constAddPc);
      return writer.u8(special - mostSpecial * lineRange);
    }
    this.#operation(Op.advancePc, slots);
    writer.u8(far ? Op.copy : biased + opcodeBase);
  }

  #end(slots: number): void {
    const { writer } = this;
    if (slots === mostSpecial) writer.u8(Op.constAddPc);
    else if (slots > 0) this.#operation(Op.advancePc, slots);
    writer.u8(Op.extended);
    writer.u8(1);
    writer.u8(Extended.endSequence);
  }
}

function placeOfRow(section: AsmSection, { offset, after }: LineRow): number {
  return section.layout?.place(offset, after) ?? offset;
}
