/**
 * The rows of the relocation dialects. Where several rows have one number, the first that fits place, opcode and symbol is it;
 * when a file is written, the first row of a kind that reads back as that kind.
 *
 * Sources: LLVM's ELF writers for BPF (3.7, 12, 13), binutils' include/elf/bpf.h and bfd/elf64-bpf.c (2.40, 2.41), the two mails of
 * 2017, Solana's compiler and loader; measured with clang 14 and 22, bpf-as 2.40 and bpf-gcc 12 by test/object.
 */
import type { DialectRow } from "./dialects.js";
import type { RelocKind } from "./relocations.js";

type Rest = Omit<DialectRow, "type" | "name" | "in" | "kind" | "addend">;
type Code = Rest & Required<Pick<DialectRow, "insn">> & Partial<Pick<DialectRow, "addend">>;
type Data = Rest & Partial<Pick<DialectRow, "addend">>;

function code(type: number, name: string, kind: RelocKind, rest: Code): DialectRow {
  return { type, name, in: "code", kind, addend: "bytes", ...rest };
}

function data(type: number, name: string, kind: RelocKind, rest: Data = {}): DialectRow {
  return { type, name, in: "data", kind, addend: "bytes", ...rest };
}

/** A two-slot load of an address; of a map where the symbol is one. */
function load(type: number, name: string, rest: Rest = {}): DialectRow[] {
  const row = { insn: "lddw", ...rest } as const;
  return [code(type, name, "map_imm64", { ...row, of: "map" }), code(type, name, "abs_imm64", row)];
}

/** LLVM's 64-bit loads hold 32 signed bits of addend and nothing in the second slot. */
const low = { store: "imm32" } as const;

export const llvm: readonly DialectRow[] = [
  ...load(1, "R_BPF_64_64", low),
  data(1, "R_BPF_64_64", "abs_data64", { readOnly: true }),
  data(2, "R_BPF_64_ABS64", "abs_data64", { inCode: "doubtful" }),
  data(3, "R_BPF_64_ABS32", "abs_data32", { inCode: "doubtful" }),
  data(4, "R_BPF_64_NODYLD32", "nodyld_data32", { inCode: "doubtful" }),
  code(10, "R_BPF_64_32", "call_imm32", { insn: "call", addend: "slots" }),
  data(10, "R_BPF_64_32", "abs_data32", { readOnly: true }),
];

/** This psABI's own numbers: for what LLVM has none. */
export const ownNumbers: readonly DialectRow[] = [
  data(0xbf01, "R_BPF_ABI_ABS8", "abs_data8", { inCode: "yes", private: true }),
  data(0xbf02, "R_BPF_ABI_ABS16", "abs_data16", { inCode: "yes", private: true }),
  data(0xbf03, "R_BPF_ABI_PC8", "pcrel_data8", { inCode: "yes", private: true }),
  data(0xbf04, "R_BPF_ABI_PC16", "pcrel_data16", { inCode: "yes", private: true }),
  data(0xbf05, "R_BPF_ABI_PC32", "pcrel_data32", { inCode: "yes", private: true }),
  data(0xbf06, "R_BPF_ABI_PC64", "pcrel_data64", { inCode: "yes", private: true }),
  code(0xbf10, "R_BPF_ABI_OFF16", "abs_off16", { insn: "memory", private: true }),
  code(0xbf11, "R_BPF_ABI_IMM32", "abs_imm32", { insn: "immediate", private: true }),
  code(0xbf12, "R_BPF_ABI_IMM64", "abs_imm64", { insn: "lddw", private: true }),
  code(0xbf13, "R_BPF_ABI_JUMP16", "branch_off16", { insn: "jump", addend: "slots", private: true }),
  code(0xbf14, "R_BPF_ABI_JUMP32", "branch_imm32", { insn: "long-jump", addend: "slots", private: true }),
  code(0xbf15, "R_BPF_ABI_MAP64", "map_imm64", { insn: "lddw", private: true }),
  code(0xbf16, "R_BPF_ABI_MAP32", "map_imm32", { insn: "mov32", private: true }),
  code(0xbf17, "R_BPF_ABI_HELPER", "helper_imm32", { insn: "call", addend: "none", private: true }),
  code(0xbf18, "R_BPF_ABI_KFUNC", "kfunc_imm32", { insn: "call", addend: "none", private: true }),
  data(0xbf20, "R_BPF_ABI_RELATIVE", "relative_data64", { private: true }),
  code(0xbf21, "R_BPF_ABI_RELATIVE_IMM64", "relative_imm64", { insn: "lddw", private: true }),
  code(0xbf22, "R_BPF_ABI_GOT_IMM64", "got_imm64", { insn: "lddw", private: true }),
  data(0xbf23, "R_BPF_ABI_GLOB_DAT", "got_data64", { private: true }),
  data(0xbf24, "R_BPF_ABI_JUMP_SLOT", "plt_data64", { private: true }),
];

