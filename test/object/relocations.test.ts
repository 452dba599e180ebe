/** Every relocation kind in every dialect, made from the tables: what is written reads back, or is refused by name. */
import { expect, test } from "vitest";
import { BpfkitError, type Diagnostic } from "../../src/diag/index.js";
import { link } from "../../src/link/index.js";
import {
  dialects,
  fieldBytes,
  fitsField,
  imageOf,
  readField,
  readObject,
  relocate,
  relocDialects,
  relocKinds,
  relocTable,
  writeObject,
  type ObjectFile,
  type RelocKind,
} from "../../src/object/index.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import { mutateElf } from "../support/mutate.js";
import { hasNumber, oneReloc, opcodeFor, placeBefore, targetsOf } from "../support/relocs.js";

const endians = ["little", "big"] as const;

function faultsOf(make: () => unknown): readonly Diagnostic[] {
  try {
    make();
  } catch (error) {
    if (error instanceof BpfkitError) return error.diagnostics;
    throw error;
  }
  return [];
}

/** Addends at the ends of the fields and near 0. */
function addendsFor(kind: RelocKind): readonly bigint[] {
  const { value, field } = relocTable[kind];
  if (value === "MAP" || value === "HELPER" || value === "KFUNC" || value === "S") return [0n];
  const bits = field.startsWith("data") ? 8 * fieldBytes[field] : field === "off16" ? 16 : field === "imm32" ? 32 : 64;
  const top = 1n << BigInt(bits - 1);
  if (value.endsWith("/8-1")) return [0n, 8n, 16n, -8n, 8n * top, -8n * top + 8n];
  return [0n, 1n, -1n, 8n, -8n, top - 1n, -top];
}

/** The kinds, and the symbol or addend for which the dialect has the kind but no way to say it. */
function canSay(dialect: (typeof relocDialects)[number], object: ObjectFile): boolean {
  return faultsOf(() => writeObject(object, { dialect })).length === 0;
}

test("every dialect row names a kind of the table and puts the field where the kind has it", () => {
  for (const [dialect, rows] of Object.entries(dialects)) {
    for (const row of rows) {
      const inData = relocTable[row.kind].field.startsWith("data");
      expect(inData, `${dialect} ${row.name}`).toBe(row.in === "data");
      expect(row.insn === undefined, `${dialect} ${row.name}`).toBe(row.in === "data");
    }
  }
});

test("private numbers are nobody else's, and every kind has a number in the default dialect", () => {
  for (const row of dialects.llvm) expect(row.private === true).toBe(row.type >= 0xbf00 && row.type <= 0xbfff);
  for (const dialect of relocDialects) {
    if (dialect !== "llvm") for (const { type } of dialects[dialect]) expect(type).toBeLessThan(0xbf00);
  }
  for (const kind of relocKinds) expect(hasNumber("llvm", kind), kind).toBe(true);
});

test("kinds without a number are refused by name, the others read back as they were written", () => {
  let written = 0;
  let refused = 0;
  const wrong: string[] = [];
  for (const dialect of relocDialects) {
    for (const kind of relocKinds) {
      for (const endian of endians) {
        for (const target of targetsOf(kind)) {
          for (const addend of addendsFor(kind)) {
            const object = oneReloc(kind, target, addend, endian);
            const label = `${dialect} ${kind} ${target} ${addend} ${endian}`;
            const check = (what: string, holds: boolean): void => void (holds || wrong.push(`${label}: ${what}`));
            let bytes: Uint8Array;
            try {
              bytes = writeObject(object, { dialect });
            } catch (error) {
              const [fault] = (error as BpfkitError).diagnostics;
              const code = hasNumber(dialect, kind) ? /^object-reloc-(addend|place)$/ : /^object-reloc-no-number$/;
              check(fault!.code, code.test(fault!.code));
              check(
                fault!.message,
                fault!.message.includes(`${kind} against ${object.symbols[0]!.name}`) && fault!.help !== undefined,
              );
              const { place } = fault!;
              check(
                "place",
                place?.kind === "binary" && place.section !== undefined && place.offset === placeBefore(kind),
              );
              refused++;
              continue;
            }
            const read = readObject(bytes, { file: "one.o" });
            const [reloc, second] = read.sections[0]!.relocations;
            check("one relocation", reloc !== undefined && second === undefined);
            // Whether an undefined symbol is a map is known when it is linked.
            const same = kind === "map_imm64" && target === "undefined" ? ["map_imm64", "abs_imm64"] : [kind];
            check(`kind ${reloc!.kind}`, same.includes(reloc!.kind));
            check(`addend ${reloc!.addend}`, reloc!.addend === addend && reloc!.offset === placeBefore(kind));
            // Written again, in the dialect that was asked for or found, it is the same byte for byte.
            check("bytes", Buffer.compare(writeObject(read, { dialect }), bytes) === 0);
            if (endian === "little" && addend === 0n) expect(read.symbols, label).toEqual(object.symbols);
            written++;
          }
        }
      }
    }
  }
  expect(wrong).toEqual([]);
  console.log(`relocations: ${written} written and read back, ${refused} refused`);
  expect(written).toBeGreaterThan(1500);
});

