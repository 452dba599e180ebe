/**
 * What the running kernel prints of programs: `bpftool prog dump xlated` assembles to the bytes that the same dump has as a file, and
 * a verifier's log is read as the instructions in it. BPFKIT_DIFF=… takes every object of the corpus that loads, not every sixteenth.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { decodeUtf8, encodeUtf8, fromHex, toHex } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { formatInsnAt } from "../../src/disasm/index.js";
import {
  decodeSlot,
  encodeSlot,
  insnTable,
  newSlot,
  opcodes,
  rowNumber,
  writeSrc,
  type InsnRow,
} from "../../src/isa/index.js";
import { bpfRequest } from "../../src/kernel/index.js";
import { corpusMissing, corpusPath, readCorpusText } from "../support/corpus.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const bpffs = "/sys/fs/bpf";
const noPins = existsSync(bpffs) ? "" : ` (skipped: no ${bpffs})`;
const missing = corpusMissing + kernelMissing + toolMissing("bpftool") + noPins;

const loadable = (): string[] =>
  readCorpusText("load-baseline.csv")
    .split(/\r?\n/)
    .map((line) => line.split(","))
    .filter(([, status]) => status === "ok")
    .map(([path]) => corpusPath(`objects/${path!}`))
    .filter((_, i) => process.env["BPFKIT_DIFF"] !== undefined || i % 16 === 0);

/** The code of kernel text, or what was said about it. */
function codeOf(text: string, syntax: "kernel" | "auto"): Uint8Array | string {
  const { object, diagnostics } = assemble(text, { syntax });
  if (object === undefined) return diagnostics.map((each) => formatDiagnostic(each)).join("\n");
  const { data, relocations } = object.sections[0] ?? { data: new Uint8Array(0), relocations: [] };
  // A name that is no helper's is an undefined function; what was called is a helper's code by the name it has in the kernel.
  for (const { offset } of relocations) writeSrc(data, offset, "little", 0);
  return data;
}

/**
 * The code slot by slot, without what the text does not tell: where a helper's code is (the text has its name), the number that
 * the kernel keeps in the second slot of a function's address, and in which field of a call it keeps the distance.
 */
function told(code: Uint8Array): string[] {
  const slot = newSlot();
  let isFunction = false;
  return Array.from({ length: code.length / opcodes.SLOT }, (_, i) => {
    const at = i * opcodes.SLOT;
    const { opcode, src, off, imm } = decodeSlot(code, at, "little", slot);
    const hides = isFunction;
    isFunction = opcode === opcodes.LDDW && src === opcodes.BPF_PSEUDO_FUNC;
    if (hides) return "the second slot of a function's address";
    if (opcode !== opcodes.CALL) return toHex(code.subarray(at, at + opcodes.SLOT));
    return src === opcodes.BPF_PSEUDO_CALL ? `call ${off === 0 ? imm : off}` : "call of the kernel";
  });
}

/** bpftool 7.1 prints instructions of v4 as `BUG_…` or as the older ones of the same opcode: sign extensions as moves. */
function isNewer(code: Uint8Array): boolean {
  const slot = newSlot();
  for (let at = 0; at < code.length; at += opcodes.SLOT) {
    const row = rowNumber(decodeSlot(code, at, "little", slot));
    if (row >= 0 && insnTable[row]!.version === 4) return true;
  }
  return false;
}

test.skipIf(missing !== "")(
  `dumps of loaded programs assemble to what is loaded${missing}`,
  { timeout: 600_000 },
  () => {
    let programs = 0;
    let newer = 0;
    inScratchFolder((folder) => {
      const pins = join(bpffs, `bpfkit-test-${process.pid}`);
      for (const object of loadable()) {
        mkdirSync(pins, { recursive: true });
        try {
          if (runTool("bpftool", ["prog", "loadall", object, pins]).status !== 0) continue;
          for (const pin of readdirSync(pins)) {
            const raw = join(folder, "raw");
            const dump = ["prog", "dump", "xlated", "pinned", join(pins, pin)];
            runTool("bpftool", [...dump, "file", raw]);
            const code = new Uint8Array(readFileSync(raw));
            const { stdout } = runTool("bpftool", dump);
            // With the bytes of each instruction, what this bpftool has no words for is told, too.
            const withBytes = codeOf(runTool("bpftool", [...dump, "opcodes"]).stdout, "auto");
            expect(typeof withBytes === "string" ? withBytes : told(withBytes), `${object} ${pin}`).toEqual(told(code));
            if (isNewer(code)) {
              newer++;
              continue;
            }
            const wanted = told(code);
            for (const syntax of ["kernel", "auto"] as const) {
              const made = codeOf(stdout, syntax);
              expect(typeof made === "string" ? made : told(made), `${object} ${pin}\n${stdout}`).toEqual(wanted);
            }
            programs++;
          }
        } finally {
          rmSync(pins, { recursive: true, force: true });
        }
      }
    });
    console.log(`dumps of loaded programs compared: ${programs}; ${newer} have what bpftool 7.1 does not know`);
    expect(programs).toBeGreaterThan(10);
  },
);

