/** The symbol index of an archive: which member defines which symbol. Formats of GNU ar (`/`, `/SYM64/`) and BSD ranlib. */
import { ByteReader, type Endian } from "../bytes/index.js";
import { failure, type BpfkitError } from "../diag/index.js";
import { StringTableReader } from "./strings.js";

export interface ArchiveSymbol {
  readonly name: string;
  /** Index into the archive's members. */
  readonly member: number;
}

/** Bytes of the offsets and counts of an index. */
type Width = 4 | 8;

function word(reader: ByteReader, at: number, width: Width): number {
  return width === 4 ? reader.u32(at) : reader.size(at);
}

function damaged(what: string, section: string, file: string | undefined): BpfkitError {
  return failure("ar-index", { what }, { kind: "binary", file, section, offset: 0 });
}

/** A count, that many offsets of member headers, that many strings; numbers in big endian. */
export function gnuIndex(
  data: Uint8Array,
  width: Width,
  memberAt: ReadonlyMap<number, number>,
  file: string | undefined,
): ArchiveSymbol[] {
  const section = width === 4 ? "/" : "/SYM64/";
  const reader = new ByteReader(data, "big", { file, section });
  const count = data.length < width ? 0 : word(reader, 0, width);
  const namesAt = width + count * width;
  if (namesAt > data.length) throw damaged(`it has ${data.length} bytes, too few for ${count} symbols`, section, file);
  const nameBytes = data.subarray(namesAt);
  const names = new StringTableReader(nameBytes, file);
  const symbols: ArchiveSymbol[] = [];
  let nameAt = 0;
  for (let i = 0; i < count; i++) {
    const offset = word(reader, width + i * width, width);
    const member = memberAt.get(offset);
    if (member === undefined) throw damaged(`symbol ${i} is of a member at ${offset}, where none is`, section, file);
    const name = names.at(nameAt);
    if (name === undefined) throw damaged(`symbol ${i} has no name`, section, file);
    symbols.push({ name, member });
    nameAt = nameBytes.indexOf(0, nameAt) + 1;
  }
  return symbols;
}

/** Size of the entries, entries (name offset, member offset), size of the names, names; numbers in the writer's byte order. */
export function bsdIndex(
  data: Uint8Array,
  width: Width,
  memberAt: ReadonlyMap<number, number>,
  file: string | undefined,
): ArchiveSymbol[] {
  const section = "__.SYMDEF";
  if (data.length === 0) return [];
  const fitting = (endian: Endian): ByteReader | undefined => {
    const reader = new ByteReader(data, endian, { file, section });
    // No size in the wrong byte order is this small: sizes are far below 2^24.
    const size = data.length < width ? Infinity : Number(width === 4 ? reader.u32(0) : reader.u64(0));
    return size % (2 * width) === 0 && size + 2 * width <= data.length ? reader : undefined;
  };
  const reader = fitting("little") ?? fitting("big");
  if (reader === undefined) throw damaged("its size is not that of its entries", section, file);
  const size = word(reader, 0, width);
  const namesAt = 2 * width + size;
  const namesSize = word(reader, width + size, width);
  if (namesSize > data.length - namesAt) throw damaged("its names are cut", section, file);
  const names = new StringTableReader(data.subarray(namesAt, namesAt + namesSize), file);
  const symbols: ArchiveSymbol[] = [];
  for (let at = width; at < width + size; at += 2 * width) {
    const name = names.at(word(reader, at, width));
    const offset = word(reader, at + width, width);
    const member = memberAt.get(offset);
    if (name === undefined) throw damaged(`symbol ${symbols.length} has no name`, section, file);
    if (member === undefined) {
      throw damaged(`symbol ${name} is of a member at ${offset}, where none is`, section, file);
    }
    symbols.push({ name, member });
  }
  return symbols;
}
