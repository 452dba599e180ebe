/**
 * Generated files against llvm-mc (every CPU level, both byte orders) and bpf-as: sections with their bytes, symbols and
 * relocations are equal.
 *
 * Each generated file is assembled by us on its own. The peer is run on a batch of files put together, and its object taken apart
 * by the prefix that each file has before its section and symbol names, so that one process serves a whole batch. A failure names
 * the seed of its file. BPFKIT_DIFF=20000 sets the number of files for each peer and byte order (the default is small), BPFKIT_DIFF_SEED the
 * first seed.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import type { Endian } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import type { IsaVersion } from "../../src/isa/index.js";
import { readObject, writeObject } from "../../src/object/index.js";
import { gnuFacts, objectFacts, type FactsByPrefix } from "../support/asm-facts.js";
import { gnu, llvm } from "../support/asm-flavours.js";
import { generateFile, statementTemplates, type Flavour } from "../support/asm-generate.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const perBatch = 100;
const files = Number(process.env["BPFKIT_DIFF"] ?? "600");
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
    levels: [
      [["-mcpu=v4"], 4],
      [["-mcpu=v3"], 3],
      [["-mcpu=v2"], 2],
      [["-mcpu=v1"], 1],
      [["-mcpu=generic"], 1],
      [["-mcpu=probe"], 1],
    ],
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

function compareBatch(peer: Peer, endian: Endian, batch: number, count: number, folder: string): string[] {
  const [options, version] = peer.levels[batch % peer.levels.length]!;
  const templates = statementTemplates(peer.flavour, version);
  const cursor = { at: batch * perBatch * 9 };
  const texts = Array.from({ length: count }, (_, i) => {
    const seed = firstSeed + batch * perBatch + i;
    return generateFile(peer.flavour, templates, cursor, new Random(seed), `x${seed}`);
  });
  const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
  writeFileSync(source, texts.join(""));
  const run = runTool(peer.tool, [...peer.options(endian), ...options, source, "-o", output]);
  if (run.status !== 0)
    throw new Error(`${peer.tool} ${options.join(" ")}, batch ${batch}:\n${run.stderr.slice(0, 2000)}`);
  const found: string[] = [];
  const theirs = peer.facts(readFileSync(output));
  for (const [i, text] of texts.entries()) {
    const seed = firstSeed + batch * perBatch + i;
    const { object, diagnostics } = assemble(text, { syntax: peer.flavour.syntax, endian });
    const said = diagnostics.map((each) => formatDiagnostic(each)).join("\n");
    const ours = object === undefined ? [said] : peer.ours(object).get(`x${seed}`)!;
    const wanted = theirs.get(`x${seed}`)!;
    if (ours.join("\n") === wanted.join("\n")) continue;
    const only = (these: readonly string[], others: readonly string[]): string =>
      these.filter((fact) => !others.includes(fact)).join("\n  ");
    found.push(`seed ${seed}, ours:\n  ${only(ours, wanted)}\ntheirs:\n  ${only(wanted, ours)}\n${text}`);
  }
  return found;
}

for (const peer of peers) {
  const missing = toolMissing(peer.tool);
  for (const endian of ["little", "big"] as const) {
    test.skipIf(missing !== "")(
      `${files} files in ${peer.flavour.syntax}, ${endian}-endian, as ${peer.tool} assembles them${missing}`,
      () => {
        inScratchFolder((folder) => {
          let differences: readonly string[] = [];
          for (let batch = 0; batch * perBatch < files && differences.length === 0; batch++) {
            differences = compareBatch(peer, endian, batch, Math.min(perBatch, files - batch * perBatch), folder);
          }
          expect(differences.length, differences.slice(0, 2).join("\n\n")).toBe(0);
        });
      },
      3_600_000,
    );
  }
}
