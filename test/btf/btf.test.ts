import { expect, test } from "vitest";
import { BtfBuilder, formatRaw, readBtf, rebuildBtf } from "../../src/btf/index.js";
import { ByteWriter } from "../../src/bytes/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { processorTime } from "../support/patience.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing, corpusPath } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { runTool, toolMissing } from "../support/tools.js";

const samples = corpusBtf();

test.skipIf(corpusMissing !== "")(`types survive a rebuild in either byte order${corpusMissing}`, () => {
  expect(samples.length).toBeGreaterThan(50);
  for (const { name, btf: bytes } of samples) {
    const btf = readBtf(bytes, { file: name });
    const all = [...btf.types()];
    for (const endian of ["little", "big"] as const) {
      const again = rebuildBtf(btf, endian);
      expect(again.endian).toBe(endian);
      expect([...again.types()], `${name} ${endian}`).toEqual(all);
    }
  }
});

const bpftool = corpusMissing + toolMissing("bpftool");

test.skipIf(bpftool !== "")(`text of all types is bpftool's${bpftool}`, () => {
  let compared = 0;
  for (const { name, btf: bytes } of samples) {
    const { status, stdout } = runTool("bpftool", ["btf", "dump", "file", corpusPath(name), "format", "raw"]);
    if (status !== 0) continue;
    expect(formatRaw(readBtf(bytes, { file: name })), name).toBe(stdout);
    compared++;
  }
  console.log(`btf: ${compared} of ${samples.length} objects compared with bpftool`);
  expect(compared).toBeGreaterThan(50);
});

test.skipIf(corpusMissing !== "")(`broken BTF is refused or read, never worse${corpusMissing}`, () => {
  const count = fuzz(fuzzRounds(1500), (random) => {
    const bytes = random.pick(samples).btf.slice();
    for (let n = random.between(1, 6); n > 0; n--) {
      // Half of the changes go into the header and the first types.
      const end = random.below(2) === 0 ? Math.min(bytes.length, 96) : bytes.length;
      bytes[random.below(end)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    }
    const btf = readBtf(random.below(8) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes);
    formatRaw(btf);
    rebuildBtf(btf, "big");
    btf.findByName("int");
  });
  expect(count.refused).toBeGreaterThan(0);
  expect(count.accepted).toBeGreaterThan(0);
});

test("noise is not BTF", () => {
  const count = fuzz(200, (random) => {
    readBtf(random.bytes(random.below(200)));
  });
  expect(count.refused).toBe(200);
});

test("a kind known from the layout section alone is kept, in the other byte order too", () => {
  const plain = new BtfBuilder();
  plain.add({ kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 });
  const old = plain.bytes("little");
  const typeLen = 16;
  const layout = new Uint8Array(4 * 26);
  layout.set([4, 8, 1, 2], 4 * 25);
  // Kind 25 with two elements: one fixed word, two words for each element.
  const words = [5, ((25 << 24) | 2) >>> 0, 1, 11, 21, 22, 31, 32];
  const out = new ByteWriter("little");
  out.write(old.subarray(0, 4));
  for (const word of [32, 0, typeLen + 32, typeLen + 32 + layout.length, 9, typeLen + 32, layout.length]) out.u32(word);
  out.write(old.subarray(24, 24 + typeLen));
  for (const word of words) out.u32(word);
  out.write(layout);
  out.cstring("");
  out.cstring("int");
  out.cstring("new");
  const btf = readBtf(out.bytes());
  const unknown = { kind: "unknown", name: "new", number: 25, kindFlag: false, vlen: 2, sizeOrType: 1 };
  expect(btf.type(2)).toEqual({ ...unknown, words: words.slice(3) });
  const big = rebuildBtf(btf, "big");
  expect([...big.types()]).toEqual([...btf.types()]);
  expect([...big.layout.subarray(100)]).toEqual([4, 8, 2, 1]);
});

test("names that overlap to more than the file's size many times over are refused, quickly", () => {
  const count = 30_000;
  const builder = new BtfBuilder();
  builder.string("x".repeat(500_000));
  for (let i = 0; i < count; i++) builder.add({ kind: "fwd", name: "y", of: "struct" });
  const bytes = builder.bytes("little");
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  for (let i = 0; i < count; i++) view.setUint32(24 + 12 * i, 1 + i, true);
  const start = processorTime();
  expect(readBtf(bytes).findByName("y")).toBe(undefined);
  expect(() => [...readBtf(bytes).types()]).toThrow("the names of the types overlap");
  expect(processorTime() - start).toBeLessThan(5_000);
});

test("the builder interns equal types, lets types refer to later ones, and refuses what does not fit", () => {
  const builder = new BtfBuilder();
  const ptr = builder.add({ kind: "ptr", type: builder.nextId + 1 });
  const members = [{ name: "next", type: ptr, offset: 0, bitfieldSize: 0 }];
  const list = builder.add({ kind: "struct", name: "list", size: 8, kindFlag: false, members });
  const int = { kind: "int", name: "int", size: 4, encoding: 1, offset: 0, bits: 32 } as const;
  expect(builder.intern(int)).toBe(builder.intern({ ...int }));
  const btf = builder.build("big");
  expect(btf.typeCount).toBe(4);
  expect(btf.findByName("list", "struct")).toBe(list);
  expect(btf.type(ptr)).toEqual({ kind: "ptr", type: list });
  expect(() => builder.add({ ...int, bits: 256 })).toThrow("256, more than the 255 BTF can hold");
  expect(() => builder.string("a\0b")).toThrow("NUL");
  expect(() => builder.add({ kind: "void" })).toThrow(BpfkitError);
  expect(builder.build("little").typeCount, "a refused type leaves nothing behind").toBe(4);
});
