/**
 * Generated programs of several files: calls both ways, by name, by a function's address and through tables of addresses; data,
 * static, shared and tentative; strings; weak definitions that lose or win, and weak names of nothing; hidden functions; choices that
 * compilers make jump tables of; functions whose unlikely part is in another section. Each file can be written in assembly and in C, and a walk over the source says what the program returns.
 */
import type { Random } from "../support/random.js";

export type Language = "assembly" | "clang" | "gcc";

interface Func {
  readonly file: number;
  readonly number: number;
  readonly factor: number;
  readonly offset: number;
  readonly callee: number;
  /** How the callee is called; through a table it is one of the table's entries. */
  readonly how: "name" | "address" | "table";
  readonly data: number;
  /** Another file has a weak definition. It loses, or where this one is weak, too, wins if its file comes first. */
  readonly weakIn: number;
  readonly weak: boolean;
  readonly hidden: boolean;
  /** Adds a byte of one of `texts`; -1 for none. */
  readonly text: number;
  /** Adds what a weak name of nothing would give. */
  readonly absent: boolean;
  /** Adds a word of the tentative array of this number; -1 for none. */
  readonly tentative: number;
  /** Numbers of the cases of a choice, empty for none. */
  readonly cases: readonly number[];
  /** For this remainder of the argument, assembly leaves to a part in another section and comes back. */
  readonly cold: number;
}

interface Datum {
  readonly file: number;
  readonly value: number;
  readonly constant: boolean;
  /** Another file has a weak definition that loses. */
  readonly weakIn: number;
}

/** Four addresses of functions; -1 is the static function `help` of the table's file. */
interface Table {
  readonly file: number;
  readonly constant: boolean;
  readonly entries: readonly number[];
}

export interface Program {
  readonly languages: readonly Language[];
  readonly inArchive: readonly boolean[];
  readonly funcs: readonly Func[];
  readonly data: readonly Datum[];
  readonly tables: readonly Table[];
  /** Tentative arrays: how many words each file says that there are. The main program writes the last one of the largest. */
  readonly tentative: readonly (readonly number[])[];
  readonly argument: number;
}

/** Files take the same ones, which the linker keeps once. */
const texts = ["one", "none", "another", "xone"];

/** The files in the order of the link: members of archives come last. */
export function linkOrder({ inArchive }: Pick<Program, "inArchive">): number[] {
  const all = inArchive.map((_, file) => file);
  return [...all.filter((file) => !inArchive[file]), ...all.filter((file) => inArchive[file])];
}

/** Does an archive searched on demand give what a link of all its members gives? Not where weak definitions come into it. */
export function isFreeOfChoice({ funcs, data, inArchive, tentative }: Program): boolean {
  const asks = tentative.length > 0 && inArchive.includes(true);
  return (
    !asks && [...funcs, ...data].every(({ weakIn, file }) => weakIn < 0 || (!inArchive[weakIn]! && !inArchive[file]!))
  );
}

/** How many frames a call of function `number` takes at most; the VM allows eight. */
function depth(program: Pick<Program, "funcs" | "tables">, number: number): number {
  if (number < 0) return 1;
  const { callee, how } = program.funcs[number]!;
  // A table's number may be 0, and so may a function's: -1 alone means none.
  if (callee < 0) return 2;
  const callees = how === "table" ? program.tables[callee]!.entries : [callee];
  return 1 + Math.max(...callees.map((each) => depth(program, each)));
}

