/** Types joined in WebAssembly are what merging and deduplicating makes of them. */
import { NameTable } from "../../src/bytes/index.js";
import { expect, test, vi } from "vitest";
import {
  BtfBuilder,
  dedupBtf,
  extTables,
  extWidths,
  fileNumbers,
  JoinedRecords,
  joinTypes,
  mergeBtf,
  readBtf,
  readBtfExtTables,
  renameTypes,
  reshapeBtf,
  type Btf,
  type BtfExtTables,
  type BtfExtWords,
  type BtfMember,
  type BtfType,
  type JoinInput,
  writeBtfExt,
} from "../../src/btf/index.js";
import { TypeGraph } from "../../src/btf/join/dedup-graph.js";
import { BpfkitError } from "../../src/diag/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";
import type { Random } from "../support/random.js";

const added: Readonly<Record<"all" | "long" | "some" | "reached", readonly BtfType[]>> = {
  all: [],
  long: [{ kind: "fwd", name: "x".repeat(1 << 19), of: "struct" }],
  some: [
    { kind: "ptr", type: 1 },
    { kind: "typedef", name: "new", type: 2 },
  ],
  reached: [{ kind: "ptr", type: 2 }],
};
const texts = ["int", "license", "no string of any file", "\u00e9", ""];

/**
 * The types with their strings in the order of use, and records with names of types for strings: all of them are equal for two BTFs
 * that differ in the places of their strings.
 */
function canonical(btf: Btf, way: "all" | "long" | "some" | "reached" = "all"): unknown {
  const isPicked = way === "some" || way === "reached";
  // Types left out, some that others stand for, and some for which an added one does.
  const stands = Uint32Array.from({ length: btf.typeCount }, (_, id) => {
    if (!isPicked || id % 3 > 0) return id;
    return [0, id, id + 1 < btf.typeCount ? id + 1 : 1, btf.typeCount][(id / 3) % 4]!;
  });
  const linkages = Int8Array.from({ length: btf.typeCount }, (_, id) => (isPicked ? (id % 4) - 1 : -1));
  const names = Array.from({ length: btf.typeCount - 1 }, (_, own) => btf.words[btf.starts[own]!]!);
  const lines = Uint32Array.from(names.flatMap((name, i) => [i, i % 5 === 0 ? fileNumbers + i : name, name, i]));
  const relos = Uint32Array.from(names.toReversed().flatMap((name, i) => [i, i, name, i]));
  const made = reshapeBtf(btf, {
    stands,
    linkages,
    // "long": more than there is room for beside the strings of the files.
    added: added[way],
    roots: way === "reached" ? [1, 7, Math.floor(btf.typeCount / 2)] : undefined,
    strings: (kept) => {
      kept.takeLines(lines);
      kept.takeRelos(relos);
    },
    texts,
  });
  return {
    bytes: Buffer.from(made.btf.bytes).toString("latin1"),
    lines,
    relos,
    ids: made.ids,
    types: [...made.btf.types()],
    texts: texts.map((text) => made.text(text)),
  };
}

/** The tables of these rows. */
function tablesOf(records: JoinedRecords, row: number, endRow: number): BtfExtTables {
  const ext: Record<(typeof extTables)[number], BtfExtWords[]> = { funcInfo: [], lineInfo: [], coreRelos: [] };
  for (; row < endRow; row++) {
    const table = extTables[records.table(row)]!;
    const start = records.start(row);
    const words = records.words.subarray(start, start + records.count(row) * extWidths[table]);
    ext[table].push({ section: records.section(row), words });
  }
  return ext;
}

