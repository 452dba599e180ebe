/**
 * Two BTFs compared as those see them who use their types: named types by kind and name, structs member by member, enums
 * value by value, functions parameter by parameter, each difference with whom it breaks.
 */
import type { Btf } from "../btf.js";
import type { BtfComposite, BtfEnum, BtfEnum64, BtfFloat, BtfFunc, BtfFuncProto, BtfInt, BtfType } from "../types.js";
import { BtfIntEncoding } from "../table.js";
import { typeText } from "../type-text.js";
import { Fields, type Field } from "./fields.js";
import { Judge, sizeOrNone } from "./judge.js";
import { worse, type Breaks, type Change, type ChangeWhat, type DiffKind, type TypeChange } from "./types.js";

type Composite = BtfComposite<"struct"> | BtfComposite<"union">;

/** The kind under which a type is compared; undefined for those that are compared where they are used. */
function diffKind(type: BtfType): DiffKind | undefined {
  switch (type.kind) {
    case "struct":
    case "union":
    case "typedef":
    case "func":
    case "var":
    case "int":
    case "float":
      return type.name === "" ? undefined : type.kind;
    case "enum":
    case "enum64":
      return type.name === "" ? undefined : "enum";
    default:
      return undefined;
  }
}

/** `12` or, inside a byte, `12:3`. */
function place(bits: number): string {
  return bits % 8 === 0 ? String(bits / 8) : `${Math.floor(bits / 8)}:${bits % 8}`;
}

const linkages = ["static", "global", "extern"];
const linkage = (value: number): string => linkages[value] ?? String(value);

class Diff {
  readonly #old: Btf;
  readonly #new: Btf;
  readonly #judge: Judge;
  readonly #oldFields: Fields;
  readonly #newFields: Fields;

  constructor(old: Btf, fresh: Btf) {
    this.#old = old;
    this.#new = fresh;
    this.#judge = new Judge(old, fresh);
    this.#oldFields = new Fields(old);
    this.#newFields = new Fields(fresh);
  }

