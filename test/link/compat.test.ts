/**
 * `--compat libbpf`: the very file that `bpftool gen object` writes. Compared with files that one wrote, and with the installed
 * one: all objects of the corpus, its sets of objects, and links of generated projects. BPFKIT_FUZZ sets the number of projects.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { writeArchive } from "../../src/elf/index.js";
import { workshop } from "../support/cli.js";
import { corpusMissing, corpusObjects, corpusPath, readCorpus } from "../support/corpus.js";
import { fuzzRounds, fuzzSeed } from "../support/fuzz.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";
import { anyVersion, linkFiles, possible, Tally } from "./compat-oracle.js";
import { project } from "./compat-program.js";
import { Header, typesObject } from "./compat-types.js";

const toolsMissing = toolMissing("clang-14", "clang-22", "bpftool");

const chains: Readonly<Record<string, readonly string[]>> = {
  own_ab: ["link_a", "link_b"],
  own_abc: ["link_a", "link_b", "link_c"],
  own_cba: ["link_c", "link_b", "link_a"],
};
const variants = ["c14.v3", "c22.v3", "c22.v4", "c14.eb"];
const written = variants.flatMap((variant) =>
  Object.entries(chains).map(([name, files]) => ({
    file: `${name}.${variant}`,
    inputs: files.map((each) => `objects/own/obj/${each}.${variant}.o`),
  })),
);
const cilium = ["linked1-el", "linked2-el"].map((name) => `objects/cilium-ebpf/testdata/${name}.elf`);
written.push({ file: "cilium_linked12", inputs: cilium });

test.skipIf(corpusMissing !== "").each(written)(
  `$file is as two versions wrote it${corpusMissing}`,
  ({ file, inputs }) => {
    // The older one takes no big-endian objects.
    const versions = file.endsWith(".eb")
      ? ([["new", "libbpf-1.8"]] as const)
      : ([
          ["old", "libbpf"],
          ["new", "libbpf-1.8"],
        ] as const);
    for (const [name, version] of versions) {
      const { bytes, diagnostics } = linkFiles(inputs.map(corpusPath), version);
      expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      expect(Buffer.compare(bytes!, readCorpus(`objects/own/linked/${file}.${name}.o`))).toBe(0);
    }
  },
);

const { ok, write, read } = workshop();

test.skipIf(corpusMissing !== "")(`the command writes that file, members of archives included${corpusMissing}`, () => {
  const inputs = chains["own_abc"]!.map((name) => readCorpus(`objects/own/obj/${name}.c22.v4.o`));
  const [first, ...rest] = inputs;
  write("first.o", first!);
  write("lib.a", writeArchive(rest.map((data, i) => ({ name: `${i}.o`, data }))));
  ok(["ld", "-r", "--compat", "libbpf", "--whole-archive", "first.o", "lib.a", "-o", "out.o", "-Map=map"]);
  expect(Buffer.compare(read("out.o"), readCorpus("objects/own/linked/own_abc.c22.v4.old.o"))).toBe(0);
  expect(new TextDecoder().decode(read("map"))).toContain("first.o(.text)");
});

/** Prints what came out and fails where something has no known reason; at least `least` links were equal. */
function close(tally: Tally, what: string, least: number): void {
  console.log(`${what}, --compat ${[...possible].join(" or ")}:\n${tally.text}`);
  expect(tally.faults.slice(0, 20)).toEqual([]);
  expect(tally.count("equal")).toBeGreaterThanOrEqual(least);
}

const flags = ["-O2", "-g", "-target", "bpf", "-Wno-everything", "-c"];

/** Objects of a generated project in `folder`; one is of two files that the compiler joined, with the types of both. */
function compileProject(random: Random, folder: string, compiler: string): string[] {
  const files = random.between(3, 6);
  const made = project(random, files);
  const run = (tool: string, args: readonly string[]): string => {
    const { status, stderr } = runTool(tool, args);
    return status === 0 ? "" : stderr;
  };
  const path = (name: string): string => join(folder, name);
  const objects = Array.from({ length: files }, (_, i) => {
    writeFileSync(path(`${i}.c`), made.source(i));
    const fault = run(compiler, [...flags, path(`${i}.c`), "-o", path(`${i}.o`)]);
    if (fault !== "") throw new Error(fault);
    return path(`${i}.o`);
  });
  const pair = [random.below(files), random.below(files)];
  if (toolMissing("llvm-link-22", "llc-22") !== "" || compiler !== "clang-22") return objects;
  for (const i of pair) run(compiler, [...flags, "-emit-llvm", path(`${i}.c`), "-o", path(`${i}.bc`)]);
  // Files that define the same names do not go together.
  if (run("llvm-link-22", [...pair.map((i) => path(`${i}.bc`)), "-o", path("pair.bc")]) !== "") return objects;
  const fault = run("llc-22", ["-march=bpf", "-filetype=obj", path("pair.bc"), "-o", path("pair.o")]);
  if (fault !== "") throw new Error(fault);
  return [...objects.filter((_, i) => !pair.includes(i)), path("pair.o")];
}

