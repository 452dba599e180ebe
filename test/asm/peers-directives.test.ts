/** Directives whose results both peers agree on, or one of them alone has: the same sections, symbols and relocations. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex, type Endian } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const both: Readonly<Record<string, string>> = {
  "wide numbers": ".octa 1, 0x0102030405060708090a0b0c0d0e0f10, 340282366920938463463374607431768211455",
  "counted data":
    ".dcb.b 3, 7\n.dcb.w 2, 0x1234\n.dcb.l 2, 0\n.ds.b 2\n.ds.w 1\n.ds.l 1\n.ds.d 1\n.dc.b 1, 2\n.dc.w 3\n.dc.l 4",
  fill: ".fill 3\n.fill 2, 2, 0x1234\n.fill 1, 8, 0x12345678\n.fill 2, 3, 5\n.space 3, 9\n.skip 2",
  leb128:
    ".uleb128 0, 1, 127, 128, 0xffffffff\n.sleb128 -1, 63, 64, -64, -65\n.uleb128 e-s\ns: .zero 200\ne: .sleb128 s-e",
  places:
    "a: .byte 1\n.org 16, 5\n.byte 2\n.org a + 32\n.p2align 3, 0xee\n.byte 3, 4\n.balignw 4, 0x1122\n.byte 4\n.p2alignl 4, 0x11223344, 2",
  subsections:
    ".byte 1\n.subsection 2\n.byte 3\n.subsection 1\n.byte 2\n.previous\n.byte 4\n.pushsection .data\n.byte 9\n.popsection",
  escapes: '.ascii "\\0\\1234\\x42\\"\\\\"',
  equations: ".byte 1\na: .byte 2\n.equiv b, a + 1\n.set c, 7\n.long b - a, c\n.quad b",
  "weak references":
    ".weakref alias, target\n.weakref near, here\n.weakref strong, both\n.quad alias, near, strong, both\nhere: .byte 1",
  note: '.version "1.0"\n.byte 1',
  types:
    '.type a, @gnu_indirect_function\na: .byte 1\n.type b, STT_OBJECT\nb: .byte 1\n.type c, "object"\nc: .byte 1\n.globl a, b, c',
  visibility:
    ".globl a, b, c\n.protected a\na: .byte 1\n.internal b\nb: .byte 2\n.hidden c\nc: .byte 3\n.size a, 1\n.size b, . - b",
  "another object's symbol by another name": ".set a, b + 8\n.set c, a\n.quad a, a - 4, c\n.long a",
  "symbols at others' places":
    ".globl d, e, g\n.weak w\n.type d, @object\nd: .quad 1\n.size d, 8\n.set e, d\n.set w, e\n.set l, d + 4\n.set n, l\n" +
    ".set g, l - 4\n.quad d, e, w, l, n, g, e + 1, l - 1\n.long g - d\n.set h, . - 4\n.byte 1\n.p2align 3\n.quad h",
  "numbers with the 64th bit":
    ".quad ~0x8000000000000000, ~0xffffffffffffffff, 0xffffffffffffffff % 4, 0xffffffffffffffff / 2, -7 / 0x7fffffffffffffff\n" +
    ".quad 0xffffffffffffffff > 1, 0x8000000000000000 >> 63, -0xffffffffffffffff\ns: .byte 1\ne: .quad 0xffffffffffffffff + e - s",
  "or with the contrary": ".long 1!2, 5!3, 1 ! 2 | 4, 2+1!3",
  "flags as a number":
    '.section a,"3"\n.byte 1\n.section b,"0x32",@progbits,1\n.asciz "a"\n.section c,"0x80000000"\n.byte 2',
  "what sections of usual names are": [
    ".data1",
    ".rodata1",
    ".tdata",
    ".tbss",
    ".tdata.x",
    ".preinit_array.1",
    ".note.a",
    ".notes",
    ".fini",
    ".init",
  ]
    .map((name) => `.section ${name}\n.skip 8`)
    .join("\n"),
  common: ".comm a, 24, 8\n.local c\n.comm c, 16, 16\n.quad a",
};

const llvmOnly: Readonly<Record<string, string>> = {
  // bpf-as gives the symbol no type.
  "local common": ".lcomm b, 12",
  // bpf-as swaps the halves of each number in big-endian output, and rounds 2^24 + 1 up.
  "floating point": `.float 1.5, -2.5e10, 0.1, 1e-40, 5, 3.4028235e38
.single 0.5, 16777217.0, -0.0
.double 1.5, 3.141592653589793, -1e-310, 1e308, 0.1
.dc.s 1.25
.dc.d 2.5`,
  base64: '.base64 "SGVsbG8=", "AA=="\n.base64 "////"',
  // Of two names that are not there one is referred to.
  "symbols whose addresses count":
    ".addrsig\n.globl f\nf: .byte 1\n.addrsig_sym f\nl: .byte 2\n.quad g\n.addrsig_sym g\n.addrsig_sym h\n.addrsig_sym l",
  "a section of its own": ".rodata\n.byte 1\n.tdata\n.byte 2\n.data",
  versions:
    ".globl f, g\nf: .byte 1\n.symver f, f@V1\n.symver f, f@@V2\n.symver f, h@@@V3\n.symver g, g@V1\n.symver x, y@@@V4\n.quad g, x",
  "hexadecimal floating point": ".double 0x1.8p3, 0x.8p1\n.float 0x1p-2, inf, -infinity, nan",
};

const gnuOnly: Readonly<Record<string, string>> = {
  structures:
    ".struct 4\na: .skip 8\nb: .balign 16\nc: .struct b + 1\nd: .data\n.byte a, b, c, d\n.offset 2\ne:\n.data\n.byte e",
  "a section put into a group": '.section x,"a"\n.byte 1\n.attach_to_group g\n.data',
  listings: '.title "a"\n.sbttl "b"\n.eject\n.list\n.nolist\n.psize 60, 80',
  "wide strings": '.string8 "ab"\n.string16 "ab", "c"\n.string32 "d"\n.string64 "e"',
  "the original of a version": ".globl f, g\nf: .byte 1\ng: .byte 2\n.symver f, f@V1, local\n.symver g, g@V1, hidden",
  "negative wide numbers": ".octa -2, -0x10000000000000000",
  "equations that are read anew":
    ".eqv c, d + 1\n.set d, 6\n.byte c\n.set d, 7\n.byte c, c + c\n.eqv e, . - s\ns: .byte e\n.byte e, e\n.eqv f, l - s\n.byte f, f + f\nl:",
  "the place assigned": ".byte 1\n. = 8\n.byte 2\n. = . + 4\n.byte 3",
};

/** Sections with contents; symbols but sections' and temporary ones. */
function facts(from: ObjectFile): string[] {
  const name = (index: number): string => {
    const { home, type, name: own } = from.symbols[index]!;
    return type === "section" && home.kind === "section" ? `section ${from.sections[home.section]!.name}` : own;
  };
  return [
    ...from.sections.flatMap((section) => [
      ...(section.size > 0 ? [`${section.name} ${section.align} ${section.size} ${toHex(section.data)}`] : []),
      ...section.relocations.map(({ offset, kind, symbol, addend }) => {
        return `${section.name}+${offset} ${kind.replace("nodyld", "abs")} ${name(symbol)} ${addend}`;
      }),
    ]),
    `addresses of ${from.addressSignificant?.map(name).join(" ")}`,
    ...from.symbols.flatMap((symbol) => {
      if (symbol.type === "section") return [];
      const { home, size, binding, type, visibility } = symbol;
      const at = home.kind === "section" ? `${from.sections[home.section]!.name}+${home.offset}` : home.kind;
      return [`symbol ${symbol.name} ${at} ${size} ${binding} ${type} ${visibility}`];
    }),
  ].toSorted();
}

