import { expect, test } from "vitest";
import { link } from "../../src/link/index.js";
import { noFlags, writeObject } from "../../src/object/index.js";
import { kernelMissing } from "../support/kernel.js";
import { makeObject, makeSection } from "../support/objects.js";
import { runTool } from "../support/tools.js";
import { clangMissing, kitchen } from "./compile.js";
import { answer } from "./objects.js";

const { compile, path, write } = kitchen();

test("several sections without contents become one, larger one without contents", () => {
  const flags = { ...noFlags, alloc: true, write: true };
  const bss = (size: number): ReturnType<typeof makeSection> =>
    makeSection(".bss", new Uint8Array(0), { type: "nobits", flags, size });
  const { object } = link([makeObject([bss(12), bss(4)], []), makeObject([bss(8)], [])], { relocatable: true });
  expect(object!.sections.map(({ name, type, size }) => ({ name, type, size }))).toEqual([
    { name: ".bss", type: "nobits", size: 32 },
  ]);
});

const missing = clangMissing + kernelMissing;

test.skipIf(missing !== "")(`variables of -fdata-sections are where libbpf takes them${missing}`, () => {
  const flags = ["-fdata-sections", "-ffreestanding"];
  const a = compile(
    "a.o",
    `int one; int two = 2; extern int three; int SEC(".data.own") own = 4;
     SEC("socket") int main(void *ctx) { one += 10; return one++ + two++ + three++ + own++; }`,
    ...flags,
  );
  const b = compile("b.o", "int three; static int four; int get(void) { return four++; }", ...flags);
  const { object, diagnostics } = link([a, b]);
  expect(diagnostics).toEqual([]);
  const names = object!.sections.map(({ name }) => name);
  expect(names.filter((name) => /^\.(bss|data)/.test(name))).toEqual([".data.two", ".data.own", ".bss"]);
  const pin = `/sys/fs/bpf/bpfkit-bss-${process.pid}`;
  write("linked.o", writeObject(object!));
  try {
    expect(runTool("bpftool", ["prog", "load", path("linked.o"), pin]).stderr).toBe("");
  } finally {
    runTool("rm", ["-f", pin]);
  }
  expect(answer(object!)).toBe(16n);
  // A later link finds the names as they are.
  const kept = link([a, b], { relocatable: true }).object!.sections.map(({ name }) => name);
  expect(kept).toContain(".bss.one");
});
