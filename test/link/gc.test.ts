import { expect, test } from "vitest";
import { readBtf } from "../../src/btf/index.js";
import { imageOf, writeObject, type ObjectFile } from "../../src/object/index.js";
import { link } from "../../src/link/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { createVm } from "../../src/vm/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { runTool } from "../support/tools.js";
import { clangMissing, kitchen } from "./compile.js";
import { archive, fn, main, object } from "./objects.js";

const { compile, path, write } = kitchen();

function collected(objects: Parameters<typeof link>[0]): ObjectFile {
  const { object: made, diagnostics } = link(objects, { gcSections: true });
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return made!;
}

const named = (made: ObjectFile): string[] =>
  made.symbols
    .filter(({ type, name }) => type !== "section" && type !== "file" && name !== "")
    .map(({ name }) => name)
    .toSorted();

function answer(made: ObjectFile): bigint {
  const done = createVm(imageOf(made)).run("main");
  if (done.kind === "fault") throw new Error(done.diagnostic.message);
  return done.r0;
}

test("functions and variables that no program leads to are gone, though others of their sections stay", () => {
  const a = object(
    main(" call used\n ldimm64 r1, two\n ldxdw r1, [r1+0]\n add r0, r1") +
      fn("unused", " call dead\n mov r0, 1") +
      fn("used", " call .Lin\n exit\n.Lin:\n jeq r1, 99, 1f\n mov r0, 40\n1:") +
      fn("dead", " mov r0, 3") +
      ".data\n.globl one\n.type one,@object\n.size one, 8\none:\n .quad 1\n.globl two\n.type two,@object\n.size two, 8\ntwo:\n .quad 2\n",
  );
  const made = collected([a]);
  expect(answer(made)).toBe(42n);
  expect(named(made).filter((name) => !name.startsWith(".L"))).toEqual(["main", "two", "used"]);
  expect(made.sections.find(({ name }) => name === ".data")!.size).toBe(8);
});

test("calls and jumps that have no relocation keep their targets, and follow them", () => {
  // The assembler resolves these distances itself; the function between goes away.
  const a = object(
    main(" call a") +
      fn("a", " call c\n add r0, 1", ".local") +
      fn("b", " mov r0, 9", ".local") +
      fn("c", " mov r0, 5", ".local"),
  );
  const made = collected([a]);
  expect(answer(made)).toBe(6n);
  expect(named(made)).toEqual(["a", "c", "main"]);
  // Code that runs on into the next function keeps it behind itself.
  const onward = `.text\n.globl x\n.type x,@function\nx:\n mov r0, 3\n.size x, . - x\n${fn("y", " add r0, 4")}`;
  expect(named(collected([object(main(" call x")), object(fn("z", "") + onward, "b.o")]))).toEqual(["main", "x", "y"]);
});

test("losing weak bodies go, and a link without a program is an error", () => {
  const weak = (value: number) => object(fn("f", ` mov r0, ${value}`, ".weak"), `w${value}.o`);
  const made = collected([object(main(" call f")), weak(1), weak(2), object(fn("f", " mov r0, 3"), "s.o")]);
  expect(answer(made)).toBe(3n);
  expect(made.sections.find(({ name }) => name === ".text")!.size).toBe(16);
  expect(link([weak(1)], { gcSections: true }).diagnostics.map(({ code }) => code)).toEqual(["link-gc-no-roots"]);
  expect(link([weak(1)], { gcSections: true, exports: ["f"] }).diagnostics).toEqual([]);
});

test("equal strings are kept once, and references behind section symbols follow", () => {
  const text = (first: string, second: string): string =>
    `.section .rodata.str1.1,"aMS",@progbits,1\ns1:\n .asciz "${first}"\ns2:\n .asciz "${second}"\n`;
  const a = object(main(" call f\n mov r6, r0\n ldimm64 r1, s2\n ldxb r0, [r1+0]\n add r0, r6") + text("one", "Two"));
  const b = object(fn("f", " ldimm64 r1, s2\n ldxb r0, [r1+0]") + text("Two", "A"), "b.o");
  const { object: made } = link([a, b]);
  expect(answer(made!)).toBe(BigInt("T".charCodeAt(0) + "A".charCodeAt(0)));
  const strings = made!.sections.find(({ name }) => name === ".rodata.str1.1")!;
  expect(new TextDecoder().decode(strings.data)).toBe("one\0Two\0A\0");
  expect(link([a, b], { keepStrings: true }).object!.sections.find(({ name }) => name === ".rodata.str1.1")!.size).toBe(
    14,
  );
});

const skipped = clangMissing + kernelMissing;

test.skipIf(skipped !== "")(
  `a library of which one function is used shrinks to that, types too, and loads${skipped}`,
  () => {
    const functions = Array.from(
      { length: 20 },
      (_, i) => `struct s${i} { int a[${i + 1}]; }; static struct s${i} v${i}; int table${i}[4] = {${i}};
      NOINLINE int lib${i}(struct s${i} *p, int x) { KEEP; v${i}.a[0] += x; return table${i}[x & 3] + v${i}.a[0]; }`,
    ).join("\n");
    const maps = [0, 1].map(
      (i) =>
        `struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, int); __type(value, struct s${i}); __uint(max_entries, 1); } m${i} SEC(".maps");`,
    );
    const library = compile(
      "library.o",
      `${functions}\n${maps.join("\n")}\nNOINLINE void *get1(void) { int k = 0; return bpf_map_lookup_elem(&m1, &k); }\n char L[] SEC("license") = "GPL";`,
    );
    const application = compile(
      "application.o",
      `struct s7; int lib7(struct s7 *, int); SEC("xdp") int prog(struct xdp_md *c) { return lib7(0, 1) + lib7(0, 4); } char L[] SEC("license") = "GPL";`,
    );
    const inputs = [application, archive("lib.a", { "library.o": library })];
    const all = link(inputs).object!;
    const made = collected(inputs);
    // clang takes the struct apart and keeps its one member.
    expect(named(made)).toEqual(["L", "lib7", "prog", "table7", "v7.0"]);
    expect(writeObject(made).length).toBeLessThan(writeObject(all).length / 4);
    const btf = readBtf(made.sections.find(({ name }) => name === ".BTF")!.data);
    expect(btf.findByName("s7", "struct")).toBeDefined();
    expect(btf.findByName("s8", "struct")).toBeUndefined();
    expect(btf.findByName(".maps")).toBeUndefined();
    const loaded = loadImage(imageOf(made), kernel());
    try {
      expect(loaded.program("prog").testRun({ data: new Uint8Array(64) }).retval).toBe(1 + 7 + 5);
    } finally {
      loaded.close();
    }
    write("small.o", writeObject(made));
    const pin = `/sys/fs/bpf/bpfkit-gc-${process.pid}`;
    try {
      expect(runTool("bpftool", ["prog", "loadall", path("small.o"), pin]).stderr).toBe("");
    } finally {
      runTool("rm", ["-rf", pin]);
    }
  },
);
