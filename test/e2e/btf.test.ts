/** The verb `btf`: its grammars, and files, objects and split BTF as inputs. */
import { expect, test } from "vitest";
import { BtfBuilder, type BtfBuilderOptions } from "../../src/btf/index.js";
import { readVmlinux, vmlinuxMissing, vmlinuxPath } from "../support/btf.js";
import { workshop } from "../support/cli.js";
import { buildDemo } from "../support/demo.js";
import { layout, newSection } from "../support/elf.js";
import { expectGolden } from "../support/golden.js";
import { runTool, toolMissing } from "../support/tools.js";

const shop = workshop();
buildDemo(shop, "tunnel.o");

function small(options: BtfBuilderOptions = {}): BtfBuilder {
  const builder = new BtfBuilder(options);
  const int = builder.add({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
  const members = [{ name: "x", type: int, offset: 0, bitfieldSize: 0 }];
  builder.add({ kind: "struct", name: "point", size: 4, kindFlag: false, members });
  builder.add({ kind: "struct", name: "line", size: 4, kindFlag: false, members });
  return builder;
}

shop.write("little.btf", small().bytes("little"));
shop.write("big.btf", small().bytes("big"));
const split = new BtfBuilder({ base: small().build("little") });
split.add({ kind: "ptr", type: 2 });
shop.write("split.btf", split.bytes("little"));

test("--help of btf and of its commands", () => {
  for (const command of ["dump", "diff", "min"])
    expectGolden(`help-btf-${command}.txt`, shop.ok(["btf", command, "--help"]).stdout);
});

test("dump prints files of either byte order, by both grammars", () => {
  const raw = "[1] INT 'int' size=4 bits_offset=0 nr_bits=32 encoding=SIGNED\n[2] STRUCT 'point' size=4 vlen=1\n";
  const { stdout } = shop.ok(["btf", "dump", "little.btf"]);
  expect(stdout.startsWith(raw)).toBe(true);
  expect(shop.ok(["btf", "dump", "big.btf"]).stdout).toBe(stdout);
  expect(shop.ok(["btf", "dump", "file", "big.btf", "format", "raw"]).stdout).toBe(stdout);
  expect(shop.ok(["btf", "dump", "-"], shop.read("big.btf")).stdout).toBe(stdout);
  const point = "[2] STRUCT 'point' size=4 vlen=1\n\t'x' type_id=1 bits_offset=0\n";
  expect(shop.ok(["btf", "dump", "little.btf", "--root-id", "2"]).stdout).toBe(point);
  expect(shop.ok(["btf", "dump", "file", "little.btf", "root_id", "2"]).stdout).toBe(point);
  expect(shop.ok(["btf", "dump", "little.btf", "--type", "point"]).stdout).toBe(point);
  const header = shop.ok(["btf", "dump", "file", "little.btf", "format", "c", "unsorted"]).stdout;
  expect(header).toContain("struct point {\n\tint x;\n};\n\nstruct line {");
  expect(shop.ok(["btf", "dump", "little.btf", "-f", "c", "--type", "line"]).stdout).not.toContain("point");
  const json = shop.ok(["btf", "dump", "little.btf", "--json"]).stdout;
  expect(json).toBe(shop.ok(["btf", "dump", "little.btf", "--format", "json"]).stdout);
  expect((JSON.parse(json) as { types: unknown[] }).types).toHaveLength(3);
});

test("split BTF needs its base", () => {
  expect(shop.ok(["btf", "dump", "split.btf", "--base", "little.btf"]).stdout).toBe("[4] PTR '(anon)' type_id=2\n");
});

test("a module's file brings the part of the kernel's BTF that it stands on", () => {
  const parts = [
    newSection(".BTF", { data: split.bytes("little") }),
    newSection(".BTF.base", { data: small().bytes("little") }),
  ];
  shop.write("module.ko", layout(parts));
  expect(shop.ok(["btf", "dump", "module.ko"]).stdout).toBe("[4] PTR '(anon)' type_id=2\n");
  expect(shop.ok(["btf", "dump", "module.ko", "-f", "c"]).stdout).toContain("__VMLINUX_H__");
});

test("what is asked for and is not there is told", () => {
  const fails = (status: number, args: string[]): string => {
    const result = shop.bpfkit(["btf", ...args]);
    expect({ status: result.status, stdout: result.stdout }).toEqual({ status, stdout: "" });
    return result.stderr;
  };
  expect(fails(1, ["dump", "little.btf", "--type", "pont"])).toMatch(/no type pont in the BTF; did you mean point\?/);
  expect(fails(1, ["dump", "little.btf", "--root-id", "9"])).toMatch(/--root-id refers to type \[9\], but there are/);
  expect(fails(1, ["dump", "little.btf", "--root-id", "x"])).toMatch(/\[btf-type-id\]/);
  expect(fails(1, ["dump", "tunnel.o"])).toMatch(/there is no section \.BTF/);
  expect(fails(1, ["dump", "missing"])).toMatch(/cannot read missing/);
  expect(fails(2, ["dump", "little.btf", "form", "c"])).toMatch(/not understood: little.btf form c/);
  expect(fails(2, ["dump", "little.btf", "--format", "go"])).toMatch(/Allowed choices are/);
  expect(fails(2, ["dmp"])).toMatch(/unknown command 'dmp'/);
});

const skipped = vmlinuxMissing + toolMissing("bpftool");

test.skipIf(skipped !== "")(`the kernel's BTF is printed as by bpftool${skipped}`, () => {
  const words = ["btf", "dump", "file", vmlinuxPath, "format", "raw"];
  expect(shop.ok(words).stdout === runTool("bpftool", words).stdout).toBe(true);
  expect(shop.ok(["btf", "dump", "-"], readVmlinux()).stdout === shop.ok(words).stdout).toBe(true);
});

test("diff tells what breaks by its exit code", () => {
  const larger = new BtfBuilder();
  const int = larger.add({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
  const members = [{ name: "x", type: int, offset: 32, bitfieldSize: 0 }];
  larger.add({ kind: "struct", name: "point", size: 8, kindFlag: false, members });
  larger.add({ kind: "struct", name: "line", size: 4, kindFlag: false, members: [{ ...members[0]!, offset: 0 }] });
  larger.add({ kind: "struct", name: "plane", size: 0, kindFlag: false, members: [] });
  shop.write("larger.btf", larger.bytes("big"));
  expect(shop.bpfkit(["btf", "diff", "little.btf", "big.btf"])).toMatchObject({ status: 0, stdout: "", stderr: "" });
  const changed = shop.bpfkit(["btf", "diff", "little.btf", "larger.btf"]);
  expect(changed).toMatchObject({ status: 1, stderr: "" });
  expect(changed.stdout).toMatch(/~ struct point\n.*size: 4 -> 8.*\n.*offset of x: 0 -> 4/);
  expect(changed.stdout).toContain("+ struct plane");
  expect(shop.bpfkit(["btf", "diff", "--core", "little.btf", "larger.btf"]).status).toBe(0);
  expect(shop.ok(["btf", "diff", "--type", "line", "little.btf", "larger.btf"]).stdout).toBe("");
  expect(shop.bpfkit(["btf", "diff", "--breaking", "little.btf", "larger.btf"]).stdout).not.toContain("plane");
  const { stdout } = shop.bpfkit(["btf", "diff", "--json", "little.btf", "larger.btf"]);
  expect(JSON.parse(stdout)).toMatchObject({ summary: { added: 1, changed: 1, worst: "layout" }, types: [{}, {}] });
});

const compiler = toolMissing("clang-22");

test.skipIf(compiler !== "")(`min writes what an object needs, and tells about it${compiler}`, () => {
  shop.write(
    "ask.c",
    "struct point { int x; } __attribute__((preserve_access_index));\n" +
      "struct gone { int y; } __attribute__((preserve_access_index));\n" +
      "int f(struct point *p, struct gone *g) { return p->x + g->y; }\n",
  );
  const made = runTool(
    "clang-22",
    ["-target", "bpf", "-g", "-O2", "-c", "ask.c", "-o", "ask.o"],
    undefined,
    shop.folder,
  );
  expect(made.status).toBe(0);
  const facts = shop.ok(["btf", "min", "big.btf", "ask.o", "-o", "min.btf", "--json"]).stdout;
  expect(JSON.parse(facts)).toMatchObject({
    types: 2,
    base: { types: 3 },
    unresolved: [{ file: "ask.o", kind: "byte_off", type: "gone", access: "0:0" }],
  });
  expect(shop.ok(["btf", "dump", "min.btf"]).stdout).toContain("[2] STRUCT 'point' size=4 vlen=1");
  expect(shop.bpfkit(["btf", "min", "big.btf", "big.btf", "-o", "x.btf"]).status).toBe(1);
  expect(shop.bpfkit(["btf", "min", "big.btf", "ask.o"]).stderr).toMatch(/required option/);
});
