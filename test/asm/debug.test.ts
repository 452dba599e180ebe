/** `.file`, `.loc` and `.cfi_*`: the tables they make, against llvm-mc and bpf-as. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

function object(text: string, options: AssembleOptions = {}): ObjectFile {
  const result = assemble(text, options);
  expect(result.diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  return result.object!;
}

const codes = (text: string): string[] => assemble(text, { syntax: "pseudoc" }).diagnostics.map(({ code }) => code);

/** Bytes and relocations of the sections whose names start with `prefix`. */
function tables(from: ObjectFile, prefix: RegExp): string[] {
  return from.sections
    .filter(({ name }) => prefix.test(name))
    .flatMap(({ name, align, data, relocations }) => [
      `${name} ${align} ${toHex(data)}`,
      ...relocations.map(({ offset, kind, symbol, addend }) => {
        const { home, name: target } = from.symbols[symbol]!;
        const section = home.kind === "section" ? from.sections[home.section]!.name : "";
        return `${name}+${offset} ${kind} ${target === "" ? section : target} ${addend}`;
      }),
    ])
    .toSorted();
}

const rows = `
	.text
f:
	.loc	1 3 4
	r0 = 1
	.loc	1 5 0 prologue_end
	.loc	1 6 7000 is_stmt 0
	r0 = 2
	r0 = 3
	.loc	2 2000 discriminator 5
	exit
	.loc	2 1990 1 basic_block epilogue_begin isa 3
${"	r1 += 1\n".repeat(20)}
	.loc	1 1991 1 is_stmt 1
${"	r1 += 1\n".repeat(300)}
	.loc	1 1992 1
	goto f
	.loc	1 7 7
`;

const texts: Readonly<Record<string, string>> = {
  "DWARF 4": `	.file 1 "one.c"\n	.file 2 "some/dir/two.h"\n	.file 3 "some/dir" "three.h"\n${rows}`,
  "DWARF 5": `	.file 0 "/home" "one.c" md5 0x000102030405060708090a0b0c0d0e0f
	.file 1 "/home" "one.c" md5 0xf00102030405060708090a0b0c0d0e0f
	.file 2 "/usr/include" "two.h" md5 0x1\n${rows}`,
  "DWARF 5 without checksums, with source": `	.file 0 "/home" "one.c" source "int x;\\n"
	.file 1 "one.h" source ""\n	.file 2 "two.h" source "int y;"\n${rows}`,
};

const frames = `
	.cfi_sections .debug_frame, .eh_frame
	.text
f:	.cfi_startproc
	.cfi_signal_frame
	.cfi_personality 0, pers
	.cfi_lsda 0, lsda
	r0 = 1
	.cfi_def_cfa 10, 16
	.cfi_return_column 9
	r1 = 2
	.cfi_offset 6, -8
	.cfi_rel_offset 7, 8
	.cfi_def_cfa_offset 24
	.cfi_adjust_cfa_offset 8
	.cfi_def_cfa_register 9
	.cfi_remember_state
	.cfi_restore_state
	.cfi_restore 6
	.cfi_val_offset 6, -8
	.cfi_val_offset 6, 8
	.cfi_undefined 5
	.cfi_same_value 4
	.cfi_register 3, 2
	.cfi_escape 1, 2, 0xff
	.cfi_offset 70, 4
	.fill 70, 8, 5
	.cfi_offset 70, -16
	.fill 300, 8, 5
	.cfi_restore 100
	.fill 70000, 8, 5
	.cfi_remember_state
	exit
	.cfi_endproc
g:	.cfi_startproc simple
	exit
	.cfi_endproc
h:	.cfi_startproc
	exit
	.cfi_endproc
	.data
lsda:	.quad 1
`;

const noLlvm = toolMissing("llvm-mc-22");

