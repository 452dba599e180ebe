/** `.include` and `.incbin` over the port `readFile`; symbols from outside; what the text says to who assembles it. */
import { expect, test } from "vitest";
import { assemble, type AssembleOptions, type ReadFile } from "../../src/asm/index.js";
import { decodeUtf8, encodeUtf8 } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";

function folder(files: Readonly<Record<string, string>>): ReadFile {
  return (name) => {
    const text = files[name];
    return text === undefined ? { reason: "it is not there" } : { path: `dir/${name}`, bytes: encodeUtf8(text) };
  };
}

function data(text: string, options: AssembleOptions = {}): string {
  const { object, diagnostics } = assemble(`.data\n${text}\n`, options);
  expect(diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  return decodeUtf8(object!.sections.find(({ name }) => name === ".data")!.data);
}

const words = (text: string, options: AssembleOptions = {}): string[] =>
  assemble(text, { file: "a.s", ...options }).diagnostics.map((each) => formatDiagnostic(each));

test("an included text is read in its place, without a newline at its end, too", () => {
  const readFile = folder({ b: '.ascii "b"', c: '.include "b"\n.ascii "c"\n.if 0\n' });
  expect(data('.ascii "a"\n.include "b"\n.include "c"\n.ascii "x"\n.endif\n.ascii "z"', { readFile })).toBe("abbcz");
});

test("the spelling is found although macros are called, and in an included file where the text tells nothing", () => {
  const code = (text: string): number => assemble(text, { readFile }).object?.sections[0]?.size ?? -1;
  const readFile = folder({ "p.inc": "f:\n r1 = 5\n exit\n" });
  expect(code(".macro zero r\n\\r = 0\n.endm\nzero r1\nr2 = 5")).toBe(16);
  expect(code(".macro zero r\nmov \\r, 0\n.endm\nzero r1\nmov r2, 5")).toBe(16);
  expect(code(".macro zero r\nmov %\\r, 0\n.endm\nzero r1\nmov %r2, 5")).toBe(16);
  expect(code('.text\n.include "p.inc"\ncall f\nexit')).toBe(32);
});

test(".incbin takes all, the rest or a part of a file", () => {
  const readFile = folder({ f: "0123456789" });
  const text = '.incbin "f"\n.ascii "|"\n.incbin "f", 7\n.ascii "|"\n.incbin "f",2,3\n.ascii "|"\n.incbin "f",,1';
  expect(data(text, { readFile })).toBe("0123456789|789|234|0");
  expect(words('.data\n.incbin "f", 8, 3', { readFile })).toEqual([
    expect.stringContaining("a.s:2:9: error: dir/f has 10 bytes, and 11 are needed [asm-incbin]"),
  ]);
});

test("files that are not there, and a run without files", () => {
  expect(words('.include "no"', { readFile: folder({}) })).toEqual([
    expect.stringContaining("a.s:1:10: error: cannot read no: it is not there [asm-file]"),
  ]);
  expect(words('.include "no"')).toEqual([expect.stringContaining("no files can be read here")]);
});

test("the way to an error through files and macros", () => {
  const readFile = folder({ "m.inc": ".macro load r\n  mov \\r, 1\n  mvo \\r, 2\n.endm\nload r1\n" });
  expect(words('.include "m.inc"\n\n  load r2\n', { readFile, syntax: "plain" })).toEqual([
    [
      "dir/m.inc:3:3: error: unknown instruction `mvo` [asm-instruction-near]",
      "    3 |   mvo r1, 2",
      "      |   ^~~",
      "      = help: did you mean `mov`?",
      "dir/m.inc:5:1: note: in the expansion of macro `load`",
      "    5 | load r1",
      "      | ^",
      "a.s:1:1: note: included from here",
      '    1 | .include "m.inc"',
      "      | ^",
    ].join("\n"),
    [
      "dir/m.inc:3:3: error: unknown instruction `mvo` [asm-instruction-near]",
      "    3 |   mvo r2, 2",
      "      |   ^~~",
      "      = help: did you mean `mov`?",
      "a.s:3:3: note: in the expansion of macro `load`",
      "    3 |   load r2",
      "      |   ^",
    ].join("\n"),
  ]);
});

test("diagnostics come in the order of reading, whatever file they are in; one for what is read often", () => {
  const readFile = folder({ b: "\n\n\nbad_b" });
  const found = words('bad_1\n.include "b"\nbad_2\n.rept 5\nbad_3\n.endr\nja nowhere\nbad_4', { readFile });
  expect(found.map((each) => /`(\w+)`/.exec(each)![1])).toEqual([
    "bad_1",
    "bad_b",
    "bad_2",
    "bad_3",
    "nowhere",
    "bad_4",
  ]);
});

test("symbols of the options", () => {
  const defines = { DEBUG: 1, SIZE: 0x40n };
  expect(data(".ifdef DEBUG\n.byte SIZE+1\n.endif", { defines })).toBe("A");
  expect(() => assemble("exit", { defines: { HALF: 1.5 } })).toThrow("1.5 is not a whole number");
  const found = words("SIZE: exit", { defines });
  expect(found).toEqual([
    expect.stringMatching(/a\.s:1:1: error: `SIZE` is defined twice[^]*<defines>:2:1: note: first/),
  ]);
});

test("names in quotes, where no word would do", () => {
  const text =
    '.globl "a-b"\n.type "a-b", @function\n"a-b": call "c d"\nja "a-b"\n.size "a-b", . - "a-b"\n.set "x y", 3\nmov r1, "x y"';
  const { object, diagnostics } = assemble(text, { syntax: "plain" });
  expect(diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
  expect(object!.symbols.map(({ name, size, type }) => [name, size, type])).toEqual([
    ["x y", 0, "notype"],
    ["a-b", 16, "func"],
    ["c d", 0, "notype"],
  ]);
  expect(words('"": exit')).toEqual([expect.stringContaining('found `""`')]);
});

test(".error, .err, .warning, .print and .fail", () => {
  const text = '.error "no"\n.error\n.err\n.warning "hm"\n.warning\n.print "hello"\n.fail 499\n.fail 500';
  expect(words(text).map((each) => each.split("\n")[0])).toEqual([
    "a.s:1:1: error: no [asm-said-error]",
    "a.s:2:1: error: `.error` was reached [asm-said-error]",
    "a.s:3:1: error: `.err` was reached [asm-said-error]",
    "a.s:4:1: warning: hm [asm-said-warning]",
    "a.s:5:1: warning: `.warning` was reached [asm-said-warning]",
    "a.s:6:1: note: hello [asm-said-note]",
    "a.s:7:1: error: `.fail 499` was reached [asm-said-error]",
    "a.s:8:1: warning: `.fail 500` was reached [asm-said-warning]",
  ]);
});

test("warnings can be left out, one code or all, made errors, and are bounded", () => {
  const text = '.warning "a"\n.purgem none\n';
  const codes = (options: AssembleOptions): string[] =>
    assemble(text, options).diagnostics.map(({ severity, code }) => `${severity} ${code}`);
  expect(codes({})).toEqual(["warning asm-said-warning", "warning asm-macro-unknown"]);
  expect(codes({ silenced: ["asm-said-warning"] })).toEqual(["warning asm-macro-unknown"]);
  expect(codes({ warnings: false, fatalWarnings: true })).toEqual([]);
  expect(codes({ fatalWarnings: true })).toEqual(["error asm-said-warning", "error asm-macro-unknown"]);
  expect(assemble(text).object).toBeDefined();
  expect(assemble(text, { fatalWarnings: true }).object).toBeUndefined();
  const many = assemble('.warning "a"\n'.repeat(5000));
  expect(many.object).toBeDefined();
  expect(many.diagnostics.length).toBe(1001);
  expect(many.diagnostics.at(-1)).toMatchObject({ severity: "warning", code: "asm-too-many-warnings" });
});

test.each([
  [".endif", "1:1 `.endif` without `.if` before it"],
  [".else", "1:1 `.else` without `.if` before it"],
  [".endm", "1:1 `.endm` without `.macro` before it"],
  [".endr", "1:1 `.endr` without `.rept, .irp or .irpc` before it"],
  [".if 1", "1:1 `.if` has no `.endif`"],
  [".if 0\n.if 0", "1:1 `.if` has no `.endif`"],
  [".if 1\n.else\n.else\n.endif", "3:1 `.else` after the `.else` of the same `.if`"],
  [".if undefined\n.endif", "1:5 a number that is known here is needed"],
  [".if 1/0\n.endif", "1:6 division by zero"],
  [".ifc a\n.endif", "1:7 expected `,`, found the end of the statement"],
  [".macro", "1:1 `.macro` has no `.endm`"],
  [".macro\n.endm", "1:7 expected the macro's name, found the end of the statement"],
  [".macro .if\n.endm", "1:8 `.if` cannot be a macro"],
  [".macro a x x\n.endm", "1:12 bad parameters of macro `a`: there are two called `x`"],
  [".macro a x:foo\n.endm", "1:10 bad parameters of macro `a`: `:foo` is neither `:req` nor `:vararg`"],
  [".macro a x:vararg, y\n.endm", "1:20 bad parameters of macro `a`: nothing comes behind `:vararg`"],
  [".macro a\n.endm\n.macro a\n.endm", "3:8 macro `a` is already defined"],
  [".macro a x:req\n.endm\na", "3:1 macro `a` needs a value for `x`"],
  [".macro a x\n.endm\na 1 2", "3:5 too many arguments for macro `a`, which takes 1: `2` is left over"],
  [".macro a x\n.endm\na y=2", "3:3 macro `a` has no parameter `y`"],
  [".macro a x y\n.endm\na x=2, 3", "3:8 an argument without a name comes after one with a name, for macro `a`"],
  [".macro a\n.if 1\n.endm\na\n", "2:1 `.if` has no `.endif`"],
  [".rept 2", "1:1 `.rept` has no `.endr`"],
  [".rept -1\n.endr", "1:7 -1 does not fit a number of times"],
  [".altmacro\n.macro a x\n.endm\na %nothing", "4:1 a number that is known here is needed"],
  [".rept 1\n.endr )", "2:7 expected the end of the statement, found `)`"],
])("%s", (text, wanted) => {
  const found = assemble(text, { syntax: "plain" }).diagnostics.map(({ place, message }) => {
    return place?.kind === "text" ? `${place.line}:${place.column} ${message}` : message;
  });
  expect(found).toEqual([wanted]);
});
