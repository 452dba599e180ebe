/**
 * Single statements of the table's rows with one token changed, dropped or doubled, against llvm-mc and bpf-as: what the peer
 * refuses we refuse, what it takes gives the same bytes. BPFKIT_DIFF sets the number of statements (default: few). The differences that
 * are ours on purpose are named here and in docs/assembler.md.
 */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { readElf } from "../../src/elf/index.js";
import { gnu, llvm } from "../support/asm-flavours.js";
import { number32, spell, namesOf, statementTemplates, type Flavour } from "../support/asm-generate.js";
import { Random } from "../support/random.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const rounds = Number(process.env["BPFKIT_DIFF"] ?? "1500");
const firstSeed = Number(process.env["BPFKIT_DIFF_SEED"] ?? "1");
/** Statements for one process of a peer. */
const perRun = 1500;

/** Tokens as both languages have them: words, numbers, signs; blanks are kept where they were. */
const token = /[A-Za-z_.%][\w.]*|\d\w*|<<=|>>=|[-+*/%&|^<>=!]=|[^\s\w]/g;

const words =
  "r0 r3 r10 r11 w0 w3 w10 u8 u16 u32 u64 s8 s16 s32 s64 %r1 %r10 %r11 %fp %w1 + - * & | ^ ~ ( ) [ ] , = == != > >= < <= s> s<= " +
  "+= -= *= /= %= s/= s%= |= &= ^= <<= >>= s>>= 0 1 -1 8 16 32 64 40000 -40000 0x1ffffffff 4294967296 -2147483649 goto gotol if ll lock " +
  "call callx exit skb be16 le64 bswap32 add add32 mov mov32 ja jeq jne32 ldxw ldxdw stxb stdw lddw neg endbe xadddw xaddw";

function mutate(line: string, random: Random): string {
  const places = [...line.matchAll(token)];
  const place = random.pick(places);
  const end = place.index + place[0].length;
  const by = random.pick([
    random.pick(words.split(" ")),
    random.pick(places)[0],
    "",
    `${place[0]} ${place[0]}`,
    number32(random),
  ]);
  return line.slice(0, place.index) + by + line.slice(end);
}

/** Operands that need no other statement. */
function alone(flavour: Flavour): Flavour {
  const number = (random: Random): string => String(random.between(-300, 300));
  const signed = (random: Random): string => `+${random.below(300)}`;
  return {
    ...flavour,
    displacement: signed,
    immediate: number,
    jump: signed,
    longJump: signed,
    call: number,
    wide: number,
  };
}

function statements(flavour: Flavour, seed: number, count: number): string[] {
  const random = new Random(seed);
  const templates = statementTemplates(flavour, 4);
  return Array.from({ length: count }, (_, i) =>
    mutate(spell(templates[i % templates.length]!, alone(flavour), random, namesOf("x1")), random),
  );
}

/** The numbers in a line, with their signs. */
function numbers(line: string): number[] {
  return [...line.matchAll(/(-?)\s*\b(0x[0-9a-f]+|\d+)\b/gi)].map(([, sign, digits]) => {
    const value = /^0\d/.test(digits!) ? Number.parseInt(digits!, 8) : Number(digits);
    return sign === "-" ? -value : value;
  });
}

const isHuge = (line: string): boolean => numbers(line).some((value) => value < -(2 ** 31) || value >= 2 ** 32);

/** Differences on purpose, each a row of the list in docs/assembler.md: what it is called, who refuses, how to tell it. */
type Difference = readonly [string, "we refuse" | "we accept", (line: string, theirs: string) => boolean];