export function generate(random: Random, languages: readonly Language[]): Program {
  const files = random.between(2, 4);
  const funcs: Func[] = [];
  const tables: Table[] = [];
  const shallow = (): number[] =>
    funcs.map(({ number }) => number).filter((each) => depth({ funcs, tables }, each) < 6);
  const data = Array.from({ length: random.between(1, 4) }, () => ({
    file: random.below(files),
    value: random.between(1, 1 << 30),
    constant: random.chance(1, 3),
    weakIn: random.chance(1, 4) ? random.below(files) : -1,
  }));
  const tentative = Array.from({ length: random.below(3) }, () =>
    Array.from({ length: files }, () => random.between(1, 4)),
  );
  for (let count = random.between(2, 9); count > 0; count--) {
    if (random.chance(1, 4)) {
      const entries = Array.from({ length: 4 }, () => (random.chance(1, 4) ? -1 : random.pick([-1, ...shallow()])));
      tables.push({ file: random.below(files), constant: random.chance(1, 2), entries });
    }
    const file = random.below(files);
    const weak = random.below(files);
    const how = random.pick(["name", "name", "address", "table"] as const);
    const callees = how === "table" ? tables.map((_, i) => i) : shallow();
    const callee = callees.length > 0 && random.chance(3, 4) ? random.pick(callees) : -1;
    const isChoice = random.chance(1, 3);
    funcs.push({
      file,
      number: funcs.length,
      factor: random.between(1, 1000),
      offset: random.between(1, 1000),
      callee,
      how,
      data: random.below(data.length),
      weakIn: weak !== file && random.chance(1, 4) ? weak : -1,
      weak: random.chance(1, 2),
      hidden: random.chance(1, 6),
      text: random.chance(1, 3) ? random.below(texts.length) : -1,
      absent: random.chance(1, 5),
      tentative: random.chance(1, 2) ? random.below(3) : -1,
      cases: isChoice ? Array.from({ length: random.between(14, 24) }, () => random.between(1, 1000)) : [],
      cold: random.chance(1, 3) ? random.below(4) : -1,
    });
  }
  return {
    languages: Array.from({ length: files }, () => random.pick(languages)),
    inArchive: Array.from({ length: files }, () => random.chance(1, 3)),
    funcs,
    // gcc takes the value of a weak constant for known.
    data: data.map((each) => ({ ...each, weakIn: each.weakIn === each.file || each.constant ? -1 : each.weakIn })),
    tables,
    tentative,
    argument: random.between(0, 1 << 30),
  };
}

const u64 = (value: bigint): bigint => BigInt.asUintN(64, value);

/** What the static function of each file, whose name they share, mixes in, and what their static variables hold. */
const key = (file: number): number => 77 * (file + 1);
const own = (file: number): number => 1000 * (file + 1);

/** The word of a tentative array that the main program writes, and what it writes. */
const words = (sizes: readonly number[]): number => Math.max(...sizes);
const written = (number: number): number => 5_000_000 + number;

/** What the main program does first, in assembly. */
export function beginning({ tentative }: Program): string {
  return tentative
    .map((sizes, number) => {
      const at = 8 * (words(sizes) - 1);
      return `.comm c${number}, 8, 8\n ldimm64 r2, c${number}\n mov r3, ${written(number)}\n stxdw [r2+${at}], r3\n`;
    })
    .join("");
}

/** The byte of a text that functions add. */
const textByte = (text: number): number => texts[text]!.charCodeAt(1);

/** The word of tentative array `number` that file `file` sees and reads: its last. */
function tentativeWord({ tentative }: Program, number: number, file: number): bigint {
  const sizes = tentative[number];
  if (sizes === undefined) return 0n;
  return sizes[file] === words(sizes) ? BigInt(written(number)) : 0n;
}

/** What a choice adds: case n multiplies by its number or adds it; other arguments give 5. */
function chosen(cases: readonly number[], x: bigint): bigint {
  if (cases.length === 0) return 0n;
  const at = Number(x % BigInt(cases.length + 3));
  const number = cases[at];
  if (number === undefined) return 5n;
  return at % 2 === 0 ? x * BigInt(number) : x + BigInt(number);
}

/** The reference: what a function of the source returns for `x`. */
export function evaluate(program: Program, number: number, x: bigint): bigint {
  const { factor, offset, callee, how, data, file, cases, cold, weak, weakIn, text, tentative } =
    program.funcs[number]!;
  const order = linkOrder(program);
  if (weak && weakIn >= 0 && order.indexOf(weakIn) < order.indexOf(file)) return 12345n;
  let inner = x * BigInt(factor);
  if (callee >= 0 && how !== "table") inner = evaluate(program, callee, u64(x + BigInt(offset)));
  else if (callee >= 0) {
    const argument = u64(x + BigInt(offset));
    const table = program.tables[callee]!;
    const entry = table.entries[Number(argument & 3n)]!;
    inner = entry < 0 ? argument ^ BigInt(key(table.file)) : evaluate(program, entry, argument);
  }
  const helped = x ^ BigInt(key(file));
  const extra = Number(x & 3n) === cold ? 1000n : 0n;
  const held = BigInt(own(file)) + tentativeWord(program, tentative, file) + BigInt(text < 0 ? 0 : textByte(text));
  return u64(inner + BigInt(program.data[data]!.value) + helped + held + chosen(cases, x) + extra);
}

