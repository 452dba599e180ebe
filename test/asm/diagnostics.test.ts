/** Errors for people: the place, what was expected, what was perhaps meant; and texts nobody means well with. */
import { expect, test } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { insnTable, spellings } from "../../src/isa/index.js";
import { processorTime } from "../support/patience.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";

function errors(text: string, options: AssembleOptions = { syntax: "plain" }): string[] {
  const { object, diagnostics } = assemble(text, options);
  const found = diagnostics.filter(({ severity }) => severity === "error");
  expect(object === undefined).toBe(found.length > 0);
  return found.map((each) => {
    const place = each.place?.kind === "text" ? `${each.place.line}:${each.place.column}` : "?";
    return `${place} ${each.message}${each.help === undefined ? "" : ` (${each.help})`}`;
  });
}

test("a diagnostic has file, line, column, source line and caret", () => {
  const { diagnostics } = assemble("mov r1, 1\n\tmvo r2, r3 # typo\n", { file: "a.s", syntax: "plain" });
  expect(diagnostics.map((each) => formatDiagnostic(each))).toEqual([
    [
      "a.s:2:2: error: unknown instruction `mvo` [asm-instruction-near]",
      "    2 | \tmvo r2, r3 # typo",
      "      | \t^~~",
      "      = help: did you mean `mov`?",
    ].join("\n"),
  ]);
});

test("carets stand under wide and combining characters", () => {
  const carets = (text: string): string =>
    assemble(text, { syntax: "plain" })
      .diagnostics.flatMap((each) => formatDiagnostic(each).split("\n").slice(1, 3))
      .map((line) => line.slice(8))
      .join("\n");
  expect(carets('.data\n.ascii "日本語e\u0301" "😀" x')).toBe('.ascii "日本語e\u0301" "😀" x\n                      ^');
  expect(carets("mov r0, 日本+5")).toBe("mov r0, 日本+5\n        ^~~~");
  expect(carets("mov r0, 5 + rr + 1")).toBe("mov r0, 5 + rr + 1\n            ^~");
});

test("what is no UTF-8 text is said once; the mark before UTF-8 is none of it", () => {
  const said = (bytes: readonly number[], text: string): string[] => {
    const all = Uint8Array.from([...bytes, ...new TextEncoder().encode(text)]);
    const readFile = (): { path: string; bytes: Uint8Array } => ({ path: "b", bytes: all });
    const both = [assemble(all), assemble('.include "b"', { readFile })];
    return both.flatMap(({ object, diagnostics }) => {
      return object === undefined
        ? diagnostics.map(({ code, place }) => `${code} ${place?.kind}`)
        : [String(object.sections[0]!.size)];
    });
  };
  expect(said([0xef, 0xbb, 0xbf], "mov r0, 1\nexit\n")).toEqual(["16", "16"]);
  expect(said([0xff, 0xfe], "m\0o\0v\0 ")).toEqual(["asm-utf16 text", "asm-utf16 text"]);
  expect(said([0xfe, 0xff], "\0m\0o\0v")).toEqual(["asm-utf16 text", "asm-utf16 text"]);
  expect(said([0x7f], "ELF\u0002\u0001")).toEqual(["asm-elf text", "asm-elf text"]);
});

