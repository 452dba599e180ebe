/** Objects of generated programs against llvm-mc's, and code of GNU text against bpf-as's. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex, type Endian } from "../../src/bytes/index.js";
import { formatDiagnostic } from "../../src/diag/index.js";
import { readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { corpusFiles, corpusMissing, corpusPath } from "../support/corpus.js";
import { fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

/** What two assemblers must agree on, in words. */
function facts(object: ObjectFile): string[] {
  const homeOf = (index: number): string => {
    const { home, name, type } = object.symbols[index]!;
    if (type === "section" && home.kind === "section") return `section ${object.sections[home.section]!.name}`;
    return name;
  };
  const found: string[] = [];
  for (const section of object.sections) {
    if (section.size === 0) continue;
    found.push(`${section.name} ${String(section.type)} ${section.size} ${toHex(section.data)}`);
    for (const { offset, kind, symbol, addend } of section.relocations) {
      found.push(`${section.name}+${offset} ${kind} ${homeOf(symbol)} ${addend}`);
    }
  }
  for (const { name, home, size, binding, type, visibility } of object.symbols) {
    if (type === "section") continue;
    const where = home.kind === "section" ? `${object.sections[home.section]!.name}+${home.offset}` : home.kind;
    found.push(`symbol ${name} ${where} ${size} ${binding} ${String(type)} ${visibility}`);
  }
  return found.toSorted((a, b) => (a < b ? -1 : Number(a > b)));
}

const alu = ["+=", "-=", "*=", "/=", "|=", "&=", "<<=", ">>=", "%=", "^=", "=", "s>>=", "s/=", "s%="];
const conditions = ["==", ">", ">=", "&", "!=", "s>", "s>=", "<", "<=", "s<", "s<="];

function statement(random: Random): string {
  const [d, s] = [random.below(10), random.below(11)];
  const imm = random.pick([0, 1, -1, random.u32() | 0, random.between(-1000, 1000)]);
  const label = random.pick(["local", ".Lone", "1b", "1f"]);
  const name = random.pick(["local", "entry", "other", "outside", "datum", "hidden_datum"]);
  const off = `${random.pick(["+", "-"])} ${random.below(30_000)}`;
  const size = random.pick([8, 16, 32, 64]);
  switch (random.below(16)) {
    case 0:
      return `r${d} ${random.pick(alu)} r${s}`;
    case 1:
      return `w${d} ${random.pick(alu)} ${imm}`;
    case 2:
      return `r${d} ${random.pick(alu)} ${imm}`;
    case 3:
      return `if r${d} ${random.pick(conditions)} r${s} goto ${label}`;
    case 4:
      return `if w${d} ${random.pick(conditions)} ${imm} goto ${label}`;
    case 5:
      return `goto ${label}`;
    case 6:
      return `gotol ${label}`;
    case 7:
      return `call ${random.pick(["local", "entry", "other", "outside", "elsewhere"])}`;
    case 8:
      return `call ${random.below(200)}`;
    case 9:
      return `r${d} = ${name} ll`;
    case 10:
      return `r${d} = ${name} + ${random.below(64)} ll`;
    case 11:
      return `r${d} = 0x${random.u64().toString(16)} ll`;
    case 12:
      return `r${d} = *(u${size} *)(r${s} ${off})`;
    case 13:
      return `*(u${size} *)(r${d} ${off}) = r${s}`;
    case 14:
      return `lock *(u64 *)(r${d} ${off}) += r${s}`;
    default:
      return `r${d} = bswap${random.pick([16, 32, 64])} r${d}`;
  }
}

function datum(random: Random): string {
  const name = random.pick(["local", "entry", "outside", "datum", "hidden_datum", ".Lone", "elsewhere"]);
  switch (random.below(9)) {
    case 0:
      return `.quad ${name}`;
    case 1:
      return `.long ${name} + ${random.below(8)}`;
    case 2:
      return `.long datum_end - datum`;
    case 3:
      return `.byte ${random.between(-128, 255)}, 'a', 0${random.below(8)}`;
    case 4:
      return `.short ${random.between(-32768, 65535)}`;
    case 5:
      return `.asciz "text ${random.u32()}\\n\\t\\"\\101"`;
    case 6:
      return `.zero ${random.below(20)}`;
    case 7:
      return `.p2align ${random.below(5)}`;
    default:
      return `.quad 0x${random.u64().toString(16)}, -${random.below(1000)}, (1 << ${random.below(40)}) + 3*4 - ~7 % 5`;
  }
}

