/**
 * ELF to Object: sections, symbols and groups renumbered, relocation numbers turned into kinds, addends taken out of the fields.
 *
 * Source: docs/psabi.md. An unknown relocation number is an error with its section, offset and symbol.
 */
import { newWords, type ByteReader } from "../bytes/index.js";
import { significantOf } from "./addrsig.js";
import { BpfkitError, failure } from "../diag/index.js";
import {
  elfTable,
  readElf,
  readGroup,
  SectionHeaderFlag,
  SectionHeaderType,
  type ElfFile,
  type ElfSection,
} from "../elf/index.js";
import { originOf } from "./detect.js";
import type { RelocDialect } from "./dialects.js";
import { readRelocations } from "./read-relocations.js";
import { convertSymbols } from "./read-symbols.js";
import { readPlain, type PlainParts } from "./read-plain.js";
import { isKept, relocScene } from "./reloc-scene.js";
import { flagsOfBits } from "./section-flags.js";
import { objectOf, sectionOf } from "./lists.js";
import type {
  ObjectFile,
  ObjectSymbol,
  Relocation,
  RelocOrigin,
  Section,
  SectionFlags,
  SectionGroup,
  SectionType,
} from "./types.js";

const sht = SectionHeaderType;

/** Most sections have none. */
const none: readonly Relocation[] = [];

const linkOrder = BigInt(SectionHeaderFlag.SHF_LINK_ORDER);

const sectionTypes: ReadonlyMap<number, SectionType> = new Map<number, SectionType>([
  [sht.SHT_PROGBITS, "progbits"],
  [sht.SHT_NOBITS, "nobits"],
  [sht.SHT_NOTE, "note"],
  [sht.SHT_INIT_ARRAY, "init_array"],
  [sht.SHT_FINI_ARRAY, "fini_array"],
  [sht.SHT_PREINIT_ARRAY, "preinit_array"],
]);

interface KnownFlags {
  readonly flags: SectionFlags;
  /** `sh_link` names a section that this one accompanies. */
  readonly isLinked: boolean;
}

/** Flags by their bits: the sections of all files have few different ones. */
const knownFlags = new Map<bigint, KnownFlags>();

function flagsOf(bits: bigint): KnownFlags {
  let known = knownFlags.get(bits);
  if (known === undefined) {
    known = { flags: flagsOfBits(bits).flags, isLinked: (bits & linkOrder) !== 0n };
    if (knownFlags.size < 1024) knownFlags.set(bits, known);
  }
  return known;
}

/** What an Object was read from. */
interface Source {
  readonly bytes: Uint8Array;
  readonly file: string | undefined;
  readonly options: Omit<ReadOptions, "file">;
}

/** Where an Object and its origin have their source: not enumerable, so that a changed copy has none. */
const source = Symbol("source");

interface FromSource {
  readonly [source]?: Source;
}

/** The reason is found again when somebody asks: an Object does not keep all that was read. */
const lateReason = {
  enumerable: true,
  configurable: true,
  get(this: Required<FromSource>) {
    const { bytes, file, options } = this[source];
    const { without, dialect } = options;
    return originOf(relocScene(readElf(bytes, { file }), without), dialect).origin.reason;
  },
};

function lateOrigin(from: Source, { dialect, repaired }: PlainParts["origin"]): RelocOrigin {
  const origin = Object.defineProperty({ dialect, repaired }, source, { value: from });
  return Object.defineProperty(origin, "reason", lateReason) as RelocOrigin;
}

interface SceneParts extends Omit<PlainParts, "symbols" | "relocations"> {
  readonly symbols: ObjectSymbol[];
  readonly relocations: ReadonlyMap<number, Relocation[]>;
}

/** Symbols and relocations of any file: its dialect is found out by all of its relocations. */
export function readScene(
  elf: ElfFile,
  sectionNumbers: Int32Array,
  { without, dialect }: Omit<ReadOptions, "file">,
): SceneParts {
  const scene = relocScene(elf, without);
  const detection = originOf(scene, dialect);
  if (detection.problem !== undefined) throw new BpfkitError([detection.problem]);
  const withNobody = scene.records.some(({ sym }) => sym === 0);
  const { symbols, numbers } = convertSymbols(elf, scene.symtab, scene.symbols, sectionNumbers, withNobody);
  const relocations = readRelocations(scene, detection, numbers, withNobody ? 0 : -1);
  return { symbols, numbers, relocations, origin: detection.origin };
}

/** A number of the file header with its name, where it has one here. */
function withName(value: number, names: Readonly<Record<string, number>>): string {
  const name = Object.keys(names).find((each) => names[each] === value);
  return name === undefined ? String(value) : `${value} (${name})`;
}

