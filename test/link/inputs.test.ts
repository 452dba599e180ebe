import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { link, type LinkInput, type LinkOptions } from "../../src/link/index.js";
import { imageOf, readObject, writeObject } from "../../src/object/index.js";
import { readArchive, writeArchive } from "../../src/elf/index.js";
import { createVm } from "../../src/vm/index.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";
import { workshop } from "../support/cli.js";
import { archive, fn, main, object } from "./objects.js";

/** The result of `main` and the defined globals of the link. */
function linked(inputs: readonly LinkInput[], options: LinkOptions = {}): { r0: bigint; names: string[] } {
  const { object: made, diagnostics } = link(inputs, options);
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  const done = createVm(imageOf(made!)).run("main");
  if (done.kind === "fault") throw new Error(done.diagnostic.message);
  const names = made!.symbols.filter(({ binding }) => binding !== "local").map(({ name }) => name);
  return { r0: done.r0, names: names.toSorted() };
}

const codes = (inputs: readonly LinkInput[], options: LinkOptions = {}): string[] =>
  link(inputs, options).diagnostics.map(({ code }) => code);

const returns = (name: string, value: number, head?: string) =>
  object(fn(name, ` mov r0, ${value}`, head), `${name}.o`);
const calls = (name: string, callee: string) => object(fn(name, ` call ${callee}\n add r0, 1`), `${name}.o`);

test("an archive gives the members that are needed, and those that they need", () => {
  const lib = archive("lib.a", { "b.o": calls("b", "c"), "x.o": returns("x", 9), "c.o": returns("c", 5) });
  expect(linked([object(main(" call b")), lib])).toEqual({ r0: 6n, names: ["b", "c", "main"] });
});

test("where a name is undefined, an input without symbols is told", () => {
  const stripped = { ...returns("f", 1), symbols: [], file: "stripped.o" };
  const notesOf = (inputs: readonly LinkInput[]): string[] =>
    link(inputs).diagnostics.flatMap(({ notes }) => notes.map(({ message }) => message));
  const note = "stripped.o has no symbols: if it was stripped of them, link the file from before";
  expect(notesOf([object(main(" call f")), stripped])).toContain(note);
  expect(notesOf([object(main(" call f")), returns("g", 1)])).not.toContain(note);
});

test("an archive as it was read is an input; a member of a thin one needs its file", () => {
  const members = [returns("b", 5), returns("x", 9)].map((each) => ({ name: each.file, data: writeObject(each) }));
  const input = (thin: boolean): LinkInput => ({
    ...readArchive(writeArchive(members, { thin })),
    kind: "archive",
    file: "lib.a",
  });
  expect(linked([object(main(" call b")), input(false)])).toEqual({ r0: 5n, names: ["b", "main"] });
  expect(linked([object(main("")), input(true)]).names).toEqual(["main"]);
  expect(() => link([object(main(" call b")), input(true)])).toThrow(
    "lib.a(b.o) is needed, but the archive is thin, and the member's file was not read",
  );
});

test("an archive before what needs it gives nothing; a whole one gives all", () => {
  const lib = (whole: boolean) => archive("lib.a", { "b.o": returns("b", 1), "x.o": returns("x", 9) }, whole);
  expect(codes([lib(false), object(main(" call b"))])).toEqual(["link-undefined"]);
  expect(linked([lib(true), object(main(" call b"))]).names).toEqual(["b", "main", "x"]);
});

test("archives that need each other are found in a group, and only there", () => {
  const one = archive("1.a", { "b.o": calls("b", "c"), "d.o": returns("d", 4) });
  const two = archive("2.a", { "c.o": calls("c", "d") });
  expect(codes([object(main(" call b")), one, two])).toEqual(["link-undefined"]);
  expect(linked([object(main(" call b")), { kind: "group", inputs: [one, two] }]).r0).toBe(6n);
});

test("a weak reference and a tentative definition in the index take no member; a strong definition does", () => {
  const weakly = object(`.weak b\n${main(" mov r0, 3\n ldimm64 r1, b")}`);
  const lib = archive("lib.a", { "b.o": returns("b", 1) });
  expect(linked([weakly, lib]).names).toEqual(["main"]);
  const common = object(`.comm v, 8, 8\n${main(" ldimm64 r1, v\n ldxdw r0, [r1+0]")}`);
  const data = archive("lib.a", {
    "c.o": object(".comm v, 16, 8\n", "c.o"),
    "v.o": object(".data\n.globl v\nv:\n .quad 77\n", "v.o"),
  });
  expect(linked([common, data]).r0).toBe(77n);
});

