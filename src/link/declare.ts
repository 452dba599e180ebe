/** Types in one line, as C declares them: what messages show. Long ones are cut, circular ones end. */
import { BpfkitError } from "../diag/index.js";
import type { Btf } from "../btf/index.js";

const deepest = 12;

/** `name` declared with type `id`: the declarator grows from the name outwards, as C reads it. */
function declare(btf: Btf, id: number, name: string, depth: number): string {
  const join = (base: string): string => (name === "" ? base : `${base} ${name}`);
  if (id === 0) return join("void");
  if (depth > deepest) return join("...");
  const type = btf.type(id);
  switch (type.kind) {
    case "ptr": {
      const target = type.type === 0 ? "void" : btf.type(type.type).kind;
      const inner = target === "array" || target === "func_proto" ? `(*${name})` : `*${name}`;
      return declare(btf, type.type, inner, depth + 1);
    }
    case "array":
      return declare(btf, type.type, `${name}[${type.nelems}]`, depth + 1);
    case "func_proto": {
      const params = type.params.map((param) =>
        param.type === 0 ? "..." : declare(btf, param.type, param.name, depth + 1),
      );
      return declare(btf, type.type, `${name}(${params.join(", ") || "void"})`, depth + 1);
    }
    case "func":
      return declare(btf, type.type, type.name, depth + 1);
    case "var":
      return declare(btf, type.type, type.name, depth + 1);
    case "const":
    case "volatile":
    case "restrict": {
      const target = type.type === 0 ? "void" : btf.type(type.type).kind;
      if (target === "ptr") return declare(btf, type.type, name === "" ? type.kind : `${type.kind} ${name}`, depth + 1);
      return `${type.kind} ${declare(btf, type.type, name, depth + 1)}`;
    }
    case "type_tag":
      return declare(btf, type.type, name, depth + 1);
    case "struct":
    case "union":
    case "enum":
    case "enum64":
      return join(`${type.kind === "enum64" ? "enum" : type.kind} ${type.name === "" ? "{...}" : type.name}`);
    case "fwd":
      return join(`${type.of} ${type.name}`);
    case "int":
    case "float":
    case "typedef":
      return join(type.name);
    default:
      return join(type.kind);
  }
}

const longest = 120;

/** The variable, function or type `id` as a C declaration; undefined where the types are wrong. */
export function declaration(btf: Btf, id: number): string | undefined {
  try {
    const text = declare(btf, id, "", 0);
    return text.length > longest ? `${text.slice(0, longest)}…` : text;
  } catch (error) {
    if (error instanceof BpfkitError) return undefined;
    throw error;
  }
}
