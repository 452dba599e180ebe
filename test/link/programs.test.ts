/**
 * Generated programs of several objects, made by clang, bpf-gcc and our assembler, some of them in archives, linked in both
 * modes and with and without garbage collection. What they return is what a walk over their source says.
 *
 * BPFKIT_FUZZ sets the number of programs that compilers take part in; a failure prints its seed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { Endian } from "../../src/bytes/index.js";
import { link, type LinkInput, type LinkOptions } from "../../src/link/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { fuzz, fuzzRounds, fuzzSeed } from "../support/fuzz.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";
import { assembly, beginning, c, evaluate, generate, isFreeOfChoice, type Language } from "./generated.js";
import { archive, object } from "./objects.js";

function compile(language: Language, text: string, name: string, endian: Endian): ObjectFile {
  if (language === "assembly") return object(text, name, endian);
  return inScratchFolder((folder) => {
    const [from, to] = [join(folder, "in.c"), join(folder, name)];
    writeFileSync(from, text);
    const result =
      language === "clang"
        ? runTool("clang-22", ["-O2", "-g", "-target", "bpf", "-mcpu=v4", "-fcommon", "-c", from, "-o", to])
        : runTool("bpf-gcc", ["-O2", "-mxbpf", "-fcommon", "-c", from, "-o", to]);
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
  // Compilers are asked for one byte order.
  const endian = languages.length === 1 && random.chance(1, 4) ? "big" : "little";
  const top = program.funcs.length - 1;
  const start = `.section socket,"ax",@progbits\n.globl main\n.type main,@function\nmain:\n${beginning(program)} mov r1, ${program.argument}\n call f${top}\n exit\n.size main, . - main\n`;
  const expected = evaluate(program, top, BigInt(program.argument));
  const objects = program.languages.map((language, file) => {
    const text = language === "assembly" ? assembly(program, file) : c(program, file);
    return compile(language, text, `${file}.o`, endian);
  });
  const members = Object.fromEntries(
    objects.map((each, i) => [`${i}.o`, each] as const).filter((_, i) => program.inArchive[i]),
  );
  const inputs: LinkInput[] = [object(start, "main.o", endian), ...objects.filter((_, i) => !program.inArchive[i])];
  // On demand, an archive may give a weak definition where it has a strong one, too: all members, then.
  inputs.push(archive("lib.a", members, !isFreeOfChoice(program)));
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
    const first = fuzzSeed();
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
