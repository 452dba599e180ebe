/**
 * Generated programs with callbacks: each function loops over a callback, a static one of its file or a hidden one of another.
 * The kernel returns what a walk over the source says; where clang made all objects, libbpf's loader gets the same.
 *
 * BPFKIT_FUZZ sets the number of programs; a failure prints its seed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadImage } from "../../src/kernel/index.js";
import { link } from "../../src/link/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { fuzzRounds, fuzzSeed } from "../support/fuzz.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";
import type { Language } from "./generated.js";
import { object } from "./objects.js";

interface Callback {
  readonly file: number;
  readonly factor: number;
  readonly hidden: boolean;
}

interface Loop {
  readonly file: number;
  readonly times: number;
  /** Its own static callback, or a hidden one of any file. */
  readonly callback: number;
}

interface Program {
  readonly languages: readonly Language[];
  readonly callbacks: readonly Callback[];
  readonly loops: readonly Loop[];
}

function generate(random: Random): Program {
  const all = random.chance(1, 2) ? (["clang"] as const) : (["clang", "gcc", "assembly"] as const);
  const languages = Array.from({ length: random.between(2, 3) }, () => random.pick(all));
  const files = languages.length;
  const callbacks: Callback[] = [];
  const loops = Array.from({ length: random.between(1, 4) }, (): Loop => {
    const file = random.below(files);
    const shared = callbacks.flatMap(({ hidden }, i) => (hidden ? [i] : []));
    const again = shared.length > 0 && random.chance(1, 3);
    const hidden = random.chance(1, 2);
    const own = { file: hidden ? random.below(files) : file, factor: random.between(2, 99), hidden };
    const callback = again ? random.pick(shared) : callbacks.push(own) - 1;
    return { file, times: random.between(1, 20), callback };
  });
  return { languages, callbacks, loops };
}

/** What the main program returns for `x`: the sum over all loops, in 32 bits. */
function evaluate({ callbacks, loops }: Program, x: bigint): number {
  let sum = 0n;
  for (const { times, callback } of loops) {
    let value = x;
    for (let i = 0; i < times; i++) value = value * BigInt(callbacks[callback]!.factor) + BigInt(i);
    sum += value;
  }
  return Number(BigInt.asUintN(32, sum));
}

function assembly({ callbacks, loops }: Program, file: number): string {
  const lines: string[] = [".text"];
  const define = (name: string, head: string, body: readonly string[]): void => {
    lines.push(head, `.type ${name}, @function`, `${name}:`, ...body, " exit", `.size ${name}, . - ${name}`);
  };
  callbacks.forEach(({ file: home, factor, hidden }, i) => {
    if (home !== file) return;
    const head = hidden ? `.globl cb${i}\n.hidden cb${i}` : `.local cb${i}`;
    const body = [" ldxdw r3, [r2+0]", ` mul r3, ${factor}`, " add r3, r1", " stxdw [r2+0], r3", " mov r0, 0"];
    define(`cb${i}`, head, body);
  });
  loops.forEach(({ file: home, times, callback }, i) => {
    if (home !== file) return;
    const call = [` mov r1, ${times}`, ` ldimm64 r2, cb${callback}`, " mov r3, r10", " add r3, -8", " mov r4, 0"];
    define(`loop${i}`, `.globl loop${i}`, [" stxdw [r10-8], r1", ...call, " call bpf_loop", " ldxdw r0, [r10-8]"]);
  });
  return `${lines.join("\n")}\n`;
}

