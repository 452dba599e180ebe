import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { link, type LinkResult } from "../../src/link/index.js";
import { imageOf, writeObject, type ObjectFile } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";

function object(text: string, file = "a.o", endian: "little" | "big" = "little"): ObjectFile {
  const { object: made, diagnostics } = assemble(text, { file, endian, syntax: "plain" });
  if (made === undefined) throw new Error(diagnostics.map(({ message }) => message).join("\n"));
  return made;
}

const codes = ({ diagnostics }: LinkResult): string[] => diagnostics.map(({ code }) => code);

const main = (body: string): string =>
  `.section socket,"ax",@progbits\n.globl main\n.type main,@function\nmain:\n${body}\n exit\n`;
const fn = (name: string, body: string, head = ".globl"): string =>
  `.text\n${head} ${name}\n.type ${name},@function\n${name}:\n${body}\n exit\n.size ${name}, . - ${name}\n`;

function answer(...objects: ObjectFile[]): bigint {
  const linked = link(objects, { file: "linked.o" });
  expect(codes(linked)).toEqual([]);
  const done = createVm(imageOf(linked.object!)).run("main");
  if (done.kind === "fault") throw new Error(done.diagnostic.message);
  return done.r0;
}

test("calls both ways across objects, also to local functions behind a section symbol", () => {
  const a = object(main(" call twice") + fn("seven", " mov r0, 7"));
  const b = object(`.text\npad:\n exit\nhelp:\n call seven\n exit\n${fn("twice", " call help\n add r0, r0")}`, "b.o");
  expect(answer(a, b)).toBe(14n);
  expect(answer(b, a)).toBe(14n);
});

test("data of several objects: each reference finds its own, local or global", () => {
  const data = (name: string, value: number): string =>
    `.data\nlocal:\n .quad ${value}\n.globl ${name}\n${name}:\n .quad ${value * 10}\n`;
  const load = " ldimm64 r1, local\n ldxdw r0, [r1+0]\n";
  const a = object(
    `${main(`${load} mov r6, r0\n call other\n add r0, r6\n ldimm64 r1, gb\n ldxdw r1, [r1+0]\n add r0, r1`)}${data("ga", 1)}`,
  );
  const b = object(fn("other", load) + data("gb", 5), "b.o");
  expect(answer(a, b)).toBe(1n + 5n + 50n);
  expect(answer(b, a)).toBe(56n);
});

test("a strong definition beats a weak one, in either order; of two weak ones the first wins", () => {
  const caller = object(main(" call f"));
  const weak = (value: number): ObjectFile => object(fn("f", ` mov r0, ${value}`, ".weak"), `w${value}.o`);
  const strong = object(fn("f", " mov r0, 3"), "s.o");
  expect(answer(caller, weak(1), strong)).toBe(3n);
  expect(answer(caller, strong, weak(1))).toBe(3n);
  expect(answer(caller, weak(1), weak(2))).toBe(1n);
});

test("a map defined in another object is a map reference", () => {
  const maps = object('.section maps,"aw",@progbits\n.globl m\nm:\n .long 2\n .long 4\n .long 8\n .long 1\n', "maps.o");
  const user = object(
    main(
      " stw [r10-4], 0\n ldimm64 r1, m\n mov r2, r10\n add r2, -4\n call bpf_map_lookup_elem\n jeq r0, 0, 1f\n mov r0, 9\n1:",
    ),
  );
  expect(answer(user, maps)).toBe(9n);
  expect(answer(maps, user)).toBe(9n);
});

test("all errors of a link are reported, each at its place", () => {
  const a = object(`${main(" call nowhere\n call sevn\n call nowhere")}${fn("seven", " mov r0, 7")}`);
  const b = object(fn("seven", " mov r0, 8"), "b.o");
  const result = link([a, b]);
  expect(result.object).toBeUndefined();
  expect(codes(result)).toEqual(["link-duplicate", "link-undefined", "link-undefined", "link-undefined"]);
  expect(result.diagnostics[0]!.notes[0]!.message).toBe("first defined in a.o as a function");
  expect(result.diagnostics[2]).toMatchObject({
    message: "sevn is undefined",
    help: "did you mean seven?",
    place: { file: "a.o", section: "socket", offset: 8 },
  });
});

test("an undefined name that another object has as a static one is told so", () => {
  const own = object(fn("f", " mov r0, 1", ".local"), "own.o");
  const { diagnostics } = link([object(main(" call f"), "main.o"), own]);
  expect(diagnostics).toMatchObject([
    { code: "link-undefined", help: "own.o has a static one, which others do not see: make it global there" },
  ]);
});

test("-r keeps undefined names, and a second link resolves them", () => {
  const a = object(main(" call f"));
  const b = object(main("").replaceAll("main", "other"), "b.o");
  const half = link([a, b], { relocatable: true });
  expect(codes(half)).toEqual([]);
  expect(half.object!.symbols.find(({ name }) => name === "f")?.home.kind).toBe("undefined");
  expect(answer(half.object!, object(fn("f", " mov r0, 5"), "f.o"))).toBe(5n);
});