const onPurpose: Readonly<Record<"pseudoc" | "gnu", readonly Difference[]>> = {
  pseudoc: [
    // llvm-mc's own encoding is a fixup that its object writer has no relocation for.
    ["a number is needed where llvm-mc takes a name", "we refuse", (_, theirs) => theirs.includes("'")],
    ["llvm-mc cuts numbers", "we refuse", (line) => isHuge(line) || /addr_space_cast/.test(line)],
    // Generated files (`differential.test.ts`) hold the statements whose commas are where they should be.
    ["llvm-mc skips commas", "we refuse", (line) => line.includes(",") || /\(.* [-\w]+\)$/.test(line)],
    ["llvm-mc has an r11", "we refuse", (line) => /\b[rw]11\b/.test(line)],
    [
      "expressions may begin with any sign or parenthesis",
      "we accept",
      (line) => /[-+~]\s*[-+~]|[=<>&(,o]\s*[~(]|^call ~/.test(line),
    ],
    ["llvm-mc's `gotol` takes 16 bits of a number", "we accept", (line) => /^\s*gotol /.test(line)],
    ["binutils' atomic addition without `lock`", "we accept", (line) => /^\*\(u(32|64) ?\*\)\(.* \+= /.test(line)],
    ["clang's `r1 = w2`", "we accept", (line) => /^r\d+ = w\d+$/.test(line)],
    [
      "words of the syntax may be names of symbols",
      "we accept",
      (line) => /^\w+ = [^(*]*( ll)?$|^call \w+$/.test(line),
    ],
  ],
  gnu: [
    // A name nobody defines, in an immediate, a displacement or a jump.
    [
      "unknown names want `.extern`",
      "we refuse",
      (line) => /[\s,+-](?!%)[A-Za-z_]\w*/.test(line.replace(/^\s*\w+/, "")),
    ],
    [
      "bpf-as wraps distances and displacements at 32 bits",
      "we refuse",
      (line) => numbers(line).some((value) => value > 0xffff_7fff),
    ],
    ["binutils 2.41 takes a call through a register", "we accept", (line) => /^\s*callx?\s+%/.test(line)],
    ["binutils 2.41 takes a displacement with its minus sign alone", "we accept", (line) => /\[%\w+\s*-/.test(line)],
  ],
};

/** The code that each line gives alone, or undefined where it is refused. */
type Codes = readonly (string | undefined)[];

/** Stands for code with a relocation, whose fields each peer leaves in its own way: `differential.test.ts` compares those. */
const relocated = "relocated";

function ours(lines: readonly string[], syntax: "pseudoc" | "gnu"): Codes {
  return lines.map((line) => {
    const { object } = assemble(`${line}\n`, { syntax });
    if (object === undefined) return undefined;
    const { data, relocations } = object.sections[0] ?? { data: new Uint8Array(0), relocations: [] };
    return relocations.length > 0 ? relocated : toHex(data);
  });
}

function llvmCodes(lines: readonly string[]): Codes {
  const text = lines.map((line, i) => `line_${i}:\n${line}\n`).join("");
  const args = ["-triple=bpfel", "-mcpu=v4", "-show-encoding"];
  const { stdout, stderr } = runTool("llvm-mc-22", args, text);
  const refused = new Set(
    [...stderr.matchAll(/^<stdin>:(\d+):\d+: error/gm)].map((found) => (Number(found[1]) - 2) / 2),
  );
  const codes: (string | undefined)[] = lines.map((_, i) => (refused.has(i) ? undefined : ""));
  let at = -1;
  for (const line of stdout.split("\n")) {
    at = Number(/^line_(\d+):/.exec(line)?.[1] ?? at);
    const bytes = /encoding: \[(.*)\]/.exec(line)?.[1];
    if (bytes !== undefined && codes[at] !== undefined) codes[at] += bytes.replaceAll("0x", "").replaceAll(",", "");
  }
  return codes;
}

function gnuCodes(lines: readonly string[]): Codes {
  return inScratchFolder((folder) => {
    const [source, output] = [join(folder, "a.s"), join(folder, "a.o")];
    const write = (kept: ReadonlySet<number>): string => {
      writeFileSync(
        source,
        lines.map((line, i) => `.section s${i},"ax",@progbits\n${kept.has(i) ? line : ""}\n`).join(""),
      );
      return runTool("bpf-as", ["-EL", "-no-pad-sections", source, "-o", output]).stderr;
    };
    const kept = new Set(lines.keys());
    // Errors in the text hide those of the second pass.
    for (let round = 0; round < 4; round++) {
      const stderr = write(kept);
      const errors = [...stderr.matchAll(/^[^:]*:(\d+): Error/gm)];
      if (errors.length === 0) break;
      for (const found of errors) kept.delete((Number(found[1]) - 2) / 2);
    }
    const elf = readElf(new Uint8Array(readFileSync(output)));
    const codes: (string | undefined)[] = lines.map(() => undefined);
    for (const { name, data } of elf.sections) {
      const number = /^s(\d+)$/.exec(name)?.[1];
      if (number !== undefined && kept.has(Number(number))) codes[Number(number)] = toHex(data);
    }
    return codes;
  });
}

function differences(lines: readonly string[], syntax: "pseudoc" | "gnu", theirs: Codes): string[] {
  const found = ours(lines, syntax);
  return lines.flatMap((line, i) => {
    const [own, their] = [found[i], theirs[i]];
    if (own === their || (own === relocated && their !== undefined)) return [];
    const direction = own === undefined ? "we refuse" : their === undefined ? "we accept" : undefined;
    const known = onPurpose[syntax].some(([, way, is]) => way === direction && is(line, their ?? ""));
    return known ? [] : [`${line}: ours ${own ?? "refused"}, theirs ${their ?? "refused"}`];
  });
}

for (const [tool, flavour, syntax, codes] of [
  ["llvm-mc-22", llvm, "pseudoc", llvmCodes],
  ["bpf-as", gnu, "gnu", gnuCodes],
] as const) {
  const missing = toolMissing(tool);
  test.skipIf(missing !== "")(
    `${rounds} changed statements, as ${tool} takes them${missing}`,
    { timeout: 900_000 },
    () => {
      for (let done = 0; done < rounds; done += perRun) {
        const lines = statements(flavour, firstSeed + done, Math.min(perRun, rounds - done));
        const found = differences(lines, syntax, codes(lines));
        expect(found, `seed ${firstSeed + done}`).toEqual([]);
      }
    },
  );
}
