/**
 * Generated programs of several objects, made by clang, bpf-gcc and our assembler, some of them in archives, linked in both
 * modes and with and without garbage collection. What they return is what a walk over their source says.
 *
 * BPFKIT_FUZZ sets the number of programs that compilers take part in; a failure prints its seed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { link, type LinkInput, type LinkOptions } from "../../src/link/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";
import { archive, object } from "./objects.js";

type Language = "assembly" | "clang" | "gcc";

interface Func {
  readonly file: number;
  readonly number: number;
  readonly factor: number;
  readonly offset: number;
  readonly callee: number;
  readonly data: number;
  /** Another file has a weak definition that loses. */
  readonly weakIn: number;
}

interface Datum {
  readonly file: number;
  readonly value: number;
  readonly constant: boolean;
}

interface Program {
  readonly languages: readonly Language[];
  readonly inArchive: readonly boolean[];
  readonly funcs: readonly Func[];
  readonly data: readonly Datum[];
  readonly argument: number;
}

/** How deep a call of the function goes; the kernel allows eight frames. */
function depth(funcs: readonly Func[], number: number): number {
  return number < 0 ? 0 : 1 + depth(funcs, funcs[number]!.callee);
}

function generate(random: Random, languages: readonly Language[]): Program {
  const files = random.between(2, 4);
  const funcs: Func[] = [];
  const data = Array.from({ length: random.between(1, 4) }, () => ({
    file: random.below(files),
    value: random.between(1, 1 << 30),
    constant: random.chance(1, 3),
  }));
  for (let number = random.between(2, 9); number > 0; number--) {
    const callee = funcs.length > 0 && random.chance(3, 4) ? random.below(funcs.length) : -1;
    const file = random.below(files);
    const weak = random.below(files);
    funcs.push({
      file,
      number: funcs.length,
      factor: random.between(1, 1000),
      offset: random.between(1, 1000),
      callee: depth(funcs, callee) < 5 ? callee : -1,
      data: random.below(data.length),
      weakIn: weak !== file && random.chance(1, 4) ? weak : -1,
    });
  }
  return {
    languages: Array.from({ length: files }, () => random.pick(languages)),
    inArchive: Array.from({ length: files }, () => random.chance(1, 3)),
    funcs,
    data,
    argument: random.between(0, 1 << 30),
  };
}

/** The reference: what a function of the source returns. */
function evaluate(program: Program, number: number, x: bigint): bigint {
  const { factor, offset, callee, data, file } = program.funcs[number]!;
  const inner = callee < 0 ? x * BigInt(factor) : evaluate(program, callee, BigInt.asUintN(64, x + BigInt(offset)));
  const helped = x ^ BigInt(key(file));
  return BigInt.asUintN(64, inner + BigInt(program.data[data]!.value) + helped);
}

/** What the static function of each file, whose name they share, mixes in. */
const key = (file: number): number => 77 * (file + 1);

function assembly(program: Program, file: number): string {
  const lines = [".text", "help:", " mov r0, r1", ` xor r0, ${key(file)}`, " exit"];
  const define = (name: string, binding: string, body: readonly string[]): void => {
    lines.push(
      `.${binding} ${name}`,
      `.type ${name}, @function`,
      `${name}:`,
      ...body,
      " exit",
      `.size ${name}, . - ${name}`,
    );
  };
  for (const { number, factor, offset, callee, data, weakIn, file: home } of program.funcs) {
    if (weakIn === file) define(`f${number}`, "weak", [" mov r0, 12345"]);
    if (home !== file) continue;
    const inner =
      callee < 0
        ? [" mov r7, r6", ` mul r7, ${factor}`]
        : [" mov r1, r6", ` add r1, ${offset}`, ` call f${callee}`, " mov r7, r0"];
    const rest = [
      " mov r1, r6",
      " call help",
      " add r0, r7",
      ` ldimm64 r1, d${data}`,
      " ldxdw r1, [r1+0]",
      " add r0, r1",
    ];
    define(`f${number}`, "globl", [" mov r6, r1", ...inner, ...rest]);
  }
  program.data.forEach(({ file: home, value, constant }, number) => {
    if (home !== file) return;
    lines.push(constant ? '.section .rodata,"a",@progbits' : ".data", `.globl d${number}`, `.type d${number}, @object`);
    lines.push(".balign 8", `d${number}:`, ` .quad ${value}`, `.size d${number}, 8`);
  });
  return `${lines.join("\n")}\n`;
}

