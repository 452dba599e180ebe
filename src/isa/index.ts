/** Room `isa`: the instruction table with its encoder and decoder, and the kernel ABI's lists of names. */
export { decodeSlot, isSecondSlot, newSlot, rowNumber, rowsOf, type Slot } from "./decode.js";
export { encodeSlot, writeImm, writeImm64, writeOff, writeSrc } from "./encode.js";
export { helperId, helperName, helperNames } from "./helpers.js";
export { abiName, AttachType, LinkType, MapType, ProgramType, XdpAction } from "./kernel-abi.js";
export * as opcodes from "./opcode.js";
export { gotolLevel, jumpReach, longJumpExtra, putLongJump } from "./long-jumps.js";
export { sectionRule, sectionRules, type SectionRule } from "./sections.js";
export { spellings } from "./spellings.js";
export { insnTable } from "./table.js";
export type {
  AluOp,
  AtomicOp,
  ConformanceGroup,
  Dialect,
  ImmediateField,
  InsnOp,
  InsnRow,
  IsaVersion,
  JumpOp,
  OffsetField,
  RegisterField,
  Spelling,
} from "./types.js";
