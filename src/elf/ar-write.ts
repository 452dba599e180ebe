/**
 * GNU archives, written: the same members make the same bytes, and the bytes that `ar rcsD` and `llvm-ar rcsD` make.
 *
 * Dates and owners are 0 and modes 644, as in the deterministic mode of both.
 */
import { ByteWriter, encodeUtf8 } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { arHeaderSize, arMagic, thinMagic } from "./ar.js";
import { readElf } from "./read.js";
import { SectionHeaderType, SHN_UNDEF, SymbolBind, SymbolKind } from "./table.js";
import { readSymbols } from "./tables.js";

export interface WriteArchiveOptions {
  /** Names files instead of holding their contents. */
  readonly thin?: boolean;
  /** Write the symbol index; true unless given. */
  readonly index?: boolean;
}

export interface NewArchiveMember {
  /** A file name, without folders; in a thin archive the path from the archive's folder. */
  readonly name: string;
  /** In a thin archive: the contents of that file, for their size and what they define. */
  readonly data: Uint8Array;
  /** What the index says the member defines. When absent, what `definedSymbols` finds in an ELF object. */
  readonly symbols?: readonly string[];
}

/** The names that an archive's index has for an ELF object: defined or common, not local. None for other files. */
export function definedSymbols(bytes: Uint8Array, options: { readonly file?: string | undefined } = {}): string[] {
  const isElf64 = bytes[0] === 0x7f && bytes[1] === 0x45 && bytes[2] === 0x4c && bytes[3] === 0x46 && bytes[4] === 2;
  if (!isElf64) return [];
  const file = readElf(bytes, options);
  const table = file.sections.find((section) => section.type === SectionHeaderType.SHT_SYMTAB);
  if (table === undefined) return [];
  const names: string[] = [];
  for (const { name, bind, type, shndx, reserved } of readSymbols(file, table)) {
    const isDefined = reserved || shndx !== SHN_UNDEF;
    const isNamed = type !== SymbolKind.STT_SECTION && type !== SymbolKind.STT_FILE;
    if (bind !== SymbolBind.STB_LOCAL && isDefined && isNamed) names.push(name);
  }
  return names;
}

/** Names up to this length stand in the header, with a slash behind them. */
const shortName = 15;

function header(name: string, size: number, mode: string | undefined): string {
  const who = mode === undefined ? "" : "0";
  // Padded by bytes: a name may have characters of several.
  const padding = " ".repeat(16 - encodeUtf8(name).length);
  const fields = [name + padding, who.padEnd(12), who.padEnd(6), who.padEnd(6), (mode ?? "").padEnd(8)];
  return `${fields.join("")}${String(size).padEnd(10)}\`\n`;
}

function checkName(name: string, thin: boolean): void {
  if (name !== "" && !(thin ? /[\n\0]/ : /[/\n\0]/).test(name)) return;
  throw failure("ar-write", {
    name: JSON.stringify(name),
    what: `its name is empty or holds a ${thin ? "" : "slash, "}line feed or NUL`,
  });
}

/** The index's offsets are 32-bit numbers, the size field of a header has ten digits. */
const sizeLimit = 2 ** 32 - 1;

/** Writes an archive of `members`, in their order, with an index where they define anything. */
export function writeArchive(members: readonly NewArchiveMember[], options: WriteArchiveOptions = {}): Uint8Array {
  const thin = options.thin ?? false;
  const longNames: string[] = [];
  let longLength = 0;
  const headerNames = members.map(({ name }) => {
    checkName(name, thin);
    const length = encodeUtf8(name).length;
    // Thin archives have all names in the table.
    if (length <= shortName && !thin) return `${name}/`;
    longNames.push(`${name}/\n`);
    longLength += length + 2;
    return `/${longLength - length - 2}`;
  });
  return writeMembers(members, headerNames, encodeUtf8(longNames.join("")), options);
}

function writeMembers(
  members: readonly NewArchiveMember[],
  headerNames: readonly string[],
  longNames: Uint8Array,
  { thin = false, index = true }: WriteArchiveOptions,
): Uint8Array {
  const even = (size: number): number => size + (size % 2);
  const symbols = members.map(({ name, data, symbols: given }) =>
    index ? (given ?? definedSymbols(data, { file: name })) : [],
  );
  members.forEach(({ name }, i) => {
    if (symbols[i]!.some((symbol) => symbol.includes("\0"))) {
      throw failure("ar-write", { name: JSON.stringify(name), what: "one of its symbols holds a NUL" });
    }
  });
  const count = symbols.reduce((sum, each) => sum + each.length, 0);
  const symbolNames = encodeUtf8(symbols.flatMap((each) => each.map((name) => `${name}\0`)).join(""));
  const indexSize = count === 0 ? 0 : even(4 + 4 * count + symbolNames.length);

  let end = arMagic.length;
  if (indexSize > 0) end += arHeaderSize + indexSize;
  if (longNames.length > 0) end += arHeaderSize + even(longNames.length);
  const offsets = members.map(({ name, data }) => {
    const offset = end;
    end += arHeaderSize + (thin ? 0 : even(data.length));
    if (end > sizeLimit) throw failure("ar-write", { name: JSON.stringify(name), what: "the archive reaches 4 GiB" });
    return offset;
  });

  const writer = new ByteWriter("big", end);
  const text = (what: string): void => writer.write(encodeUtf8(what));
  text(thin ? thinMagic : arMagic);
  if (indexSize > 0) {
    text(header("/", indexSize, "0"));
    writer.u32(count);
    symbols.forEach((each, i) => each.forEach(() => writer.u32(offsets[i]!)));
    writer.write(symbolNames);
    writer.align(2);
  }
  if (longNames.length > 0) {
    text(header("//", even(longNames.length), undefined));
    writer.write(longNames);
    if (longNames.length % 2 !== 0) writer.u8(0x0a);
  }
  members.forEach(({ data }, i) => {
    text(header(headerNames[i]!, data.length, "644"));
    if (thin) return;
    writer.write(data);
    if (data.length % 2 !== 0) writer.u8(0x0a);
  });
  return writer.bytes();
}
