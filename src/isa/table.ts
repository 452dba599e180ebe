/**
 * The instruction table: one row an instruction. Source of truth: RFC 9669 sections 3 to 5 and, for what came later
 * (may_goto, gotox, addr_space_cast, load_acquire, store_release), linux/bpf.h of kernel 6.18 and LLVM 22's assembler.
 *
 * Encoder, decoder, assembler, printers, interpreter and the manual's tables all read these rows. Spellings of dialects that
 * have no word for an instruction are bpfkit's own and listed in docs/assembler.md.
 */
import * as bpf from "./opcode.js";
import type { AluOp, AtomicOp, ConformanceGroup, InsnRow, IsaVersion, JumpOp, Spelling } from "./types.js";

type Width = 8 | 16 | 32 | 64;

/** Fields not named are fixed to zero. */
type Given = Omit<InsnRow, "dst" | "src" | "off" | "imm" | "wide" | "version"> & Partial<InsnRow>;

function row(given: Given): InsnRow {
  return { dst: 0, src: 0, off: 0, imm: 0, wide: false, version: 1, ...given };
}

/** Templates of an instruction that differs between the 64-bit and the 32-bit form only by register names and suffix. */
function named(width: 32 | 64, text: string): string {
  return width === 64 ? text : text.replaceAll("{d}", "{wd}").replaceAll("{s}", "{ws}");
}

const suffix = (width: 32 | 64): string => (width === 64 ? "" : "32");
const aluClass = (width: 32 | 64): number => (width === 64 ? bpf.BPF_ALU64 : bpf.BPF_ALU);
const widths = [64, 32] as const;

/** op, code, pseudo-C operator, offset field, version, needs the divmul group (RFC 9669 section 4.1). */
const alu: readonly (readonly [AluOp, number, string, number, IsaVersion, boolean])[] = [
  ["add", 0x00, "+=", 0, 1, false],
  ["sub", 0x10, "-=", 0, 1, false],
  ["mul", 0x20, "*=", 0, 1, true],
  ["div", 0x30, "/=", 0, 1, true],
  ["sdiv", 0x30, "s/=", 1, 4, true],
  ["or", 0x40, "|=", 0, 1, false],
  ["and", 0x50, "&=", 0, 1, false],
  ["lsh", 0x60, "<<=", 0, 1, false],
  ["rsh", 0x70, ">>=", 0, 1, false],
  ["mod", 0x90, "%=", 0, 1, true],
  ["smod", 0x90, "s%=", 1, 4, true],
  ["xor", 0xa0, "^=", 0, 1, false],
  ["mov", 0xb0, "=", 0, 1, false],
  ["arsh", 0xc0, "s>>=", 0, 1, false],
];

function* aluRows(): Generator<InsnRow> {
  for (const [op, code, sign, off, version, divmul] of alu) {
    for (const width of widths) {
      const group: ConformanceGroup = `${divmul ? "divmul" : "base"}${width}`;
      const base = { op, width, off, version, group };
      const mnemonic = op + suffix(width);
      // rbpf and uBPF's sources write the 64-bit form with its width, too.
      const plain = width === 64 ? [mnemonic, `${op}64`] : [mnemonic];
      const spelled = (operand: string): Spelling => ({
        pseudoc: [named(width, `{d} ${sign} ${operand}`)],
        gnu: [`${mnemonic} {d},${operand}`],
        plain: plain.map((name) => `${name} {d}, ${operand}`),
        conformance: [`${mnemonic} {d}, ${operand}`],
      });
      const opcode = aluClass(width) | code;
      yield row({
        ...base,
        name: `${op}${width}_imm`,
        opcode: opcode | bpf.BPF_K,
        dst: "reg",
        imm: "value",
        spelling: spelled("{i}"),
      });
      yield row({
        ...base,
        name: `${op}${width}_reg`,
        opcode: opcode | bpf.BPF_X,
        dst: "reg",
        src: "reg",
        spelling:
          op === "mov" && width === 32
            ? // clang prints the move that clears the upper half as `r1 = w2`, which llvm-mc does not read back.
              { ...spelled("{s}"), pseudoc: ["{wd} = {ws}", "{d} = {ws}"] }
            : spelled("{s}"),
      });
    }
  }
  for (const width of widths) {
    const mnemonic = `neg${suffix(width)}`;
    yield row({
      name: `neg${width}`,
      op: "neg",
      width,
      opcode: aluClass(width) | 0x80,
      dst: "reg",
      group: `base${width}`,
      spelling: {
        pseudoc: [named(width, "{d} = -{d}")],
        gnu: [`${mnemonic} {d}`],
        plain: width === 64 ? ["neg {d}", "neg64 {d}"] : ["neg32 {d}"],
      },
    });
  }
  for (const [width, from] of [
    [64, 8],
    [64, 16],
    [64, 32],
    [32, 8],
    [32, 16],
  ] as const) {
    yield row({
      name: `movsx${from}_${width}`,
      op: "movsx",
      width,
      from,
      opcode: aluClass(width) | 0xb0 | bpf.BPF_X,
      dst: "reg",
      src: "reg",
      off: from,
      version: 4,
      group: `base${width}`,
      spelling: {
        pseudoc: [named(width, `{d} = (s${from}){s}`)],
        gnu: [`movs${suffix(width)} {d},{s},${from}`],
        plain: [`movs${suffix(width)} {d}, {s}, ${from}`],
        conformance: [`movsx${from}${width} {d}, {s}`],
      },
    });
  }
}

