import { expect, test } from "vitest";
import { writeObject } from "../../src/object/index.js";
import { workshop } from "../support/cli.js";
import { fn, main, object } from "./objects.js";

const { ok, bpfkit, write, read } = workshop();
const text = (name: string): string => new TextDecoder().decode(read(name));

test("--trace-symbol speaks of static symbols and of --defsym, too", () => {
  write("main.o", writeObject(object(main(" call b\n call other"), "main.s")));
  write("own.o", writeObject(object(fn("b", " mov r0, 1", ".local") + fn("c", " mov r0, 2"), "own.s")));
  write("b.o", writeObject(object(fn("b", " mov r0, 2"), "b.s")));
  const files = ["main.o", "own.o", "b.o", "-o", "out.o", "--defsym", "other=c"];
  const { status, stderr } = bpfkit(["ld", ...files, "-y", "b", "-y", "other", "-y", "nobody"]);
  expect(stderr.split("\n")).toEqual([
    "main.o refers to b",
    "own.o has a b of its own",
    "b.o defines b, and its definition counts",
    "main.o refers to other",
    "--defsym gives other the place of c",
    "no input speaks of nobody",
    "",
  ]);
  expect(status).toBe(0);
});

test("--why-live looks at every static symbol of the name, and at what is there without garbage collection", () => {
  const own = (used: boolean): string =>
    fn("h", " mov r0, 1", ".local") +
    fn(used ? "a" : "b", " call h") +
    '.section .rodata.str1.1,"aMS",@progbits,1\ns: .asciz "x"\n';
  write("main.o", writeObject(object(main(" call a\n ldimm64 r1, s"), "main.s")));
  write("one.o", writeObject(object(own(false), "one.s")));
  write("two.o", writeObject(object(`${own(true)}.globl s\n`, "two.s")));
  const files = ["main.o", "one.o", "two.o", "-o", "out.o", "--why-live", "h", "--why-live", "s"];
  expect(bpfkit(["ld", ...files, "--gc-sections"]).stderr.split("\n")).toEqual([
    "h (two.o)",
    "  is used by a (two.o, .text+0x10)",
    "  is used by main (main.o, socket+0x0)",
    "  which is kept: main is a program (section socket)",
    "s (two.o)",
    "  is used by main (main.o, socket+0x8)",
    "  which is kept: main is a program (section socket)",
    "",
  ]);
  const kept = (name: string, file: string): string => `${name} (${file}): nothing is dropped without --gc-sections`;
  expect(bpfkit(["ld", ...files]).stderr.split("\n")).toEqual([
    kept("h", "one.o"),
    kept("h", "two.o"),
    kept("s", "two.o"),
    kept("s", "one.o"),
    "",
  ]);
});

test("-Map, --map-json, --trace-symbol, --print-gc-sections and --why-live tell what the link did", () => {
  write("main.o", writeObject(object(main(" call a"), "main.s")));
  // Dropped without being garbage: in the map, not in the list.
  const debug = ["info", "line"].map((name) => `.section .debug_${name},"",@progbits\n .quad 1\n`).join("");
  write(
    "lib.o",
    writeObject(object(fn("a", " call b\n add r0, 1") + fn("b", " mov r0, 1", ".weak") + fn("c", "") + debug, "lib.s")),
  );
  write("b.o", writeObject(object(fn("b", " mov r0, 2"), "b.s")));
  const files = ["main.o", "lib.o", "b.o", "-o", "out.o", "--gc-sections"];
  const done = bpfkit([
    "ld",
    ...files,
    "-Map=map",
    "--map-json",
    "map.json",
    "-y",
    "b",
    "--why-live",
    "b",
    "--why-live",
    "c",
    "--print-gc-sections",
  ]);
  expect(done.status).toBe(0);
  expect(done.stderr.split("\n")).toEqual([
    "lib.o weakly defines b",
    "b.o defines b, and its definition counts",
    "b (b.o)",
    "  is used by a (lib.o, .text+0x0)",
    "  is used by main (main.o, socket+0x0)",
    "  which is kept: main is a program (section socket)",
    "c is not in the output",
    "dropped b (lib.o, .text): 16 bytes, nothing leads to it",
    "dropped c (lib.o, .text): 8 bytes, nothing leads to it",
    "",
  ]);
  expect(text("map")).toBe(`section / contribution / symbol              offset      size
socket                                          0x0      0x10  align 8
  main.o(socket)                                0x0      0x10
    main                                        0x0      0x10
.text                                           0x0      0x28  align 8
  lib.o(.text)                                  0x0      0x18
    a                                           0x0      0x18
  b.o(.text)                                   0x18      0x10
    b                                          0x18      0x10

defined more than once
  b: b.o wins over lib.o

dropped
  lib.o(.text) b: 16 bytes, nothing leads to it
  lib.o(.text) c: 8 bytes, nothing leads to it
  lib.o: 16 bytes, DWARF (2 sections)
`);
  const map = JSON.parse(text("map.json")) as { sections: { name: string }[]; dropped: { by: string }[] };
  expect(map.sections.map(({ name }) => name)).toEqual(["socket", ".text"]);
  expect(map.dropped.map(({ by }) => by)).toEqual(["gc", "gc", "rule", "rule"]);
  ok(["ld", "main.o", "lib.o", "-o", "-", "-Map", "other"]);
});
