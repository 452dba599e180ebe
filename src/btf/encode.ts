/** One type of the type section, from its record to its 32-bit words: the inverse of `decode.ts`. */
import { failure } from "../diag/index.js";
import { btfKindNumber, maxVlen } from "./table.js";
import type { BtfMember, BtfType } from "./types.js";

type Intern = (text: string) => number;

/** Refuses a number that its field of `bits` bits cannot hold. */
function fit(value: number, bits: number, what: string): number {
  const limit = 2 ** bits - 1;
  if (!Number.isInteger(value) || value < 0 || value > limit) throw failure("btf-too-large", { what, value, limit });
  return value;
}

const u32 = (value: number, what: string): number => fit(value, 32, what);

function enumerator(value: number, signed: boolean): number {
  const low = signed ? -0x8000_0000 : 0;
  const limit = signed ? 0x7fff_ffff : 0xffff_ffff;
  if (!Number.isInteger(value) || value < low || value > limit) {
    throw failure("btf-too-large", { what: "an enumerator", value, limit });
  }
  return value >>> 0;
}

function enumerator64(value: bigint, signed: boolean): bigint {
  const bits = BigInt.asUintN(64, value);
  if ((signed ? BigInt.asIntN(64, value) : bits) !== value) {
    const limit = signed ? 0x7fff_ffff_ffff_ffffn : 0xffff_ffff_ffff_ffffn;
    throw failure("btf-too-large", { what: "an enumerator", value, limit });
  }
  return bits;
}

function memberPlace(member: BtfMember, kindFlag: boolean): number {
  if (!kindFlag) {
    fit(member.bitfieldSize, 0, `the bitfield size of member ${member.name} of a struct without the kind flag`);
    return u32(member.offset, "the bit offset of a member");
  }
  return (
    (fit(member.bitfieldSize, 8, "the size of a bitfield") * 0x100_0000 +
      fit(member.offset, 24, "the bit offset of a member")) >>>
    0
  );
}

/** Appends the words of `type` to `out`; `intern` gives a string's offset. Throws `btf-too-large`. */
export function encodeType(type: BtfType, intern: Intern, out: number[]): void {
  const head = (name: string, kindFlag: boolean, vlen: number, third: number): void => {
    const kind = type.kind === "unknown" ? fit(type.number, 7, "a kind") : btfKindNumber(type.kind)!;
    const count = fit(vlen, 24, `the number of elements of ${type.kind} ${name}`);
    out.push(
      intern(name),
      ((kindFlag ? 0x8000_0000 : 0) | (kind << 24) | count) >>> 0,
      u32(third, "a size or a type id"),
    );
  };
  switch (type.kind) {
    case "void":
      throw failure("btf-wrong-kind", { what: "an added type", id: 0, kind: "void", expected: "any other kind" });
    case "int":
      head(type.name, false, 0, type.size);
      out.push(
        fit(type.encoding, 4, "the encoding of an integer") * 0x100_0000 +
          fit(type.offset, 8, "the offset of an integer") * 0x1_0000 +
          fit(type.bits, 8, "the width of an integer"),
      );
      break;
    case "ptr":
    case "volatile":
    case "const":
    case "restrict":
      head("", false, 0, type.type);
      break;
    case "array":
      head("", false, 0, 0);
      out.push(u32(type.type, "a type id"), u32(type.indexType, "a type id"), u32(type.nelems, "an array's length"));
      break;
    case "struct":
    case "union":
      head(type.name, type.kindFlag, type.members.length, type.size);
      for (const member of type.members) {
        out.push(intern(member.name), u32(member.type, "a type id"), memberPlace(member, type.kindFlag));
      }
      break;
    case "enum":
      head(type.name, type.signed, type.values.length, type.size);
      for (const { name, value } of type.values) out.push(intern(name), enumerator(value, type.signed));
      break;
    case "enum64":
      head(type.name, type.signed, type.values.length, type.size);
      for (const { name, value } of type.values) {
        const bits = enumerator64(value, type.signed);
        out.push(intern(name), Number(bits & 0xffff_ffffn), Number(bits >> 32n));
      }
      break;
    case "fwd":
      head(type.name, type.of === "union", 0, 0);
      break;
    case "typedef":
    case "float":
      head(type.name, false, 0, type.kind === "float" ? type.size : type.type);
      break;
    case "func":
      head(type.name, false, type.linkage, type.type);
      break;
    case "func_proto":
      head("", false, type.params.length, type.type);
      for (const param of type.params) out.push(intern(param.name), u32(param.type, "a type id"));
      break;
    case "var":
      head(type.name, false, 0, type.type);
      out.push(u32(type.linkage, "a linkage"));
      break;
    case "datasec":
      head(type.name, false, type.vars.length, type.size);
      for (const each of type.vars) {
        out.push(u32(each.type, "a type id"), u32(each.offset, "an offset"), u32(each.size, "a size"));
      }
      break;
    case "decl_tag":
      head(type.name, type.attribute, 0, type.type);
      out.push(type.componentIdx >>> 0);
      break;
    case "type_tag":
      head(type.name, type.attribute, 0, type.type);
      break;
    case "unknown":
      head(type.name, type.kindFlag, Math.min(type.vlen, maxVlen), type.sizeOrType);
      for (const word of type.words) out.push(u32(word, "a word of a type"));
      break;
  }
}
