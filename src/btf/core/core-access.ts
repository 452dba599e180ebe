/**
 * CO-RE access strings: `0:2:1` from a type, as the named members and array elements it goes through, and the same
 * path looked up in another BTF by name.
 *
 * Source of truth: libbpf's documentation of CO-RE; the rules are those of `relo_core`.
 */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { coreFieldsCompatible } from "./core-match.js";
import { essentialName } from "../names.js";
import { resolveType, sizeOf } from "../sizes.js";
import { CoreReloKind, coreReloNames } from "../table.js";
import type { BtfStruct, BtfType, BtfUnion } from "../types.js";

/** No more steps than this, unnamed members included. */
const maxSteps = 64;

/** One step that means something to C: element `index` of an array, or member `index`, called `name`. */
export interface CoreStep {
  /** For a member, the struct or union that holds it; for an element, the element's type; for an enumerator, the enum. */
  readonly typeId: number;
  readonly index: number;
  /** Undefined for an array element. */
  readonly name: string | undefined;
}

/** A place inside a type, or the type itself, in one BTF. */
export interface CorePath {
  readonly btf: Btf;
  readonly rootId: number;
  readonly steps: readonly CoreStep[];
  /** Every index of the path, the unnamed members' included. */
  readonly indices: readonly number[];
  /** From the start of the root, in bits. */
  readonly bitOffset: number;
}

export type CoreReloClass = "field" | "type" | "enumerator";

/** What a relocation of `kind` is about. Throws `btf-core-kind` for a kind not known. */
export function coreReloClass(kind: number): CoreReloClass {
  if (kind >= coreReloNames.length) throw failure("btf-core-kind", { kind });
  if (kind <= CoreReloKind.BPF_CORE_FIELD_RSHIFT_U64) return "field";
  return kind === CoreReloKind.BPF_CORE_ENUMVAL_EXISTS || kind === CoreReloKind.BPF_CORE_ENUMVAL_VALUE
    ? "enumerator"
    : "type";
}

type Composite = BtfStruct | BtfUnion;

function composite(type: BtfType): Composite | undefined {
  return type.kind === "struct" || type.kind === "union" ? type : undefined;
}

/** An array of no elements that ends a struct may be indexed freely. */
function isFlexible(btf: Btf, holder: CoreStep | undefined, nelems: number): boolean {
  if (holder?.name === undefined || nelems > 0) return false;
  const struct = composite(btf.type(holder.typeId));
  return struct !== undefined && holder.index === struct.members.length - 1;
}

/** Parses an access string: indices between colons. Throws `btf-core-access`. */
export function parseCoreAccess(access: string): number[] {
  const indices = access.split(":").map(Number);
  if (!/^\d+(:\d+)*$/.test(access) || indices.some((index) => index > 0x7fff_ffff)) {
    throw failure("btf-core-access", { access, problem: "is not a list of indices between colons" });
  }
  if (indices.length > maxSteps)
    throw failure("btf-core-access", { access, problem: `has more than ${maxSteps} steps` });
  return indices;
}

function checkedOffset(bits: number): number {
  const limit = 8 * 0xffff_ffff;
  if (bits > limit) throw failure("btf-too-large", { what: "the bit offset of a field", value: bits, limit });
  return bits;
}

/** The path that `access` takes from type `rootId` of `btf`. Throws `btf-core-access` where there is no such path. */
export function corePath(btf: Btf, rootId: number, access: string, kind: number): CorePath {
  const fail = (problem: string): never => {
    throw failure("btf-core-access", { access, problem }, btf.placeOf(rootId));
  };
  const indices = parseCoreAccess(access);
  const about = coreReloClass(kind);
  if (about === "type") {
    if (access !== "0") fail("goes into a type where a type itself is meant");
    return { btf, rootId, steps: [], indices: [], bitOffset: 0 };
  }
  let { id, type } = resolveType(btf, rootId);
  const first = indices[0]!;
  if (about === "enumerator") {
    if (type.kind !== "enum" && type.kind !== "enum64") return fail(`starts from a ${type.kind}, not from an enum`);
    const name = type.values[first]?.name;
    if (name === undefined || indices.length > 1) fail("names no enumerator");
    return { btf, rootId, steps: [{ typeId: id, index: first, name }], indices, bitOffset: 0 };
  }
  const steps: CoreStep[] = [{ typeId: id, index: first, name: undefined }];
  let bitOffset = checkedOffset(first * sizeOf(btf, id) * 8);
  for (const index of indices.slice(1)) {
    ({ id, type } = resolveType(btf, id));
    const struct = composite(type);
    if (struct !== undefined) {
      const member = struct.members[index];
      if (member === undefined) return fail(`asks for member ${index} of ${struct.members.length}`);
      bitOffset += member.offset;
      if (member.name !== "") steps.push({ typeId: id, index, name: member.name });
      id = member.type;
    } else if (type.kind === "array") {
      if (!isFlexible(btf, steps.at(-1), type.nelems) && index >= type.nelems) {
        fail(`asks for element ${index} of ${type.nelems}`);
      }
      ({ id } = resolveType(btf, type.type));
      steps.push({ typeId: id, index, name: undefined });
      bitOffset = checkedOffset(bitOffset + index * sizeOf(btf, id) * 8);
    } else {
      fail(`goes into type [${id}] (${type.kind})`);
    }
  }
  return { btf, rootId, steps, indices, bitOffset };
}

