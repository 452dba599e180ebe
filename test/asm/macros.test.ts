/** Conditionals, repetitions and macros: what they read as, in our words and against bpf-as and llvm-mc. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { decodeUtf8 } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { readObject } from "../../src/object/index.js";
import { fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";
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
  ['.if 0\n.ascii "a"\n.elsec\n.ascii "b"\n.endc\nx == 66\n.byte x', "bB"],
  ['.asciz "a" "b", "c"', "ab\0c\0"],
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

/** A number as an expression with every operator, comparisons too. */
function expression(random: Random, names: readonly string[], depth: number): string {
  if (depth === 0 || random.chance(1, 4)) {
    return random.chance(1, 2) && names.length > 0 ? random.pick(names) : String(random.below(20));
  }
  const one = (): string => expression(random, names, depth - 1);
  const kind = random.below(8);
  if (kind === 0) return `(${one()})`;
  if (kind === 1) return `${random.pick(["-", "~", "!"])}(${one()})`;
  if (kind === 2) return `${one()} ${random.pick(["<<", ">>"])} ${random.below(5)}`;
  if (kind === 3) return `${one()} ${random.pick(["/", "%"])} ${random.between(1, 9)}`;
  return `${one()}${random.pick(["+", "-", "*", "&", "|", "^", "==", "!=", "<>", "<", "<=", ">", ">=", "&&", "||"])}${one()}`;
}

/** A text of nested conditions, repetitions and expansions that puts what it meets. */
function generated(random: Random): string {
  const lines: string[] = [".data", ".set n, 0"];
  const macros: { readonly name: string; readonly parameters: readonly string[] }[] = [];
  let serial = 0;
  const argument = (): string =>
    random.pick([
      "1",
      "x",
      "a+1",
      "(1, 2)".replace(", ", "*"),
      '"p q"',
      "[r1]",
      "0x1f",
      "a:b",
      "%r1",
      "-3",
      "2 * 3",
      "y.z",
    ]);
  const block = (depth: number, formals: readonly string[]): void => {
    for (let n = random.between(1, 4); n > 0; n--) {
      const kind = depth === 0 ? 0 : random.below(9);
      const tag = serial++;
      if (kind <= 1) {
        const shown = formals.map((name) => `\\${name}\\()`).join("/");
        lines.push(
          random.chance(1, 2) ? `.ascii "${tag}[${shown}]"` : `.byte 33 + ((${expression(random, ["n"], 3)}) & 63)`,
        );
      } else if (kind === 2 || kind === 3) {
        const opening = random.pick([
          () => `.if ${expression(random, ["n"], 3)}`,
          () => `.if${random.pick(["eq", "ne", "lt", "le", "gt", "ge"])} ${expression(random, ["n"], 2)}`,
          () => `.if${random.pick(["def", "ndef", "notdef"])} ${random.pick(["n", "nowhere"])}`,
          () => `.if${random.pick(["c", "nc"])} ${random.pick(["a,a", "a b, a  b", "a + b,a+b", "a,b"])}`,
          () => `.if${random.pick(["eqs", "nes"])} "a", "${random.pick(["a", "b"])}"`,
          () =>
            `.if${random.pick(["b", "nb"])} ${formals.length > 0 ? `\\${random.pick(formals)}` : random.pick(["", "x"])}`,
        ])();
        lines.push(opening);
        block(depth - 1, formals);
        while (random.chance(1, 3)) {
          lines.push(`.elseif ${expression(random, ["n"], 2)}`);
          block(depth - 1, formals);
        }
        if (random.chance(1, 2)) {
          lines.push(".else");
          block(depth - 1, formals);
        }
        lines.push(".endif");
      } else if (kind === 4) {
        lines.push(`.rept ${random.below(4)}`, ".set n, n + 1");
        block(depth - 1, formals);
        if (random.chance(1, 6)) lines.push(".exitm");
        lines.push(".endr");
      } else if (kind === 5) {
        const name = `v${tag}`;
        lines.push(
          random.chance(1, 2)
            ? `.irp ${name}, ${Array.from({ length: random.between(1, 4) }, argument).join(random.pick([", ", ","]))}`
            : `.irpc ${name}, ${random.pick(["abc", "1", "xy"])}`,
        );
        block(depth - 1, [...formals, name]);
        lines.push(".endr");
      } else if (kind === 6 && formals.length === 0) {
        const parameters = Array.from({ length: random.below(4) }, (_, i) => `p${tag}x${i}`);
        const written = parameters.map((name) => name + random.pick(["", "", "=7", "=d e".replace(" ", "")]));
        lines.push(`.macro m${tag} ${written.join(random.pick([", ", " "]))}`);
        block(depth - 1, parameters);
        if (random.chance(1, 6)) lines.push(".exitm");
        lines.push(`.ascii "\\@"`, ".endm");
        macros.push({ name: `m${tag}`, parameters });
      } else if (macros.length > 0 && formals.length === 0) {
        const { name, parameters } = random.pick(macros);
        const given = parameters.slice(0, random.below(parameters.length + 1));
        const named = random.chance(1, 3);
        lines.push(`${name} ${given.map((each) => (named ? `${each}=${argument()}` : argument())).join(", ")}`);
      }
    }
  };
  block(4, []);
  return lines.join("\n");
}

