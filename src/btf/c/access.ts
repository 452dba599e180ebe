/** Paths into C types, `se.load.weight` or `comm[3]`, as CO-RE records state them, and what stands there. */
import type { Endian } from "../../bytes/index.js";
import { coreReloClass } from "../core/core-access.js";
import { fieldNumber, type FieldShape } from "../core/field.js";
import { BtfIntEncoding, CoreReloKind } from "../table.js";
import { baseOf, cSize, type CMember, type CRecord, type CType } from "./types.js";

/** A member's name, or an index: of an array's element, or of a member. */
export type CStep = string | number;

export interface CAccess {
  /** The access string: indices between colons. */
  readonly text: string;
  /** What the relocated field of the instruction holds before a loader changes it; undefined for type ids. */
  readonly value: bigint | undefined;
}

/** Why there is no such path, and the names that would have gone on. */
export interface CNoAccess {
  readonly problem: string;
  readonly known: readonly string[];
}

function wrong(problem: string, known: readonly string[] = []): CNoAccess {
  return { problem, known };
}

interface Found {
  readonly indices: readonly number[];
  readonly member: CMember;
  readonly bits: number;
}

/** The member `name` of `record`, or of the unnamed records in it. */
function findMember(record: CRecord, name: string): Found | undefined {
  for (const [index, member] of (record.members ?? []).entries()) {
    if (member.name === name) return { indices: [index], member, bits: member.offset };
    if (member.name !== "") continue;
    const inner = baseOf(member.type);
    if (inner.kind !== "struct" && inner.kind !== "union") continue;
    const found = findMember(inner, name);
    if (found === undefined) continue;
    return { indices: [index, ...found.indices], member: found.member, bits: member.offset + found.bits };
  }
  return undefined;
}

function memberNames(record: CRecord): string[] {
  return (record.members ?? []).flatMap(({ name, type }) => {
    const inner = baseOf(type);
    const isOpen = name === "" && (inner.kind === "struct" || inner.kind === "union");
    return isOpen ? memberNames(inner) : name === "" ? [] : [name];
  });
}

interface Place {
  readonly indices: readonly number[];
  readonly type: CType;
  readonly member: CMember | undefined;
  readonly bits: number;
}

function walk(root: CType, steps: readonly CStep[]): Place | CNoAccess {
  const size = cSize(root);
  if (size === undefined) return wrong("starts at a type that has no body");
  const [first] = steps;
  const begins = typeof first === "number";
  const indices = [begins ? first : 0];
  let bits = 8 * size * indices[0]!;
  let type = root;
  let member: CMember | undefined;
  for (const step of begins ? steps.slice(1) : steps) {
    const base = baseOf(type);
    if (base.kind === "array") {
      if (typeof step !== "number") return wrong(`goes to \`${step}\` of an array: an index in brackets is missing`);
      const { of, count } = base;
      if ((count ?? 0) > 0 && step >= count!) return wrong(`asks for element ${step} of ${count!}`);
      indices.push(step);
      bits += 8 * (cSize(of) ?? 0) * step;
      [type, member] = [of, undefined];
    } else if (base.kind === "struct" || base.kind === "union") {
      const { members = [] } = base;
      const own = typeof step === "number" ? members[step] : undefined;
      const found =
        typeof step === "string" ? findMember(base, step) : own && { indices: [step], member: own, bits: own.offset };
      if (found === undefined) {
        const what = typeof step === "string" ? `goes to \`${step}\`, which` : `asks for member ${step}, which`;
        return wrong(`${what} \`${base.kind} ${base.name}\` does not have`, memberNames(base));
      }
      indices.push(...found.indices);
      bits += found.bits;
      ({ member } = found);
      ({ type } = member);
    } else {
      const through = base.kind === "ptr" ? ": a pointer is loaded first, and its target is another access" : "";
      return wrong(`goes on at \`${step}\` where there is no struct, union or array${through}`);
    }
  }
  return bits > 8 * 0xffff_ffff ? wrong("is more than 4 GiB away from the start") : { indices, type, member, bits };
}

function isSigned(type: CType): boolean {
  const base = baseOf(type);
  if (base.kind === "enum") return base.signed;
  return base.kind === "int" && (base.encoding & BtfIntEncoding.BTF_INT_SIGNED) !== 0;
}

/** What a CO-RE record of `kind` says about `steps` from `root`. */
export function cAccess(kind: CoreReloKind, root: CType, steps: readonly CStep[], endian: Endian): CAccess | CNoAccess {
  switch (coreReloClass(kind)) {
    case "type": {
      if (steps.length > 0 && !(steps.length === 1 && steps[0] === 0))
        return wrong("goes into a type, but the kind is about types themselves");
      const { BPF_CORE_TYPE_ID_LOCAL, BPF_CORE_TYPE_ID_TARGET, BPF_CORE_TYPE_SIZE } = CoreReloKind;
      if (kind === BPF_CORE_TYPE_ID_LOCAL || kind === BPF_CORE_TYPE_ID_TARGET) return { text: "0", value: undefined };
      if (kind !== BPF_CORE_TYPE_SIZE) return { text: "0", value: 1n };
      const size = cSize(root);
      return size === undefined ? wrong("starts at a type that has no body") : { text: "0", value: BigInt(size) };
    }
    case "enumerator": {
      const base = baseOf(root);
      if (base.kind !== "enum") return wrong("does not start at an enumeration");
      const values = base.values ?? [];
      const [step] = steps;
      const index = typeof step === "number" ? step : values.findIndex(({ name }) => name === step);
      const found = steps.length === 1 ? values[index] : undefined;
      if (found === undefined)
        return wrong(
          "names no enumerator of the type",
          values.map(({ name }) => name),
        );
      return { text: String(index), value: kind === CoreReloKind.BPF_CORE_ENUMVAL_EXISTS ? 1n : found.value };
    }
    case "field": {
      const place = walk(root, steps);
      if ("problem" in place) return place;
      const { indices, type, member, bits } = place;
      const size = cSize(type);
      if (size === undefined) return wrong("ends at a type that has no size");
      const shape: FieldShape = { bitOffset: bits, size, width: member?.width ?? 0, signed: isSigned(type) };
      const value = fieldNumber(kind, shape, endian);
      if (value === undefined) return wrong("ends at a bitfield that no load of up to 8 bytes can read");
      return { text: indices.join(":"), value: BigInt(value) };
    }
  }
}
