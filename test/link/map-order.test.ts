/** Maps of maps and libbpf, which makes maps in the order of their places and fills each as soon as it is made. */
import { expect, test } from "vitest";
import { imageOf, writeObject, type ObjectFile } from "../../src/object/index.js";
import { loadImage } from "../../src/kernel/index.js";
import { link } from "../../src/link/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { runTool } from "../support/tools.js";
import { clangMissing, kitchen } from "./compile.js";

const { compile, path, write } = kitchen();
const missing = clangMissing + kernelMissing;

const inner = `struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1); __type(key, int); __type(value, int); };
  extern struct inner held SEC(".maps");\n`;
const outer = `${inner}struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 2); __uint(key_size, 4);
  __array(values, struct inner); } outer SEC(".maps") = { .values = { [1] = (void *)&held } };
  SEC("socket") int main(void *ctx) { int key = 1; return bpf_map_lookup_elem(&outer, &key) != 0; }`;
const held = `${inner}struct inner held SEC(".maps");`;

/** What libbpf says: nothing when it takes the object. */
function complaint(made: ObjectFile): string {
  write("order.o", writeObject(made));
  const pin = `/sys/fs/bpf/bpfkit-order-${process.pid}`;
  try {
    return runTool("bpftool", ["prog", "load", path("order.o"), pin]).stderr;
  } finally {
    runTool("rm", ["-f", pin]);
  }
}

test.skipIf(missing !== "")(`a map behind the one that holds it is warned of${missing}`, () => {
  const holder = compile("outer.o", outer, "-Wno-ignored-attributes", "-ffreestanding");
  const other = compile("held.o", held, "-Wno-ignored-attributes");
  const good = link([other, holder]);
  expect(good.diagnostics).toEqual([]);
  expect(complaint(good.object!)).toBe("");
  const bad = link([holder, other]);
  expect(bad.diagnostics).toMatchObject([{ code: "link-map-order", help: "name held.o before outer.o" }]);
  expect(complaint(bad.object!)).toContain("failed to initialize slot [1]");
  for (const { object } of [good, bad]) {
    const loaded = loadImage(imageOf(object!), kernel());
    expect(loaded.program("main").testRun({ data: new Uint8Array(64) }).retval).toBe(1);
    loaded.close();
  }
});
