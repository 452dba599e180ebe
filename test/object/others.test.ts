/**
 * What psabi.md's table "What others do" says of the tools that are installed here, each line the experiment behind a cell.
 * Cells that other tests measure (GNU's doubled values, joined files, libbpf's linker against ours) are not repeated.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/index.js";
import type { BpfkitError } from "../../src/diag/index.js";
import { readElf, readRelocs, readSymbols, SectionHeaderType } from "../../src/elf/index.js";
import { readObject } from "../../src/object/index.js";
import { inScratchFolder, runTool, toolMissing, type ToolResult } from "../support/tools.js";

const llvm = toolMissing("llvm-mc-22");
const llvm14 = toolMissing("llvm-mc-14");
const runtime = toolMissing("llvm-mc-22", "llvm-rtdyld-22");
const gnu = toolMissing("bpf-as", "bpf-ld");
const libbpf = toolMissing("llvm-mc-22", "bpftool", "clang-22");

/** Runs `tool` on `text`: what it says, and what it writes. */
function produce(tool: string, args: readonly string[], text: string): ToolResult & { file: Uint8Array | undefined } {
  return inScratchFolder((folder) => {
    writeFileSync(join(folder, "in.s"), text);
    const result = runTool(tool, [...args, "-o", "out.o", "in.s"], undefined, folder);
    return { ...result, file: result.status === 0 ? new Uint8Array(readFileSync(join(folder, "out.o"))) : undefined };
  });
}

const mc = (text: string, triple = "bpfel"): ReturnType<typeof produce> =>
  produce("llvm-mc-22", ["-triple", triple, "-mcpu=v4", "-filetype=obj"], text);

/** Type and symbol of each relocation of a section, and its bytes. */
function section(file: Uint8Array | undefined, name = ".text"): { bytes: string; relocs: string[] } {
  const elf = readElf(file!);
  const target = elf.sections.find((each) => each.name === name)!;
  const table = elf.sections.find((each) => each.name === `.rel${name}`);
  const symbols = readSymbols(
    elf,
    elf.sections.find(({ type }) => type === SectionHeaderType.SHT_SYMTAB)!,
  );
  const named = (symbol: number): string => {
    const { name: own, shndx } = symbols[symbol]!;
    return own === "" ? elf.sections[shndx]!.name : own;
  };
  const relocs = table === undefined ? [] : readRelocs(elf, table);
  return { bytes: toHex(target.data), relocs: relocs.map(({ type, sym }) => `${type} ${named(sym)}`) };
}

test.skipIf(llvm !== "")(`2: LLVM stores 32 bits of a load's addend, and says nothing of the others${llvm}`, () => {
  const { bytes, relocs } = section(mc("r1 = ext-8 ll\nr2 = ext+0x123456789a ll\n").file);
  expect(relocs).toEqual(["1 ext", "1 ext"]);
  expect(bytes).toBe("18010000f8ffffff0000000000000000" + "180200009a7856340000000000000000");
});

test.skipIf(llvm !== "")(`3: LLVM's calls store A/8-1, in tables of REL${llvm}`, () => {
  const { file } = mc("call ext\ncall ext+8\ncall ext-8\n");
  expect(section(file)).toEqual({
    bytes: "85100000ffffffff" + "8510000000000000" + "85100000feffffff",
    relocs: ["10 ext", "10 ext", "10 ext"],
  });
  expect(readElf(file!).sections.find(({ name }) => name === ".rel.text")!.type).toBe(SectionHeaderType.SHT_REL);
});

