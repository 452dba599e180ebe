/**
 * The shape of the instruction table.
 *
 * An instruction is one 64-bit slot (two for `wide` ones): opcode:8, dst_reg:4, src_reg:4, offset:16, imm:32
 * (RFC 9669 section 3.1). A row fixes some of these fields to a number; the others carry an operand.
 */

/** What the assembler dialects are called. See `docs/assembler.md` for each. */
export type Dialect = "pseudoc" | "gnu" | "plain" | "kernel" | "conformance";

/** The level of the instruction set that first has the instruction, as `-mcpu=v1` … `v4` name them. */
export type IsaVersion = 1 | 2 | 3 | 4;

/** RFC 9669 section 2.4; `none` for instructions that came after the RFC. */
export type ConformanceGroup =
  | "base32"
  | "base64"
  | "atomic32"
  | "atomic64"
  | "divmul32"
  | "divmul64"
  | "packet"
  | "callx"
  | "none";

export type AluOp =
  | "add"
  | "sub"
  | "mul"
  | "div"
  | "sdiv"
  | "or"
  | "and"
  | "lsh"
  | "rsh"
  | "neg"
  | "mod"
  | "smod"
  | "xor"
  | "mov"
  | "movsx"
  | "arsh"
  | "le"
  | "be"
  | "bswap"
  | "addr_space_cast"
  | "mov_percpu";

export type JumpOp = "jeq" | "jgt" | "jge" | "jset" | "jne" | "jsgt" | "jsge" | "jlt" | "jle" | "jslt" | "jsle";

export type AtomicOp =
  | "atomic_add"
  | "atomic_or"
  | "atomic_and"
  | "atomic_xor"
  | "atomic_fetch_add"
  | "atomic_fetch_or"
  | "atomic_fetch_and"
  | "atomic_fetch_xor"
  | "atomic_xchg"
  | "atomic_cmpxchg";

export type InsnOp =
  | AluOp
  | JumpOp
  | AtomicOp
  | "ja"
  | "may_goto"
  | "nospec"
  | "gotox"
  | "call"
  | "call_local"
  | "call_kfunc"
  | "callx"
  | "exit"
  | "lddw"
  | "ldx"
  | "ldsx"
  | "stx"
  | "st"
  | "load_acquire"
  | "store_release"
  | "ldabs"
  | "ldind";

/** A register field: an operand (`reg`) or a fixed number (0 where the field is unused). */
export type RegisterField = "reg" | number;

/**
 * The offset field: `mem` is a signed byte displacement, `jump` a signed count of slots from the next slot,
 * `index` a number (a kfunc call's index into the fd array).
 */
export type OffsetField = "mem" | "jump" | "index" | number;

/**
 * The immediate field: `value` is a signed 32-bit number, `imm64` the low half of a wide instruction whose second
 * slot has the high half, `pair` two independent 32-bit numbers in the two slots, `jump` a signed count of slots from
 * the next slot, `call` the same for a local call, `helper` a helper id, `disp` a signed byte displacement (packet loads),
 * `spaces` destination address space << 16 | source address space, `reg` a register number (clang 14's `callx`).
 */
export type ImmediateField =
  | "value"
  | "imm64"
  | "pair"
  | "jump"
  | "call"
  | "helper"
  | "disp"
  | "spaces"
  | "reg"
  | number;

/**
 * How a dialect writes the instruction: templates, the first the one that is printed, all of them accepted.
 *
 * Placeholders: `{d}` `{s}` registers, `{wd}` `{ws}` their 32-bit names, `{i}` the immediate, `{I}` the 64-bit
 * immediate, `{h}` the second slot's immediate, `{o}` the displacement in the offset field with its sign, `{O}` the same
 * in the immediate field, `{j}` a jump target in the offset field, `{J}` in the immediate field, `{f}` a local function,
 * `{c}` a helper or function, `{x}` the offset field as a number, `{da}` `{sa}` address spaces, `{ri}` a register
 * number in the immediate field.
 */
export type Spelling = { readonly [D in Dialect]?: readonly string[] } & {
  readonly pseudoc: readonly string[];
  readonly gnu: readonly string[];
};

export interface InsnRow {
  /** Unique, stable, in the letters of GNU mnemonics: `add64_imm`, `ldxdw`, `jeq32_reg`. */
  readonly name: string;
  readonly op: InsnOp;
  /** Bits of the operation: ALU and jumps 32 or 64, memory accesses the bits accessed, byte swaps the bits swapped. */
  readonly width: 8 | 16 | 32 | 64;
  /** For `movsx`: bits of the source that are extended. */
  readonly from?: 8 | 16 | 32;
  readonly opcode: number;
  readonly dst: RegisterField;
  readonly src: RegisterField;
  readonly off: OffsetField;
  readonly imm: ImmediateField;
  /** Two slots; the second has opcode, registers and offset 0. */
  readonly wide: boolean;
  readonly version: IsaVersion;
  readonly group: ConformanceGroup;
  readonly spelling: Spelling;
}
