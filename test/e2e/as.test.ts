/** `bpfkit as`: included files, symbols and warnings from the command line. */
import { expect, test } from "vitest";
import { chmodSync, mkdirSync } from "node:fs";
import { root, workshop } from "../support/cli.js";
import { runTool, toolMissing } from "../support/tools.js";

const shop = workshop();
shop.write("main.s", '.include "one.inc"\n.data\n.incbin "data.bin", 1\n');
shop.write("one.inc", '.text\n.include "two.inc"\nexit\n');
shop.write("self.s", '.include "self.s"\n');

test("files are looked for, and an error tells the way to it", () => {
  shop.write("data.bin", "abc");
  const missing = shop.bpfkit(["as", "main.s"]);
  expect(missing.status).toBe(1);
  expect(missing.stderr).toContain(
    "one.inc:2:10: error: cannot read two.inc: there is no such file or folder [asm-file]",
  );
  expect(missing.stderr).toContain("main.s:1:1: note: included from here");
  expect(shop.has("a.out")).toBe(false);
  shop.write("two.inc", "mov r0, 2\n");
  shop.ok(["as", "-I", "nowhere", "-Ielsewhere", "main.s", "-o", "main.o"]);
  expect(shop.ok(["objdump", "-d", "main.o"]).stdout).toContain("r0 = 2");
});

test("an include that never ends, a folder, a device", () => {
  const { status, stderr } = shop.bpfkit(["as", "self.s"]);
  expect(status).toBe(1);
  expect(stderr.split("\n")[0]).toBe(
    "self.s:1:1: error: more than 64 included files in one another [asm-include-depth]",
  );
  expect(shop.bpfkit(["as", "-"], '.include "."\n').stderr).toContain("cannot read .: it is a folder");
  if (process.platform !== "linux") return;
  expect(shop.bpfkit(["as", "-"], '.incbin "/dev/zero"\n').stderr).toContain("it is no regular file");
});

test("-D and --defsym define symbols", () => {
  const text = ".ifdef A\n.byte A, B\n.endif\n.byte -C\n";
  shop.ok(["as", "-", "-D", "A", "-DB=0x10", "--defsym", "C=-3", "-o", "d.o"], `.data\n${text}`);
  expect(shop.ok(["nm", "d.o"]).stdout).toMatch(/0+1 a A\n0+10 a B\nf+d a C/);
  const wrong = shop.bpfkit(["as", "-", "-D", "A=x"]);
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain("-D A=x is not NAME or NAME=NUMBER");
});

test("warnings are given, left out by code or all, or made errors", () => {
  const run = (...args: readonly string[]): [number, string] => {
    const { status, stderr } = shop.bpfkit(["as", "-", "-o", "w.o", ...args], '.warning "old"\nexit\n');
    return [status, stderr.split("\n")[0]!];
  };
  expect(run()).toEqual([0, "<stdin>:1:1: warning: old [asm-said-warning]"]);
  for (const quiet of [
    ["-W"],
    ["--no-warn"],
    ["-Wno-asm-said-warning"],
    ["--silence", "asm-said-warning", "-Werror"],
  ]) {
    expect(run(...quiet)).toEqual([0, ""]);
  }
  for (const strict of ["-Werror", "--fatal-warnings"]) {
    expect(run(strict)).toEqual([1, "<stdin>:1:1: error: old [asm-said-warning]"]);
  }
  expect(run("-Wno-asm-sad-warning")[0]).toBe(2);
  expect(shop.bpfkit(["as", "-", "-Wno-asm-sad-warning"]).stderr).toContain("did you mean `asm-said-warning`?");
});

test("--json prints diagnostics with the way to them as data", () => {
  const { stdout, status } = shop.bpfkit(["as", "-", "--json"], ".macro m\nbad_one\n.endm\nm\n");
  expect(status).toBe(1);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: unknown };
  expect(diagnostics).toMatchObject([
    {
      code: "asm-instruction",
      severity: "error",
      place: { kind: "text", file: "<stdin>", line: 2, column: 1, length: 7, source: "bad_one" },
      notes: [{ message: "in the expansion of macro `m`", place: { file: "<stdin>", line: 4, column: 1 } }],
    },
  ]);
});

