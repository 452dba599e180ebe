/**
 * Types as a TypeScript module: an interface for each struct, and beside it, under the same name, what reads its values from a
 * DataView and writes them. For programs that read ring buffers and map values of BPF programs.
 */
import type { Btf } from "../btf.js";
import { typeText } from "../type-text.js";
import type { BtfComposite, BtfEnum, BtfEnum64 } from "../types.js";
import { Budget } from "./budget.js";
import { key, TsNames } from "./ts-names.js";
import { readMembers, Values, writeMembers } from "./ts-value.js";

export interface TypeScriptOptions {
  /** The types to write, with all they hold; all of the BTF's own unless given. */
  readonly roots?: readonly number[] | undefined;
}

/** The module's own functions: the same text whatever the types are. */
const head = `// Made by bpfkit btf dump --format ts. Numbers of 64 bits and more, and pointers, are bigints.

/** Where the values of a type are, and what reads and writes them. \`little\` is the machine's byte order. */
export interface Layout<T> {
  /** In bytes. */
  readonly size: number;
  /** Of the members, in bytes; of a bitfield, the byte it starts in. */
  readonly offsets: { readonly [Name in keyof T]-?: number };
  read(view: DataView, at?: number, little?: boolean): T;
  write(view: DataView, value: T, at?: number, little?: boolean): void;
}

/** The text in an array of characters, up to the first NUL. */
export function text(value: Uint8Array): string {
  const end = value.indexOf(0);
  return new TextDecoder().decode(end < 0 ? value : value.subarray(0, end));
}

function bytes(view: DataView, at: number, count: number): Uint8Array {
  return new Uint8Array(view.buffer, view.byteOffset + at, count).slice();
}
function putBytes(view: DataView, at: number, value: Uint8Array, count: number): void {
  const room = new Uint8Array(view.buffer, view.byteOffset + at, count);
  room.fill(0);
  room.set(value.subarray(0, count));
}
function array<T>(count: number, read: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => read(i));
}
function each<T>(values: readonly T[], count: number, write: (value: T, i: number) => void): void {
  values.slice(0, count).forEach(write);
}
function int128(view: DataView, at: number, signed: boolean, little: boolean): bigint {
  const [low, high] = little ? [at, at + 8] : [at + 8, at];
  const value = (view.getBigUint64(high, little) << 64n) | view.getBigUint64(low, little);
  return signed ? BigInt.asIntN(128, value) : value;
}
function putInt128(view: DataView, at: number, value: bigint, little: boolean): void {
  const [low, high] = little ? [at, at + 8] : [at + 8, at];
  view.setBigUint64(low, BigInt.asUintN(64, value), little);
  view.setBigUint64(high, BigInt.asUintN(64, value >> 64n), little);
}
/** Bits are counted from the low end of the first byte; in big-endian data from its high end. */
function bits(view: DataView, at: number, bit: number, width: number, signed: boolean, little: boolean): bigint {
  let value = 0n;
  const count = Math.ceil((bit + width) / 8);
  for (let i = 0; i < count; i++) value = (value << 8n) | BigInt(view.getUint8(little ? at + count - 1 - i : at + i));
  value >>= BigInt(little ? bit : 8 * count - bit - width);
  return signed ? BigInt.asIntN(width, value) : BigInt.asUintN(width, value);
}
function putBits(view: DataView, at: number, bit: number, width: number, value: bigint, little: boolean): void {
  for (let i = 0; i < width; i++) {
    const place = little ? bit + i : bit + width - 1 - i;
    const mask = 1 << (little ? place % 8 : 7 - (place % 8));
    const byte = view.getUint8(at + (place >> 3));
    view.setUint8(at + (place >> 3), (value >> BigInt(i)) & 1n ? byte | mask : byte & ~mask);
  }
}
`;

type Composite = BtfComposite<"struct"> | BtfComposite<"union">;

/** Text in a comment of one line. */
function comment(text: string): string {
  return text.replaceAll(/[\p{Cc}\u2028\u2029]/gu, "?");
}

/** The list of parameters; those that `body` has no use for begin with an underscore. */
function parameters(body: string, ...list: readonly string[]): string {
  const used = (each: string): boolean => new RegExp(`\\b${each.split(" ")[0]}\\b`).test(body);
  return list.map((each) => (used(each) ? each : `_${each}`)).join(", ");
}

class Module {
  readonly #btf: Btf;
  readonly #names: TsNames;
  readonly #values: Values;
  readonly #budget: Budget;
  readonly #write: (text: string) => void;
  readonly #seen = new Set<number>();
  readonly #pending: number[] = [];

