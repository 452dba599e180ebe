/**
 * Lines of known shapes: text for machines says things in few ways, and a line that differs from another by its registers, numbers and
 * a name alone is the same instruction with other fields. Such lines go straight from the bytes of the text into the section: what a
 * shape is, `shape.ts` finds out from the first line that has it, and `kernel-wasm.ts` follows the lines after it.
 *
 * Whatever else there is to a line (a new shape, an error, a directive) is left to who asks, at the start of that line.
 */
import type { Endian } from "../../bytes/index.js";
import type { WasmInstance } from "../../wasm/index.js";
import { opcodes } from "../../isa/index.js";
import type { Names } from "../match/expression.js";
import type { Registers } from "../match/registers.js";
import { isDefined, putHere, type Symbols } from "../output/symbols.js";
import type { Interner } from "../text/intern.js";
import type { AsmSection, FixupKind } from "../types.js";
import {
  Fact,
  factBytes,
  Flag,
  margin,
  mostShapes,
  noRegister,
  Place,
  Result,
  Stop,
  textBytes,
} from "./kernel-layout.js";
import { startKernel } from "./kernel.js";
import { shapeEnd, shapeOf, type Part, type Shape, type Statement } from "./shape.js";
import { ShapeTree } from "./tree.js";

const { SLOT } = opcodes;

/** A text shorter than this is done before shapes pay. */
const worthwhile = 1 << 13;
/** Lines longer than this teach nothing. */
const longestLine = 160;
/** So many lines may be looked at in vain, and one more for each `reward` that are known. */
const patience = 1 << 10;
const reward = 1 << 8;
/** From so many bytes on a section grows by what the text is likely to give. */
const large = 1 << 16;
/** Letters of a register's name. */
const longestRegister = 3;
const newline = 10;

/** What a line means, but for what is in it. */
export interface Meaning extends Pick<Names, "word"> {
  readonly endian: Endian;
  readonly interner: Interner;
  readonly symbols: Symbols;
  readonly registers: Registers;
}

/** The loop, and views of its memory. */
interface Kernel {
  readonly run: WasmInstance["run"];
  readonly bytes: Uint8Array;
  readonly words: Int32Array;
  readonly longs: BigInt64Array;
  readonly tree: ShapeTree;
}

export class ShapedLines {
  readonly #text: Uint8Array;
  readonly #meaning: Meaning;
  /** Lines that start here or behind it are not read. */
  #last: number;
  #kernel: Kernel | undefined;
  /** The stretch of the text that is in the memory. */
  #from = 0;
  #to = 0;
  /** Shapes known. */
  #count = 0;
  readonly #kinds: FixupKind[] = [];
  /** Bytes of lines found, and lines looked at in vain. */
  #found = 0;
  #vain = 0;
  /** Where the line starts that was looked for last and not found; -1 where there is nothing to learn of it. */
  #missed = -1;

  constructor(text: Uint8Array, meaning: Meaning) {
    this.#text = text;
    this.#meaning = meaning;
    this.#last = text.length < worthwhile ? 0 : text.length - margin;
  }

  /** Forgets all shapes: lines will mean something else. */
  clear(): void {
    this.#missed = -1;
    this.#kernel?.tree.clear();
    this.#count = 0;
  }

  /** The next statement is not one that was looked for. */
  pass(): void {
    this.#missed = -1;
  }

  /** May the line at `at` have a known shape? */
  mayKnow(at: number): boolean {
    this.#missed = at < this.#last ? at : -1;
    return this.#count > 0 && at < this.#last;
  }