function c(program: Program, file: number): string {
  const noinline = "__attribute__((noinline))";
  const lines = ["typedef unsigned long u64;"];
  program.funcs.forEach(({ number }) => lines.push(`u64 f${number}(u64 x);`));
  program.data.forEach(({ file: home, value, constant }, number) => {
    const declared = `${constant ? "const " : ""}u64 d${number}`;
    lines.push(home === file ? `extern ${declared}; ${declared} = ${value};` : `extern ${declared};`);
  });
  lines.push(`static ${noinline} u64 help(u64 x) { asm volatile(""); return x ^ ${key(file)}; }`);
  for (const { number, factor, offset, callee, data, weakIn, file: home } of program.funcs) {
    if (weakIn === file)
      lines.push(`__attribute__((weak)) ${noinline} u64 f${number}(u64 x) { asm volatile(""); return 12345; }`);
    if (home !== file) continue;
    const inner = callee < 0 ? `x * ${factor}` : `f${callee}(x + ${offset})`;
    lines.push(
      `${noinline} u64 f${number}(u64 x) { asm volatile(""); u64 y = ${inner}; return y + help(x) + d${data}; }`,
    );
  }
  return `${lines.join("\n")}\n`;
}

function compile(language: Language, text: string, name: string): ObjectFile {
  if (language === "assembly") return object(text, name);
  return inScratchFolder((folder) => {
    const [from, to] = [join(folder, "in.c"), join(folder, name)];
    writeFileSync(from, text);
    const result =
      language === "clang"
        ? runTool("clang-22", ["-O2", "-g", "-target", "bpf", "-c", from, "-o", to])
        : runTool("bpf-gcc", ["-O2", "-c", from, "-o", to]);
    if (result.status !== 0) throw new Error(result.stderr);
    // What gas does to addends is repaired without doubt only when it is known to be gas.
    const dialect = language === "gcc" ? "gnu-2.40" : undefined;
    return readObject(new Uint8Array(readFileSync(to)), { file: name, dialect });
  });
}

function answer(made: ObjectFile): bigint {
  const done = createVm(imageOf(made)).run("main");
  if (done.kind === "fault") throw new Error(done.diagnostic.message);
  return done.r0;
}

function check(random: Random, languages: readonly Language[]): void {
  const program = generate(random, languages);
  const top = program.funcs.length - 1;
  const start = `.section socket,"ax",@progbits\n.globl main\n.type main,@function\nmain:\n mov r1, ${program.argument}\n call f${top}\n exit\n.size main, . - main\n`;
  const expected = evaluate(program, top, BigInt(program.argument));
  const objects = program.languages.map((language, file) => {
    const text = language === "assembly" ? assembly(program, file) : c(program, file);
    return compile(language, text, `${file}.o`);
  });
  const members = Object.fromEntries(
    objects.map((each, i) => [`${i}.o`, each] as const).filter((_, i) => program.inArchive[i]),
  );
  const inputs: LinkInput[] = [object(start, "main.o"), ...objects.filter((_, i) => !program.inArchive[i])];
  // A member with a losing weak definition may be what the archive gives first: all members, then.
  inputs.push(archive("lib.a", members, true));
  const linked = (given: readonly LinkInput[], options: LinkOptions): ObjectFile => {
    const result = link(given, options);
    expect(result.diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message)).toEqual([]);
    return result.object!;
  };
  expect(answer(linked(inputs, {}))).toBe(expected);
  expect(answer(linked(inputs, { gcSections: true, relax: true, icf: true }))).toBe(expected);
  const half = readObject(writeObject(linked(inputs, { relocatable: true })));
  expect(answer(linked([half], { gcSections: true }))).toBe(expected);
}

test("programs of several assembled objects return what their source says", () => {
  const { refused } = fuzz(fuzzRounds(100), (random) => check(random, ["assembly"]));
  expect(refused).toBe(0);
});

const missing = toolMissing("clang-22", "bpf-gcc");

test.skipIf(missing !== "")(
  `programs of objects by clang, bpf-gcc and our assembler return what their source says${missing}`,
  () => {
    // Compilers take their time, so that a round has no limit here.
    const first = Number(process.env["BPFKIT_FUZZ_SEED"] ?? "1");
    for (let seed = first; seed < first + fuzzRounds(8); seed++) {
      try {
        check(new Random(seed), ["assembly", "clang", "gcc"]);
      } catch (error) {
        throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      }
    }
  },
  3_600_000,
);