test("an index that names members that do not define the symbol is not believed", () => {
  const lib = archive("lib.a", { "b.o": returns("b", 1) });
  const symbols = [
    { name: "c", member: 0 },
    { name: "c", member: 7 },
  ];
  expect(codes([object(main(" call c")), { ...lib, symbols }])).toEqual(["link-undefined"]);
});

test("--undefined and --require-defined take members; what is required must be there", () => {
  const lib = archive("lib.a", { "b.o": returns("b", 1) });
  const inputs = [object(main(" mov r0, 1")), lib];
  expect(linked(inputs, { undefined: ["b"] }).names).toEqual(["b", "main"]);
  expect(linked(inputs, { requireDefined: ["b"] }).names).toEqual(["b", "main"]);
  expect(codes(inputs, { requireDefined: ["c"], entry: "main" })).toEqual(["link-required"]);
});

test("--wrap: references go to the wrapper, and the wrapper to the real one", () => {
  const wrapper = object(fn("__wrap_b", " call __real_b\n mul r0, 10"), "wrap.o");
  expect(linked([object(main(" call b")), wrapper, returns("b", 4)], { wrap: ["b"] }).r0).toBe(40n);
});

test("--rename and --prefix-symbols: two objects with one name each keep their own", () => {
  const inputs = [
    object(main(" call b\n mov r6, r0\n call c\n add r0, r6")),
    returns("b", 4),
    calls("c", "d"),
    returns("d", 1),
  ];
  expect(linked(inputs, { rename: [{ from: "b", to: "other" }] }).names).toEqual(["c", "d", "main", "other"]);
  const clash = [
    object(main(" call one_f\n mov r6, r0\n call f\n add r0, r6")),
    object(fn("f", " mov r0, 1"), "1.o"),
    object(fn("f", " mov r0, 20"), "2.o"),
  ];
  expect(linked(clash, { prefixSymbols: [{ file: "1.o", prefix: "one_" }] }).r0).toBe(21n);
  const prefixed = link(inputs, { prefixSymbols: [{ prefix: "p_" }] }).object!.symbols;
  const global = prefixed.filter(({ binding }) => binding === "global");
  expect(global.map(({ name }) => name)).toEqual(["p_main", "p_b", "p_c", "p_d"]);
});

test("--defsym: numbers, other symbols, and what replaces a definition", () => {
  const user = object(main(" ldimm64 r0, number"));
  expect(linked([user], { defsym: [{ name: "number", value: 0x1_0000_0001n }] }).r0).toBe(0x1_0000_0001n);
  const alias = [object(main(" call alias")), returns("b", 4)];
  expect(linked(alias, { defsym: [{ name: "alias", base: "b", value: 0n }] }).r0).toBe(4n);
  expect(codes(alias, { defsym: [{ name: "alias", base: "bb", value: 0n }] })).toContain("link-defsym");
  // Names that no input has, and names of such names.
  const chain = [
    { name: "one", base: "b", value: 0n },
    { name: "two", base: "one", value: 0n },
  ];
  expect(linked(alias, { defsym: [...chain, { name: "alias", base: "two", value: 0n }] })).toMatchObject({
    r0: 4n,
    names: expect.arrayContaining(["one", "two"]) as string[],
  });
});

test("what is called must be code: an error of the link, not of the loader", () => {
  const variable = object(".data\n.globl d\n.type d,@object\nd: .8byte 1\n.size d, 8\n", "d.o");
  const inputs = [object(main(" call f"), "m.o"), variable, returns("b", 4)];
  const problems: readonly (readonly [string | undefined, bigint, string])[] = [
    ["d", 0n, "stands in section .data, which is no code"],
    [undefined, 4n, "is the number 4"],
    ["b", 4n, "no instruction starts at byte 4 of its section"],
  ];
  for (const [base, value, problem] of problems) {
    for (const relocatable of [true, false]) {
      const { diagnostics } = link(inputs, { relocatable, defsym: [{ name: "f", base, value }] });
      expect(diagnostics).toMatchObject([
        {
          code: "link-no-code",
          message: `f is called or jumped to, but ${problem}`,
          place: { file: "m.o", section: "socket", offset: 0 },
        },
      ]);
    }
  }
  // The same by name, and behind a section's symbol.
  const named = object(fn("g", " call d").replace(".globl", ".weak"), "n.o");
  expect(codes([object(main(" call g")), named, variable])).toEqual(["link-no-code"]);
  expect(codes([object(`${main(" call v")}.data\n .8byte 0\nv: .8byte 1\n`)])).toEqual(["link-no-code"]);
});

