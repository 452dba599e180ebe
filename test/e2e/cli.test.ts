/** What every verb of the command owes its user: exit codes, help, advice, pipes, JSON, and no half-written files. */
import { spawnSync } from "node:child_process";
import { closeSync, existsSync, openSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, workshop, type CliResult } from "../support/cli.js";
import { buildDemo, demoFolder } from "../support/demo.js";
import { expectGolden } from "../support/golden.js";

const shop = workshop();
buildDemo(shop, "tunnel.o");
const xdp = "tunnel.o.xdp.o";
const verbs = ["as", "ld", "objdump", "readelf", "nm", "size", "ar", "objcopy", "strip", "btf", "run", "load"] as const;

/** A command that must fail: its exit code, nothing on standard output, words and no stack trace on standard error. */
function fails(status: 1 | 2, args: readonly string[], input?: string | Uint8Array): string {
  const result = shop.bpfkit(args, input);
  expect({ args, status: result.status, stdout: result.stdout }).toEqual({ args, status, stdout: "" });
  expectNoTrace(result);
  expect(result.stderr).toMatch(/error: \S/);
  return result.stderr;
}

function expectNoTrace({ stderr }: CliResult): void {
  expect(stderr).not.toMatch(/^\s+at .*:\d+|node:internal|Node\.js v|(Type|Range|Reference)Error|\[object Object\]/m);
}

test("--version", () => {
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  expect(shop.ok(["--version"]).stdout).toBe(`bpfkit ${version}\n`);
});

test("--help of the command and of every verb", () => {
  expectGolden("help.txt", shop.ok(["--help"]).stdout);
  for (const verb of verbs) {
    const help = shop.ok([verb, "--help"]).stdout;
    expectGolden(`help-${verb}.txt`, help);
    expect(shop.ok(["help", verb]).stdout).toBe(help);
    // There it means headers.
    if (verb !== "objdump" && verb !== "readelf") expect(shop.ok([verb, "-h"]).stdout).toBe(help);
  }
});

test("the command alone prints its help as a usage error", () => {
  const { status, stdout, stderr } = shop.bpfkit([]);
  expect({ status, stdout, stderr }).toEqual({ status: 2, stdout: "", stderr: shop.ok(["--help"]).stdout });
});

test("an unknown verb, option or choice is a usage error with a suggestion", () => {
  expect(fails(2, ["lod", "x.o"])).toBe("bpfkit: error: unknown command 'lod'\n(Did you mean one of ld, load?)\n");
  expect(fails(2, ["as", "x.s", "--outptu", "x.o"])).toMatch(/unknown option '--outptu'\n\(Did you mean --output\?\)/);
  expect(fails(2, ["as", "x.s", "--syntax", "gn"])).toMatch(/Allowed choices are auto, plain, gnu, pseudoc/);
  expect(fails(2, ["ld"])).toMatch(/missing required argument 'files'/);
  expect(fails(2, ["as", "a.s", "b.s"])).toMatch(/too many arguments for 'as'/);
  expect(fails(2, ["frobnicate"])).toMatch(/unknown command 'frobnicate'/);
});

test("options that contradict each other or ask for nothing are usage errors with advice", () => {
  const capture = join(demoFolder, "frames.pcap");
  for (const args of [
    ["as", "--EB", "--EL"],
    ["objdump", xdp],
    ["readelf", xdp],
    ["run", "tunnel.o", "--cpus", "0"],
    ["run", "tunnel.o", "--budget", "many"],
    ["run", "tunnel.o", "--memory", "0g"],
    ["run", "tunnel.o", "--memory", "00", "--packets", capture],
    ["run", "tunnel.o", "--out", "x.pcap"],
    ["load", "tunnel.o", "--out", "x.pcap"],
    ["run", "tunnel.o", "--packets", capture, "--out", "-"],
    ["load", "tunnel.o", "--packets", capture, "--out", "-"],
    ["as", "--json", "-o", "-"],
    ["ld", xdp, "--json", "-o", "-"],
    ["ld", xdp, "--compat", "libbpf", "--reloc-dialect", "gnu"],
    ["load", "tunnel.o", "--log-level", "8"],
    ["load", "tunnel.o", "--type", "xpd"],
  ]) {
    expect(fails(2, args)).toMatch(/\[cli-usage\]\n {6}= help: \S/);
  }
  expect(shop.has("x.pcap")).toBe(false);
});

test("a missing input is an input error that names the file and the reason", () => {
  for (const args of [
    ["as", "missing"],
    ["ld", "missing"],
    ["objdump", "-d", "missing"],
    ["readelf", "-a", "missing"],
    ["nm", "missing"],
    ["run", "missing"],
    ["load", "missing"],
    ["run", "tunnel.o", "--packets", "missing"],
  ]) {
    expect(fails(1, args)).toMatch(/cannot read missing: there is no such file or folder \[file-not-read\]/);
  }
  expect(fails(1, ["nm", "."])).toMatch(/cannot read \.: it is a folder/);
});

