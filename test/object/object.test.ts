import { expect, test } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { toHex } from "../../src/bytes/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import {
  fieldBytes,
  fitsField,
  imageOf,
  noFlags,
  readField,
  readObject,
  relocTable,
  writeField,
  writeObject,
  type ObjectFile,
  type ObjectSymbol,
  type RelocKind,
  type Section,
} from "../../src/object/index.js";
import { corpusMissing, corpusObjects, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf } from "../support/mutate.js";

const section = (name: string, over: Partial<Section> = {}): Section => ({
  name,
  type: "progbits",
  flags: { ...noFlags, alloc: true },
  align: 8,
  entsize: 0,
  size: over.data?.length ?? 0,
  data: new Uint8Array(0),
  relocations: [],
  group: -1,
  linkedTo: -1,
  ...over,
});

const symbol = (name: string, over: Partial<ObjectSymbol> = {}): ObjectSymbol => ({
  name,
  home: { kind: "undefined" },
  size: 0,
  binding: "global",
  type: "notype",
  visibility: "default",
  ...over,
});

const exec = { ...noFlags, alloc: true, exec: true };

/** Slots with these opcodes and nothing else. */
function code(...opcodes: number[]): Uint8Array {
  const data = new Uint8Array(8 * opcodes.length);
  opcodes.forEach((opcode, slot) => (data[8 * slot] = opcode));
  return data;
}

function object(sections: Section[], symbols: ObjectSymbol[]): ObjectFile {
  return { file: "test.o", endian: "little", flags: 0, sections, symbols, groups: [] };
}

test("every field reads back what was written, in both byte orders", () => {
  for (const { field } of Object.values(relocTable)) {
    for (const endian of ["little", "big"] as const) {
      for (const value of [0n, 1n, -1n, 100n, -128n]) {
        const data = new Uint8Array(fieldBytes[field] + 3);
        writeField(data, 3, field, endian, value);
        expect(readField(data, 3, field, endian), `${field} ${endian}`).toBe(value);
      }
    }
  }
  expect(fitsField(32768n, "off16", "signed")).toBe(false);
  expect(fitsField(-32768n, "off16", "signed")).toBe(true);
  expect(fitsField(0xffff_ffffn, "imm32", "either")).toBe(true);
  expect(fitsField(0x1_0000_0000n, "imm32", "either")).toBe(false);
});

test("written objects read back: kinds, addends, symbols, groups, maps told apart", () => {
  const relocation = (offset: number, kind: RelocKind, to: number, addend: bigint): Section["relocations"][number] => ({
    offset,
    kind,
    symbol: to,
    addend,
  });
  const given: ObjectFile = {
    ...object(
      [
        section("xdp", {
          flags: exec,
          size: 48,
          data: code(0x18, 0, 0x18, 0, 0x85, 0x95),
          relocations: [
            relocation(0, "map_imm64", 1, 0n),
            relocation(16, "abs_imm64", 2, -8n),
            relocation(32, "call_imm32", 3, 16n),
          ],
        }),
        section("maps", { data: new Uint8Array(16) }),
        section(".data", {
          data: new Uint8Array(20),
          flags: { ...noFlags, alloc: true, write: true },
          relocations: [
            relocation(0, "abs_data64", 2, 5n),
            relocation(8, "abs_data32", 3, -3n),
            relocation(16, "nodyld_data32", 2, 0n),
          ],
        }),
        section(".bss", { type: "nobits", size: 100, group: 0 }),
      ],
      [
        symbol("local", { binding: "local", home: { kind: "section", section: 2, offset: 4 } }),
        symbol("m", { home: { kind: "section", section: 1, offset: 0 }, type: "object", size: 16 }),
        symbol("d", { home: { kind: "section", section: 2, offset: 8 }, visibility: "hidden" }),
        symbol("ext"),
        symbol("abs", { home: { kind: "absolute", value: 2n ** 63n }, binding: "weak" }),
        symbol("com", { home: { kind: "common", align: 8 }, size: 24, type: "object" }),
      ],
    ),
    groups: [{ signature: 2, comdat: true }],
  };
  for (const endian of ["little", "big"] as const) {
    const bytes = writeObject({ ...given, endian });
    const read = readObject(bytes, { file: "test.o" });
    expect(read.symbols).toEqual(given.symbols);
    expect(read.groups).toEqual(given.groups);
    read.sections.forEach((each, i) => {
      const { data: _, ...facts } = each;
      const { data: __, ...expected } = given.sections[i]!;
      expect(facts).toEqual(expected);
    });
    expect(toHex(writeObject(read))).toBe(toHex(bytes));
  }
});

