/**
 * What the lines of instructions with the same opcode and registers have in common: pieces of text around at most two numbers.
 * A shape is made from the instruction's template when it is first met; `line-writer.ts` writes lines by it.
 */
import { insnTable, type Dialect, type InsnRow, type Slot } from "../isa/index.js";
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

/** Stand for a register's number among the bytes of a piece. */
const dst = 0x100;
const src = 0x101;

/** What the shapes of a row have in common: the words of a record from `Word.off` on, and the pieces. */
interface RowShape {
  readonly words: readonly (readonly [word: number, value: number])[];
  /** Before, between and behind the numbers. */
  readonly pieces: readonly (readonly number[])[];
}

const places = [
  [Word.before, Piece.before, Piece.between],
  [Word.between, Piece.between, Piece.behind],
  [Word.behind, Piece.behind, Piece.end],
] as const;

/** The shape of a row's lines; undefined where something stands in them that a shape cannot have. */
function rowShape({ wide, off, imm }: InsnRow, template: Uint8Array): RowShape | undefined {
  // Behind a helper's number comes its name; a register's number in the immediate has a range.
  if (wide || imm === "helper" || imm === "reg") return undefined;
  const pieces: number[][] = [[]];
  const words: [number, number][] = [
    [Word.offMask, typeof off === "number" ? -1 : 0],
    [Word.immMask, typeof imm === "number" ? -1 : 0],
    [Word.jump, off === "jump" ? Source.off : imm === "jump" || imm === "call" ? Source.imm : Source.none],
  ];
  for (const operation of template) {
    if (operation < 0x80) pieces.at(-1)!.push(operation);
    else if (operation === Other.dst) pieces.at(-1)!.push(dst);
    else if (operation === Other.src) pieces.at(-1)!.push(src);
    else {
      const field = operation & 0xf0;
      const style = operation & 0x0f;
      const found = signs.get(style);
      if (found === undefined || pieces.length > 2) return undefined;
      if (field !== Field.imm && (field !== Field.off || style === Style.hex)) return undefined;
      const number = pieces.length === 1 ? Word.first : Word.second;
      const source = field === Field.off ? Source.off : style === Style.hex ? Source.immHex : Source.imm;
      words.push([number, source]);
      words.push([number + Word.firstPlus - Word.first, found[0]]);
      words.push([number + Word.firstMinus - Word.first, found[1]]);
      pieces.push([]);
    }
  }
  // What stands behind a single number stands behind the last.
  if (pieces.length === 2) pieces.splice(1, 0, []);
  return { words, pieces };
}

export class LineShapes {
  /** The memory of `Layout`, little-endian. */
  readonly #memory: DataView;
  #count = 1;
  readonly #dialect: Dialect;
  /** By row number: null where lines of a row have no shape. */
  readonly #rows: (RowShape | null | undefined)[] = [];

  constructor(memory: DataView, dialect: Dialect) {
    this.#memory = memory;
    this.#dialect = dialect;
  }

  /**
   * Makes a shape for lines like that of `slot`, of row number `row`, whose first two bytes are `key` as a little-endian number.
   * False if it has one, or cannot have one.
   */
  learn(key: number, row: number, slot: Slot): boolean {
    let shape = this.#rows[row];
    if (shape === undefined) {
      shape = rowShape(insnTable[row]!, templateOf(this.#dialect, row).numeric) ?? null;
      this.#rows[row] = shape;
    }
    return shape !== null && this.#add(key, slot, shape);
  }

  /** The same for a line that is always `text`, the same fields provided. */
  keep(key: number, slot: Slot, text: Uint8Array): boolean {
    const words = [
      [Word.offMask, -1],
      [Word.immMask, -1],
    ] as const;
    return this.#add(key, slot, { words, pieces: [[...text]] });
  }

  /** Has the instruction a shape? */
  #has(key: number, { off, imm }: Slot): boolean {
    const memory = this.#memory;
    const word = (at: number): number => memory.getInt32(at, true);
    let at = Layout.shapes + (memory.getUint16(Layout.heads + 2 * key, true) << recordBits);
    while (
      (((off ^ word(at + Word.off)) & word(at + Word.offMask)) |
        ((imm ^ word(at + Word.imm)) & word(at + Word.immMask))) !==
      0
    ) {
      at = word(at + Word.next);
    }
    return at !== Layout.shapes;
  }

  #add(key: number, slot: Slot, { words, pieces }: RowShape): boolean {
    if (this.#count === records || this.#has(key, slot)) return false;
    const memory = this.#memory;
    const record = Layout.shapes + (this.#count << recordBits);
    const put = (word: number, value: number): void => memory.setInt32(record + word, value, true);
    for (let i = 0; i < pieces.length; i++) {
      const [length, from, end] = places[i]!;
      let at = record + from;
      for (const byte of pieces[i]!) {
        const register = byte === dst ? slot.dst : byte === src ? slot.src : -1;
        if (at + (register > 9 ? 2 : 1) > record + end) return false;
        if (register > 9) memory.setUint8(at++, 0x31);
        memory.setUint8(at++, register < 0 ? byte : 0x30 + (register % 10));
      }
      put(length, at - record - from);
    }
    for (const [word, value] of words) put(word, value);
    put(Word.off, slot.off);
    put(Word.imm, slot.imm);
    const head = Layout.heads + 2 * key;
    put(Word.next, Layout.shapes + (memory.getUint16(head, true) << recordBits));
    memory.setUint16(head, this.#count++, true);
    return true;
  }
}
