/** CO-RE records in assembled programs: `%core` and `.core_reloc`. */
import { existsSync, readFileSync, unlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import {
  CoreReloKind,
  coreReloNames,
  readBtf,
  readBtfExt,
  resolveCoreRelo,
  type Btf,
  type BtfExt,
} from "../../src/btf/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { decodeSlot, newSlot } from "../../src/isa/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

function made(text: string, options: AssembleOptions = {}): ObjectFile {
  const { object, diagnostics } = assemble(text, { file: "t.s", ...options });
  expect(diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  return readObject(writeObject(object!), { file: "t.o" });
}

function recordsOf(object: ObjectFile): { btf: Btf; core: BtfExt["coreRelos"]; code: Uint8Array } {
  const data = (name: string): Uint8Array => object.sections.find((section) => section.name === name)!.data;
  const btf = readBtf(data(".BTF"), { endian: object.endian });
  return { btf, core: readBtfExt(data(".BTF.ext"), btf, { endian: object.endian }).coreRelos, code: data(".text") };
}

const types = `.ctype
struct inner { char c; short s[3][2]; union { int x; long long y; }; };
struct outer___mine {
  int first; struct inner in[4]; unsigned a : 3, b : 7; signed char sc;
  struct { struct { u64 deep; }; } named;
  enum kind { K0, K1 = 7 } kind;
  struct outer___mine *next; int tail[];
};
typedef struct outer___mine outer_t;
enum big { HUGE = 0x100000000, SMALL = 1 };
.endctype
`;

test.each(["little", "big"] as const)(
  "the numbers are those that loaders find in the local types, %s-endian",
  (endian) => {
    const paths = [
      "first",
      "in[3].s[1][1]",
      "in[2].y",
      "a",
      "b",
      "sc",
      "named.deep",
      "kind",
      "next",
      '"0:1:2:1:2"',
      "tail[5]",
      "[2].in[1].c",
    ];
    const kinds = ["byte_off", "byte_sz", "field_exists", "signed", "lshift_u64", "rshift_u64"];
    const whole = (kind: string, path: string): boolean => !/\]$|2"$/.test(path) || /^byte|exists/.test(kind);
    const operators = paths.flatMap((path) =>
      kinds.filter((kind) => whole(kind, path)).map((kind) => `%core(${kind}, outer_t, ${path})`),
    );
    operators.push(
      "%core(type_size, struct inner)",
      "%core(type_exists, enum big)",
      "%core(type_matches, struct inner)",
    );
    operators.push("%core(enumval_value, enum kind, K1)", "%core(enumval_exists, enum big, SMALL)");
    operators.push("%core(local_type_id, struct inner)", "%core(BPF_CORE_TYPE_ID_TARGET, struct inner)");
    const text = `${types}.text\n${operators.map((each) => `mov r1, ${each}\n`).join("")}exit\n`;
    const { btf, core, code } = recordsOf(made(text, { endian, syntax: "plain" }));
    const [{ section, records } = { section: "", records: [] }] = core;
    expect(section).toBe(".text");
    expect(records.length).toBe(operators.length);
    for (const [i, relo] of records.entries()) {
      expect(relo.insnOff).toBe(8 * i);
      const { original } = resolveCoreRelo(btf, relo, btf);
      const isTarget = relo.kind === CoreReloKind.BPF_CORE_TYPE_ID_TARGET;
      expect([operators[i], BigInt(decodeSlot(code, 8 * i, endian, newSlot()).imm)]).toEqual([
        operators[i],
        isTarget ? BigInt(relo.typeId) : original,
      ]);
    }
  },
);

test("every spelling has the operator, in displacements, immediates and 64-bit loads", () => {
  const texts: Record<string, string> = {
    plain:
      "ldxw r1, [r2+%core(outer_t, sc)]\nstw [r2 + %core(outer_t, sc)], 1\nldimm64 r1, %core(enumval_value, enum big, HUGE)",
    gnu: "ldxw %r1, [%r2+%core(outer_t, sc)]\nstw [%r2+%core(outer_t, sc)], 1\nlddw %r1, %core(enumval_value, enum big, HUGE)",
    pseudoc:
      "r1 = *(u32 *)(r2 + %core(outer_t, sc))\n*(u32 *)(r2 + %core(outer_t, sc)) = 1\nr1 = %core(enumval_value, enum big, HUGE) ll",
    conformance:
      "ldxw %r1, [%r2+%core(outer_t, sc)]\nstw [%r2+%core(outer_t, sc)], 1\nlddw %r1, %core(enumval_value, enum big, HUGE)",
  };
  const objects = Object.entries(texts).map(([syntax, text]) =>
    recordsOf(made(`${types}.text\n.syntax ${syntax}\nfirst:\n${text}\n`)),
  );
  for (const { core, code } of objects) {
    expect(core).toEqual(objects[0]!.core);
    expect(code).toEqual(objects[0]!.code);
  }
  const [slot, wide] = [0, 16].map((at) => decodeSlot(objects[0]!.code, at, "little", newSlot()));
  expect([slot!.off, wide!.imm]).toEqual([106, 0]);
  expect(core0(objects[0]!)).toEqual(["byte_off", "byte_off", "enumval_value"]);
});

const core0 = ({ core }: { core: BtfExt["coreRelos"] }): string[] =>
  core[0]!.records.map(({ kind }) => coreReloNames[kind]!);

test(".core_reloc says the same of an instruction that was written before", () => {
  const operator = `${types}.text\n r1 = 3\nplace: r2 = *(u32 *)(r1 + %core(outer_t, first))\n r1 = *(u32 *)(r1 + %core(outer_t, in[1].x))\n`;
  const stated = `${types}.text\n r1 = 3\n.core_reloc ., outer_t, in[1].c\nplace: r2 = *(u32 *)(r1 + 0)\n.core_reloc ., byte_off, outer_t, "0:1:1:2:0"\n r1 = *(u32 *)(r1 + 48)\n.globl place\n`;
  const good = stated.replace("in[1].c", "first");
  const first = recordsOf(made(operator));
  const second = recordsOf(made(good));
  expect(second.core).toEqual(first.core);
  expect(second.code).toEqual(first.code);
  const { diagnostics } = assemble(stated);
  expect(diagnostics.map(({ code, message }) => [code, message])).toEqual([
    ["asm-core-value", "the instruction has 0, but the access says 32 (byte_off)"],
  ]);
});

test("records move with the code where a jump grows before them", () => {
  const text = `${types}.text\nif r1 == 1 goto far\nr1 = %core(outer_t, sc)\n.rept 33000\nr0 = 1\n.endr\nfar: exit\n`;
  const { core } = recordsOf(made(text));
  expect(core[0]!.records.map(({ insnOff }) => insnOff)).toEqual([24 - 8]);
});

test.each([
  [
    "mov r1, %core(outer_t, firts)",
    "asm-core-path-near",
    "the access goes to `firts`, which `struct outer___mine` does not have",
  ],
  [
    "mov r1, %core(outer_t, next.first)",
    "asm-core-path",
    "the access goes on at `first` where there is no struct, union or array: a pointer is loaded first, and its target is another access",
  ],
  [
    "mov r1, %core(outer_t, in.c)",
    "asm-core-path",
    "the access goes to `c` of an array: an index in brackets is missing",
  ],
  ["mov r1, %core(outer_t, in[4].c)", "asm-core-path", "the access asks for element 4 of 4"],
  ["mov r1, %core(byte_of, outer_t, first)", "asm-core-kind", "`byte_of` is no kind of CO-RE relocation"],
  ["mov r1, %core(outer_t, first) + 1", "asm-core-field", "`%core` cannot be relocated here"],
  ["jeq r1, %core(outer_t, first), +0", "asm-core-field", "`%core` cannot be relocated here"],
  ["stw [r1+0], %core(outer_t, first)", "asm-core-field", "`%core` cannot be relocated here"],
  [".long %core(outer_t, first)", "asm-core-place", "`%core` is for operands of instructions"],
  ["mov r1, %core(struct inner *)", "asm-core-type", "the type has no name by which a kernel could have it"],
  ["mov r1, %core(struct nothing, first)", "asm-core-path", "the access starts at a type that has no body"],
  [".core_reloc nowhere, outer_t, first", "asm-core-instruction", "there is no instruction here that can be relocated"],
  [".core_reloc ., outer_t, first\nexit", "asm-core-instruction", "there is no instruction here that can be relocated"],
])("%s is refused with the reason", (line, code, message) => {
  const { object, diagnostics } = assemble(`${types}.text\n${line}\n`, { syntax: "plain" });
  expect(object).toBeUndefined();
  expect(diagnostics.map((each) => [each.code, each.message])).toEqual([[code, message]]);
});

test("--strict refuses both", () => {
  const { diagnostics } = assemble("mov r1, %core(type_exists, int)\n.core_reloc ., int\n", {
    strict: true,
    syntax: "plain",
  });
  expect(diagnostics.map(({ message }) => message)).toEqual([
    "`%core` is an addition of bpfkit",
    "`.core_reloc` is an addition of bpfkit",
  ]);
});

const vmlinux = "/sys/kernel/btf/vmlinux";
const noKernel = kernelMissing !== "" ? kernelMissing : existsSync(vmlinux) ? "" : ` (skipped: no ${vmlinux})`;

/** Returns where the running kernel has `tgid`: anywhere but 4. */
const probe = `.syntax plain
	.license "GPL"
	.ctype "struct task_struct { int pid; int tgid; };"
	.program xdp
	.func int probe(struct xdp_md *ctx)
	call skip
	mov r0, %core(struct task_struct, tgid)
	exit
	.endfunc
	.text
	.func static int skip(void)
	mov r0, %core(byte_sz, struct task_struct, tgid)
	exit
	.endfunc
`;

function tgidOffset(): number {
  const btf = readBtf(readFileSync(vmlinux));
  const type = btf.type(btf.findByName("task_struct", "struct")!);
  return type.kind === "struct" ? type.members.find(({ name }) => name === "tgid")!.offset / 8 : -1;
}

test.skipIf(noKernel !== "")(`the kernel relocates what bpfkit loads${noKernel}`, () => {
  const loaded = loadImage(imageOf(made(probe)), kernel());
  try {
    expect(loaded.programs[0]!.testRun({ data: new Uint8Array(64) }).retval).toBe(tgidOffset());
  } finally {
    loaded.close();
  }
  const untyped = probe.replace("xdp\n\t.func int probe(struct xdp_md *ctx)", "xdp, probe").replace(".endfunc", "");
  expect(() => loadImage(imageOf(made(untyped)), kernel()).close()).toThrow("has CO-RE records");
});

const tools = noKernel !== "" ? noKernel : toolMissing("bpftool");

test.skipIf(tools !== "")(`libbpf relocates the object for vmlinux${tools}`, () => {
  inScratchFolder((folder) => {
    const pin = `/sys/fs/bpf/bpfkit-core-${process.pid}`;
    const file = join(folder, "probe.o");
    writeFileSync(file, writeObject(made(probe)));
    try {
      expect(runTool("bpftool", ["prog", "load", file, pin])).toMatchObject({ status: 0 });
      const { stdout } = runTool("bpftool", ["prog", "dump", "xlated", "pinned", pin]);
      expect(stdout).toContain(`r0 = ${tgidOffset()}\n`);
      expect(stdout).toContain("r0 = 4\n");
    } finally {
      if (existsSync(pin)) unlinkSync(pin);
    }
  });
});