test("the default dialect says everything", () => {
  for (const kind of relocKinds) {
    for (const target of targetsOf(kind)) {
      for (const addend of addendsFor(kind)) {
        expect(canSay("llvm", oneReloc(kind, target, addend, "little")), `${kind} ${target} ${addend}`).toBe(true);
      }
    }
  }
});

test("an addend beyond its field is refused with the number", () => {
  for (const kind of relocKinds) {
    const { field, value } = relocTable[kind];
    if (value === "MAP" || value === "HELPER" || value === "KFUNC") continue;
    const bits = field.startsWith("data")
      ? 8 * fieldBytes[field]
      : field === "off16"
        ? 16
        : field === "imm32"
          ? 32
          : 64;
    const over = (1n << BigInt(bits - 1)) * (value.endsWith("/8-1") ? 8n : 1n) + 8n;
    for (const dialect of relocDialects) {
      if (!hasNumber(dialect, kind)) continue;
      const faults = faultsOf(() => writeObject(oneReloc(kind, targetsOf(kind)[0]!, over, "little"), { dialect }));
      // A distance is stored less its place's own offset: a little more fits.
      if (dialect === "gnu-2.40" && value === "S+A-P" && faults.length === 0) continue;
      expect(
        faults.map(({ code }) => code),
        `${dialect} ${kind}`,
      ).toEqual(["object-reloc-addend"]);
      expect(faults[0]!.message).toContain(String(over));
    }
  }
});

test("a wrong number, opcode, offset or symbol is an error with section, offset and symbol", () => {
  for (const dialect of relocDialects) {
    for (const row of dialects[dialect]) {
      if (row.readOnly === true || row.of === "map") continue;
      const target = row.of === "undefined" ? "undefined" : targetsOf(row.kind)[0]!;
      const object = oneReloc(row.kind, target, 0n, "little");
      if (!canSay(dialect, object)) continue;
      const bytes = writeObject(object, { dialect });
      const patch = (change: (view: DataView, table: number, section: number) => void): Uint8Array => {
        const copy = bytes.slice();
        const view = new DataView(copy.buffer);
        const shoff = Number(view.getBigUint64(40, true));
        const field = (index: number, at: number): number => Number(view.getBigUint64(shoff + 64 * index + at, true));
        // The first section's relocations are section 2 of the file.
        change(view, field(2, 24), field(1, 24));
        return copy;
      };
      const broken: [string, Uint8Array, RegExp][] = [
        ["number", patch((view, table) => view.setUint32(table + 8, 77, true)), /object-reloc-unknown/],
        ["symbol", patch((view, table) => view.setUint32(table + 12, 99, true)), /object-reloc-symbol/],
        [
          "end",
          patch((view, table) => view.setBigUint64(table, 4096n + BigInt(row.skew ?? 0), true)),
          /bytes-truncated/,
        ],
      ];
      // A datum of the same number takes over where the place is none of an instruction.
      const also = dialects[dialect].some(({ type, inCode }) => type === row.type && inCode !== undefined);
      if (row.in === "code" && !also) {
        const at = placeBefore(row.kind);
        const odd = BigInt(at + (row.skew ?? 0) + 1);
        broken.push(["offset", patch((view, table) => view.setBigUint64(table, odd, true)), /object-reloc-misaligned/]);
        // `exit` takes no relocation.
        broken.push(["opcode", patch((view, _, section) => view.setUint8(section + at, 0x95)), /object-reloc-opcode/]);
      }
      for (const [what, file, code] of broken) {
        const label = `${dialect} ${row.name} ${row.kind}: ${what}`;
        const faults = faultsOf(() => readObject(file, { file: "one.o", dialect }));
        expect(faults.length, label).toBeGreaterThan(0);
        const [fault] = faults;
        expect(fault!.code, label).toMatch(code);
        expect(fault!.place, label).toMatchObject({ kind: "binary", section: object.sections[0]!.name });
        expect(`${fault!.message} ${fault!.help ?? ""}`, label).toMatch(/target|symbol 99|exist/);
      }
    }
  }
});

