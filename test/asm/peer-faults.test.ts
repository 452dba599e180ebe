/** The proofs of the list "Where we differ" in docs/assembler.md: what the peers make of small texts, and what we make of them. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { linkedSymbols, readElf, readRelocs, readSymbols, SectionHeaderType } from "../../src/elf/index.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

/** The bytes and relocations (number and symbol) of a section of an ELF file. */
function picture(bytes: Uint8Array, name: string): string {
  const elf = readElf(bytes);
  const section = elf.sections.find((each) => each.name === name)!;
  const table = elf.sections.find(({ type, info }) => type === SectionHeaderType.SHT_REL && info === section.index);
  if (table === undefined) return toHex(section.data);
  const symbols = readSymbols(elf, linkedSymbols(elf, table));
  return [
    toHex(section.data),
    ...readRelocs(elf, table).map(({ offset, type, sym }) => `${offset}:${type}:${symbols[sym]!.name}`),
  ].join(" ");
}

function through(tool: string, args: readonly string[], text: string, section = ".text"): string {
  return inScratchFolder((folder) => {
    const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
    writeFileSync(source, `${text}\n`);
    const { status, stderr } = runTool(tool, [...args, source, "-o", output]);
    return status === 0 ? picture(new Uint8Array(readFileSync(output)), section) : `refused: ${stderr}`;
  });
}

function ours(text: string, syntax: "gnu" | "pseudoc", endian: "little" | "big" = "little", section = ".text"): string {
  const { object } = assemble(`${text}\n`, { syntax, endian });
  return object === undefined ? "refused" : toHex(object.sections.find(({ name }) => name === section)!.data);
}

const noLlvm = toolMissing("llvm-mc-22");
const llvm = (text: string): string => through("llvm-mc-22", ["-triple=bpfel", "-mcpu=v1", "-filetype=obj"], text);

test.skipIf(noLlvm !== "").each([
  ["cuts numbers", "r1 = 0x1ffffffff", "b7010000ffffffff", "refused"],
  ["has an r11", "r11 = 1", "b70b000001000000", "refused"],
  ["has each instruction at each level", "r1 s/= r2", "3f21010000000000", "3f21010000000000"],
  [
    "writes R_BPF_64_64 for a jump to a global label",
    ".globl f\ngoto f\nf: exit",
    "0500ffff000000009500000000000000 0:1:f",
    "05000000000000009500000000000000",
  ],
  ["skips commas", "r1 += , 5", "0701000005000000", "refused"],
])(`llvm-mc %s${noLlvm}`, (_, text, theirs, wanted) => {
  expect(llvm(text)).toBe(theirs);
  expect(ours(text, "pseudoc")).toBe(wanted);
});

test.skipIf(noLlvm !== "")(`llvm-mc's difference of labels is no number${noLlvm}`, () => {
  const text = "start: r1 = end - start\nexit\nend: exit";
  expect(llvm(text)).toMatch(/ 0:1:$/);
  expect(ours(text, "pseudoc").slice(0, 16)).toBe("b701000010000000");
});

test.skipIf(noLlvm !== "")(`llvm-mc refuses numbers beyond 16 bits after gotol${noLlvm}`, () => {
  expect(llvm("gotol +70000")).toContain("16-bit");
  expect(ours("gotol +70000", "pseudoc")).toBe("0600000070110100");
});

const noGnu = toolMissing("bpf-as");
const gas = (text: string, order = "-EL", section = ".text"): string =>
  through("bpf-as", [order, "-no-pad-sections"], text, section);

test.skipIf(noGnu !== "").each([
  ["wraps displacements", "ldxb %r1,[%r2+0xffffffff]", "7121ffff00000000", "refused"],
  ["refuses a minus sign alone", "ldxb %r1,[%r2-1]", /^refused/, "7121ffff00000000"],
  [
    "keeps a relocation at a jump to a global label",
    ".globl f\nja f\nf: exit",
    "05000700000000009500000000000000 0:4:f",
    "05000000000000009500000000000000",
  ],
])(`bpf-as %s${noGnu}`, (_, text, theirs, wanted) => {
  expect(gas(text)).toMatch(theirs);
  expect(ours(text, "gnu")).toBe(wanted);
});

test.skipIf(noGnu !== "")(`bpf-as -EB mixes the words of floating-point numbers${noGnu}`, () => {
  const text = ".data\n.float 1.5\n.double 1.5";
  expect(gas(text, "-EB", ".data")).toBe("00003fc00000000000003ff8");
  expect(ours(text, "gnu", "big", ".data")).toBe("3fc000003ff8000000000000");
});

const noLinker = toolMissing("bpf-as", "bpf-ld");
test.skipIf(noLinker !== "")(`bpf-as adds a global symbol's value, and bpf-ld adds it again${noLinker}`, () => {
  inScratchFolder((folder) => {
    const [source, object, output] = ["a.s", "a.o", "a.out"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(source, ".data\n.dword 0\n.globl gd\ngd: .dword 0\n.text\nlddw %r1,gd\nexit\n");
    runTool("bpf-as", ["-EL", source, "-o", object]);
    expect(picture(new Uint8Array(readFileSync(object)), ".text").slice(0, 16)).toBe("1801000008000000");
    runTool("bpf-ld", ["-EL", "-Tdata=0x1000", "-e", "0", object, "-o", output]);
    // gd is at 0x1008.
    expect(picture(new Uint8Array(readFileSync(output)), ".text").slice(0, 16)).toBe("1801000010100000");
  });
});

const noPeers = toolMissing("bpf-as", "llvm-mc-22");

test.skipIf(noPeers !== "").each([
  [".byte -129", "7f", /^refused/],
  [".byte 256", "00", /^refused/],
  [".uleb128 -1", "ffffffffffffffffff01", "ffffffffffffffffff01"],
  [".byte 3 !! 1", "02", "ff"],
])(`data that one peer or both read, and we refuse: %s${noPeers}`, (text, gnu, other) => {
  const inData = `.data\n${text}`;
  expect(gas(inData, "-EL", ".data")).toBe(gnu);
  expect(through("llvm-mc-22", ["-triple=bpfel", "-filetype=obj"], inData, ".data")).toMatch(other);
  for (const syntax of ["gnu", "pseudoc"] as const) expect(ours(inData, syntax, "little", ".data")).toBe("refused");
});