const noGas = toolMissing("bpf-as");

test.skipIf(noGas !== "")(`generated texts read as bpf-as reads them${noGas}`, () => {
  inScratchFolder((folder) => {
    const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
    let compared = 0;
    for (let seed = 1; seed <= fuzzRounds(60); seed++) {
      const text = `${generated(new Random(seed))}\n`;
      writeFileSync(source, text);
      const peer = runTool("bpf-as", ["-no-pad-sections", source, "-o", output]);
      const { object, diagnostics } = assemble(text, { syntax: "gnu" });
      const ours = diagnostics.map((each) => formatDiagnostic(each));
      // A macro may be defined in a branch that is not read, or twice in a repetition: an error for both.
      const said = [...ours, peer.stderr].join("\n");
      expect({ said, refused: object === undefined }, `seed ${seed}\n${text}`).toEqual({
        said,
        refused: peer.status !== 0,
      });
      if (object === undefined) continue;
      compared++;
      const wanted = readObject(readFileSync(output)).sections.find(({ name }) => name === ".data")!.data;
      const found = object.sections.find(({ name }) => name === ".data")!.data;
      expect(decodeUtf8(found), `seed ${seed}\n${text}`).toBe(decodeUtf8(wanted));
    }
    expect(compared).toBeGreaterThan(10);
  });
});

test("what cannot be read is complained of once: uses of a macro whose parameters are wrong, bodies and branches behind it", () => {
  const said = (text: string): string[] =>
    assemble(text, { file: "a.s", syntax: "gnu" }).diagnostics.map(({ code, place }) => {
      return place?.kind === "text" ? `${place.line}:${place.column} ${code}` : code;
    });
  expect(said(".macro m (a, b)\n.byte \\a\n.endm\nm 1, 2\nm 3, 4\n")).toEqual(["1:10 asm-macro-parameters"]);
  expect(said('.irpc c, a"b\n.ascii "\\c"\n.endr\n.rept 3x\n.nonsense\n.endr\n')).toEqual([
    "1:11 asm-scan-string",
    "4:7 asm-scan-number",
  ]);
  expect(said(".if 08z\n.nonsense\n.elseif 0x1z\n.nonsense\n.endif\n")).toEqual([
    "1:5 asm-scan-number",
    "3:9 asm-scan-number",
  ]);
  // Behind a branch that was taken nobody asks.
  expect(said(".if 1\n.elseif 0x1z\n.nonsense\n.else\n.nonsense\n.endif\n")).toEqual([]);
});

test("the caret is at the argument or the parameter that is wrong", () => {
  const places = (text: string): string[] =>
    assemble(text, { syntax: "gnu" }).diagnostics.map(({ place }) => {
      return place?.kind === "text" ? place.source.slice(place.column - 1, place.column - 1 + place.length) : "";
    });
  expect(places(".macro m a, b\n.endm\nm 1,2,3 4\nm c=3\nm a=1, 2\nm a=1, a=2\nm 1 /* x */ , 2, 3\n")).toEqual([
    "3 4",
    "c=",
    "2",
    "a=",
    "m 1 /* x */ , 2, 3",
  ]);
  expect(
    places('.macro n a a\n.endm\n.macro o a:rec\n.endm\n.macro p a:vararg b\n.endm\n.macro q a, "x"\n.endm\n'),
  ).toEqual(["a", "a:rec", "b", '"']);
});
