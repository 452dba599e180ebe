/** Map definitions written as types: the inverse of `maps.ts`, in the shapes that clang makes of bpf_helpers.h's macros. */
import { failure } from "../diag/index.js";
import type { BtfBuilder } from "./builder.js";
import type { BtfMapDefinition } from "./maps.js";
import { BtfIntEncoding, BtfVarLinkage } from "./table.js";
import type { BtfMember, BtfVarSecinfo } from "./types.js";

type Entry = readonly [name: string, type: number];

/** The type clang gives the index of every array. */
function indexOf(builder: BtfBuilder): number {
  return builder.intern({ kind: "int", name: "__ARRAY_SIZE_TYPE__", size: 4, encoding: 0, offset: 0, bits: 32 });
}

/** What stands for a number: a pointer to an array of that length. */
function numberType(builder: BtfBuilder, value: number): number {
  const encoding = BtfIntEncoding.BTF_INT_SIGNED;
  const type = builder.intern({ kind: "int", name: "int", size: 4, encoding, offset: 0, bits: 32 });
  const array = builder.intern({ kind: "array", type, indexType: indexOf(builder), nelems: value });
  return builder.intern({ kind: "ptr", type: array });
}

/** The members that are numbers, where they are not 0: before the key, and behind the value. */
function numbersBehind(map: BtfMapDefinition): (readonly [name: string, value: number])[] {
  const all: (readonly [name: string, value: number])[] = [
    ["max_entries", map.maxEntries],
    ["map_flags", map.flags],
    ["numa_node", map.numaNode],
    ["pinning", map.pinning === "by-name" ? 1 : 0],
  ];
  return all.filter(([, value]) => value !== 0);
}

/** Bytes of the variable that defines `map`; 8 for each member but the empty array of inner maps. */
export function mapVariableSize(map: BtfMapDefinition): number {
  const key = map.keyTypeId !== 0 || map.keySize !== 0 ? 1 : 0;
  const value = map.valueTypeId !== 0 || map.valueSize !== 0 ? 1 : 0;
  const extra = map.extra !== 0n ? 1 : 0;
  return 8 * (1 + key + value + numbersBehind(map).length + extra);
}

/** The struct that defines `map`; its members are pointers of 8 bytes. */
function structOf(builder: BtfBuilder, map: BtfMapDefinition): { id: number; size: number } {
  const entries: Entry[] = [["type", numberType(builder, map.type)]];
  const number = (name: string, value: number): void => {
    if (value !== 0) entries.push([name, numberType(builder, value)]);
  };
  if (map.keyTypeId !== 0) entries.push(["key", builder.intern({ kind: "ptr", type: map.keyTypeId })]);
  else number("key_size", map.keySize);
  if (map.valueTypeId !== 0) entries.push(["value", builder.intern({ kind: "ptr", type: map.valueTypeId })]);
  else number("value_size", map.valueSize);
  for (const [name, value] of numbersBehind(map)) number(name, value);
  if (map.extra >= 0n && map.extra <= 0xffff_ffffn) number("map_extra", Number(map.extra));
  else {
    const values = [{ name: `${map.name}_map_extra`, value: map.extra }];
    entries.push(["map_extra", builder.intern({ kind: "enum64", name: "", size: 8, signed: false, values })]);
  }
  if (map.inner !== undefined || map.programs === true) {
    const type =
      map.inner === undefined
        ? builder.intern({ kind: "func_proto", type: 0, params: [] })
        : structOf(builder, map.inner).id;
    const inner = builder.intern({ kind: "ptr", type });
    entries.push(["values", builder.intern({ kind: "array", type: inner, indexType: indexOf(builder), nelems: 0 })]);
  }
  const members = entries.map(([name, type], i): BtfMember => ({ name, type, offset: 64 * i, bitfieldSize: 0 }));
  const size = mapVariableSize(map);
  return { id: builder.intern({ kind: "struct", name: "", size, kindFlag: false, members }), size };
}

/**
 * Adds the variable of one map and returns its entry for the data section `.maps`, at `map.offset`. Its size is
 * `map.size` where that is enough, else what the members take. `keyTypeId` and `valueTypeId` are the builder's ids; where
 * they are 0 the sizes are written.
 */
export function addMapDefinition(builder: BtfBuilder, map: BtfMapDefinition): BtfVarSecinfo {
  const { id, size } = structOf(builder, map);
  const type = builder.add({ kind: "var", name: map.name, type: id, linkage: BtfVarLinkage.BTF_VAR_GLOBAL_ALLOCATED });
  return { type, offset: map.offset, size: Math.max(map.size, size) };
}

/** Adds all of `maps` and the data section `.maps`, whose id is the result. Throws `btf-map-overlap`. */
export function addMapSection(builder: BtfBuilder, maps: readonly BtfMapDefinition[]): number {
  const vars = maps.map((map) => addMapDefinition(builder, map)).toSorted((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, size } of vars) {
    if (offset < end) throw failure("btf-map-overlap", { offset, end });
    end = offset + size;
  }
  return builder.add({ kind: "datasec", name: ".maps", size: end, vars });
}
