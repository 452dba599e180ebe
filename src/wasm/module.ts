/**
 * WebAssembly modules made of expressions: for the few loops that a command waits for, because they run at full speed from
 * their first round on, where JavaScript takes 10 to 50 ms to become machine code.
 * Source: the WebAssembly core specification 2.0, chapter 5 (binary format).
 */

/** Code: an instruction's bytes as characters, its operands' code before them; or pieces of code one after another. */
export type Wasm = string | readonly Wasm[];

type Type = "i32" | "i64" | "v128";
const typeCodes = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
const emptyBlock = "\x40";

/** Bytes as characters: joining strings costs less than joining lists. */
const raw = (...bytes: number[]): string => String.fromCharCode(...bytes);
const flat = (code: Wasm): string => (typeof code === "string" ? code : code.map(flat).join(""));

function unsigned(value: number): string {
  let bytes = "";
  for (; value > 0x7f; value >>>= 7) bytes += raw((value & 0x7f) | 0x80);
  return bytes + raw(value);
}

function signed(value: number): string {
  let bytes = "";
  for (;;) {
    const low = value & 0x7f;
    value >>= 7;
    if (value === ((low & 0x40) === 0 ? 0 : -1)) return bytes + raw(low);
    bytes += raw(low | 0x80);
  }
}

function signed64(value: bigint): string {
  let bytes = "";
  for (;;) {
    const low = Number(value & 0x7fn);
    value >>= 7n;
    if (value === ((low & 0x40) === 0 ? 0n : -1n)) return bytes + raw(low);
    bytes += raw(low | 0x80);
  }
}

type One = (a: Wasm) => Wasm;
type Two = (a: Wasm, b: Wasm) => Wasm;
/** An address, and a fixed distance from it. */
type Load = (address: Wasm, distance?: number) => Wasm;
type Store = (address: Wasm, value: Wasm, distance?: number) => Wasm;

function one(...opcode: number[]): One {
  const end = raw(...opcode);
  return (a) => flat(a) + end;
}
function two(...opcode: number[]): Two {
  const end = raw(...opcode);
  return (a, b) => flat(a) + flat(b) + end;
}
// The alignment is a hint only, and 0 is always right.
function load(...opcode: number[]): Load {
  const end = raw(...opcode, 0);
  return (address, distance = 0) => flat(address) + end + unsigned(distance);
}
function store(...opcode: number[]): Store {
  const end = raw(...opcode, 0);
  return (address, value, distance = 0) => flat(address) + flat(value) + end + unsigned(distance);
}
/** Sixteen bytes. */
const sixteen = (bytes: ArrayLike<number>): string => raw(...Array.from({ length: 16 }, (_, i) => bytes[i] ?? 0));

const vector = 0xfd;

/** Instructions on 32-bit numbers. */
export const i32 = {
  const: (value: number): Wasm => `\x41${signed(value | 0)}`,
  load: load(0x28) as Load,
  load8: load(0x2d) as Load,
  load16: load(0x2f) as Load,
  store: store(0x36) as Store,
  store8: store(0x3a) as Store,
  store16: store(0x3b) as Store,
  eqz: one(0x45) as One,
  eq: two(0x46) as Two,
  ne: two(0x47) as Two,
  lt: two(0x48) as Two,
  ltUnsigned: two(0x49) as Two,
  gt: two(0x4a) as Two,
  gtUnsigned: two(0x4b) as Two,
  le: two(0x4c) as Two,
  ge: two(0x4e) as Two,
  geUnsigned: two(0x4f) as Two,
  clz: one(0x67) as One,
  ctz: one(0x68) as One,
  add: two(0x6a) as Two,
  sub: two(0x6b) as Two,
  mul: two(0x6c) as Two,
  divUnsigned: two(0x6e) as Two,
  and: two(0x71) as Two,
  or: two(0x72) as Two,
  xor: two(0x73) as Two,
  shl: two(0x74) as Two,
  shr: two(0x75) as Two,
  shrUnsigned: two(0x76) as Two,
  rotl: two(0x77) as Two,
  signed16: one(0xc1) as One,
  wrap: one(0xa7) as One,
} as const;

/** Instructions on 64-bit numbers. */
export const i64 = {
  const: (value: bigint): Wasm => `\x42${signed64(BigInt.asIntN(64, value))}`,
  load: load(0x29) as Load,
  store: store(0x37) as Store,
  lt: two(0x53) as Two,
  gt: two(0x55) as Two,
  eqz: one(0x50) as One,
  ne: two(0x52) as Two,
  ctz: one(0x7a) as One,
  add: two(0x7c) as Two,
  sub: two(0x7d) as Two,
  mul: two(0x7e) as Two,
  and: two(0x83) as Two,
  or: two(0x84) as Two,
  xor: two(0x85) as Two,
  shl: two(0x86) as Two,
  shrUnsigned: two(0x88) as Two,
  extendUnsigned: one(0xad) as One,
} as const;

