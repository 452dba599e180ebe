/** C++: symbols have other names than types, and templates and inline functions stand in comdat groups. */
import { expect, test } from "vitest";
import { readBtf, readBtfExt } from "../../src/btf/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { link, readForLink } from "../../src/link/index.js";
import { imageOf, writeObject, type ObjectFile } from "../../src/object/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { clangMissing, kitchen } from "./compile.js";
import { answer, linked } from "./objects.js";

const { compileFile, path, write } = kitchen();

function compile(name: string, source: string): ObjectFile {
  const head = "#define NOINLINE __attribute__((noinline))\n#define SEC(name) __attribute__((section(name), used))\n";
  write(`${name}.cc`, new TextEncoder().encode(head + source));
  return compileFile(`${name}.o`, path(`${name}.cc`), "-mcpu=v3", "-ffreestanding");
}

const shared = `template <class T> NOINLINE T add(T a, T b) { return a + b; }
  inline NOINLINE int grow(int x) { static int sum; sum += x; return sum; }
  namespace ns { extern int counter; int f(int x); int f(long x); }\n`;
const sources = [
  `${shared}extern "C" SEC("socket") int main(void *ctx) {
     return add<int>(1, 2) + grow(5) + ns::f(3) + ns::f(4l) + ns::counter; }
   extern "C" SEC("license") char license_text[] = "GPL";`,
  `${shared}namespace ns { int counter = 100; int f(int x) { return add<int>(x, 10) + grow(1); } }`,
  `${shared}namespace ns { int f(long x) { return x + 1000 + grow(1); } }`,
];
const expected = 3n + 5n + (13n + 6n) + (1004n + 7n) + 100n;

/** The names of the functions that .BTF.ext describes. */
function described({ sections, file }: ObjectFile): string[] {
  const of = (name: string): Uint8Array => sections.find((each) => each.name === name)!.data;
  const btf = readBtf(of(".BTF"), { file });
  return readBtfExt(of(".BTF.ext"), btf, { file }).funcInfo.flatMap(({ records }) =>
    records.map(({ typeId }) => btf.name(typeId)),
  );
}

test.skipIf(clangMissing !== "")(`overloads keep their types, groups are kept once${clangMissing}`, () => {
  const objects = sources.map((source, i) => compile(`${i}`, source));
  for (const options of [{}, { gcSections: true }, { icf: true }]) {
    const made = linked(objects, options);
    expect(answer(made)).toBe(expected);
    expect(described(made).toSorted()).toEqual(["add<int>", "f", "f", "grow", "main"]);
  }
  const part = link(objects.slice(0, 2), { relocatable: true }).object!;
  const parts = linked([readForLink(writeObject(part)), objects[2]!]);
  expect(answer(parts)).toBe(expected);
  if (kernelMissing !== "") return;
  const loaded = loadImage(imageOf(parts), kernel());
  expect(loaded.program("main").testRun({ data: new Uint8Array(64) }).retval).toBe(Number(expected));
  loaded.close();
});