/** Byte swaps (RFC 9669 section 4.2): op, opcode, GNU mnemonic, version. */
const swaps: readonly (readonly ["le" | "be" | "bswap", number, string, IsaVersion])[] = [
  ["le", bpf.BPF_ALU | 0xd0 | bpf.BPF_K, "endle", 1],
  ["be", bpf.BPF_ALU | 0xd0 | bpf.BPF_X, "endbe", 1],
  ["bswap", bpf.BPF_ALU64 | 0xd0, "bswap", 4],
];

function* swapRows(): Generator<InsnRow> {
  for (const [op, opcode, mnemonic, version] of swaps) {
    for (const width of [16, 32, 64] as const) {
      yield row({
        name: `${op}${width}`,
        op,
        width,
        opcode,
        dst: "reg",
        imm: width,
        version,
        group: width === 64 ? "base64" : "base32",
        spelling: {
          pseudoc: [`{d} = ${op}${width} {d}`],
          gnu: [`${mnemonic} {d},${width}`],
          plain: [`${op}${width} {d}`, `${mnemonic} {d}, ${width}`],
          conformance: op === "bswap" ? [`bswap${width} {d}`, `swap${width} {d}`] : [`${op}${width} {d}`],
        },
      });
    }
  }
  yield row({
    name: "addr_space_cast",
    op: "addr_space_cast",
    width: 64,
    opcode: bpf.BPF_ALU64 | 0xb0 | bpf.BPF_X,
    dst: "reg",
    src: "reg",
    off: 1,
    imm: "spaces",
    version: 4,
    group: "none",
    spelling: {
      pseudoc: ["{d} = addr_space_cast({s}, {da}, {sa})"],
      gnu: ["addr_space_cast {d},{s},{da},{sa}"],
    },
  });
  // The verifier's own: it puts these into programs (kernel 6.18, linux/filter.h), and `bpftool prog dump xlated` prints them.
  yield row({
    name: "mov_percpu",
    op: "mov_percpu",
    width: 64,
    opcode: bpf.BPF_ALU64 | 0xb0 | bpf.BPF_X,
    dst: "reg",
    src: "reg",
    off: -1,
    version: 4,
    group: "none",
    spelling: { pseudoc: ["{d} = &(void __percpu *)({s})"], gnu: ["mov_percpu {d},{s}"] },
  });
  yield row({
    name: "nospec",
    op: "nospec",
    width: 64,
    opcode: bpf.BPF_ST | bpf.BPF_NOSPEC,
    version: 4,
    group: "none",
    spelling: { pseudoc: ["nospec"], gnu: ["nospec"] },
  });
}

/** op, code, pseudo-C operator, version (RFC 9669 section 4.3). */
const jumps: readonly (readonly [JumpOp, number, string, IsaVersion])[] = [
  ["jeq", 0x10, "==", 1],
  ["jgt", 0x20, ">", 1],
  ["jge", 0x30, ">=", 1],
  ["jset", 0x40, "&", 1],
  ["jne", 0x50, "!=", 1],
  ["jsgt", 0x60, "s>", 1],
  ["jsge", 0x70, "s>=", 1],
  ["jlt", 0xa0, "<", 2],
  ["jle", 0xb0, "<=", 2],
  ["jslt", 0xc0, "s<", 2],
  ["jsle", 0xd0, "s<=", 2],
];

