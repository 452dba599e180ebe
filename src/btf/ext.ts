/**
 * Reading .BTF.ext: what the instructions of a section are in the source. Three tables (functions, lines, CO-RE
 * relocations), each by ELF section. Record sizes are told by the file; what is behind the known fields is skipped.
 *
 * Source of truth: Documentation/bpf/btf.rst ("The .BTF.ext section"), include/uapi/linux/bpf.h.
 */
import { ByteReader, readWords, type Endian } from "../bytes/index.js";
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

/** The records of one ELF section as words, the known ones of each record one after the other. */
export interface BtfExtWords {
  /** The ELF section's name. */
  readonly section: string;
  /** `extWidths` of them a record. */
  readonly words: Uint32Array;
}

/** .BTF.ext as words, for who has very many records. */
export interface BtfExtTables {
  readonly funcInfo: readonly BtfExtWords[];
  readonly lineInfo: readonly BtfExtWords[];
  readonly coreRelos: readonly BtfExtWords[];
}

/** Words of a record, in the order of the fields in `FuncInfo`, `LineInfo` (line and column in one) and `CoreRelo`. */
export const extWidths = { funcInfo: 2, lineInfo: 4, coreRelos: 4 } as const;
/** The tables in the order in which they stand in the header and behind it. */
export const extTables = ["funcInfo", "lineInfo", "coreRelos"] as const;

const whats = { funcInfo: "func_info", lineInfo: "line_info", coreRelos: "core_relo" } as const;

const headerSize = 24;
const headerSizeWithCore = 32;

/** The table at `start`: a record size, then per section its name, a count and that many records. */
function readTable(reader: ByteReader, btf: Btf, start: number, length: number, table: keyof BtfExtTables) {
  const sections: BtfExtWords[] = [];
  if (length === 0) return sections;
  const what = whats[table];
  const width = extWidths[table];
  const least = 4 * width;
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
    const all = readWords(reader.bytes.subarray(at, at + count * size), reader.endian);
    sections.push({
      section: btf.string(name, `a section name of ${what}`),
      words: size === least ? all : known(all, size / 4, width),
    });
    at += count * size;
  }
  return sections;
}

/** The first `width` words of each record of `size` words. */
function known(all: Uint32Array, size: number, width: number): Uint32Array {
  const words = new Uint32Array((all.length / size) * width);
  for (let from = 0, to = 0; from < all.length; from += size, to += width) {
    words.set(all.subarray(from, from + width), to);
  }
  return words;
}

/** Reads the tables of .BTF.ext; `btf` is the .BTF beside it. Words can be views of `bytes`. */
export function readBtfExtTables(bytes: Uint8Array, btf: Btf, options: ReadBtfExtOptions = {}): BtfExtTables {
  const endian = detectEndian(bytes, options);
  const reader = new ByteReader(bytes, endian, { file: options.file, section: options.section });
  reader.need(0, headerSize, "the .BTF.ext header");
  const hdrLen = reader.u32(4);
  if (hdrLen < headerSize || hdrLen > reader.length) {
    const problem = `its length is ${hdrLen}, the blob has ${reader.length} bytes`;
    throw failure("btf-header", { problem }, reader.place(4));
  }
  const tableAt = (field: number, table: keyof BtfExtTables): BtfExtWords[] =>
    readTable(reader, btf, hdrLen + reader.u32(field), reader.u32(field + 4), table);
  return {
    funcInfo: tableAt(8, "funcInfo"),
    lineInfo: tableAt(16, "lineInfo"),
    coreRelos: hdrLen >= headerSizeWithCore ? tableAt(24, "coreRelos") : [],
  };
}

function records<Row>(words: Uint32Array, width: number, make: (at: number) => Row): Row[] {
  const rows: Row[] = [];
  for (let at = 0; at < words.length; at += width) rows.push(make(at));
  return rows;
}

/** The line records of one section. */
export function lineRecords({ words }: BtfExtWords): LineInfo[] {
  return records(words, extWidths.lineInfo, (at) => ({
    insnOff: words[at]!,
    fileNameOff: words[at + 1]!,
    lineOff: words[at + 2]!,
    line: words[at + 3]! >>> 10,
    column: words[at + 3]! & 0x3ff,
  }));
}

/** Reads .BTF.ext; `btf` is the .BTF beside it. Type ids and line strings are checked when they are looked up there. */
export function readBtfExt(bytes: Uint8Array, btf: Btf, options: ReadBtfExtOptions = {}): BtfExt {
  const tables = readBtfExtTables(bytes, btf, options);
  return {
    endian: detectEndian(bytes, options),
    funcInfo: tables.funcInfo.map(({ section, words }) => ({
      section,
      records: records(words, extWidths.funcInfo, (at) => ({ insnOff: words[at]!, typeId: words[at + 1]! })),
    })),
    lineInfo: tables.lineInfo.map((table) => ({ section: table.section, records: lineRecords(table) })),
    coreRelos: tables.coreRelos.map(({ section, words }) => ({
      section,
      records: records(words, extWidths.coreRelos, (at) => ({
        insnOff: words[at]!,
        typeId: words[at + 1]!,
        accessStrOff: words[at + 2]!,
        kind: words[at + 3]!,
      })),
    })),
  };
}