/** The records with their strings spelled out and their ids by `id`. */
function spelled(ext: BtfExtTables, string: (offset: number) => string, id: (id: number) => number): unknown {
  return extTables.map((table) =>
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
  return { btf, ids, found };
}

/** Every third name of the types, and one that is none of them. */
function someNames(btf: Btf): string[] {
  const all = [...new Set([...btf.types()].map(([id]) => btf.name(id)))].filter((name) => name !== "");
  return ["no name of any type", ...all.filter((_, i) => i % 3 === 0)];
}

/** Compares both ways; says whether there was anything to compare. */
function compare(inputs: readonly JoinInput[]): boolean {
  if (joinTypes(inputs) === undefined) return false;
  let expected: ReturnType<typeof byRecords>;
  try {
    expected = byRecords(inputs);
  } catch (error) {
    throw new Error("joined, though it is wrong", { cause: error });
  }
  const names = someNames(expected.btf);
  const table = new NameTable();
  for (const name of names) table.add(name);
  const joined = joinTypes(inputs, table)!;
  const { btf } = joined;
  for (let id = 1; id < btf.typeCount; id++) {
    const at = joined.nameAt!(btf.words[btf.starts[id - 1]!]!);
    expect(at).toBe(names.indexOf(btf.name(id)));
  }
  const way = (["reached", "some", "long", "some"] as const)[inputs.length % 4];
  expect(canonical(btf, way)).toEqual(canonical(expected.btf, way));
  // Another time, without the code.
  expect(canonical(btf)).toEqual(canonical(expected.btf));
  expect(joined.ids).toEqual(expected.ids);
  const found = joined.inputs.map(({ shift, declared, sections, row, endRow }) => ({
    shift,
    declared: [...declared],
    sections: [...sections],
    ext: spelled(
      tablesOf(joined.records, row, endRow),
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
  fuzz(fuzzRounds(60), (random) => void compare(some(random)));
});

test.skipIf(corpusMissing !== "")(`of mutated files, either the same or nothing${corpusMissing}`, () => {
  let joined = 0;
  const { refused } = fuzz(fuzzRounds(300), (random) => {
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

/** The types of a made program; references are indices into the list, plus 1. */
function program(random: Random): BtfType[] {
  const count = random.between(3, 20);
  const ref = (): number => random.below(count + 1);
  const name = (): string => random.pick(["a", "b", "c"]);
  const members = (): BtfMember[] =>
    Array.from({ length: random.below(4) }, (_, i) => ({ name: name(), type: ref(), offset: 64 * i, bitfieldSize: 0 }));
  const kinds: readonly (() => BtfType)[] = [
    () => ({ kind: "int", name: random.pick(["int", "long"]), size: 4, encoding: 1, offset: 0, bits: 32 }),
    () => ({ kind: "ptr", type: ref() }),
    () => ({ kind: "struct", name: random.pick(["", "s", "t", "u"]), size: 8, kindFlag: false, members: members() }),
    () => ({ kind: "union", name: random.pick(["", "s", "v"]), size: 8, kindFlag: false, members: members() }),
    () => ({ kind: "fwd", name: random.pick(["s", "t", "v"]), of: random.pick(["struct", "union"]) }),
    () => {
      const values = random.pick([[], [{ name: "one", value: 1 }], [{ name: "two", value: 2 }]]);
      return { kind: "enum", name: name(), size: 4, signed: false, values };
    },
    () => ({ kind: "typedef", name: name(), type: ref() }),
    () => ({ kind: "const", type: ref() }),
    () => ({ kind: "array", type: ref(), indexType: 1, nelems: random.below(3) }),
    () => ({ kind: "func_proto", type: ref(), params: [{ name: name(), type: ref() }] }),
  ];
  return Array.from({ length: count }, () => random.pick(kinds)());
}

/** The program as some file sees it: a type is there twice, is only declared, has another size; the types stand in another order. */
function unitOf(types: readonly BtfType[], random: Random): JoinInput {
  const own = [...types];
  const twins = new Map<number, number>();
  for (let n = random.below(3); n > 0; n--) {
    const i = random.below(types.length);
    const type = own[i]!;
    const change = random.below(6);
    if (change < 3) twins.set(i + 1, own.push(type));
    else if (change < 5 && (type.kind === "struct" || type.kind === "union") && type.name !== "")
      own[i] = { kind: "fwd", name: type.name, of: type.kind };
    else if (type.kind === "struct") own[i] = { ...type, size: 16 };
  }
  const order = own.map((_, i) => i);
  for (let n = random.below(4); n > 0; n--) {
    const [i, j] = [random.below(own.length), random.below(own.length)];
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const id = (old: number): number => {
    if (old === 0) return 0;
    const twin = twins.get(old);
    return order.indexOf((twin !== undefined && random.below(2) === 0 ? twin : old) - 1) + 1;
  };
  const builder = new BtfBuilder();
  for (const i of order) {
    const type = own[i]!;
    if (type.kind === "struct" || type.kind === "union")
      builder.add({ ...type, members: type.members.map((each) => ({ ...each, type: id(each.type) })) });
    else if (type.kind === "func_proto")
      builder.add({
        ...type,
        type: id(type.type),
        params: type.params.map((each) => ({ ...each, type: id(each.type) })),
      });
    else if (type.kind === "array") builder.add({ ...type, type: id(type.type), indexType: id(type.indexType) });
    else builder.add("type" in type ? { ...type, type: id(type.type) } : type);
  }
  return { btf: builder.build("little").bytes, ext: undefined };
}

test("graphs that are equal, nearly, or as far as each file declares them", () => {
  let joined = 0;
  const asked = vi.spyOn(TypeGraph.prototype, "equivalent");
  let asks = 0;
  fuzz(fuzzRounds(400), (random) => {
    const types = program(random);
    const units = Array.from({ length: random.between(2, 4) }, () => unitOf(types, random));
    asked.mockClear();
    joinTypes(units);
    asks += asked.mock.calls.length;
    if (compare(units)) joined++;
  });
  asked.mockRestore();
  console.log(`join: ${joined} made programs joined, ${asks} graphs compared by records`);
  expect(joined).toBeGreaterThan(0);
  expect(asks).toBeGreaterThan(0);
});

test("records are moved and looked over in the memory of the code as in other arrays", () => {
  const builder = new BtfBuilder();
  const name = builder.string("f");
  const records = [...Array(40).keys()].map((i) => ({
    insnOff: 8 * i,
    fileNameOff: name,
    lineOff: name,
    line: i,
    column: 3,
  }));
  const functions = records.map(({ insnOff }) => ({ insnOff, typeId: 0 }));
  const { bytes: ext } = writeBtfExt(
    { funcInfo: [{ section: "f", records: functions }], lineInfo: [{ section: "f", records }], coreRelos: [] },
    () => name,
    "little",
  );
  const joined = joinTypes([{ btf: builder.build("little").bytes, ext }])!.records;
  fuzz(fuzzRounds(200), (random) => {
    const row = random.below(2);
    const width = extWidths[extTables[joined.table(row)]!];
    const skipped = random.below(3);
    const start = joined.start(row) + skipped * width;
    const own = new JoinedRecords(joined.words.slice(start), [], () => "");
    const seen = [joined, own].map((each, i) => {
      const into = each.room(400);
      const bits = each.room(3);
      each.move(i === 0 ? start : 0, 20, width, into, 8, 24);
      each.move(i === 0 ? start : 0, 10, width, into, 8 + 20 * width, skipped === 0 ? 8 : 8 * 30);
      const isSorted = each.survey(into.subarray(8, 8 + 30 * width), width, bits);
      return { into: [...into], bits: [...bits], isSorted };
    });
    expect(seen[0]).toEqual(seen[1]);
    expect(seen[0]!.isSorted).toBe(skipped > 0);
    expect(seen[0]!.bits.some((each) => each !== 0)).toBe(true);
  });
});

test("what is no BTF", () => {
  expect(joinTypes([])?.btf.typeCount ?? 1).toBe(1);
  expect(joinTypes([{ btf: new Uint8Array(24), ext: undefined }])).toBeUndefined();
  expect(joinTypes([{ btf: new Uint8Array(3), ext: undefined }])).toBeUndefined();
  expect(() => byRecords([{ btf: new Uint8Array(24), ext: undefined }])).toThrow(BpfkitError);
});
