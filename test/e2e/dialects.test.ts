/** `--reloc-dialect`: objects in the numbers of other toolchains, from text to a run. */
import { expect, test } from "vitest";
import { readObject, relocDialects } from "../../src/object/index.js";
import { workshop } from "../support/cli.js";

const shop = workshop();

test("objects of mixed dialects link and run; the output can be in any that has the numbers", () => {
  shop.write(
    "main.s",
    `.extern help\n.globl prog\n.section socket,"ax",@progbits\nprog: call help\n add r0, 2\n exit\n`,
  );
  shop.write("lib.s", `.globl help\n mov r0, 0\n exit\nhelp: mov r0, 40\n exit\n`);
  shop.ok(["as", "lib.s", "-o", "lib.o"]);
  for (const dialect of ["llvm", "llvm-12", "gnu", "gnu-2.40", "sbf"]) {
    shop.ok(["as", "main.s", "-o", "main.o", "--reloc-dialect", dialect]);
    const { origin } = readObject(shop.read("main.o"));
    expect(origin!.dialect).toBe(dialect);
    shop.ok(["ld", "main.o", "lib.o", "-o", "out.o", "--reloc-dialect", dialect]);
    expect(shop.ok(["run", "out.o"]).stdout, dialect).toContain("r0 = 0x2a");
  }
});

test("what a dialect cannot say is listed, all of it, and nothing is written", () => {
  shop.write("two.s", `.extern f\n.text\nmov32 r1, %map(m)\nja f\nexit\n.data\n.byte f\n.quad f\n`);
  const { status, stderr } = shop.bpfkit(["as", "two.s", "-o", "two.o", "--reloc-dialect", "sbf"]);
  expect(status).toBe(1);
  expect(stderr).toContain("relocation map_imm32 against m has no number in the dialect sbf");
  expect(stderr).toContain("relocation branch_off16 against f has no number in the dialect sbf");
  expect(stderr).toContain("relocation abs_data8 against f has no number in the dialect sbf");
  expect(stderr).not.toContain("abs_data64");
  expect(shop.has("two.o")).toBe(false);
  shop.ok(["as", "two.s", "-o", "two.o"]);
});

test("an input's dialect can be given; the command's list is the table's", () => {
  shop.write("data.s", `.data\n.quad f\n.globl f\n f: .quad 0\n`);
  shop.ok(["as", "data.s", "-o", "data.o"]);
  const asked = shop.bpfkit(["ld", "-r", "data.o", "-o", "out.o", "--input-reloc-dialect", "gnu-2.40"]);
  expect(asked.status).toBe(1);
  expect(asked.stderr).toContain("relocation type 2 against f has no meaning in data in the dialect gnu-2.40");
  const wrong = shop.bpfkit(["as", "data.s", "--reloc-dialect", "gcc"]);
  expect(wrong.status).toBe(2);
  expect(wrong.stderr).toContain(`Allowed choices are ${relocDialects.join(", ")}.`);
});