/** Instructions on sixteen bytes. */
export const v128 = {
  load: load(vector, 0x00) as Load,
  /** Eight bytes, the other eight zero. */
  load64: load(vector, 0x5d) as Load,
  store: store(vector, 0x0b) as Store,
  /** Stores the first eight bytes. */
  store64: (address: Wasm, value: Wasm, distance = 0): Wasm =>
    `${flat(address)}${flat(value)}${raw(vector, 0x5b, 0)}${unsigned(distance)}\0`,
  const: (bytes: ArrayLike<number>): Wasm => raw(vector, 0x0c) + sixteen(bytes),
  /** The bytes of both, numbered 0 to 31, that `lanes` names. */
  shuffle: (a: Wasm, b: Wasm, lanes: readonly number[]): Wasm => flat(a) + flat(b) + raw(vector, 0x0d) + sixteen(lanes),
  /** 255 where the bytes of both are the same, else 0. */
  eq8: two(vector, 0x23) as Two,
  /** The highest bit of each byte, as a 32-bit number. */
  bitmask8: one(vector, 0x64) as One,
  /** The bytes of the first that those of the second number. */
  swizzle: two(vector, 0x0e) as Two,
  splat32: one(vector, 0x11) as One,
  and: two(vector, 0x4e) as Two,
  /** Shifts each byte. */
  shr8: two(vector, 0x6d) as Two,
} as const;

/** A local variable: the code that reads it. */
export type Local = string;

const numberOf = (local: Local): string => local.slice(1);
const localOf = (number: number): Local => `\x20${unsigned(number)}`;

export const set = (local: Local, value: Wasm): Wasm => `${flat(value)}\x21${numberOf(local)}`;
/** `local += value`. */
export const bump = (local: Local, value: Wasm): Wasm => set(local, i32.add(local, value));

export const select = (condition: Wasm, yes: Wasm, no: Wasm): Wasm => `${flat(yes)}${flat(no)}${flat(condition)}\x1b`;
export const when = (condition: Wasm, yes: Wasm, no: Wasm = ""): Wasm =>
  `${flat(condition)}\x04${emptyBlock}${flat(yes)}${no.length === 0 ? "" : `\x05${flat(no)}`}\x0b`;
/** A block that `leave(0)` directly in it ends; each `when`, `block` and `repeat` between adds one. */
export const block = (...body: readonly Wasm[]): Wasm => `\x02${emptyBlock}${flat(body)}\x0b`;
/** A loop that `leave(0)` directly in it starts again; it ends at its end. */
export const repeat = (...body: readonly Wasm[]): Wasm => `\x03${emptyBlock}${flat(body)}\x0b`;
export const leave = (depth: number): Wasm => `\x0c${unsigned(depth)}`;
export const leaveIf = (condition: Wasm, depth: number): Wasm => `${flat(condition)}\x0d${unsigned(depth)}`;
/** Ends the function. */
export const result = (value: Wasm): Wasm => `${flat(value)}\x0f`;
export const call = (func: WasmFunction, ...values: readonly Wasm[]): Wasm =>
  `${flat(values)}\x10${unsigned(func.index)}`;

/** So many of them. */
type Locals<Count extends number, Found extends readonly Local[] = []> = Found["length"] extends Count
  ? Found
  : Locals<Count, readonly [...Found, Local]>;

/** A function of 32-bit parameters that returns a 32-bit number. */
export class WasmFunction {
  readonly index: number;
  readonly parameters: readonly Local[];
  body: Wasm = "";
  readonly #types: Type[] = [];

  constructor(index: number, parameters: number) {
    this.index = index;
    this.parameters = Array.from({ length: parameters }, (_, i) => localOf(i));
  }

  locals<Count extends number>(type: Type, count: Count): Locals<Count> {
    return Array.from({ length: count }, () => this.local(type)) as readonly Local[] as Locals<Count>;
  }

  local(type: Type): Local {
    this.#types.push(type);
    return localOf(this.parameters.length + this.#types.length - 1);
  }

  /** The function's entry in the code section. */
  code(): string {
    const locals = this.#types.map((type) => raw(1, typeCodes[type]));
    return sized(`${list(locals)}${flat(this.body)}\x0b`);
  }
}

/** Bytes behind their number. */
const sized = (bytes: string): string => unsigned(bytes.length) + bytes;
const list = (entries: readonly string[]): string => unsigned(entries.length) + entries.join("");

/** A module of these functions, which takes its memory from outside: its bytes as characters. */
export function moduleOf(functions: readonly WasmFunction[]): string {
  const sections: readonly (readonly [number, string])[] = [
    [
      1,
      list(
        functions.map(
          ({ parameters }) => `\x60${list(parameters.map(() => raw(typeCodes.i32)))}${list([raw(typeCodes.i32)])}`,
        ),
      ),
    ],
    [2, list([`${sized("")}${sized("memory")}\x02\0\0`])],
    [3, list(functions.map((_, i) => unsigned(i)))],
    [7, list([`${sized("run")}\0${unsigned(functions.length - 1)}`])],
    [10, list(functions.map((each) => each.code()))],
  ];
  return `\0asm\x01\0\0\0${sections.map(([id, body]) => raw(id) + sized(body)).join("")}`;
}
