/** An input read as libbpf's linker reads it: which sections count, where variables stand. Source: docs/linker.md. */
import {
  BtfFuncLinkage,
  BtfKind,
  BtfVarLinkage,
  infoKind,
  infoVlen,
  readBtf,
  readBtfExtTables,
  type Btf,
} from "../../btf/index.js";
import {
  readElf,
  readSymbols,
  SectionHeaderType,
  SymbolKind,
  type ElfSection,
  type ElfSymbol,
} from "../../elf/index.js";
import { refusal, type Declared, type SourceFile, type SourceSection } from "./model.js";

const sht = SectionHeaderType;

/** Types whose sections are read; all others are refused. */
const known: ReadonlySet<number> = new Set([sht.SHT_PROGBITS, sht.SHT_NOBITS, sht.SHT_REL, sht.SHT_SYMTAB]);

const isDwarf = (name: string): boolean => name.startsWith(".debug_");

/** Sections that are passed over, whatever is in them. */
function isIgnored({ name, type, size }: ElfSection): boolean {
  if (type === sht.SHT_STRTAB || type === sht.SHT_LLVM_ADDRSIG || isDwarf(name)) return true;
  if (type === sht.SHT_PROGBITS && size === 0 && name === ".text") return true;
  if (!name.startsWith(".rel")) return false;
  const of = name.slice(".rel".length);
  return isDwarf(of) || of === ".BTF" || of === ".BTF.ext";
}

/** Is the type at word `at` a variable or a function that other objects can see? */
export function isShared(words: Uint32Array, at: number): boolean {
  const info = words[at + 1]!;
  if (infoKind(info) === BtfKind.BTF_KIND_VAR) return words[at + 3] !== BtfVarLinkage.BTF_VAR_STATIC;
  return infoKind(info) === BtfKind.BTF_KIND_FUNC && infoVlen(info) !== BtfFuncLinkage.BTF_FUNC_STATIC;
}

/** The section's variables: the index of the first word of each entry. */
export function* entriesOf(btf: Btf, datasec: number): Generator<number> {
  const at = btf.starts[datasec - 1]!;
  for (let i = 0, n = infoVlen(btf.words[at + 1]!); i < n; i++) yield at + 3 + 3 * i;
}

function declarations(btf: Btf | undefined): Map<string, Declared> {
  const found = new Map<string, Declared>();
  const of = (name: string): Declared => {
    let declared = found.get(name);
    if (declared === undefined) found.set(name, (declared = { id: 0, datasec: 0, ambiguous: false }));
    return declared;
  };
  if (btf === undefined) return found;
  const { words, starts } = btf;
  for (let id = 1; id < btf.typeCount; id++) {
    const at = starts[id - 1]!;
    if (isShared(words, at)) {
      const declared = of(btf.name(id));
      if (declared.datasec === 0) declared.id = id;
    } else if (infoKind(words[at + 1]!) === BtfKind.BTF_KIND_DATASEC) {
      for (const entry of entriesOf(btf, id)) {
        const type = words[entry]!;
        if (type === 0 || type >= btf.typeCount || !isShared(words, starts[type - 1]!)) continue;
        const declared = of(btf.name(type));
        if (declared.datasec !== 0) continue;
        declared.ambiguous = declared.id !== 0 && declared.id !== type;
        declared.datasec = id;
        declared.id = type;
      }
    }
  }
  return found;
}

/** Finds the sections of the types' data sections, and makes those that the file does not have. */
function bindDatasecs(source: Omit<SourceFile, "variableOffsets">): Map<number, number> {
  const { btf, file, byName, sections, symbols } = source;
  const offsets = new Map<number, number>();
  if (btf === undefined) return offsets;
  const { words, starts } = btf;
  let places: Map<string, number> | undefined;
  for (let id = 1; id < btf.typeCount; id++) {
    if (infoKind(words[starts[id - 1]! + 1]!) !== BtfKind.BTF_KIND_DATASEC) continue;
    const name = btf.name(id);
    let section = byName.get(name);
    if (section === undefined) {
      // Declarations of no section: their definitions are in one.
      if (name === ".extern") continue;
      section = { name, elf: undefined, skipped: false, target: undefined, offset: 0, datasec: 0 };
      sections.push(section);
      byName.set(name, section);
    }
    section.datasec = id;
    for (const entry of entriesOf(btf, id)) {
      const type = words[entry]!;
      const at = type === 0 ? 0 : (starts[type - 1] ?? words.length);
      const isVariable = type !== 0 && infoKind(words[at + 1] ?? 0) === BtfKind.BTF_KIND_VAR;
      if (!isVariable || words[at + 3] !== BtfVarLinkage.BTF_VAR_GLOBAL_ALLOCATED) continue;
      places ??= placesOf(symbols);
      const place = places.get(`${section.elf?.index ?? 0} ${btf.name(type)}`);
      if (place === undefined) {
        throw refusal(file, `the types list variable ${btf.name(type)} in ${name}, where no symbol has its name`);
      }
      offsets.set(entry, place);
    }
  }
  return offsets;
}

function placesOf(symbols: readonly ElfSymbol[]): Map<string, number> {
  const places = new Map<string, number>();
  for (const { name, type, shndx, value } of symbols) {
    const key = `${shndx} ${name}`;
    if (type === SymbolKind.STT_OBJECT && !places.has(key)) places.set(key, Number(value));
  }
  return places;
}

/** Reads the object `bytes`. Throws BpfkitError on what is broken, and `link-compat` on what that linker refuses. */
export function readSource(file: string, bytes: Uint8Array): SourceFile {
  const elf = readElf(bytes, { file });
  const sections = elf.sections.map((section): SourceSection => {
    const { name, index, type } = section;
    const isTypes = type === sht.SHT_PROGBITS && (name === ".BTF" || name === ".BTF.ext");
    const skipped = index === 0 || isTypes || isIgnored(section);
    if (!skipped && !known.has(type)) {
      throw refusal(file, `section ${name} is of a type (${type}) that it does not know`, name);
    }
    return { name, elf: section, skipped, target: undefined, offset: 0, datasec: 0 };
  });
  const byName = new Map<string, SourceSection>();
  for (const section of sections.slice(1)) if (!byName.has(section.name)) byName.set(section.name, section);
  const table = elf.sections.find(({ type }) => type === sht.SHT_SYMTAB);
  if (table === undefined) throw refusal(file, "there is no symbol table");
  const { endian } = elf;
  // Of several the last counts.
  const types = sections.findLast(({ name, elf: of }) => name === ".BTF" && of?.type === sht.SHT_PROGBITS);
  const records = sections.findLast(({ name, elf: of }) => name === ".BTF.ext" && of?.type === sht.SHT_PROGBITS);
  const btf = types && readBtf(types.elf!.data, { file, section: ".BTF", endian });
  if (records !== undefined && btf === undefined) throw refusal(file, "there is .BTF.ext, but no .BTF", ".BTF.ext");
  const ext = btf && records && readBtfExtTables(records.elf!.data, btf, { file, section: ".BTF.ext", endian });
  const symbols = readSymbols(elf, table);
  const symbolMap = new Uint32Array(symbols.length);
  const declared = declarations(btf);
  const source = { file, elf, sections, byName, symtab: table.index, symbols, btf, ext, declared, symbolMap };
  return { ...source, variableOffsets: bindDatasecs(source) };
}
