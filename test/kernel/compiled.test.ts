/** A compiler's object, read and loaded as it is: maps, data, subprograms, a callback. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadImage } from "../../src/kernel/index.js";
import { imageOf, readObject } from "../../src/object/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { inScratchFolder, runTool, toolMissing } from "../support/tools.js";

const missing = kernelMissing === "" ? toolMissing("clang-22") : kernelMissing;

const source = `
typedef unsigned char u8; typedef unsigned int u32; typedef unsigned long long u64;
#define SEC(name) __attribute__((section(name), used))
struct definition { u32 type, key_size, value_size, max_entries, map_flags; };
SEC("maps") struct definition hits = {1, 4, 8, 16, 0};
static void *(*lookup)(void *, const void *) = (void *)1;
static long (*update)(void *, const void *, const void *, u64) = (void *)2;
static long (*loop)(u32, void *, void *, u64) = (void *)181;
struct xdp_md { u32 data, data_end; };
const volatile u32 bias = 5;
u64 total = 1000;
static u64 seen[4];
__attribute__((noinline)) static u32 twice(u32 x) { __asm__ volatile("" : "+r"(x)); return 2 * x; }
__attribute__((noinline)) u32 mix(u32 x) { return twice(x) + bias; }
static long body(u32 i, void *ctx) { total += i; return 0; }
SEC("xdp") int count(struct xdp_md *m) {
  u8 *data = (void *)(long)m->data, *end = (void *)(long)m->data_end;
  if (data + 1 > end) return 0;
  u32 key = data[0]; u64 one = 1, *hit = lookup(&hits, &key);
  if (hit) __sync_fetch_and_add(hit, 1); else update(&hits, &key, &one, 0);
  loop(10, body, 0, 0);
  seen[key & 3]++;
  return mix(key);
}
SEC("tc") int other(void *skb) { return twice(21); }
SEC("license") char license_text[] = "GPL";
`;

test.skipIf(missing !== "")(`an object of clang's runs in the kernel${missing}`, () => {
  const object = inScratchFolder((folder) => {
    const path = join(folder, "counter.o");
    const built = runTool("clang-22", ["-O2", "-target", "bpf", "-x", "c", "-c", "-", "-o", path], source);
    expect(built.stderr).toBe("");
    return new Uint8Array(readFileSync(path));
  });
  const loaded = loadImage(imageOf(readObject(object, { file: "counter.o" })), kernel());
  try {
    const data = new Uint8Array(64).fill(9);
    expect(loaded.program("count").testRun({ data }).retval).toBe(23);
    expect(loaded.program("count").testRun({ data, repeat: 2 }).retval).toBe(23);
    expect(loaded.program("other").testRun({ data }).retval).toBe(42);
    const u32 = (value: number): Uint8Array => new Uint8Array(Uint32Array.of(value).buffer);
    const u64s = (bytes: Uint8Array | undefined): bigint[] => [...new BigUint64Array(bytes!.slice().buffer)];
    // A signal makes the kernel give up a repetition, which is then done again: at least 1 + 2 runs.
    const [runs] = u64s(loaded.map("hits").lookup(u32(9)));
    expect(runs).toBeGreaterThanOrEqual(3n);
    expect(u64s(loaded.segments.get(".data")!.lookup(u32(0)))).toEqual([1000n + runs! * 45n]);
    expect(u64s(loaded.segments.get(".bss")!.lookup(u32(0)))).toEqual([0n, runs, 0n, 0n]);
    expect(loaded.segments.get(".rodata")!.lookup(u32(0))).toEqual(u32(5));
    expect(loaded.segments.get(".rodata")!.definition.name).toBe("counter.rodata");
  } finally {
    loaded.close();
  }
});
