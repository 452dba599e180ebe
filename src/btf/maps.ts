/**
 * Map definitions: the variables of the `.maps` data section. A definition is the type of its variable, a struct whose
 * members are pointers: to an array whose length is a number, or to the type of the key or the value.
 *
 * Source of truth: `__uint`, `__type`, `__array`, `__ulong` of libbpf's bpf_helpers.h and their meaning in libbpf.
 */
import { failure } from "../diag/index.js";
import type { Btf } from "./btf.js";
import { resolveType, sizeOf } from "./sizes.js";
import type { BtfMember, BtfStruct } from "./types.js";

export interface BtfMapDefinition {
  readonly name: string;
  /** Where the variable stands in `.maps`, and its size, in bytes. Compilers may leave the offset to a relocation. */
  readonly offset: number;
  readonly size: number;
  /** A map type's number. */
  readonly type: number;
  /** In bytes. */
  readonly keySize: number;
  readonly valueSize: number;
  /** 0 where the definition leaves it to the loader. */
  readonly maxEntries: number;
  readonly flags: number;
  readonly extra: bigint;
  readonly pinning: "none" | "by-name";
  readonly numaNode: number;
  /** 0 where only sizes are given. */
  readonly keyTypeId: number;
  readonly valueTypeId: number;
  /** The template of the maps that a map of maps holds. */
  readonly inner: BtfMapDefinition | undefined;
  /** Its initial contents are programs: an array of them stands in the definition. */
  readonly programs?: boolean;
  /** Where the array of initial contents starts, in bytes from the variable's start; undefined where there is none. */
  readonly valuesOffset?: number;
}

type Writable = { -readonly [Key in keyof BtfMapDefinition]: BtfMapDefinition[Key] };

const numbers: Readonly<Record<string, "type" | "keySize" | "valueSize" | "maxEntries" | "flags" | "numaNode">> = {
  type: "type",
  key_size: "keySize",
  value_size: "valueSize",
  max_entries: "maxEntries",
  map_flags: "flags",
  numa_node: "numaNode",
};

class DefinitionReader {
  readonly #btf: Btf;
  readonly #map: string;
  readonly #structId: number;

  constructor(btf: Btf, map: string, structId: number) {
    this.#btf = btf;
    this.#map = map;
    this.#structId = structId;
  }

