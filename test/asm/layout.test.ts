/** Places that wait: gaps, alignment, LEB128 numbers, subsections, long jumps. */
import { expect, test } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { data, object, section } from "../support/asm.js";

const codes = (text: string, options: AssembleOptions = {}): string[] =>
  assemble(text, options).diagnostics.map(({ code }) => code);

test("LEB128 numbers, also of differences that come later", () => {
  expect(data(".uleb128 0, 127, 128, 300, 0xffffffffffffffff")).toBe("007f8001ac02ffffffffffffffffff01");
  expect(data(".sleb128 0, -1, 63, 64, -64, -65, -128")).toBe("007f3fc00040bf7f807f");
  expect(data(".uleb128 b-a\na: .zero 3\nb:")).toBe("03000000");
  // The number counts itself: 127 bytes and its own two.
  expect(data("a: .uleb128 b-a\n.zero 127\nb:").slice(0, 4)).toBe("8101");
  expect(data(".sleb128 a-b\na: .zero 200\nb:").slice(0, 4)).toBe("b87e");
});

test("labels, alignment and data after a gap move with it", () => {
  expect(data("x: .uleb128 y-x\n.balign 4, 0xee\ny: .long y-x\n.byte . - y")).toBe("04eeeeee0400000004");
  expect(data("x: .skip e-s, 7\n.p2align 2\n.long . - x\ns: .byte 1, 2, 3\ne:")).toBe("0707070004000000010203");
  const made = object(".data\n.uleb128 b-a\n.globl a, b\na: .quad b\nb:");
  expect(made.symbols.find(({ name }) => name === "b")!.home).toMatchObject({ offset: 9 });
  expect(made.sections.find(({ name }) => name === ".data")!.relocations).toMatchObject([{ offset: 1 }]);
});

test(".fill, .org, .dcb and .ds", () => {
  expect(data(".fill 2, 3, 0x020304\n.fill 2\n.fill 1, 8, -1")).toBe("0403020403020000ffffffff00000000");
  expect(data(".fill 2, 2, 0x0102", { endian: "big" })).toBe("01020102");
  expect(data(".byte 1\n.org 4, 0xaa\n.byte 2\nl: .org l + 3\n.byte 3")).toBe("01aaaaaa0200000003");
  expect(data(".uleb128 b-a\na: .org 4\nb: .org a + 5, 1\n.byte 9")).toBe("03000000010109");
  expect(data(".dcb.w 2, 0x1234\n.ds.l 1\n.dc.b 1")).toBe("341234120000000001");
});

test("alignment with a filler of several bytes and a most", () => {
  expect(data(".long 1\n.balignl 8, 0x11223344\n.byte 2\n.p2align 3,,2\n.byte 3\n.balignw 4, 0x5566")).toBe(
    "0100000044332211" + "0203" + "6655",
  );
  expect(section(".data\n.byte 1\n.p2align 3,,2", ".data").align).toBe(8);
});

test("subsections come in the order of their numbers", () => {
  expect(
    data("a: .byte 1\n.subsection 2\nb: .byte 2\n.subsection 1\nc: .byte 3\n.balign 4\n.data\n.byte b-a, c-a"),
  ).toBe("010403" + "03" + "02");
  expect(toHex(section(".text 1\nexit\n.text\nja 1f\n1: mov r0, 1", ".text", { syntax: "plain" }).data)).toBe(
    "0500000000000000" + "b700000001000000" + "9500000000000000",
  );
});

test("gaps that cannot be are errors", () => {
  expect(codes(".data\n.byte 1, 2\n.org 1")).toEqual(["asm-org-back"]);
  expect(codes(".data\n.uleb128 b-a\na: .org 0\nb:")).toEqual(["asm-org-back"]);
  expect(codes(".data\n.uleb128 nowhere")).toEqual(["asm-not-constant"]);
  expect(codes(".data\n.uleb128 a-b\na: .byte 1\nb:")).toEqual(["asm-range"]);
  expect(codes(".data\n.skip a-b\na: .byte 1\nb:")).toEqual(["asm-range"]);
  expect(codes(".data\na: .skip b-a+1\nb:")).toEqual(["asm-gap-cycle"]);
  expect(codes(".data\n.fill 1, 9")).toEqual(["asm-range"]);
  expect(codes(".data\n.skip b-a\na:.zero 0x3fffffff\nb:")).toEqual(["asm-too-large"]);
});

const far = (jump: string, n = 40_000): string => `${jump}\n${"r0 = 1\n".repeat(n)}target: exit\n`;

test("a jump that is too far becomes gotol, and a condition jumps around one", () => {
  const code = (text: string): string => toHex(section(text, ".text").data);
  expect(code(far("goto target")).slice(0, 16)).toBe("06000000409c0000");
  expect(code(far("if r1 > 5 goto target")).slice(0, 32)).toBe("b501010005000000" + "06000000409c0000");
  expect(code(far("if w1 & w2 goto target")).slice(0, 48)).toBe(
    "4e21010000000000" + "0500010000000000" + "06000000409c0000",
  );
  const back = code(`target: exit\n${"r0 = 1\n".repeat(40_000)}if r1 != r2 goto target\n`);
  expect(back.slice(-32)).toBe("1d21010000000000" + "06000000bd63ffff");
});