interface Found {
  readonly step: CoreStep;
  readonly indices: readonly number[];
  readonly bits: number;
  /** Type of the member found. */
  readonly type: number;
}

/**
 * The member of `typeId`, or of the unnamed structs and unions in it, that has the name and a type compatible with the
 * member `local` stands for. `barren` holds the types known to have none.
 */
function findMember(
  local: CorePath,
  step: CoreStep,
  target: Btf,
  typeId: number,
  barren: Set<number>,
  depth = 0,
): Found | undefined {
  const { id, type } = resolveType(target, typeId);
  const struct = composite(type);
  if (struct === undefined || barren.has(id)) return undefined;
  if (depth > maxSteps) throw failure("btf-core-depth", { id: typeId }, target.placeOf(typeId));
  barren.add(id);
  const holder = composite(local.btf.type(step.typeId))!;
  for (const [index, member] of struct.members.entries()) {
    if (member.name === "") {
      const inner = findMember(local, step, target, member.type, barren, depth + 1);
      if (inner === undefined) continue;
      return { ...inner, indices: [index, ...inner.indices], bits: inner.bits + member.offset };
    }
    if (member.name !== step.name) continue;
    if (!coreFieldsCompatible(local.btf, holder.members[step.index]!.type, target, member.type)) return undefined;
    return { step: { typeId: id, index, name: member.name }, indices: [index], bits: member.offset, type: member.type };
  }
  return undefined;
}

function matchEnumerator(local: CorePath, target: Btf, rootId: number): CorePath | undefined {
  const { id, type } = resolveType(target, rootId);
  if (type.kind !== "enum" && type.kind !== "enum64") return undefined;
  const wanted = essentialName(local.steps[0]!.name!);
  const index = type.values.findIndex(({ name }) => essentialName(name) === wanted);
  if (index < 0) return undefined;
  const steps = [{ typeId: id, index, name: type.values[index]!.name }];
  return { btf: target, rootId, steps, indices: [index], bitOffset: 0 };
}

/** The path in `target` from type `rootId` that goes through the same names as `local`; undefined when there is none. */
export function matchCorePath(local: CorePath, target: Btf, rootId: number, kind: number): CorePath | undefined {
  if (coreReloClass(kind) === "enumerator") return matchEnumerator(local, target, rootId);
  const steps: CoreStep[] = [];
  const indices: number[] = [];
  let bitOffset = 0;
  let id = rootId;
  for (const [depth, step] of local.steps.entries()) {
    if (step.name !== undefined) {
      const found = findMember(local, step, target, id, new Set());
      if (found === undefined) return undefined;
      steps.push(found.step);
      indices.push(...found.indices);
      bitOffset = checkedOffset(bitOffset + found.bits);
      id = found.type;
    } else {
      const resolved = resolveType(target, id);
      id = resolved.id;
      if (depth > 0) {
        if (resolved.type.kind !== "array") return undefined;
        const { nelems, type } = resolved.type;
        if (!isFlexible(target, steps.at(-1), nelems) && step.index >= nelems) return undefined;
        ({ id } = resolveType(target, type));
      }
      steps.push({ typeId: id, index: step.index, name: undefined });
      indices.push(step.index);
      bitOffset = checkedOffset(bitOffset + step.index * sizeOf(target, id) * 8);
    }
    if (indices.length > maxSteps) {
      const problem = `takes more than ${maxSteps} steps in the target`;
      throw failure("btf-core-access", { access: local.indices.join(":"), problem }, target.placeOf(rootId));
    }
  }
  return { btf: target, rootId, steps, indices, bitOffset };
}