test.skipIf(noLlvm !== "")(`line tables and frames are llvm-mc's, byte for byte${noLlvm}`, () => {
  inScratchFolder((folder) => {
    const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
    for (const [title, text] of [...Object.entries(texts), ["frames", frames] as const]) {
      for (const endian of ["little", "big"] as const) {
        writeFileSync(source, text);
        const triple = endian === "big" ? "bpfeb" : "bpfel";
        const peer = runTool("llvm-mc-22", [`-triple=${triple}`, "-filetype=obj", "-mcpu=v4", source, "-o", output]);
        expect(peer.stderr).toBe("");
        const ours = readObject(writeObject(object(text, { syntax: "pseudoc", endian })));
        const what = /^\.(debug|eh_frame)/;
        expect(tables(ours, what), title).toEqual(tables(readObject(readFileSync(output)), what));
      }
    }
  });
});

/** The rows that llvm-dwarfdump decodes: address to flags. */
function decoded(file: string): string[] {
  const { stdout } = runTool("llvm-dwarfdump-22", ["--debug-line", file]);
  return stdout.split("\n").filter((line) => line.startsWith("0x"));
}

const noGnu = toolMissing("bpf-as", "llvm-dwarfdump-22");

test.skipIf(noGnu !== "")(`the rows are bpf-as's${noGnu}`, () => {
  const text = `	.file 1 "x.c"
	.text
	.loc 1 3 4
	mov %r0,1
	.loc 1 5 4
	.loc 1 600 4 is_stmt 0
	lddw %r0,1
	.loc 1 20 4 prologue_end view .LV1
	exit
`;
  inScratchFolder((folder) => {
    const [source, ours, theirs] = ["a.s", "a.o", "b.o"].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(source, text);
    expect(runTool("bpf-as", [source, "-o", theirs]).stderr).toBe("");
    writeFileSync(ours, writeObject(object(text)));
    // bpf-as 2.40 shows the flag of the row before at the end.
    const flags = (rows: string[]): string[] =>
      rows.map((row) => row.replace(/ +is_stmt end_sequence/, " end_sequence"));
    expect(flags(decoded(ours)).map((row) => row.replaceAll(/ +/g, " "))).toEqual(
      flags(decoded(theirs)).map((row) => row.replaceAll(/ +/g, " ")),
    );
  });
});

test.skipIf(noGnu !== "")(`the rows of labels are bpf-as's${noGnu}`, () => {
  const text = `	.file 1 "x.c"
	.loc_mark_labels 1
f:	mov %r0,1
	.loc 1 3 4
g:	mov %r0,1
	.loc 1 5 4 prologue_end
	mov %r0,2
h:	mov %r0,3
	.loc 1 6 4
	.loc_mark_labels 0
i:	exit
`;
  inScratchFolder((folder) => {
    const [source, ours, theirs] = ["a.s", "a.o", "b.o"].map((name) => join(folder, name)) as [string, string, string];
    writeFileSync(source, text);
    expect(runTool("bpf-as", [source, "-o", theirs]).stderr).toBe("");
    writeFileSync(ours, writeObject(object(text)));
    const flags = (file: string): string[] => decoded(file).map((row) => row.replaceAll(/ +/g, " "));
    expect(flags(ours)).toEqual(flags(theirs));
  });
});

const noTools = toolMissing("llvm-dwarfdump-22", "llvm-objdump-22");