function program(random: Random): string {
  const lines = [
    "\t.text",
    "\t.globl entry",
    "\t.type entry,@function",
    "entry:",
    "1:",
    ...Array.from({ length: random.between(1, 12) }, () => statement(random)),
    "local:",
    ...Array.from({ length: random.between(1, 12) }, () => statement(random)),
    ".Lone:",
    "1:",
    "exit",
    "\t.size entry, .-entry",
    '\t.section other_code,"ax",@progbits',
    "\t.weak other",
    "other:",
    "call local",
    "call entry",
    "call outside",
    "call other",
    "exit",
    '\t.section .data,"aw",@progbits',
    "\t.globl datum",
    "\t.type datum,@object",
    "datum:",
    ...Array.from({ length: random.between(1, 10) }, () => datum(random)),
    "datum_end:",
    "\t.size datum, datum_end - datum",
    '\t.section .rodata,"a",@progbits',
    "\t.hidden hidden_datum",
    "hidden_datum:",
    ...Array.from({ length: random.between(1, 10) }, () => datum(random)),
    "\t.set constant, 40 + 2",
    ".long constant",
    '\t.section license,"aw",@progbits',
    '\t.asciz "GPL"',
    "\t.comm tentative,16,8",
    "\t.bss",
    "zeros: .zero 12",
    "\t.local zeros",
  ];
  return `${lines.join("\n")}\n`;
}

const noLlvm = toolMissing("llvm-mc-22");

test.skipIf(noLlvm !== "")(
  `generated programs give llvm-mc's objects${noLlvm}`,
  () => {
    const rounds = fuzzRounds(40);
    inScratchFolder((folder) => {
      for (let seed = 1; seed <= rounds; seed++) {
        const text = program(new Random(seed));
        const endian: Endian = seed % 2 === 0 ? "big" : "little";
        const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
        writeFileSync(source, text);
        const triple = endian === "big" ? "bpfeb" : "bpfel";
        const peer = runTool("llvm-mc-22", [`-triple=${triple}`, "-filetype=obj", "-mcpu=v4", source, "-o", output]);
        expect(`${seed}: ${peer.stderr}`).toBe(`${seed}: `);
        const { object, diagnostics } = assemble(text, { syntax: "pseudoc", endian });
        expect(`${seed}: ${diagnostics.map((each) => formatDiagnostic(each)).join("\n")}`).toBe(`${seed}: `);
        const ours = facts(readObject(writeObject(object!)));
        const theirs = facts(readObject(readFileSync(output)));
        expect(ours, `seed ${seed}\n${text}`).toEqual(theirs);
      }
    });
  },
  120_000,
);

const gnuText = `
	.text
	.globl f
	.type f,@function
f:	mov %r1,5 ; a comment
	lddw %r1,0x1122334455667788
	ldxdw %r2,[%r1+8]
	ldxw %r2,[%fp+-4]
	stxb [%r3+1],%r4
	stdw [%r10+-16],7
	jeq %r1,%r2,1f
	jsgt32 %r1,-5,l
	ja .+8
1:	xadddw [%r1+0],%r2
	add32 %r3,%r4
	endbe %r1,16
	neg %r5
	ldabsw 4
	ldindb %r3,4
	call 12
l:	exit
	.data
	.word 1
	.half 2
	.byte 3
	.align 3
	.dword 4
	.ascii "a\\tb"
	.align 3
`;

function contents(from: ObjectFile): string[] {
  return from.sections.filter(({ size }) => size > 0).map(({ name, data }) => `${name} ${toHex(data)}`);
}

