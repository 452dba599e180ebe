/** Functions outside of .text: what libbpf does with each, and what the assembler and the linker say of it. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { link } from "../../src/link/index.js";
import { writeObject } from "../../src/object/index.js";
import { kernelMissing } from "../support/kernel.js";
import { runTool, toolMissing } from "../support/tools.js";

const folder = mkdtempSync(join(tmpdir(), "bpfkit-outside-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const fn = (name: string, body: string, binding = ".globl"): string =>
  `${binding} ${name}\n.type ${name},@function\n${name}:\n${body}\n exit\n.size ${name}, . - ${name}\n`;
const section = (name: string): string => `.section ${name},"ax",@progbits\n`;
const callback = " r1 = 10\n r2 = other ll\n r3 = 0\n r4 = 0\n call bpf_loop\n r0 = 0";

/** Sources, the codes of their warnings without `asm-` and `link-`, what libbpf says. */
const cases: readonly (readonly [string, string, readonly string[], string])[] = [
  [
    "a program and a function in .text",
    `.text\n${fn("other", " r0 = 2")}${section("xdp")}${fn("main", " call other")}`,
    [],
    "",
  ],
  [
    "a static function beside a program",
    `${section("xdp")}${fn("main", " r0 = 1")}${fn("other", " r0 = 2", ".local")}`,
    ["static-program"],
    "program 'other' is static and not supported",
  ],
  [
    "a call of a program of another section",
    `${section("xdp")}${fn("main", " call other")}${section("tc")}${fn("other", " r0 = 2")}`,
    ["call-outside"],
    "bad call relo against 'other' in section 'tc'",
  ],
  [
    "a call of a program of the same section",
    `${section("xdp")}${fn("main", " call other")}${fn("other", " r0 = 2")}`,
    ["call-outside"],
    "bad call relo against 'other' in section 'xdp'",
  ],
  [
    "a call of a label of the same section",
    `${section("xdp")}${fn("main", " call other")}other:\n r0 = 2\n exit\n`,
    ["call-outside"],
    "no .text section found yet sub-program call exists",
  ],
  [
    "the address of a function in a section of programs",
    `${section("xdp")}${fn("main", callback)}${section("xdp.frags")}${fn("other", " r0 = 0")}`,
    ["call-outside"],
    "bad map relo against 'other' in section 'xdp.frags'",
  ],
];

const missing = kernelMissing + toolMissing("bpftool");

test.skipIf(missing !== "").each(cases)(`%s, and libbpf${missing}`, (_, text, expected, complaint) => {
  const { object, diagnostics } = assemble(`.license "GPL"\n${text}`, { file: "a.s" });
  const codes = (list: readonly { code: string }[]): string[] =>
    list.map(({ code }) => code.replace(/^(asm|link)-/, ""));
  expect(codes(diagnostics)).toEqual(expected);
  for (const options of [{ relocatable: true }, {}]) {
    const linked = link([object!], options);
    expect(codes(linked.diagnostics)).toEqual(expected);
    expect(linked.diagnostics.every(({ severity }) => severity === "warning")).toBe(true);
    const path = join(folder, "a.o");
    const pin = `/sys/fs/bpf/bpfkit-outside-${process.pid}`;
    writeFileSync(path, writeObject(options.relocatable === true ? linked.object! : object!));
    try {
      const { status, stderr } = runTool("bpftool", ["prog", "loadall", path, pin]);
      expect(stderr).toContain(complaint);
      expect(status === 0).toBe(complaint === "");
    } finally {
      runTool("rm", ["-rf", pin]);
    }
  }
});

test("each function is spoken of once, with its name and the place that refers to it", () => {
  const text = `${section("xdp")}${fn("main", " call other\n call other")}${fn("other", " r0 = 2")}`;
  const { object } = assemble(text, { file: "a.s" });
  const { diagnostics } = link([object!]);
  expect(diagnostics).toMatchObject([
    {
      message: "other is called, or its address taken, in section xdp: libbpf finds functions in .text alone",
      place: { section: "xdp", offset: 0 },
      notes: [{ message: "in main, instruction 0 of section xdp" }],
    },
  ]);
});
