/**
 * CO-RE relocations: what a record of .BTF.ext comes to on another kernel, as data. Patching instructions is the
 * loader's business.
 *
 * Source of truth: `enum bpf_core_relo_kind` of include/uapi/linux/bpf.h; the rules of libbpf's `relo_core`.
 */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { corePath, coreReloClass, matchCorePath, type CorePath } from "./core-access.js";
import { coreKindsCompatible, coreTypesCompatible, coreTypesMatch } from "./core-match.js";
import type { CoreRelo } from "../ext.js";
import { fieldNumber } from "./field.js";
import { resolveType, sizeOf } from "../sizes.js";
import { BtfIntEncoding, CoreReloKind, coreReloNames } from "../table.js";

/** One side of a relocation: the value, and what a load or store of the field has to look like. */
interface CoreValue {
  readonly value: bigint;
  /** Must the instruction hold this value before it is patched? */
  readonly validate: boolean;
  /** Byte offsets only: the size of the field (of its element, for an array), and its type. */
  readonly size: number;
  readonly typeId: number;
}

export interface CoreResult {
  readonly kind: number;
  /** What the compiler put into the instruction. */
  readonly original: bigint;
  /** Does `original` have to stand in the instruction? Not for bitfields and type ids. */
  readonly validate: boolean;
  /** What has to be there instead; meaningless when `poison` is set. */
  readonly value: bigint;
  /** There is no such field or enumerator on the target: the instruction must not be reached. */
  readonly poison: boolean;
  /** Bytes the load or store moves, before and after; 0 when it is no byte offset or a bitfield's. */
  readonly originalSize: number;
  readonly size: number;
  /** The sizes differ, and a wider or narrower access would give another number: a load or store must be poisoned. */
  readonly sizeMismatch: boolean;
  /** The place found in the target; undefined when there is none, and for ids of local types. */
  readonly target: CorePath | undefined;
}

const none: CoreValue = { value: 0n, validate: true, size: 0, typeId: 0 };

/** The element at the bottom of an array of arrays; the type itself otherwise. */
function elementOf(btf: Btf, id: number): number {
  let at = resolveType(btf, id);
  for (let depth = 0; at.type.kind === "array" && depth < 64; depth++) at = resolveType(btf, at.type.type);
  return at.id;
}

function fieldValue(kind: CoreReloKind, path: CorePath): CoreValue {
  const { btf, bitOffset } = path;
  const last = path.steps.at(-1)!;
  const holder = btf.type(last.typeId);
  const composite = holder.kind === "struct" || holder.kind === "union" ? holder : undefined;
  const member = last.name === undefined ? undefined : composite?.members[last.index];
  const { id: typeId, type } = resolveType(btf, member?.type ?? last.typeId);
  const width = member?.bitfieldSize ?? 0;
  const fail = (problem: string): never => {
    throw failure("btf-core-access", { access: path.indices.join(":"), problem }, btf.placeOf(path.rootId));
  };
  const { BPF_CORE_FIELD_BYTE_OFFSET, BPF_CORE_FIELD_BYTE_SIZE, BPF_CORE_FIELD_LSHIFT_U64 } = CoreReloKind;
  if (member === undefined && kind !== BPF_CORE_FIELD_BYTE_OFFSET && kind !== BPF_CORE_FIELD_BYTE_SIZE) {
    fail(`ends at an array element, where '${coreReloNames[kind]}' has no meaning`);
  }
  const isEnum = type.kind === "enum" || type.kind === "enum64";
  const isSigned = type.kind === "int" && (type.encoding & BtfIntEncoding.BTF_INT_SIGNED) !== 0;
  const signed = isSigned || (isEnum && type.signed);
  const value = fieldNumber(kind, { bitOffset, size: sizeOf(btf, typeId), width, signed }, btf.endian);
  if (value === undefined) return fail("is a bitfield that no load of up to 8 bytes can read");
  // What compilers put there for a bitfield need not be what libbpf finds.
  const depends = [BPF_CORE_FIELD_BYTE_OFFSET, BPF_CORE_FIELD_BYTE_SIZE, BPF_CORE_FIELD_LSHIFT_U64].some(
    (each) => each === kind,
  );
  const made = { ...none, value: BigInt(value), validate: width === 0 || !depends };
  if (kind !== BPF_CORE_FIELD_BYTE_OFFSET || width > 0) return made;
  return { ...made, size: sizeOf(btf, elementOf(btf, typeId)), typeId };
}

function typeValue(kind: number, { btf, rootId }: CorePath): CoreValue {
  switch (kind) {
    case CoreReloKind.BPF_CORE_TYPE_ID_TARGET:
      return { ...none, value: BigInt(rootId), validate: false };
    case CoreReloKind.BPF_CORE_TYPE_SIZE:
      return { ...none, value: BigInt(sizeOf(btf, rootId)) };
    default:
      return { ...none, value: 1n };
  }
}

