/**
 * Generated files against llvm-mc (every CPU level, both byte orders) and bpf-as: sections with their bytes, symbols and
 * relocations are equal.
 *
 * Each generated file is assembled by us on its own. The peer is run on a batch of files put together, and its object taken apart
 * by the prefix that each file has before its section and symbol names, so that one process serves a whole batch. A failure names
 * the seed of its file. BPFKIT_DIFF=20000 sets the number of files for each peer and byte order (the default is small), BPFKIT_DIFF_SEED the
 * first seed. Syntaxes without a peer are written a second time in llvm-mc's (`asm-twins.ts`).
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import type { Endian } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import type { Dialect, IsaVersion } from "../../src/isa/index.js";
import { readObject, writeObject } from "../../src/object/index.js";
import { gnuFacts, objectFacts, type FactsByPrefix } from "../support/asm-facts.js";
import { gnu, llvm } from "../support/asm-flavours.js";
import { generateFile, statementTemplates, type Flavour } from "../support/asm-generate.js";
import { twinFlavours, twins } from "../support/asm-twins.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const perBatch = 100;
const files = Number(process.env["BPFKIT_DIFF"] ?? "400");
const firstSeed = Number(process.env["BPFKIT_DIFF_SEED"] ?? "1");

interface Peer {
  readonly flavour: Flavour;
  /** Options and the newest instructions they know, batch by batch in turn. */
  readonly levels: readonly (readonly [readonly string[], IsaVersion])[];
  readonly tool: string;
  options(endian: Endian): readonly string[];
  facts(object: Uint8Array): FactsByPrefix;
  ours(object: NonNullable<ReturnType<typeof assemble>["object"]>): FactsByPrefix;
}

const peers: readonly Peer[] = [
  {
    flavour: llvm,
    // llvm-mc takes every instruction at every level: it leaves the check to nobody.
    levels: ["v4", "v3", "v2", "v1", "generic", "probe"].map((cpu) => [[`-mcpu=${cpu}`], 4] as const),
    tool: "llvm-mc-22",
    options: (endian) => [`-triple=${endian === "big" ? "bpfeb" : "bpfel"}`, "-filetype=obj"],
    facts: (bytes) => objectFacts(readObject(bytes)),
    // Written and read again, so that the relocations are those of the file.
    ours: (object) => objectFacts(readObject(writeObject(object))),
  },
  {
    flavour: gnu,
    levels: [[[], 3]],
    tool: "bpf-as",
    options: (endian) => [endian === "big" ? "-EB" : "-EL", "-no-pad-sections"],
    facts: gnuFacts,
    ours: (object) => objectFacts(object, true),
  },
];

/** What is compared: texts of ours, and those of the peer for the same seeds. */
interface Batch {
  readonly seeds: readonly number[];
  readonly ours: readonly string[];
  readonly theirs: readonly string[];
}

function makeBatch(batch: number, templates: readonly string[], own: Flavour, peer: Flavour): Batch {
  const first = firstSeed + batch * perBatch;
  const seeds = Array.from({ length: Math.min(perBatch, files - batch * perBatch) }, (_, i) => first + i);
  const write = (flavour: Flavour): string[] => {
    const cursor = { at: batch * perBatch * 9 };
    return seeds.map((seed) => generateFile(flavour, templates, cursor, new Random(seed), `x${seed}`));
  };
  const ours = write(own);
  return { seeds, ours, theirs: own === peer ? ours : write(peer) };
}

function compareBatch(peer: Peer, endian: Endian, options: readonly string[], syntax: Dialect, texts: Batch): string[] {
  const theirs = inScratchFolder((folder) => {
    const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
    writeFileSync(source, texts.theirs.join(""));
    const run = runTool(peer.tool, [...peer.options(endian), ...options, source, "-o", output]);
    if (run.status !== 0) throw new Error(`${peer.tool} ${options.join(" ")}:\n${run.stderr.slice(0, 2000)}`);
    return peer.facts(readFileSync(output));
  });
  return texts.seeds.flatMap((seed, i) => {
    const text = texts.ours[i]!;
    const { object, diagnostics } = assemble(text, { syntax, endian });
    const said = diagnostics.map((each) => formatDiagnostic(each)).join("\n");
    const ours = object === undefined ? [said] : peer.ours(object).get(`x${seed}`)!;
    const wanted = theirs.get(`x${seed}`)!;
    if (ours.join("\n") === wanted.join("\n")) return [];
    const only = (these: readonly string[], others: readonly string[]): string =>
      these.filter((fact) => !others.includes(fact)).join("\n  ");
    return [`seed ${seed}, ours:\n  ${only(ours, wanted)}\ntheirs:\n  ${only(wanted, ours)}\n${text}`];
  });
}

function compareAll(each: (batch: number) => readonly string[]): void {
  let differences: readonly string[] = [];
  for (let batch = 0; batch * perBatch < files && differences.length === 0; batch++) differences = each(batch);
  expect(differences.length, differences.slice(0, 2).join("\n\n")).toBe(0);
}

for (const peer of peers) {
  const { flavour, tool, levels } = peer;
  const missing = toolMissing(tool);
  const templates = levels.map(([, version]) => statementTemplates(flavour, version));
  for (const endian of ["little", "big"] as const) {
    test.skipIf(missing !== "")(
      `${files} files in ${flavour.syntax}, ${endian}-endian, as ${tool} assembles them${missing}`,
      { timeout: 3_600_000 },
      () =>
        compareAll((batch) => {
          const level = batch % levels.length;
          const texts = makeBatch(batch, templates[level]!, flavour, flavour);
          return compareBatch(peer, endian, levels[level]![0], flavour.syntax, texts);
        }),
    );
  }
}

for (const dialect of ["plain", "kernel", "conformance"] as const) {
  const peer = peers[0]!;
  const missing = toolMissing(peer.tool);
  const list = twins(dialect, 4);
  const [own, twin] = twinFlavours(dialect, list);
  const templates = list.map((_, i) => String(i));
  for (const endian of ["little", "big"] as const) {
    test.skipIf(missing !== "")(
      `${files} files in ${dialect}, ${endian}-endian, as ${peer.tool} assembles their twins${missing}`,
      { timeout: 3_600_000 },
      () =>
        compareAll((batch) =>
          compareBatch(peer, endian, ["-mcpu=v4"], dialect, makeBatch(batch, templates, own, twin)),
        ),
    );
  }
}
