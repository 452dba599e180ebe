/** Lines of known shapes take a short cut (WebAssembly): with it and without it a text must give the same object and the same diagnostics. */
import { afterEach, expect, test, vi } from "vitest";
import { assemble, type AssembleOptions } from "../../src/asm/index.js";
import { literalKey, type GrammarNode } from "../../src/asm/match/grammar.js";
import { Registers } from "../../src/asm/match/registers.js";
import { Walk } from "../../src/asm/shapes/walk.js";
import { Interner } from "../../src/asm/text/intern.js";
import { Scanner } from "../../src/asm/text/scan.js";
import { Token, Tokens } from "../../src/asm/text/tokens.js";
import { encodeUtf8, type Endian } from "../../src/bytes/index.js";
import { insnTable, spellings, type Dialect } from "../../src/isa/index.js";
import { fuzzRounds } from "../support/fuzz.js";
import { Random } from "../support/random.js";

const firstSeed = 20261128;
const dialects: readonly Dialect[] = ["pseudoc", "gnu", "plain", "kernel", "conformance"];
/** So long a text is that it takes the short cut, up to here. */
const long = "\n".repeat(1 << 15);

/** Some errors are told only when others are gone. */
const mostPasses = 50;

afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

type Result = Pick<ReturnType<typeof assemble>, "object" | "diagnostics">;

/** Without WebAssembly every line is read token by token. */
function plainly(text: string, options: AssembleOptions): Result {
  vi.stubGlobal("WebAssembly", undefined);
  const { object, diagnostics } = assemble(text, options);
  vi.unstubAllGlobals();
  return { object, diagnostics };
}

function quickly(text: string, options: AssembleOptions): Result {
  const { object, diagnostics } = assemble(text, options);
  return { object, diagnostics };
}

const edges = [
  0,
  1,
  7,
  8,
  9,
  10,
  11,
  16,
  32,
  64,
  127,
  128,
  255,
  256,
  32767,
  32768,
  32769,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
];
const bigs = ["4294967295", "4294967296", "9007199254740993", "999999999999999999", "9223372036854775808"];
const huge = [
  "18446744073709551615",
  "18446744073709551616",
  "0x7fffffffffffffff",
  "0xffffffffffffffff",
  "0x10000000000000000",
];
const odd = [
  "010",
  "0b11",
  "0x",
  "1ULL",
  "00",
  "'a'",
  "2b",
  "1.5",
  "(3)",
  "3+4",
  "K",
  "sym",
  "L1",
  ".L2",
  "-K",
  "r5",
  "fp",
  ".",
];

const limits = {
  o: [32767, 32768, 32769],
  i: [2 ** 31 - 1, 2 ** 31, 2 ** 31 + 1, 2 ** 32 - 1, 2 ** 32],
};

/** A number in all ways to write one, mostly a plain one. */
function number(random: Random): string {
  if (random.chance(1, 12)) return random.pick(odd);
  if (random.chance(1, 12)) return random.pick([...bigs, ...huge]);
  const value = random.pick([random.pick(edges), random.below(100), random.below(40_000), random.u32()]);
  return random.chance(1, 5) ? `0${random.pick(["x", "X"])}${value.toString(16)}` : String(value);
}

function operand(what: string, dialect: Dialect, random: Random): string {
  const percent = dialect === "gnu" || (dialect === "conformance" && random.chance(1, 2)) ? "%" : "";
  const sign = random.chance(2, 3) ? "" : random.pick(["-", "+", "- "]);
  const offsetSign = random.chance(2, 3) ? random.pick([" + ", " - "]) : random.pick(["+", "-", "+-"]);
  if (random.chance(1, 8)) {
    if ("ox".includes(what)) return (what === "o" ? offsetSign : sign) + random.pick(limits.o);
    if ("jJhic".includes(what)) return sign + random.pick(what === "j" ? limits.o : limits.i);
  }
  switch (what) {
    case "d":
    case "s":
      return `${percent}r${random.chance(1, 20) ? random.pick(["11", "01", "1x", ""]) : random.below(11)}`;
    case "wd":
    case "ws":
      return `w${random.chance(1, 20) ? "11" : random.below(11)}`;
    case "o":
    case "O":
      return random.chance(1, 6) ? "" : offsetSign + number(random);
    case "j":
    case "J":
    case "f":
    case "c":
      return random.chance(1, 2) ? random.pick(["L1", "L10", ".L2", "LBB0_3", "sym", "exit"]) : sign + number(random);
    case "ri":
      return String(random.below(12));
    default:
      return sign + number(random);
  }
}

