/**
 * Reading .BTF.ext: what the instructions of a section are in the source. Three tables (functions, lines, CO-RE
 * relocations), each by ELF section. Record sizes are told by the file; what is behind the known fields is skipped.
 *
 * Source of truth: Documentation/bpf/btf.rst ("The .BTF.ext section"), include/uapi/linux/bpf.h.
 */
import { ByteReader, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import type { Btf } from "./btf.js";
import { detectEndian } from "./read.js";

/** Where a function starts: `insnOff` is bytes from the start of the section. */
export interface FuncInfo {
  readonly insnOff: number;
  /** Id of a `func`. */
  readonly typeId: number;
}

/** The source line of the instruction at `insnOff` and those behind it. */
export interface LineInfo {
  /** Bytes from the start of the section. */
  readonly insnOff: number;
  /** Offsets of strings of the .BTF. */
  readonly fileNameOff: number;
  readonly lineOff: number;
  /** From 1. */
  readonly line: number;
  readonly column: number;
}

/** A CO-RE relocation of the instruction at `insnOff`. */
export interface CoreRelo {
  /** Bytes from the start of the section. */
  readonly insnOff: number;
  readonly typeId: number;
  /** Offset of a string of the .BTF: the path inside the type, `0:1:2`. */
  readonly accessStrOff: number;
  /** A `CoreReloKind`. */
  readonly kind: number;
}

export interface BtfExtSection<Row> {
  /** The ELF section's name. */
  readonly section: string;
  readonly records: readonly Row[];
}

export interface BtfExt {
  readonly endian: Endian;
  readonly funcInfo: readonly BtfExtSection<FuncInfo>[];
  readonly lineInfo: readonly BtfExtSection<LineInfo>[];
  readonly coreRelos: readonly BtfExtSection<CoreRelo>[];
}

export interface ReadBtfExtOptions {
  /** Refuse the other byte order. */
  readonly endian?: Endian | undefined;
  readonly file?: string | undefined;
  readonly section?: string | undefined;
}

/** A table: its name in messages, the bytes of a record that are known, how to read one. */
interface Table<Row> {
  readonly what: string;
  readonly least: number;
  read(reader: ByteReader, at: number): Row;
}

const funcTable: Table<FuncInfo> = {
  what: "func_info",
  least: 8,
  read: (reader, at) => ({ insnOff: reader.u32(at), typeId: reader.u32(at + 4) }),
};

const lineTable: Table<LineInfo> = {
  what: "line_info",
  least: 16,
  read(reader, at) {
    const place = reader.u32(at + 12);
    return {
      insnOff: reader.u32(at),
      fileNameOff: reader.u32(at + 4),
      lineOff: reader.u32(at + 8),
      line: place >>> 10,
      column: place & 0x3ff,
    };
  },
};

const coreTable: Table<CoreRelo> = {
  what: "core_relo",
  least: 16,
  read: (reader, at) => ({
    insnOff: reader.u32(at),
    typeId: reader.u32(at + 4),
    accessStrOff: reader.u32(at + 8),
    kind: reader.u32(at + 12),
  }),
};

const headerSize = 24;
const headerSizeWithCore = 32;

/** The table at `start`: a record size, then per section its name, a count and that many records. */
function readTable<Row>(reader: ByteReader, btf: Btf, start: number, length: number, table: Table<Row>) {
  const sections: BtfExtSection<Row>[] = [];
  if (length === 0) return sections;
  const { what, least } = table;
  reader.need(start, length, what);
  const end = start + length;
  const bounded = new ByteReader(reader.bytes.subarray(0, end), reader.endian, reader.origin);
  const size = bounded.u32(start, `the record size of ${what}`);
  if (size < least || size % 4 !== 0) throw failure("btf-ext-record", { what, size, least }, reader.place(start));
  let at = start + 4;
  while (at < end) {
    const name = bounded.u32(at, `a section name of ${what}`);
    const count = bounded.u32(at + 4, `a count of ${what}`);
    at += 8;
    bounded.need(at, count * size, `${count} records of ${what}`);
    const records: Row[] = [];
    for (let i = 0; i < count; i++, at += size) records.push(table.read(bounded, at));
    sections.push({ section: btf.string(name, `a section name of ${what}`), records });
  }
  return sections;
}

/** Reads .BTF.ext; `btf` is the .BTF beside it. Type ids and line strings are checked when they are looked up there. */
export function readBtfExt(bytes: Uint8Array, btf: Btf, options: ReadBtfExtOptions = {}): BtfExt {
  const endian = detectEndian(bytes, options);
  const reader = new ByteReader(bytes, endian, { file: options.file, section: options.section });
  reader.need(0, headerSize, "the .BTF.ext header");
  const hdrLen = reader.u32(4);
  if (hdrLen < headerSize || hdrLen > reader.length) {
    const problem = `its length is ${hdrLen}, the blob has ${reader.length} bytes`;
    throw failure("btf-header", { problem }, reader.place(4));
  }
  const tableAt = <Row>(field: number, table: Table<Row>): BtfExtSection<Row>[] =>
    readTable(reader, btf, hdrLen + reader.u32(field), reader.u32(field + 4), table);
  return {
    endian,
    funcInfo: tableAt(8, funcTable),
    lineInfo: tableAt(16, lineTable),
    coreRelos: hdrLen >= headerSizeWithCore ? tableAt(24, coreTable) : [],
  };
}