/** Rows that a program of any type may hold, wherever, before the verifier looks at what they do. */
function goesAnywhere({ name, op }: InsnRow): boolean {
  if (/^lddw_|^(ldabs|ldind)dw$/.test(name) || op.startsWith("call_")) return false;
  return !["callx", "gotox", "exit", "mov_percpu", "nospec", "ja"].includes(op);
}

function encodeRandom(row: InsnRow, random: Random): Uint8Array {
  const code = new Uint8Array(row.wide ? 16 : 8);
  const imm = row.op === "call" ? random.between(1, 200) : row.imm === "spaces" ? 0x1_0000 : random.u32() | 0;
  // Distances of 0 go to the next instruction: each one stays reachable.
  const off = row.off === "mem" ? random.between(-32768, 32767) : 0;
  const field = (fixed: string | number, other: number): number => (typeof fixed === "number" ? fixed : other);
  const dst = field(row.dst, random.below(11));
  const src = field(row.src, random.below(11));
  encodeSlot(code, 0, "little", row.opcode, dst, src, field(row.off, off), field(row.imm, imm));
  if (row.wide) encodeSlot(code, opcodes.SLOT, "little", 0, 0, 0, 0, random.u32() | 0);
  return code;
}

/** What the kernel's log says of `code`, accepted or not. */
function verifierLog(code: Uint8Array): string {
  const buffer = new Uint8Array(1 << 20);
  const log = { log_level: 2, log_size: buffer.length, log_buf: buffer };
  const program = { prog_type: 1, insns: code, insn_cnt: code.length / opcodes.SLOT, license: encodeUtf8("GPL\0") };
  const fd = kernel().bpf(bpfRequest("BPF_PROG_LOAD", { ...program, ...log }, "little"));
  if (fd >= 0) kernel().close(fd);
  return decodeUtf8(buffer.subarray(0, buffer.indexOf(0)));
}

test.skipIf(kernelMissing !== "")(`random instructions as the kernel's log prints them${kernelMissing}`, (context) => {
  const random = new Random(3);
  const rows = insnTable.filter(goesAnywhere);
  const seen = new Set<string>();
  for (let round = 0; round < 6; round++) {
    const codes = random.shuffle(rows).map((row) => encodeRandom(row, random));
    const code = Uint8Array.from([
      ...codes.flatMap((each) => [...each]),
      ...fromHex("b7000000000000009500000000000000"),
    ]);
    const lines = verifierLog(code).split("\n");
    const from = lines.findIndex((line) => line.startsWith("Live regs before insn"));
    if (from < 0) return context.skip("this kernel's log does not list the whole program");
    // The list ends where the steps begin.
    const listed = lines.slice(
      from,
      lines.findIndex((line, i) => i > from && !/^\s*\d+: [.\d]{10} /.test(line)),
    );
    const made = codeOf(`${listed.join("\n")}\n`, "kernel");
    expect(typeof made === "string" ? made : toHex(made)).toBe(toHex(code));
    let at = 0;
    const ours = listed.slice(1).map((line) => {
      const text = formatInsnAt(code, at, "little", "kernel");
      at += code[at] === opcodes.LDDW ? 2 * opcodes.SLOT : opcodes.SLOT;
      return line.slice(0, line.indexOf(")") + 2) + text;
    });
    expect(ours).toEqual(listed.slice(1));
    for (const row of rows) seen.add(row.name);
  }
  console.log(`rows as the kernel prints them: ${seen.size}`);
});

const log = `libbpf: prog 'prog': -- BEGIN PROG LOAD LOG --
func#0 @0
(0) frame 0 insn 2 +written -16
Live regs before insn:
  0: .1........ (79) r1 = *(u64 *)(r1 +0)
  1: .1........ (15) if r1 == 0x0 goto pc+1
  2: .......... (b7) r0 = 2
  3: 0......... (95) exit
0: R1=ctx() R10=fp0
; return ctx->data; @ prog.c:3
0: (79) r1 = *(u64 *)(r1 +0)          ; R1_w=scalar()
1: (15) if r1 == 0x0 goto pc+1        ; R1_w=scalar()
2: (b7) r0 = 2                        ; R0_w=2
3: (95) exit
mark_precise: frame0: last_idx 3 first_idx 0 subseq_idx -1

from 1 to 3: R1=0 R10=fp0
 R6=ctx() R7=map_value(map=a,ks=4,vs=8) R10=fp0 fp-8=mmmm????
3: R1=0 R10=fp0
3: (95) exit
processed 5 insns (limit 1000000) max_states_per_insn 0 total_states 1 peak_states 1 mark_read 1
-- END PROG LOAD LOG --
`;

