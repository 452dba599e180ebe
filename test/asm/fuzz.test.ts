/** Texts that once made sense, with mutations: diagnostics or an Object, never anything else. */
import { expect, test } from "vitest";
import { assemble, type ReadFile } from "../../src/asm/index.js";
import { encodeUtf8 } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { writeObject } from "../../src/object/index.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import type { Random } from "../support/random.js";

const macros = `.macro store value:req, at=-8, rest:vararg
	.if \\value > 100 && \\at < 0
		.error "too large: \\value"
	.elseif \\value == 3
		.exitm
	.else
		mov r1, \\value
		.irp each, \\rest
		add r1, \\each
		.endr
	.endif
l\\@:	stxdw [r10+\\at], r1
	.ifnb \\rest
		.ifc \\rest,none
			.warning "none"
		.else
			store \\rest
		.endif
	.endif
.endm
.altmacro
.macro pair a, b
LOCAL one, two
one: .byte a&b, %a
two: .ifdef one
.byte two - one
.endif
.ascii "a&b"
.endm
.data
pair 1, <2, 3>
pair %1+2, 4
.noaltmacro
.text
store 1
store 2, at=-16
store 5, -24, 7, 8
.rept 3
1:	ja 1f
1:	exit
.endr
.irpc c, abc
\\c: mov r0, '\\c'
.endr
.include "x.inc"
.purgem store
.macro store
	.print "other"
.endm
store
`;

const program = `	.syntax pseudoc
	.section xdp,"ax",@progbits
	.globl entry
	.type entry, @function
entry:
	r1 = *(u32 *)(r1 + 4)
	if r1 s> 0x10 goto out # far
	lock *(u64 *)(r10 - 8) += r2
	r3 = table ll
	call helper
	r0 = (s8)r1
out:	exit
	.size entry, . - entry
helper:
	goto helper
	.data
	.balign 8
table:	.quad entry, 1b - 1f
	.uleb128 end - table
1:	.asciz "a\\t\\x41"
	.fill 3, 2, 0x1234
	.if end - table > 100000
	.org 64
	.endif
end:
	.pushsection .maps,"aw",@progbits
	.comm shared, 8, 4
	.popsection
	.set n, (1 << 4 | 3) == -1 || !0
	.incbin "data.bin", 2, n
	.loc 1 2 3
	.file 1 "a.c"
	.map hits, type=array, key=4, value=8, max_entries=1
	.func int f(int x)
	r0 = r1
	exit
	.endfunc
`;

const pieces = [
  ..."\n;:,=()[]{}<>\"'\\&%@#.!|/*-+~",
  "\\@",
  "\\()",
  ".endm\n",
  ".endr\n",
  ".endif\n",
  ".else\n",
  ".if 0\n",
  ".rept 2\n",
  ".macro m a\n",
  ".exitm\n",
  ".end\n",
  "m 1\n",
  '"x.inc"',
  "0x",
  "1f",
  "LOCAL x\n",
  "\\a",
  "\0",
  "é",
  "99999999999999999999",
];
const lines = `${macros}${program}`.split("\n");

function mutated(random: Random): string | Uint8Array {
  let text = random.pick([macros, program, `${macros}${program}`, `${program}${macros}`]);
  for (let n = random.between(1, 6); n > 0; n--) {
    const at = random.below(text.length + 1);
    const until = Math.min(text.length, at + random.between(0, 20));
    const added = random.pick([
      () => "",
      () => random.pick(pieces),
      () => `\n${random.pick(lines)}\n`,
      () => text.slice(at, at + random.below(200)),
      () => random.pick(pieces).repeat(random.between(1, 50)),
    ])();
    text = text.slice(0, at) + added + text.slice(random.chance(1, 2) ? at : until);
  }
  if (!random.chance(1, 8)) return text;
  const bytes = encodeUtf8(text);
  for (let n = random.between(1, 8); n > 0; n--) bytes[random.below(bytes.length)] = random.below(256);
  return bytes;
}

test("mutated texts give diagnostics or an Object that can be written", () => {
  const readFile: ReadFile = (name) =>
    name === ""
      ? { reason: "no name" }
      : { path: name, bytes: encodeUtf8(name === "data.bin" ? "0123456789" : ".if 1\nmov r5, 6\n.endif") };
  let made = 0;
  const rounds = fuzzRounds(300);
  fuzz(rounds, (random) => {
    const { object, diagnostics } = assemble(mutated(random), {
      readFile,
      syntax: random.pick(["auto", "plain", "pseudoc", "gnu", "kernel", "conformance"] as const),
      endian: random.pick(["little", "big"] as const),
      fatalWarnings: random.chance(1, 10),
    });
    const wrong = diagnostics.some(({ severity }) => severity === "error");
    if (wrong !== (object === undefined)) throw new Error("an Object with errors, or neither");
    for (const each of diagnostics) formatDiagnostic(each);
    if (object === undefined) return;
    made++;
    writeObject(object);
  });
  expect(made).toBeGreaterThan(0);
});
