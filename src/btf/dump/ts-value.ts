/** How a value of a type is typed, read and written in TypeScript, as text. */
import type { Btf } from "../btf.js";
import { resolveType, sizeOf } from "../sizes.js";
import { BtfIntEncoding } from "../table.js";
import type { BtfComposite, BtfEnum, BtfEnum64, BtfInt } from "../types.js";
import type { Budget } from "./budget.js";
import { bitfieldOf } from "./c-layout.js";
import { key, property, type TsNames } from "./ts-names.js";

type Composite = BtfComposite<"struct"> | BtfComposite<"union">;

export interface Value {
  readonly type: string;
  /** The expression that reads it at byte `at`, itself an expression. */
  readonly read: (at: string) => string;
  /** The statement that writes `value` at byte `at`. */
  readonly write: (at: string, value: string) => string;
}

export interface Member {
  readonly name: string;
  readonly optional: boolean;
  /** In bytes. */
  readonly offset: number;
  readonly value: Value;
  readonly typeId: number;
}

const plus = (at: string, offset: number | string): string => (offset === 0 ? at : `${at} + ${offset}`);

/** By one method of DataView. */
function viewed(type: string, method: string, cast = ""): Value {
  const order = method.endsWith("8") ? "" : ", little";
  return {
    type,
    read: (at) => `view.get${method}(${at}${order})${cast}`,
    write: (at, value) => `view.set${method}(${at}, ${value}${order});`,
  };
}

function bytesOf(count: number): Value {
  return {
    type: "Uint8Array",
    read: (at) => `bytes(view, ${at}, ${count})`,
    write: (at, value) => `putBytes(view, ${at}, ${value}, ${count});`,
  };
}

function integer({ size, encoding, bits, offset }: BtfInt): Value {
  const signed = (encoding & BtfIntEncoding.BTF_INT_SIGNED) !== 0;
  const sign = signed ? "Int" : "Uint";
  if (bits !== 8 * size || offset !== 0) return bytesOf(size);
  switch (size) {
    case 1:
      if ((encoding & BtfIntEncoding.BTF_INT_BOOL) === 0) return viewed("number", `${sign}8`);
      return {
        type: "boolean",
        read: (at) => `view.getUint8(${at}) !== 0`,
        write: (at, value) => `view.setUint8(${at}, ${value} ? 1 : 0);`,
      };
    case 2:
    case 4:
      return viewed("number", `${sign}${8 * size}`);
    case 8:
      return viewed("bigint", `Big${sign}64`);
    case 16:
      return {
        type: "bigint",
        read: (at) => `int128(view, ${at}, ${signed}, little)`,
        write: (at, value) => `putInt128(view, ${at}, ${value}, little);`,
      };
    default:
      return bytesOf(size);
  }
}

export class Values {
  readonly #btf: Btf;
  readonly #names: TsNames;
  readonly #budget: Budget;
  /** Told of each named struct or union that a value needs. */
  readonly #need: (id: number) => void;

  constructor(btf: Btf, names: TsNames, budget: Budget, need: (id: number) => void) {
    this.#btf = btf;
    this.#names = names;
    this.#budget = budget;
    this.#need = need;
  }