  fail(member: string, problem: string): never {
    throw failure("btf-map-field", { map: this.#map, member, problem }, this.#btf.placeOf(this.#structId));
  }

  /** `__uint(name, n)`: the length of the array that the member points to. */
  number({ name, type }: BtfMember): number {
    const pointer = resolveType(this.#btf, type).type;
    if (pointer.kind !== "ptr") return this.fail(name, `is a ${pointer.kind}, not a pointer to an array`);
    const array = resolveType(this.#btf, pointer.type).type;
    if (array.kind !== "array") return this.fail(name, `points to a ${array.kind}, not to an array`);
    return array.nelems;
  }

  /** `__uint` or `__ulong`: there, the one value of an enumeration. */
  long(member: BtfMember): bigint {
    const { type } = resolveType(this.#btf, member.type);
    if (type.kind !== "enum" && type.kind !== "enum64") return BigInt(this.number(member));
    const value = type.values[0]?.value;
    if (type.values.length !== 1 || value === undefined) {
      return this.fail(member.name, "is an enumeration with more or less than one value");
    }
    return BigInt.asUintN(64, BigInt(value));
  }

  /** `__type(name, T)`: the type the member points to. */
  pointee({ name, type }: BtfMember): number {
    const pointer = resolveType(this.#btf, type).type;
    if (pointer.kind !== "ptr") return this.fail(name, `is a ${pointer.kind}, not a pointer to the type`);
    return pointer.type;
  }

  /** `__array(values, T)`: the type of what the slots point to; undefined for a function. */
  slots({ name, type }: BtfMember): { id: number; struct: BtfStruct } | undefined {
    const array = resolveType(this.#btf, type).type;
    if (array.kind !== "array") return this.fail(name, `is a ${array.kind}, not an array of pointers`);
    const pointer = resolveType(this.#btf, array.type).type;
    if (pointer.kind !== "ptr") return this.fail(name, `is an array of ${pointer.kind}, not of pointers`);
    const { id, type: target } = resolveType(this.#btf, pointer.type);
    if (target.kind === "func_proto") return undefined;
    if (target.kind !== "struct") return this.fail(name, `points to a ${target.kind}, not to a map or a function`);
    return { id, struct: target };
  }
}

function readDefinition(
  btf: Btf,
  name: string,
  place: { readonly offset: number; readonly size: number },
  found: { readonly id: number; readonly struct: BtfStruct },
  isInner: boolean,
): BtfMapDefinition {
  const reader = new DefinitionReader(btf, name, found.id);
  const map: Writable = {
    name,
    offset: place.offset,
    size: place.size,
    type: 0,
    keySize: 0,
    valueSize: 0,
    maxEntries: 0,
    flags: 0,
    extra: 0n,
    pinning: "none",
    numaNode: 0,
    keyTypeId: 0,
    valueTypeId: 0,
    inner: undefined,
  };
  const sized = (field: "keySize" | "valueSize", size: number, member: string): void => {
    if (map[field] !== 0 && map[field] !== size) {
      reader.fail(member, `gives ${size} bytes, but another member gives ${map[field]}`);
    }
    map[field] = size;
  };
  found.struct.members.forEach((member, i) => {
    const field = Object.hasOwn(numbers, member.name) ? numbers[member.name] : undefined;
    if (field === "keySize" || field === "valueSize") sized(field, reader.number(member), member.name);
    else if (field !== undefined) map[field] = reader.number(member);
    else if (member.name === "key" || member.name === "value") {
      const id = reader.pointee(member);
      map[`${member.name}TypeId`] = id;
      sized(`${member.name}Size`, sizeOf(btf, id), member.name);
    } else if (member.name === "map_extra") map.extra = reader.long(member);
    else if (member.name === "pinning") {
      const value = reader.number(member);
      if (value > 1) reader.fail(member.name, `is ${value}, but only 0 (none) and 1 (by name) are known`);
      if (isInner && value > 0) reader.fail(member.name, "cannot be in the template of an inner map");
      map.pinning = value === 1 ? "by-name" : "none";
    } else if (member.name === "values") {
      if (isInner) reader.fail(member.name, "cannot be in the template of an inner map");
      if (i + 1 < found.struct.members.length) reader.fail(member.name, "is not the last member");
      const template = reader.slots(member);
      sized("valueSize", 4, member.name);
      map.valuesOffset = member.offset / 8;
      if (template === undefined) map.programs = true;
      else {
        map.inner = readDefinition(btf, `${name}.inner`, { offset: 0, size: template.struct.size }, template, true);
      }
    } else {
      const known = [...Object.keys(numbers), "key", "value", "map_extra", "pinning", "values"].join(", ");
      throw failure("btf-map-member", { map: name, member: member.name, known }, btf.placeOf(found.id));
    }
  });
  if (map.type === 0) reader.fail("type", "is missing or 0");
  return map;
}

/** The map definitions of `btf`, in the order of the data section; none where it has no `.maps`. */
export function readMapDefinitions(btf: Btf): BtfMapDefinition[] {
  const id = btf.findByName(".maps", "datasec");
  const section = id === undefined ? undefined : btf.type(id);
  if (section?.kind !== "datasec") return [];
  return section.vars.map((place) => {
    const variable = btf.type(place.type);
    if (variable.kind !== "var") {
      const facts = { what: "an entry of .maps", id: place.type, kind: variable.kind, expected: "a variable" };
      throw failure("btf-wrong-kind", facts, btf.placeOf(id!));
    }
    const { id: structId, type } = resolveType(btf, variable.type);
    if (type.kind !== "struct") {
      const facts = { what: `map ${variable.name}`, id: structId, kind: type.kind, expected: "a struct" };
      throw failure("btf-wrong-kind", facts, btf.placeOf(place.type));
    }
    return readDefinition(btf, variable.name, place, { id: structId, struct: type }, false);
  });
}
