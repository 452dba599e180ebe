/** Listings: every line with the place and the bytes that it has made. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { encodeUtf8 } from "../../src/bytes/index.js";
import { includeReader } from "../../src/node/index.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

function listing(text: string, options: AssembleOptions = {}): string[] {
  const made = assemble(text, { file: "t.s", listing: { lines: true }, ...options });
  expect(made.diagnostics).toEqual([]);
  return made.listing!.split("\n").slice(0, -1);
}

test("lines, places and bytes", () => {
  expect(listing('# count\nf: r1 = 5; r2 = 6\n\n.data\n.ascii "0123456789"\n.bss\n.zero 4\n')).toEqual([
    "    1                        # count",
    "    2 0000 b701000005000000  f: r1 = 5; r2 = 6",
    "    2 0008 b702000006000000",
    "    3",
    "    4                        .data",
    '    5 0000 3031323334353637  .ascii "0123456789"',
    "    5 0008 3839",
    "    6                        .bss",
    "    7 0000                   .zero 4",
  ]);
});

test("expansions stand below the line that asks for them, with `m` their text", () => {
  const text = ".macro two r\nmov \\r, 1\nmov \\r, 2\n.endm\ntwo r3\n.rept 2\nexit\n.endr\n";
  const rows = (macros: boolean): string[] =>
    listing(text, { syntax: "plain", listing: { lines: true, macros } }).slice(4);
  expect(rows(true)).toEqual([
    "    5                        two r3",
    "    5 0000 b703000001000000  > mov r3, 1",
    "    5 0008 b703000002000000  > mov r3, 2",
    "    6                        .rept 2",
    "    7 0010 9500000000000000  exit",
    "    7 0018 9500000000000000",
    "    8                        .endr",
  ]);
  expect(rows(false).slice(0, 3)).toEqual([
    "    5                        two r3",
    "    5 0000 b703000001000000",
    "    5 0008 b703000002000000",
  ]);
});

test("files that are included stand where they are read", () => {
  const readFile = (name: string): { path: string; bytes: Uint8Array } => {
    const bytes = name === "a" ? '# a\n.include "b"\n.byte 2\n# end of a' : ".byte 1\n";
    return { path: name, bytes: encodeUtf8(bytes) };
  };
  expect(listing('.data\n.include "a"\n.byte 3', { readFile }).map((row) => row.replace(/ {2,}/g, " "))).toEqual([
    " 1 .data",
    ' 2 .include "a"',
    " 1 # a",
    ' 2 .include "b"',
    " 1 0000 01 .byte 1",
    " 3 0001 02 .byte 2",
    " 4 # end of a",
    " 3 0002 03 .byte 3",
  ]);
});

test("bytes are those of the object: gaps, long jumps, symbols that come later", () => {
  const text = `if r1 == 1 goto far\n.rept 33000\nr0 = 1\n.endr\nfar: exit\n.data\n.uleb128 e - s\ns: .zero 200\ne: .long e - s\n`;
  const rows = listing(text);
  expect(rows.slice(0, 3)).toEqual([
    "    1 0000 5501010001000000  if r1 == 1 goto far",
    "    1 0008 06000000e8800000",
    "    2                        .rept 33000",
  ]);
  expect(rows.filter((row) => row.includes("far: exit"))).toEqual(["    5 40750 9500000000000000  far: exit"]);
  expect(rows.at(-1)).toBe("    9 00ca c8000000          e: .long e - s");
});

test("symbols, and directives of debugging data left out", () => {
  const text = '.globl f\n.set n, 7\n.file 1 "a.c"\nf: call g\n.loc 1 2\nexit\n.comm c, 16, 8\n.data\nd: .quad e\n';
  expect(listing(text, { listing: { symbols: true } })).toEqual([
    "DEFINED SYMBOLS",
    "  t.s:4  .text:0000000000000000  f",
    "  t.s:2  *ABS*:0000000000000007  n",
    "  t.s:7  *COM*:0000000000000010  c",
    "  t.s:9  .data:0000000000000000  d",
    "",
    "UNDEFINED SYMBOLS",
    "  g",
    "  e",
  ]);
  const rows = listing(text, { listing: { lines: true, debugging: false } });
  expect(rows.filter((row) => /\.loc|\.file/.test(row))).toEqual([]);
});

test("a large text's listing is that of its parts", () => {
  const lines = Array.from({ length: 5000 }, (_, i) => `r${i % 10} = ${i}\nif r1 > ${i % 7} goto +1\n`).join("");
  const rows = listing(`${lines}exit\n`);
  expect(rows.length).toBe(10_001);
  expect(rows[7000]).toBe(" 7001 dac0 b7000000ac0d0000  r0 = 3500");
});

const missing = toolMissing("bpf-as");

test.skipIf(missing !== "")(`the rows are bpf-as's${missing}`, () => {
  const text = `	.text
f:	lddw %r1, 0x1122334455667788
	.macro m r, v
	mov \\r, \\v
	.if \\v
	add \\r, 1
	.endif
	.endm
	m %r1, 0
	m %r2, 5
l:	ja l
	.data
	.byte 1
	.ascii "abc"; comment
	.balign 8
	.quad 1, 2
	.include "i.inc"
	.skip 3, 7
	.text
	exit
`;
  inScratchFolder((folder) => {
    const [source, output, list] = ["a.s", "a.o", "a.lst"].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(source, text);
    writeFileSync(join(folder, "i.inc"), "\t.long 5\n# nothing\n\t.short 6\n");
    const wide = ["--listing-lhs-width=2", "--listing-lhs-width2=2", "--listing-cont-lines=100"];
    expect(
      runTool("bpf-as", [`-almn=${list}`, "-no-pad-sections", ...wide, source, "-o", output], undefined, folder).stderr,
    ).toBe("");
    /** Line, place and bytes of each row that has some; bpf-as tells no places of the rows that go on. */
    const facts = (rows: readonly string[]): string[] =>
      rows.flatMap((row) => {
        const [, line, place, hex] =
          /^ *(\d+) ([\da-f]{4}) ((?:[\da-f]{2}){1,4}(?: [\da-f]{2,8})?)(?: |$)/i.exec(row) ?? [];
        return place === undefined ? [] : [`${line} ${place} ${hex!.replaceAll(" ", "").toLowerCase()}`];
      });
    const ours = listing(text, {
      syntax: "gnu",
      file: source,
      readFile: includeReader([folder]),
      listing: { lines: true, macros: true },
    });
    const theirs = readFileSync(list, "utf8").split("\n");
    const places = new Set(facts(theirs).map((row) => row.split(" ", 2).join(" ")));
    expect(places.size).toBeGreaterThan(10);
    expect(
      facts(ours.map((row) => row.replace(/(?<= [\da-f]{8})(?=[\da-f]{2,8}(?: |$))/, " "))).filter((row) =>
        places.has(row.split(" ", 2).join(" ")),
      ),
    ).toEqual(facts(theirs));
  });
});