test("what is no object, or a broken one, is an input error with its place", () => {
  const half = shop.read(xdp).slice(0, 100);
  for (const verb of [["ld"], ["objdump", "-d"], ["readelf", "-a"], ["nm"], ["run"], ["load"]]) {
    expect(fails(1, [...verb, "-"], "no object")).toMatch(/^<stdin>.*\[(elf-not-elf|bytes-truncated)\]/);
    const broken = shop.bpfkit([...verb, "-"], half);
    expect(broken.status).toBe(1);
    expect(broken.stderr).toMatch(/^<stdin>.*\[[a-z-]+\]/);
    expectNoTrace(broken);
    expect(fails(1, [...verb, "-"], "")).toMatch(/^<stdin>.*\[[a-z-]+\]/);
  }
  expect(fails(1, ["objdump", "-d", "-j", "nowhere", xdp])).toMatch(/has no section nowhere \[cli-section\]/);
});

test("an output that cannot be written is an input error", () => {
  const text = join(demoFolder, "maps.s");
  expect(fails(1, ["as", text, "-o", "."])).toMatch(/cannot write \.: it is a folder \[file-not-written\]/);
  expect(fails(1, ["as", text, "-o", "nowhere/x.o"])).toMatch(/cannot write nowhere\/x\.o: there is no such/);
});

test("errors leave no output file, and an older one untouched", () => {
  shop.write("bad.s", "nonsense r1\n");
  shop.write("old.o", "as it was");
  const before = readdirSync(shop.folder).toSorted();
  fails(1, ["as", "bad.s", "-o", "bad.o"]);
  fails(1, ["as", "bad.s", "-o", "old.o"]);
  fails(1, ["as", "bad.s"]);
  expect(fails(1, ["ld", xdp, "-o", "bad.o"])).toMatch(/vip_map is undefined[^]*encap is undefined/);
  fails(1, ["ld", xdp, "-o", "old.o"]);
  fails(1, ["run", "tunnel.o", "--packets", xdp, "--out", "bad.pcap"]);
  expect(readdirSync(shop.folder).toSorted()).toEqual(before);
  expect(Buffer.from(shop.read("old.o")).toString()).toBe("as it was");
});

const noFull = existsSync("/dev/full") ? "" : " (skipped: there is no /dev/full)";
test.skipIf(noFull !== "")(`a full disk behind standard output is an input error${noFull}`, () => {
  const full = openSync("/dev/full", "w");
  try {
    for (const args of [
      ["nm", xdp],
      ["as", join(demoFolder, "maps.s"), "-o", "-"],
    ]) {
      const ended = spawnSync(process.execPath, [join(root, "bin/bpfkit"), ...args], {
        cwd: shop.folder,
        stdio: ["ignore", full, "pipe"],
        encoding: "utf8",
      });
      expect(ended.status).toBe(1);
      expect(ended.stderr).toMatch(
        /^bpfkit: error: cannot write standard output: .*\[file-not-written\]\n.*help: .*\n$/,
      );
    }
  } finally {
    closeSync(full);
  }
});

test("two errors of one text are both shown, each with its line and caret", () => {
  const text = "\tmov r0, 0\n\tmov r1,\n\tfrobnicate r2\n\texit\n";
  expectGolden("as-errors.txt", fails(1, ["as", "-", "-o", "-"], text));
});

test("control characters of an input do not reach the terminal", () => {
  const said = fails(1, ["as", "-", "-o", "never.o"], "\tmov r0, \u001b[2Jx\u0007\n\t\u001b]0;title\u0007 r1\n");
  expect(said).not.toMatch(/[^\P{Cc}\t\n]/u);
  expect(said).toContain("\u{fffd}[2J");
});

test("objects go through pipes as through files", () => {
  const texts = ["xdp", "lib", "maps"].map((part) => readFileSync(join(demoFolder, `${part}.s`)));
  texts.forEach((text, i) => {
    const file = `tunnel.o.${["xdp", "lib", "maps"][i]}.o`;
    expect(shop.ok(["as", "-", "-o", "-"], text).bytes).toEqual(shop.read(file));
  });
  const linked = shop.ok(["ld", "-", "tunnel.o.lib.o", "tunnel.o.maps.o", "-o", "-"], shop.read(xdp)).bytes;
  expect(linked).toEqual(shop.read("tunnel.o"));
  for (const args of [["nm"], ["objdump", "-d", "-r"]]) {
    const piped = shop.ok([...args, "-"], linked).stdout;
    expect(piped.replace("<stdin>", "tunnel.o")).toBe(shop.ok([...args, "tunnel.o"]).stdout);
  }
});