/** 0 is what .BTF.ext has at its offsets of instructions, already filled in: a static linker must move them. */
export const llvm12: readonly DialectRow[] = [
  data(0, "R_BPF_NONE", "nodyld_data32"),
  ...load(1, "R_BPF_64_64", low),
  data(1, "R_BPF_64_64", "abs_data64"),
  code(10, "R_BPF_64_32", "call_imm32", { insn: "call", addend: "slots" }),
  data(10, "R_BPF_64_32", "abs_data32"),
];

/** Numbers of x86-64. Calls were of helpers alone, by name. */
export const llvm39: readonly DialectRow[] = [
  ...load(1, "R_X86_64_64", low),
  data(1, "R_X86_64_64", "abs_data64"),
  code(2, "R_X86_64_PC32", "helper_imm32", { insn: "call", of: "undefined", addend: "none" }),
  data(2, "R_X86_64_PC32", "pcrel_data32"),
  data(10, "R_X86_64_32", "abs_data32"),
  data(24, "R_X86_64_PC64", "pcrel_data64"),
];

export const gnu: readonly DialectRow[] = [
  ...load(1, "R_BPF_64_64", { range: "signed" }),
  data(2, "R_BPF_64_ABS64", "abs_data64", { inCode: "doubtful" }),
  code(3, "R_BPF_64_ABS32", "abs_imm32", { insn: "immediate", skew: 4 }),
  data(3, "R_BPF_64_ABS32", "abs_data32", { inCode: "doubtful" }),
  data(4, "R_BPF_64_NODYLD32", "nodyld_data32", { inCode: "doubtful" }),
  code(10, "R_BPF_64_32", "call_imm32", { insn: "call", addend: "slots" }),
  code(10, "R_BPF_64_32", "branch_imm32", { insn: "long-jump", addend: "slots" }),
  code(256, "R_BPF_GNU_64_16", "branch_off16", { insn: "jump", addend: "gnu-slots" }),
  // gas divides this addend by 8, too, so only its absence can be read.
  code(256, "R_BPF_GNU_64_16", "abs_off16", { insn: "memory", addend: "none" }),
];

export const gnu240: readonly DialectRow[] = [
  ...load(1, "R_BPF_INSN_64", { range: "signed" }),
  code(2, "R_BPF_INSN_32", "abs_imm32", { insn: "immediate", range: "signed" }),
  code(3, "R_BPF_INSN_16", "abs_off16", { insn: "memory" }),
  code(4, "R_BPF_INSN_DISP16", "branch_off16", { insn: "jump", addend: "slots" }),
  data(5, "R_BPF_DATA_8_PCREL", "pcrel_data8", { addend: "place", inCode: "yes" }),
  data(6, "R_BPF_DATA_16_PCREL", "pcrel_data16", { addend: "place", inCode: "yes" }),
  data(7, "R_BPF_DATA_32_PCREL", "pcrel_data32", { addend: "place", inCode: "yes" }),
  data(8, "R_BPF_DATA_8", "abs_data8", { inCode: "yes", range: "unsigned" }),
  data(9, "R_BPF_DATA_16", "abs_data16", { inCode: "yes", range: "unsigned" }),
  code(10, "R_BPF_INSN_DISP32", "call_imm32", { insn: "call", addend: "slots" }),
  data(11, "R_BPF_DATA_32", "abs_data32", { inCode: "yes" }),
  data(12, "R_BPF_DATA_64", "abs_data64", { inCode: "yes" }),
  data(13, "R_BPF_DATA_64_PCREL", "pcrel_data64", { addend: "place", inCode: "yes" }),
];

