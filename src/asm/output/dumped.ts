/**
 * The bytes that `bpftool prog dump xlated … opcodes` prints in the line under each instruction. Versions of bpftool that are older than
 * an instruction print another one, or `BUG_alu64_d7`; the bytes tell.
 */
import { decodeSlot, helperId, newSlot, opcodes, rowNumber } from "../../isa/index.js";
import type { Leaf } from "../match/grammar.js";
import type { Run } from "../run.js";
import { bytesLine } from "../text/kernel-lines.js";
import { reserve } from "./sections.js";
import { Token } from "../text/tokens.js";
import type { AsmSection } from "../types.js";

/** Calls and 64-bit loads have in their bytes what is true in that kernel alone. */
function tellsMore({ row: { opcode } }: Leaf): boolean {
  return opcode === opcodes.CALL || opcode === opcodes.LDDW;
}

/** Takes the bytes under the instruction that was put last, at `at`; false where there are none. */
export function checkDumped(run: Run, first: number, leaf: Leaf, section: AsmSection, at: number): boolean {
  const { scanner, tokens, matcher } = run;
  const dumped = bytesLine(scanner.text, scanner.at);
  if (
    dumped?.length === section.size - at &&
    !tellsMore(leaf) &&
    dumped.some((byte, i) => byte !== section.data[at + i])
  ) {
    run.errorAt("asm-kernel-bytes", {}, first, tokens.count - 1);
    section.data.set(dumped, at);
  }
  // `call __htab_map_lookup_elem#330864`: the kernel's own, whatever else has a name like it.
  const { tree, end } = matcher.immediate;
  const named = leaf.row.opcode === opcodes.CALL && tree?.kind === "symbol" && scanner.text[end] === 0x23;
  if (named && helperId(tree.symbol.name) === undefined) tree.symbol.declared = true;
  return dumped !== undefined;
}

/** Puts what bpftool has no words for (`BUG_…` at token `first`); false where it is something else. */
export function takeUnknown(run: Run, first: number): boolean {
  const { scanner, tokens, interner, sections, endian } = run;
  if (tokens.kind[first] !== Token.word || !/^BUG_\w+$/.test(interner.names[tokens.value[first]!]!)) return false;
  const dumped = bytesLine(scanner.text, scanner.at);
  const known = dumped !== undefined && rowNumber(decodeSlot(dumped, 0, endian, newSlot())) >= 0;
  if (!known) {
    run.errorAt("asm-kernel-bug", {}, first);
    return true;
  }
  const section = sections.current;
  const at = reserve(section, dumped.length);
  section.data.set(dumped, at);
  if (section.align < opcodes.SLOT) section.align = opcodes.SLOT;
  return true;
}