test.each([
  ["mov r1", "1:7 expected `,`, found the end of the statement (it is written `mov DST, NUMBER` or `mov DST, SRC`)"],
  ["mov r12, 1", "1:5 `r12` is not a register here (registers are r0 to r10)"],
  ["add r1, r11", "1:9 `r11` is not a register here (registers are r0 to r10)"],
  ["exit 1", "1:6 expected the end of the statement, found `1` (it is written `exit`)"],
  ["ldxw r1, (r2)", "1:10 memory is in brackets (write `[r2+0]`)"],
  [".glbl f", "1:1 unknown directive `.glbl` (did you mean `.globl`?)"],
  [".macro f", "1:1 `.macro` has no `.endm`"],
  ["1x: exit", /^1:1 not a number/],
  ['.ascii "abc', /^1:8 the string has no closing quote/],
  ["/* never", /^1:1 the comment has no end/],
  ["mov r1, 0x1ffffffff", /^1:9 0x1ffffffff does not fit a 32-bit immediate/],
  ["ldxw r1, [r2+40000]", /^1:14 40000 does not fit a 16-bit displacement/],
  ["lddw r1, 0x11223344556677889", /^1:10 the number does not fit 64 bits/],
  ["ja nowhere\nno_where: exit", "1:4 undefined symbol `nowhere` (did you mean `no_where`?)"],
  ["mov r1, nothing", /^1:9 undefined symbol `nothing`/],
  ["mov r0, rr2", "1:9 undefined symbol `rr2` (did you mean `r2`?)"],
  ["mov %r0, rr2", "1:10 undefined symbol `rr2` (did you mean `%r2`?)", "gnu"],
  ["cal 5", "1:1 unknown instruction `cal` (did you mean `call`?)"],
  ["mov r0, cuonter\n.set counter, 5", /undefined symbol `cuonter` \(did you mean `counter`\?\)/],
  ["ja 1f", /^1:4 there is no label for `1f`/],
  ["a: exit\na: exit", "2:1 `a` is defined twice"],
  [".byte 256", /^1:7 256 does not fit a datum of 8 bits/],
  [".byte x - y\nx = 300\ny = 1", /^1:7 299 does not fit/],
  [".long 1 / 0", "1:9 division by zero"],
  ["a = b\nb = a\n.long a", "3:7 the symbol's value depends on itself"],
  [".balign 3", "1:9 3 is not a power of two (this counts bytes; `.p2align N` aligns to 2^N)"],
  [".popsection", "1:1 .popsection without .pushsection before it"],
  ['.section x,"aq"', /^1:12 section flag `q` is not supported/],
  ['.section .text,"aw"', /^1:10 section `.text` has another set of flags/],
  ['.section .bss,"aw",@progbits', /^1:10 section `.bss` has another type/],
  ['.section x,"aw0x100001"', /^1:12 section flag `0x100000` is not supported/],
  [".globl a\n.set a, b\n.data\n.quad a", /^2:6 the value of `a` is neither a number nor a place/],
  [".data\n.byte 1!!2", /^2:9 expected a number, a symbol or `\(`, found `!`/],
  [".data\n.byte 0x", /^2:7 not a number/],
  ['.section x,"a"\n.section x,"aw"', /^2:10 section `x` has another set of flags/],
  [".bss\n.long 1", "2:7 section `.bss` has no contents, only a size"],
  ["ldimm64 r1, %map(f)\nf: exit", /^1:13 `f` is not a map: it is in .text/],
  ["add r1, %map(f)", /^1:9 `%map` does not belong here/],
  ["call helper bpf_map_lookup", /^1:13 `bpf_map_lookup` is no helper/, "conformance"],
  ["r1 = r2 +", "1:9 expected the end of the statement, found `+`", "pseudoc"],
  ["r1 = 5 +", "1:9 expected a number, a symbol or `(`, found the end of the statement", "pseudoc"],
  [
    "r1 = be16 r2",
    "1:11 bytes are swapped in their register (in two steps: `r1 = r2`, then `r1 = be16 r1`)",
    "pseudoc",
  ],
  ["if r1 > w2 goto +1", /^1:9 both registers of a comparison have one width/, "pseudoc"],
  ["mov r1, %r2", "1:5 `r1` is not a register here (did you mean `%r1`?)", "gnu"],
] as const)("%s", (text, wanted, syntax: AssembleOptions["syntax"] = "plain") => {
  const found = errors(text, { syntax });
  if (typeof wanted === "string") expect(found).toEqual([wanted]);
  else expect(found).toEqual([expect.stringMatching(wanted)]);
});

test("every error of the text is found in one run", () => {
  expect(errors("foo r1\nmov r1, 1\nbar\n.baz\nja gone").map((each) => each.split(" ")[0])).toEqual([
    "1:1",
    "3:1",
    "4:1",
    "5:4",
  ]);
});

test("a helper's name misspelt is warned about", () => {
  const { object, diagnostics } = assemble("call bpf_map_lokup_elem");
  expect(object).toBeDefined();
  expect(diagnostics).toMatchObject([{ severity: "warning", code: "asm-helper-near" }]);
  expect(diagnostics[0]!.help).toContain("bpf_map_lookup_elem");
});