test.skipIf(llvm !== "")(`4, 5: LLVM 22 writes number 1 where it has none${llvm}`, () => {
  for (const [text, bytes] of [
    ["goto ext", "0500ffff00000000"],
    ["gotol ext", "06000000ffffffff"],
    ["if r1 == 0 goto ext", "1501ffff00000000"],
    ["r1 = ext", "b701ffff00000000"],
  ]) {
    expect(section(mc(`${text}\n`).file), text).toEqual({ bytes, relocs: ["1 ext"] });
  }
  expect(section(mc(".globl g\ngoto g\ng: exit\n").file).relocs).toEqual(["1 g"]);
  let help: string | undefined;
  try {
    readObject(mc("goto ext\n").file!);
  } catch (error) {
    help = (error as BpfkitError).diagnostics[0]!.help;
  }
  expect(help).toContain(
    "or LLVM's assembler, which has no relocation for such a reference, wrote this one all the same",
  );
  expect(section(mc(".data\n.byte ext\n.short ext\n").file, ".data").relocs).toEqual(["1 ext", "1 ext"]);
  // Only the displacement is refused; a distance loses that it is one.
  expect(mc("r1 = *(u64 *)(r1 + ext)\n").stderr).toContain("not a 16-bit signed integer");
  expect(section(mc(".data\n.long ext-.\n.quad ext-.\n").file, ".data").relocs).toEqual(["3 ext", "2 ext"]);
});

test.skipIf(llvm14 !== "")(`4, 5: LLVM 14 crashes there${llvm14}`, () => {
  for (const text of ["goto ext", "r1 = ext", ".data\n.byte ext"]) {
    const { stderr, status } = produce("llvm-mc-14", ["-triple", "bpfel", "-filetype=obj"], `${text}\n`);
    expect(status, text).not.toBe(0);
    expect(stderr, text).toContain("Stack dump");
  }
});

test.skipIf(runtime !== "")(`10: LLVM's RuntimeDyld applies 2 and 3 and no other number${runtime}`, () => {
  inScratchFolder((folder) => {
    const text = [".globl f", "f: r1 = g ll", "call h", "exit", ".globl h", "h: exit"];
    writeFileSync(
      join(folder, "in.s"),
      [...text, ".data", ".globl g", "g: .quad f", ".long g", ".long f", ""].join("\n"),
    );
    const rules = [
      "*{8}g = f",
      "*{4}(f+4) = 0",
      "*{4}(f+20) = 0xffffffff",
      "*{4}(g+8) = 0",
      "*{4}(g+12) = f & 0xffffffff",
    ];
    writeFileSync(join(folder, "rules"), rules.map((rule) => `# rtdyld-check: ${rule}\n`).join(""));
    runTool("llvm-mc-22", ["-triple", "bpfel", "-filetype=obj", "-o", "in.o", "in.s"], undefined, folder);
    const result = runTool("llvm-rtdyld-22", ["-triple=bpfel", "-verify", "-check=rules", "in.o"], undefined, folder);
    expect(result).toEqual({ status: 0, stdout: "", stderr: "" });
  });
});

test.skipIf(llvm !== "")(`11, 14, 18: LLVM's callx, flags and padding${llvm}`, () => {
  expect(section(mc("callx r3\n").file).bytes).toBe("8d03000000000000");
  const { file } = mc("exit\n.p2align 4\nexit\n");
  expect(readElf(file!).header.flags).toBe(0);
  expect(section(file).bytes).toBe("9500000000000000" + "0000001500000000" + "9500000000000000");
  expect(section(mc("exit\n.p2align 4\n", "bpfeb").file).bytes).toBe("9500000000000000" + "0000000015000000");
  expect(mc("exit\n.byte 1\n.p2align 3\n").stderr).toContain("unable to write nop sequence of 7 bytes");
});

test.skipIf(llvm !== "")(`16: LLVM chooses 3 or 4 by what is referred to${llvm}`, () => {
  const { file } = mc(
    [
      ".globl f, gd, ro",
      "f: exit",
      ".L1: exit",
      ".data",
      "gd: .long gd, .L1, f, ext, ro",
      ".rodata",
      "ro: .long 0",
      "",
    ].join("\n"),
  );
  expect(section(file, ".data").relocs).toEqual(["4 gd", "4 .text", "3 f", "3 ext", "3 ro"]);
});