test("a file of another processor or another type is refused by its name", () => {
  const { object } = assemble("exit\n");
  const told = (at: number, value: number): string => {
    const bytes = writeObject(object!);
    new DataView(bytes.buffer, bytes.byteOffset).setUint16(at, value, true);
    try {
      readObject(bytes);
    } catch (error) {
      return (error as BpfkitError).diagnostics[0]!.message;
    }
    return "";
  };
  expect(told(18, 62)).toBe("e_machine is 62 (EM_X86_64), expected 247 (EM_BPF)");
  expect(told(18, 9999)).toBe("e_machine is 9999, expected 247 (EM_BPF)");
  expect(told(16, 2)).toBe("e_type is 2 (ET_EXEC), expected 1 (ET_REL)");
});

test("an image with an undefined function names it and its place", () => {
  const call = { offset: 0, kind: "call_imm32", symbol: 0, addend: 0n } as const;
  const data = Uint8Array.from([0x85, 0x10, 0, 0, 0xff, 0xff, 0xff, 0xff]);
  const one = object([section("xdp", { flags: exec, data, size: 8, relocations: [call] })], [symbol("nowhere")]);
  expect(() => imageOf(one)).toThrowError("nowhere is undefined");
  expect(
    imageOf(
      object([section("xdp", { flags: exec, data, size: 8, relocations: [call] })], [symbol("bpf_ktime_get_ns")]),
    ),
  ).toMatchObject({
    names: ["bpf_ktime_get_ns"],
    patches: [{ kind: "helper", target: 0, at: 0 }],
  });
});

test.skipIf(corpusMissing !== "")(
  `corpus objects keep sections, symbols and relocations through write and read${corpusMissing}`,
  () => {
    let read = 0;
    let refused = 0;
    const reasons = new Map<string, number>();
    for (const name of corpusObjects()) {
      let first: ObjectFile;
      let written: Uint8Array;
      try {
        first = readObject(readCorpus(name), { file: name });
        written = writeObject(first);
      } catch (error) {
        if (!(error instanceof BpfkitError)) throw error;
        const { code } = error.diagnostics[0]!;
        // clang's objects are all read and written; linked ET_EXEC files and GNU's numbers are refused.
        expect(code === "object-type" || !name.includes("clang") || name.includes("corrupt"), `${name}: ${code}`).toBe(
          true,
        );
        reasons.set(code, (reasons.get(code) ?? 0) + 1);
        refused++;
        continue;
      }
      const again = readObject(written, { file: name });
      expect(again.symbols, name).toEqual(first.symbols);
      expect(
        again.sections.map(({ name: n, size, relocations }) => ({ n, size, relocations })),
        name,
      ).toEqual(first.sections.map(({ name: n, size, relocations }) => ({ n, size, relocations })));
      read++;
    }
    console.log(`corpus: ${read} objects kept, ${refused} refused`, Object.fromEntries(reasons));
    expect(read).toBeGreaterThan(300);
  },
);

test("mutated objects make objects and images, or structured errors", () => {
  const seeds = corpusObjects()
    .map(readCorpus)
    .filter((bytes) => bytes.length < 20_000);
  const data = Uint8Array.from([0x95, 0, 0, 0, 0, 0, 0, 0]);
  seeds.push(
    writeObject(
      object(
        [section("xdp", { flags: exec, data, size: 8 })],
        [symbol("f", { home: { kind: "section", section: 0, offset: 0 } })],
      ),
    ),
  );
  const count = fuzz(fuzzRounds(2_000), (random) => {
    imageOf(readObject(mutateElf(random, random.pick(seeds).slice(), seeds)));
  });
  expect(count.refused).toBeGreaterThan(0);
});