function* jumpRows(): Generator<InsnRow> {
  for (const [op, code, sign, since] of jumps) {
    for (const width of widths) {
      const version: IsaVersion = width === 64 ? since : 3;
      const opcode = (width === 64 ? bpf.BPF_JMP : bpf.BPF_JMP32) | code;
      const base = { op, width, off: "jump", version, group: `base${width}` } as const;
      const mnemonic = op + suffix(width);
      const spelled = (operand: string): Spelling => ({
        pseudoc: [named(width, `if {d} ${sign} ${operand} goto {j}`)],
        // Source made of kernel text has labels.
        kernel: ["pc{j}", "{j}"].map((target) => named(width, `if {d} ${sign} ${operand} goto ${target}`)),
        gnu: [`${mnemonic} {d},${operand},{j}`],
        plain: [`${mnemonic} {d}, ${operand}, {j}`],
        conformance: [`${mnemonic} {d}, ${operand}, {j}`],
      });
      yield row({
        ...base,
        name: `${op}${width}_imm`,
        opcode: opcode | bpf.BPF_K,
        dst: "reg",
        imm: "value",
        spelling: spelled("{i}"),
      });
      yield row({
        ...base,
        name: `${op}${width}_reg`,
        opcode: opcode | bpf.BPF_X,
        dst: "reg",
        src: "reg",
        spelling: spelled("{s}"),
      });
    }
  }
}

const controlRows: readonly InsnRow[] = [
  row({
    name: "ja",
    op: "ja",
    width: 64,
    opcode: bpf.BPF_JMP,
    off: "jump",
    group: "base64",
    spelling: { pseudoc: ["goto {j}"], kernel: ["goto pc{j}", "goto {j}"], gnu: ["ja {j}"] },
  }),
  row({
    name: "ja32",
    op: "ja",
    width: 32,
    opcode: bpf.BPF_JMP32,
    imm: "jump",
    version: 4,
    group: "base32",
    spelling: {
      pseudoc: ["gotol {J}"],
      kernel: ["gotol pc{J}", "gotol {J}"],
      gnu: ["jal {J}"],
      plain: ["jal {J}", "ja32 {J}"],
      conformance: ["ja32 {J}"],
    },
  }),
  row({
    name: "may_goto",
    op: "may_goto",
    width: 64,
    opcode: bpf.BPF_JMP | 0xe0,
    off: "jump",
    version: 4,
    group: "none",
    spelling: {
      pseudoc: ["may_goto {j}"],
      kernel: ["may_goto pc{j}", "may_goto {j}"],
      gnu: ["jcond {j}"],
      plain: ["may_goto {j}", "jcond {j}"],
    },
  }),
  row({
    name: "gotox",
    op: "gotox",
    width: 64,
    opcode: bpf.BPF_JMP | bpf.BPF_X,
    dst: "reg",
    version: 4,
    group: "none",
    spelling: { pseudoc: ["gotox {d}"], gnu: ["gotox {d}"] },
  }),
  row({
    name: "call_helper",
    op: "call",
    width: 64,
    opcode: bpf.CALL,
    imm: "helper",
    group: "base64",
    spelling: { pseudoc: ["call {c}"], gnu: ["call {c}"], conformance: ["call {c}", "call helper {c}"] },
  }),
  row({
    name: "call_local",
    op: "call_local",
    width: 64,
    opcode: bpf.CALL,
    src: bpf.BPF_PSEUDO_CALL,
    imm: "call",
    group: "base64",
    spelling: {
      pseudoc: ["call {f}", "call local {f}"],
      kernel: ["call pc{f}", "call {f}"],
      gnu: ["call {f}", "call local {f}"],
      conformance: ["call local {f}"],
    },
  }),
  row({
    name: "call_kfunc",
    op: "call_kfunc",
    width: 64,
    opcode: bpf.CALL,
    src: bpf.BPF_PSEUDO_KFUNC_CALL,
    off: "index",
    imm: "value",
    version: 3,
    group: "none",
    spelling: {
      pseudoc: ["call kfunc {i}, {x}", "call kfunc {i}"],
      gnu: ["call kfunc {i},{x}", "call kfunc {i}"],
      conformance: ["call kfunc {i}, {x}", "call runtime {i}", "call kfunc {i}"],
    },
  }),
  row({
    name: "callx",
    op: "callx",
    width: 64,
    opcode: bpf.CALL | bpf.BPF_X,
    dst: "reg",
    version: 4,
    group: "callx",
    spelling: {
      pseudoc: ["callx {d}"],
      gnu: ["call {d}", "callx {d}"],
      plain: ["callx {d}", "call {d}"],
      conformance: ["call {d}", "call helper {d}"],
    },
  }),
  // clang up to 18 puts the register number into the immediate.
  row({
    name: "callx_imm",
    op: "callx",
    width: 64,
    opcode: bpf.CALL | bpf.BPF_X,
    imm: "reg",
    version: 4,
    group: "none",
    spelling: { pseudoc: ["callx_imm {ri}"], gnu: ["callx_imm {ri}"] },
  }),
  row({
    name: "exit",
    op: "exit",
    width: 64,
    opcode: bpf.EXIT,
    group: "base64",
    spelling: { pseudoc: ["exit"], gnu: ["exit"] },
  }),
];

