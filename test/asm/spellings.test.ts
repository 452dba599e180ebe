/** Words and forms of the syntaxes that are not the first template of a row. Source: reference sections 2 and 4. */
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import type { Dialect } from "../../src/isa/index.js";

function codeOf(text: string, syntax: Dialect | "auto"): string {
  const { object, diagnostics } = assemble(`${text}\n`, { syntax });
  return object === undefined
    ? diagnostics.map((each) => formatDiagnostic(each)).join("\n")
    : toHex(object.sections[0]?.data ?? new Uint8Array(0));
}

test.each([
  // The 2017 mail, and rbpf.
  ["plain", "ldimm64 r1, 0x1122334455667788", "18010000887766550000000044332211"],
  ["plain", "mov r2, r10", "bfa2000000000000"],
  ["plain", "add r2, -8", "07020000f8ffffff"],
  ["plain", "add64 r2, %r3", "0f32000000000000"],
  ["plain", "neg64 r2", "8702000000000000"],
  ["plain", "be16 r2", "dc02000010000000"],
  ["plain", "ldxw r2, [r1]", "6112000000000000"],
  ["plain", "ldxdw r2, [fp-8]", "79a2f8ff00000000"],
  ["plain", "mov r0, 1; exit", "b7000000010000009500000000000000"],
  ["plain", "MOV R0, 1", "b700000001000000"],
  // binutils: 2.40, later, and its separators.
  ["gnu", "mov %r0,1 ` exit ; the end", "b7000000010000009500000000000000"],
  ["gnu", "ldxdw %r2,[%fp+-8]", "79a2f8ff00000000"],
  ["gnu", "ldxdw %r2,[%fp-8]", "79a2f8ff00000000"],
  ["gnu", "LDXDW %R2,[%FP+8]", "79a2080000000000"],
  ["gnu", "xadddw [%r1+8],%r2", "db21080000000000"],
  ["gnu", "aadd [%r1+8],%r2", "db21080000000000"],
  ["gnu", "afxor32 [%r1+8],%r2", "c3210800a1000000"],
  ["gnu", "axchg [%r1+8],%r2", "db210800e1000000"],
  ["gnu", "acmp32 [%r1+8],%r2", "c3210800f1000000"],
  ["gnu", "movs %r1,%r2,8", "bf21080000000000"],
  ["gnu", "movs32 %r1,%r2,16", "bc21100000000000"],
  ["gnu", "bswap %r1,32", "d701000020000000"],
  ["gnu", "sdiv32 %r1,%r2", "3c21010000000000"],
  ["gnu", "jal -1", "06000000ffffffff"],
  ["gnu", "jcond 1", "e500010000000000"],
  ["gnu", "call %r3", "8d03000000000000"],
  ["gnu", "ldabsdw 4", "3800000004000000"],
  ["gnu", "ldinddw %r3,4", "5830000004000000"],
  // Pseudo-C: LLVM's, and binutils' own.
  ["pseudoc", "r1 = - r1", "8701000000000000"],
  ["pseudoc", "r1=1", "b701000001000000"],
  ["pseudoc", "R1 = W2", "bc21000000000000"],
  ["pseudoc", "w1 = *(u32 *)(r2 + 4)", "6121040000000000"],
  ["pseudoc", "lock *(u32 *)(r1 + 8) += r2", "c321080000000000"],
  ["pseudoc", "*(u32 *)(r1 + 8) += w2", "c321080000000000"],
  ["pseudoc", "*(u64 *)(r1 + 8) += r2", "db21080000000000"],
  ["pseudoc", "r0 = *(u16 *)skb[r3 + 4]", "4830000004000000"],
  ["pseudoc", "ld_pseudo r1, 1, 5", "18110000050000000000000000000000"],
  ["pseudoc", "goto 5", "0500050000000000"],
  ["pseudoc", "gotol +70000", "0600000070110100"],
  ["pseudoc", "r1 = addr_space_cast(r2, 1, 0)", "bf21010000000100"],
  // uBPF and bpf_conformance.
  ["conformance", "lock fetch add32 [%r1+8], %r2", "c321080001000000"],
  ["conformance", "lock cmpxchg [%r1], %r2", "db210000f1000000"],
  ["conformance", "movsx1632 %r1, %r2", "bc21100000000000"],
  ["conformance", "swap16 %r1", "d701000010000000"],
  ["conformance", "call helper 5", "8500000005000000"],
  ["conformance", "call helper %r3", "8d03000000000000"],
  ["conformance", "call local +1", "8510000001000000"],
  ["conformance", "call runtime 7", "8520000007000000"],
  ["conformance", "ja32 +1", "0600000001000000"],
  ["conformance", "jeq %r1, 0, exit\nmov %r0, 1\nexit", "1501010000000000b7000000010000009500000000000000"],
] as const)("%s: %s", (syntax, text, bytes) => {
  expect(codeOf(text, syntax)).toBe(bytes);
});

test("one text may use all of them", () => {
  const text = `
    .syntax pseudoc
    r0 = 1
    .syntax gnu
    add %r0,2
    .syntax plain
    add r0, 3
    .syntax kernel
    3: (07) r0 += 4
    .syntax conformance
    add %r0, 5
    .syntax pseudoc
    exit`;
  const wanted = ["b700000001000000", ..."2345"].map((each) => (each.length > 1 ? each : `070000000${each}000000`));
  expect(codeOf(text, "auto")).toBe(`${wanted.join("")}9500000000000000`);
});

test("pseudo-C's operators may be in pieces, as LLVM has it; the bytes are the same, large numbers too", () => {
  for (const [loose, close] of [
    ["r1 + = 5", "r1 += 5"],
    ["w1 s> >= w2", "w1 s>>= w2"],
    ["r1 < < = 3", "r1 <<= 3"],
    ["r1 s / = 0xffffffff", "r1 s/= 0xffffffff"],
    ["if r1 < = 5 goto +1\nr1 = 0x7fffffffffffffff ll", "if r1 <= 5 goto +1\nr1 = 0x7fffffffffffffff ll"],
    ["if w1 = = w2 goto +0", "if w1 == w2 goto +0"],
    ["lock *(u64 *)(r1 + 8) + = r2", "lock *(u64 *)(r1 + 8) += r2"],
    ["lock *(u64 *)(r1 + 8) | = r2; l: r2 ^ = 1", "lock *(u64 *)(r1 + 8) |= r2; l: r2 ^= 1"],
  ] as const) {
    expect(codeOf(loose, "pseudoc")).toBe(codeOf(close, "pseudoc"));
    expect(codeOf(loose, "pseudoc")).toMatch(/^[0-9a-f]{16,}$/);
  }
  for (const bad of ["r1 = = 5", "r1 + + = 5", "r1 =", "r1 + =", "r1 ! = 5", "r1 += 5 > > 1"])
    expect(codeOf(bad, "pseudoc"), bad).toContain("error");
});

test.each(["plain", "gnu", "kernel", "conformance"] as const)("words of other syntaxes are refused in %s", (syntax) => {
  expect(codeOf("r1 = w2 ll", syntax)).toContain("error");
  expect(codeOf("lock *(u64 *)(r1 + 8) -= r2", syntax)).toContain("error");
});
