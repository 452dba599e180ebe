import { expect, test } from "vitest";
import { BtfBuilder, readBtf, readBtfExt, writeBtfExt, type Btf, type BtfExt } from "../../src/btf/index.js";
import { ByteWriter } from "../../src/bytes/index.js";
import { readElf } from "../../src/elf/index.js";
import { corpusBtf } from "../support/btf.js";
import { corpusMissing, readCorpus } from "../support/corpus.js";
import { fuzz, fuzzRounds } from "../support/fuzz.js";

const samples = corpusBtf().flatMap(({ name, endian, btf, ext }) =>
  ext === undefined ? [] : [{ name, endian, btf, ext }],
);

test.skipIf(corpusMissing !== "")(
  `tables of corpus objects name their sections, functions and lines${corpusMissing}`,
  () => {
    const seen = { funcs: 0, lines: 0, relos: 0 };
    for (const { name, endian, btf: bytes, ext: extBytes } of samples) {
      const btf = readBtf(bytes, { file: name, endian });
      const ext = readBtfExt(extBytes, btf, { file: name, endian });
      const { sections } = readElf(readCorpus(name), { file: name });
      const sizes = new Map(sections.map((section) => [section.name, section.data.length]));
      for (const table of [ext.funcInfo, ext.lineInfo, ext.coreRelos]) {
        for (const { section, records } of table) {
          const size = sizes.get(section);
          expect(size, `${name} ${section}`).toBeDefined();
          for (const { insnOff } of records)
            expect(insnOff < size! && insnOff % 8 === 0, `${name} ${section}`).toBe(true);
        }
      }
      for (const { records } of ext.funcInfo) {
        for (const { typeId } of records) expect(btf.type(typeId).kind, name).toBe("func");
        seen.funcs += records.length;
      }
      for (const { records } of ext.lineInfo) {
        for (const { fileNameOff } of records) expect(btf.string(fileNameOff), name).not.toBe("");
        seen.lines += records.length;
      }
      for (const { records } of ext.coreRelos) {
        for (const { accessStrOff } of records) expect(btf.string(accessStrOff), name).toMatch(/^\d+(:\d+)*$/);
        seen.relos += records.length;
      }
    }
    console.log(".BTF.ext:", samples.length, "objects", seen);
    expect(Math.min(seen.funcs, seen.lines, seen.relos)).toBeGreaterThan(20);
  },
);

test("longer records are read, what is behind the known fields is skipped", () => {
  const builder = new BtfBuilder();
  const name = builder.string("xdp");
  const out = new ByteWriter("big");
  out.u16(0xeb9f);
  out.u8(1);
  out.u8(0);
  for (const word of [24, 0, 36, 0, 0]) out.u32(word);
  for (const word of [12, name, 2, 0, 7, 99, 8, 9, 99]) out.u32(word);
  const ext = readBtfExt(out.bytes(), builder.build("big"));
  const records = [
    { insnOff: 0, typeId: 7 },
    { insnOff: 8, typeId: 9 },
  ];
  expect(ext).toEqual({ endian: "big", funcInfo: [{ section: "xdp", records }], lineInfo: [], coreRelos: [] });
});

/** Section names by their offsets in `bytes`, as the tables of a .BTF.ext name them. */
function sectionNames(btf: Btf, bytes: Uint8Array, ext: BtfExt): Map<string, number> {
  const view = new DataView(bytes.buffer, bytes.byteOffset);
  const little = ext.endian === "little";
  const names = new Map<string, number>();
  [ext.funcInfo, ext.lineInfo, ext.coreRelos].forEach((sections, table) => {
    if (sections.length === 0) return;
    let at = view.getUint32(4, little) + view.getUint32(8 + 8 * table, little);
    const size = view.getUint32(at, little);
    at += 4;
    for (const { records } of sections) {
      const offset = view.getUint32(at, little);
      names.set(btf.string(offset), offset);
      at += 8 + records.length * size;
    }
  });
  return names;
}

test.skipIf(corpusMissing !== "")(`read and written back, the tables are the same bytes${corpusMissing}`, () => {
  const seen = { same: 0, gcc: 0, swapped: 0 };
  for (const { name, endian, btf: bytes, ext: extBytes } of samples) {
    const btf = readBtf(bytes, { file: name, endian });
    const ext = readBtfExt(extBytes, btf, { file: name, endian });
    const names = sectionNames(btf, extBytes, ext);
    const written = writeBtfExt(ext, (text) => names.get(text)!, endian);
    // GCC puts the record size of a CO-RE table that is not there behind the tables; nothing reads it.
    const stray = name.includes("gcc") ? 4 : 0;
    expect(written.bytes, name).toEqual(extBytes.subarray(0, extBytes.length - stray));
    seen[stray > 0 ? "gcc" : "same"]++;
    const other = endian === "little" ? "big" : "little";
    const swapped = writeBtfExt(ext, (text) => names.get(text)!, other).bytes;
    expect(readBtfExt(swapped, btf), name).toEqual({ ...ext, endian: other });
    seen.swapped++;
  }
  console.log(".BTF.ext round trips:", seen);
  expect(seen.same).toBeGreaterThan(20);
});

test("an empty table has no record size, lines and columns beyond their bits are cut to the greatest", () => {
  const builder = new BtfBuilder();
  const name = builder.string("xdp");
  const line = { insnOff: 8, fileNameOff: name, lineOff: 0, line: 5_000_000, column: 2000 };
  const tables = { funcInfo: [], lineInfo: [{ section: "xdp", records: [line] }], coreRelos: [] };
  const { bytes, insnOffsets } = writeBtfExt(tables, (text) => builder.string(text), "big");
  expect([bytes.length, insnOffsets]).toEqual([32 + 4 + 8 + 16, [44]]);
  const { lineInfo } = readBtfExt(bytes, builder.build("big"));
  expect(lineInfo[0]!.records).toEqual([{ ...line, line: 0x3f_ffff, column: 1023 }]);
});

test.skipIf(corpusMissing !== "")(`broken .BTF.ext is refused or read, never worse${corpusMissing}`, () => {
  const count = fuzz(fuzzRounds(1000), (random) => {
    const { btf, ext } = random.pick(samples);
    const bytes = ext.slice();
    for (let n = random.between(1, 4); n > 0; n--) {
      const end = random.below(2) === 0 ? Math.min(bytes.length, 48) : bytes.length;
      bytes[random.below(end)] = random.pick([0, 1, 0x7f, 0x80, 0xff, random.below(256)]);
    }
    readBtfExt(random.below(8) === 0 ? bytes.subarray(0, random.below(bytes.length)) : bytes, readBtf(btf));
  });
  expect(Math.min(count.refused, count.accepted)).toBeGreaterThan(0);
});