  constructor(btf: Btf, write: (text: string) => void) {
    this.#btf = btf;
    this.#names = new TsNames(btf);
    this.#budget = new Budget(btf);
    this.#values = new Values(btf, this.#names, this.#budget, (id) => this.#need(id));
    this.#write = write;
  }

  #need(id: number): void {
    if (this.#seen.has(id)) return;
    this.#seen.add(id);
    this.#pending.push(id);
  }

  print(roots: readonly number[]): void {
    this.#write(head);
    const aliases: string[] = [];
    for (const id of roots) {
      const type = this.#btf.type(id);
      switch (type.kind) {
        case "struct":
        case "union":
        case "enum":
        case "enum64":
          if (this.#names.of(id) !== "" || type.kind === "enum" || type.kind === "enum64") this.#need(id);
          break;
        case "typedef": {
          const behind = this.#names.behind(id);
          const name = this.#names.of(id);
          if (behind !== undefined) this.#need(behind);
          if (behind !== undefined && name !== "") aliases.push(`${this.#names.of(behind)} as ${name}`);
          if (behind === undefined && name !== "") this.#typedef(id, name);
          break;
        }
        default:
      }
    }
    for (let next = 0; next < this.#pending.length; next++) this.#type(this.#pending[next]!);
    if (aliases.length > 0) this.#write(`\nexport {\n${aliases.map((each) => `  ${each},\n`).join("")}};\n`);
  }

  #typedef(id: number, name: string): void {
    const value = this.#values.of(id, 0);
    if (value !== undefined) this.#put(`\nexport type ${name} = ${value.type};\n`);
  }

  #put(text: string): void {
    this.#budget.spend(text.length / 8);
    this.#write(text);
  }

  #type(id: number): void {
    const type = this.#btf.type(id);
    if (type.kind === "struct" || type.kind === "union") this.#composite(id, type);
    if (type.kind === "enum" || type.kind === "enum64") this.#enum(id, type);
  }

  #composite(id: number, type: Composite): void {
    const name = this.#names.of(id);
    const members = this.#values.members(type, 0);
    const fields = members.map(
      ({ name: own, optional, value, typeId }) =>
        `  ${key(own)}${optional ? "?" : ""}: ${value.type}; // ${comment(typeText(this.#btf, typeId))}\n`,
    );
    const offsets = members.map(({ name: own, offset }) => `${key(own)}: ${offset}`).join(", ");
    const statements = writeMembers(members, "at", "value").map((each) => `    ${each}\n`);
    const read = readMembers(members, "at", "\n    ");
    const write = statements.join("");
    this.#put(
      `\nexport interface ${name} {\n${fields.join("")}}\n` +
        `export const ${name}: Layout<${name}> = {\n` +
        `  size: ${type.size},\n` +
        `  offsets: {${offsets === "" ? "" : ` ${offsets} `}},\n` +
        `  read: (${parameters(read, "view", "at = 0", "little = true")}) => (${read}),\n` +
        `  write(${parameters(write, "view", "value", "at = 0", "little = true")}) {\n${write}  },\n};\n`,
    );
  }

  #enum(id: number, type: BtfEnum | BtfEnum64): void {
    const suffix = type.size === 8 ? "n" : "";
    const name = this.#names.of(id);
    if (name === "") {
      const constants = type.values.map(
        ({ name: own, value }) => `export const ${this.#names.names.unique(own)} = ${value}${suffix};\n`,
      );
      if (constants.length > 0) this.#put(`\n${constants.join("")}`);
      return;
    }
    const values = type.values.map(({ name: own, value }) => `  ${key(own)}: ${value}${suffix},\n`);
    const kind = type.size === 8 ? "bigint" : "number";
    // Enums are numbers: a kernel may give values that are not in the list.
    this.#put(`\nexport const ${name} = {\n${values.join("")}} as const;\nexport type ${name} = ${kind};\n`);
  }
}

/**
 * Writes a TypeScript module with the types of `btf`, piece by piece. Members whose types have no size are left out. Throws
 * `btf-loop`, `btf-depth`, `btf-output` for corrupt BTF.
 */
export function writeTypeScript(btf: Btf, options: TypeScriptOptions, write: (text: string) => void): void {
  const all = (): number[] => Array.from({ length: btf.typeCount - btf.firstId }, (_, i) => btf.firstId + i);
  new Module(btf, write).print(options.roots ?? all());
}
