/** Writing .BTF.ext: the inverse of `ext.ts`, with records of the sizes every kernel takes. */
import { ByteWriter, type Endian } from "../bytes/index.js";
import type { BtfExt, BtfExtSection, CoreRelo, FuncInfo, LineInfo } from "./ext.js";
import { btfMagic, btfVersion, packLineColumn } from "./table.js";

const headerSize = 32;

/** Where the tables of a written .BTF.ext stand: who writes relocations needs the places of the `insnOff` fields. */
export interface WrittenBtfExt {
  readonly bytes: Uint8Array;
  /** Byte offsets of the `insnOff` fields: of all functions, then of all lines, then of all CO-RE relocations. */
  readonly insnOffsets: readonly number[];
}

/**
 * The section .BTF.ext with the tables of `ext`. `stringOffset` gives the place of a section's name in the strings of the
 * .BTF beside it, as `BtfBuilder.string` does.
 */
export function writeBtfExt(
  ext: Omit<BtfExt, "endian">,
  stringOffset: (text: string) => number,
  endian: Endian,
): WrittenBtfExt {
  const out = new ByteWriter(endian);
  const insnOffsets: number[] = [];
  out.u16(btfMagic);
  out.u8(btfVersion);
  out.u8(0);
  out.u32(headerSize);
  // Offset and length of each table, known once they are written.
  const places = out.reserve(headerSize - 8);
  const table = <Row extends { readonly insnOff: number }>(
    number: number,
    sections: readonly BtfExtSection<Row>[],
    recordSize: number,
    write: (row: Row) => void,
  ): void => {
    const start = out.length;
    out.patchU32(places + 8 * number, start - headerSize);
    if (sections.length > 0) out.u32(recordSize);
    for (const { section, records } of sections) {
      out.u32(stringOffset(section));
      out.u32(records.length);
      for (const row of records) {
        insnOffsets.push(out.length);
        out.u32(row.insnOff);
        write(row);
      }
    }
    out.patchU32(places + 8 * number + 4, out.length - start);
  };
  table<FuncInfo>(0, ext.funcInfo, 8, ({ typeId }) => out.u32(typeId));
  table<LineInfo>(1, ext.lineInfo, 16, ({ fileNameOff, lineOff, line, column }) => {
    out.u32(fileNameOff);
    out.u32(lineOff);
    out.u32(packLineColumn(line, column));
  });
  table<CoreRelo>(2, ext.coreRelos, 16, ({ typeId, accessStrOff, kind }) => {
    out.u32(typeId);
    out.u32(accessStrOff);
    out.u32(kind);
  });
  return { bytes: out.bytes(), insnOffsets };
}
