import { expect, test } from "vitest";
import { formatRaw, readBtf, readBtfExt, readMapDefinitions, type Btf } from "../../src/btf/index.js";
import { link } from "../../src/link/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { assemble } from "../../src/asm/index.js";
import { corpusMissing, corpusPath } from "../support/corpus.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { runTool, toolMissing } from "../support/tools.js";
import { clangMissing, kitchen } from "./compile.js";

const { compile, compileFile, path, read, write } = kitchen();

function linked(objects: readonly ObjectFile[], relocatable = false): ObjectFile {
  const { object, diagnostics } = link(objects, { file: "linked.o", relocatable });
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return object!;
}

function btfOf(object: ObjectFile): Btf {
  return readBtf(object.sections.find(({ name }) => name === ".BTF")!.data);
}

/** The lines of a raw dump without ids, sorted: what two BTFs with other numbering have in common. */
function shape(btf: Btf): string[] {
  const blocks = formatRaw(btf)
    .replaceAll(/type_id=\d+|^\[\d+\]/gm, "#")
    .split(/\n(?=# [A-Z])/);
  const lines = blocks.map((each) => each.trim().replaceAll(/\n\s*/g, "|"));
  // Their linker writes data sections without variables, which say nothing.
  return lines.filter((each) => !each.endsWith("vlen=0") || !each.includes("DATASEC")).toSorted();
}

const skipped = clangMissing + corpusMissing;

const sets: readonly (readonly string[])[] = [
  ["link_a", "link_b", "link_c"],
  ["callbacks", "xadd"],
  ["maps_btf", "jumps", "btf_kinds"],
  ["alu", "packet", "many", "optional"],
];

const cases = sets.map((names) => ({ names }));

test.skipIf(skipped !== "").each(cases)(`$names: types and symbols as bpftool merges them${skipped}`, ({ names }) => {
  const files = names.map((name) => `${names[0]}-${name}.o`);
  const objects = files.map((file, i) => compileFile(file, corpusPath(`c/${names[i]}.c`)));
  const made = linked(objects, true);
  write("ours.o", writeObject(made));
  expect(runTool("bpftool", ["gen", "object", path("theirs.o"), ...files.map(path)]).stderr).toBe("");
  const theirs = readObject(read("theirs.o"));
  expect(shape(btfOf(made))).toEqual(shape(btfOf(theirs)));
  const counts = (object: ObjectFile): unknown => {
    const ext = readBtfExt(object.sections.find(({ name }) => name === ".BTF.ext")!.data, btfOf(object));
    const btf = btfOf(object);
    const functions = ext.funcInfo.map(({ section, records }) => ({
      section,
      records: records.map(({ insnOff, typeId }) => [insnOff, btf.name(typeId)]),
    }));
    const lines = ext.lineInfo.map(({ section, records }) => ({
      section,
      records: records.map(({ insnOff, lineOff, line }) => [insnOff, line, btf.string(lineOff)]),
    }));
    return { functions, lines };
  };
  expect(counts(made)).toEqual(counts(theirs));
  const globals = (object: ObjectFile): unknown[] =>
    object.symbols
      .filter(({ binding }) => binding !== "local")
      .map(({ name, home, size, type }) => [name, home.kind === "section" ? home.offset : home.kind, size, type])
      .toSorted();
  expect(globals(made)).toEqual(globals(theirs));
  // Their linker takes our output, and ours takes theirs.
  expect(runTool("bpftool", ["gen", "object", path("again.o"), path("ours.o")]).stderr).toBe("");
  expect(shape(btfOf(linked([theirs], true)))).toEqual(shape(btfOf(theirs)));
});

const inKernel = clangMissing + kernelMissing;

test.skipIf(inKernel !== "")(`code with types, code without and a map described once load together${inKernel}`, () => {
  const main = compile(
    "main.o",
    `extern int shared; int helper(int); int from_asm(int);
    extern struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, int); __type(value, long); __uint(max_entries, 4); } m SEC(".maps");
    SEC("xdp") int prog(struct xdp_md *c) { int k = 1; long *v = bpf_map_lookup_elem(&m, &k);
      return (v ? 100 : 0) + helper(1) + from_asm(2) + shared; }
    char _license[] SEC("license") = "GPL";`,
  );
  const other = compile(
    "other.o",
    `int shared = 1000; NOINLINE int helper(int x) { KEEP; return x + 10; }
    struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, int); __type(value, long); __uint(max_entries, 4); } m SEC(".maps");
    char _license[] SEC("license") = "GPL";`,
  );
  const text =
    ".text\n.globl from_asm\n.type from_asm,@function\nfrom_asm:\n r0 = r1\n r0 *= 20\n exit\n.size from_asm, .-from_asm\n";
  const plain = assemble(text, { file: "plain.s", syntax: "pseudoc" }).object!;
  const made = linked([main, plain, other]);
  expect(readMapDefinitions(btfOf(made)).map(({ name }) => name)).toEqual(["m"]);
  const loaded = loadImage(imageOf(made), kernel());
  try {
    expect(loaded.program("prog").testRun({ data: new Uint8Array(64) }).retval).toBe(100 + 11 + 40 + 1000);
  } finally {
    loaded.close();
  }
  // libbpf wants every function described, the assembly's, too.
  write("mixed.o", writeObject(made));
  const pin = `/sys/fs/bpf/bpfkit-link-${process.pid}`;
  try {
    expect(runTool("bpftool", ["prog", "loadall", path("mixed.o"), pin]).stderr).toBe("");
  } finally {
    runTool("rm", ["-rf", pin]);
  }
});

test.skipIf(clangMissing !== "")(`an undefined name is told at the line that uses it${clangMissing}`, () => {
  const main = compile(
    "bad.o",
    `int helpr(int); void *malloc(unsigned long);
SEC("xdp") int prog(struct xdp_md *c) {
  return helpr(7);
}
NOINLINE void *g(unsigned long n) { return malloc(n); }`,
  );
  const other = compile("good.o", "NOINLINE int helper(long x) { KEEP; return x; }");
  const { diagnostics } = link([main, other]);
  const [libc, misspelt] = diagnostics;
  expect(diagnostics.map(({ message }) => message)).toEqual(["malloc is undefined", "helpr is undefined"]);
  expect(libc!.help).toContain("malloc is a libc function");
  expect(misspelt!.help).toBe("did you mean helper?");
  expect(misspelt!.place).toMatchObject({ kind: "text", line: 3, source: "  return helpr(7);" });
  expect(misspelt!.notes.map(({ message }) => message)).toEqual([
    "in prog, instruction 1 of section xdp",
    "declared in bad.o as int helpr(int)",
    "helper is defined in good.o as int helper(long x)",
  ]);
});

const gccMissing = inKernel + toolMissing("bpf-gcc");

test.skipIf(clangMissing !== "")(`--prefix-symbols leaves the kernel its names${clangMissing}`, () => {
  const source = `extern int LINUX_KERNEL_VERSION __kconfig; void bpf_rcu_read_lock(void) __ksym; int other(void);
    SEC("xdp") int prog(void *c) { bpf_rcu_read_lock(); return other() + LINUX_KERNEL_VERSION + bpf_get_smp_processor_id(); }`;
  const objects = [compile("kernels.o", source), compile("others.o", "NOINLINE int other(void) { KEEP; return 1; }")];
  const { object, diagnostics } = link(objects, { prefixSymbols: [{ prefix: "p_" }] });
  expect(diagnostics).toEqual([]);
  const names = object!.symbols.filter(({ binding }) => binding !== "local").map(({ name }) => name);
  expect(names.toSorted()).toEqual(["LINUX_KERNEL_VERSION", "bpf_rcu_read_lock", "p_other", "p_prog"]);
});

test.skipIf(gccMissing !== "")(`types of bpf-gcc and clang together are what the kernel takes${gccMissing}`, () => {
  const main = compile(
    "mixed-main.o",
    `extern int gv; int gf(int); SEC("xdp") int prog(struct xdp_md *c) { return gf(1) + gv; }
    char L[] SEC("license") = "GPL";`,
  );
  write(
    "gcc.c",
    new TextEncoder().encode('int gv = 3; char gc[4] = "abc"; int gf(int x) { return x + gv + gc[0]; }\n'),
  );
  expect(runTool("bpf-gcc", ["-O2", "-gbtf", "-c", path("gcc.c"), "-o", path("gcc.o")]).stderr).toBe("");
  const made = linked([main, readObject(read("gcc.o"), { file: "gcc.o", dialect: "gnu-2.40" })]);
  const loaded = loadImage(imageOf(made), kernel());
  try {
    expect(loaded.program("prog").testRun({ data: new Uint8Array(64) }).retval).toBe(1 + 3 + 97 + 3);
  } finally {
    loaded.close();
  }
  write("gcc-mixed.o", writeObject(made));
  const pin = `/sys/fs/bpf/bpfkit-gcc-${process.pid}`;
  try {
    // libbpf speaks of gcc's section .comment, which it has no use for.
    const { status, stderr } = runTool("bpftool", ["prog", "loadall", path("gcc-mixed.o"), pin]);
    expect(stderr).not.toContain("BTF");
    expect(status).toBe(0);
  } finally {
    runTool("rm", ["-rf", pin]);
  }
});
