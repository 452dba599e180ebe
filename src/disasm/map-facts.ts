/** The maps of an Object: definitions in BTF, legacy definitions, and the data sections that loaders make maps of. */
import { cTypeNames, readMapDefinitions, type Btf, type BtfMapDefinition } from "../btf/index.js";
import type { Diagnostic } from "../diag/index.js";
import { abiName, MapType } from "../isa/index.js";
import { isMapSection, readLegacyMaps, type ObjectFile } from "../object/index.js";
import { legacyRemarks, legacyWords, wordOf, type LegacyWord } from "./legacy-words.js";
import { formatTable } from "./programs.js";
import { tolerant } from "./tolerant.js";

export interface MapFacts {
  readonly name: string;
  readonly section: string;
  /** How it is defined: by a type in `.BTF`, by 32-bit words, or as a section of variables. */
  readonly definition: "btf" | "legacy" | "data";
  /** In bytes from the section's start; undefined where no symbol says. */
  readonly offset: number | undefined;
  readonly type: number;
  /** `HASH`, `ARRAY`, … */
  readonly typeName: string;
  /** In bytes. */
  readonly keySize: number;
  readonly valueSize: number;
  /** 0 where the loader decides. */
  readonly maxEntries: number;
  readonly flags: number;
  readonly flagNames: readonly string[];
  readonly extra: bigint;
  readonly pinning: "none" | "by-name";
  readonly numaNode: number;
  /** The types' names, where BTF tells them. */
  readonly keyType: string | undefined;
  readonly valueType: string | undefined;
  /** The maps that a map of maps holds. */
  readonly inner: MapFacts | undefined;
  /** Legacy definitions: the words behind the fifth, under the names that their loader has for them. */
  readonly moreWords: readonly LegacyWord[];
  /** Legacy definitions of maps of maps: the name of the map they hold, where there is one. */
  readonly innerName: string | undefined;
}

/** Flags of `map_flags`. Source: include/uapi/linux/bpf.h. */
const mapFlags: Readonly<Record<string, number>> = {
  NO_PREALLOC: 1 << 0,
  NO_COMMON_LRU: 1 << 1,
  NUMA_NODE: 1 << 2,
  RDONLY: 1 << 3,
  WRONLY: 1 << 4,
  STACK_BUILD_ID: 1 << 5,
  ZERO_SEED: 1 << 6,
  RDONLY_PROG: 1 << 7,
  WRONLY_PROG: 1 << 8,
  CLONE: 1 << 9,
  MMAPABLE: 1 << 10,
  PRESERVE_ELEMS: 1 << 11,
  INNER_MAP: 1 << 12,
  LINK: 1 << 13,
  PATH_FD: 1 << 14,
  VTYPE_BTF_OBJ_FD: 1 << 15,
  TOKEN_FD: 1 << 16,
  SEGV_ON_FAULT: 1 << 17,
  NO_USER_CONV: 1 << 18,
  RB_OVERWRITE: 1 << 19,
};

function flagNames(flags: number): string[] {
  const names: string[] = [];
  let rest = flags;
  for (const [name, bit] of Object.entries(mapFlags)) {
    if ((flags & bit) === 0) continue;
    names.push(name);
    rest &= ~bit;
  }
  if (rest !== 0) names.push(`0x${(rest >>> 0).toString(16)}`);
  return names;
}

const typeName = (type: number): string => abiName(MapType, type).replace(/^BPF_MAP_TYPE_/, "");

/** Where each named symbol of a section stands. */
function symbolOffsets(object: ObjectFile, section: number): ReadonlyMap<string, number> {
  const offsets = new Map<string, number>();
  for (const { name, home, type } of object.symbols) {
    if (home.kind === "section" && home.section === section && type !== "section") offsets.set(name, home.offset);
  }
  return offsets;
}

const plain = {
  keyType: undefined,
  valueType: undefined,
  inner: undefined,
  innerName: undefined,
  moreWords: [],
  numaNode: 0,
} as const;

function fromBtf(
  definition: BtfMapDefinition,
  names: (id: number) => string | undefined,
  offset: number | undefined,
): MapFacts {
  const { name, type, keySize, valueSize, maxEntries, flags, extra, pinning, numaNode, inner } = definition;
  return {
    name,
    section: ".maps",
    definition: "btf",
    offset,
    type,
    typeName: typeName(type),
    keySize,
    valueSize,
    maxEntries,
    flags,
    flagNames: flagNames(flags),
    extra,
    pinning,
    numaNode,
    keyType: definition.keyTypeId === 0 ? undefined : names(definition.keyTypeId),
    valueType: definition.valueTypeId === 0 ? undefined : names(definition.valueTypeId),
    inner: inner === undefined ? undefined : fromBtf(inner, names, undefined),
    innerName: undefined,
    moreWords: [],
  };
}