/** bits, size field, GNU suffix. */
const sizes: readonly (readonly [Width, number, string])[] = [
  [64, bpf.BPF_DW, "dw"],
  [32, bpf.BPF_W, "w"],
  [16, bpf.BPF_H, "h"],
  [8, bpf.BPF_B, "b"],
];

/** Accesses below 64 bits belong to base32, except that the 64-bit one needs base64 (RFC 9669 section 5). */
const accessGroup = (width: Width): ConformanceGroup => (width === 64 ? "base64" : "base32");

function* memoryRows(): Generator<InsnRow> {
  for (const [width, size, letter] of sizes) {
    const group = accessGroup(width);
    const type = `(u${width} *)`;
    // Below 64 bits LLVM also writes the 32-bit register names; the instruction is the same.
    const narrow = (text: string): string[] => (width === 64 ? [] : [text]);
    yield row({
      name: `ldx${letter}`,
      op: "ldx",
      width,
      opcode: bpf.BPF_LDX | bpf.BPF_MEM | size,
      dst: "reg",
      src: "reg",
      off: "mem",
      group,
      spelling: {
        pseudoc: [`{d} = *${type}({s}{o})`, ...narrow(`{wd} = *${type}({s}{o})`)],
        gnu: [`ldx${letter} {d},[{s}{o}]`],
        plain: [`ldx${letter} {d}, [{s}{o}]`],
        conformance: [`ldx${letter} {d}, [{s}{o}]`],
      },
    });
    if (width !== 64) {
      yield row({
        name: `ldxs${letter}`,
        op: "ldsx",
        width,
        opcode: bpf.BPF_LDX | bpf.BPF_MEMSX | size,
        dst: "reg",
        src: "reg",
        off: "mem",
        version: 4,
        group: "base64",
        spelling: {
          pseudoc: [`{d} = *(s${width} *)({s}{o})`],
          gnu: [`ldxs${letter} {d},[{s}{o}]`],
          plain: [`ldxs${letter} {d}, [{s}{o}]`],
          conformance: [`ldxs${letter} {d}, [{s}{o}]`],
        },
      });
    }
    yield row({
      name: `stx${letter}`,
      op: "stx",
      width,
      opcode: bpf.BPF_STX | bpf.BPF_MEM | size,
      dst: "reg",
      src: "reg",
      off: "mem",
      group,
      spelling: {
        pseudoc: [`*${type}({d}{o}) = {s}`, ...narrow(`*${type}({d}{o}) = {ws}`)],
        gnu: [`stx${letter} [{d}{o}],{s}`],
        plain: [`stx${letter} [{d}{o}], {s}`],
        conformance: [`stx${letter} [{d}{o}], {s}`],
      },
    });
    yield row({
      name: `st${letter}`,
      op: "st",
      width,
      opcode: bpf.BPF_ST | bpf.BPF_MEM | size,
      dst: "reg",
      off: "mem",
      imm: "value",
      group,
      spelling: {
        pseudoc: [`*${type}({d}{o}) = {i}`],
        gnu: [`st${letter} [{d}{o}],{i}`],
        plain: [`st${letter} [{d}{o}], {i}`],
        conformance: [`st${letter} [{d}{o}], {i}`],
      },
    });
    const ordered = {
      width,
      opcode: bpf.BPF_STX | bpf.BPF_ATOMIC | size,
      off: "mem",
      version: 4,
      group: "none",
    } as const;
    const register = width === 64 ? "" : "w";
    yield row({
      ...ordered,
      name: `ldacq${letter}`,
      op: "load_acquire",
      dst: "reg",
      src: "reg",
      imm: bpf.BPF_LOAD_ACQ,
      spelling: {
        pseudoc: [`{${register}d} = load_acquire(${type}({s}{o}))`],
        kernel: [`{d} = load_acquire(${type}({s}{o}))`],
        gnu: [`ldacq${letter} {d},[{s}{o}]`],
      },
    });
    yield row({
      ...ordered,
      name: `strel${letter}`,
      op: "store_release",
      dst: "reg",
      src: "reg",
      imm: bpf.BPF_STORE_REL,
      spelling: {
        pseudoc: [`store_release(${type}({d}{o}), {${register}s})`],
        kernel: [`store_release(${type}({d}{o}), {s})`],
        gnu: [`strel${letter} [{d}{o}],{s}`],
      },
    });
    // Packet loads (RFC 9669 section 5.5). The 64-bit ones are binutils' (up to 2.40): no kernel takes them.
    const packet = width === 64 ? "none" : "packet";
    yield row({
      name: `ldabs${letter}`,
      op: "ldabs",
      width,
      opcode: bpf.BPF_LD | bpf.BPF_ABS | size,
      imm: "value",
      group: packet,
      spelling: { pseudoc: [`r0 = *${type}skb[{i}]`], gnu: [`ldabs${letter} {i}`] },
    });
    yield row({
      name: `ldind${letter}`,
      op: "ldind",
      width,
      opcode: bpf.BPF_LD | bpf.BPF_IND | size,
      src: "reg",
      imm: "disp",
      group: packet,
      spelling: {
        pseudoc: [`r0 = *${type}skb[{s}{O}]`],
        gnu: [`ldind${letter} {s},{i}`],
        plain: [`ldind${letter} {s}, {i}`],
      },
    });
  }
}