/** Turns an ELF file into an Object. Throws BpfkitError on what is no relocatable BPF object. */
export function objectFromElf(elf: ElfFile, options: Omit<ReadOptions, "file"> = {}): ObjectFile {
  const at = (offset: number): ReturnType<ByteReader["place"]> => ({ kind: "binary", file: elf.file, offset });
  const { machine, type } = elf.header;
  // EM_NONE: LLVM before BPF had a machine number.
  if (machine !== elfTable.EM_BPF && machine !== elfTable.EM_NONE && machine !== elfTable.Machine.EM_SBF)
    throw failure("object-machine", { machine: withName(machine, elfTable.Machine) }, at(18));
  if (type !== elfTable.ElfType.ET_REL)
    throw failure("object-type", { type: withName(type, elfTable.ElfType) }, at(16));

  const sectionNumbers = newWords(elf.sections.length).fill(-1);
  const kept: ElfSection[] = [];
  const groupSections: ElfSection[] = [];
  for (const section of elf.sections) {
    if (isKept(section)) sectionNumbers[section.index] = kept.push(section) - 1;
    else if (section.type === sht.SHT_GROUP) groupSections.push(section);
  }
  const { dialect, without, keep } = options;
  const plain = dialect === undefined ? readPlain(elf, sectionNumbers, without, keep) : undefined;
  if (plain === undefined && keep !== undefined) {
    // The long way keeps much of what it reads.
    return readObject(new Uint8Array(elf.bytes), { file: elf.file, dialect, without });
  }
  const scene = plain === undefined ? readScene(elf, sectionNumbers, options) : undefined;
  const { numbers, origin } = (plain ?? scene)!;

  const groups: SectionGroup[] = [];
  const groupOf = groupSections.length === 0 ? undefined : newWords(elf.sections.length).fill(-1);
  for (const section of groupSections) {
    const { flags, members } = readGroup(elf, section);
    const signature = numbers[section.info] ?? -1;
    if (signature < 0) throw failure("object-group", { symbol: section.info }, at(section.offset));
    for (const member of members) groupOf![member] = groups.length;
    groups.push({ signature, comdat: (flags & elfTable.GRP_COMDAT) !== 0 });
  }

  const sections = kept.map((section): Section => {
    const { flags, isLinked } = flagsOf(section.flags);
    const made = {
      name: section.name,
      type: sectionTypes.get(section.type) ?? section.type,
      flags,
      align: Math.max(1, section.addralign),
      entsize: section.entsize,
      size: section.size,
      data: keep === undefined ? section.data : keep(section.data, section.name),
      group: groupOf?.[section.index] ?? -1,
      linkedTo: isLinked ? (sectionNumbers[section.link] ?? -1) : -1,
      relocations: scene?.relocations.get(section.index) ?? none,
    };
    const rows = plain?.relocations.get(section.index);
    return rows === undefined ? made : sectionOf(made, rows);
  });
  const from: Source | undefined = keep === undefined ? { bytes: elf.bytes, file: elf.file, options } : undefined;
  const rest = {
    file: elf.file ?? "<memory>",
    endian: elf.endian,
    flags: elf.header.flags,
    sections,
    groups,
    addressSignificant: significantOf(elf, numbers),
    origin: from === undefined ? undefined : lateOrigin(from, origin),
  };
  const object = plain === undefined ? { ...rest, symbols: scene!.symbols } : objectOf(rest, plain.symbols);
  return from === undefined ? object : Object.defineProperty(object, source, { value: from });
}

/** The bytes that `object` was read from; undefined for one that was made, or changed since (which is another object). */
export function fileOf(object: ObjectFile): Uint8Array | undefined {
  return (object as FromSource)[source]?.bytes;
}

export interface ReadOptions {
  /** The name for diagnostics. */
  readonly file?: string | undefined;
  /** The relocation dialect, where the one that would be found is wrong. */
  readonly dialect?: RelocDialect | undefined;
  /**
   * The bytes will change: makes of a section's data, and its name, what the Object keeps of it. Such an Object gives neither the file
   * nor its origin.
   */
  readonly keep?: ((data: Uint8Array, name: string) => Uint8Array) | undefined;
  /** Picks sections, by name, whose relocations are not read: a linker that drops DWARF has no use for them. */
  readonly without?: ((name: string) => boolean) | undefined;
}

/** Reads a relocatable BPF object, its relocations in the dialect it is in. */
export function readObject(bytes: Uint8Array, options: ReadOptions = {}): ObjectFile {
  return objectFromElf(readElf(bytes, { file: options.file }), options);
}