  /** Undefined for types whose values have no size. */
  of(id: number, level: number): Value | undefined {
    return this.#budget.within(id, () => {
      const value = this.#of(id, level);
      this.#budget.spend(8 + (value?.type.length ?? 0));
      return value;
    });
  }

  #of(given: number, level: number): Value | undefined {
    const { id, type } = resolveType(this.#btf, given);
    switch (type.kind) {
      case "int":
        return integer(type);
      case "float":
        return type.size === 4 || type.size === 8 ? viewed("number", `Float${8 * type.size}`) : bytesOf(type.size);
      case "ptr":
        return viewed("bigint", "BigUint64");
      case "enum":
      case "enum64":
        return this.#enum(id, type);
      case "array":
        return this.#array(type.type, type.nelems, level);
      case "struct":
      case "union": {
        const name = this.#names.of(id);
        if (name === "") return this.#inline(type, level);
        this.#need(id);
        return {
          type: name,
          read: (at) => `${name}.read(view, ${at}, little)`,
          write: (at, value) => `${name}.write(view, ${value}, ${at}, little);`,
        };
      }
      default:
        return undefined;
    }
  }

  #enum(id: number, { size, signed }: BtfEnum | BtfEnum64): Value {
    const sign = signed ? "Int" : "Uint";
    const method = size === 8 ? `Big${sign}64` : `${sign}${8 * size}`;
    if (![1, 2, 4, 8].includes(size)) return bytesOf(size);
    const name = this.#names.of(id);
    if (name === "") return viewed(size === 8 ? "bigint" : "number", method);
    this.#need(id);
    return viewed(name, method);
  }

  #array(elementId: number, count: number, level: number): Value | undefined {
    const element = this.of(elementId, level + 1);
    if (element === undefined) return undefined;
    const { type } = resolveType(this.#btf, elementId);
    const isByte = type.kind === "int" && type.size === 1 && (type.encoding & BtfIntEncoding.BTF_INT_BOOL) === 0;
    if (isByte) return bytesOf(count);
    const size = sizeOf(this.#btf, elementId);
    const i = `i${level}`;
    const v = `v${level}`;
    return {
      type: `${/^[\w$]+$/.test(element.type) ? element.type : `(${element.type})`}[]`,
      read: (at) => `array(${count}, (${i}) => ${object(element.read(plus(at, `${size} * ${i}`)))})`,
      write: (at, value) =>
        `each(${value}, ${count}, (${v}, ${i}) => { ${element.write(plus(at, `${size} * ${i}`), v)} });`,
    };
  }

  #inline(type: Composite, level: number): Value {
    const members = this.members(type, level);
    const fields = members.map(({ name, optional, value }) => `${key(name)}${optional ? "?" : ""}: ${value.type}`);
    return {
      type: members.length === 0 ? "object" : `{ ${fields.join("; ")} }`,
      read: (at) => readMembers(members, at, " "),
      write: (at, value) => writeMembers(members, at, value).join(" "),
    };
  }

  /** The members of a struct; those of members without a name are its own, those of unions are optional. */
  members(type: Composite, level: number): Member[] {
    const list: Member[] = [];
    const names = new Set<string>();
    const collect = (holder: Composite, base: number, optional: boolean): void => {
      for (const member of holder.members) {
        this.#budget.spend(1);
        const { width, offset } = bitfieldOf(this.#btf, member);
        const resolved = resolveType(this.#btf, member.type);
        const inner = resolved.type;
        if (member.name === "" && (inner.kind === "struct" || inner.kind === "union")) {
          this.#budget.within(resolved.id, () => collect(inner, base + offset, optional || inner.kind === "union"));
          continue;
        }
        const at = base + offset;
        const value = width > 0 ? this.#bitfield(member.type, at, width) : this.of(member.type, level);
        // Two members of one name are no C, and no object.
        if (member.name === "" || value === undefined || names.has(member.name)) continue;
        names.add(member.name);
        list.push({ name: member.name, optional, offset: Math.floor(at / 8), value, typeId: member.type });
      }
    };
    collect(type, 0, type.kind === "union");
    return list;
  }

  #bitfield(id: number, bit: number, width: number): Value {
    const { type } = resolveType(this.#btf, id);
    const signed =
      type.kind === "int" ? (type.encoding & BtfIntEncoding.BTF_INT_SIGNED) !== 0 : "signed" in type && type.signed;
    const wide = width > 32;
    const read = (at: string): string => `bits(view, ${at}, ${bit % 8}, ${width}, ${signed}, little)`;
    return {
      type: wide ? "bigint" : "number",
      read: (at) => (wide ? read(at) : `Number(${read(at)})`),
      write: (at, value) => `putBits(view, ${at}, ${bit % 8}, ${width}, BigInt(${value}), little);`,
    };
  }
}

/** An object behind an arrow stands in parentheses. */
function object(text: string): string {
  return text.startsWith("{") ? `(${text})` : text;
}

/** An object with all members, one after each `gap`. */
export function readMembers(members: readonly Member[], at: string, gap: string): string {
  if (members.length === 0) return "{}";
  const fields = members.map(({ name, offset, value }) => `${key(name)}: ${value.read(plus(at, offset))},`);
  return `{${gap}${fields.join(gap)}${gap.startsWith("\n") ? gap.slice(0, -2) : gap}}`;
}

/** The statements that write the members there are. */
export function writeMembers(members: readonly Member[], at: string, value: string): string[] {
  return members.map(({ name, optional, offset, value: own }) => {
    const from = property(value, name);
    const statement = own.write(plus(at, offset), from);
    return optional ? `if (${from} !== undefined) { ${statement} }` : statement;
  });
}