  /**
   * Puts what the lines from `start` on say into `section`, up to the first line that has no known shape; returns where that starts. To
   * be called where `mayKnow` says so.
   */
  follow(start: number, section: AsmSection): number {
    this.#missed = -1;
    const kernel = this.#kernel;
    if (kernel === undefined || section.type === "nobits") return start;
    const { words } = kernel;
    let at = start;
    while (at < this.#last) {
      const shift = Place.text - this.#window(kernel, at);
      words[Result.exit / 4] = -1;
      const stop = kernel.run(at + shift, Math.min(this.#to - margin, this.#last) + shift, this.#to + shift);
      const reached = words[Result.at / 4]! - shift;
      const next = words[Result.next / 4]! - shift;
      this.#found += reached - at;
      at = reached;
      this.#put(kernel, words[Result.filled / 4]!, section, at);
      if (stop === Stop.name) {
        const from = words[Result.name / 4]! - shift;
        if (!this.#named(words[Result.fact / 4]!, from, words[Result.nameEnd / 4]! - shift, section)) break;
        at = next;
        continue;
      }
      if (stop === Stop.end) continue;
      const end = this.#remarkEnd(at);
      if (end < 0) {
        this.#missed = at;
        break;
      }
      at = end;
    }
    return at;
  }

  /** The loop in its memory; undefined, and never asked for again, where there is no WebAssembly. */
  #start(): Kernel | undefined {
    const made = startKernel(this.#meaning.endian);
    if (made === undefined) {
      this.#last = 0;
      return undefined;
    }
    const { memory, run } = made;
    const words = new Int32Array(memory.buffer);
    return {
      run,
      bytes: memory,
      words,
      longs: new BigInt64Array(memory.buffer),
      tree: new ShapeTree(words, Place.roots, Place.edges),
    };
  }

  /** Where the stretch of the text starts that is in the memory; the line at `at` is in it. */
  #window(kernel: Kernel, at: number): number {
    if (at < this.#from || at >= this.#to - margin) {
      this.#from = at;
      this.#to = Math.min(this.#text.length, at + textBytes);
      kernel.bytes.set(this.#text.subarray(at, this.#to), Place.text);
    }
    return this.#from;
  }

  /** Where the line behind the one at `at` starts, if that says nothing; otherwise -1. */
  #remarkEnd(at: number): number {
    const text = this.#text;
    let next = at;
    while (text[next] === 0x09 || text[next] === 0x20) next++;
    const byte = text[next];
    if (byte !== newline && byte !== 0x23 && (byte !== 0x2f || text[next + 1] !== 0x2f)) return -1;
    return text.indexOf(newline, next) + 1 || -1;
  }

  /** Puts the first `bytes` of the code in the memory into `section`; the text has been read up to `at`. */
  #put({ bytes: memory, words }: Kernel, bytes: number, section: AsmSection, at: number): void {
    if (bytes === 0) return;
    const { size } = section;
    if (size + bytes > section.data.length) this.#grow(section, bytes, at);
    section.data.set(memory.subarray(Place.code, Place.code + bytes), size);
    section.size = size + bytes;
    if (section.align < SLOT) section.align = SLOT;
    const exit = words[Result.exit / 4]!;
    if (exit >= 0 && exit < bytes && section.firstExit < 0) section.firstExit = size + exit;
  }

  /** Makes room for `bytes` more in `section`; in a large one, for all that the text is likely to give. */
  #grow(section: AsmSection, bytes: number, at: number): void {
    const { data, size } = section;
    const filled = size + bytes;
    const likely = filled < large ? filled : Math.max((filled / at) * (this.#text.length - at) * 1.02, filled / 8);
    section.data = new Uint8Array(filled + Math.ceil(likely));
    section.data.set(data.subarray(0, size));
  }

  /**
   * Does what the name of the line at `at`, from byte `from` up to `end`, asks for: it is a label, or in the last instruction put into
   * `section`. False, and that instruction is taken back, where it is not for a shape to say.
   */
  #named(fact: number, from: number, end: number, section: AsmSection): boolean {
    const { words } = this.#kernel!;
    const flags = words[(fact + Fact.flags) / 4]!;
    const { interner, registers, symbols } = this.#meaning;
    const id = interner.bytes(this.#text, from, end);
    if ((flags & Flag.label) !== 0) {
      const symbol = symbols.get(id, from);
      if (isDefined(symbol) || symbol.name === ".") return false;
      putHere(symbol, section);
      symbol.at = from;
      return true;
    }
    const offset = section.size - ((flags & (Flag.upper | Flag.own)) === 0 ? SLOT : 2 * SLOT);
    const isRegister = end - from <= longestRegister && registers.byWord.has(interner.folded(id));
    const symbol = isRegister ? undefined : this.#meaning.word(id, from);
    if (symbol === undefined || "kind" in symbol || symbol.name === "") {
      section.data.fill(0, offset, section.size);
      section.size = offset;
      return false;
    }
    const kind = this.#kinds[words[(fact + Fact.fixup) / 4]!]!;
    section.fixups.push({ kind, offset, expression: { kind: "symbol", symbol, at: from }, at: from, end });
    return true;
  }

  /** May something be learnt of the line that was not found? */
  get asks(): boolean {
    return this.#missed >= 0 && this.#vain < patience + this.#found / (16 * reward);
  }

  /** Learns the shape of the line that was not found; it was read as `statement`, which ends at `end`. */
  learn(statement: Statement, end: number): void {
    const line = this.#line(end);
    if (line < 0) return;
    const shape = shapeOf(statement, line, end);
    const fact = shape === undefined ? -1 : this.#add(shape.parts, line);
    if (fact < 0) this.#vain++;
    else this.#keep(shape!, fact);
  }

  /** The same, where it is a label alone, whose name ends at `to`. */
  learnLabel(to: number, { tokens, separates }: Pick<Statement, "tokens" | "separates">, end: number): void {
    const line = this.#line(end);
    const over = line < 0 ? -1 : shapeEnd(this.#text, tokens, separates, end);
    if (over < 0 || tokens.start[0] !== line) return;
    const fact = this.#add([{ kind: "name" }, { kind: "bytes", from: to, to: over }], line);
    if (fact < 0) this.#vain++;
    else this.#kernel!.words[(fact + Fact.flags) / 4] = Flag.label | (over < end ? Flag.remark : 0);
  }

  /** Where the line that was not found starts, without the blanks before; -1 when it is not the one that ends at `end`, or too long. */
  #line(end: number): number {
    const text = this.#text;
    let line = this.#missed;
    this.#missed = -1;
    while (text[line] === 0x09 || text[line] === 0x20) line++;
    return end - line > longestLine || text.subarray(line, end - 1).includes(newline) ? -1 : line;
  }

  /** Where the facts of the shape of `parts` go, which the line at byte `line` has; -1 where it cannot be kept. */
  #add(parts: readonly Part[], line: number): number {
    const kernel = (this.#kernel ??= this.#start());
    if (kernel === undefined) return -1;
    const { tree, words } = kernel;
    if (tree.full || this.#count === mostShapes) {
      this.clear();
      this.#vain += reward;
    }
    const fact = Place.facts + this.#count * factBytes;
    if (!tree.add(parts, this.#text[line]!, this.#text, fact)) return -1;
    this.#count++;
    words.fill(0, fact / 4, (fact + factBytes) / 4);
    return fact;
  }

  #keep(shape: Shape, fact: number): void {
    const { words, longs } = this.#kernel!;
    const set = (field: keyof typeof Fact, value: number): void => void (words[(fact + Fact[field]) / 4] = value);
    const { opcode, dst, src, off, imm, second, exit, fixup } = shape;
    const little = this.#meaning.endian === "little";
    const turned = ((off & 0xff) << 8) | ((off >> 8) & 0xff);
    set("head", opcode | (little ? (dst << 8) | (src << 12) | (off << 16) : (src << 8) | (dst << 12) | (turned << 16)));
    set("imm", imm);
    // The last register is in the lowest four bits.
    const registers = shape.parts.filter(({ kind }) => kind === "register").length;
    const shift = (register: number): number => (register < 0 ? noRegister : 4 * (registers - 1 - register));
    set("dst", shift(shape.dstFrom));
    set("src", shift(shape.srcFrom));
    set("same", shift(shape.same?.[0] ?? -1));
    set("twin", shift(shape.same?.[1] ?? -1));
    let mask = 0;
    let fixed = 0;
    for (const [register, value] of shape.fixed) {
      mask |= 15 << shift(register);
      fixed |= value << shift(register);
    }
    set("fixedMask", mask);
    set("fixed", fixed);
    let flags = shape.remark ? Flag.remark : 0;
    if (second !== "none") flags |= Flag[second];
    if (exit) flags |= Flag.exit;
    if (fixup !== undefined) {
      flags |= Flag.name;
      const known = this.#kinds.indexOf(fixup);
      set("fixup", known < 0 ? this.#kinds.push(fixup) - 1 : known);
    }
    set("flags", flags);
    longs[(fact + Fact.low) / 8] = shape.low;
    longs[(fact + Fact.high) / 8] = shape.high;
  }
}
