/**
 * Every object of the corpus in every view: nothing is missing, and the tables of objdump are llvm-objdump's. (readelf's views
 * are compared in readelf.test.ts, instructions and nm in objdump.test.ts, types in test/btf.)
 */
import { expect, test } from "vitest";
import {
  btfParts,
  disassemble,
  elfBtfExt,
  elfFacts,
  formatBtfExt,
  formatContents,
  formatDisassembly,
  formatElf,
  formatHexDump,
  formatMaps,
  formatObjdump,
  formatPrograms,
  formatStrings,
  listableObject,
  listSymbols,
  mapFacts,
  programFacts,
  remarksOf,
  sizeFacts,
  writeAnnotated,
  type AnnotatedOptions,
} from "../../src/disasm/index.js";
import type { Diagnostic } from "../../src/diag/index.js";
import { readElf, type ElfFile } from "../../src/elf/index.js";
import type { ObjectFile } from "../../src/object/index.js";
import { corpusMissing, corpusObjects, corpusPath, readCorpus, readCorpusText } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf } from "../support/mutate.js";
import { runTool, toolMissing } from "../support/tools.js";

const names = corpusObjects().filter((name) => !name.includes("/corrupt/"));
/** A sample, so that the suite stays fast; all of them with BPFKIT_FUZZ set. */
const sample = names.filter((_, i) => i % (process.env["BPFKIT_FUZZ"] === undefined ? 10 : 1) === 0);

const read = (name: string): ElfFile => readElf(readCorpus(name), { file: name });

function annotated(object: ObjectFile, options: AnnotatedOptions): string {
  const parts: string[] = [];
  writeAnnotated(object, options, (text) => parts.push(text));
  return parts.join("");
}

/** Everything that the verbs show of a file; what they could not read is returned. */
function showAll(elf: ElfFile): readonly Diagnostic[] {
  const facts = elfFacts(elf);
  const problems: Diagnostic[] = [...facts.problems];
  const all = { header: true, sections: true, segments: true, symbols: true, relocations: true };
  formatElf(facts, { ...all, groups: true, notes: true, dynamic: true });
  formatObjdump(facts, { header: true, sections: true, symbols: true, relocations: true });
  for (const section of elf.sections) {
    formatContents(section);
    formatHexDump(section);
    formatStrings(section);
  }
  sizeFacts(elf);
  const { object } = listableObject(elf);
  const { btf } = btfParts(elf, []);
  const ext = elfBtfExt(elf, problems);
  formatBtfExt(ext);
  formatMaps(mapFacts(object, btf, problems));
  formatPrograms(programFacts(object));
  listSymbols(object, { all: true });
  const remarks = remarksOf(ext, new Map(), { source: true, lineNumbers: true, coreRelos: true });
  annotated(object, { remarks, relocations: true });
  JSON.stringify([facts, disassemble(object, { all: true })], (_, value: unknown) =>
    typeof value === "bigint" ? String(value) : value,
  );
  return problems;
}

test.skipIf(corpusMissing !== "")(`every view of every object is whole${corpusMissing}`, () => {
  const wrong = sample.flatMap((name) =>
    showAll(read(name)).map(({ code, message }) => `${name}: ${message} [${code}]`),
  );
  expect(wrong).toEqual([]);
});

test.skipIf(corpusMissing !== "")(
  `a listing without remarks is the plain listing, in every syntax${corpusMissing}`,
  () => {
    for (const [i, name] of sample.entries()) {
      const { object } = listableObject(read(name));
      const dialect = (["pseudoc", "gnu", "plain", "kernel", "conformance"] as const)[i % 5]!;
      const options = { dialect, relocations: i % 2 === 0, bytes: i % 3 > 0 };
      expect(annotated(object, options), name).toBe(formatDisassembly(object, options));
    }
  },
);

const noLlvm = corpusMissing || toolMissing("llvm-objdump-22");

/** Lines without what differs by intent: numbers of unknown relocations; blanks. */
function normal(text: string): string[] {
  return text
    .replace(/<unknown: \d+>|Unknown/g, "?")
    .split("\n")
    .map((line) => line.replace(/ +/g, " ").trimEnd())
    .filter((line) => line !== "");
}

test.skipIf(noLlvm !== "")(`llvm-objdump -f -h -t -r -s shows the same${noLlvm}`, { timeout: 120_000 }, () => {
  const wrong: string[] = [];
  for (const name of sample) {
    const elf = readElf(readCorpus(name), { file: corpusPath(name) });
    const tables = formatObjdump(elfFacts(elf, { dialect: "llvm" }), {
      header: true,
      sections: true,
      symbols: true,
      relocations: true,
    });
    const text = `${elf.file}:\tfile format elf64-bpf\n${tables}${elf.sections.map(formatContents).join("")}`;
    const theirs = normal(runTool("llvm-objdump-22", ["-f", "-h", "-t", "-r", "-s", corpusPath(name)]).stdout);
    const ours = normal(text);
    const at = theirs.findIndex((line, i) => line !== ours[i]);
    if (at >= 0 || ours.length !== theirs.length) wrong.push(`${name}: ${theirs[at]} | ${ours[at]}`);
  }
  expect(wrong).toEqual([]);
});

