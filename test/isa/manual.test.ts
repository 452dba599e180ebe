import { readFileSync, writeFileSync } from "node:fs";
import { expect, test } from "vitest";
import { insnTable, spellings, type Dialect } from "../../src/isa/index.js";

const page = new URL("../../docs/instructions.md", import.meta.url);
const dialects: readonly Dialect[] = ["plain", "gnu", "pseudoc", "kernel", "conformance"];

/** Placeholders as the manual writes them. */
const operands: Readonly<Record<string, string>> = {
  d: "DST",
  s: "SRC",
  wd: "WDST",
  ws: "WSRC",
  i: "IMM",
  I: "IMM64",
  h: "HIGH",
  o: "+OFF",
  O: "+DISP",
  j: "TARGET",
  J: "TARGET",
  f: "FUNCTION",
  c: "HELPER",
  x: "INDEX",
  da: "AS1",
  sa: "AS2",
  ri: "REG",
};

function manual(): string {
  const rows = insnTable.map((row) => {
    const words = dialects.map(
      (dialect) =>
        `\`${spellings(row, dialect)[0]!
          .replace(/\{(\w+)\}/g, (_, name: string) => operands[name]!)
          .replaceAll("|", "\\|")}\``,
    );
    return `| 0x${row.opcode.toString(16).padStart(2, "0")} | v${row.version} | ${row.group} | ${words.join(" | ")} |`;
  });
  return [
    "# Instructions",
    "",
    "Made from `src/isa/table.ts` by its test (`BPFKIT_UPDATE_GOLDEN=1 npm test`). WDST and WSRC are the 32-bit register names.",
    "",
    "| opcode | ISA | group | plain | gnu | pseudoc | kernel | conformance |",
    "|---|---|---|---|---|---|---|---|",
    ...rows,
    "",
  ].join("\n");
}

test("docs/instructions.md is the instruction table", () => {
  if (process.env["BPFKIT_UPDATE_GOLDEN"] === "1") writeFileSync(page, manual());
  expect(readFileSync(page, "utf8")).toBe(manual());
});
