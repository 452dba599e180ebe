/** Jumps that the link moves out of their reach become long ones; what cannot have those is an error. */
import { expect, test } from "vitest";
import { equalBytes } from "../../src/bytes/index.js";
import { readBtf, readBtfExt } from "../../src/btf/index.js";
import { decodeSlot, newSlot, opcodes } from "../../src/isa/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { link, type LinkOptions } from "../../src/link/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { answer, fn, main, object, linked } from "./objects.js";

const map = '.section maps,"aw",@progbits\n.globl m\nm:\n .long 2, 4, 8, 1\n';
/** Instructions that the link makes twice as long. */
const growing = (count: number): string => ` .rept ${count}\n mov32 r1, %map(m)\n .endr`;

const code = (made: ObjectFile, name = "socket"): Uint8Array => made.sections.find((each) => each.name === name)!.data;

/** Vitest compares large arrays slowly. */
const expectCode = (made: ObjectFile, expected: ObjectFile): void =>
  expect(equalBytes(code(made), code(expected))).toBe(true);

/** How many instructions of each opcode there are. */
function count(bytes: Uint8Array, ...wanted: number[]): number[] {
  return wanted.map((opcode) => {
    let found = 0;
    for (let at = 0; at < bytes.length; at += 8) if (bytes[at] === opcode) found++;
    return found;
  });
}

const GOTOL = opcodes.BPF_JMP32;

test.each([
  ["ja", " ja 1f", 0],
  ["a condition that has a contrary", " jeq r6, 7, 1f", 1],
  ["its contrary", " jne r6, 8, 1f", 1],
  ["a condition on 32 bits", " jlt32 r6, 9, 1f", 1],
  ["a condition without a contrary", " jset r6, 3, 1f", 2],
  ["a condition that does not hold", " jsgt r6, 7, 1f", 1],
])("%s becomes long", (_, jump, extra) => {
  const body = ` mov r0, 5\n mov r6, 7\n${jump}\n mov r0, 6\n${growing(20_000)}\n1:\n add r0, 1`;
  const input = object(main(body) + map);
  const short = linked([input], { keepMapMoves: true });
  const made = linked([input]);
  expect(count(code(made), GOTOL)).toEqual([1]);
  expect(code(made).length - code(short).length).toBe(8 * (20_000 + extra));
  expect(answer(made)).toBe(answer(short));
  // Twice is once, and short forms are for what they reach.
  const again = readObject(writeObject(made));
  expectCode(linked([again]), made);
  expectCode(linked([again], { relax: true }), made);
  expectCode(linked([input], { relax: true }), made);
});

test
  .skipIf(kernelMissing !== "")
  .each([" jeq r6, 9, 2f\n ja 1f\n2:", " jeq r6, 7, 1f", " jset r6, 3, 1f", " jsgt r6, 7, 1f"])(
  `the kernel takes the long form of%s${kernelMissing}`,
  (jump) => {
    // A number that the verifier does not know, so that both ways are looked at.
    const known = " call bpf_get_smp_processor_id\n and r0, 0\n mov r6, r0\n add r6, 7\n mov r0, 5";
    const made = linked([object(main(`${known}\n${jump}\n mov r0, 6\n${growing(20_000)}\n1:\n add r0, 1`) + map)]);
    expect(count(code(made), GOTOL)).toEqual([1]);
    const loaded = loadImage(imageOf(made), kernel());
    try {
      const { retval } = loaded.program("main").testRun({ data: new Uint8Array(64) });
      expect(BigInt(retval)).toBe(answer(made));
    } finally {
      loaded.close();
    }
  },
);

test("jumps back become long, and one that just reaches does not", () => {
  for (const [filler, long] of [
    [16_383, 0],
    [16_384, 1],
  ] as const) {
    const body = ` mov r0, 0\n mov r6, 0\n1:\n add r6, 1\n${growing(filler)}\n jne r6, 3, 1b\n mov r0, r6`;
    const made = linked([object(main(body) + map)]);
    expect(count(code(made), GOTOL)).toEqual([long]);
    expect(answer(made)).toBe(3n);
  }
});

test("gotol that --relax would make short stays long where it is needed", () => {
  const body = ` mov r0, 1\n jal 1f\n mov r0, 2\n${growing(20_000)}\n1:\n mov r0, 3\n jal 2f\n mov r0, 4\n2:`;
  const made = linked([object(main(body) + map)], { relax: true });
  expect(count(code(made), GOTOL, opcodes.JA)).toEqual([1, 1]);
  expect(answer(made)).toBe(3n);
});

const part = (name: string, body: string): string =>
  `.section .text.${name},"ax",@progbits\n.globl ${name}\n${name}:\n${body}\n`;