/** A statement that bpf-as 2.40 knows. */
function gnuStatement(random: Random): string {
  const [d, s] = [random.below(10), random.below(11)];
  const imm = random.pick(["0", "-1", "0x7fffffff", "0xffffffff", String(random.u32() | 0), "(1 << 4) + 2 * 3", "'a'"]);
  const bits = random.pick(["", "32"]);
  const op = random.pick(["add", "sub", "mul", "div", "or", "and", "lsh", "rsh", "mod", "xor", "arsh", "mov"]);
  const jump = random.pick(["jeq", "jgt", "jge", "jset", "jne", "jsgt", "jsge", "jlt", "jle", "jslt", "jsle"]);
  const size = random.pick(["b", "h", "w", "dw"]);
  const memory = (register: number): string => `[%r${register}+${random.pick(["", "-"])}${random.below(32_768)}]`;
  const target = random.pick(["f", "l", "1b", "1f", ".+16", ".-8", String(random.between(-9, 9))]);
  switch (random.below(11)) {
    case 0:
      return `${op}${bits} %r${d},%r${s}`;
    case 1:
      return `${op}${bits} %r${d},${imm}`;
    case 2:
      return `${jump}${bits} %r${d},%r${s},${target}`;
    case 3:
      return `${jump}${bits} %r${d},${imm},${target}`;
    case 4:
      return `ldx${size} %r${d},${memory(s)}`;
    case 5:
      return `stx${size} ${memory(d)},%r${s}`;
    case 6:
      return `st${size} ${memory(d)},${imm}`;
    case 7:
      return `lddw %r${d},0x${random.u64().toString(16)}`;
    case 8:
      return `ja ${target}`;
    case 9:
      return random.pick([
        `neg${bits} %r${d}`,
        `endle %r${d},32`,
        `endbe %r${d},64`,
        `ldabs${random.pick(["b", "h", "w"])} 7`,
      ]);
    default:
      return random.pick([
        `xaddw ${memory(d)},%r${s}`,
        `call ${random.below(200)}`,
        `.dword ${imm}`,
        ".half 1, 2\n.word 3",
      ]);
  }
}

/** Data stays a whole number of instructions, so that jumps do. */
function gnuProgram(random: Random): string {
  const some = (): string[] => Array.from({ length: random.between(2, 15) }, () => gnuStatement(random));
  return `${["f:", "1:", ...some(), "1:", "l:", "exit", ...some(), "1: exit", ".data", ".byte 1", ".balign 4"].join("\n")}\n`;
}

const noGnu = toolMissing("bpf-as");

test.skipIf(noGnu !== "")(`GNU text gives bpf-as's sections${noGnu}`, () => {
  inScratchFolder((folder) => {
    const rounds = fuzzRounds(40);
    for (let seed = 0; seed <= rounds; seed++) {
      const text = seed === 0 ? gnuText : gnuProgram(new Random(seed));
      for (const endian of ["little", "big"] as const) {
        const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
        writeFileSync(source, text);
        const peer = runTool("bpf-as", [endian === "big" ? "-EB" : "-EL", source, "-o", output]);
        expect(`${seed}: ${peer.stderr}`).toBe(`${seed}: `);
        const { object, diagnostics } = assemble(text, { endian, syntax: "gnu" });
        expect(`${seed}: ${diagnostics.map((each) => formatDiagnostic(each)).join("\n")}`).toBe(`${seed}: `);
        expect(contents(object!), `seed ${seed}\n${text}`).toEqual(contents(readObject(readFileSync(output))));
      }
    }
  });
});

/** Where Debian keeps the kernel headers of its machines. */
const includes = ["x86_64", "aarch64"].map((machine) => `-I/usr/include/${machine}-linux-gnu`);

/** clang drops the labels of its blocks; whoever assembles its text (llvm-mc too) cannot know that they are its own. */
function isRelevant(fact: string): boolean {
  return !/^(\.llvm_addrsig|symbol LBB\d)/.test(fact);
}

const noClang = toolMissing("clang-22");

test.skipIf(noClang + corpusMissing !== "")(
  `what clang prints assembles to what clang writes${noClang}`,
  () => {
    let compared = 0;
    inScratchFolder((folder) => {
      const [listing, output] = [join(folder, "a.s"), join(folder, "a.o")];
      for (const name of corpusFiles("c", ".c")) {
        for (const level of ["-O1", "-O2"]) {
          const flags = ["-target", "bpf", level, "-mcpu=v4", "-w", ...includes, corpusPath(name)];
          if (runTool("clang-22", [...flags, "-S", "-o", listing]).status !== 0) continue;
          runTool("clang-22", [...flags, "-c", "-o", output]);
          const { object, diagnostics } = assemble(readFileSync(listing), {});
          expect(`${name}: ${diagnostics.map((each) => formatDiagnostic(each)).join("\n")}`).toBe(`${name}: `);
          const ours = facts(readObject(writeObject(object!))).filter(isRelevant);
          expect(ours, `${name} ${level}`).toEqual(facts(readObject(readFileSync(output))).filter(isRelevant));
          compared++;
        }
      }
    });
    expect(compared).toBeGreaterThan(5);
  },
  120_000,
);
