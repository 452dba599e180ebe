/** Types as text, written by WebAssembly where they are many: against the text made of records, and bpftool's. */
import { expect, test, vi } from "vitest";
import { BtfBuilder, formatRaw, readBtf, writeRaw, type Btf } from "../../src/btf/index.js";
import { rawCode } from "../../src/btf/raw-code.js";
import { BtfKind, btfKinds } from "../../src/btf/table.js";
import { writeBtf } from "../../src/btf/write.js";
import { equalBytes } from "../../src/bytes/index.js";
import { corpusBtf, readVmlinux, vmlinuxMissing, vmlinuxPath } from "../support/btf.js";
import { corpusMissing } from "../support/corpus.js";
import { fuzzSeed } from "../support/fuzz.js";
import { Random } from "../support/random.js";
import { runTool, toolMissing } from "../support/tools.js";

function bytesOf(btf: Btf): Uint8Array {
  const chunks: Uint8Array[] = [];
  writeRaw(btf, (chunk) => chunks.push(chunk.slice()));
  return new Uint8Array(Buffer.concat(chunks));
}

test.skipIf(corpusMissing !== "")(`the bytes are those of the text, for every corpus object${corpusMissing}`, () => {
  for (const { name, btf: bytes } of corpusBtf()) {
    const btf = readBtf(bytes);
    expect(new TextDecoder().decode(bytesOf(btf)), name).toBe(formatRaw(btf));
  }
});

const skipped = vmlinuxMissing + toolMissing("bpftool");

test.skipIf(skipped !== "")(`the running kernel's types are printed as by bpftool${skipped}`, () => {
  const { stdout } = runTool("bpftool", ["btf", "dump", "file", vmlinuxPath, "format", "raw"]);
  const btf = readBtf(readVmlinux());
  expect(equalBytes(bytesOf(btf), new TextEncoder().encode(stdout))).toBe(true);
});

const seed = fuzzSeed();

/** BTF of every kind in every form, `types` of them. */
function generated(random: Random, types: number, base: Btf | undefined): Btf {
  const endian = base?.endian ?? random.pick(["little", "big"] as const);
  const builder = new BtfBuilder({ base });
  const lengths = [1, 2, 15, 16, 17, 31, 32, 33, 4080, 4095, 4096, 4097, 9000, 300_000];
  const names = lengths.map((length) => builder.string("näme_".repeat(length).slice(0, length)));
  for (let i = 0; i < 200; i++) names.push(builder.string(`name_${random.u32().toString(36).slice(random.below(6))}`));
  const strings = readBtf(builder.bytes(endian), { base }).strings;
  if (base !== undefined) names.push(...Array.from({ length: 20 }, () => random.pick(baseNames)));
  else baseNames = names.slice(20, 60);
  // Long names are rare, and so are long lists.
  const name = (): number =>
    random.chance(1, 5) ? 0 : random.chance(1, 500) ? random.pick(names) : random.pick(names.slice(-150));
  const number = (): number => random.u32() >>> random.below(32);
  const words: number[] = [];
  let hasLarge = false;
  for (let i = 0; i < types; i++) {
    const kind = random.between(1, btfKinds.length - 1);
    const { fixed, element } = btfKinds[kind]!;
    const isFunc = kind === BtfKind.BTF_KIND_FUNC;
    const many = random.chance(1, 1000) ? 20_000 : random.below(6);
    // One that is larger than the window that types are written from.
    const length: number = i > types / 2 && element > 0 && !hasLarge ? 34_000 : many;
    hasLarge ||= length === 34_000;
    const vlen = isFunc ? random.below(4) : element === 0 ? number() & 0xff_ffff : length;
    words.push(name(), ((random.below(2) << 31) | (kind << 24) | vlen) >>> 0, number());
    for (let k = 0; k < fixed; k++) words.push(number());
    for (let k = 0; k < (element === 0 ? 0 : vlen); k++) {
      words.push(kind === BtfKind.BTF_KIND_DATASEC ? random.below(types) : name());
      for (let rest = 1; rest < element; rest++) words.push(number());
    }
  }
  const parts = { endian, words: Uint32Array.from(words), strings, layout: new Uint8Array(0), layoutEndian: endian };
  return readBtf(writeBtf(parts), { base });
}
let baseNames: readonly number[] = [];

/** The first line that differs; undefined where none does. */
function difference(got: string, expected: string): object | undefined {
  if (got === expected) return undefined;
  const [ours, right] = [got.split("\n"), expected.split("\n")];
  const line = right.findIndex((text, i) => text !== ours[i]);
  return { line, got: ours[line]?.slice(0, 200), expected: right[line]?.slice(0, 200) };
}

test(`seed ${seed}: types of every kind and form, of plain and split BTF`, () => {
  for (let round = 0; round < 3; round++) {
    const random = new Random(seed + round);
    const base = generated(random, 3000, undefined);
    for (const btf of [base, generated(random, 2000, base)]) {
      expect(difference(new TextDecoder().decode(bytesOf(btf)), formatRaw(btf)), `round ${round}`).toBeUndefined();
    }
  }
});

test("a platform without WebAssembly gets the same text", () => {
  const btf = generated(new Random(seed), 2000, undefined);
  const expected = bytesOf(btf);
  vi.stubGlobal("WebAssembly", undefined);
  try {
    expect(rawCode(8)).toBeUndefined();
    expect(equalBytes(bytesOf(btf), expected)).toBe(true);
  } finally {
    vi.unstubAllGlobals();
  }
});

test.each([
  ["a type", 0],
  ["a member", 15],
])("a name of %s outside of the strings is told", (_, word) => {
  const strings = new TextEncoder().encode("\0int\0");
  const one = [0, (BtfKind.BTF_KIND_STRUCT << 24) | 6, 8, ...Array.from({ length: 18 }, () => 1)];
  const words = Uint32Array.from({ length: 300 * one.length }, (_, i) => one[i % one.length]!);
  words[200 * one.length + word] = 0xffff_fff0;
  const layout = new Uint8Array(0);
  const btf = readBtf(writeBtf({ endian: "little", words, strings, layout, layoutEndian: "little" }));
  expect(() => bytesOf(btf)).toThrow(
    expect.objectContaining({ diagnostics: [expect.objectContaining({ code: "btf-string" })] }),
  );
});

test.each([3, 3000])("the name of a pointer is not looked at, of %i of them", (count) => {
  const words = Uint32Array.from({ length: 3 * count }, (_, i) => [0xffff_fff0, BtfKind.BTF_KIND_PTR << 24, 7][i % 3]!);
  const parts = { endian: "little", words, strings: new Uint8Array(1), layout: new Uint8Array(0) } as const;
  const text = new TextDecoder().decode(bytesOf(readBtf(writeBtf({ ...parts, layoutEndian: "little" }))));
  expect(text).toBe(Array.from({ length: count }, (_, i) => `[${i + 1}] PTR '(anon)' type_id=7\n`).join(""));
});