test("jumps between sections and objects become long", () => {
  const start = object(main(" mov r1, 4\n call f"));
  const f = object(
    `.section .text.f,"ax",@progbits\n.globl f, far\n.type f,@function\nf:\n mov r0, r1\n jeq r1, 4, far\n exit\n .rept 40000\n mov r0, 9\n .endr\n`,
    "f.o",
  );
  const far = object(
    part("far", ".globl bad\n add r0, 10\n jne r0, 14, bad\n ja near") + part("near", " add r0, 100\n exit"),
    "far.o",
  );
  const bad = object(part("bad", " mov r0, 0\n exit"), "bad.o");
  const made = linked([start, f, far, bad]);
  expect(answer(made)).toBe(114n);
  expect(count(code(made, ".text"), GOTOL)).toEqual([1]);
  expect(made.sections.flatMap(({ relocations }) => relocations.map(({ kind }) => kind))).toEqual(["call_imm32"]);
  // A relocatable link leaves them to the final one.
  const half = readObject(writeObject(linked([start, f, far, bad], { relocatable: true })));
  expect(answer(linked([half]))).toBe(114n);
});

test("without gotol a jump that does not reach is an error", () => {
  const input = object(main(` mov r0, 5\n jeq r0, 5, 1f\n${growing(20_000)}\n1:`) + map);
  const codes = (given: ObjectFile, options: LinkOptions): string[] =>
    link([given], options).diagnostics.map((each) => each.code);
  expect(codes(input, { isa: 3 })).toEqual(["link-range"]);
  expect(codes({ ...input, flags: 3 }, {})).toEqual(["link-range"]);
  expect(codes({ ...input, flags: 3 }, { isa: 4 })).toEqual([]);
  expect(codes({ ...input, flags: 4 }, {})).toEqual([]);
});

test("lines, functions and CO-RE records move with the code", () => {
  const text = `.ctype
struct task_struct { int pid; } __attribute__((preserve_access_index));
.endctype
.section socket,"ax",@progbits
.func int main(void *ctx)
 mov r0, 5
 jeq r0, 5, 1f
${growing(20_000)}
1:
 ldxw r3, [r1+%core(byte_off, struct task_struct, pid)]
 jset r0, 8, 2f
 mov r0, 7
2:
 exit
.endfunc
${map}`;
  const input = object(text);
  const made = linked([input]);
  expect(count(code(made), GOTOL)).toEqual([1]);
  const facts = (given: ObjectFile) => {
    const read = readObject(writeObject(given));
    const section = (name: string): Uint8Array => read.sections.find((each) => each.name === name)!.data;
    const btf = readBtf(section(".BTF"));
    const { funcInfo, lineInfo, coreRelos } = readBtfExt(section(".BTF.ext"), btf);
    const bytes = section("socket");
    const at = (offset: number): number => decodeSlot(bytes, offset, "little", newSlot()).opcode;
    return {
      functions: funcInfo.flatMap(({ records }) => records.map(({ insnOff }) => insnOff)),
      lines: lineInfo.flatMap(({ records }) => records.map(({ insnOff, line }) => [line, at(insnOff)] as const)),
      cores: coreRelos.flatMap(({ records }) => records.map(({ insnOff }) => at(insnOff))),
    };
  };
  const [before, after] = [facts(input), facts(made)];
  expect(after.functions).toEqual(before.functions);
  expect(before.cores).toEqual([0x61]);
  expect(after.cores).toEqual([0x61]);
  // jeq is a jne now, the moves are loads; each has the line it had.
  const now = new Map([
    [0x15, 0x55],
    [0xb4, 0x18],
  ]);
  expect(before.lines.length).toBeGreaterThan(20_000);
  expect(after.lines).toEqual(before.lines.map(([line, opcode]) => [line, now.get(opcode) ?? opcode]));
});

test("folded functions with rewritten instructions are written once", () => {
  const body = ` mov32 r1, %map(m)\n jeq r2, 5, 1f\n mov32 r1, %map(m)\n1:\n mov r0, r2`;
  const start = main(` mov r2, 5\n call f\n mov r6, r0\n mov r2, 6\n call g\n add r0, r6`);
  const made = linked([object(start + fn("f", body) + fn("g", body) + map)], { icf: true });
  expect(code(made, ".text")).toHaveLength(8 * (2 + 1 + 2 + 1 + 1));
  expect(answer(made)).toBe(11n);
});

test("generated chains of jumps around growing code give what the short ones give", () => {
  const { refused } = fuzz(fuzzRounds(8), (random) => {
    const blocks = random.between(4, 30);
    const room = Math.floor(32_000 / blocks);
    const kinds = ["jset r0, 1", "jeq r0, 3", "jgt r0, 50", "jslt r0, 60", "jne32 r0, 4", "jle r0, 9"];
    const lines = [" mov r0, 0"];
    for (let i = 0; i < blocks; i++) {
      const to = random.between(i + 1, blocks);
      lines.push(`.L${i}:`, ` add r0, ${random.between(1, 9)}`);
      lines.push(random.chance(1, 5) ? ` ja .L${to}` : ` ${random.pick(kinds)}, .L${to}`);
      const filler = random.between(1, room);
      lines.push(random.chance(1, 3) ? ` .rept ${filler}\n mov r1, 1\n .endr` : growing(filler));
    }
    const input = object(main(`${lines.join("\n")}\n.L${blocks}:`) + map);
    const expected = answer(linked([input], { keepMapMoves: true }));
    const made = linked([input]);
    expect(answer(made)).toBe(expected);
    expectCode(linked([made]), made);
    expect(answer(linked([input], { gcSections: true, relax: true, icf: true }))).toBe(expected);
  });
  expect(refused).toBe(0);
});