const peers = [
  ["llvm-mc-22", { ...both, ...llvmOnly }, (e: Endian) => [`-triple=bpf${e === "big" ? "eb" : "el"}`, "-filetype=obj"]],
  ["bpf-as", { ...both, ...gnuOnly }, (e: Endian) => [e === "big" ? "-EB" : "-EL", "-no-pad-sections"]],
] as const;

for (const [peer, texts, options] of peers) {
  const missing = toolMissing(peer);
  for (const [title, text] of Object.entries(texts)) {
    test.skipIf(missing !== "")(`${title}: as ${peer}${missing}`, () => {
      inScratchFolder((folder) => {
        const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
        writeFileSync(source, `.data\n${text}\n`);
        for (const endian of ["little", "big"] as const) {
          expect(runTool(peer, [...options(endian), source, "-o", output]).stderr).toBe("");
          const { object, diagnostics } = assemble(`.data\n${text}\n`, {
            endian,
            syntax: peer === "bpf-as" ? "gnu" : "plain",
          });
          expect(diagnostics.map((each) => formatDiagnostic(each))).toEqual([]);
          expect(facts(readObject(writeObject(object!)))).toEqual(facts(readObject(readFileSync(output))));
        }
      });
    });
  }
}

test(".nop is `ja +0`", () => {
  for (const endian of ["little", "big"] as const) {
    const { object } = assemble(".nop\nnext: .nop", { endian });
    expect(toHex(object!.sections.find(({ name }) => name === ".text")!.data)).toBe("0500000000000000".repeat(2));
  }
});

