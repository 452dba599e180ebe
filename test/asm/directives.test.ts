/** Directives, symbols, expressions and labels: one test a feature. */
import { expect, test } from "vitest";
import { toHex } from "../../src/bytes/index.js";
import type { ObjectFile, ObjectSymbol } from "../../src/object/index.js";
import { data, object, section } from "../support/asm.js";

function symbol(from: ObjectFile, name: string): ObjectSymbol {
  return from.symbols.find((each) => each.name === name)!;
}

test("numbers of all widths, in both byte orders", () => {
  const text = ".byte 1, -1, 255\n.2byte 0x1234\n.4byte -2\n.8byte 0x1122334455667788\n.quad -1, 18446744073709551615";
  expect(data(text)).toBe("01ffff3412feffffff8877665544332211ffffffffffffffffffffffffffffffff");
  expect(data(text, { endian: "big" })).toBe("01ffff1234fffffffe1122334455667788ffffffffffffffffffffffffffffffff");
});

test("numbers are decimal, hexadecimal, binary, octal and characters", () => {
  expect(data(".byte 10, 0x1F, 0b101, 017, 'a', '\\n', 0")).toBe("0a1f050f610a00");
});

test("strings with escapes", () => {
  expect(data('.ascii "a\\tb", "c"\n.asciz "\\101\\x42\\\\\\""\n.string ""')).toBe("6109626341425c220000");
});

test("gaps and alignment", () => {
  expect(data(".byte 1\n.zero 2\n.skip 1, 0xee\n.balign 8\n.byte 2\n.p2align 1, 0xff\n.space 1")).toBe(
    "010000ee0000000002ff00",
  );
  expect(section(".data\n.p2align 4", ".data").align).toBe(16);
  expect(section(".data\n.align 4", ".data", { syntax: "plain" }).align).toBe(4);
  expect(section(".data\n.align 4", ".data", { syntax: "gnu" }).align).toBe(16);
});

test("a gap between instructions is filled with instructions", () => {
  expect(toHex(section("exit\n.balign 16\nexit", ".text").data)).toBe(
    ["9500000000000000", "0500000000000000", "9500000000000000"].join(""),
  );
});

test("expressions bind as in gas: shifts and products, then bits, then sums", () => {
  expect(data(".long 1+2*3, (1+2)*3, 1<<4+1, 6|1+1, ~0 & 0xff, 7 % 4, -(-3), 100 / 7 - 1")).toBe(
    ["07000000", "09000000", "11000000", "08000000", "ff000000", "03000000", "03000000", "0d000000"].join(""),
  );
});

test("shifts to the right bring zeros in", () => {
  expect(data(".quad -1 >> 60, ~17 >> 2, -7 / 2, -7 % 3")).toBe(
    ["0f00000000000000", "fbffffffffffff3f", "fdffffffffffffff", "ffffffffffffffff"].join(""),
  );
});

test("comparisons are -1 or 0, && || ! are 1 or 0, and bind as in gas", () => {
  expect(data(".byte 1==1, 1!=2, 1<>2, 1<2, 1<=0, 3>2, 3>=4, -1<0")).toBe("ffffffff00ff00ff");
  expect(data(".byte 1&&2, 0&&1, 0||3, 0||0, !5, !0, !!7")).toBe("01000100000101");
  expect(data(".byte 1+2==3, 1==1&&2==3, 1||0&&0, 2<1+4, (1<2)+1")).toBe("ff0001ff00");
  expect(data("a: .byte 0\nb: .byte a<b, a==b, a!=b, b-1==a, b>=a, later==4\nlater=4")).toBe("00ff00ffffffff");
});

test("symbols by .set, .equ and =, used before and after", () => {
  expect(data("one = 1\n.set two, one + 1\n.equ three, two + one\n.byte one, two, three\n.set two, 9\n.byte two")).toBe(
    "01020309",
  );
  expect(toHex(section("mov r1, later\n.set later, 7", ".text").data)).toBe("b701000007000000");
});

test("differences of labels are numbers, whichever comes first", () => {
  expect(data("a: .long b - a, c - b\nb: .byte 1\nc:")).toBe("080000000100000001");
});

test(".size with `. - name`, .type, binding and visibility", () => {
  const made = object(
    ".globl f\n.type f, @function\nf: exit\nexit\n.size f, .-f\n.weak w\nw: exit\n.hidden h\n.globl h\nh: exit\nl: exit",
  );
  expect(symbol(made, "f")).toMatchObject({ size: 16, type: "func", binding: "global", visibility: "default" });
  expect(symbol(made, "w")).toMatchObject({ binding: "weak", home: { kind: "section", offset: 16 } });
  expect(symbol(made, "h")).toMatchObject({ binding: "global", visibility: "hidden" });
  expect(symbol(made, "l")).toMatchObject({ binding: "local", home: { kind: "section", offset: 32 } });
});

