/** `objdump --cfg`: its options, and where the drawing goes. */
import { expect, test } from "vitest";
import { workshop } from "../support/cli.js";

const shop = workshop();
shop.write(
  "two.s",
  "\t.text\n\t.globl one\none:\n\tr0 = 0\n\texit\n\t.globl two\ntwo:\n\tif r1 > 5 goto one\n\texit\n",
);
shop.ok(["as", "two.s", "-o", "two.o"]);
shop.write("long.s", "\t.text\n\t.globl f\nf:\n" + "\tif r1 > 5 goto +0\n".repeat(300) + "\texit\n");
shop.ok(["as", "long.s", "-o", "long.o"]);

test("--cfg draws all functions or one, to a file or standard output, with or without a format", () => {
  const svg = shop.ok(["objdump", "--cfg", "two.o"]).stdout;
  expect(svg).toMatch(/^<svg [^]*one \(section \.text\): 2 instructions, 1 block[^]*two \(section[^]*<\/svg>\n$/);
  expect(shop.ok(["objdump", "--cfg=svg", "two.o"]).stdout).toBe(svg);
  for (const short of ["--c", "--cf", "--cfg"]) expect(shop.ok(["objdump", short, "two.o"]).stdout).toBe(svg);
  expect(shop.ok(["objdump", "--cf=svg", "two.o"]).stdout).toBe(svg);
  shop.ok(["objdump", "two.o", "--cfg", "svg", "-o", "two.svg"]);
  expect(Buffer.from(shop.read("two.svg")).toString()).toBe(svg);
  const dot = shop.ok(["objdump", "--cfg=dot", "--function", "two", "--syntax", "gnu", "two.o"]).stdout;
  expect(dot.match(/digraph/g)).toHaveLength(1);
  expect(dot).toContain("jgt %r1,5");
  expect(dot).toContain("b0 -> o0");
  const facts = JSON.parse(shop.ok(["objdump", "--cfg", "--json", "two.o"]).stdout) as { name: string }[];
  expect(facts.map(({ name }) => name)).toEqual(["one", "two"]);
});

test("the members of an archive are drawn one after the other", () => {
  shop.ok(["ar", "rcs", "two.a", "two.o", "long.o"]);
  const dot = shop.ok(["objdump", "--cfg=dot", "two.a"]).stdout;
  expect(dot.match(/digraph "\w+"/g)).toEqual(['digraph "one"', 'digraph "two"', 'digraph "f"']);
});

test("a function of many blocks is drawn in parts", () => {
  const svg = shop.ok(["objdump", "--cfg", "long.o"]).stdout;
  expect(svg).toMatch(/f \(section \.text\): 301 instructions, 301 blocks[^]*>Part 5 of \d+: B/);
});

test("what cannot be drawn is told", () => {
  const missing = shop.bpfkit(["objdump", "--cfg", "--function", "three", "two.o"]);
  expect(missing).toMatchObject({ status: 1, stdout: "" });
  expect(missing.stderr).toMatch(/no function three \[cli-function\]/);
  expect(shop.bpfkit(["objdump", "--cfg", "-j", "nowhere", "two.o"]).stderr).toMatch(/nothing to draw: no code/);
  expect(shop.bpfkit(["objdump", "--cfg", "two.s"])).toMatchObject({ status: 1, stdout: "" });
  shop.write("huge.s", "\t.text\n\t.globl f\nf:\n" + "\tif r1 > 5 goto +0\n".repeat(20_000) + "\texit\n");
  shop.ok(["as", "huge.s", "-o", "huge.o"]);
  const large = shop.bpfkit(["objdump", "--cfg", "huge.o"]);
  expect(large).toMatchObject({ status: 1, stdout: "" });
  expect(large.stderr).toMatch(/function f has 20001 blocks[^]*--cfg=dot/);
  expect(shop.ok(["objdump", "--cfg=dot", "huge.o"]).stdout.match(/->/g)).toHaveLength(40_000);
  expect(shop.bpfkit(["objdump", "--cfg=png", "two.o"]).status).toBe(2);
});