/** op, immediate, operator, GNU >= 2.41 mnemonic (RFC 9669 section 5.3). */
const atomics: readonly (readonly [AtomicOp, number, string, string])[] = [
  ["atomic_add", 0x00, "+=", "aadd"],
  ["atomic_or", 0x40, "|=", "aor"],
  ["atomic_and", 0x50, "&=", "aand"],
  ["atomic_xor", 0xa0, "^=", "axor"],
];

function* atomicRows(): Generator<InsnRow> {
  for (const width of widths) {
    const size = width === 64 ? bpf.BPF_DW : bpf.BPF_W;
    const base = {
      width,
      opcode: bpf.BPF_STX | bpf.BPF_ATOMIC | size,
      dst: "reg",
      src: "reg",
      off: "mem",
      group: `atomic${width}`,
    } as const;
    const type = `(u${width} *)`;
    const s = width === 64 ? "{s}" : "{ws}";
    const tail = suffix(width);
    const kernelPrefix = width === 64 ? "atomic64_" : "atomic_";
    for (const [op, imm, sign, gnu] of atomics) {
      const verb = op.slice("atomic_".length);
      // GNU before 2.41 knows the addition alone, under this name; newer versions keep it.
      const old = op === "atomic_add" ? [`xadd${width === 64 ? "dw" : "w"}`] : [];
      const mnemonics = [...old, gnu + tail];
      yield row({
        ...base,
        name: `${op}${width}`,
        op,
        imm,
        // The addition alone exists since v1; the others came with the v3 atomics.
        version: op === "atomic_add" ? 1 : 3,
        spelling: {
          // Before there were 32-bit registers (LLVM at v1 and v2) a 32-bit addition named the whole one.
          pseudoc: [
            `lock *${type}({d}{o}) ${sign} ${s}`,
            ...(op === "atomic_add" && width === 32 ? [`lock *${type}({d}{o}) ${sign} {s}`] : []),
            // binutils takes its oldest atomic without the word, too.
            ...(op === "atomic_add" ? [`*${type}({d}{o}) ${sign} ${s}`] : []),
          ],
          kernel: [`lock *${type}({d}{o}) ${sign} {s}`],
          gnu: mnemonics.map((name) => `${name} [{d}{o}],{s}`),
          plain: mnemonics.map((name) => `${name} [{d}{o}], {s}`),
          conformance: [`lock ${verb}${tail} [{d}{o}], {s}`],
        },
      });
      yield row({
        ...base,
        name: `atomic_fetch_${verb}${width}`,
        op: `atomic_fetch_${verb}` as AtomicOp,
        imm: imm | bpf.BPF_FETCH,
        version: 3,
        spelling: {
          pseudoc: [`${s} = atomic_fetch_${verb}(${type}({d}{o}), ${s})`],
          kernel: [`{s} = ${kernelPrefix}fetch_${verb}(${type}({d}{o}), {s})`],
          gnu: [`af${gnu.slice(1)}${tail} [{d}{o}],{s}`],
          plain: [`af${gnu.slice(1)}${tail} [{d}{o}], {s}`],
          conformance: [`lock fetch ${verb}${tail} [{d}{o}], {s}`],
        },
      });
    }
    const name = width === 64 ? "64" : "32_32";
    const r0 = width === 64 ? "r0" : "w0";
    const xchg = width === 64 ? `xchg_${name}` : `xchg${name}`;
    yield row({
      ...base,
      name: `atomic_xchg${width}`,
      op: "atomic_xchg",
      imm: bpf.BPF_XCHG,
      version: 3,
      spelling: {
        pseudoc: [`${s} = ${xchg}({d}{o}, ${s})`],
        kernel: [`{s} = ${kernelPrefix}xchg(${type}({d}{o}), {s})`],
        gnu: [`axchg${tail} [{d}{o}],{s}`],
        plain: [`axchg${tail} [{d}{o}], {s}`],
        conformance: [`lock xchg${tail} [{d}{o}], {s}`],
      },
    });
    yield row({
      ...base,
      name: `atomic_cmpxchg${width}`,
      op: "atomic_cmpxchg",
      imm: bpf.BPF_CMPXCHG,
      version: 3,
      spelling: {
        pseudoc: [`${r0} = cmp${xchg}({d}{o}, ${r0}, ${s})`],
        kernel: [`r0 = ${kernelPrefix}cmpxchg(${type}({d}{o}), r0, {s})`],
        gnu: [`acmp${tail} [{d}{o}],{s}`],
        plain: [`acmp${tail} [{d}{o}], {s}`],
        conformance: [`lock cmpxchg${tail} [{d}{o}], {s}`],
      },
    });
  }
}