test("locals stand before globals", () => {
  const bindings = object(".globl a\na: exit\nb: exit\n.globl c\nc: exit\nd: exit").symbols.map((each) => each.binding);
  expect(bindings).toEqual(["local", "local", "global", "global"]);
});

test(".comm, .bss, .file and .ident", () => {
  const made = object('.file "x.c"\n.comm shared, 24, 8\n.bss\nz: .zero 5\n.ident "me"');
  expect(symbol(made, "shared")).toMatchObject({ size: 24, home: { kind: "common", align: 8 }, binding: "global" });
  expect(symbol(made, "x.c")).toMatchObject({ type: "file", home: { kind: "absolute", value: 0n } });
  expect(made.sections.find(({ name }) => name === ".bss")).toMatchObject({ type: "nobits", size: 5 });
  expect(toHex(made.sections.find(({ name }) => name === ".comment")!.data)).toBe("006d6500");
});

test("sections keep flags, type and entry size, and can be left and come back to", () => {
  const made = object(
    '.section a/b-c.d,"aMS",@progbits,1\n.byte 1\n.pushsection q,"aw",@nobits\n.zero 3\n.popsection\n.byte 2\n' +
      '.section "quoted name"\n.byte 3\n.previous\n.byte 4',
  );
  const first = made.sections.find(({ name }) => name === "a/b-c.d")!;
  expect(first).toMatchObject({ entsize: 1, flags: { alloc: true, merge: true, strings: true, write: false } });
  expect(toHex(first.data)).toBe("010204");
  expect(made.sections.find(({ name }) => name === "q")).toMatchObject({ type: "nobits", size: 3 });
  expect(made.sections.find(({ name }) => name === "quoted name")).toMatchObject({ size: 1 });
});

test("numeric labels go to the nearest before and after", () => {
  const code = section("1: ja 1f\n1: ja 1b\nja 1f\n1: exit", ".text").data;
  expect(toHex(code)).toBe(["0500000000000000", "0500ffff00000000", "0500000000000000", "9500000000000000"].join(""));
});

test("comments and separators of each spelling", () => {
  const exits = "9500000000000000".repeat(2);
  for (const text of ["exit # one\nexit // two", "exit; exit", "/* over\nlines */ exit /**/\n exit"]) {
    expect(toHex(section(text, ".text", { syntax: "plain" }).data)).toBe(exits);
  }
  expect(toHex(section("exit ; exit\nexit", ".text", { syntax: "gnu" }).data)).toBe(exits);
});

test("the spelling is found in the text, chosen by option or by .syntax", () => {
  const add = "0f21000000000000";
  for (const text of ["add r1, r2", "add %r1, %r2", "r1 += r2", "0: (0f) r1 += r2"]) {
    expect(toHex(section(text, ".text").data)).toBe(add);
  }
  expect(toHex(section("lock add [%r1], %r2", ".text").data)).toBe("db21000000000000");
  expect(toHex(section("add r1, r2\n.syntax pseudoc\nr1 += r2\n.syntax gnu\nadd %r1,%r2", ".text").data)).toBe(
    add.repeat(3),
  );
});

test("a verifier log's and bpftool's lines assemble", () => {
  const log = [
    "; int x = 1; a source line",
    "   0: (b7) r1 = 5",
    "   1: (18) r2 = 0x5",
    "   3: (15) if r1 == 0x5 goto pc+1",
    "   4: (85) call bpf_map_lookup_elem#1",
    "   5: (79) r0 = *(u64 *)(r1 +8)",
    "   6: (95) exit",
  ];
  const { data: code } = section(log.join("\n"), ".text");
  expect(toHex(code)).toBe(
    "b701000005000000" +
      "18020000050000000000000000000000" +
      "1501010005000000" +
      "8500000001000000" +
      "7910080000000000" +
      "9500000000000000",
  );
});

test("helpers by name, unless the file defines or declares the name", () => {
  expect(toHex(section("call bpf_ktime_get_ns", ".text").data)).toBe("8500000005000000");
  const own = object("call bpf_ktime_get_ns\nexit\nbpf_ktime_get_ns: exit");
  expect(toHex(own.sections[0]!.data.subarray(0, 8))).toBe("8510000001000000");
  const declared = object(".extern bpf_ktime_get_ns\ncall bpf_ktime_get_ns");
  expect(declared.sections[0]!.relocations).toMatchObject([{ kind: "call_imm32", addend: 0n }]);
  const unknown = object("call somewhere");
  expect(symbol(unknown, "somewhere")).toMatchObject({ binding: "global", home: { kind: "undefined" } });
});

test("CR LF lines and a missing last newline", () => {
  expect(toHex(section("mov r1, 1\r\nexit", ".text").data)).toBe("b7010000010000009500000000000000");
});

test("bytes are read as well as strings", () => {
  expect(object(new TextEncoder().encode("exit") as unknown as string).sections[0]!.size).toBe(8);
});