test(".eqv: circles and heights end in one error each", () => {
  const codes = (text: string): string[] => assemble(text).diagnostics.map(({ code }) => code);
  expect(codes(".eqv a, b\n.eqv b, a\n.byte a")).toEqual(["asm-cycle"]);
  const tower = (height: number): string =>
    `.eqv n0, l - s\n${Array.from({ length: height }, (_, i) => `.eqv n${i + 1}, n${i} + n${i}\n`).join("")}`;
  const { object, diagnostics } = assemble(`${tower(60)}.data\ns: .byte 1\nl: .quad n60\n`);
  expect(diagnostics).toEqual([]);
  expect(toHex(object!.sections.find(({ name }) => name === ".data")!.data)).toBe("010000000000000010");
  expect(codes(`${tower(10_000)}s: .byte 1\nl: .quad n10000`)).toEqual(["asm-deep"]);
});

test.each([
  [".bundle_align_mode 4", "`.bundle_align_mode` is not for BPF"],
  [".nops 16", "`.nops` is not for BPF"],
  [".intel_syntax", "`.intel_syntax` is not for BPF"],
  [".abort\nnonsense", "`.abort` ends assembling here"],
  ['.base64 "SGVsbG8"', "not base64"],
  [".linkonce discard", "`.linkonce` does nothing in ELF"],
])("%s is answered with a reason", (text, message) => {
  expect(assemble(text).diagnostics.map((each) => each.message)).toEqual([message]);
});

test("gas's prefixes of floating-point numbers, and what is none", () => {
  const data = (text: string): string =>
    toHex(assemble(`.data\n${text}`).object!.sections.find(({ name }) => name === ".data")!.data);
  expect(data(".float 0f1.5, 0e2.5, .5\n.double 0d3.5, 1.e1")).toBe(
    "0000c03f000020400000003f0000000000000c400000000000002440",
  );
  const codes = (text: string): string[] => assemble(text).diagnostics.map(({ code }) => code);
  expect(codes(".float x\n.long 1.5\n.double 1.5.5\n.byte 12abc")).toEqual([
    "asm-expected",
    "asm-fraction",
    "asm-scan-number",
    "asm-scan-number",
  ]);
});

test(".reloc states a relocation of any kind", () => {
  const { object, diagnostics } = assemble(
    ".data\nd: .quad 0, 0\n.reloc d + 8, R_BPF_64_ABS64, there + 4\n.reloc 0, abs_data32, here\n" +
      ".text\nhere: lddw %r1, 0\nexit\n.reloc here, R_BPF_64_64, there",
  );
  expect(diagnostics).toEqual([]);
  const relocations = object!.sections.flatMap(({ name, relocations: all }) =>
    all.map(({ offset, kind, symbol, addend }) => [name, offset, kind, object!.symbols[symbol]!.name, addend]),
  );
  expect(relocations).toEqual([
    [".data", 0, "abs_data32", "", 0n],
    [".data", 8, "abs_data64", "there", 4n],
    [".text", 0, "abs_imm64", "there", 0n],
  ]);
  const codes = (text: string): string[] => assemble(text).diagnostics.map(({ code }) => code);
  expect(codes(".data\n.quad 0\n.reloc 1, R_BPF_64_ABS64, x")).toEqual(["asm-reloc-place"]);
  expect(codes(".data\n.quad 0\n.reloc 0, R_BPF_64_ABS63, x")).toEqual(["asm-reloc-type"]);
  expect(codes(".data\n.quad 0\n.reloc 0, R_BPF_64_ABS64, 5")).toEqual(["asm-expression-shape"]);
});

test("wrong aliases are errors", () => {
  const codes = (text: string): string[] => assemble(text).diagnostics.map(({ code }) => code);
  expect(codes("a = 1\n.equiv a, 2")).toEqual(["asm-redefined"]);
  expect(codes("a: exit\n.weakref a, b")).toEqual(["asm-redefined"]);
  expect(codes(".symver a, b")).toEqual(["asm-expected-usage"]);
  expect(codes(".symver a, a@@V1\n.quad a")).toEqual(["asm-version-undefined"]);
  expect(codes(".data\n.byte 1\n.balignw 4, 0x1122")).toEqual(["asm-padding"]);
});

/** Data whose places depend on each other: differences, alignment, gaps, pieces in another order. */
function tangled(random: Random): string {
  const count = random.between(3, 14);
  const lines = [".data"];
  for (let i = 0; i < count; i++) {
    const [a, b] = [random.below(count), random.below(count)];
    const [low, high] = a < b ? [a, b] : [b, a];
    lines.push(
      `l${i}:`,
      random.pick([
        `.sleb128 l${low} - l${high}`,
        `.sleb128 l${high} - l${low} + ${random.below(200)}`,
        `.uleb128 1000 + l${high} - l${low}`,
        `.p2align ${random.below(5)}, ${random.below(255)}`,
        `.p2align ${random.below(6)}, 1, ${random.between(1, 20)}`,
        `.zero ${random.below(150)}`,
        ".byte 1, 2, 3",
        `.long l${a} - l${b}`,
        `.quad l${a} + 4`,
        `.org l${i} + ${random.below(40)}, 7`,
        `.fill ${random.below(9)}, ${random.between(1, 4)}, 3`,
        `.subsection ${random.below(3)}`,
      ]),
    );
  }
  return `${lines.join("\n")}\n`;
}