/** Calls `round` with a generator for each seed: BPFKIT_FUZZ of them, from BPFKIT_FUZZ_SEED on. */
function seeds(small: number, round: (random: Random) => void): void {
  const first = fuzzSeed();
  for (let seed = first; seed < first + fuzzRounds(small); seed++) round(new Random(seed));
}

test.skipIf(toolsMissing !== "")(`generated types${toolsMissing}`, { timeout: 3_600_000 }, () => {
  const tally = new Tally();
  seeds(150, (random) => {
    inScratchFolder((folder) => {
      const header = new Header(random);
      const paths = Array.from({ length: random.between(2, 4) }, (_, i) => {
        writeFileSync(join(folder, `${i}.o`), typesObject(random, header));
        return join(folder, `${i}.o`);
      });
      tally.compare(folder, paths, `seed ${random.seed}:`);
      const { bytes } = linkFiles(paths, anyVersion());
      if (bytes === undefined) return;
      writeFileSync(join(folder, "again.o"), bytes);
      tally.compare(
        folder,
        [join(folder, "again.o"), ...(random.chance(1, 2) ? paths.slice(1) : [])],
        `seed ${random.seed}:`,
      );
    });
  });
  close(tally, "links of generated types", 100);
});

test.skipIf(toolsMissing !== "")(`generated projects${toolsMissing}`, { timeout: 3_600_000 }, () => {
  const tally = new Tally();
  seeds(6, (random) => {
    const compiler = random.pick(["clang-14", "clang-22"]);
    inScratchFolder((folder) => {
      const files = compileProject(random, folder, compiler);
      for (let round = 0; round < 12; round++) {
        const order = files.map((file) => [random.u32(), file] as const).toSorted(([a], [b]) => a - b);
        const chosen = order.map(([, file]) => file).slice(0, random.between(1, files.length));
        const what = `seed ${random.seed}, ${compiler}, link ${round}:`;
        tally.compare(folder, chosen, what);
        if (round % 3 !== 0) continue;
        // What was linked is linked again, alone or with one more.
        const { bytes } = linkFiles(chosen, anyVersion());
        if (bytes === undefined) continue;
        const again = join(folder, "again.o");
        writeFileSync(again, bytes);
        const more = files.filter((file) => !chosen.includes(file)).slice(0, 1);
        tally.compare(folder, random.chance(1, 2) ? [again, ...more] : [...more, again], what);
      }
    });
  });
  close(tally, "links of generated projects", 20);
});

const skipped = toolsMissing + corpusMissing;

test.skipIf(skipped !== "")(`each object of the corpus alone${skipped}`, { timeout: 120_000 }, () => {
  const tally = new Tally();
  inScratchFolder((folder) => {
    for (const name of corpusObjects()) tally.compare(folder, [corpusPath(name)], name);
  });
  close(tally, "objects of the corpus", 200);
});

const sets = [
  ["link_a", "link_b", "link_c"],
  ["link_c", "link_a", "link_b"],
  ["link_b", "link_c"],
  ["callbacks", "xadd"],
  ["maps_btf", "jumps", "btf_kinds"],
  ["alu", "packet", "many", "optional"],
  ["globals", "core_all"],
  ["btf_kinds", "gobpf", "alu"],
];

test.skipIf(skipped !== "")(`sets of objects of the corpus${skipped}`, { timeout: 120_000 }, () => {
  const tally = new Tally();
  const names = corpusObjects().filter((name) => name.startsWith("objects/own/obj/"));
  const variants = new Set(names.map((name) => name.replace(/.*\/obj\/[^.]*\./, "")));
  inScratchFolder((folder) => {
    for (const variant of variants) {
      for (const set of sets) {
        const files = set.map((name) => `objects/own/obj/${name}.${variant}`).filter((file) => names.includes(file));
        if (files.length > 1) tally.compare(folder, files.map(corpusPath));
      }
    }
    // Two compilers in one link.
    for (const [one, other] of [
      ["c14.v3", "c22.v3"],
      ["c22.v4", "c14.v1"],
      ["gcc12.btf", "c22.v3"],
    ] as const) {
      tally.compare(
        folder,
        [`link_a.${one}`, `link_b.${other}`].map((name) => corpusPath(`objects/own/obj/${name}.o`)),
      );
    }
  });
  close(tally, "sets of objects of the corpus", 20);
});
