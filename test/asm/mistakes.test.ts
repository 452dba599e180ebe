/**
 * What people get to read who write wrong programs: typing errors, wrong operands and sizes, and what they know from C and from other
 * assemblers. `mistakes.txt` has the programs, the golden file what is said of each.
 */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import type { Dialect } from "../../src/isa/index.js";
import { expectGolden } from "../support/golden.js";

interface Program {
  readonly syntax: Dialect;
  readonly text: string;
}

const programs: readonly Program[] = readFileSync(new URL("mistakes.txt", import.meta.url), "utf8")
  .split(/^== /m)
  .slice(1)
  .map((each) => {
    const [syntax = "", ...lines] = each.split("\n");
    return { syntax: syntax as Dialect, text: lines.join("\n") };
  });

function said({ syntax, text }: Program): string {
  const { object, diagnostics } = assemble(text, { syntax, file: "t.s" });
  const isRefused = diagnostics.some(({ severity }) => severity === "error");
  expect(object === undefined).toBe(isRefused);
  const lines = diagnostics.map((each) => formatDiagnostic(each));
  return `== ${syntax}\n${text.trimEnd()}\n--\n${lines.length > 0 ? lines.join("\n") : "nothing"}\n`;
}

test("wrong programs are answered as the golden file says", () => {
  expect(programs.length).toBeGreaterThan(180);
  expectGolden("assembler-mistakes.txt", programs.map(said).join("\n"));
});

test("one mistake gets one error", () => {
  const several = programs.filter(({ text, syntax }) => {
    const { diagnostics } = assemble(text, { syntax });
    return diagnostics.filter(({ severity }) => severity === "error").length > text.trimEnd().split("\n").length;
  });
  expect(several).toEqual([]);
});

test("what another spelling says is what the advice says in this one", () => {
  const pairs: readonly (readonly [Dialect, string, Dialect])[] = [
    ["pseudoc", "r1 = *(u32 *)(r2 - 4)", "plain"],
    ["pseudoc", "*(u8 *)(r1 + 0) = r2", "gnu"],
    ["pseudoc", "if w1 s> 5 goto +1", "plain"],
    ["pseudoc", "r3 = 0x1122334455667788 ll", "gnu"],
    ["plain", "ldxdw r1, [r2+8]", "pseudoc"],
    ["plain", "jsgt32 r1, 5, +1", "pseudoc"],
    ["plain", "stdw [r10-8], 7", "pseudoc"],
    ["gnu", "xadddw [%r1+8], %r2", "pseudoc"],
    ["gnu", "endbe %r1, 16", "pseudoc"],
  ];
  for (const [from, text, to] of pairs) {
    const { diagnostics } = assemble(text, { syntax: to });
    const advice = / in \w+: `([^`]+)`/.exec(` ${diagnostics[0]!.help}`)?.[1];
    const code = (source: string, syntax: Dialect): Uint8Array | undefined =>
      assemble(source, { syntax }).object?.sections.find(({ name }) => name === ".text")?.data;
    expect([text, code(advice!, to)]).toEqual([text, code(text, from)]);
  }
});