/** 64-bit immediate loads by src_reg (RFC 9669 section 5.4): name and the kernel log's words for it. */
const pseudoLoads: readonly (readonly [string, number, string])[] = [
  ["lddw_map_fd", bpf.BPF_PSEUDO_MAP_FD, "{d} = map[id:{i}]"],
  ["lddw_map_value", bpf.BPF_PSEUDO_MAP_VALUE, "{d} = map[id:{i}][0]+{h}"],
  ["lddw_btf_id", bpf.BPF_PSEUDO_BTF_ID, "{d} = btf[id:{i}]+{h}"],
  ["lddw_func", bpf.BPF_PSEUDO_FUNC, "{d} = subprog[{i}]"],
  ["lddw_map_idx", bpf.BPF_PSEUDO_MAP_IDX, "{d} = map[idx:{i}]"],
  ["lddw_map_idx_value", bpf.BPF_PSEUDO_MAP_IDX_VALUE, "{d} = map[idx:{i}]+{h}"],
];

function* wideRows(): Generator<InsnRow> {
  const base = { op: "lddw", width: 64, opcode: bpf.LDDW, dst: "reg", wide: true } as const;
  yield row({
    ...base,
    name: "lddw",
    imm: "imm64",
    group: "base64",
    spelling: {
      pseudoc: ["{d} = {I} ll"],
      kernel: ["{d} = {I}"],
      gnu: ["lddw {d},{I}"],
      plain: ["ldimm64 {d}, {I}", "lddw {d}, {I}"],
      conformance: ["lddw {d}, {I}"],
    },
  });
  for (const [name, src, kernel] of pseudoLoads) {
    yield row({
      ...base,
      name,
      src,
      imm: "pair",
      group: "base64",
      spelling: {
        pseudoc: [`ld_pseudo {d}, ${src}, {i}, {h}`, `ld_pseudo {d}, ${src}, {i}`],
        kernel: [kernel],
        gnu: [`ld_pseudo {d},${src},{i},{h}`, `ld_pseudo {d},${src},{i}`],
      },
    });
  }
}

/** Every row; the index of a row in this array is its number for typed-array users. */
export const insnTable: readonly InsnRow[] = [
  ...aluRows(),
  ...swapRows(),
  ...jumpRows(),
  ...controlRows,
  ...memoryRows(),
  ...atomicRows(),
  ...wideRows(),
];