const noGnu = corpusMissing || toolMissing("bpf-readelf");
test.skipIf(noGnu !== "")(`relocations of GNU's tools have the names that bpf-readelf gives them${noGnu}`, () => {
  const gnu = names.filter((name) => /\.(gcc12|gas|ld)\./.test(name)).filter((_, i) => i % 2 === 0);
  expect(gnu.length).toBeGreaterThan(5);
  let count = 0;
  for (const name of gnu) {
    const facts = elfFacts(read(name));
    // Where all dialects agree, nothing in the file tells GNU's numbers from LLVM's.
    if (facts.relocOrigin?.dialect !== "gnu-2.40") continue;
    const ours = facts.relocTables.flatMap(({ relocs }) =>
      relocs.map(({ offset, typeName }) => `${offset.toString(16).padStart(16, "0")} ${typeName}`),
    );
    const lines = runTool("bpf-readelf", ["-r", "-W", corpusPath(name)]).stdout.matchAll(
      /^([0-9a-f]{16}) +\S+ +(R_\S+)/gm,
    );
    const theirs = [...lines].map(([, offset, type]) => `${offset} ${type}`);
    expect(ours, name).toEqual(theirs);
    count += ours.length;
    if (ours.length > 0) expect(facts.relocOrigin?.reason, name).toMatch(/\S/);
  }
  expect(count).toBeGreaterThan(100);
});

test.skipIf(noLlvm !== "")(`CO-RE records are llvm-objdump's, in words too${noLlvm}`, { timeout: 120_000 }, () => {
  // llvm-objdump names the unnamed members on the way, C does not.
  const records = (text: string): string[] =>
    text
      .split("\n")
      .filter((line) => line.includes("CO-RE <"))
      .map((line) =>
        line
          .replace(/<anon \d+>\.?/g, "")
          .replace(/::(?= |$)/, "")
          .trim(),
      );
  let count = 0;
  for (const name of names.filter((each) => /core|reloc|btf/i.test(each)).filter((_, i) => i % 3 === 0)) {
    const elf = read(name);
    const ext = elfBtfExt(elf, []);
    if (ext.every(({ coreRelos }) => coreRelos.length === 0)) continue;
    const remarks = remarksOf(ext, new Map(), { coreRelos: true });
    const ours = records(annotated(listableObject(elf).object, { remarks, relocations: true }));
    expect(ours, name).toEqual(records(runTool("llvm-objdump-22", ["-d", "-r", corpusPath(name)]).stdout));
    count += ours.length;
  }
  expect(count).toBeGreaterThan(100);
});

test.skipIf(corpusMissing !== "")(`maps and programs are told as loaders see them${corpusMissing}`, () => {
  if (names.length === 0) return;
  const facts = (name: string): ReturnType<typeof mapFacts> => {
    const elf = read(name);
    return mapFacts(listableObject(elf).object, btfParts(elf, []).btf, []);
  };
  const maps = facts("objects/own/obj/maps_btf.c22.v4.o");
  expect(maps.length).toBeGreaterThan(20);
  const lpm = maps.find(({ name }) => name === "lpm")!;
  expect(lpm).toMatchObject({ typeName: "LPM_TRIE", keySize: 8, valueSize: 4, flagNames: ["NO_PREALLOC"] });
  expect(lpm).toMatchObject({ definition: "btf", keyType: "lpmk", valueType: "u32", maxEntries: 8 });
  expect(maps.find(({ name }) => name === ".rodata")).toMatchObject({ definition: "data", typeName: "ARRAY" });
  const legacy = facts("objects/own/obj/gobpf.c22.v4.o").filter(({ definition }) => definition === "legacy");
  expect(legacy.map(({ name, typeName }) => `${name} ${typeName}`)).toEqual(["one ARRAY", "two HASH"]);
});

test.skipIf(corpusMissing !== "")(
  `each section name that libbpf knows tells the program's type${corpusMissing}`,
  () => {
    const rows = corpusMissing === "" ? readCorpusText("objects-meta.csv").split("\n").slice(1) : [];
    const named = rows.map((row) => row.split(",")[0]!).filter((path) => path.includes("/sections/"));
    const untold: string[] = [];
    for (const path of named.filter((_, i) => i % 2 === 0)) {
      const programs = programFacts(listableObject(read(`objects/${path}`)).object);
      for (const { section, programType } of programs) if (programType === undefined) untold.push(section);
    }
    if (named.length > 0) expect(named.length).toBeGreaterThan(50);
    // Those names are not libbpf's either: it refuses them, cilium/ebpf takes them by their first letters.
    expect(
      untold.filter(
        (section) => !/^(xdp_|socket1|classifier\/|action\/|tc\/|unknown|xdp\/|cgroup\/|foo)/.test(section),
      ),
    ).toEqual([]);
  },
);

test.skipIf(corpusMissing !== "")(
  `fuzz: mutated objects in every view end in structured errors only${corpusMissing}`,
  () => {
    if (names.length === 0) return;
    const seeds = names
      .filter((_, i) => i % 9 === 0)
      .map(readCorpus)
      .filter(({ length }) => length < 20_000);
    const { accepted } = fuzz(fuzzRounds(300), (random) => {
      const bytes = mutateElf(random, random.pick(seeds), seeds);
      showAll(readElf(bytes, { file: "mutant.o", faults: [] }));
    });
    expect(accepted).toBeGreaterThan(0);
  },
);