export const mail2017: readonly DialectRow[] = [
  code(1, "R_BPF_INSN_16", "abs_off16", { insn: "memory" }),
  code(2, "R_BPF_INSN_32", "abs_imm32", { insn: "immediate" }),
  code(2, "R_BPF_INSN_32", "helper_imm32", { insn: "call", of: "undefined", addend: "none" }),
  ...load(3, "R_BPF_INSN_64").map((row) => (row.of === "map" ? { ...row, readOnly: true } : row)),
  code(4, "R_BPF_WDISP16", "branch_off16", { insn: "jump", addend: "slots" }),
  data(5, "R_BPF_DATA_8", "abs_data8", { inCode: "yes" }),
  data(6, "R_BPF_DATA_16", "abs_data16", { inCode: "yes" }),
  data(7, "R_BPF_DATA_32", "abs_data32", { inCode: "yes" }),
  data(8, "R_BPF_DATA_64", "abs_data64", { inCode: "yes" }),
  code(9, "R_BPF_MAP", "map_imm64", { insn: "lddw" }),
  code(9, "R_BPF_MAP", "map_imm32", { insn: "mov32" }),
];

export const mail2017Netdev: readonly DialectRow[] = [
  ...load(1, "R_BPF_OLD_64").map((row) => ({ ...row, readOnly: true })),
  data(1, "R_BPF_OLD_64", "abs_data64", { readOnly: true }),
  ...load(2, "R_BPF_INSN_64"),
  code(3, "R_BPF_INSN_32", "abs_imm32", { insn: "immediate" }),
  code(3, "R_BPF_INSN_32", "helper_imm32", { insn: "call", of: "undefined", addend: "none" }),
  code(4, "R_BPF_INSN_16", "abs_off16", { insn: "memory" }),
  code(5, "R_BPF_WDISP16", "branch_off16", { insn: "jump", addend: "slots" }),
  data(8, "R_BPF_DATA_8", "abs_data8", { inCode: "yes" }),
  data(9, "R_BPF_DATA_16", "abs_data16", { inCode: "yes" }),
  data(10, "R_BPF_DATA_32", "abs_data32", { inCode: "yes" }),
  data(11, "R_BPF_DATA_64", "abs_data64", { inCode: "yes" }),
];

/**
 * The loader reads loads' addends without a sign, and those of RELATIVE data from the upper half of the datum. The compiler gives data
 * the numbers of loads and calls, unless it is told to use 2.
 */
export const sbf: readonly DialectRow[] = [
  code(1, "R_SBF_64_64", "abs_imm64", { insn: "lddw", store: "imm32", unsigned: true }),
  data(1, "R_SBF_64_64", "abs_data64", { readOnly: true }),
  data(2, "R_SBF_64_ABS64", "abs_data64"),
  data(3, "R_SBF_64_ABS32", "abs_data32"),
  data(4, "R_SBF_64_NODYLD32", "nodyld_data32"),
  code(8, "R_SBF_64_RELATIVE", "relative_imm64", { insn: "lddw" }),
  data(8, "R_SBF_64_RELATIVE", "relative_data64", { store: "data32", storeAt: 4, unsigned: true }),
  code(10, "R_SBF_64_32", "call_imm32", { insn: "call", addend: "slots" }),
  data(10, "R_SBF_64_32", "abs_data32", { readOnly: true }),
];
