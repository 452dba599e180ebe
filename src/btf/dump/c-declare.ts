/** Declarators: a type around a name, from the outside in, with the bodies of types that have no name of their own. */
import type { Btf } from "../btf.js";
import { BtfKind, infoKindFlag } from "../table.js";
import type { BtfComposite, BtfEnum, BtfEnum64, BtfFuncProto, BtfTypeTag } from "../types.js";
import type { Budget } from "./budget.js";
import { bitfieldOf, type LayoutItem, type Layouts } from "./c-layout.js";
import { identifier, type CNames } from "./c-names.js";
import { hasBody, isInline } from "./c-order.js";

type Composite = BtfComposite<"struct"> | BtfComposite<"union">;

/** A string in C text, whatever a corrupt file has in it. */
function quoted(text: string): string {
  return `"${text.replaceAll(/[^ !#-[\]-~]/g, "_")}"`;
}

/** Enums are as large as `int`, or as their values need; others are asked for. */
function enumMode(type: BtfEnum | BtfEnum64): string {
  if (type.size === 1) return " __attribute__((mode(byte)))";
  if (type.size === 2) return " __attribute__((mode(HI)))";
  if (type.size !== 8) return "";
  const wide = type.values.some(({ value }) => BigInt(value) > 0xffff_ffffn || BigInt(value) < -0x8000_0000n);
  return wide ? "" : " __attribute__((mode(DI)))";
}

/** `struct`, `union` or `enum`. */
function tagWord(kind: number): string {
  if (kind === BtfKind.BTF_KIND_STRUCT) return "struct";
  return kind === BtfKind.BTF_KIND_UNION ? "union" : "enum";
}

/** What stands before and behind a name that is declared. */
interface Around {
  readonly before: string;
  readonly behind: string;
}

/** Chains of pointers and the like that are longer are written each time. */
const longChain = 32;

export class Declarer {
  readonly #btf: Btf;
  readonly #names: CNames;
  readonly #layouts: Layouts;
  readonly #budget: Budget;
  /** What stands around the names of members and parameters, by type. */
  readonly #known = new Map<number, Around | null>();

  constructor(btf: Btf, names: CNames, layouts: Layouts, budget: Budget) {
    this.#btf = btf;
    this.#names = names;
    this.#layouts = layouts;
    this.#budget = budget;
  }

  /** `name` declared with type `id`; no name gives the type alone. `level` is how far its body is indented. */
  declare(id: number, name: string, level = 0): string {
    let around = name === "" ? null : this.#known.get(id);
    if (around === undefined) this.#known.set(id, (around = this.#around(id)));
    if (around !== null) {
      this.#budget.spend(around.before.length + around.behind.length);
      return around.before + name + around.behind;
    }
    this.#budget.enter(id);
    const text = this.#declare(id, name, level);
    this.#budget.leave();
    this.#budget.spend(text.length - name.length);
    return text;
  }

  /** What stands around every name declared with type `id`; null where bodies or parameters belong to it, or nobody knows. */
  #around(id: number): Around | null {
    let at = id;
    for (let depth = 0; depth < longChain; depth++) {
      switch (this.#btf.kind(at)) {
        case BtfKind.BTF_KIND_CONST:
        case BtfKind.BTF_KIND_VOLATILE:
        case BtfKind.BTF_KIND_RESTRICT:
        case BtfKind.BTF_KIND_TYPE_TAG:
        case BtfKind.BTF_KIND_PTR:
          at = this.#btf.word(at, 2);
          continue;
        case BtfKind.BTF_KIND_ARRAY:
          at = this.#btf.word(at, 3);
          continue;
        case BtfKind.BTF_KIND_FUNC:
        case BtfKind.BTF_KIND_FUNC_PROTO:
          return null;
        default:
          if (isInline(this.#btf, at)) return null;
      }
      // No name has such a character.
      const text = this.#declare(id, "\0", 0);
      const place = text.indexOf("\0");
      return { before: text.slice(0, place), behind: text.slice(place + 1) };
    }
    return null;
  }

  #declare(id: number, name: string, level: number): string {
    let inner = name;
    let qualifiers: string[] = [];
    let at = id;
    for (;;) {
      this.#budget.spend(1 + inner.length / 64);
      // The record of a struct is made where its body is written.
      const type = hasBody(this.#btf.kind(at)) ? undefined : this.#btf.type(at);
      switch (type?.kind) {
        case "const":
        case "volatile":
        case "restrict":
          if (!qualifiers.includes(type.kind)) qualifiers.push(type.kind);
          at = type.type;
          continue;
        case "type_tag":
          qualifiers.push(attributeOf(type));
          at = type.type;
          continue;
        case "ptr":
          inner = `*${qualifiers.map((each) => `${each === "restrict" ? "__restrict" : each} `).join("")}${inner}`;
          qualifiers = [];
          at = type.type;
          continue;
        case "array":
          inner = `${around(inner)}[${type.nelems}]`;
          at = type.type;
          continue;
        case "func":
          at = type.type;
          continue;
        case "func_proto":
          inner = `${around(inner)}(${this.#params(type, level)})`;
          qualifiers = [];
          at = type.type;
          continue;
        default:
      }
      const before = qualifiers.filter((each) => each !== "restrict").toReversed();
      const base = [...before, this.#base(at, level)].join(" ");
      return inner === "" ? base : `${base} ${inner}`;
    }
  }

  #params({ params }: BtfFuncProto, level: number): string {
    if (params.length === 0) return "void";
    return params
      .map(({ name, type }, i) =>
        type === 0 && i > 0 && i === params.length - 1
          ? "..."
          : this.declare(type, name === "" ? "" : identifier(name), level),
      )
      .join(", ");
  }

  #base(id: number, level: number): string {
    const kind = this.#btf.kind(id);
    switch (kind) {
      case BtfKind.BTF_KIND_STRUCT:
      case BtfKind.BTF_KIND_UNION:
      case BtfKind.BTF_KIND_ENUM:
      case BtfKind.BTF_KIND_ENUM64:
        return isInline(this.#btf, id) ? this.#inline(id, level) : `${tagWord(kind)} ${this.#names.of(id)}`;
      case BtfKind.BTF_KIND_FWD:
        return `${infoKindFlag(this.#btf.word(id, 1)) ? "union" : "struct"} ${this.#names.of(id)}`;
      case BtfKind.BTF_KIND_TYPEDEF:
      case BtfKind.BTF_KIND_INT:
      case BtfKind.BTF_KIND_FLOAT:
        return this.#names.of(id);
      default:
        // Kinds not known, and what is no type of a value.
        return "void";
    }
  }

  #inline(id: number, level: number): string {
    const type = this.#btf.record(id);
    if (type.kind === "struct" || type.kind === "union") return this.body(type, "", level);
    return type.kind === "enum" || type.kind === "enum64" ? this.enumBody(type, "", level) : "";
  }