test("byte orders do not mix, licenses must agree, no input is an error", () => {
  const license = (text: string): string => `.section license,"aw",@progbits\n .asciz "${text}"\n`;
  expect(codes(link([object(main("")), object(fn("f", ""), "b.o", "big")]))).toEqual(["link-endian"]);
  const version = (number: number): string => `.section version,"aw",@progbits\n .4byte ${number}\n`;
  for (const endian of ["little", "big"] as const) {
    const first = object(main("") + license("GPL") + version(5), "a.o", endian);
    const { diagnostics } = link([first, object(license("MIT") + version(6), "b.o", endian)]);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      'section license is "MIT", but "GPL" in a.o',
      "section version is 6, but 5 in a.o",
    ]);
  }
  expect(codes(link([object(main("") + license("GPL")), object(license("MIT"), "b.o")]))).toEqual([
    "link-single-section",
  ]);
  expect(codes(link([object(main("") + license("GPL")), object(license("GPL"), "b.o")]))).toEqual([]);
  expect(codes(link([]))).toEqual(["link-no-input"]);
  const idle = { kind: "archive", file: "idle.a", members: [] } as const;
  expect(codes(link([idle]))).toEqual(["link-no-member"]);
});

test("two definitions are told with what to do; a file that stands twice is told as that", () => {
  const help = (files: readonly string[]): (string | undefined)[] =>
    link(files.map((file) => object(main(""), file))).diagnostics.map((each) => each.help);
  expect(help(["a.o", "b.o"])).toEqual(["remove one definition, make it local (static, in C), or mark one weak"]);
  expect(help(["a.o", "a.o"])).toEqual(["a.o stands twice among the inputs; give it once"]);
  expect(help(["<source>", "<source>"])).toEqual(help(["a.o", "b.o"]));
});

test("contributions are aligned, the gap is zero, and the same inputs give the same object", () => {
  const a = object(".data\n .byte 1\n");
  const b = object(".data\n .balign 8\n .globl x\nx:\n .quad 2\n", "b.o");
  const linked = link([a, b]).object!;
  expect(toHex(linked.sections.find(({ name }) => name === ".data")!.data)).toBe(
    `01${"00".repeat(7)}02${"00".repeat(7)}`,
  );
  expect(link([a, b]).object).toEqual(link([a, b]).object);
});

test("a global label inside a typed function is no function; in untyped code it is one", () => {
  const typed = object(`${main(" mov r0, 1\n.globl inner\ninner:\n add r0, 1")}`);
  expect(imageOf(typed).programs.map(({ name }) => name)).toEqual(["main"]);
  expect(answer(typed)).toBe(2n);
  const untyped = object('.section socket,"ax",@progbits\n.globl a\na:\n exit\n.globl b\nb:\n exit\n');
  expect(imageOf(untyped).programs.map(({ name }) => name)).toEqual(["a", "b"]);
});

/** Random call graphs over several objects: each function adds its number to what its callees give. */
test("random programs over several objects give what their source says", () => {
  const rounds = fuzzRounds(200);
  const { refused } = fuzz(rounds, (random) => {
    const count = random.between(2, 8);
    const files = Array.from({ length: random.between(1, 4) }, () => "");
    const value: bigint[] = [];
    // Callees have lower numbers, so there is no recursion; at most one call keeps the depth within eight frames.
    for (let i = 0; i < count; i++) {
      const callee = i > 0 && random.chance(2, 3) ? random.below(i) : -1;
      const number = random.between(1, 1000);
      value.push(BigInt(number) + (callee < 0 ? 0n : value[callee]!));
      const depth = callee < 0 ? " mov r0, 0" : ` call f${callee}`;
      const at = random.below(files.length);
      files[at] +=
        `.data\nd${i}:\n .quad ${number}\n${fn(`f${i}`, `${depth}\n ldimm64 r1, d${i}\n ldxdw r1, [r1+0]\n add r0, r1`)}`;
    }
    const last = count - 1;
    // f7 at the end of a chain would be the ninth frame under main: start at the seventh at most.
    const top = Math.min(last, 6);
    const objects = files.map((text, i) => object(text, `${i}.o`));
    objects.splice(random.below(objects.length + 1), 0, object(main(` call f${top}`), "main.o"));
    expect(answer(...objects)).toBe(value[top]);
  });
  expect(refused).toBe(0);
});

test("zeroed data of several objects takes no bytes, and each part its place", () => {
  const part = (name: string, size: number): ObjectFile =>
    object(`.comm ${name}_c, 8, 8\n.bss\n.globl ${name}\n${name}:\n .skip ${size}\n`, `${name}.o`);
  const { object: made } = link([object(main(" mov r0, 1")), part("a", 5), part("b", 16)]);
  const bss = made!.sections.find(({ name }) => name === ".bss")!;
  expect(bss).toMatchObject({ type: "nobits", size: 40 });
  expect(bss.data).toHaveLength(0);
  const places = made!.symbols.filter(({ binding, type }) => binding === "global" && type !== "func");
  const offsets = places.map(({ name, home }) => `${name} ${home.kind === "section" ? home.offset : "?"}`);
  expect(offsets.toSorted()).toEqual(["a 0", "a_c 24", "b 5", "b_c 32"]);
});

test("a section symbol of no section, as broken files have them, is a symbol like others", () => {
  const whole = object(".text\n.globl f\nf:\n ldimm64 r1, there\n exit\n.data\nthere: .quad 1\n");
  const symbols = whole.symbols.map((each) =>
    each.type === "section" || each.name === "there"
      ? ({ ...each, type: "section", home: { kind: "absolute", value: 8n } } as const)
      : each,
  );
  const { object: linked } = link([{ ...whole, symbols }], { relocatable: true });
  const text = linked!.sections.find(({ name }) => name === ".text")!;
  expect(text.relocations.map(({ symbol }) => linked!.symbols[symbol]?.home)).toEqual([
    { kind: "absolute", value: 8n },
  ]);
  expect(() => writeObject(linked!)).not.toThrow(TypeError);
});
