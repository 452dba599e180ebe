/** Maps of maps and arrays of programs with initial contents: in the kernel, in the VM, and what fits none. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { loadImage, type LoadedImage, type LoadOptions } from "../../src/kernel/index.js";
import { link } from "../../src/link/index.js";
import { imageOf, readObject, type ObjectFile } from "../../src/object/index.js";
import { createVm } from "../../src/vm/index.js";
import { tailCall } from "../support/asm.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);

function assembled(text: string): ObjectFile {
  const { object, diagnostics } = assemble(text, { file: "values.s" });
  expect(diagnostics.map(({ message }) => message)).toEqual([]);
  return object!;
}

const jumps = tailCall("mov r0, 2");

function within<Result>(object: ObjectFile, options: LoadOptions, check: (loaded: LoadedImage) => Result): Result {
  const loaded = loadImage(imageOf(object), kernel(), options);
  try {
    return check(loaded);
  } finally {
    loaded.close();
  }
}

const run = (loaded: LoadedImage, name: string): number =>
  loaded.program(name).testRun({ data: new Uint8Array(64) }).retval;

test.skipIf(kernelMissing !== "")(`an array of programs has its programs in the kernel${kernelMissing}`, () => {
  const object = assembled(jumps);
  expect(within(object, {}, (loaded) => run(loaded, "main"))).toBe(2);
  // What a program jumps to comes with it, and nothing else.
  within(object, { programs: ["main"] }, (loaded) => {
    expect(loaded.programs.map(({ name }) => name)).toEqual(["main", "next"]);
    expect(run(loaded, "main")).toBe(2);
  });
  within(object, { programs: ["next"] }, (loaded) => expect(loaded.programs.map(({ name }) => name)).toEqual(["next"]));
});

test("an array of programs has its programs in the VM", () => {
  const done = createVm(imageOf(assembled(jumps))).runXdp("main", new Uint8Array(64));
  expect(done).toMatchObject({ kind: "ok", verdict: 2 });
});

const source = `
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct inner { __uint(type, BPF_MAP_TYPE_HASH); __type(key, int); __type(value, long); __uint(max_entries, 7); };
struct inner one SEC(".maps"), two SEC(".maps");
struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 4); __type(key, int); __array(values, struct inner); }
  outer SEC(".maps") = { .values = { [1] = &two, [3] = &one } };
struct { __uint(type, BPF_MAP_TYPE_HASH_OF_MAPS); __uint(max_entries, 4); __type(key, int);
  __array(values, struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, int); __type(value, int); __uint(max_entries, 1); }); }
  empty SEC(".maps");
int answer(struct xdp_md *);
struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 2); __uint(key_size, 4); __array(values, int (struct xdp_md *)); }
  programs SEC(".maps") = { .values = { [1] = (void *)answer } };
SEC("xdp") int count(struct xdp_md *c) {
  int key = 1; long value = 5;
  void *map = bpf_map_lookup_elem(&outer, &key);
  if (!map) return 100;
  bpf_map_update_elem(map, &key, &value, 0);
  key = 0;
  if (bpf_map_lookup_elem(&outer, &key) || bpf_map_lookup_elem(&empty, &key)) return 101;
  bpf_tail_call(c, &programs, 1);
  return 102;
}
SEC("xdp") int answer(struct xdp_md *c) { return 3; }
char license_text[] SEC("license") = "GPL";
`;

const missing = kernelMissing + toolMissing("clang-22");

test.skipIf(missing !== "")(`maps of maps and of programs by clang, linked, have their contents${missing}`, () => {
  const compiled = inScratchFolder((folder) => {
    const [from, to] = [join(folder, "values.c"), join(folder, "values.o")];
    writeFileSync(from, source);
    const include = ["-I/usr/include/x86_64-linux-gnu", "-I/usr/include/aarch64-linux-gnu"];
    const built = runTool("clang-22", ["-O2", "-g", "-target", "bpf", ...include, "-c", from, "-o", to]);
    expect(built.stderr).toBe("");
    return readObject(new Uint8Array(readFileSync(to)), { file: "values.o" });
  });
  const before = assembled("\t.program xdp\n\t.func int first(struct xdp_md *ctx)\n\tmov r0, 1\n\texit\n\t.endfunc\n");
  for (const options of [{}, { gcSections: true, relax: true }, { relocatable: true }]) {
    const { object, diagnostics } = link([before, compiled], options);
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
    within(object!, {}, (loaded) => {
      expect(run(loaded, "count")).toBe(3);
      expect([...loaded.map("two").entries()].map(([key]) => key)).toEqual([u32(1)]);
      expect([...loaded.map("one").entries()]).toEqual([]);
    });
  }
});