test("jumps beyond 16 bits are an error with the distance", () => {
  const text = `ja far\n${"exit\n".repeat(40_000)}far: exit`;
  expect(errors(text, { isa: 3 })).toEqual([expect.stringMatching(/^1:4 the target is 40000 instructions away/)]);
});

test("100,000 errors end in one limit error", () => {
  const { object, diagnostics } = assemble("bad statement\n".repeat(100_000));
  expect(object).toBeUndefined();
  expect(diagnostics.length).toBe(1001);
  expect(diagnostics.at(-1)!.code).toBe("asm-too-many-errors");
});

test("a line of 5 MB, of errors and of data", () => {
  const start = processorTime();
  expect(assemble("§;".repeat(1_700_000), { syntax: "plain" }).diagnostics.length).toBe(1001);
  const numbers = assemble(`.byte ${"1,".repeat(2_500_000)}1`);
  expect(numbers.object?.sections[0]?.size).toBe(2_500_001);
  expect(errors("x".repeat(5_000_000)).length).toBe(1);
  expect(processorTime() - start).toBeLessThan(10_000);
});

test("nested parentheses, long sums and chains of symbols neither overflow nor hang", () => {
  expect(errors(`.long ${"(".repeat(100_000)}`)).toEqual([expect.stringMatching(/nested too deeply/)]);
  expect(errors(`.long ${"-".repeat(100_000)}1`)).toEqual([expect.stringMatching(/nested too deeply/)]);
  expect(errors(`.long a${"+1".repeat(100_000)}\na = 5`)).toEqual([]);
  const chain = Array.from({ length: 300 }, (_, i) => `s${i} = s${i + 1} + s${i + 1}`).join("\n");
  expect(errors(`${chain}\n.quad s1`).length).toBeGreaterThan(0);
  expect(errors(`.zero 0x7fffffff`)).toEqual([expect.stringMatching(/does not fit/)]);
});

test("a short text cannot ask for unbounded memory or time", () => {
  const start = processorTime();
  expect(errors(".data\n.zero 0x8000001")).toEqual([expect.stringMatching(/becomes larger than/)]);
  expect(errors(".data\n.zero 0x7000000\n.section b\n.zero 0x7000000")).toEqual([
    expect.stringMatching(/becomes larger than/),
  ]);
  expect(assemble(".bss\n.zero 0x10000000").object?.sections[0]).toMatchObject({ size: 2 ** 28 });
  expect(errors("/*".repeat(1_000_000), { syntax: "auto" }).length).toBe(1);
  expect(errors("a:".repeat(100_000), { syntax: "auto" }).length).toBe(1);
  expect(processorTime() - start).toBeLessThan(5_000);
});

test("junk gives diagnostics, never an exception", () => {
  const words = insnTable.flatMap((row) =>
    (["plain", "gnu", "pseudoc"] as const).flatMap((each) => spellings(row, each)),
  );
  const pieces = [
    ...words.map((each) => each.replace(/\{\w+\}/g, "r1")),
    "\n",
    "\n",
    ";",
    "r1",
    "%r2",
    "=",
    "(",
    ")",
    "[",
    "]",
    "*",
    "u64",
    ".",
    ":",
    "1b",
    "2f",
    '"',
    "'",
    "\\",
    "\0",
    "é",
    "-",
    "1:",
    ".section",
    ".set",
    ".long",
    ".size",
    ".zero",
    "a",
    "b",
    "0x",
    "99999999999999999999",
    ",",
    "@",
    "%map(",
    "ll",
  ];
  const rounds = fuzzRounds(1500);
  const { accepted } = fuzz(rounds, (random) => {
    const bytes = random.chance(1, 4);
    const text = Array.from({ length: random.between(1, 60) }, () => random.pick(pieces) + random.pick(["", " "])).join(
      "",
    );
    const source = bytes ? random.bytes(random.below(300)) : text;
    const syntax = random.pick(["auto", "plain", "gnu", "pseudoc", "kernel", "conformance"] as const);
    const { object, diagnostics } = assemble(source, { syntax });
    const wrong = diagnostics.some(({ severity }) => severity === "error");
    if (wrong !== (object === undefined)) throw new Error("an Object with errors, or neither");
    for (const each of diagnostics) formatDiagnostic(each);
  });
  expect(accepted).toBe(rounds);
});