test("a --defsym at a distance is a label: it has no size of its own", () => {
  const { object: made } = link([object(main(" call b")), returns("b", 4)], {
    defsym: [{ name: "label", base: "b", value: 8n }],
  });
  const { name, size, type, home } = made!.symbols.find((each) => each.name === "label")!;
  expect({ name, size, type, home }).toEqual({
    name: "label",
    size: 0,
    type: "notype",
    home: { kind: "section", section: 1, offset: 8 },
  });
});

test("--localize of a program is done, and warned of at its place", () => {
  const inputs = [object(main(" call b"), "m.o"), returns("b", 4)];
  const { object: made, diagnostics } = link(inputs, { localize: ["*"] });
  expect(diagnostics).toMatchObject([
    { code: "link-local-program", severity: "warning", place: { file: "m.o", section: "socket", offset: 0 } },
  ]);
  expect(made!.symbols.filter(({ binding }) => binding !== "local")).toEqual([]);
  // --export keeps what loaders look for.
  expect(link(inputs, { localize: ["b"], exports: ["nothing"] }).diagnostics).toEqual([]);
});

test("--localize, --export and --retain-symbols-file decide what stays visible", () => {
  const inputs = [object(main(" call b")), calls("b", "c"), returns("c", 5)];
  expect(linked(inputs, { localize: ["c*"] })).toEqual({ r0: 6n, names: ["b", "main"] });
  expect(linked(inputs, { exports: ["?"] }).names).toEqual(["b", "c", "main"]);
  expect(linked(inputs, { exports: ["b"] }).names).toEqual(["b", "main"]);
  const data = object(".data\n.globl one\n.type one,@object\none: .8byte 1\n.globl two\ntwo: .8byte 2\n", "data.o");
  // Loaders find functions by their symbols.
  expect(linked([...inputs, data], { retainSymbols: ["o*"] }).names).toEqual(["b", "c", "main", "one"]);
});

const mcMissing = toolMissing("llvm-mc-22");

test.skipIf(mcMissing !== "")(`later copies of a comdat group go, with all that is in them${mcMissing}`, () => {
  const group = (value: number, file: string) => {
    const text = `.section .text.g,"axG",@progbits,g,comdat\n.weak g\n.type g,@function\ng:\n r1 = d ll\n r0 = *(u64 *)(r1 + 0)\n exit\n.section .data.g,"awG",@progbits,g,comdat\nd:\n .quad ${value}\n`;
    return inScratchFolder((folder) => {
      const path = join(folder, file);
      expect(runTool("llvm-mc-22", ["-triple", "bpfel", "-filetype=obj", "-o", path], text).stderr).toBe("");
      return readObject(new Uint8Array(readFileSync(path)), { file });
    });
  };
  const { object: made } = link([object(main(" call g")), group(1, "1.o"), group(2, "2.o")]);
  expect(made!.sections.find(({ name }) => name === ".data.g")!.size).toBe(8);
  const done = createVm(imageOf(made!)).run("main");
  expect(done.kind === "fault" ? done.diagnostic.message : done.r0).toBe(1n);
});

test("of many undefined names the first are compared with the defined ones, not all", () => {
  const many = Array.from({ length: 3000 }, (_, i) => ` call some_functiom_${i}`).join("\n");
  const symbols = Array.from({ length: 3000 }, (_, i) => fn(`some_function_${i}`, " mov r0, 1")).join("");
  const { diagnostics } = link([object(main(many)), object(symbols, "b.o")]);
  expect(diagnostics).toHaveLength(3000);
  const isGuess = diagnostics.map(({ help = "" }) => /did you mean some_function_\d+\?/.test(help));
  const guesses = isGuess.lastIndexOf(true) + 1;
  // Comparing all with all would be nine million comparisons.
  expect(guesses).toBeGreaterThan(5);
  expect(guesses).toBeLessThan(100);
  expect(isGuess.indexOf(false)).toBe(guesses);
});

