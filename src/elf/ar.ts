/**
 * `ar` archives, read: GNU (System V), BSD and thin ones, with their symbol index.
 *
 * Source: ar(5) of FreeBSD, the comments of binutils' `bfd/archive.c`, and what GNU ar and llvm-ar write.
 */
import { ByteReader, decodeUtf8 } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { bsdIndex, gnuIndex, type ArchiveSymbol } from "./ar-index.js";

export const arMagic = "!<arch>\n";
export const thinMagic = "!<thin>\n";
/** Bytes of a member header. */
export const arHeaderSize = 60;

export interface ArchiveMember {
  /** In a thin archive: the path of the file, relative to the archive's folder. */
  readonly name: string;
  /** Of the member's header in the archive, in bytes. */
  readonly offset: number;
  /** Seconds since 1970; 0 in deterministic archives. */
  readonly date: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Of the contents, in bytes. */
  readonly size: number;
  /** A view of the archive; undefined in a thin archive, whose members are files of their own. */
  readonly data: Uint8Array | undefined;
  /** In a thin archive: the file `name` is itself an archive, and this member's header stands at this offset of it. */
  readonly origin: number | undefined;
}

export interface Archive {
  readonly file: string | undefined;
  /** How long names and the index are stored. Archives that need neither count as GNU ones. */
  readonly flavour: "gnu" | "bsd";
  readonly thin: boolean;
  readonly members: readonly ArchiveMember[];
  /** Which member defines what, in the index's order; undefined where the archive has no index. */
  readonly symbols: readonly ArchiveSymbol[] | undefined;
}

/** Does the file start like an archive? */
export function isArchive(bytes: Uint8Array): boolean {
  if (bytes[0] !== arMagic.charCodeAt(0)) return false;
  const magic = String.fromCharCode(...bytes.subarray(0, 8));
  return magic === arMagic || magic === thinMagic;
}

interface Header {
  readonly name: string;
  readonly date: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly size: number;
}

function readArHeader(reader: ByteReader, at: number): Header {
  reader.need(at, arHeaderSize, "a member header");
  const text = String.fromCharCode(...reader.bytes.subarray(at, at + arHeaderSize));
  const bad = (what: string, found: string): Error =>
    failure("ar-header", { what, found: JSON.stringify(found) }, reader.place(at));
  if (text.slice(58) !== "`\n") throw bad("its end", text.slice(58));
  const number = (what: string, from: number, to: number, base: 8 | 10): number => {
    const digits = text.slice(from, to).trimEnd();
    // Special members leave out what they have no use for.
    if (digits === "" && what !== "its size") return 0;
    if (!(base === 8 ? /^[0-7]+$/ : /^[0-9]+$/).test(digits)) throw bad(what, digits);
    return Number.parseInt(digits, base);
  };
  return {
    name: text.slice(0, 16).trimEnd(),
    date: number("its date", 16, 28, 10),
    uid: number("its uid", 28, 34, 10),
    gid: number("its gid", 34, 40, 10),
    mode: number("its mode", 40, 48, 8),
    size: number("its size", 48, 58, 10),
  };
}

/** The contents of the member `//`: names by offset, each ending in a line feed (or NUL), GNU ones with a slash before it. */
class LongNames {
  readonly #data: Uint8Array;
  readonly #known = new Map<number, string>();
  /** Names may share tails, but not without measure: see StringTableReader. */
  #budget: number;

  constructor(data: Uint8Array) {
    this.#data = data;
    this.#budget = 16 * data.length + 0x1_0000;
  }

