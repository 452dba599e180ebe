/** Types as JSON: the facts and names of `bpftool -j btf dump`, one object a type. */
import type { Btf } from "../btf.js";
import { btfKindNumber } from "../table.js";
import type { BtfType } from "../types.js";

const linkages: Readonly<Record<number, string>> = { 0: "static", 1: "global", 2: "extern" };
const encodings: Readonly<Record<number, string>> = { 0: "(none)", 1: "SIGNED", 2: "CHAR", 4: "BOOL" };

const shown = (name: string): string => name || "(anon)";

function facts(btf: Btf, type: BtfType): object {
  switch (type.kind) {
    case "void":
      return {};
    case "int": {
      const { size, offset, bits, encoding } = type;
      return { size, bits_offset: offset, nr_bits: bits, encoding: encodings[encoding] ?? "UNKN" };
    }
    case "float":
      return { size: type.size };
    case "array":
      return { type_id: type.type, index_type_id: type.indexType, nr_elems: type.nelems };
    case "struct":
    case "union": {
      const members = type.members.map(({ name, type: id, offset, bitfieldSize }) => {
        const member = { name: shown(name), type_id: id, bits_offset: offset };
        return bitfieldSize > 0 ? { ...member, bitfield_size: bitfieldSize } : member;
      });
      return { size: type.size, vlen: members.length, members };
    }
    case "enum":
    case "enum64": {
      const values = type.values.map(({ name, value }) => ({ name: shown(name), val: value }));
      return { encoding: type.signed ? "SIGNED" : "UNSIGNED", size: type.size, vlen: values.length, values };
    }
    case "fwd":
      return { fwd_kind: type.of };
    case "func":
      return { type_id: type.type, linkage: linkages[type.linkage] ?? "(unknown)" };
    case "func_proto": {
      const params = type.params.map(({ name, type: id }) => ({ name: shown(name), type_id: id }));
      return { ret_type_id: type.type, vlen: params.length, params };
    }
    case "var":
      return { type_id: type.type, linkage: linkages[type.linkage] ?? "(unknown)" };
    case "datasec": {
      const vars = type.vars.map(({ type: id, offset, size }) => {
        const known = id < btf.typeCount ? btf.type(id) : undefined;
        const named = known?.kind === "var" || known?.kind === "func" ? { name: known.name } : {};
        return { type_id: id, offset, size, ...named };
      });
      return { size: type.size, vlen: vars.length, vars };
    }
    case "decl_tag":
      return { type_id: type.type, component_idx: type.componentIdx };
    case "unknown":
      return { kind_number: type.number, vlen: type.vlen, size_or_type_id: type.sizeOrType, words: type.words };
    default:
      return { type_id: type.type };
  }
}

/** One type as the object that `writeJson` prints. Values of 64 bits are bigints. */
export function jsonType(btf: Btf, id: number): object {
  const type = btf.type(id);
  const name = "name" in type ? type.name : "";
  const kind = btfKindNumber(type.kind) === undefined ? "UNKN" : type.kind.toUpperCase();
  return { id, kind, name: shown(name), ...facts(btf, type) };
}

/** Numbers of 64 bits stand in the JSON as they are, digit by digit: they come last in their object. */
function stringify(btf: Btf, id: number): string {
  const type = btf.type(id);
  if (type.kind !== "enum64") return JSON.stringify(jsonType(btf, id));
  const values = type.values.map(({ name, value }) => `{"name":${JSON.stringify(shown(name))},"val":${value}}`);
  return `${JSON.stringify({ ...jsonType(btf, id), values: [] }).slice(0, -2)}${values.join()}]}`;
}

/** Writes the types `ids` (all of the BTF's own unless given) as one JSON document, piece by piece. */
export function writeJson(btf: Btf, ids: readonly number[] | undefined, write: (text: string) => void): void {
  const count = ids?.length ?? btf.typeCount - btf.firstId;
  write('{"types":[');
  for (let i = 0; i < count; i++) write(`${i > 0 ? "," : ""}${stringify(btf, ids?.[i] ?? btf.firstId + i)}`);
  write("]}\n");
}
