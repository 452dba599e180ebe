/** Writing .BTF.ext: the inverse of `ext.ts`, with records of the sizes every kernel takes. */
import { ByteWriter, wordBytes, type Endian } from "../bytes/index.js";
import { extWidths, type BtfExt, type BtfExtSection, type BtfExtTables, type BtfExtWords } from "./ext.js";
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

/** The same of tables that are words already. */
export function writeBtfExtTables(ext: BtfExtTables, stringOffset: Named, endian: Endian): WrittenBtfExt {
  const out = new ByteWriter(endian, sizeOf(ext));
  // Where the records of a section start, with their size and count.
  const runs: { readonly at: number; readonly size: number; readonly count: number }[] = [];
  out.u16(btfMagic);
  out.u8(btfVersion);
  out.u8(0);
  out.u32(headerSize);
  // Offset and length of each table, known once they are written.
  const places = out.reserve(headerSize - 8);
  for (const [number, table] of (["funcInfo", "lineInfo", "coreRelos"] as const).entries()) {
    const start = out.length;
    const size = 4 * extWidths[table];
    out.patchU32(places + 8 * number, start - headerSize);
    if (ext[table].length > 0) out.u32(size);
    for (const { section, words } of ext[table]) {
      out.u32(stringOffset(section));
      out.u32(words.length / extWidths[table]);
      runs.push({ at: out.length, size, count: words.length / extWidths[table] });
      out.write(wordBytes(words, endian));
    }
    out.patchU32(places + 8 * number + 4, out.length - start);
  }
  return {
    bytes: out.bytes(),
    // Linkers have very many records, and do not ask.
    get insnOffsets() {
      return runs.flatMap(({ at, size, count }) => Array.from({ length: count }, (_, i) => at + size * i));
    },
  };
}

/** Bytes that the written tables take. */
function sizeOf({ funcInfo, lineInfo, coreRelos }: BtfExtTables): number {
  let size = headerSize;
  for (const tables of [funcInfo, lineInfo, coreRelos]) {
    size += 4;
    for (const { words } of tables) size += 8 + 4 * words.length;
  }
  return size;
}