function enumeratorValue({ btf, steps }: CorePath): CoreValue {
  const { typeId, index } = steps[0]!;
  const type = btf.type(typeId);
  const value = type.kind === "enum" || type.kind === "enum64" ? type.values[index]!.value : 0;
  return { ...none, value: BigInt(value) };
}

/** The value of a relocation where its field, type or enumerator is `path`; undefined asks for poison. */
function valueAt(kind: number, path: CorePath | undefined): CoreValue | undefined {
  switch (coreReloClass(kind)) {
    case "type":
      return path === undefined ? none : typeValue(kind, path);
    case "field":
      if (kind === CoreReloKind.BPF_CORE_FIELD_EXISTS) return { ...none, value: path === undefined ? 0n : 1n };
      return path === undefined ? undefined : fieldValue(kind as CoreReloKind, path);
    case "enumerator":
      if (kind === CoreReloKind.BPF_CORE_ENUMVAL_EXISTS) return { ...none, value: path === undefined ? 0n : 1n };
      return path === undefined ? undefined : enumeratorValue(path);
  }
}

/** Pointers and unsigned integers may be read with another width: the upper bits are zero. */
function widthMayChange(local: Btf, mine: CoreValue, target: Btf, theirs: CoreValue): boolean {
  const one = local.type(mine.typeId);
  const other = target.type(theirs.typeId);
  if (one.kind === "ptr" && other.kind === "ptr") return true;
  const signed = BtfIntEncoding.BTF_INT_SIGNED;
  return one.kind === "int" && other.kind === "int" && one.encoding !== signed && other.encoding !== signed;
}

/** The types of `target` that type `localId` can stand for: same name without flavours, same kind, ascending. */
export function coreCandidates(local: Btf, localId: number, target: Btf): number[] {
  const type = local.type(localId);
  const name = local.name(localId);
  if (name === "") return [];
  const all = [...target.findAll(name, undefined, true)];
  return all.filter((id) => coreKindsCompatible(type, target.type(id)));
}

function pathIn(local: CorePath, relo: CoreRelo, target: Btf, id: number): CorePath | undefined {
  if (coreReloClass(relo.kind) !== "type") return matchCorePath(local, target, id, relo.kind);
  const test = relo.kind === CoreReloKind.BPF_CORE_TYPE_MATCHES ? coreTypesMatch : coreTypesCompatible;
  if (!test(local.btf, relo.typeId, target, id)) return undefined;
  return { btf: target, rootId: id, steps: [], indices: [], bitOffset: 0 };
}

/**
 * What `relo`, a record of the object whose BTF is `local`, comes to on `target`. Bitfield shifts follow the byte order
 * of each BTF. Throws `btf-core-kind`, `btf-core-access` (a record that makes no sense), `btf-core-anonymous`,
 * `btf-core-ambiguous` (candidates of one name that disagree).
 */
export function resolveCoreRelo(local: Btf, relo: CoreRelo, target: Btf): CoreResult {
  const { kind, typeId } = relo;
  const mine = corePath(local, typeId, local.string(relo.accessStrOff, "a CO-RE access string"), kind);
  const idle = { kind, poison: false, originalSize: 0, size: 0, sizeMismatch: false, target: undefined };
  if (kind === CoreReloKind.BPF_CORE_TYPE_ID_LOCAL) {
    return { ...idle, original: BigInt(typeId), value: BigInt(typeId), validate: false };
  }
  if (local.name(typeId) === "") throw failure("btf-core-anonymous", { id: typeId }, local.placeOf(typeId));
  let found: CorePath | undefined;
  let theirs: CoreValue | undefined;
  for (const id of coreCandidates(local, typeId, target)) {
    const path = pathIn(mine, relo, target, id);
    if (path === undefined) continue;
    const value = valueAt(kind, path)!;
    if (found !== undefined && (path.bitOffset !== found.bitOffset || value.value !== theirs!.value)) {
      const facts = { name: local.name(typeId), first: found.rootId, second: id, relo: coreReloNames[kind]! };
      throw failure("btf-core-ambiguous", facts, target.placeOf(id));
    }
    found ??= path;
    theirs ??= value;
  }
  theirs ??= valueAt(kind, undefined);
  const original = valueAt(kind, mine)!;
  const base = { ...idle, original: original.value, validate: original.validate, target: found };
  if (theirs === undefined) return { ...base, value: 0n, poison: true, originalSize: original.size };
  const differ = original.size !== theirs.size;
  const sizeMismatch = differ && !widthMayChange(local, original, target, theirs);
  return { ...base, value: theirs.value, originalSize: original.size, size: theirs.size, sizeMismatch };
}
