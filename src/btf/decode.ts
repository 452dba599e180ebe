/** One type of the type section, from its 32-bit words to its record. */
import { BtfKind, btfKinds, infoKind, infoKindFlag, infoVlen } from "./table.js";
import type { BtfEnumerator, BtfMember, BtfParam, BtfType, BtfVarSecinfo } from "./types.js";

type Names = (offset: number) => string;

function members(words: Uint32Array, at: number, vlen: number, kindFlag: boolean, name: Names): BtfMember[] {
  const list: BtfMember[] = [];
  for (let i = 0; i < vlen; i++, at += 3) {
    const place = words[at + 2]!;
    list.push({
      name: name(words[at]!),
      type: words[at + 1]!,
      offset: kindFlag ? place & 0xff_ffff : place,
      bitfieldSize: kindFlag ? place >>> 24 : 0,
    });
  }
  return list;
}

function enumerators(words: Uint32Array, at: number, vlen: number, signed: boolean, name: Names) {
  const list: BtfEnumerator<number>[] = [];
  for (let i = 0; i < vlen; i++, at += 2) {
    const value = words[at + 1]!;
    list.push({ name: name(words[at]!), value: signed ? value | 0 : value });
  }
  return list;
}

/** The value of an ENUM64 enumerator from its two halves. */
function enum64Value(low: number, high: number, signed: boolean): bigint {
  const value = (BigInt(high) << 32n) | BigInt(low);
  return signed ? BigInt.asIntN(64, value) : value;
}

function enumerators64(words: Uint32Array, at: number, vlen: number, signed: boolean, name: Names) {
  const list: BtfEnumerator<bigint>[] = [];
  for (let i = 0; i < vlen; i++, at += 3) {
    list.push({ name: name(words[at]!), value: enum64Value(words[at + 1]!, words[at + 2]!, signed) });
  }
  return list;
}

function params(words: Uint32Array, at: number, vlen: number, name: Names): BtfParam[] {
  const list: BtfParam[] = [];
  for (let i = 0; i < vlen; i++, at += 2) list.push({ name: name(words[at]!), type: words[at + 1]! });
  return list;
}

function secinfos(words: Uint32Array, at: number, vlen: number): BtfVarSecinfo[] {
  const list: BtfVarSecinfo[] = [];
  for (let i = 0; i < vlen; i++, at += 3) {
    list.push({ type: words[at]!, offset: words[at + 1]!, size: words[at + 2]! });
  }
  return list;
}

/** The record of the type whose words stand from `at` up to `end`; `name` gives the string at an offset. */
export function decodeType(words: Uint32Array, at: number, end: number, name: Names): BtfType {
  const own = name(words[at]!);
  const info = words[at + 1]!;
  const third = words[at + 2]!;
  const kind = infoKind(info);
  const vlen = infoVlen(info);
  const kindFlag = infoKindFlag(info);
  const rest = at + 3;
  switch (kind) {
    case BtfKind.BTF_KIND_INT: {
      const value = words[rest]!;
      const encoding = (value >>> 24) & 0xf;
      return { kind: "int", name: own, size: third, encoding, offset: (value >>> 16) & 0xff, bits: value & 0xff };
    }
    case BtfKind.BTF_KIND_PTR:
      return { kind: "ptr", type: third };
    case BtfKind.BTF_KIND_VOLATILE:
      return { kind: "volatile", type: third };
    case BtfKind.BTF_KIND_CONST:
      return { kind: "const", type: third };
    case BtfKind.BTF_KIND_RESTRICT:
      return { kind: "restrict", type: third };
    case BtfKind.BTF_KIND_ARRAY:
      return { kind: "array", type: words[rest]!, indexType: words[rest + 1]!, nelems: words[rest + 2]! };
    case BtfKind.BTF_KIND_STRUCT:
    case BtfKind.BTF_KIND_UNION:
      return {
        kind: kind === BtfKind.BTF_KIND_STRUCT ? "struct" : "union",
        name: own,
        size: third,
        kindFlag,
        members: members(words, rest, vlen, kindFlag, name),
      };
    case BtfKind.BTF_KIND_ENUM: {
      const values = enumerators(words, rest, vlen, kindFlag, name);
      return { kind: "enum", name: own, size: third, signed: kindFlag, values };
    }
    case BtfKind.BTF_KIND_ENUM64: {
      const values = enumerators64(words, rest, vlen, kindFlag, name);
      return { kind: "enum64", name: own, size: third, signed: kindFlag, values };
    }
    case BtfKind.BTF_KIND_FWD:
      return { kind: "fwd", name: own, of: kindFlag ? "union" : "struct" };
    case BtfKind.BTF_KIND_TYPEDEF:
      return { kind: "typedef", name: own, type: third };
    case BtfKind.BTF_KIND_FUNC:
      return { kind: "func", name: own, type: third, linkage: vlen };
    case BtfKind.BTF_KIND_FUNC_PROTO:
      return { kind: "func_proto", type: third, params: params(words, rest, vlen, name) };
    case BtfKind.BTF_KIND_VAR:
      return { kind: "var", name: own, type: third, linkage: words[rest]! };
    case BtfKind.BTF_KIND_DATASEC:
      return { kind: "datasec", name: own, size: third, vars: secinfos(words, rest, vlen) };
    case BtfKind.BTF_KIND_FLOAT:
      return { kind: "float", name: own, size: third };
    case BtfKind.BTF_KIND_DECL_TAG:
      return { kind: "decl_tag", name: own, type: third, componentIdx: words[rest]! | 0, attribute: kindFlag };
    case BtfKind.BTF_KIND_TYPE_TAG:
      return { kind: "type_tag", name: own, type: third, attribute: kindFlag };
    default: {
      const more = [...words.subarray(rest, end)];
      return { kind: "unknown", name: own, number: kind, kindFlag, vlen, sizeOrType: third, words: more };
    }
  }
}

/** The kind's name in the model, for messages. */
export function kindName(kind: number): string {
  return btfKinds[kind]?.name ?? `kind ${kind}`;
}
