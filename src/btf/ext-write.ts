/** Writing .BTF.ext: the inverse of `ext.ts`, with records of the sizes every kernel takes. */
import { wordBytes, type Endian } from "../bytes/index.js";
import { extTables, extWidths, type BtfExt, type BtfExtSection, type BtfExtTables, type BtfExtWords } from "./ext.js";
import { btfMagic, btfVersion, packLineColumn } from "./table.js";

const headerSize = 32;

/** Where the tables of a written .BTF.ext stand: who writes relocations needs the places of the `insnOff` fields. */
export interface WrittenBtfExt {
  readonly bytes: Uint8Array;
  /** Byte offsets of the `insnOff` fields: of all functions, then of all lines, then of all CO-RE relocations. */
  readonly insnOffsets: readonly number[];
}

type Named = (text: string) => number;

/**
 * The section .BTF.ext with the tables of `ext`. `stringOffset` gives the place of a section's name in the strings of the
 * .BTF beside it, as `BtfBuilder.string` does.
 */
export function writeBtfExt(ext: Omit<BtfExt, "endian">, stringOffset: Named, endian: Endian): WrittenBtfExt {
  const flat = <Row>(
    tables: readonly BtfExtSection<Row>[],
    width: number,
    put: (row: Row, words: Uint32Array, at: number) => void,
  ): BtfExtWords[] =>
    tables.map(({ section, records }) => {
      const words = new Uint32Array(width * records.length);
      records.forEach((row, i) => put(row, words, width * i));
      return { section, words };
    });
  const funcInfo = flat(ext.funcInfo, extWidths.funcInfo, ({ insnOff, typeId }, words, at) => {
    words[at] = insnOff;
    words[at + 1] = typeId;
  });
  const lineInfo = flat(ext.lineInfo, extWidths.lineInfo, (row, words, at) => {
    words[at] = row.insnOff;
    words[at + 1] = row.fileNameOff;
    words[at + 2] = row.lineOff;
    words[at + 3] = packLineColumn(row.line, row.column);
  });
  const coreRelos = flat(ext.coreRelos, extWidths.coreRelos, (row, words, at) => {
    words[at] = row.insnOff;
    words[at + 1] = row.typeId;
    words[at + 2] = row.accessStrOff;
    words[at + 3] = row.kind;
  });
  return writeBtfExtTables({ funcInfo, lineInfo, coreRelos }, stringOffset, endian);
}

/**
 * Where the records of a .BTF.ext stand, by the lengths of what its tables hold, section by section; and how long it is. All in
 * words. The name and the count of a section stand before its records, the size of a record before the first section of a table.
 */
export function extPlaces(lengths: readonly (readonly number[])[]): {
  readonly places: readonly (readonly number[])[];
  readonly length: number;
} {
  let end = headerSize / 4;
  const places = lengths.map((table) => {
    if (table.length > 0) end += 1;
    return table.map((length) => {
      const at = end + 2;
      end = at + length;
      return at;
    });
  });
  return { places, length: end };
}

/**
 * The same of tables that are words already. Records that stand in `room` are moved there, and not at all where they are at their
 * places already: what is written is a part of it then.
 */
export function writeBtfExtTables(
  ext: BtfExtTables,
  stringOffset: Named,
  endian: Endian,
  room: Uint32Array = new Uint32Array(0),
): WrittenBtfExt {
  const { places, length } = extPlaces(extTables.map((table) => ext[table].map(({ words }) => words.length)));
  /** From where on the records of a table may be moved towards the start. */
  const standsIn = ({ buffer, byteOffset }: Uint32Array): number =>
    buffer === room.buffer ? (byteOffset - room.byteOffset) / 4 : length;
  const fits =
    length <= room.length &&
    extTables.every((table, t) => ext[table].every(({ words }, i) => standsIn(words) >= places[t]![i]!));
  const out = fits ? room.subarray(0, length) : new Uint32Array(length);
  out[0] = endian === "little" ? (btfVersion << 16) | btfMagic : ((btfMagic << 16) | (btfVersion << 8)) >>> 0;
  out[1] = headerSize;
  let end = headerSize / 4;
  for (const [t, table] of extTables.entries()) {
    const start = end;
    for (const [i, { section, words }] of ext[table].entries()) {
      const at = places[t]![i]!;
      if (i === 0) out[start] = 4 * extWidths[table];
      out[at - 2] = stringOffset(section);
      out[at - 1] = words.length / extWidths[table];
      if (!fits || standsIn(words) !== at) out.set(words, at);
      end = at + words.length;
    }
    out[2 + 2 * t] = 4 * start - headerSize;
    out[3 + 2 * t] = 4 * (end - start);
  }
  return {
    bytes: wordBytes(out, endian),
    // Linkers have very many records, and do not ask.
    get insnOffsets() {
      return extTables.flatMap((table, t) =>
        ext[table].flatMap(({ words }, i) =>
          Array.from(
            { length: words.length / extWidths[table] },
            (_, n) => 4 * (places[t]![i]! + n * extWidths[table]),
          ),
        ),
      );
    },
  };
}
