/** Types as lines of text, as `bpftool btf dump … format raw` prints them. */
import type { Btf } from "./btf.js";
import { BtfKind, btfKinds } from "./table.js";
import type { BtfType } from "./types.js";

const funcLinkages = ["static", "global", "extern"];
const varLinkages = ["static", "global", "extern"];
const encodings: Readonly<Record<number, string>> = { 0: "(none)", 1: "SIGNED", 2: "CHAR", 4: "BOOL" };

const quoted = (name: string): string => (name === "" ? "'(anon)'" : `'${name}'`);

const sign = (signed: boolean): string => (signed ? "SIGNED" : "UNSIGNED");

function details(btf: Btf, type: Exclude<BtfType, { kind: "void" }>): { head: string; rest: readonly string[] } {
  switch (type.kind) {
    case "int": {
      const encoding = encodings[type.encoding] ?? "UNKN";
      return {
        head: `size=${type.size} bits_offset=${type.offset} nr_bits=${type.bits} encoding=${encoding}`,
        rest: [],
      };
    }
    case "ptr":
    case "typedef":
    case "volatile":
    case "const":
    case "restrict":
    case "type_tag":
      return { head: `type_id=${type.type}`, rest: [] };
    case "array":
      return { head: `type_id=${type.type} index_type_id=${type.indexType} nr_elems=${type.nelems}`, rest: [] };
    case "struct":
    case "union": {
      const rest = type.members.map(({ name, type: id, offset, bitfieldSize }) => {
        const width = bitfieldSize > 0 ? ` bitfield_size=${bitfieldSize}` : "";
        return `${quoted(name)} type_id=${id} bits_offset=${offset}${width}`;
      });
      return { head: `size=${type.size} vlen=${rest.length}`, rest };
    }
    case "enum":
    case "enum64": {
      const suffix = type.kind === "enum64" ? (type.signed ? "LL" : "ULL") : "";
      const rest = type.values.map(({ name, value }) => `${quoted(name)} val=${value}${suffix}`);
      return { head: `encoding=${sign(type.signed)} size=${type.size} vlen=${rest.length}`, rest };
    }
    case "fwd":
      return { head: `fwd_kind=${type.of}`, rest: [] };
    case "func":
      return { head: `type_id=${type.type} linkage=${funcLinkages[type.linkage] ?? "(unknown)"}`, rest: [] };
    case "func_proto": {
      const rest = type.params.map(({ name, type: id }) => `${quoted(name)} type_id=${id}`);
      return { head: `ret_type_id=${type.type} vlen=${rest.length}`, rest };
    }
    case "var":
      return { head: `type_id=${type.type}, linkage=${varLinkages[type.linkage] ?? "(unknown)"}`, rest: [] };
    case "datasec": {
      const rest = type.vars.map(({ type: id, offset, size }) => {
        const kind = id < btf.typeCount ? btf.kind(id) : 0;
        const named = kind === BtfKind.BTF_KIND_VAR || kind === BtfKind.BTF_KIND_FUNC;
        const shown = named ? ` (${btfKinds[kind]!.name.toUpperCase()} '${btf.name(id)}')` : "";
        return `type_id=${id} offset=${offset} size=${size}${shown}`;
      });
      return { head: `size=${type.size} vlen=${rest.length}`, rest };
    }
    case "float":
      return { head: `size=${type.size}`, rest: [] };
    case "decl_tag":
      return { head: `type_id=${type.type} component_idx=${type.componentIdx}`, rest: [] };
    case "unknown":
      return { head: `kind=${type.number} vlen=${type.vlen} size_or_type_id=${type.sizeOrType}`, rest: [] };
  }
}

/** One type: its line and, behind a tab each, its members. No newline at the end. `type` is its record, where that is known. */
export function formatRawType(btf: Btf, id: number, type: BtfType = btf.type(id)): string {
  if (type.kind === "void") return "[0] VOID";
  const { head, rest } = details(btf, type);
  const lines = [`[${id}] ${type.kind.toUpperCase()} ${quoted("name" in type ? type.name : "")} ${head}`];
  for (const line of rest) lines.push(`\t${line}`);
  return lines.join("\n");
}

/** All types of `btf`'s own, a newline after each. */
export function formatRaw(btf: Btf): string {
  let text = "";
  for (let id = btf.firstId; id < btf.typeCount; id++) text += `${formatRawType(btf, id)}\n`;
  return text;
}
