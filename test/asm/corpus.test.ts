/** The assembler against the corpus: instruction tables, refused lines, the public conformance cases. */
import { expect, test } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { corpusFiles, corpusMissing, readCorpusText } from "../support/corpus.js";

function codeOf(text: string, options: AssembleOptions): string {
  const { object, diagnostics } = assemble(text, options);
  if (object === undefined) return diagnostics.map((each) => formatDiagnostic(each)).join("\n");
  return toHex(object.sections[0]?.data ?? new Uint8Array());
}

const rows = (name: string): string[][] =>
  corpusMissing === ""
    ? readCorpusText(name)
        .split(/\r?\n/)
        .slice(1)
        .filter((line) => line !== "")
        .map((line) => line.split("\t"))
    : [];

for (const [file, syntax] of [
  ["asm/llvm-insns.tsv", "pseudoc"],
  ["asm/gnu-insns.tsv", "gnu"],
] as const) {
  test.skipIf(corpusMissing !== "")(`${file} assembles byte for byte${corpusMissing}`, () => {
    const table = rows(file);
    expect(table.length).toBeGreaterThan(300);
    for (const [endian, column] of [
      ["little", -2],
      ["big", -1],
    ] as const) {
      const code = codeOf(table.map((row) => row[0]).join("\n"), { syntax, endian });
      let at = 0;
      for (const row of table) {
        const wanted = row.at(column)!;
        expect(`${row[0]!}: ${code.slice(at, at + wanted.length)}`).toBe(`${row[0]!}: ${wanted}`);
        at += wanted.length;
      }
      expect(at).toBe(code.length);
    }
  });
}

test.skipIf(corpusMissing !== "")(`asm/bad.txt is refused line by line${corpusMissing}`, () => {
  const accepted = readCorpusText("asm/bad.txt")
    .split("\n")
    .filter((line) => line !== "" && !line.startsWith("#"))
    .filter((line) => assemble(line, { syntax: "pseudoc" }).object !== undefined);
  expect(accepted).toEqual([]);
});

/** The `-- asm` part of a case, or undefined. */
function asmPart(text: string): string | undefined {
  return /^-- asm\r?\n([^]*?)(?=^-- (?:result|mem|raw|c|error|no register offset)\b|(?![^]))/m.exec(text)?.[1];
}

interface Golden {
  readonly file: string;
  readonly code: string;
}

const goldens = (): Golden[] =>
  readCorpusText("bpf_conformance/golden.jsonl")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Golden);

test.skipIf(corpusMissing !== "")(`every conformance case assembles to its code${corpusMissing}`, () => {
  let compared = 0;
  for (const { file, code } of goldens()) {
    const asm = asmPart(readCorpusText(`bpf_conformance/tests/${file}`));
    if (asm === undefined) continue;
    for (const syntax of ["conformance", "auto"] as const) {
      expect(`${file}: ${codeOf(asm, { syntax })}`).toBe(`${file}: ${code}`);
    }
    compared++;
  }
  console.log(`conformance cases compared: ${compared} of ${goldens().length}`);
  expect(compared).toBeGreaterThan(170);
});

test.skipIf(corpusMissing !== "")(`negative conformance texts are refused${corpusMissing}`, () => {
  const accepted = corpusFiles("bpf_conformance/negative", ".data").filter((file) => {
    const asm = asmPart(readCorpusText(file));
    return asm !== undefined && assemble(asm, { syntax: "conformance" }).object !== undefined;
  });
  // This one's text is right; the suite uses it to see a runner report a failure.
  expect(accepted).toEqual(["bpf_conformance/negative/error.data"]);
});