const { ok, bpfkit, write } = workshop();

test("names that options make are not renamed again", () => {
  const user = object(`.comm v, 8, 8\n${main(" ldimm64 r1, v\n ldxdw r0, [r1+0]")}`);
  const named = link([user], {
    prefixSymbols: [{ prefix: "p_" }],
    defsym: [{ name: "d", base: undefined, value: 5n }],
  });
  expect(named.diagnostics).toEqual([]);
  const homes = named.object!.symbols.map(({ name, home }) => `${name} ${home.kind}`);
  expect(homes).toContain("d absolute");
  expect(homes).toContain("p_v section");
  expect(homes.filter((each) => each.startsWith("p_p_"))).toEqual([]);
});

test("the command takes libraries, groups and files of arguments in their order", () => {
  write("main.o", writeObject(object(main(" call b"), "main.o")));
  const lib = (each: ReturnType<typeof returns>) => writeArchive([{ name: each.file, data: writeObject(each) }]);
  write("libone.a", lib(calls("b", "c")));
  write("libtwo.a", lib(returns("c", 5)));
  ok(["ld", "main.o", "-L.", "-lone", "-l", "two", "-o", "out.o"]);
  ok(["ld", "main.o", "-L", ".", "--start-group", "-ltwo", "-lone", "--end-group", "-o", "group.o"]);
  write("list", "main.o -L. --whole-archive libtwo.a --no-whole-archive -lone -o listed.o");
  ok(["ld", "@list"]);
  expect(ok(["run", "listed.o"]).stdout).toContain("6");
  expect(bpfkit(["ld", "-L.", "-ltwo", "-lone", "main.o"]).stderr).toContain("b is undefined");
  expect(bpfkit(["ld", "main.o", "-lthree"]).stderr).toContain("link-library");
  expect(bpfkit(["ld", "main.o", "--start-group"]).stderr).toContain("link-group");
  expect(bpfkit(["ld", "main.o", "--defsym", "x"]).status).toBe(2);
});

test("an undefined name in an object with DWARF and without types is told at its source line", () => {
  write("line.s", '.section socket,"ax"\n.globl main\nmain:\n.file 1 "line.s"\n.loc 1 6\n call nobody\n exit\n');
  ok(["as", "line.s", "-o", "line.o"]);
  const { stderr } = bpfkit(["ld", "line.o", "-o", "none.o"]);
  expect(stderr).toContain("line.s:6:2: error: nobody is undefined [link-undefined]\n    6 |  call nobody\n      |  ^");
  expect(stderr).toContain("in main, instruction 0 of section socket (line.s:6)");
});

test("a name that a member left outside defines is told with the member", () => {
  const one = archive("one.a", { "a.o": object(fn("a", " call b")), "c.o": object(fn("c", " mov r0, 4")) });
  const two = archive("two.a", { "b.o": object(fn("b", " call c")) });
  const [diagnostic] = link([object(main(" call a")), one, two]).diagnostics;
  expect(diagnostic).toMatchObject({
    code: "link-undefined",
    message: "c is undefined",
    help: "one.a(c.o) defines it: archives stand behind what needs them, or between --start-group and --end-group",
  });
  expect(linked([object(main(" call a")), { kind: "group", inputs: [one, two] }]).r0).toBe(4n);
});

test("names of one letter are nobody's misspelling, and nothing is said to be declared without types", () => {
  const [diagnostic] = link([object(main(" call a") + fn("b", ""))]).diagnostics;
  expect(diagnostic!.help).toBe("give the object that defines it");
  expect(diagnostic!.notes.map(({ message }) => message)).toEqual(["in main, instruction 0 of section socket"]);
});

test("the output is none of the inputs", () => {
  write("main.o", writeObject(object(main(" mov r0, 0"))));
  const { status, stderr } = bpfkit(["ld", "main.o", "-o", "./main.o"]);
  expect(stderr).toContain("the output ./main.o is an input, too");
  expect(status).toBe(2);
});