function line(template: string, dialect: Dialect, random: Random): string {
  const seen = new Map<string, string>();
  const body = template.replace(/\{(\w+)\}/g, (_, what: string) => {
    const known = seen.get(what);
    if (known !== undefined && !random.chance(1, 30)) return known;
    const text = operand(what, dialect, random);
    seen.set(what, text);
    return text;
  });
  // Mostly the same, so that many lines have a known shape.
  const before = random.chance(2, 3) ? "\t" : random.pick(["", "    ", "  \t", "\v"]);
  const number = dialect === "kernel" && random.chance(1, 2) ? `${random.below(200)}: ` : "";
  const behind = random.chance(2, 3)
    ? ""
    : random.pick([" ", " # say 12", " // x", "\r", ";", " ; r1 = 2", " /* 5 */", "#1", ` # ${random.below(99)}`]);
  return before + number + body + behind;
}

/** The same with an edit that may make it wrong. */
function mutated(text: string, random: Random): string {
  const at = random.below(text.length + 1);
  const byte = random.pick([..." \t0123456789rwxXbL%+-*=()[],.;#/:_u~!'\"", "é"]);
  const kept = random.chance(1, 2) ? 1 : 0;
  return (text.slice(0, at) + (random.chance(1, 3) ? "" : byte) + text.slice(at + kept)).replaceAll("\n", "");
}

/** Every spelling of every row some times, some of them spoilt, with labels between. */
function lines(dialect: Dialect, random: Random, spoilt: number): string[] {
  const all = insnTable
    .flatMap((row) => spellings(row, dialect))
    .flatMap((template) => Array<string>(5).fill(template));
  const made = all.map((template) => {
    const text = line(template, dialect, random);
    return random.chance(spoilt, 100) ? mutated(text, random) : text;
  });
  for (let i = made.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [made[i], made[j]] = [made[j]!, made[i]!];
  }
  for (let i = 4; i < 30; i++)
    made.splice(random.below(made.length), 0, random.pick([`L${i}:`, ` .L${i}: # a label`, `LBB${i}_1:`, "1:", ""]));
  return ["K = 12", ...made, "L1:", "L10:", ".L2:", "LBB0_3:", "sym:"];
}

for (const dialect of dialects) {
  for (const endian of ["little", "big"] satisfies Endian[]) {
    test(`${dialect}, ${endian}: the same bytes, the same diagnostics`, () => {
      let wrong = 0;
      for (let round = 0; round < fuzzRounds(2); round++) {
        const seed = firstSeed + round;
        const random = new Random(seed);
        const options: AssembleOptions = { syntax: dialect, endian, ...(round % 2 === 1 ? { isa: 2 } : {}) };
        let text = lines(dialect, random, 10);
        // First with all that is wrong in it, then with what is left.
        for (let pass = 0; pass < mostPasses; pass++) {
          const source = text.join("\n") + long;
          const expected = plainly(source, options);
          expect(quickly(source, options), `seed ${seed}, pass ${pass}`).toEqual(expected);
          if (expected.object !== undefined) break;
          wrong += expected.diagnostics.length;
          const bad = new Set(expected.diagnostics.map(({ place }) => (place?.kind === "text" ? place.line : 0)));
          text = text.filter((_, i) => !bad.has(i + 1));
          expect(pass, `seed ${seed}`).toBeLessThan(mostPasses - 1);
        }
      }
      expect(wrong).toBeGreaterThan(100);
    });
  }
}

const statements = [
  "\tr1 = r2",
  "r1 = r2",
  "\tr3 += 12345",
  "\tr3 += K",
  "\t.set K, 7",
  "\t.set K, 9",
  "\tr1 = 5 ; r2 = 6",
  "\tr1 = 5",
  " /* one\ntwo */ r4 = 4",
  "\tr4 = 4",
  "\texit",
  '\t.section other,"ax",@progbits',
  "\t.text",
  "\t.text 1",
  "\t.data",
  "\t.quad 1",
  "\tif r1 > 5 goto +0",
  "\tif r1 > 5 goto 1b",
  "\tif r1 > 5 goto L1",
  "\tcall K",
  "\tcall L1",
  "\tr5 = L1 ll",
  "1:",
  "1: r1 = r2",
  "\tr1 = 0x1122334455667788 ll",
  "\tr1 = 8 ll",
  "\tcall 7",
  "\tw4 ^= w5",
  "",
  "# a remark",
  ".loc 1 7; r1 = 5",
  "\t.loc 1 8",
  "\t.loc_mark_labels 1",
  "\t.loc_mark_labels 0",
  "\t.eqv D, K + 4",
  "\tr3 += D",
  "M:",
  "M: # and more",
  "\t.rept 2\n\tr1 = r2\n\t.endr",
  "\t.macro r9 a, b\n\t.endm",
  "\tr9 = 4",
  "\t.if K > 8\n\tr3 += 1\n\t.endif",
  "\t.balign 16",
  "\t.func int f(void)\nr0 = 0\nexit\n.endfunc",
  `\t${"r1 = r2".padEnd(200)}`,
];

