/** Sections by flags, groups, numbers and links. */
import { writeFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

function object(text: string): ObjectFile {
  const result = assemble(text, { syntax: "gnu" });
  expect(result.diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  return result.object!;
}

const codes = (text: string): string[] => assemble(text).diagnostics.map(({ code }) => code);

const text = `
	.section .text.f,"axG",@progbits,f,comdat
	.weak f
	.type f,@function
f:	exit
	.section .data.f,"awG",@progbits,f,comdat
	.quad f
	.section .rodata.g,"aG",@progbits,"grp"
	.byte 1
	.section .data.g,"aw?"
	.byte 2
	.section m,"ao",@progbits,.text
	.long 1
	.section m,"ao",@progbits,.text.f
	.long 2
	.section m,"ao",@progbits,.text
	.long 3
	.section u,"aw",@progbits,unique,1
	.byte 1
	.section u,"aw",%progbits,unique,2
	.byte 2
	.section u,"aw",@progbits
	.byte 3
	.section u,"aw",@progbits,unique,1
	.byte 4
	.section s,"aMSR",@progbits,1
	.asciz "a"
	.section z,"aG",@nobits,f,comdat
	.zero 8
	.section n,"a",@note
	.byte 5
	.section i,"aw",@init_array
	.section odd,"",@0x70000001
	.byte 6
	.section e,"e",@progbits
	.byte 7
`;

/** Sections with contents, by name and order, with what they belong to; the groups. */
function facts(from: ObjectFile): unknown {
  const shown = from.sections.filter(({ size }) => size > 0);
  return {
    sections: shown.map(({ name, type, flags, entsize, data, group, linkedTo }) => [
      name,
      type,
      Object.entries(flags).flatMap(([flag, set]) => (set ? [flag] : [])),
      entsize,
      toHex(data),
      group < 0 ? "" : from.symbols[from.groups[group]!.signature]!.name,
      linkedTo < 0 ? "" : from.sections[linkedTo]!.name,
    ]),
    groups: from.groups.map(({ signature, comdat }) => [from.symbols[signature]!.name, comdat]),
    symbols: from.symbols.flatMap(({ name, type, binding, home }) =>
      type === "section" ? [] : [[name, binding, type, home.kind]],
    ),
  };
}

for (const [peer, args] of [
  ["llvm-mc-22", ["-triple=bpfel", "-filetype=obj"]],
  ["bpf-as", ["-no-pad-sections"]],
] as const) {
  const missing = toolMissing(peer);
  test.skipIf(missing !== "")(`sections, groups and links are those of ${peer}${missing}`, () => {
    inScratchFolder((folder) => {
      const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
      writeFileSync(source, text.replace("\texit", "\t.quad 0x95"));
      expect(runTool(peer, [...args, source, "-o", output]).stderr).toBe("");
      const ours = readObject(writeObject(object(text)));
      expect(facts(ours)).toEqual(facts(readObject(readFileSync(output))));
    });
  });
}

const noReadelf = toolMissing("llvm-readelf-22");

test.skipIf(noReadelf !== "")(`a group stands before its members${noReadelf}`, () => {
  inScratchFolder((folder) => {
    const file = join(folder, "a.o");
    writeFileSync(file, writeObject(object(text)));
    const { stdout, stderr } = runTool("llvm-readelf-22", ["-g", file]);
    expect(stderr).toBe("");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("COMDAT group section [ 1] `.group' [f] contains 4 sections");
  });
});

test("a section that is opened in another way is an error", () => {
  const errors = (second: string): string[] =>
    assemble(`.section a,"aM",@progbits,4\n.section ${second}`).diagnostics.map(({ message }) => message);
  const changed = (what: string): string[] => [`section \`a\` has another ${what}`];
  expect(errors('a,"aw"')).toEqual(changed("set of flags"));
  expect(errors('a,"aM",@note,4')).toEqual(changed("type"));
  expect(errors('a,"aM",@progbits,8')).toEqual(changed("entry size"));
  expect(errors('a,"aM",@progbits,4')).toEqual([]);
  expect(errors("a")).toEqual([]);
});

test("wrong operands of .section are errors", () => {
  expect(codes('.section a,"q"')).toEqual(["asm-section-flag"]);
  expect(codes('.section a,"aM"')).toEqual(["asm-expected-usage"]);
  expect(codes('.section a,"aG",@progbits')).toEqual(["asm-expected-usage"]);
  expect(codes('.section a,"a",@foo')).toEqual(["asm-expected-usage"]);
  expect(codes('.section a,"a",@progbits,unique')).toEqual(["asm-expected-usage"]);
  expect(codes('.section a,"ao",@progbits,nowhere\n.byte 1')).toEqual(["asm-linked-to"]);
});

test(".pushsection takes a subsection", () => {
  const made = object(".data\n.byte 1\n.pushsection .data, 2\n.byte 2\n.popsection\n.byte 3");
  expect(toHex(made.sections.find(({ name }) => name === ".data")!.data)).toBe("010302");
});

test("a structure has places and no bytes", () => {
  const made = object(
    ".struct 0\nkey: .skip 4\n.balign 8\nvalue: .skip 8\nsize:\n.text\nldxdw %r1, [%r2+value]\nadd %r3, size",
  );
  expect(toHex(made.sections.find(({ name }) => name === ".text")!.data)).toBe("7921080000000000" + "0703000010000000");
  expect(made.symbols.find(({ name }) => name === "value")!.home).toEqual({ kind: "absolute", value: 8n });
  expect(codes(".struct 0\nexit")).toEqual(["asm-nobits"]);
  expect(codes(".struct 0\n.long 5")).toEqual(["asm-nobits"]);
  expect(codes(".struct 0\n.skip b - a\n.data\na: .byte 1\nb:")).toEqual(["asm-not-constant"]);
});