  /** A struct or union with its members. */
  body(type: Composite, name: string, level: number): string {
    const layout = this.#layouts.of(type);
    const head = `${type.kind}${name === "" ? "" : ` ${name}`} {`;
    if (layout.opaque) {
      const tabs = "\t".repeat(level + 1);
      const note = `${tabs}/* its members are not where C would put any: not shown */\n`;
      return `${head}\n${note}${tabs}unsigned char __opaque[${type.size}];\n${"\t".repeat(level)}}`;
    }
    if (layout.items.length === 0) return `${head}}`;
    const lines = layout.items.map((item, i) => this.#line(type, item, i, level + 1));
    const attributes = [
      ...(layout.packed ? ["packed"] : []),
      ...(layout.aligned > 0 ? [`aligned(${layout.aligned})`] : []),
    ];
    const tail = attributes.map((each) => ` __attribute__((${each}))`).join("");
    return `${head}\n${lines.join("")}${"\t".repeat(level)}}${tail}`;
  }

  #line(type: Composite, item: LayoutItem, number: number, level: number): string {
    const tabs = "\t".repeat(level);
    this.#budget.spend(level + 2);
    switch (item.kind) {
      case "pad":
        return `${tabs}long: ${item.bits};\n`;
      case "room":
        return `${tabs}char __room${number}[${item.bytes}];\n`;
      case "bytes": {
        const { name, type: id } = type.members[item.index]!;
        const text = `unsigned char ${name === "" ? `__unknown${item.index}` : identifier(name)}[${item.bytes}]`;
        return `${tabs}${text}; /* type [${id}]: ${this.#btf.type(id).kind} */\n`;
      }
      case "member": {
        const member = type.members[item.index]!;
        const { width } = bitfieldOf(this.#btf, member);
        const name = member.name === "" ? this.#unnamed(member.type, item.index, width) : identifier(member.name);
        return `${tabs}${this.declare(member.type, name, level)}${width > 0 ? `: ${width}` : ""};\n`;
      }
    }
  }

  /** Standard C knows unnamed members of unnamed structs and unions alone. */
  #unnamed(id: number, index: number, width: number): string {
    let at = id;
    const isQualified = (): boolean => {
      const kind = this.#btf.kind(at);
      return kind === BtfKind.BTF_KIND_CONST || kind === BtfKind.BTF_KIND_VOLATILE;
    };
    for (let n = 0; n < 4 && isQualified(); n++) at = this.#btf.word(at, 2);
    const kind = this.#btf.kind(at);
    const isComposite = kind === BtfKind.BTF_KIND_STRUCT || kind === BtfKind.BTF_KIND_UNION;
    const anonymous = isComposite && !this.#btf.hasName(at);
    return anonymous || width > 0 ? "" : `__unnamed${index}`;
  }

  enumBody(type: BtfEnum | BtfEnum64, name: string, level: number): string {
    const head = `enum${name === "" ? "" : ` ${name}`}`;
    if (type.values.length === 0) return name === "" ? "int" : head;
    const tabs = "\t".repeat(level + 1);
    const suffix = type.kind === "enum64" ? (type.signed ? "LL" : "ULL") : "";
    const lines = type.values.map(({ name: own, value }) => {
      const line = `${tabs}${this.#names.ordinary.unique(own)} = ${cNumber(value, suffix)},\n`;
      this.#budget.spend(line.length);
      return line;
    });
    return `${head} {\n${lines.join("")}${"\t".repeat(level)}}${enumMode(type)}`;
  }
}

/** The most negative number of 64 bits has no literal. */
function cNumber(value: number | bigint, suffix: string): string {
  if (value === -0x8000_0000_0000_0000n) return "(-9223372036854775807LL - 1)";
  return `${value}${suffix}`;
}

/** A type tag's own text is C where it says so, if it looks like an attribute and nothing else. */
function attributeOf({ name, attribute }: BtfTypeTag): string {
  const isAttribute = attribute && /^\w+(\([\w", ]*\))?$/.test(name);
  return `__attribute__((${isAttribute ? name : `btf_type_tag(${quoted(name)})`}))`;
}

function around(inner: string): string {
  return inner.startsWith("*") ? `(${inner})` : inner;
}