test.skipIf(gnu !== "")(`10, 11, 14, 18: bpf-ld's -shared, and callx, flags and padding of bpf-as 2.40${gnu}`, () => {
  const { file } = produce("bpf-as", ["-mxbpf"], "call %r3\nexit\n");
  expect(section(file).bytes).toBe("8d03000000000000" + "9500000000000000");
  expect(readElf(file!).header.flags).toBe(0);
  expect(section(produce("bpf-as", [], "exit\n.p2align 4\nexit\n").file).bytes.slice(16, 32)).toBe("0".repeat(16));
  inScratchFolder((folder) => {
    writeFileSync(join(folder, "in.o"), file!);
    expect(runTool("bpf-ld", ["-shared", "-o", "out", "in.o"], undefined, folder).stderr).toContain(
      "-shared not supported",
    );
  });
});

test.skipIf(gnu !== "")(
  `15: bpf-ld 2.40 takes 0 as the address of what is weak and undefined, a call's as well${gnu}`,
  () => {
    inScratchFolder((folder) => {
      const { file } = produce("bpf-as", [], ".globl f\nf: exit\n.weak w\ncall w\nlddw %r1, w\n");
      writeFileSync(join(folder, "in.o"), file!);
      const result = runTool("bpf-ld", ["-e", "f", "-Ttext=0x100", "-o", "out", "in.o"], undefined, folder);
      expect(result.status).toBe(0);
      expect(result.stderr).not.toContain("undefined");
      // (0 - 0x108) / 8 - 1
      const linked = section(new Uint8Array(readFileSync(join(folder, "out"))));
      expect(linked.bytes).toBe("9500000000000000" + "85100000deffffff" + "1801000000000000" + "0".repeat(16));
    });
  },
);

test.skipIf(libbpf !== "")(`1, 8, 16, 17: what libbpf's linker takes${libbpf}`, () => {
  inScratchFolder((folder) => {
    const source = 'int v; int *p = &v; __attribute__((section("socket"))) int f(void *c) { return v; }\n';
    writeFileSync(join(folder, "in.c"), source);
    const compiled = runTool(
      "clang-22",
      ["-target", "bpf", "-g", "-O2", "-c", "in.c", "-o", "in.o"],
      undefined,
      folder,
    );
    expect(compiled.stderr).toBe("");
    const bytes = new Uint8Array(readFileSync(join(folder, "in.o")));
    const gen = (file: Uint8Array): string => {
      writeFileSync(join(folder, "changed.o"), file);
      return runTool("bpftool", ["gen", "object", "out.o", "changed.o"], undefined, folder).stderr;
    };
    const renumbered = (table: string, type: number): Uint8Array => {
      const changed = bytes.slice();
      const { offset, size } = readElf(bytes).sections.find(({ name }) => name === table)!;
      for (let at = offset; at < offset + size; at += 16) new DataView(changed.buffer).setUint32(at + 8, type, true);
      return changed;
    };
    // Any of the four numbers anywhere, and no other: not LLVM's own fourth number for data.
    for (const type of [1, 2, 3, 10]) {
      expect(gen(renumbered(".relsocket", type)), `code ${type}`).toBe("");
      expect(gen(renumbered(".rel.data", type)), `data ${type}`).toBe("");
    }
    expect(gen(renumbered(".rel.data", 4))).toContain("unexpected type 4");
    expect(gen(renumbered(".relsocket", 0xbf12))).toContain("unexpected type");

    const rela = bytes.slice();
    const { header, sections } = readElf(bytes);
    const { index } = sections.find(({ name }) => name === ".rel.data")!;
    new DataView(rela.buffer).setUint32(header.shoff + 64 * index + 4, SectionHeaderType.SHT_RELA, true);
    expect(gen(rela)).not.toBe("");

    writeFileSync(join(folder, "in.c"), source.replace("int v", "static int v").replace("int *p", "int *volatile p"));
    runTool("clang-22", ["-target", "bpf", "-g", "-O2", "-c", "in.c", "-o", "in.o"], undefined, folder);
    expect(gen(new Uint8Array(readFileSync(join(folder, "in.o"))))).toContain("STT_SECTION in non-exec section");
  });
});
