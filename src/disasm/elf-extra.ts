/** Tables of an ELF file beside sections, symbols and relocations: groups, notes, the dynamic section, as plain data. */
import type { Diagnostic } from "../diag/index.js";
import {
  elfTable,
  linkedStrings,
  readDynamic,
  readGroup,
  readNotes,
  readSymbols,
  SectionHeaderType,
  type ElfFile,
  type ElfNote,
  type ElfSection,
} from "../elf/index.js";
import { tolerant } from "./tolerant.js";

export interface GroupFacts {
  readonly section: string;
  readonly index: number;
  readonly signature: string;
  readonly comdat: boolean;
  readonly members: readonly { readonly index: number; readonly name: string }[];
}

export interface NoteFacts extends ElfNote {
  /** What the owner calls the type, where it is known. */
  readonly typeName: string | undefined;
}

export interface NoteTableFacts {
  /** A section's name, or `segment 2`. */
  readonly part: string;
  /** In bytes. */
  readonly offset: number;
  readonly size: number;
  readonly notes: readonly NoteFacts[];
}

export interface DynamicFacts {
  readonly section: string;
  readonly offset: number;
  readonly entries: readonly {
    readonly tag: bigint;
    readonly tagName: string;
    readonly value: bigint;
    /** The string a value stands for. */
    readonly text: string | undefined;
  }[];
}

export interface ElfExtras {
  readonly groups: readonly GroupFacts[];
  readonly notes: readonly NoteTableFacts[];
  readonly dynamic: readonly DynamicFacts[];
}

const { SHT_GROUP, SHT_NOTE, SHT_DYNAMIC } = SectionHeaderType;
const { DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH } = elfTable.DynamicTag;
const named: readonly number[] = [DT_NEEDED, DT_SONAME, DT_RPATH, DT_RUNPATH];

function nameIn(table: Readonly<Record<string, number>>, value: number | bigint): string | undefined {
  return Object.entries(table).find(([, number]) => BigInt(number) === BigInt(value))?.[0];
}

function groupFacts(elf: ElfFile, section: ElfSection): GroupFacts {
  const { flags, members } = readGroup(elf, section);
  const table = elf.sections[section.link];
  const signature = table === undefined ? undefined : readSymbols(elf, table)[section.info];
  return {
    section: section.name,
    index: section.index,
    signature: signature?.name ?? "",
    comdat: (flags & elfTable.GRP_COMDAT) !== 0,
    members: members.map((index) => ({ index, name: elf.sections[index]!.name })),
  };
}

function withType(note: ElfNote): NoteFacts {
  const typeName = note.name === "GNU" ? nameIn(elfTable.GnuNoteType, note.type) : undefined;
  return { ...note, typeName };
}

function dynamicFacts(elf: ElfFile, section: ElfSection): DynamicFacts {
  const strings = linkedStrings(elf, section);
  const entries = readDynamic(elf, section).map(({ tag, val }) => {
    const at = Number(val);
    const end = named.includes(Number(tag)) && at < strings.data.length ? strings.data.indexOf(0, at) : -1;
    const text = end < 0 ? undefined : String.fromCharCode(...strings.data.subarray(at, Math.min(end, at + 4096)));
    const tagName = nameIn(elfTable.DynamicTag, tag)?.slice("DT_".length) ?? `0x${tag.toString(16)}`;
    return { tag, tagName, value: val, text };
  });
  return { section: section.name, offset: section.offset, entries };
}

/** The tables of `elf` that there are; what cannot be read goes to `problems`. */
export function elfExtras(elf: ElfFile, problems: Diagnostic[]): ElfExtras {
  const of = <Facts>(type: number, read: (section: ElfSection) => Facts): Facts[] =>
    elf.sections
      .filter((section) => section.type === type)
      .map((section) => tolerant(problems, () => read(section)))
      .filter((facts) => facts !== undefined);
  const notes = of(SHT_NOTE, (section) => ({
    part: section.name,
    offset: section.offset,
    size: section.size,
    notes: readNotes(elf, section).map(withType),
  }));
  // Notes of segments are those of sections, where there are sections.
  const segments = notes.length > 0 ? [] : elf.segments;
  for (const [number, segment] of segments.entries()) {
    if (segment.type !== elfTable.SegmentType.PT_NOTE) continue;
    const found = tolerant(problems, () => readNotes(elf, segment).map(withType));
    if (found === undefined) continue;
    notes.push({ part: `segment ${number}`, offset: segment.offset, size: segment.filesz, notes: found });
  }
  return {
    groups: of(SHT_GROUP, (section) => groupFacts(elf, section)),
    notes,
    dynamic: of(SHT_DYNAMIC, (section) => dynamicFacts(elf, section)),
  };
}
