/**
 * What the lines of instructions with the same opcode and registers have in common: pieces of text around at most two numbers.
 * A shape is made from the instruction's template when it is first met; `line-writer.ts` writes lines by it.
 */
import { insnTable, type Dialect, type Slot } from "../isa/index.js";
import { Layout, Piece, recordBits, records, Source, Word } from "./line-layout.js";
import { Field, Other, Style, templateOf } from "./template.js";

/** A sign: up to three characters, the first in the lowest byte, and their number in the highest. */
function sign(text: string): number {
  let word = text.length << 24;
  for (let i = 0; i < text.length; i++) word |= text.charCodeAt(i) << (8 * i);
  return word;
}

/** The signs of the styles that lines are written in here, for numbers that are not negative and for magnitudes of others. */
const signs = new Map<number, readonly [plus: number, minus: number]>([
  [Style.decimal, [sign(""), sign("-")]],
  [Style.signed, [sign("+"), sign("-")]],
  [Style.spaced, [sign(" + "), sign(" - ")]],
  [Style.plus, [sign("+"), sign("+-")]],
  [Style.hex, [sign("0x"), sign("0x")]],
]);

interface Pieces {
  readonly texts: readonly (readonly number[])[];
  /** The operations between the texts. */
  readonly numbers: readonly number[];
}

/** The template of row `row` with the registers of `slot` put in; undefined where something stands in it that a shape cannot have. */
function pieces(template: Uint8Array, slot: Slot): Pieces | undefined {
  let text: number[] = [];
  const texts = [text];
  const numbers: number[] = [];
  for (const operation of template) {
    if (operation < 0x80) text.push(operation);
    else if (operation === Other.dst || operation === Other.src) {
      for (const digit of String(operation === Other.dst ? slot.dst : slot.src)) text.push(digit.charCodeAt(0));
    } else {
      const field = operation & 0xf0;
      const style = operation & 0x0f;
      if (field !== Field.off && field !== Field.imm) return undefined;
      if (!signs.has(style) || (style === Style.hex && field === Field.off)) return undefined;
      numbers.push(operation);
      text = [];
      texts.push(text);
    }
  }
  return { texts, numbers };
}

export class LineShapes {
  /** The memory of `Layout`, little-endian. */
  readonly #memory: DataView;
  #count = 1;
  readonly #dialect: Dialect;

  constructor(memory: DataView, dialect: Dialect) {
    this.#memory = memory;
    this.#dialect = dialect;
  }

  /** Has the instruction whose first two bytes are `key` a shape? */
  has(key: number, { off, imm }: Slot): boolean {
    const memory = this.#memory;
    const word = (at: number): number => memory.getInt32(at, true);
    let shape = Layout.shapes + (memory.getUint16(Layout.heads + 2 * key, true) << recordBits);
    while (
      (((off ^ word(shape + Word.off)) & word(shape + Word.offMask)) |
        ((imm ^ word(shape + Word.imm)) & word(shape + Word.immMask))) !==
      0
    ) {
      shape = word(shape + Word.next);
    }
    return shape !== Layout.shapes;
  }

  /**
   * Makes a shape for lines like that of `slot`, of row number `row`, whose first two bytes are `key` as a little-endian number,
   * if it has none. `text` is what stands in its line behind the bytes. Some lines cannot have a shape.
   */
  learn(key: number, row: number, slot: Slot, text: Uint8Array): void {
    const insn = insnTable[row]!;
    if (insn.wide || insn.imm === "reg" || this.#count === records || this.has(key, slot)) return;
    // Behind a helper's number comes its name.
    const isCall = insn.imm === "helper";
    const parts = isCall ? { texts: [[...text]], numbers: [] } : pieces(templateOf(this.#dialect, row).numeric, slot);
    if (parts === undefined || parts.numbers.length > 2) return;
    const { texts, numbers } = parts;
    const before = texts[0]!;
    const between = numbers.length === 2 ? texts[1]! : [];
    const behind = numbers.length === 0 ? [] : texts.at(-1)!;
    if (before.length > Piece.between - Piece.before) return;
    if (between.length > Piece.behind - Piece.between || behind.length > Piece.end - Piece.behind) return;

    const shape = Layout.shapes + (this.#count << recordBits);
    const put = (word: number, value: number): void => this.#memory.setInt32(shape + word, value, true);
    put(Word.off, slot.off);
    put(Word.offMask, typeof insn.off === "number" ? -1 : 0);
    put(Word.imm, slot.imm);
    put(Word.immMask, isCall || typeof insn.imm === "number" ? -1 : 0);
    const goesByImm = insn.imm === "jump" || insn.imm === "call";
    put(Word.jump, insn.off === "jump" ? Source.off : goesByImm ? Source.imm : Source.none);
    numbers.forEach((operation, i) => {
      const style = operation & 0x0f;
      const at = i === 0 ? Word.first : Word.second;
      const [plus, minus] = signs.get(style)!;
      const isOff = (operation & 0xf0) === Field.off;
      put(at, isOff ? Source.off : style === Style.hex ? Source.immHex : Source.imm);
      put(at + Word.firstPlus - Word.first, plus);
      put(at + Word.firstMinus - Word.first, minus);
    });
    for (const [piece, length, at] of [
      [before, Word.before, Piece.before],
      [between, Word.between, Piece.between],
      [behind, Word.behind, Piece.behind],
    ] as const) {
      put(length, piece.length);
      piece.forEach((byte, i) => this.#memory.setUint8(shape + at + i, byte));
    }
    const head = Layout.heads + 2 * key;
    put(Word.next, Layout.shapes + (this.#memory.getUint16(head, true) << recordBits));
    this.#memory.setUint16(head, this.#count++, true);
  }
}