test("values are computed, range-checked and refused between slots", () => {
  for (const kind of relocKinds) {
    const { value, field, range } = relocTable[kind];
    if (value === "MAP" || value === "HELPER" || value === "KFUNC") continue;
    const bits = field.startsWith("data")
      ? 8 * fieldBytes[field]
      : field === "off16"
        ? 16
        : field === "imm32"
          ? 32
          : 64;
    const unit = value.endsWith("/8-1") ? 8n : 1n;
    const P = value.includes("P") ? 0x1000n : 0n;
    const bias = unit === 8n ? 8n : 0n;
    const largest = range === "either" ? (1n << BigInt(bits)) - 1n : (1n << BigInt(bits - 1)) - 1n;
    const least = -(1n << BigInt(bits - 1));
    const at = (result: bigint): bigint => result * unit + bias + P;
    for (const result of [0n, 1n, -1n, largest, least]) {
      expect(relocate(kind, at(result), 0n, P), `${kind} ${result}`).toEqual({ value: result });
      if (value !== "S")
        expect(relocate(kind, at(result) - 16n, 16n, P), `${kind} ${result}`).toEqual({ value: result });
    }
    if (range === "none") {
      expect(relocate(kind, (1n << 64n) + 5n + P, 0n, P).value, kind).toBe(5n);
      continue;
    }
    for (const result of [largest + 1n, least - 1n]) {
      expect(relocate(kind, at(result), 0n, P), `${kind} ${result}`).toEqual({ value: result, fault: "range" });
      expect(fitsField(result, field, range)).toBe(false);
    }
    if (unit === 8n) expect(relocate(kind, at(0n) + 4n, 0n, P).fault, kind).toBe("align");
  }
});

test("in a final link an undefined symbol is an error at its place for every kind, whatever dialect it came in", () => {
  for (const dialect of relocDialects) {
    for (const kind of relocKinds) {
      const { value } = relocTable[kind];
      if (!targetsOf(kind).includes("undefined") || value === "HELPER" || value === "KFUNC") continue;
      const object = oneReloc(kind, "undefined", 0n, "little");
      if (!canSay(dialect, object)) continue;
      const read = readObject(writeObject(object, { dialect }), { file: "one.o" });
      const { diagnostics } = link([read], { file: "out.o" });
      const fault = diagnostics.find(({ severity }) => severity === "error");
      expect(fault?.message, `${dialect} ${kind}`).toContain("target");
      expect(fault?.place, `${dialect} ${kind}`).toMatchObject({
        section: object.sections[0]!.name,
        offset: placeBefore(kind),
      });
      const weak = oneReloc(kind, "weak", 0n, "little");
      if (!targetsOf(kind).includes("weak")) continue;
      const again = readObject(writeObject(weak, { dialect }), { file: "one.o" });
      expect(again.symbols[0], `${dialect} ${kind}`).toMatchObject({ binding: "weak", home: { kind: "undefined" } });
    }
  }
});