test("of a verifier's log the instructions are read", () => {
  const code = codeOf(log, "kernel");
  expect(typeof code === "string" ? code : toHex(code)).toBe(
    ["7911000000000000", "1501010000000000", "b700000002000000", "9500000000000000"].join("").repeat(2) +
      "9500000000000000",
  );
  expect(codeOf(log, "auto")).toEqual(code);
});

test("bytes under an instruction: checked, and taken where bpftool had no words for it", () => {
  const said = (text: string): string[] => {
    const { object, diagnostics } = assemble(`int f(void):\n${text}`, { syntax: "kernel" });
    return [object === undefined ? "" : toHex(object.sections[0]!.data), ...diagnostics.map(({ code }) => code)];
  };
  const same = "   0: (b7) r0 = 2\n       b7 00 00 00 02 00 00 00\n";
  expect(said(`${same}${same}   2: (95) exit\n`)).toEqual(["b700000002000000b7000000020000009500000000000000"]);
  expect(said("   0: (bf) r2 = r2\n       bf 22 20 00 00 00 00 00\n")).toEqual([
    "bf22200000000000",
    "asm-kernel-bytes",
  ]);
  expect(said("   0: BUG_alu64_d7\n       d7 01 00 00 10 00 00 00\n   1: (95) exit\n")).toEqual([
    "d7010000100000009500000000000000",
  ]);
  for (const text of ["   0: BUG_alu64_d7\n", "   0: BUG_alu64_d7\n       d7 01 00 01 10 00 00 00\n"])
    expect(said(text)).toEqual(["", "asm-kernel-bug"]);
  // The number of a call and the address of a map are those of that kernel.
  expect(said("   0: (85) call bpf_map_lookup_elem#330864\n       85 00 00 00 70 0c 05 00\n")).toEqual([
    "8500000001000000",
  ]);
  expect(said("   0: (85) call __htab_map_lookup_elem#330864\n")).toEqual(["8510000000000000"]);
});

test("a remark is no excuse for what is meant as an instruction", () => {
  expect(codeOf("0: (b7) r0 = 2\n1: r0 += 1\n", "kernel")).not.toBeTypeOf("string");
  for (const text of ["0: (bf) r0 = 2", "0: (95) exti", "from 1 to", "processed"]) {
    expect(codeOf(`${text}\n`, "kernel"), text).toBeTypeOf("string");
  }
});

test.each([
  ["(85) call bpf_map_lookup_elem#1", "8500000001000000"],
  ["(85) call bpf_map_lookup_elem#276304", "8500000001000000"],
  ["(85) call unknown#195", "85000000c3000000"],
  ["(85) call pc+5#bpf_prog_61bd5976c7c94add_a_fn", "8510000005000000"],
  ["(c2) nospec", "c200000000000000"],
  ["(bf) r1 = &(void __percpu *)(r2)", "bf21ffff00000000"],
  ["(18) r1 = map[id:9448]", "18110000e82400000000000000000000"],
  ["(18) r2 = map[id:9457][0]+8", "18220000f12400000000000008000000"],
  ["(18) r2 = subprog[+5]", "18420000050000000000000000000000"],
  ["(18) r1 = 0x1122334455667788", "18010000887766550000000044332211"],
  ["(b7) r1 = 5", "b701000005000000"],
  ["(c4) w3 s>>= 4", "c403000004000000"],
  ["(db) r2 = atomic64_fetch_add((u64 *)(r1 +8), r2)", "db21080001000000"],
  ["(db) r0 = atomic64_cmpxchg((u64 *)(r1 +8), r0, r2)", "db210800f1000000"],
  ["(d3) r1 = load_acquire((u8 *)(r2 +0))", "d321000000010000"],
  ["(40) r0 = *(u32 *)skb[r3 + 4]", "4030000004000000"],
  ["(06) gotol pc-3", "06000000fdffffff"],
  ["(e5) may_goto pc+1", "e500010000000000"],
  ["(0d) gotox r3", "0d03000000000000"],
])("%s", (line, bytes) => {
  const code = codeOf(`7: ${line}`, "kernel");
  expect(typeof code === "string" ? code : toHex(code)).toBe(bytes);
});