  at(offset: number): string | undefined {
    const known = this.#known.get(offset);
    if (known !== undefined) return known;
    let end = offset;
    while (end < this.#data.length && this.#data[end] !== 0x0a && this.#data[end] !== 0) end++;
    this.#budget -= end - offset;
    if (end >= this.#data.length || this.#budget < 0) return undefined;
    const name = decodeUtf8(this.#data.subarray(offset, end)).replace(/\/$/, "");
    this.#known.set(offset, name);
    return name;
  }
}

const bsdIndexNames = /^__\.SYMDEF(_64)?( SORTED)?$/;

/** Reads an archive. Member data are views of `bytes`. Throws BpfkitError on anything that is no archive. */
export function readArchive(bytes: Uint8Array, options: { readonly file?: string | undefined } = {}): Archive {
  const { file } = options;
  const reader = new ByteReader(bytes, "big", { file });
  if (!isArchive(bytes)) {
    const found = JSON.stringify(String.fromCharCode(...bytes.subarray(0, 8)));
    throw failure("ar-magic", { found }, reader.place(0));
  }
  const thin = bytes[2] === 0x74;
  let flavour: Archive["flavour"] = "gnu";
  let longNames: LongNames | undefined;
  let index: { readonly format: "/" | "/SYM64/" | "bsd" | "bsd64"; readonly data: Uint8Array } | undefined;
  const members: ArchiveMember[] = [];

  for (let at = arMagic.length; at < bytes.length;) {
    const header = readArHeader(reader, at);
    const raw = header.name;
    const isNames = raw === "//";
    const isIndex = raw === "/" || raw === "/SYM64/";
    const external = thin && !isNames && !isIndex;
    let start = at + arHeaderSize;
    const room = bytes.length - start;
    if (!external && header.size > room) {
      throw failure("ar-bounds", { name: raw, size: header.size, available: room }, reader.place(at));
    }
    const end = external ? start : start + header.size;
    const offset = at;
    // Contents start at even offsets; the last member's padding may be left out.
    at = end + (end % 2);

    if (isNames) {
      longNames ??= new LongNames(bytes.subarray(start, end));
      continue;
    }
    if (isIndex) {
      // Windows import libraries have a second index, in another format, behind the first.
      index ??= { format: raw, data: bytes.subarray(start, end) };
      continue;
    }

    let name = raw;
    let origin: number | undefined;
    // GNU ar forgets a slash at the field's end in thin archives, where the file name has 15 characters.
    const long = /^\/(\d+)(?::(\d+))?(?: *\/)?$/.exec(raw);
    const bsd = /^#1\/(\d+)$/.exec(raw);
    if (long !== null) {
      const found = longNames?.at(Number(long[1]));
      if (found === undefined) throw failure("ar-name", { found: raw }, reader.place(offset));
      name = found;
      if (long[2] !== undefined) origin = Number(long[2]);
    } else if (bsd !== null && !external) {
      flavour = "bsd";
      const length = Number(bsd[1]);
      if (length > header.size) throw failure("ar-name", { found: raw }, reader.place(offset));
      name = decodeUtf8(bytes.subarray(start, start + length)).replace(/\0+$/, "");
      start += length;
    } else {
      // GNU ar ends short names with a slash, BSD's does not.
      name = decodeUtf8(bytes.subarray(offset, offset + 16))
        .trimEnd()
        .replace(/\/$/, "");
    }

    const data = external ? undefined : bytes.subarray(start, end);
    const bsdKind = bsdIndexNames.exec(name);
    if (bsdKind !== null && data !== undefined) {
      flavour = "bsd";
      index ??= { format: bsdKind[1] === undefined ? "bsd" : "bsd64", data };
      continue;
    }
    const size = external ? header.size : end - start;
    members.push({ ...header, name, offset, size, data, origin });
  }

  const memberAt = new Map(members.map((member, number) => [member.offset, number]));
  const symbols =
    index &&
    (index.format === "/" || index.format === "/SYM64/"
      ? gnuIndex(index.data, index.format === "/" ? 4 : 8, memberAt, file)
      : bsdIndex(index.data, index.format === "bsd" ? 4 : 8, memberAt, file));
  return { file, flavour, thin, members, symbols };
}
