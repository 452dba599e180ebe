/** Strings that run over the ends of lines, as GNU as and LLVM read them. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { readElf } from "../../src/elf/index.js";
import { processorTime } from "../support/patience.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

function outcome(text: string): { readonly data: string | undefined; readonly said: readonly string[] } {
  const { object, diagnostics } = assemble(text, { syntax: "gnu" });
  const data = object?.sections.find(({ name }) => name === ".data")?.data;
  const said = diagnostics.map(({ code, place }) =>
    place?.kind === "text" ? `${place.line}:${place.column} ${code}` : code,
  );
  return { data: data && toHex(data), said };
}

const texts = [
  '.data\n.ascii "a\nb"\n.byte 1\n',
  '.data\n.asciz "a\n\n\\"b\n", "c"\n.byte 2\n',
  '.data\n.macro m\n.ascii "x\ny"\n.endm\nm\nm\n',
];

test("a string goes on in the next lines, with a warning where its own ends", () => {
  expect(outcome(texts[0]!)).toEqual({ data: "610a6201", said: ["2:10 asm-string-newline"] });
  expect(outcome(texts[1]!)).toEqual({ data: "610a0a22620a00630002", said: ["2:10 asm-string-newline"] });
  expect(outcome(texts[2]!).data).toBe("780a79780a79");
  expect(outcome(".if 0\n" + texts[0]! + ".endif\n").said).toEqual([]);
});

test("a quote that is missing is told where it is missing, once a line", () => {
  expect(outcome('.ascii "a\n.ascii "b"\n.ascii "c\n').said).toEqual(["1:8 asm-scan-string", "3:8 asm-scan-string"]);
  const start = processorTime();
  expect(outcome('\\"\n'.repeat(200_000)).said.length).toBe(1001);
  expect(processorTime() - start).toBeLessThan(10_000);
});

const missing = toolMissing("bpf-as", "llvm-mc-22");

test.skipIf(missing !== "")(`the peers read the same${missing}`, () => {
  inScratchFolder((folder) => {
    const made = join(folder, "t.o");
    for (const text of texts) {
      for (const [tool, options] of [
        ["bpf-as", ["--"]],
        ["llvm-mc-22", ["-triple=bpfel", "-filetype=obj", "-"]],
      ] as const) {
        expect(runTool(tool, ["-o", made, ...options], text).status).toBe(0);
        const data = readElf(readFileSync(made)).sections.find(({ name }) => name === ".data")!.data;
        expect(toHex(data), tool).toBe(outcome(text).data);
      }
    }
  });
});
