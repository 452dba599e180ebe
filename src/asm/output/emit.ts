/** Operands to bits: a matched instruction into the current section, with fixups for what is not known yet. */
import type { Endian } from "../../bytes/index.js";
import { encodeSlot, opcodes, writeImm64, type InsnRow } from "../../isa/index.js";
import type { Leaf } from "../match/grammar.js";
import type { Matcher, Operand } from "../match/match.js";
import { reserve } from "./sections.js";
import type { AsmSection, FixupKind } from "../types.js";

/** The fixup of a symbolic immediate, by row; undefined where only a number will do. */
function immediateFixup(row: InsnRow, leaf: Leaf): FixupKind | undefined {
  switch (row.imm) {
    case "value":
      return row.op === "call_kfunc" ? undefined : "imm32";
    case "disp":
      return "imm32";
    case "imm64":
      return "imm64";
    case "jump":
      return "jump32";
    case "call":
      return "call";
    case "helper":
      return leaf.helper ? "call_helper" : "call_name";
    default:
      return undefined;
  }
}

function addFixup(section: AsmSection, kind: FixupKind, offset: number, operand: Operand): void {
  section.fixups.push({ kind, offset, expression: operand.tree!, at: operand.at, end: operand.end });
}

/** What cannot be done with an operand. */
export interface OperandProblem {
  readonly code: "asm-not-constant" | "asm-map-operator";
  readonly operand: Operand;
}

/** Puts the instruction of `leaf`, with the operands `found`, at the end of `section`. */
export function emitInsn(section: AsmSection, endian: Endian, leaf: Leaf, found: Matcher): OperandProblem | undefined {
  const { row } = leaf;
  const { immediate, offset, high } = found;
  const dst = row.dst === "reg" ? found.dst : row.dst;
  const src = row.src === "reg" ? found.src : row.src;
  let off = 0;
  let offFixup: FixupKind | undefined;
  if (typeof row.off === "number") {
    off = row.off;
  } else if (offset.tree === undefined) {
    off = offset.number;
  } else {
    if (row.off === "index") return { code: "asm-not-constant", operand: offset };
    offFixup = row.off === "jump" ? "jump16" : "off16";
  }
  let imm = 0;
  let immFixup: FixupKind | undefined;
  if (typeof row.imm === "number") {
    imm = row.imm;
  } else if (immediate.map) {
    if (row.imm === "imm64") immFixup = "map_imm64";
    else if (row.op === "mov" && row.width === 32) immFixup = "map_imm32";
    if (immFixup === undefined || immediate.tree === undefined) return { code: "asm-map-operator", operand: immediate };
  } else if (row.imm === "spaces") {
    if (immediate.tree !== undefined) return { code: "asm-not-constant", operand: immediate };
    if (high.tree !== undefined) return { code: "asm-not-constant", operand: high };
    imm = immediate.number * 65536 + high.number;
  } else if (immediate.tree === undefined) {
    imm = immediate.number;
  } else {
    immFixup = immediateFixup(row, leaf);
    if (immFixup === undefined) return { code: "asm-not-constant", operand: immediate };
  }
  if (row.imm === "pair" && high.tree !== undefined) return { code: "asm-not-constant", operand: high };

  const at = reserve(section, row.wide ? 2 * opcodes.SLOT : opcodes.SLOT);
  encodeSlot(section.data, at, endian, row.opcode, dst, src, off, imm);
  if (row.wide && immFixup === undefined) {
    const upper = row.imm === "pair" ? high.number : Math.floor(imm / 2 ** 32);
    encodeSlot(section.data, at + opcodes.SLOT, endian, 0, 0, 0, 0, upper);
  } else if (immFixup === "imm64" && immediate.tree?.kind === "number") {
    // Beyond what a double holds: the number is known all the same.
    writeImm64(section.data, at, endian, immediate.tree.value);
    immFixup = undefined;
  }
  if (offFixup !== undefined) addFixup(section, offFixup, at, offset);
  if (immFixup !== undefined) addFixup(section, immFixup, at, immediate);
  if (row.op === "exit" && section.firstExit < 0) section.firstExit = at;
  if (section.align < opcodes.SLOT) section.align = opcodes.SLOT;
  return undefined;
}