test("between directives, too", () => {
  let objects = 0;
  for (let round = 0; round < 60; round++) {
    const random = new Random(firstSeed + round);
    const options: AssembleOptions = { syntax: "pseudoc", endian: round % 2 === 0 ? "little" : "big" };
    const picked = Array.from({ length: 60 }, () => random.pick(statements));
    const numbered = picked.map((each, i) =>
      each.replace("int f", `int f${i}`).replace("M:", `M${i}:`).replace("macro r9", `macro m${i}`),
    );
    const text = `.file 1 "a.c"\nK = 3\n1:\nL1:\n${numbered.join("\n")}${long}`;
    const expected = plainly(text, options);
    if (expected.object !== undefined) objects++;
    expect(quickly(text, options), `round ${round}`).toEqual(expected);
  }
  expect(objects).toBeGreaterThan(10);
});

test("known lines are not read token by token", () => {
  const next = vi.spyOn(Scanner.prototype, "next");
  const text = Array.from(
    { length: 20_000 },
    (_, i) => `L${i}:\tr${i % 11} += ${i}`.replace(":\t", ":\n\t") + ` # ${i}\n\tif r1 > ${i} goto L${i}\n`,
  );
  const { object, diagnostics } = assemble(text.join(""), { syntax: "pseudoc" });
  expect(diagnostics).toEqual([]);
  expect(object!.sections[0]!.size).toBe(2 * 8 * 20_000);
  // The templates of the grammar, the first lines of each shape, the last ones of the text.
  expect(next.mock.calls.length).toBeLessThan(400);
});

test("no shape where another number could be another instruction", () => {
  const node = (parts: Partial<GrammarNode>): GrammarNode => {
    return { literals: new Map(), placeholders: [], leaves: [], tails: undefined, ...parts };
  };
  const leaf = (row: number): GrammarNode => node({ leaves: [{ row: insnTable[row]!, helper: false }] });
  const interner = new Interner();
  const tokens = new Tokens();
  const read = (text: string, root: GrammarNode): number => {
    new Scanner(encodeUtf8(text), tokens, interner, "pseudoc").next();
    const found = new Walk(tokens, interner, new Registers("pseudoc", interner), -1).leaf(root);
    return found === undefined ? -1 : insnTable.indexOf(found.row);
  };
  const number = { what: "i", node: leaf(1) } as const;
  const five = new Map([[literalKey(Token.number, 5), leaf(0)]]);
  expect(read("7", node({ placeholders: [number] }))).toBe(1);
  expect(read("5", node({ literals: five, placeholders: [number] }))).toBe(0);
  expect(read("7", node({ literals: five, placeholders: [number] }))).toBe(-1);
  const word = new Map([[literalKey(Token.word, interner.word("local")), leaf(0)]]);
  expect(read("local", node({ literals: word, placeholders: [number] }))).toBe(0);
  expect(read("name", node({ literals: word, placeholders: [number] }))).toBe(-1);
  expect(read("name", node({ placeholders: [number] }))).toBe(1);
  expect(read("7 + 1", node({ placeholders: [number] }))).toBe(-1);
});

test("another dialect gives a line another meaning", () => {
  const text = `\tr1 = r2\n\tr1 = r2\n\t.syntax plain\n\tr1 = r2\n${long}`;
  expect(assemble(text, { syntax: "pseudoc" }).object).toBeUndefined();
});

test("a macro takes the place of an instruction that was met before", () => {
  const options = { syntax: "gnu" } as const;
  const text = `mov %r1,1\nmov %r1,2\n.macro mov a, b\nexit\n.endm\nmov %r1,3\n${long}`;
  expect(quickly(text, options).object!.sections[0]!.data[16]).toBe(0x95);
});

test("a section is made where the text first needs it", () => {
  const { object } = assemble(`.data\n.quad 1\n.text\nr1 = 1\nr1 = 2\n${long}`, { syntax: "pseudoc" });
  expect(object!.sections.map(({ name }) => name)).toEqual([".data", ".text"]);
});