/** Definitions longer than this many bytes are taken for something else; the rest is not shown. */
const longestLegacy = 4 * 16;

function legacyMaps(object: ObjectFile, number: number, btf: Btf | undefined, problems: Diagnostic[]): MapFacts[] {
  const { name: section, data } = object.sections[number]!;
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const found = readLegacyMaps(object, number);
  const more = found.map(({ offset, size, map }) => {
    const words: number[] = [];
    const end = Math.min(data.length, offset + Math.min(size, longestLegacy));
    for (let at = offset + 20; at + 4 <= end; at += 4) words.push(view.getUint32(at, object.endian === "little"));
    return tolerant(problems, () => legacyWords(btf, map, words)) ?? legacyWords(undefined, map, words);
  });
  return found.map(({ offset, map }, i) => {
    const { name, type, keySize, valueSize, maxEntries, flags, extra, pinning } = map;
    const words = more[i]!;
    const id = wordOf(words, "inner_id") ?? 0;
    const index = typeName(type).endsWith("_OF_MAPS") ? wordOf(words, "inner_map_idx") : undefined;
    const inner = id === 0 ? index : more.findIndex((each) => wordOf(each, "id") === id);
    const numbers = { type, keySize, valueSize, maxEntries, flags, extra, pinning };
    const named = { typeName: typeName(type), flagNames: flagNames(flags), moreWords: words };
    const innerName = inner === undefined ? undefined : found[inner]?.map.name;
    const node = wordOf(words, "numa_node") ?? 0;
    return { ...plain, name, section, definition: "legacy", offset, ...numbers, ...named, innerName, numaNode: node };
  });
}

/** `.data`, `.rodata.x`, `.bss`, `.kconfig`: each becomes an array of one element. */
const dataSection = /^\.(data|rodata|bss|kconfig)(\.|$)/;

/** The maps of `object`; `btf` are its types. What cannot be read goes to `problems`. */
export function mapFacts(object: ObjectFile, btf: Btf | undefined, problems: Diagnostic[]): MapFacts[] {
  const maps: MapFacts[] = [];
  const array = MapType.BPF_MAP_TYPE_ARRAY;
  object.sections.forEach((section, number) => {
    const { name, size, flags } = section;
    if (name === ".maps") {
      if (btf === undefined) return;
      const names = tolerant(problems, () => cTypeNames(btf));
      const offsets = symbolOffsets(object, number);
      const nameOf = (id: number): string | undefined => tolerant(problems, () => names?.(id));
      const found = tolerant(problems, () => readMapDefinitions(btf)) ?? [];
      for (const definition of found) maps.push(fromBtf(definition, nameOf, offsets.get(definition.name)));
    } else if (isMapSection(name)) {
      maps.push(...(tolerant(problems, () => legacyMaps(object, number, btf, problems)) ?? []));
    } else if (dataSection.test(name) && flags.alloc && size > 0) {
      const isConst = name.startsWith(".rodata") || name === ".kconfig";
      const bits = isConst ? mapFlags["RDONLY_PROG"]! : 0;
      const numbers = { type: array, keySize: 4, valueSize: size, maxEntries: 1, flags: bits, extra: 0n } as const;
      const words = { typeName: typeName(array), flagNames: flagNames(bits), pinning: "none" } as const;
      maps.push({ ...plain, name, section: name, definition: "data", offset: 0, ...numbers, ...words });
    }
  });
  return maps;
}

function sized(size: number, type: string | undefined): string {
  return type === undefined || type === "" ? String(size) : `${size} (${type})`;
}

function mapRow(map: MapFacts, name = map.name): string[] {
  const remarks = [...map.flagNames];
  if (map.extra !== 0n) remarks.push(`extra 0x${map.extra.toString(16)}`);
  if (map.pinning === "by-name") remarks.push("pinned by name");
  if (map.numaNode !== 0) remarks.push(`node ${map.numaNode}`);
  const others = map.moreWords.filter((word) => word.name !== "numa_node");
  remarks.push(...legacyRemarks(others, map.innerName));
  const entries = map.maxEntries === 0 ? "-" : String(map.maxEntries);
  const sizes = [sized(map.keySize, map.keyType), sized(map.valueSize, map.valueType)];
  return [name, map.section, map.definition, map.typeName, ...sizes, entries, remarks.join(", ")];
}

export function formatMaps(maps: readonly MapFacts[]): string {
  if (maps.length === 0) return "\nThere are no maps in this file.\n";
  const rows = maps.flatMap((map) => [
    mapRow(map),
    ...(map.inner === undefined ? [] : [mapRow(map.inner, `  ${map.inner.name}`)]),
  ]);
  const head = ["Map", "Section", "Defined by", "Type", "Key", "Value", "Entries", "Remarks"];
  return `\n${formatTable([head, ...rows])}`;
}