test("--json parses and carries what the text shows", () => {
  const json = (...args: string[]): unknown => JSON.parse(shop.ok([...args, "--json"]).stdout);
  expect(json("nm", xdp)).toMatchObject([{ file: xdp }]);
  expect(JSON.stringify(json("nm", xdp))).toContain('"xdp_tx_iptunnel"');
  expect(JSON.stringify(json("readelf", "-a", xdp))).toContain('".relxdp"');
  expect(JSON.stringify(json("objdump", "-d", xdp))).toContain('"vip_map"');
  expect(json("as", join(demoFolder, "maps.s"), "-o", "json.o")).toEqual({ diagnostics: [] });
  expect(json("ld", "-r", "json.o", "-o", "json2.o")).toEqual({ diagnostics: [] });
  const bad = shop.bpfkit(["as", "--json", "-o", "never.o"], "frobnicate r2\n");
  expect({ status: bad.status, stderr: bad.stderr }).toEqual({ status: 1, stderr: "" });
  expect(JSON.parse(bad.stdout)).toMatchObject({
    diagnostics: [{ code: "asm-instruction", severity: "error", place: { file: "<stdin>", line: 1, column: 1 } }],
  });
  expect(shop.has("never.o")).toBe(false);
  for (const args of [
    ["as", "missing"],
    ["ld", "missing"],
  ]) {
    const { status, stdout, stderr } = shop.bpfkit([...args, "--json", "-o", "never.o"]);
    expect({ status, stderr }).toEqual({ status: 1, stderr: "" });
    expect(JSON.parse(stdout)).toMatchObject({ diagnostics: [{ code: "file-not-read" }] });
  }
});

test("ld tells of every input that it cannot read, and what to do with it", () => {
  shop.write("script.ld", "/* GNU ld script */\nINPUT(a.o b.o)\n");
  shop.write("x.ll", "; ModuleID = 'x'\ndefine i32 @f() { ret i32 0 }\n");
  shop.write("notes.o", "not assembled\n");
  const words = ["missing.o", xdp, "script.ld", "x.ll", "-lnone", "notes.o"];
  const told = fails(1, ["ld", ...words, "-o", "never.o"])
    .split("\n")
    .filter((line) => /error|help/.test(line));
  expect(told).toEqual([
    "bpfkit: error: cannot read missing.o: there is no such file or folder [file-not-read]",
    "      = help: check the path; `-` reads standard input",
    "script.ld(0x0): error: not an ELF file: it is a linker script [elf-not-elf]",
    "      = help: name the objects that it names: scripts are not read",
    "x.ll(0x0): error: not an ELF file: it is LLVM's text [elf-not-elf]",
    "      = help: compile it with llc",
    "bpfkit: error: there is no library libnone.a or libnone.o: no -L says where to look [link-library]",
    "      = help: give its folder with -L, or name the file itself",
    "notes.o(0x0): error: not an ELF file: it is text [elf-not-elf]",
    "      = help: assemble or compile it first",
  ]);
  for (const words of [["-b", "binary"], ["--format=binary"]]) {
    expect(fails(2, ["ld", ...words, "notes.o"])).toContain("a file's bytes become an object by .incbin");
  }
});

test("a plain run prints r0, takes memory, and reports a fault as an input error", () => {
  const text = '.section prog,"ax",@progbits\n.globl main\nmain:\n\tldxb r0, [r1+1]\n\texit\n';
  shop.write("memory.o", shop.ok(["as", "-", "-o", "-"], text).bytes);
  expect(shop.ok(["run", "memory.o", "--memory", "0a0b"]).stdout).toBe("r0 = 0xb (2 instructions)\n");
  expect(JSON.parse(shop.ok(["run", "memory.o", "--memory", "0a0b", "--json"]).stdout)).toMatchObject({ r0: "11" });
  expect(fails(1, ["run", "memory.o", "--memory", "0a"])).toMatch(/\[vm-/);
});

test("map updates are checked, with and without a capture", () => {
  for (const rest of [[], ["--packets", join(demoFolder, "frames.pcap")]]) {
    expect(fails(1, ["run", "tunnel.o", "--update", "x", ...rest])).toMatch(/\[cli-update\]/);
    expect(fails(1, ["run", "tunnel.o", "--update", "vip_map:00=00", ...rest])).toMatch(/\[[a-z-]+\]/);
    expect(fails(1, ["run", "tunnel.o", "--update", "nowhere:00=00", ...rest])).toMatch(/nowhere/);
  }
});

test("an unknown program is named with those there are", () => {
  expect(fails(1, ["run", "tunnel.o", "--program", "other"])).toMatch(/xdp_tx_iptunnel/);
});

test("a verb's bundle holds its own rooms, and `load` alone the way into the kernel", () => {
  const bundle = (name: string): string => readFileSync(join(root, "dist/cli", `${name}.cjs`), "utf8");
  // Names that stand in the code of one room.
  const marks = {
    asm: "altmacro",
    vm: "the address is in no region",
    kernel: 'require("koffi")',
    dagre: "rankdir",
  };
  const holds = (name: string): string[] =>
    Object.entries(marks).flatMap(([room, mark]) => (bundle(name).includes(mark) ? [room] : []));
  expect(
    Object.fromEntries(
      ["help", "as", "nm", "objdump", "objdump-cfg", "ld", "load", "run"].map((name) => [name, holds(name)]),
    ),
  ).toEqual({
    help: [],
    as: ["asm"],
    nm: [],
    objdump: [],
    "objdump-cfg": ["dagre"],
    ld: [],
    load: ["kernel"],
    run: ["vm"],
  });
});
