/**
 * The words of a legacy map definition behind the five that all loaders share. Nothing in the words says whose they are: BTF
 * names the members where the object has it, else the length tells.
 *
 * Source: samples/bpf/bpf_load.h (`bpf_load_map_def`), iproute2 include/bpf_elf.h (`bpf_elf_map`), whose first seven words
 * aya shares.
 */
import type { Btf } from "../btf/index.js";
import { MapType } from "../isa/index.js";

export interface LegacyWord {
  /** What the loader calls it; undefined where no loader is known to read it. */
  readonly name: string | undefined;
  readonly value: number;
}

const common = 5;
const samples = ["inner_map_idx", "numa_node"] as const;
const iproute2 = ["id", "pinning", "inner_id", "inner_idx"] as const;
const numaFlag = 1 << 2;

const isMapOfMaps = (type: number): boolean =>
  type === MapType.BPF_MAP_TYPE_ARRAY_OF_MAPS || type === MapType.BPF_MAP_TYPE_HASH_OF_MAPS;

/** The names of the members behind the fifth, if the type of variable `name` in `btf` is a struct of 32-bit words. */
function memberNames(btf: Btf, name: string, count: number): readonly string[] | undefined {
  const id = btf.findByName(name, "var");
  const variable = id === undefined ? undefined : btf.type(id);
  if (variable?.kind !== "var") return undefined;
  let type = btf.type(variable.type);
  // A chain longer than this goes in a circle.
  for (let i = 0; i < 16 && (type.kind === "typedef" || type.kind === "const" || type.kind === "volatile"); i++) {
    type = btf.type(type.type);
  }
  if (type.kind !== "struct" || type.members.length !== common + count) return undefined;
  if (type.members.some(({ offset, bitfieldSize }, i) => offset !== 32 * i || bitfieldSize !== 0)) return undefined;
  return type.members.slice(common).map((member) => member.name);
}

/** The names by the number of words; 28 bytes are told apart by what needs a word of bpf_load.h. */
function layoutNames(count: number, type: number, flags: number): readonly string[] {
  if (count === iproute2.length) return iproute2;
  if (count > samples.length || count === 0) return [];
  if (isMapOfMaps(type) || (flags & numaFlag) !== 0) return samples;
  return count === samples.length ? iproute2 : [];
}

/** `words`, those behind the fifth of the map `name`, with their names. */
export function legacyWords(
  btf: Btf | undefined,
  { name, type, flags }: { readonly name: string; readonly type: number; readonly flags: number },
  words: readonly number[],
): LegacyWord[] {
  const names = (btf && memberNames(btf, name, words.length)) ?? layoutNames(words.length, type, flags);
  return words.map((value, i) => ({ name: names[i], value }));
}

/** Where iproute2 pins a map: PIN_OBJECT_NS, PIN_GLOBAL_NS. */
const pinnings: Readonly<Record<number, string>> = { 1: "pinned for the object", 2: "pinned globally" };

/** The word called `name`. */
export function wordOf(words: readonly LegacyWord[], name: string): number | undefined {
  return words.find((word) => word.name === name)?.value;
}

/** What the words say, in words; zeros say nothing. `inner` is the map that `inner_id` or `inner_map_idx` means. */
export function legacyRemarks(words: readonly LegacyWord[], inner: string | undefined): string[] {
  const remarks: string[] = [];
  const unnamed: number[] = [];
  for (const { name, value } of words) {
    if (name === undefined) unnamed.push(value);
    else if (name === "pinning" && value !== 0) remarks.push(pinnings[value] ?? `pinning ${value}`);
    else if ((name === "inner_id" || name === "inner_map_idx") && inner !== undefined) remarks.push(`holds ${inner}`);
    // -1: in no map of maps.
    else if (name === "inner_idx" && value === 0xffff_ffff) continue;
    else if (value !== 0) remarks.push(`${name} ${value}`);
  }
  if (unnamed.some((value) => value !== 0)) remarks.push(`more words ${unnamed.join(" ")}`);
  return remarks;
}
