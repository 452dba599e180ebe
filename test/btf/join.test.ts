/** Types joined in WebAssembly are what merging and deduplicating makes of them. */
import { expect, test } from "vitest";
import {
  dedupBtf,
  extWidths,
  joinTypes,
  mergeBtf,
  readBtf,
  readBtfExtTables,
  renameTypes,
  reshapeBtf,
  type Btf,
  type BtfExtTables,
  type JoinInput,
} from "../../src/btf/index.js";
import { BpfkitError } from "../../src/diag/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import type { Random } from "../support/random.js";

/** The types with their strings in the order of use: two BTFs that differ in the places of their strings have equal ones. */
function canonical(btf: Btf): Uint8Array {
  const stands = Uint32Array.from({ length: btf.typeCount }, (_, id) => id);
  const linkages = new Int8Array(btf.typeCount).fill(-1);
  return reshapeBtf(btf, { stands, linkages, added: [], roots: undefined, strings: () => {}, texts: [] }).btf.bytes;
}

const tables = ["funcInfo", "lineInfo", "coreRelos"] as const;

/** The records with their strings spelled out and their ids by `id`. */
function spelled(ext: BtfExtTables, string: (offset: number) => string, id: (id: number) => number): unknown {
  return tables.map((table) =>
    ext[table].map(({ section, words }) => {
      const records: unknown[] = [];
      for (let at = 0; at < words.length; at += extWidths[table]) {
        const [offset, second, third, fourth] = words.subarray(at, at + extWidths[table]);
        if (table === "funcInfo") records.push([offset, id(second!)]);
        else if (table === "lineInfo") records.push([offset, string(second!), string(third!), fourth]);
        else records.push([offset, id(second!), string(third!), fourth]);
      }
      return [section, records];
    }),
  );
}

/** What the code in WebAssembly is to find, by the records of the types. */
function byRecords(inputs: readonly JoinInput[]) {
  const read = inputs.map(({ btf: bytes }) => {
    const btf = readBtf(bytes, { endian: "little" });
    // gcc calls char both signed and a character.
    const encodings = new Map<number, number>();
    for (const [id, type] of btf.types()) if (type.kind === "int" && (type.encoding & 3) === 3) encodings.set(id, 1);
    return renameTypes(btf, new Map(), encodings);
  });
  const merged = mergeBtf(read, "little");
  const { btf, ids } = dedupBtf(merged.btf);
  const found = inputs.map(({ ext: bytes }, i) => {
    const own = read[i]!;
    const shift = merged.shifts[i]!;
    const ext = bytes && readBtfExtTables(bytes, own, { endian: "little" });
    const types = [...own.types()];
    return {
      shift,
      declared: types.flatMap(([id, type]) =>
        (type.kind === "func" || type.kind === "var") && type.linkage !== 0 ? [id] : [],
      ),
      sections: types.flatMap(([id, type]) => (type.kind === "datasec" ? [id] : [])),
      ext: spelled(
        ext ?? { funcInfo: [], lineInfo: [], coreRelos: [] },
        (offset) => own.string(offset),
        (id) => (id === 0 ? 0 : ids[own.owner(id) === own ? id + shift : 0]!),
      ),
    };
  });
  return { types: canonical(btf), ids, found };
}

/** Compares both ways; says whether there was anything to compare. */
function compare(inputs: readonly JoinInput[]): boolean {
  const joined = joinTypes(inputs);
  if (joined === undefined) return false;
  let expected: ReturnType<typeof byRecords>;
  try {
    expected = byRecords(inputs);
  } catch (error) {
    throw new Error("joined, though it is wrong", { cause: error });
  }
  const { btf } = joined;
  expect(canonical(btf)).toEqual(expected.types);
  expect(joined.ids).toEqual(expected.ids);
  const found = joined.inputs.map(({ shift, declared, sections, ext }) => ({
    shift,
    declared: [...declared],
    sections: [...sections],
    ext: spelled(
      ext,
      (offset) => btf.string(offset),
      (id) => id,
    ),
  }));
  expect(found).toEqual(expected.found);
  return true;
}

const inputs = corpusMissing === "" ? corpusBtf().filter(({ endian }) => endian === "little") : [];
const some = (random: Random): JoinInput[] =>
  Array.from({ length: random.between(1, 6) }, () => {
    const { btf, ext } = random.pick(inputs);
    return { btf: btf.slice(), ext: ext?.slice() };
  });

test.skipIf(corpusMissing !== "")(`as merging and deduplicating${corpusMissing}`, () => {
  let joined = 0;
  for (const { name, btf, ext } of inputs) {
    try {
      if (compare([{ btf, ext }])) joined++;
    } catch (error) {
      throw new Error(name, { cause: error });
    }
  }
  console.log(`join: ${joined} of ${inputs.length} objects alone`);
  expect(joined).toBeGreaterThan(inputs.length / 2);
  fuzz(fuzzRounds(300), (random) => void compare(some(random)));
});

test.skipIf(corpusMissing !== "")(`of mutated files, either the same or nothing${corpusMissing}`, () => {
  let joined = 0;
  const { refused } = fuzz(fuzzRounds(1500), (random) => {
    const all = some(random);
    for (let n = random.between(1, 3); n > 0; n--) {
      const { btf, ext } = random.pick(all);
      const bytes = ext !== undefined && random.below(3) === 0 ? ext : btf;
      bytes[random.below(bytes.length)] = random.below(2) === 0 ? random.below(32) : random.below(256);
    }
    if (compare(all)) joined++;
    else byRecords(all);
  });
  console.log(`join: ${joined} joined, ${refused} refused`);
  expect(joined).toBeGreaterThan(0);
  expect(refused).toBeGreaterThan(0);
});

test("what is no BTF", () => {
  expect(joinTypes([])?.btf.typeCount ?? 1).toBe(1);
  expect(joinTypes([{ btf: new Uint8Array(24), ext: undefined }])).toBeUndefined();
  expect(joinTypes([{ btf: new Uint8Array(3), ext: undefined }])).toBeUndefined();
  expect(() => byRecords([{ btf: new Uint8Array(24), ext: undefined }])).toThrow(BpfkitError);
});
