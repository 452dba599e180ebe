/** A type as C spells it where it is used: `const struct foo *[4]`. What has no name is `struct {…}`. */
import type { Btf } from "./btf.js";
import type { BtfType } from "./types.js";

/** What is nested deeper, or longer than that, is cut off: texts are for people, and corrupt BTF has no end. */
const maxDepth = 8;
const maxSteps = 64;
const maxLength = 200;

function baseText(type: BtfType): string {
  switch (type.kind) {
    case "struct":
    case "union":
      return type.name === "" ? `${type.kind} {…}` : `${type.kind} ${type.name}`;
    case "enum":
    case "enum64":
      return type.name === "" ? "enum {…}" : `enum ${type.name}`;
    case "fwd":
      return `${type.of} ${type.name}`;
    case "void":
      return "void";
    case "unknown":
      return `kind ${type.number} ${type.name}`.trim();
    default:
      return "name" in type && type.name !== "" ? type.name : type.kind;
  }
}

/** The text of type `id`, around `name` where one is given. Never throws for references that lead nowhere. */
export function typeText(btf: Btf, id: number, name = "", depth = 0): string {
  let inner = name;
  let qualifiers: string[] = [];
  let at = id;
  const steps = depth < maxDepth ? maxSteps : 0;
  for (let step = 0; step < steps && at < btf.typeCount; step++) {
    const type = btf.type(at);
    const around = inner.startsWith("*") ? `(${inner})` : inner;
    switch (type.kind) {
      case "const":
      case "volatile":
      case "restrict":
        if (!qualifiers.includes(type.kind)) qualifiers.push(type.kind);
        break;
      case "type_tag":
        qualifiers.push(`__${type.name}`);
        break;
      case "ptr":
        inner = `*${qualifiers.map((each) => `${each} `).join("")}${inner}`;
        qualifiers = [];
        break;
      case "array":
        inner = `${around}[${type.nelems}]`;
        break;
      case "func_proto": {
        const params = type.params.map(({ name: own, type: param }, i) =>
          param === 0 && i === type.params.length - 1 ? "..." : typeText(btf, param, own, depth + 1),
        );
        inner = `${around}(${params.length === 0 ? "void" : params.join(", ")})`;
        qualifiers = [];
        break;
      }
      default: {
        const text = [...qualifiers, baseText(type)].join(" ");
        return clip(inner === "" ? text : `${text} ${inner}`);
      }
    }
    at = type.type;
    if (inner.length > maxLength) break;
  }
  return clip(`… ${inner}`);
}

function clip(text: string): string {
  return text.length <= maxLength ? text : `${text.slice(0, maxLength)}…`;
}