test("an image takes or refuses every kind in code and data, none is passed over", () => {
  for (const kind of relocKinds) {
    for (const target of targetsOf(kind)) {
      const object = oneReloc(kind, target, 0n, "little");
      const faults = faultsOf(() => imageOf(object));
      const { value } = relocTable[kind];
      const dynamic = value === "B+A" || value === "G+A" || value === "S";
      // A weak symbol that nobody defines has the address 0, and a call of it is one of no helper; a jump needs its target.
      const jump = kind === "branch_off16" || kind === "branch_imm32" || value === "S+A-P" || value === "HELPER";
      const undefinedTarget = target === "undefined" || (target === "weak" && jump);
      const label = `${kind} ${target}`;
      if (dynamic)
        expect(
          faults.map(({ code }) => code),
          label,
        ).toEqual(["image-dynamic"]);
      else if (undefinedTarget && value !== "KFUNC")
        expect(
          faults.map(({ code }) => code),
          label,
        ).toEqual(["image-undefined"]);
      else if (value === "S+A-P" && target !== "absolute")
        expect(
          faults.map(({ code }) => code),
          label,
        ).toEqual(["image-distance"]);
      for (const { place } of faults) expect(place, label).toMatchObject({ offset: placeBefore(kind) });
      if (faults.length > 0) continue;
      // Resolved in place, or left to the loader with a patch.
      const image = imageOf(object);
      const before = oneReloc(kind, target, 0n, "little").sections[0]!.data;
      const after = opcodeFor(kind) === undefined ? image.segments[0]!.data : image.code.subarray(0, before.length);
      if (target === "weak") continue;
      expect(image.patches.length > 0 || Buffer.compare(before, after) !== 0, label).toBe(true);
    }
  }
  // A distance within one segment is resolved there.
  for (const kind of ["pcrel_data8", "pcrel_data64"] as const) {
    const object = oneReloc(kind, "data", 2n, "big");
    const symbols = [{ ...object.symbols[0]!, home: { kind: "section", section: 0, offset: 40 } as const }];
    const { segments } = imageOf({ ...object, symbols });
    expect(readField(segments[0]!.data, 3, relocTable[kind].field, "big")).toBe(39n);
  }
  const datum = oneReloc("abs_data64", "data", 0n, "little");
  const [first, ...rest] = datum.sections;
  const inCode = {
    ...datum,
    sections: [{ ...first!, flags: { ...first!.flags, exec: true }, data: new Uint8Array(48), size: 48 }, ...rest],
  };
  expect(faultsOf(() => imageOf(inCode)).map(({ code }) => code)).toEqual(["image-data-in-code"]);
});

test("mutated files in every dialect are read, read as another, or refused with places", () => {
  const files = relocDialects.flatMap((dialect) =>
    relocKinds.flatMap((kind) => {
      if (!hasNumber(dialect, kind)) return [];
      const object = oneReloc(kind, targetsOf(kind)[0]!, 0n, kind.endsWith("64") ? "big" : "little");
      return canSay(dialect, object) ? [writeObject(object, { dialect })] : [];
    }),
  );
  const codes = new Set<string>();
  const { accepted, refused } = fuzz(fuzzRounds(3000), (random) => {
    const bytes = mutateElf(random, random.pick(files), files);
    const dialect = random.chance(1, 2) ? undefined : random.pick(relocDialects);
    try {
      const object = readObject(bytes, { dialect });
      for (const { data, relocations } of object.sections) {
        for (const { offset, kind, symbol } of relocations) {
          if (
            offset < 0 ||
            offset + fieldBytes[relocTable[kind].field] > data.length ||
            object.symbols[symbol] === undefined
          ) {
            throw new Error(`${kind} at ${offset} is out of its section`);
          }
        }
      }
    } catch (error) {
      if (error instanceof BpfkitError) for (const { code } of error.diagnostics) codes.add(code);
      throw error;
    }
  });
  expect(accepted).toBeGreaterThan(100);
  expect(refused).toBeGreaterThan(100);
  for (const code of ["unknown", "symbol", "misaligned", "opcode"]) expect(codes).toContain(`object-reloc-${code}`);
});

test("opcodes of relocated instructions come from the instruction table", () => {
  expect(opcodeFor("call_imm32")).toBe(0x85);
  expect(opcodeFor("abs_imm64")).toBe(0x18);
  expect(opcodeFor("map_imm32")).toBe(0xb4);
  expect(opcodeFor("branch_imm32")).toBe(0x06);
  expect(opcodeFor("abs_data8")).toBeUndefined();
});
