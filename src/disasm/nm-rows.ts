/**
 * nm's usual table of an object in which all is plain, written from the rows of its symbol table (elf/rows.ts): letters and what is
 * listed are found out once a kind of symbol, by nm.ts. test/disasm/nm-rows.test.ts compares it with the facts.
 */
import { decodeUtf8 } from "../bytes/index.js";
import { BpfkitError } from "../diag/index.js";
import { ElfType, SectionHeaderType, symbolRows, symbolWords, type ElfFile, type ElfSection } from "../elf/index.js";
import { listableObject } from "./listable.js";
import { formatSymbols, type SymbolFormat } from "./nm-format.js";
import { listSymbols, type ListedSymbol } from "./nm.js";
import { endOf, flush, pieceSize, putShape, shapeOf, type LineShape, type Sink } from "./table-lines.js";
import { putHexBefore, TextBuffer } from "./text-buffer.js";

/** Files with fewer symbols are not worth it. */
const many = 500;
/** Numbers from here on are beyond 2^53. */
const tooLarge = 0x20_0000;

/** How symbols of a kind are listed. */
interface Kind {
  readonly shape: LineShape;
  /** Of common symbols the size is shown for the value. */
  readonly showsSize: boolean;
}

/** What `nm` lists of one symbol, the number `index` of its table. */
function listedOne(elf: ElfFile, symtab: ElfSection, index: number): ListedSymbol | undefined {
  const entry = 4 * symbolWords;
  const data = new Uint8Array(2 * entry);
  data.set(symtab.data.subarray(index * entry, (index + 1) * entry), entry);
  const sections = elf.sections.map((section) => (section === symtab ? { ...section, data } : section));
  const { object } = listableObject({ ...elf, sections }, { relocations: false });
  return listSymbols(object)[0];
}

function kindOf(symbol: ListedSymbol | undefined, chosen: (symbol: ListedSymbol) => boolean): Kind | undefined {
  if (symbol === undefined || !chosen(symbol)) return undefined;
  const line = (value: bigint): string => {
    const shown = { ...symbol, name: "", value: symbol.value === undefined ? undefined : value };
    return formatSymbols([shown]).slice(0, -1);
  };
  const shape = shapeOf(line(0n), line(1n), line(0n), line(0n));
  return { shape, showsSize: symbol.letter === "C" };
}

/**
 * What writes the symbols of `elf` that `chosen`, which does not look at names and numbers, accepts; undefined where that is to be done
 * by way of the facts.
 */
export function symbolListWriter(
  elf: ElfFile,
  { sort = "name", reverse = false }: Pick<SymbolFormat, "sort" | "reverse">,
  chosen: (symbol: ListedSymbol) => boolean,
): ((put: Sink) => void) | undefined {
  const symtab = elf.sections.find(({ type }) => type === SectionHeaderType.SHT_SYMTAB);
  if (symtab === undefined || elf.header.type !== ElfType.ET_REL || sort === "size" || sort === "address")
    return undefined;
  const rows = symbolRows(elf, symtab);
  if (rows === undefined || rows.count < many) return undefined;
  const { words, count, strings } = rows;
  const text = decodeUtf8(strings);
  if (text.length !== strings.length) return undefined;

  const kinds = new Map<number, Kind | undefined>();
  const names: string[] = [];
  const order: number[] = [];
  let local = true;
  for (let index = 1, at = symbolWords; index < count; index++, at += symbolWords) {
    const key = words[at + 1]!;
    // Locals that come late are listed first.
    if ((key & 0xf0) !== 0) local = false;
    else if (!local) return undefined;
    if (words[at + 3]! >= tooLarge || words[at + 5]! >= tooLarge) return undefined;
    const name = words[at]!;
    if (strings[name] === 0) continue;
    if (!kinds.has(key)) {
      try {
        kinds.set(key, kindOf(listedOne(elf, symtab, index), chosen));
      } catch (error) {
        if (!(error instanceof BpfkitError)) throw error;
        return undefined;
      }
    }
    if (kinds.get(key) === undefined) continue;
    names[index] = text.slice(name, text.indexOf("\0", name));
    order.push(index);
  }
  if (order.length === 0) return undefined;
  if (sort === "name") {
    order.sort((a, b) => {
      const left = names[a]!;
      const right = names[b]!;
      return left < right ? -1 : Number(left > right);
    });
  }
  if (reverse) order.reverse();
  return (put) => {
    const out = new TextBuffer(new Uint8Array(2 * pieceSize));
    for (const index of order) {
      const at = index * symbolWords;
      const { shape, showsSize } = kinds.get(words[at + 1]!)!;
      const start = putShape(out, shape, strings, words[at]!, endOf(strings, words[at]!));
      if (shape.first >= 0) {
        const number = showsSize ? at + 4 : at + 2;
        putHexBefore(out.bytes, start + shape.first, words[number]!);
        if (words[number + 1] !== 0) putHexBefore(out.bytes, start + shape.first - 8, words[number + 1]!);
      }
      if (out.length >= pieceSize) flush(out, put);
    }
    flush(out, put);
  };
}