function c({ callbacks, loops }: Program, file: number): string {
  const lines = [
    "typedef unsigned long long u64; typedef unsigned int u32;",
    "static long (*bpf_loop)(u32, void *, void *, u64) = (void *)181;",
    "#define NOINLINE __attribute__((noinline))",
  ];
  callbacks.forEach(({ file: home, factor, hidden }, i) => {
    const declared = `${hidden ? '__attribute__((visibility("hidden")))' : "static"} NOINLINE long cb${i}(u64 i, u64 *at)`;
    if (home === file) lines.push(`${declared} { *at = *at * ${factor} + i; return 0; }`);
    else if (hidden) lines.push(`extern ${declared};`);
  });
  loops.forEach(({ file: home, times, callback }, i) => {
    if (home !== file) return;
    lines.push(`NOINLINE u64 loop${i}(u64 x) { bpf_loop(${times}, cb${callback}, &x, 0); return x; }`);
  });
  return `${lines.join("\n")}\n`;
}

const start = ({ loops }: Program): string => `
  typedef unsigned long long u64; struct xdp_md;
  ${loops.map((_, i) => `u64 loop${i}(u64);`).join(" ")}
  __attribute__((section("xdp"))) int main_program(struct xdp_md *m) { return ${loops.map((_, i) => `loop${i}(7)`).join(" + ")}; }
  char license_text[] __attribute__((section("license"))) = "GPL";`;

function compile(folder: string, language: Language, text: string, name: string): ObjectFile {
  if (language === "assembly") return object(text, name);
  const [from, to] = [join(folder, `${name}.c`), join(folder, name)];
  writeFileSync(from, text);
  const result =
    language === "clang"
      ? runTool("clang-22", ["-O2", "-g", "-target", "bpf", "-c", from, "-o", to])
      : runTool("bpf-gcc", ["-O2", "-c", from, "-o", to]);
  if (result.status !== 0) throw new Error(result.stderr);
  const dialect = language === "gcc" ? "gnu-2.40" : undefined;
  return readObject(new Uint8Array(readFileSync(to)), { file: name, dialect });
}

function loadedByLibbpf(folder: string, made: ObjectFile): number {
  const pin = `/sys/fs/bpf/bpfkit-callbacks-${process.pid}`;
  writeFileSync(join(folder, "linked.o"), writeObject(made));
  writeFileSync(join(folder, "packet"), new Uint8Array(64));
  try {
    expect(runTool("bpftool", ["prog", "loadall", join(folder, "linked.o"), pin]).stderr).toBe("");
    const run = ["-j", "prog", "run", "pinned", `${pin}/main_program`, "data_in", join(folder, "packet")];
    return (JSON.parse(runTool("bpftool", run).stdout) as { retval: number }).retval;
  } finally {
    runTool("rm", ["-rf", pin]);
  }
}

function check(random: Random): void {
  const program = generate(random);
  const expected = evaluate(program, 7n);
  inScratchFolder((folder) => {
    const files = program.languages.map((language, file) => {
      const text = language === "assembly" ? assembly(program, file) : c(program, file);
      return compile(folder, language, text, `${file}.o`);
    });
    const objects = [compile(folder, "clang", start(program), "main.o"), ...files];
    const half = link(objects, { relocatable: true });
    expect(half.diagnostics.map(({ message }) => message)).toEqual([]);
    for (const made of [link(objects), link([half.object!], { gcSections: true, relax: true })]) {
      expect(made.diagnostics.map(({ message }) => message)).toEqual([]);
      const loaded = loadImage(imageOf(made.object!), kernel());
      try {
        expect(loaded.program("main_program").testRun({ data: new Uint8Array(64) }).retval).toBe(expected);
      } finally {
        loaded.close();
      }
      if (program.languages.every((each) => each === "clang")) {
        expect(loadedByLibbpf(folder, made.object!)).toBe(expected);
      }
    }
  });
}

const missing = kernelMissing + toolMissing("clang-22", "bpf-gcc", "bpftool");

test.skipIf(missing !== "")(
  `the kernel calls back across objects${missing}`,
  () => {
    const first = fuzzSeed();
    for (let seed = first; seed < first + fuzzRounds(8); seed++) {
      try {
        check(new Random(seed));
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
  },
  3_600_000,
);
