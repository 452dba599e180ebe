/** The numbers that opcodes are made of. Source: RFC 9669 sections 3 to 5, linux/bpf.h and linux/bpf_common.h. */

/** Instruction classes, the low three bits of the opcode (RFC 9669 section 3.2). */
export const BPF_LD = 0x00;
export const BPF_LDX = 0x01;
export const BPF_ST = 0x02;
export const BPF_STX = 0x03;
export const BPF_ALU = 0x04;
export const BPF_JMP = 0x05;
export const BPF_JMP32 = 0x06;
export const BPF_ALU64 = 0x07;

/** Source operand bit of ALU and jump classes: immediate or register (RFC 9669 section 4). */
export const BPF_K = 0x00;
export const BPF_X = 0x08;

/** Sizes of loads and stores (RFC 9669 section 5). */
export const BPF_W = 0x00;
export const BPF_H = 0x08;
export const BPF_B = 0x10;
export const BPF_DW = 0x18;

/** Modes of loads and stores (RFC 9669 section 5). */
export const BPF_IMM = 0x00;
export const BPF_ABS = 0x20;
export const BPF_IND = 0x40;
export const BPF_MEM = 0x60;
export const BPF_MEMSX = 0x80;
export const BPF_ATOMIC = 0xc0;
/** The verifier's speculation barrier, a mode of BPF_ST (linux/filter.h; no UAPI). */
export const BPF_NOSPEC = 0xc0;

/** Bits of the immediate of an atomic operation (RFC 9669 section 5.3; the last two: linux/bpf.h). */
export const BPF_FETCH = 0x01;
export const BPF_XCHG: number = 0xe0 | BPF_FETCH;
export const BPF_CMPXCHG: number = 0xf0 | BPF_FETCH;
export const BPF_LOAD_ACQ = 0x100;
export const BPF_STORE_REL = 0x110;

/** src_reg of a 64-bit immediate load (RFC 9669 section 5.4, linux/bpf.h): what the immediate stands for. */
export const BPF_PSEUDO_MAP_FD = 1;
export const BPF_PSEUDO_MAP_VALUE = 2;
export const BPF_PSEUDO_BTF_ID = 3;
export const BPF_PSEUDO_FUNC = 4;
export const BPF_PSEUDO_MAP_IDX = 5;
export const BPF_PSEUDO_MAP_IDX_VALUE = 6;

/** src_reg of a call (RFC 9669 section 4.3.1, linux/bpf.h). */
export const BPF_PSEUDO_CALL = 1;
export const BPF_PSEUDO_KFUNC_CALL = 2;

/** Opcodes that the other rooms ask for by name. */
export const LDDW: number = BPF_LD | BPF_IMM | BPF_DW;
/** With nothing else set: an instruction that does nothing. */
export const JA: number = BPF_JMP;
export const CALL: number = BPF_JMP | 0x80;
export const EXIT: number = BPF_JMP | 0x90;
/** Jumps to the address in a register. */
export const GOTOX: number = BPF_JMP | BPF_X;

/** Bytes of one instruction slot. */
export const SLOT = 8;
