/** Conditionals, repetitions and macros: what they read as, in our words and against bpf-as and llvm-mc. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { decodeUtf8 } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { readObject } from "../../src/object/index.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

/** The bytes of `.data` as text; the diagnostics must be none. */
function data(text: string, options: AssembleOptions = {}): string {
  const { object, diagnostics } = assemble(`.data\n${text}\n`, options);
  expect(diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  return decodeUtf8(object!.sections.find(({ name }) => name === ".data")?.data ?? new Uint8Array());
}

/** Texts that both peers and we read alike, and what they put. */
const alike: readonly (readonly [string, string])[] = [
  ['.if 1\n.ascii "a"\n.else\n.ascii "b"\n.endif', "a"],
  [
    '.if 0\n.ascii "a"\n.elseif 0\n.ascii "b"\n.elseif 1\n.ascii "c"\n.elseif 1\n.ascii "d"\n.else\n.ascii "e"\n.endif',
    "c",
  ],
  ['.if 0\n.if 1\n.ascii "a"\n.else\n.ascii "b"\n.endif\n.else\n.if 0\n.endif\n.ascii "c"\n.endif', "c"],
  ['.if 0\n nonsense [}\n.endif\n.ascii "a"', "a"],
  [
    '.set x, 3\n.ifdef x\n.ascii "a"\n.endif\n.ifdef y\n.ascii "b"\n.endif\n.ifndef y\n.ascii "c"\n.endif\n.ifnotdef x\n.ascii "d"\n.endif',
    "ac",
  ],
  ['.set later, 1\nl: .ifdef l\n.ascii "a"\n.endif', "a"],
  [
    '.ifeq 0\n.ascii "a"\n.endif\n.ifne 0\n.ascii "b"\n.endif\n.iflt -1\n.ascii "c"\n.endif\n.ifle 0\n.ascii "d"\n.endif\n.ifgt 0\n.ascii "e"\n.endif\n.ifge 0\n.ascii "f"\n.endif',
    "acdf",
  ],
  ['.ifc abc, abc\n.ascii "a"\n.endif\n.ifnc abc,abd\n.ascii "b"\n.endif\n.ifc "a",a\n.ascii "c"\n.endif', "ab"],
  ['.ifeqs "a","a"\n.ascii "a"\n.endif\n.ifnes "a","b"\n.ascii "b"\n.endif', "ab"],
  ['.macro t x\n.ifb \\x\n.ascii "b"\n.else\n.ascii "n"\n.endif\n.ifnb \\x\n.ascii "N"\n.endif\n.endm\nt\nt 5', "bnN"],
  ['a:\n.rept 3\n.ascii "x"\n.endr\n.if . - a == 3\n.ascii "y"\n.endif', "xxxy"],
  ['.rept 0\n.ascii "x"\n.endr\n.rept 2\n.rept 2\n.ascii "i"\n.endr\n.ascii "o"\n.endr', "iioiio"],
  ['.irp r, a, b c, "d e"\n.ascii "(\\r)"\n.endr', "(a)(b)(c)(d e)"],
  ['.irpc c, abc\n.ascii "\\c!"\n.endr', "a!b!c!"],
  ['.irp i, 1, 2\n.irp j, 3, 4\n.ascii "\\i\\j "\n.endr\n.endr', "13 14 23 24 "],
  [".set n, 0\n.rept 4\n.byte 65 + n\n.set n, n + 1\n.endr", "ABCD"],
  [
    '.macro m a b=5 c:req d:vararg\n.ascii "[\\a|\\b|\\c|\\d]"\n.endm\nm 1,,3\nm 1 2 3 4,5\nm c=3,a=2',
    "[1|5|3|][1|2|3|4,5][2|5|3|]",
  ],
  [
    '.macro k a, b=7\n.ascii "\\a/\\b;"\n.endm\nk b=1\nk 1,b=2\nk ,3\nk a + b\nk -1 -2\nk 1 +2\nk !1 ~2\nk a:b c:d\nk *x y\nk x *y\nk x@y z\nk "p q" r',
    "/1;1/2;/3;a+b/7;-1-2/7;1+2/7;!1~2/7;a:b/c:d;*x/y;x*y/7;x@y/z;p q/r;",
  ],
  ['.macro n a\n.ascii "\\a\\()x\\a\\().y"\n.endm\nn 1', "1x1.y"],
  ['.macro u\n.ascii "\\@"\n.endm\nu\nu\n.macro v\n.ascii "<\\@>"\nu\n.endm\nv\nu', "01<2>34"],
  ['.macro outer n\n.macro inner\\n x\n.ascii "\\n-\\x"\n.endm\n.endm\nouter 1\ninner1 2', "1-2"],
  ['.macro sum from=0, to=5\n.byte 65+\\from\n.if \\to-\\from\nsum "(\\from+1)",\\to\n.endif\n.endm\nsum 0,3', "ABCD"],
  ['.macro q\n.rept 2\n.ascii "m"\n.endr\n.if 1\n.ascii "x"\n.exitm\n.endif\n.ascii "o"\n.endm\nq\n.ascii "z"', "mmxz"],
  ['.macro m\n.ascii "1"\n.endm\nm\n.purgem m\n.macro m\n.ascii "2"\n.endm\nm', "12"],
  ['.macro exit\n.ascii "macro"\n.endm\nexit', "macro"],
  ['.macro .foo x\n.ascii "\\x"\n.endm\n.foo a', "a"],
  ['.macro i a b:vararg\n.ascii "\\a"\n.ifnb \\b\ni \\b\n.endif\n.endm\ni x, y, z', "xyz"],
  ['.altmacro\n.macro m a\n.ascii "[\\a]"\n.endm\nm <x,y>\nm %1+2*4\nm <p!>q>', "[x,y][9][p>q]"],
  ['.ascii "a"\n.end\n.ascii "b"\nnonsense', "a"],
];

/** What gas reads so and LLVM does not: no values, `1b` before an operator, the rest of the alternate syntax. */
const gasOnly: readonly (readonly [string, string])[] = [
  ['.irp r\n.ascii "{\\r}"\n.endr', "{}"],
  [".macro lab\n1: .byte 1f - 1b + 64\n1:\n.endm\nlab\nlab", "AA"],
  ['.irpc c\n.ascii "[\\c]"\n.endr\n.irpc c, a b\n.ascii "\\c"\n.endr\n.irpc c, "xy"\n.ascii "\\c"\n.endr', "[]abxy"],
  [
    '.altmacro\n.macro m a, b\nLOCAL x, y\nx: .ascii "[a|&a|a&b|xa|a&_q]"\ny: .byte y-x+40\n.endm\nm foo, 3\nm z, 4\n.noaltmacro',
    "[foo|foo|foo3|xa|foo_q]?[z|z|z4|xa|z_q]7",
  ],
  ['.macro M a\n.ascii "\\a\\(lit)y|"\n.endm\nM 1\nm 2', "1lity|2lity|"],
  ['.ifc a b, a  b\n.ascii "a"\n.endif\n.ifc a + b, a+b\n.ascii "b"\n.endif', "ab"],
  ['.rept 3\n.ascii "x"\n.exitm\n.ascii "y"\n.endr\n.rep 1\n.ascii "z"\n.endr', "xz"],
];

test("what the peers read", () => {
  for (const [text, wanted] of [...alike, ...gasOnly]) expect(data(text), text).toBe(wanted);
});

const missing = toolMissing("bpf-as", "llvm-mc-22");

/** `.data` of what the peers make of a text. */
function peers(folder: string, text: string): { readonly gas: string; readonly llvm: string } {
  const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
  writeFileSync(source, `.data\n${text}\n`);
  const read = (name: string, args: readonly string[]): string => {
    const { status, stderr } = runTool(name, args);
    if (status !== 0) return stderr;
    return decodeUtf8(readObject(readFileSync(output)).sections.find((each) => each.name === ".data")!.data);
  };
  return {
    gas: read("bpf-as", [source, "-o", output]),
    llvm: read("llvm-mc-22", ["-triple", "bpfel", "-filetype=obj", source, "-o", output]),
  };
}

test.skipIf(missing !== "")(`the peers read it so${missing}`, () => {
  inScratchFolder((folder) => {
    const differing = [...alike, ...gasOnly].flatMap(([text, wanted], i) => {
      const { gas, llvm } = peers(folder, text);
      return gas === wanted && (llvm === wanted || i >= alike.length) ? [] : [{ text, wanted, gas, llvm }];
    });
    expect(differing).toEqual([]);
  });
});