test("-a lists lines, expansions and symbols, where it is told to", () => {
  const text = ".macro two\nmov r1, 1\nexit\n.endm\nf: two\n";
  const list = (...options: string[]): string => shop.ok(["as", "-", "-o", "l.o", ...options], text).stdout;
  const plain = list("-a");
  expect(plain).toContain("    5 0000 b701000001000000\n");
  expect(plain).toContain("<stdin>:5  .text:0000000000000000  f");
  expect(list("-alm")).toContain("    5 0008 9500000000000000  > exit\n");
  expect(list("--listing", "s")).not.toContain("b701");
  expect(list("-alm=out.lst")).toBe("");
  expect(new TextDecoder().decode(shop.read("out.lst"))).toBe(list("-alm"));
  expect(shop.bpfkit(["as", "-", "-al", "-o", "-"], text).stderr).toContain("name a file: -al=FILE");
  expect(shop.bpfkit(["as", "-", "-aq", "-o", "l.o"], text).status).toBe(2);
});

test("--MD writes a rule for make, -L keeps .L symbols, --statistics counts", () => {
  shop.write("dollar$ here.s", '.include "deep.inc"\n.incbin "deep.inc"\n');
  shop.write("deep.inc", ".Lx: exit\n");
  shop.ok(["as", "dollar$ here.s", "-L", "-o", "md.o", "--MD", "md.d"]);
  expect(new TextDecoder().decode(shop.read("md.d"))).toBe("md.o: \\\n dollar$$\\ here.s \\\n deep.inc\n");
  expect(shop.ok(["nm", "md.o"]).stdout).toContain(" t .Lx");
  const { stderr } = shop.bpfkit(["as", "-", "-o", "s.o", "--statistics"], "call f\nexit\n");
  expect(stderr).toMatch(/: 2 instructions, \d+ sections, 1 symbols, 1 relocations\n.* s, \d+ MB\n$/);
});

test("options that say what is so anyway, and llvm-mc's names of the machine", () => {
  const header = (...options: string[]): string => {
    shop.ok(["as", "-", "-o", "t.o", ...options], "exit\n");
    return shop.ok(["readelf", "-h", "t.o"]).stdout;
  };
  for (const big of [["-triple=bpfeb"], ["-triple", "bpfeb", "-filetype=obj"], ["--triple=bpfeb"]])
    expect(header(...big)).toContain("big endian");
  for (const little of [
    ["-triple=bpfel", "-mattr=+alu32"],
    ["-triple", "bpf"],
    ["-no-pad-sections", "--warn"],
  ])
    expect(header(...little)).toContain("little endian");
});

test("no output takes the place of a text that was read", () => {
  for (const args of [
    ["-o", "main.s"],
    ["-o", "./one.inc"],
    ["-o", "x.o", "--MD", "two.inc"],
    ["-o", "x.o", "-al=main.s"],
  ]) {
    const { status, stderr } = shop.bpfkit(["as", "main.s", ...args]);
    expect([status, stderr.split("\n")[0]]).toEqual([2, expect.stringContaining("would overwrite")]);
  }
  expect(shop.has("x.o")).toBe(false);
  expect(new TextDecoder().decode(shop.read("one.inc"))).toContain(".include");
});

const noGcc = toolMissing("bpf-gcc");

test.skipIf(noGcc !== "")(`bpf-gcc takes it for its assembler${noGcc}`, () => {
  mkdirSync(shop.path("tools"));
  shop.write("tools/as", `#!/bin/sh\nexec "${process.execPath}" "${root}bin/bpfkit" as "$@"\n`);
  chmodSync(shop.path("tools/as"), 0o755);
  shop.write("three.c", "int three(int a) { return a + 3; }\n");
  shop.write("three.S", "#define N 3\n\t.text\nthree:\tmov %r0, N\n\texit\n\tbogus %1\n");
  const gcc = (...args: readonly string[]): { status: number; stderr: string } =>
    runTool("bpf-gcc", ["-B", `${shop.path("tools")}/`, "-c", "-o", "three.o", ...args], undefined, shop.path("."));
  for (const args of [["-O2", "-g"], ["-mxbpf", "-w"], ["-mbig-endian"], ["-pipe", "-v"]]) {
    expect(gcc(...args, "three.c").status, args.join(" ")).toBe(0);
    expect(shop.ok(["nm", "three.o"]).stdout).toContain("T three");
  }
  expect(gcc("three.S").stderr).toContain("three.S:5:2: error: ");
});

test("levels are named as the peers name them; others are told", () => {
  for (const level of ["-mcpu=v2", "-misa-spec=v4", "-mcpu=generic", "-mcpu=probe", "-misa-spec=xbpf"])
    shop.ok(["as", level, "-", "-o", "-"], "exit\n");
  const { status, stderr } = shop.bpfkit(["as", "-mcpu=v9", "-"], "exit\n");
  expect([status, stderr]).toEqual([2, expect.stringContaining("v1, v2, v3, v4")]);
});