/** File `file` of the program in our assembly. */
export function assembly(program: Program, file: number): string {
  const lines = [".text", "help:", " mov r0, r1", ` xor r0, ${key(file)}`, " exit"];
  lines.push(".data", ".balign 8", " .quad 1", "own:", ` .quad ${own(file)}`);
  lines.push('.section .rodata.str1.1,"aMS",@progbits,1', ...texts.map((text, i) => `.Ltext${i}: .asciz "${text}"`));
  program.tentative.forEach((sizes, number) => lines.push(`.comm c${number}, ${8 * sizes[file]!}, 8`));
  const define = (name: string, binding: string, body: readonly string[]): void => {
    lines.push(
      `.${binding} ${name}`,
      `.type ${name}, @function`,
      `${name}:`,
      ...body,
      " exit",
      `.size ${name}, . - ${name}`,
    );
  };
  for (const func of program.funcs) {
    const { number, weakIn, file: home, cold } = func;
    lines.push(".text");
    if (weakIn === file) define(`f${number}`, "weak", [" mov r0, 12345"]);
    if (home !== file) continue;
    // What two sections share stands in neighbours of their own.
    if (cold >= 0) lines.push(`.section .text.f${number},"ax",@progbits`);
    define(`f${number}`, func.weak ? "weak" : "globl", body(program, func));
    if (func.hidden) lines.push(`.hidden f${number}`);
    if (cold < 0) continue;
    lines.push(
      `.section .text.f${number}.cold,"ax",@progbits`,
      `.Lcold${number}:`,
      " add r0, 1000",
      ` ja .Lwarm${number}`,
    );
  }
  program.data.forEach(({ file: home, value, constant, weakIn }, number) => {
    if (home === file) lines.push(...datum(`d${number}`, constant, [`${value}`]));
    if (weakIn === file) lines.push(...datum(`d${number}`, constant, ["54321"], "weak"));
  });
  program.tables.forEach(({ file: home, constant, entries }, number) => {
    const names = entries.map((entry) => (entry < 0 ? "help" : `f${entry}`));
    if (home === file) lines.push(...datum(`t${number}`, constant, names));
  });
  return `${lines.join("\n")}\n`;
}

function datum(name: string, constant: boolean, words: readonly string[], binding = "globl"): string[] {
  const section = constant ? '.section .rodata,"a",@progbits' : ".data";
  const head = [section, `.${binding} ${name}`, `.type ${name}, @object`, ".balign 8", `${name}:`];
  return [...head, ` .quad ${words.join(", ")}`, `.size ${name}, ${8 * words.length}`];
}

/** A function's instructions: r6 is its argument, r7 the sum so far. */
function body(program: Program, func: Func): string[] {
  const { number, file, factor, offset, callee, how, data, cases, cold, text, absent, tentative } = func;
  const lines = [" mov r6, r1", " mov r7, r6", ` mul r7, ${factor}`];
  if (callee >= 0) {
    lines.push(" mov r1, r6", ` add r1, ${offset}`);
    if (how === "name") lines.push(` call f${callee}`);
    else if (how === "address") lines.push(` ldimm64 r2, f${callee}`, " callx r2");
    else {
      lines.push(" mov r2, r1", " and r2, 3", " lsh r2, 3", ` ldimm64 r3, t${callee}`, " add r3, r2");
      lines.push(" ldxdw r3, [r3+0]", " callx r3");
    }
    lines.push(" mov r7, r0");
  }
  lines.push(" mov r1, r6", " call help", " add r0, r7");
  lines.push(` ldimm64 r1, d${data}`, " ldxdw r1, [r1+0]", " add r0, r1");
  lines.push(" ldimm64 r1, own", " ldxdw r1, [r1+0]", " add r0, r1");
  if (text >= 0) lines.push(` ldimm64 r1, .Ltext${text}`, " ldxb r1, [r1+1]", " add r0, r1");
  const sizes = program.tentative[tentative];
  if (sizes !== undefined) {
    lines.push(` ldimm64 r1, c${tentative}`, ` ldxdw r1, [r1+${8 * (sizes[file]! - 1)}]`, " add r0, r1");
  }
  if (absent) {
    lines.push(".weak absent", " mov r7, r0", " ldimm64 r1, absent", ` jeq r1, 0, .Labsent${number}`, " mov r1, r6");
    lines.push(" call absent", " add r7, r0", `.Labsent${number}:`, " mov r0, r7");
  }
  if (cases.length > 0) {
    const label = (at: number): string => `.Lcase${number}_${at}`;
    lines.push(" mov r1, r6", ` mod r1, ${cases.length + 3}`, ` jge r1, ${cases.length}, .Lother${number}`);
    lines.push(" lsh r1, 3", ` ldimm64 r2, jt${number}`, " add r2, r1", " ldxdw r2, [r2+0]", " gotox r2");
    cases.forEach((each, at) => {
      lines.push(`${label(at)}:`, " mov r1, r6", ` ${at % 2 === 0 ? "mul" : "add"} r1, ${each}`, ` ja .Ldone${number}`);
    });
    lines.push(`.Lother${number}:`, " mov r1, 5", `.Ldone${number}:`, " add r0, r1");
    const home = cold < 0 ? ".text" : `.text.f${number}`;
    const words = cases.map((_, at) => `${label(at)} - ${home}`);
    lines.push('.pushsection .jumptables,"",@progbits', `.type jt${number}, @object`, `jt${number}:`);
    lines.push(` .quad ${words.join(", ")}`, `.size jt${number}, ${8 * words.length}`, ".popsection");
  }
  if (cold >= 0) lines.push(" and r6, 3", ` jeq r6, ${cold}, .Lcold${number}`, `.Lwarm${number}:`);
  return lines;
}

