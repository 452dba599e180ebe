/** C that types and sections are unusual in: what bpftool links and the kernel loads, we link, and it returns the same. */
import { readdirSync } from "node:fs";
import { expect, test } from "vitest";
import { kernelMissing } from "../support/kernel.js";
import { runTool } from "../support/tools.js";
import { clangMissing, expectLinked, kitchen } from "./compile.js";

const cooking = kitchen();
const { compile, path, write } = cooking;
const skipped = clangMissing + kernelMissing;

/** Declarations for both files, definitions of the first, and what the programs of both add up. */
interface Feature {
  readonly both?: string;
  readonly first: string;
  readonly second?: string;
  readonly value: string;
  readonly flags?: readonly string[];
}

const map = (name: string, value: string): string =>
  `struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, int); __type(value, ${value}); __uint(max_entries, 2); } ${name} SEC(".maps");`;
const mapUser = (name: string, put: number): string =>
  `static NOINLINE long use_${name}(void) { int k = 1; long v = ${put}, *p; bpf_map_update_elem(&${name}, &k, &v, 0);
     p = bpf_map_lookup_elem(&${name}, &k); return p ? *p : 7; }`;
const task = `struct task_struct { int pid; int tgid; char comm[16]; int nosuch; } __attribute__((preserve_access_index));
  enum bpf_map_type___x { BPF_MAP_TYPE_HASH___x = 1, BPF_MAP_TYPE_NOSUCH___x = 99 };`;

const features: Readonly<Record<string, Feature>> = {
  "packed structs and bit fields": {
    both: "struct __attribute__((packed)) p { char a; int b; long c : 33; }; extern struct p p; struct b { int a : 3; unsigned b : 7; long c : 40; }; extern struct b b;",
    first: "struct p p = { 1, 2, 3 }; struct b b = { -1, 5, 6 };",
    value: "p.a + p.b + p.c + b.a + b.b + b.c",
  },
  "enumerators of 64 bits": {
    both: "enum e { BIG = 0x123456789abLL, NEGATIVE = -5LL }; extern enum e e;",
    first: "enum e e = BIG;",
    value: "(int)(e >> 4)",
  },
  "tags of declarations and of types": {
    both: `#define DECL(t) __attribute__((btf_decl_tag(t)))
      struct t { int a DECL("member"); int __attribute__((btf_type_tag("user"))) *p; }; extern struct t t; int tagged(int a DECL("argument"));`,
    first: 'struct t t DECL("variable") = { 3 }; NOINLINE DECL("function") int tagged(int a) { KEEP; return a + 1; }',
    value: "tagged(t.a)",
  },
  "configuration of the kernel": {
    both: "extern int LINUX_KERNEL_VERSION __kconfig; extern unsigned long CONFIG_NOSUCH __kconfig __weak;",
    first: "",
    value: "(LINUX_KERNEL_VERSION >> 16) + CONFIG_NOSUCH",
  },
  "records of CO-RE": {
    first: task,
    second: `struct other; ${task}`,
    value: `__builtin_preserve_field_info(((struct task_struct *)0)->tgid, 0) + __builtin_preserve_field_info(((struct task_struct *)0)->nosuch, 2)
      + __builtin_preserve_type_info(*(struct task_struct *)0, 1) + __builtin_preserve_enum_value(*(enum bpf_map_type___x *)BPF_MAP_TYPE_NOSUCH___x, 0)`,
  },
  "weak functions and data, a map of the other file": {
    both: "int f(int); extern int d;",
    first: `__weak NOINLINE int f(int x) { KEEP; return x; } __weak int d = 1; extern ${map("m", "long")} ${mapUser("m", 5)}`,
    second: `NOINLINE int f(int x) { KEEP; return x + 9; } int d = 2; ${map("m", "long")} ${mapUser("m", 6)}`,
    value: "f(d) + use_m()",
  },
  "static functions and variables of equal names": {
    first:
      'static volatile int v = 3; static volatile int w SEC(".data.own") = 4; static NOINLINE int s(int x) { KEEP; return x + v; }',
    second:
      'static volatile long v = 5; static volatile int w SEC(".data.own") = 6; static NOINLINE int s(int x) { KEEP; return x * v; }',
    value: "s(w)",
  },
  "hidden functions, and callbacks": {
    both: '__attribute__((visibility("hidden"))) int h(int *);',
    first: "NOINLINE int h(int *x) { KEEP; return *x + 1; }",
    value: "({ int x = 4; h(&x); }) + looped()",
  },
  "long names of sections and variables": {
    both: `extern volatile int ${"n".repeat(300)};`,
    first: `volatile int ${"n".repeat(300)} SEC(".data.${"l".repeat(200)}") = 8;`,
    value: "n".repeat(300),
  },
  "instructions of v4": {
    both: "extern volatile signed char c; extern volatile short h; int v4(int);",
    first:
      "volatile signed char c = -3; volatile short h = -300; NOINLINE int v4(int x) { KEEP; return __builtin_bswap32(x) / c % h; }",
    value: "v4(c) + h",
    flags: ["-mcpu=v4"],
  },
};

const looped = `static long step(unsigned i, void *x) { *(long *)x += i * 3; return 0; }
  static NOINLINE long looped(void) { long x = 1; bpf_loop(5, step, &x, 0); return x; }`;

/** What each program of an object returns. */
function results(file: string): unknown {
  const pin = `/sys/fs/bpf/bpfkit-features-${process.pid}`;
  try {
    expect(runTool("bpftool", ["prog", "loadall", path(file), pin]).status, file).toBe(0);
    return readdirSync(pin)
      .toSorted()
      .map((name) => {
        const run = ["-j", "prog", "run", "pinned", `${pin}/${name}`, "data_in", path("packet")];
        return [name, (JSON.parse(runTool("bpftool", run).stdout) as { retval: number }).retval];
      });
  } finally {
    runTool("rm", ["-rf", pin]);
  }
}

test.skipIf(skipped !== "").each(Object.entries(features))(
  `%s${skipped}`,
  (_, { both = "", first, second = "", value, flags = [] }) => {
    write("packet", new Uint8Array(64));
    const objects = [first, second].map((own, i) => {
      const source = `${both}\n${own}\n${looped}\nSEC("tc") int main${i}(void *ctx) { return looped() + ${value}; } char L[] SEC("license") = "GPL";`;
      return compile(`${i}.o`, source, ...flags);
    });
    expect(runTool("bpftool", ["gen", "object", path("theirs.o"), path("0.o"), path("1.o")]).stderr).toBe("");
    const theirs = results("theirs.o");
    expectLinked(cooking, objects, results, theirs);
  },
  60_000,
);
