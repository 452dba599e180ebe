/**
 * When a type of one BTF stands for a type of another: the three CO-RE rules (fields compatible, types compatible,
 * types match), from the loosest to the strictest. Qualifiers and typedefs never count.
 *
 * Source of truth: the rules of libbpf's `relo_core`, kernel 6.x.
 */
import { failure } from "../../diag/index.js";
import type { Btf } from "../btf.js";
import { essentialName } from "../names.js";
import { resolveType } from "../sizes.js";
import { BtfIntEncoding } from "../table.js";
import type { BtfComposite, BtfEnum, BtfEnum64, BtfFuncProto, BtfType } from "../types.js";

const maxDepth = 32;
/** Pairs of types looked at in one comparison: more is no C type, but an input made to take forever. */
const maxPairs = 200_000;

function isEnum(type: BtfType): type is BtfEnum | BtfEnum64 {
  return type.kind === "enum" || type.kind === "enum64";
}

/** Equal kinds; an ENUM and an ENUM64 are alike. */
export function coreKindsCompatible(local: BtfType, target: BtfType): boolean {
  return local.kind === target.kind || (isEnum(local) && isEnum(target));
}

function isComposite(type: BtfType): type is BtfComposite<"struct"> | BtfComposite<"union"> {
  return type.kind === "struct" || type.kind === "union";
}

function nameOf(type: BtfType): string {
  return "name" in type ? type.name : "";
}

/** Can a field of the target type be read where one of the local type was meant? */
export function coreFieldsCompatible(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  let mine = resolveType(local, localId).type;
  let theirs = resolveType(target, targetId).type;
  for (let depth = 0; depth < maxDepth; depth++) {
    if (isComposite(mine) && isComposite(theirs)) return true;
    if (!coreKindsCompatible(mine, theirs)) return false;
    switch (mine.kind) {
      case "ptr":
      case "float":
        return true;
      case "fwd":
      case "enum":
      case "enum64": {
        const name = nameOf(theirs);
        return mine.name === "" || name === "" || essentialName(mine.name) === essentialName(name);
      }
      case "int":
        return mine.offset === 0 && theirs.kind === "int" && theirs.offset === 0;
      case "array":
        if (theirs.kind !== "array") return false;
        theirs = resolveType(target, theirs.type).type;
        mine = resolveType(local, mine.type).type;
        break;
      default:
        return false;
    }
  }
  throw failure("btf-core-depth", { id: localId }, local.placeOf(localId));
}

class Matcher {
  readonly #local: Btf;
  readonly #target: Btf;
  readonly #rootId: number;
  #pairs = 0;

  constructor(local: Btf, target: Btf, rootId: number) {
    this.#local = local;
    this.#target = target;
    this.#rootId = rootId;
  }

  #resolve(localId: number, targetId: number, depth: number): readonly [BtfType, BtfType] {
    if (depth > maxDepth || ++this.#pairs > maxPairs) {
      throw failure("btf-core-depth", { id: this.#rootId }, this.#local.placeOf(this.#rootId));
    }
    return [resolveType(this.#local, localId).type, resolveType(this.#target, targetId).type];
  }

  compatible(localId: number, targetId: number, depth: number): boolean {
    const [mine, theirs] = this.#resolve(localId, targetId, depth);
    if (!coreKindsCompatible(mine, theirs)) return false;
    switch (mine.kind) {
      case "void":
      case "struct":
      case "union":
      case "enum":
      case "enum64":
      case "fwd":
        return true;
      case "int":
        return mine.offset === 0 && theirs.kind === "int" && theirs.offset === 0;
      case "ptr":
      case "array":
        return theirs.kind === mine.kind && this.compatible(mine.type, theirs.type, depth + 1);
      case "func_proto":
        return (
          theirs.kind === "func_proto" &&
          this.#prototypes(mine, theirs, (one, other) => this.compatible(one, other, depth + 1))
        );
      default:
        return false;
    }
  }

  #prototypes(mine: BtfFuncProto, theirs: BtfFuncProto, same: (mine: number, theirs: number) => boolean): boolean {
    if (mine.params.length !== theirs.params.length) return false;
    return mine.params.every(({ type }, i) => same(type, theirs.params[i]!.type)) && same(mine.type, theirs.type);
  }

  match(localId: number, targetId: number, behindPointer: boolean, depth: number): boolean {
    const [mine, theirs] = this.#resolve(localId, targetId, depth);
    if (essentialName(nameOf(mine)) !== essentialName(nameOf(theirs))) return false;
    const alike = mine.kind === theirs.kind;
    switch (mine.kind) {
      case "void":
        return alike;
      case "fwd":
        if (theirs.kind === "fwd") return mine.of === theirs.of;
        return behindPointer && theirs.kind === mine.of;
      case "enum":
      case "enum64":
        return isEnum(theirs) && this.#enums(mine, theirs);
      case "struct":
      case "union":
        if (behindPointer) return alike || (theirs.kind === "fwd" && theirs.of === mine.kind);
        return alike && isComposite(theirs) && this.#composites(mine, theirs, depth);
      case "int": {
        if (theirs.kind !== "int") return false;
        const sign = (mine.encoding ^ theirs.encoding) & BtfIntEncoding.BTF_INT_SIGNED;
        return mine.size === theirs.size && sign === 0;
      }
      case "ptr":
        return theirs.kind === "ptr" && this.match(mine.type, theirs.type, true, depth + 1);
      case "array":
        if (theirs.kind !== "array" || mine.nelems !== theirs.nelems) return false;
        return this.match(mine.type, theirs.type, behindPointer, depth + 1);
      case "func_proto":
        return (
          theirs.kind === "func_proto" &&
          this.#prototypes(mine, theirs, (one, other) => this.match(one, other, behindPointer, depth + 1))
        );
      default:
        return false;
    }
  }

  #enums(mine: BtfEnum | BtfEnum64, theirs: BtfEnum | BtfEnum64): boolean {
    if (mine.size !== theirs.size || mine.values.length > theirs.values.length) return false;
    const names = new Set(theirs.values.map(({ name }) => essentialName(name)));
    return mine.values.every(({ name }) => names.has(essentialName(name)));
  }

  #composites(mine: BtfComposite<string>, theirs: BtfComposite<string>, depth: number): boolean {
    if (mine.members.length > theirs.members.length) return false;
    const named = new Map<string, number[]>();
    for (const { name, type } of theirs.members) {
      const key = essentialName(name);
      const list = named.get(key);
      if (list === undefined) named.set(key, [type]);
      else list.push(type);
    }
    return mine.members.every(({ name, type }) =>
      (named.get(essentialName(name)) ?? []).some((other) => this.match(type, other, false, depth + 1)),
    );
  }
}

/**
 * Types compatible: used for "type exists", sizes and ids of types, and typed externs. Names are not looked at; structs
 * need only be structs; prototypes are compared argument by argument. Throws `btf-core-depth`.
 */
export function coreTypesCompatible(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  if (!coreKindsCompatible(local.type(localId), target.type(targetId))) return false;
  return new Matcher(local, target, localId).compatible(localId, targetId, 0);
}

/**
 * Types match: every local member and enumerator is in the target under its name with a type that matches; behind a
 * pointer only kind and name count. Throws `btf-core-depth`.
 */
export function coreTypesMatch(local: Btf, localId: number, target: Btf, targetId: number): boolean {
  return new Matcher(local, target, localId).match(localId, targetId, false, 0);
}