test.skipIf(noTools !== "")(`-g: the lines of the text, found by the tools${noTools}`, () => {
  const text = `.text
.globl f
f: r1 = 5
.macro two
r2 = 1
r2 += 1
.endm
 two
 if r1 == 1 goto far
 exit
.section xdp,"ax"
.include "i.inc"
exit
.text
.rept 33000
r0 = 3
.endr
far: exit
`;
  inScratchFolder((folder) => {
    writeFileSync(join(folder, "g.s"), text);
    writeFileSync(join(folder, "i.inc"), "# included\nr0 = 7\n");
    const readFile = (name: string): { path: string; bytes: Uint8Array } => ({
      path: name,
      bytes: new TextEncoder().encode("# included\nr0 = 7\n"),
    });
    for (const endian of ["little", "big"] as const) {
      for (const dwarf of [4, 5] as const) {
        const file = join(folder, "g.o");
        const made = assemble(text, { file: "g.s", endian, readFile, debug: { dwarf, directory: folder } });
        expect(made.diagnostics).toEqual([]);
        writeFileSync(file, writeObject(made.object!));
        expect(runTool("llvm-dwarfdump-22", ["--verify", file])).toMatchObject({ status: 0 });
        const info = runTool("llvm-dwarfdump-22", ["--debug-info", file]).stdout;
        expect(info).toContain(`version = 0x000${dwarf}`);
        expect(info).toContain('DW_AT_name\t("g.s")');
        expect(info).toContain(`DW_AT_comp_dir\t("${folder}")`);
        const shown = runTool("llvm-objdump-22", ["-S", "-l", "-j", "xdp", file]).stdout;
        expect(shown).toContain(`; ${folder}/i.inc:2\n; r0 = 7\n`);
        expect(shown).toContain(`; ${folder}/g.s:13\n; exit\n`);
        expect(
          decoded(file)
            .slice(0, 4)
            .map((row) => row.trim().split(/ +/).slice(0, 3).join(" ")),
        ).toEqual([
          "0x0000000000000000 3 4",
          "0x0000000000000008 5 1",
          "0x0000000000000010 6 1",
          "0x0000000000000018 9 2",
        ]);
      }
    }
  });
});

test("-g leaves texts with lines of their own alone, and says so where it is too late", () => {
  const debug = { dwarf: 4, directory: "/" } as const;
  const own = '.file 1 "x.c"\n.loc 1 3\nexit\n';
  const plain = assemble(own);
  expect(assemble(own, { debug }).object).toEqual(plain.object);
  expect(assemble(`exit\n${own}`, { debug }).diagnostics.map(({ code }) => code)).toEqual(["asm-debug-late"]);
});

test("a view's number counts the rows of its place", () => {
  const text = `.file 1 "a.c"\n.loc 1 1 view .LV0\n.loc 1 2 view .LV1\nexit\n.loc 1 3 view .LV2\nexit\n.data\n.byte .LV0, .LV1, .LV2`;
  expect(toHex(object(text).sections.find(({ name }) => name === ".data")!.data)).toBe("000100");
});

test("rows move with gaps, long jumps and subsections", () => {
  const text = `.file 1 "a.c"\n.loc 1 1\nif r1 == 1 goto far\n.loc 1 2\n${"r0 = 1\n".repeat(40_000)}.text 1\n.loc 1 9\nexit\n.text\nfar: exit\n`;
  inScratchFolder((folder) => {
    const file = join(folder, "a.o");
    writeFileSync(file, writeObject(object(text)));
    if (toolMissing("llvm-dwarfdump-22") !== "") return;
    const addresses = decoded(file).map((row) => Number.parseInt(row.slice(0, 18), 16) / 8);
    expect(addresses).toEqual([0, 2, 40_003, 40_004]);
  });
});

test("wrong lines and frames are errors", () => {
  expect(codes(".loc 1 2")).toEqual(["asm-file-unknown"]);
  expect(codes('.file 1 "a"\n.file 1 "b"')).toEqual(["asm-file-twice"]);
  expect(codes('.file 1 "a"\n.loc 1 2 3 foo')).toEqual(["asm-expected-usage"]);
  expect(codes('.file 1 "a" md5 x')).toEqual(["asm-expected"]);
  expect(codes(".quad 0x123456789012345678")).toEqual(["asm-scan-number-range"]);
  expect(codes(".cfi_endproc")).toEqual(["asm-cfi-outside"]);
  expect(codes("exit\n.cfi_startproc\nexit")).toEqual(["asm-cfi-open"]);
  expect(codes(".cfi_startproc\n.cfi_startproc\n.cfi_endproc")).toEqual(["asm-cfi-nested"]);
  expect(codes(".cfi_startproc\n.cfi_offset 6, -7\n.cfi_endproc")).toEqual(["asm-cfi-offset"]);
  expect(codes(".cfi_startproc\n.data\n.cfi_endproc")).toEqual(["asm-cfi-section"]);
  expect(codes(".cfi_sections .frame")).toEqual(["asm-expected"]);
});