  run(): TypeChange[] {
    const before = named(this.#old);
    const after = named(this.#new);
    const found: TypeChange[] = [];
    for (const [key, { kind, name, ids }] of before) {
      const others = after.get(key)?.ids ?? [];
      for (const [oldId, newId] of this.#pairs(ids, others)) {
        if (newId === undefined) found.push({ kind, name, change: "removed", breaks: "core", changes: [] });
        else if (oldId === undefined) found.push({ kind, name, change: "added", breaks: "nothing", changes: [] });
        else {
          const changes = this.#changes(oldId, newId);
          const breaks = changes.reduce<Breaks>((worst, each) => worse(worst, each.breaks), "nothing");
          if (changes.length > 0) found.push({ kind, name, change: "changed", breaks, changes });
        }
      }
    }
    for (const [key, { kind, name, ids }] of after) {
      if (before.has(key)) continue;
      for (const _ of ids) found.push({ kind, name, change: "added", breaks: "nothing", changes: [] });
    }
    return found;
  }

  /** Several types of one name: equal ones belong together, the others in their order. */
  #pairs(olds: readonly number[], news: readonly number[]): (readonly [number | undefined, number | undefined])[] {
    if (olds.length === 1 && news.length === 1) return [[olds[0], news[0]]];
    const left = news.slice(0, 64);
    const more = news.slice(64);
    const open: number[] = [];
    for (const id of olds) {
      const equal = left.findIndex((other) => this.#changes(id, other).length === 0);
      if (equal < 0) open.push(id);
      else left.splice(equal, 1);
    }
    left.push(...more);
    const length = Math.max(open.length, left.length);
    return Array.from({ length }, (_, i) => [open[i], left[i]] as const);
  }

  #changes(oldId: number, newId: number): Change[] {
    const was = this.#old.type(oldId);
    const is = this.#new.type(newId);
    if ((was.kind === "struct" || was.kind === "union") && was.kind === is.kind) return this.#composite(was, is);
    if ((was.kind === "enum" || was.kind === "enum64") && (is.kind === "enum" || is.kind === "enum64")) {
      return this.#enum(was, is);
    }
    if (was.kind === "func" && is.kind === "func") return this.#func(was, is);
    if ((was.kind === "int" || was.kind === "float") && (is.kind === "int" || is.kind === "float")) {
      const changes = different("size", "", was.size, is.size, "layout");
      return [...changes, ...different("type", "", numberText(was), numberText(is), "layout")];
    }
    if ("type" in was && "type" in is) {
      const links =
        was.kind === "var" && is.kind === "var"
          ? different("linkage", "", linkage(was.linkage), linkage(is.linkage), "nothing")
          : [];
      return [...links, ...this.#retyped("type", "", was.type, is.type)];
    }
    return [];
  }

  /** A use of a type that is spelled or made in another way. */
  #retyped(what: ChangeWhat, name: string, oldId: number, newId: number, least: Breaks = "nothing"): Change[] {
    const was = typeText(this.#old, oldId);
    const is = typeText(this.#new, newId);
    const breaks = this.#judge.use(oldId, newId);
    if (was === is && breaks === "nothing") return [];
    return [change(what, name, was, is, breaks === "nothing" ? breaks : worse(breaks, least))];
  }

  #composite(was: Composite, is: Composite): Change[] {
    const changes = different("size", "", was.size, is.size, "layout");
    const before = this.#oldFields.of(was);
    const after = this.#newFields.of(is);
    for (const [name, field] of before) {
      const other = after.get(name);
      if (other === undefined)
        changes.push(change("member-removed", name, this.#field(this.#old, field), undefined, "core"));
      else changes.push(...this.#member(name, field, other));
    }
    for (const [name, field] of after) {
      if (!before.has(name))
        changes.push(change("member-added", name, undefined, this.#field(this.#new, field), "nothing"));
    }
    return changes;
  }

  #field(btf: Btf, { offset, width, type }: Field): string {
    return `${typeText(btf, type)}${width > 0 ? ` :${width}` : ""} at ${place(offset)}`;
  }

  #member(name: string, was: Field, is: Field): Change[] {
    const changes = different("member-moved", name, place(was.offset), place(is.offset), "layout");
    const size = (btf: Btf, { width, type }: Field): string =>
      width > 0 ? `${width} bits` : String(sizeOrNone(btf, type) ?? "unknown");
    changes.push(...different("member-resized", name, size(this.#old, was), size(this.#new, is), "layout"));
    // What is in types without a name is compared under the names of its members.
    if (was.open && is.open) return changes;
    changes.push(...this.#retyped("member-retyped", name, was.type, is.type));
    return changes;
  }

  #enum(was: BtfEnum | BtfEnum64, is: BtfEnum | BtfEnum64): Change[] {
    const changes = different("size", "", was.size, is.size, "layout");
    const before = new Map(was.values.map(({ name, value }) => [name, String(value)]));
    const after = new Map(is.values.map(({ name, value }) => [name, String(value)]));
    for (const [name, value] of before) {
      const other = after.get(name);
      if (other === undefined) changes.push(change("value-removed", name, value, undefined, "core"));
      else changes.push(...different("value-changed", name, value, other, "layout"));
    }
    for (const [name, value] of after) {
      if (!before.has(name)) changes.push(change("value-added", name, undefined, value, "nothing"));
    }
    return changes;
  }

  #func(was: BtfFunc, is: BtfFunc): Change[] {
    const changes = different("linkage", "", linkage(was.linkage), linkage(is.linkage), "nothing");
    const before = this.#old.type(was.type);
    const after = this.#new.type(is.type);
    if (before.kind !== "func_proto" || after.kind !== "func_proto") return changes;
    // Arguments come in registers: whoever reads them by number is broken by any change.
    return [...changes, ...this.#proto(before, after)];
  }

  #proto(was: BtfFuncProto, is: BtfFuncProto): Change[] {
    const changes = this.#retyped("result", "", was.type, is.type, "core");
    const count = Math.max(was.params.length, is.params.length);
    for (let i = 0; i < count; i++) {
      const [one, other] = [was.params[i], is.params[i]];
      const name = other?.name || one?.name || String(i + 1);
      const text = (btf: Btf, type: number): string => `${i + 1}: ${typeText(btf, type)}`;
      if (one === undefined) changes.push(change("param-added", name, undefined, text(this.#new, other!.type), "core"));
      else if (other === undefined)
        changes.push(change("param-removed", name, text(this.#old, one.type), undefined, "core"));
      else {
        changes.push(...different("param-renamed", name, one.name, other.name, "nothing"));
        changes.push(...this.#retyped("param-retyped", name, one.type, other.type, "core"));
      }
    }
    return changes;
  }
}

/** How a number is read, but for its size. */
function numberText(type: BtfInt | BtfFloat): string {
  if (type.kind === "float") return "floating point";
  const sign = (type.encoding & BtfIntEncoding.BTF_INT_SIGNED) === 0 ? "unsigned" : "signed";
  return type.bits === 8 * type.size ? sign : `${sign}, ${type.bits} bits`;
}

function change(
  what: ChangeWhat,
  name: string,
  was: string | undefined,
  is: string | undefined,
  breaks: Breaks,
): Change {
  return { what, name, old: was, new: is, breaks };
}

function different(
  what: ChangeWhat,
  name: string,
  was: string | number,
  is: string | number,
  breaks: Breaks,
): Change[] {
  return was === is ? [] : [change(what, name, String(was), String(is), breaks)];
}

interface Named {
  readonly kind: DiffKind;
  readonly name: string;
  readonly ids: number[];
}

/** The named types of a BTF's own by kind and name. */
function named(btf: Btf): Map<string, Named> {
  const found = new Map<string, Named>();
  for (let id = btf.firstId; id < btf.typeCount; id++) {
    const type = btf.type(id);
    const kind = diffKind(type);
    if (kind === undefined || !("name" in type)) continue;
    const key = `${kind} ${type.name}`;
    const known = found.get(key);
    if (known === undefined) found.set(key, { kind, name: type.name, ids: [id] });
    else known.ids.push(id);
  }
  return found;
}

/**
 * What differs between `old` and `fresh`, in the order of the old types, then of the added ones. Throws `btf-loop`, `btf-depth`,
 * `btf-output` for corrupt BTF.
 */
export function diffBtf(old: Btf, fresh: Btf): readonly TypeChange[] {
  return new Diff(old, fresh).run();
}
