/**
 * Numbers of an ELF file as readelf's words. Source: gABI chapters 4 and 5, elf.h; wording of GNU readelf.
 */
import { elfTable, ElfType, SectionHeaderType, SymbolBind, SymbolKind } from "../elf/index.js";
import { rowsOfType, type RelocDialect } from "../object/index.js";

const hex = (value: number): string => value.toString(16);

type Names = Readonly<Record<string, number>>;

/** The names in a table by number, for the tables that were asked. */
const namesByNumber = new Map<Names, ReadonlyMap<number, string>>();

function nameIn(table: Names, value: number, prefix: string): string | undefined {
  let names = namesByNumber.get(table);
  if (names === undefined) {
    // Of two names for a number the first counts.
    names = new Map(
      Object.entries(table)
        .toReversed()
        .map(([name, number]) => [number, name.slice(prefix.length)]),
    );
    namesByNumber.set(table, names);
  }
  return names.get(value);
}

const typeWords: Readonly<Record<number, string>> = {
  [ElfType.ET_NONE]: "NONE (None)",
  [ElfType.ET_REL]: "REL (Relocatable file)",
  [ElfType.ET_EXEC]: "EXEC (Executable file)",
  [ElfType.ET_DYN]: "DYN (Shared object file)",
  [ElfType.ET_CORE]: "CORE (Core file)",
};

export function typeName(type: number): string {
  return typeWords[type] ?? `<unknown>: ${hex(type)}`;
}

export function machineName(machine: number): string {
  if (machine === elfTable.EM_BPF) return "Linux BPF";
  return machine === elfTable.EM_NONE ? "None" : `<unknown>: 0x${hex(machine)}`;
}

const abiWords: Readonly<Record<number, string>> = { 0: "UNIX - System V", 3: "UNIX - GNU", 255: "Standalone App" };

export function abiName(osabi: number): string {
  return abiWords[osabi] ?? `<unknown: ${hex(osabi)}>`;
}

/** A number in one of the ranges that the gABI keeps for systems, processors and users. */
function ranged(value: number): string {
  if (value >= 0x8000_0000) return `LOUSER+0x${hex(value - 0x8000_0000)}`;
  if (value >= 0x7000_0000) return `LOPROC+0x${hex(value - 0x7000_0000)}`;
  return value >= 0x6000_0000 ? `LOOS+0x${hex(value - 0x6000_0000)}` : `<unknown>: 0x${hex(value)}`;
}

const extendedIndex = "SYMTAB SECTION INDICES";

export function sectionTypeName(type: number): string {
  if (type === SectionHeaderType.SHT_SYMTAB_SHNDX) return extendedIndex;
  return nameIn(SectionHeaderType, type, "SHT_") ?? ranged(type);
}

/** Letters and words of section flags, by bit. */
const flagNames: readonly (readonly [bigint, string, string])[] = [
  [0x1n, "W", "WRITE"],
  [0x2n, "A", "ALLOC"],
  [0x4n, "X", "EXEC"],
  [0x10n, "M", "MERGE"],
  [0x20n, "S", "STRINGS"],
  [0x40n, "I", "INFO LINK"],
  [0x80n, "L", "LINK ORDER"],
  [0x100n, "O", "OS NONCONF"],
  [0x200n, "G", "GROUP"],
  [0x400n, "T", "TLS"],
  [0x800n, "C", "COMPRESSED"],
  [0x20_0000n, "R", "GNU_RETAIN"],
  [0x8000_0000n, "E", "EXCLUDE"],
];
const systemFlags = 0x0ff0_0000n;
const processorFlags = 0xf000_0000n;

export function sectionFlagLetters(flags: bigint): string {
  let letters = "";
  let rest = flags;
  for (const [bit, letter] of flagNames) {
    if ((rest & bit) === 0n) continue;
    letters += letter;
    rest &= ~bit;
  }
  if ((rest & systemFlags) !== 0n) letters += "o";
  if ((rest & processorFlags) !== 0n) letters += "p";
  return (rest & ~(systemFlags | processorFlags)) === 0n ? letters : `${letters}x`;
}

/** The flags as words, those without a name as one number. */
export function sectionFlagWords(flags: bigint): string[] {
  const known = flagNames.filter(([bit]) => (flags & bit) !== 0n);
  const rest = known.reduce((left, [bit]) => left & ~bit, flags);
  return [...known.map(([, , word]) => word), ...(rest === 0n ? [] : [`UNKNOWN (${rest.toString(16)})`])];
}

export function segmentTypeName(type: number): string {
  return nameIn(elfTable.SegmentType, type, "PT_") ?? ranged(type);
}

export function bindName(bind: number): string {
  return nameIn(SymbolBind, bind, "STB_") ?? `<unknown>: ${bind}`;
}

export function kindName(type: number): string {
  return nameIn(SymbolKind, type, "STT_") ?? `<unknown>: ${type}`;
}

export function visibilityName(other: number): string {
  return (["DEFAULT", "INTERNAL", "HIDDEN", "PROTECTED"] as const)[other & 3]!;
}

export function homeName(shndx: number, reserved: boolean): string {
  if (shndx === elfTable.SHN_UNDEF) return "UND";
  if (!reserved) return String(shndx);
  if (shndx === elfTable.SHN_ABS) return "ABS";
  return shndx === elfTable.SHN_COMMON ? "COM" : `RSV[0x${hex(shndx)}]`;
}

/** The name of relocation number `type` in `dialect`, or undefined where the dialect has none. */
export function relocName(dialect: RelocDialect, type: number, inCode: boolean): string | undefined {
  const rows = rowsOfType(dialect, type);
  return (rows.find((row) => (row.in === "code") === inCode) ?? rows[0])?.name;
}
