/**
 * Long tables of files in which nothing is wrong, as the words that stand there: for who prints or counts them, which an object an
 * entry would cost several times as much. Whatever is out of the ordinary (big-endian files, extended section numbers, names beyond
 * ASCII, every fault) is read by tables.ts, which alone says what is wrong.
 */
import { readWords } from "../bytes/index.js";
import * as elf from "./table.js";
import type { ElfFile, ElfSection } from "./types.js";

const { SHT_STRTAB, SHT_SYMTAB, SHT_DYNSYM, SHT_REL } = elf.SectionHeaderType;
/** Names may overlap, but together cost at most this many times the table's bytes (strings.ts says the same). */
const overlapFactor = 16;

/** A little-endian symbol table: entry `i` has the words 6i to 6i + 5. */
export interface SymbolRows {
  readonly words: Uint32Array;
  readonly count: number;
  /** The string table; each name of it that is asked for is ASCII and ends there. */
  readonly strings: Uint8Array;
}

/** A little-endian table without addends of its own: entry `i` has the words 4i to 4i + 3. */
export interface RelocRows {
  readonly words: Uint32Array;
  readonly count: number;
  readonly symbols: SymbolRows;
}

/** Words of a symbol and of a relocation. */
export const symbolWords: number = elf.SYM_SIZE / 4;
export const relocWords: number = elf.REL_SIZE / 4;

/** The words of a table of `entry` bytes a row, if it is whole. */
function tableWords({ endian }: ElfFile, { data, entsize }: ElfSection, entry: number): Uint32Array | undefined {
  return endian === "little" && entsize === entry && data.length % entry === 0 ? readWords(data, "little") : undefined;
}

/** What names may still cost, by string table: several symbol tables may share one. */
const budgets = new WeakMap<Uint8Array, number>();
const known = new WeakMap<ElfSection, SymbolRows | null>();

/** The rows of a symbol table in which all is plain, else undefined. */
export function symbolRows(file: ElfFile, section: ElfSection): SymbolRows | undefined {
  let rows = known.get(section);
  if (rows === undefined) {
    rows = plainSymbols(file, section) ?? null;
    known.set(section, rows);
  }
  return rows ?? undefined;
}

function plainSymbols(file: ElfFile, section: ElfSection): SymbolRows | undefined {
  const words = tableWords(file, section, elf.SYM_SIZE);
  const table = file.sections[section.link];
  if (words === undefined || table?.type !== SHT_STRTAB) return undefined;
  const strings = table.data;
  if (strings.length === 0 || strings.at(-1) !== 0) return undefined;
  const sections = file.sections.length;
  let budget = budgets.get(strings) ?? overlapFactor * strings.length;
  for (let at = 0; at < words.length; at += symbolWords) {
    const shndx = words[at + 1]! >>> 16;
    if (shndx === elf.SHN_XINDEX || (shndx < elf.SHN_LORESERVE && shndx >= sections)) return undefined;
    let name = words[at]!;
    if (name >= strings.length) return undefined;
    const start = name;
    for (let byte = strings[name]!; byte !== 0; byte = strings[++name]!) if (byte >= 0x80) return undefined;
    budget -= name - start;
    if (budget < 0) return undefined;
  }
  budgets.set(strings, budget);
  return { words, count: words.length / symbolWords, strings };
}

/** The rows of a SHT_REL table in which all is plain and whose symbols are, else undefined. */
export function relocRows(file: ElfFile, section: ElfSection): RelocRows | undefined {
  const linked = file.sections[section.link];
  if (section.type !== SHT_REL || (linked?.type !== SHT_SYMTAB && linked?.type !== SHT_DYNSYM)) return undefined;
  const words = tableWords(file, section, elf.REL_SIZE);
  const symbols = symbolRows(file, linked);
  if (words === undefined || symbols === undefined) return undefined;
  for (let at = 0; at < words.length; at += relocWords) {
    // An offset beyond 2^32 is not where a section's bytes are.
    if (words[at + 1] !== 0 || words[at + 3]! >= symbols.count) return undefined;
  }
  return { words, count: words.length / relocWords, symbols };
}