test("long jumps make others long, and everything between moves", () => {
  // The second jump is just in reach until the first has grown.
  const text = `if r1 == 1 goto far\n.globl f\nf: if r1 == 2 goto near\n${"r0 = 1\n".repeat(32_766)}if r1 == 3 goto far\nnear: ${far("exit", 10)}far: exit\n.size f, far - f`;
  const made = object(text);
  const code = made.sections.find(({ name }) => name === ".text")!;
  expect(toHex(code.data).slice(0, 64)).toBe(
    ["5501010001000000", "060000000c800000", "1501ff7f02000000", "b700000001000000"].join(""),
  );
  const f = made.symbols.find(({ name }) => name === "f")!;
  expect(f).toMatchObject({ home: { offset: 16 }, size: code.size - 24 });
});

test("many jumps that make each other long take few rounds", () => {
  const n = 20_000;
  const text = Array.from(
    { length: n },
    (_, i) => `l${i}: if r1 > ${i} goto l${(i * 7919 + 11_000) % n}\nr0 = 1\nr0 = 2`,
  ).join("\n");
  const { diagnostics, object: made } = assemble(`${text}\n`);
  expect(diagnostics).toEqual([]);
  // Every jump goes where its label says.
  const code = made!.sections.find(({ name }) => name === ".text")!;
  const view = new DataView(code.data.buffer, code.data.byteOffset);
  const place = (name: string): number =>
    (made!.symbols.find((each) => each.name === name)!.home as { offset: number }).offset;
  for (let i = 0; i < n; i += 997) {
    const at = place(`l${i}`);
    const long = code.data[at + 8] === 6;
    const target = long ? at + 16 + 8 * view.getInt32(at + 12, true) : at + 8 + 8 * view.getInt16(at + 2, true);
    expect(target).toBe(place(`l${(i * 7919 + 11_000) % n}`));
  }
});

test("where the ISA level lacks gotol, a far jump is an error with its distance", () => {
  const [error] = assemble(far("if r1 > 5 goto target"), { isa: 3 }).diagnostics;
  expect(error).toMatchObject({
    code: "asm-jump-far",
    message: "the target is 40000 instructions away, too far for 16 bits",
  });
});

test("a size that was taken for a number does not change behind the text's back", () => {
  const text = far("s: if r1 > 5 goto target\n.set size, . - s\nr2 = size");
  expect(codes(text)).toEqual(["asm-long-jump-measured"]);
});

test("each ISA level refuses the instructions of later ones", () => {
  const lines = ["r0 = 1", "if r1 < 2 goto +1", "if w1 < 2 goto +1", "gotol +1"];
  for (const [level, line] of lines.entries()) {
    for (const isa of [1, 2, 3, 4] as const) {
      expect(codes(`${line}\nexit\nexit`, { isa, syntax: "pseudoc" })).toEqual(isa > level ? [] : ["asm-isa"]);
    }
  }
  const [error] = assemble("r0 = bswap16 r0", { isa: 2, syntax: "pseudoc" }).diagnostics;
  expect(error!.message).toBe("the instruction needs ISA level v4, and v2 was chosen");
});

test("a distance written as a number counts the instructions of the text", () => {
  const text = `goto +3\ns: if r1 == 1 goto target\nr2 = 1 ll\nr3 = 1\nif r3 > 1 goto -5\ngotol -1\n${"r0 = 1\n".repeat(33_000)}target: exit`;
  const code = section(text, ".text").data;
  const slots = Array.from({ length: 8 }, (_, i) => toHex(code.subarray(8 * i, 8 * i + 8)));
  expect(slots).toEqual([
    "0500040000000000",
    "5501010001000000",
    "06000000ed800000",
    "1802000001000000",
    "0000000000000000",
    "b703000001000000",
    "2503faff01000000",
    "06000000ffffffff",
  ]);
  // Data between the instructions count by their bytes, and are none themselves.
  const mixed = `.quad 5\ngoto +4\nif r1 == 1 goto target\n.quad 0x0000000000030005\n.subsection 1\n.quad 5\ngoto -2\n.previous\nr2 = 1\nr3 = 1\n${"r0 = 1\n".repeat(33_000)}target: exit`;
  const both = section(mixed, ".text").data;
  const at = (slot: number): string => toHex(both.subarray(8 * slot, 8 * slot + 8));
  expect([at(0), at(1), at(4)]).toEqual(["0500000000000000", "0500050000000000", "0500030000000000"]);
  expect([toHex(both.subarray(-16, -8)), toHex(both.subarray(-8))]).toEqual(["0500000000000000", "0500feff00000000"]);
  expect(codes(`goto +32767\ns: if r1 == 1 goto target\n${"r0 = 1\n".repeat(33_000)}target: exit`)).toEqual([
    "asm-long-jump-number",
  ]);
});

test("the Object says the level that was chosen, and --no-relax leaves far jumps errors", () => {
  expect(object("exit").flags).toBe(0);
  expect(object("exit", { isa: 3 }).flags).toBe(3);
  expect(assemble(far("goto target"), { relax: false }).diagnostics.map(({ code }) => code)).toEqual(["asm-jump-far"]);
});
