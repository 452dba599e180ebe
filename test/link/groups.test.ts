/** Section groups: one copy of each comdat group, and in a relocatable link the group itself, as LLVM and GNU read it. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { link, type LinkOptions } from "../../src/link/index.js";
import { imageOf, readObject, writeObject, type ObjectFile } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";
import { main, object } from "./objects.js";

const group = (value: number): string => `.section .text.g,"axG",@progbits,g,comdat
.weak g
.type g,@function
g:
 ldimm64 r1, d
 ldxdw r0, [r1+0]
 exit
.size g, . - g
.section .data.g,"awG",@progbits,g,comdat
d:
 .quad ${value}
`;
const rest = (n: number): string => `.section .shared,"aG",@progbits,signature,comdat
 .quad 7
.section .own,"aG",@progbits,own${n}
 .quad ${n}
.section .own,"a",@progbits
 .quad ${n}
`;
const a = object(main(" call g\n mov r6, r0\n call f\n add r0, r6") + group(1) + rest(1), "a.o");
const b = object(
  `.text\n.globl f\n.type f,@function\nf:\n call g\n exit\n.size f, . - f\n${group(2)}${rest(2)}`,
  "b.o",
);

function linked(inputs: readonly ObjectFile[], options: LinkOptions): ObjectFile {
  const { object: made, diagnostics } = link(inputs, options);
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return made!;
}

/** Each group: its name, whether it is comdat, its members with their sizes. */
const groupsIn = ({ groups, symbols, sections }: ObjectFile): unknown =>
  groups.map(({ signature, comdat }, number) => [
    symbols[signature]!.name,
    comdat,
    ...sections.flatMap(({ group: owner, name, size }) => (owner === number ? [`${name} ${size}`] : [])),
  ]);

const expected = [
  ["g", true, ".text.g 32", ".data.g 8"],
  ["signature", true, ".shared 8"],
  ["own1", false, ".own 8"],
  ["own2", false, ".own 8"],
];

function answer(made: ObjectFile): bigint {
  const done = createVm(imageOf(made)).run("main");
  if (done.kind === "fault") throw new Error(done.diagnostic.message);
  return done.r0;
}

test("a relocatable link keeps groups, comdat ones once", () => {
  const made = linked([a, b], { relocatable: true });
  expect(groupsIn(made)).toEqual(expected);
  // What is in no group is joined, and stays out of them.
  expect(
    made.sections.filter(({ name }) => name === ".own").map(({ size, group: owner }) => [size, owner >= 0]),
  ).toEqual([
    [8, true],
    [16, false],
    [8, true],
  ]);
  expect(made.symbols.filter(({ name }) => name === "signature")).toHaveLength(1);
  const again = readObject(writeObject(made), { file: "again.o" });
  expect(groupsIn(again)).toEqual(expected);
  expect(writeObject(linked([again], { relocatable: true }))).toEqual(writeObject(again));
});

test("groups of an earlier link compete in the next one, which dissolves them", () => {
  const first = linked([b], { relocatable: true });
  const made = linked([a, first], {});
  expect(made.groups).toEqual([]);
  expect(answer(made)).toBe(2n);
  expect(answer(linked([first, a], {}))).toBe(4n);
});

test("a group without members is gone", () => {
  const made = linked([a, b], { relocatable: true, gcSections: true });
  expect(groupsIn(made)).toEqual([expected[0]]);
});

const missing = toolMissing("llvm-readelf-22", "bpf-readelf", "bpf-ld");

test.skipIf(missing !== "")(`LLVM and GNU read the groups, and GNU's linker makes the same${missing}`, () => {
  inScratchFolder((folder) => {
    const path = (name: string): string => join(folder, name);
    writeFileSync(path("a.o"), writeObject(a));
    writeFileSync(path("b.o"), writeObject(b));
    writeFileSync(path("ours.o"), writeObject(linked([a, b], { relocatable: true })));
    const listed = (tool: string, file: string): string[] => {
      const { stdout, stderr } = runTool(tool, ["-gW", path(file)]);
      expect(stderr).toBe("");
      const lines = stdout.split("\n").filter((line) => /group section|^ +\[ *\d+\] +\./.test(line));
      return lines.map((line) =>
        line
          .replace("(unknown) ", "")
          .replaceAll(/\[ *\d+\]/g, "")
          .replaceAll(/ +/g, " "),
      );
    };
    const ours = listed("llvm-readelf-22", "ours.o");
    expect(ours).toHaveLength(10);
    expect(listed("bpf-readelf", "ours.o")).toEqual(ours);
    expect(runTool("bpf-ld", ["-r", "-o", path("theirs.o"), path("a.o"), path("b.o")]).stderr).toBe("");
    expect(listed("bpf-readelf", "theirs.o").toSorted()).toEqual(ours.toSorted());
    expect(groupsIn(readObject(new Uint8Array(readFileSync(path("theirs.o"))), { dialect: "llvm" }))).toEqual(expected);
  });
});