/** File `file` of the program in C. */
export function c(program: Program, file: number): string {
  const noinline = "__attribute__((noinline))";
  const lines = ["typedef unsigned long u64;"];
  const hide = (name: string): string => `asm volatile("" : "+r"(${name}));`;
  program.funcs.forEach(({ number }) => lines.push(`u64 f${number}(u64 x);`));
  lines.push(
    `static volatile u64 own_first = 1, own = ${own(file)};`,
    "extern __attribute__((weak)) u64 absent(u64 x);",
  );
  program.tentative.forEach((sizes, number) => lines.push(`u64 c${number}[${sizes[file]}];`));
  program.data.forEach(({ file: home, value, constant, weakIn }, number) => {
    const declared = `${constant ? "const " : ""}u64 d${number}`;
    lines.push(`extern ${declared};`);
    if (home === file) lines.push(`${declared} = ${value};`);
    if (weakIn === file) lines.push(`__attribute__((weak)) ${declared} = 54321;`);
  });
  lines.push(`static ${noinline} u64 help(u64 x) { asm volatile(""); return x ^ ${key(file)}; }`);
  program.tables.forEach(({ file: home, constant, entries }, number) => {
    const declared = `u64 (*${constant ? "const " : ""}t${number}[4])(u64)`;
    const names = entries.map((entry) => (entry < 0 ? "help" : `f${entry}`));
    lines.push(`extern ${declared};`);
    if (home === file) lines.push(`${declared} = {${names.join(", ")}};`);
  });
  for (const func of program.funcs) {
    const { number, factor, offset, callee, how, data, weakIn, file: home, cases, cold, weak, hidden } = func;
    const { text, absent, tentative } = func;
    if (weakIn === file)
      lines.push(`__attribute__((weak)) ${noinline} u64 f${number}(u64 x) { asm volatile(""); return 12345; }`);
    if (home !== file) continue;
    const attributes = `${weak ? "__attribute__((weak)) " : ""}${hidden ? '__attribute__((visibility("hidden"))) ' : ""}`;
    lines.push(
      `${attributes}${noinline} u64 f${number}(u64 x) {`,
      ` asm volatile(""); u64 y, z = x + ${offset}, w = 0;`,
    );
    if (callee < 0) lines.push(` y = x * ${factor};`);
    else if (how === "name") lines.push(` y = f${callee}(z);`);
    else if (how === "address") lines.push(` u64 (*p)(u64) = f${callee}; ${hide("p")} y = p(z);`);
    else lines.push(` y = t${callee}[z & 3](z);`);
    if (cases.length > 0) {
      lines.push(` w = x; switch (x % ${cases.length + 3}) {`);
      cases.forEach((each, at) =>
        lines.push(`  case ${at}: w ${at % 2 === 0 ? "*" : "+"}= ${each}; ${hide("w")} break;`),
      );
      lines.push("  default: w = 5; }");
    }
    const sizes = program.tentative[tentative];
    if (sizes !== undefined) lines.push(` y += ((volatile u64 *)c${tentative})[${sizes[file]! - 1}];`);
    if (text >= 0) lines.push(` { const char *s = "${texts[text]}"; ${hide("s")} y += s[1]; }`);
    if (absent) lines.push(" if (absent) y += absent(x);");
    const rest = cold < 0 ? "" : ` + ((x & 3) == ${cold} ? 1000 : 0)`;
    lines.push(` (void)own_first; return y + help(x) + own + d${data} + w${rest};`, "}");
  }
  return `${lines.join("\n")}\n`;
}