// bpf-as 2.40 writes wrong, ten bytes long numbers for `.sleb128` of some differences.
const noLlvm = toolMissing("llvm-mc-22");

test.skipIf(noLlvm !== "")(`data whose places depend on each other are llvm-mc's${noLlvm}`, () => {
  inScratchFolder((folder) => {
    const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
    const rounds = fuzzRounds(60);
    for (let seed = 1; seed <= rounds; seed++) {
      const text = tangled(new Random(seed));
      writeFileSync(source, text);
      const peer = runTool("llvm-mc-22", ["-triple=bpfel", "-filetype=obj", source, "-o", output]);
      // It warns of alignments that skip no more than they may.
      expect(`${seed}: ${/error.*/.exec(peer.stderr)?.[0] ?? ""}`).toBe(`${seed}: `);
      const { object, diagnostics } = assemble(text, { syntax: "plain" });
      expect(`${seed}: ${diagnostics.map((each) => formatDiagnostic(each)).join("\n")}`).toBe(`${seed}: `);
      const [ours, theirs] = [readObject(writeObject(object!)), readObject(readFileSync(output))];
      // A number's length and an alignment behind it can fit each other in two ways: ours is then the shorter.
      const total = (from: ObjectFile): number => from.sections.reduce((sum, { size }) => sum + size, 0);
      if (total(ours) < total(theirs)) continue;
      expect(facts(ours), `seed ${seed}\n${text}`).toEqual(facts(theirs));
    }
  });
});

const noGas = toolMissing("bpf-as");

test.skipIf(noGas !== "")(`expressions of all operators are bpf-as' numbers${noGas}`, () => {
  const random = new Random(Number(process.env["SEED"] ?? 20_261_128));
  const operators = "+ - * << >> | & ^ == != <> < <= > >= && ||".split(" ");
  const number = (): string =>
    random.pick([
      "0xffffffffffffffff",
      "0x8000000000000000",
      "'z",
      "a",
      "b",
      "(e - s)",
      "e-s",
      "1b-s",
      "0b101",
      "017",
      String(random.below(70)),
      `0x${random.u32().toString(16)}`,
    ]);
  const expression = (depth: number): string => {
    const kind = depth <= 0 ? 0 : random.below(10);
    if (kind < 2) return number();
    if (kind < 4) return `${random.pick(["-", "~", "!", "+"])}${expression(depth - 1)}`;
    if (kind < 5) return `(${expression(depth - 1)})`;
    const blank = random.pick(["", " "]);
    // Division of the least number by -1 stops bpf-as, and division by zero is an error here.
    if (kind < 6) return `${expression(depth - 1)}${blank}${random.pick(["/", "%"])}${blank}${random.between(2, 9)}`;
    return `${expression(depth - 1)}${blank}${random.pick(operators)}${blank}${expression(depth - 1)}`;
  };
  const head = ".set a, 5\n.set b, -7\n.text\ns: exit\n1: exit\ne: exit\n.data\n";
  inScratchFolder((folder) => {
    const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
    let lines = Array.from({ length: fuzzRounds(600) }, () => `.quad ${expression(random.between(1, 4))}`);
    for (;;) {
      writeFileSync(source, `${head}${lines.join("\n")}\n`);
      const { status, stderr } = runTool("bpf-as", ["-no-pad-sections", source, "-o", output]);
      if (status === 0) break;
      const refused = new Set(Array.from(stderr.matchAll(/:(\d+): Error/g), ([, line]) => Number(line) - 8));
      expect(refused.size, stderr).toBeGreaterThan(0);
      lines = lines.filter((_, at) => !refused.has(at));
    }
    expect(lines.length).toBeGreaterThan(300);
    const { object, diagnostics } = assemble(`${head}${lines.join("\n")}\n`, { syntax: "gnu", file: "a.s" });
    expect(
      diagnostics.map((each) => formatDiagnostic(each)),
      `seed ${random.seed}`,
    ).toEqual([]);
    const data = (from: ObjectFile): Uint8Array => from.sections.find(({ name }) => name === ".data")!.data;
    const [ours, theirs] = [data(object!), data(readObject(readFileSync(output)))];
    const words = (bytes: Uint8Array): string[] =>
      lines.map((line, at) => `${line} ${toHex(bytes.subarray(8 * at, 8 * at + 8))}`);
    expect(words(ours), `seed ${random.seed}`).toEqual(words(theirs));
  });
});
