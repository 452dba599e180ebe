/**
 * WebAssembly modules made of expressions: for the few loops that a command waits for, because they run at full speed from
 * their first round on, where JavaScript takes 10 to 50 ms to become machine code.
 * Source: the WebAssembly core specification 2.0, chapter 5 (binary format).
 */

/** Code: an instruction's bytes, its operands' code before them. */
export type Wasm = readonly (number | Wasm)[];

type Type = "i32" | "i64" | "v128";
const typeCodes = { i32: 0x7f, i64: 0x7e, v128: 0x7b } as const;
const emptyBlock = 0x40;

function unsigned(value: number): number[] {
  const bytes: number[] = [];
  for (; value > 0x7f; value >>>= 7) bytes.push((value & 0x7f) | 0x80);
  bytes.push(value);
  return bytes;
}

function signed(value: bigint): number[] {
  const bytes: number[] = [];
  for (;;) {
    const low = Number(value & 0x7fn);
    value >>= 7n;
    if (value === (low & 0x40 ? -1n : 0n)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

type One = (a: Wasm) => Wasm;
type Two = (a: Wasm, b: Wasm) => Wasm;
/** An address, and a fixed distance from it. */
type Load = (address: Wasm, distance?: number) => Wasm;
type Store = (address: Wasm, value: Wasm, distance?: number) => Wasm;

const one =
  (...opcode: number[]): One =>
  (a) => [a, opcode];
const two =
  (...opcode: number[]): Two =>
  (a, b) => [a, b, opcode];
// The alignment is a hint only, and 0 is always right.
const load =
  (...opcode: number[]): Load =>
  (address, distance = 0) => [address, opcode, 0, unsigned(distance)];
const store =
  (...opcode: number[]): Store =>
  (address, value, distance = 0) => [address, value, opcode, 0, unsigned(distance)];

const vector = 0xfd;

/** Instructions on 32-bit numbers. */
export const i32 = {
  const: (value: number): Wasm => [0x41, signed(BigInt(value | 0))],
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
  const: (value: bigint): Wasm => [0x42, signed(BigInt.asIntN(64, value))],
  load: load(0x29) as Load,
  store: store(0x37) as Store,
  lt: two(0x53) as Two,
  gt: two(0x55) as Two,
  ctz: one(0x7a) as One,
  add: two(0x7c) as Two,
  sub: two(0x7d) as Two,
  mul: two(0x7e) as Two,
  and: two(0x83) as Two,
  or: two(0x84) as Two,
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
  store64: (address: Wasm, value: Wasm, distance = 0): Wasm => [address, value, vector, 0x5b, 0, unsigned(distance), 0],
  const: (bytes: ArrayLike<number>): Wasm => [vector, 0x0c, Array.from({ length: 16 }, (_, i) => bytes[i] ?? 0)],
  /** The bytes of both, numbered 0 to 31, that `lanes` names. */
  shuffle: (a: Wasm, b: Wasm, lanes: readonly number[]): Wasm => [
    a,
    b,
    vector,
    0x0d,
    Array.from({ length: 16 }, (_, i) => lanes[i] ?? 0),
  ],
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

export type Local = readonly [get: 0x20, index: number];

/** Reads a local by its own name: a `Local` is code. */
export const set = ([, index]: Local, value: Wasm): Wasm => [value, 0x21, unsigned(index)];
export const tee = ([, index]: Local, value: Wasm): Wasm => [value, 0x22, unsigned(index)];
/** `local += value`. */
export const bump = (local: Local, value: Wasm): Wasm => set(local, i32.add(local, value));

export const select = (condition: Wasm, yes: Wasm, no: Wasm): Wasm => [yes, no, condition, 0x1b];
export const when = (condition: Wasm, yes: Wasm, no: Wasm = []): Wasm => [
  condition,
  0x04,
  emptyBlock,
  yes,
  no.length === 0 ? [] : [0x05, no],
  0x0b,
];
/** A block that `leave(0)` directly in it ends; each `when`, `block` and `repeat` between adds one. */
export const block = (...body: Wasm): Wasm => [0x02, emptyBlock, body, 0x0b];
/** A loop that `leave(0)` directly in it starts again; it ends at its end. */
export const repeat = (...body: Wasm): Wasm => [0x03, emptyBlock, body, 0x0b];
export const leave = (depth: number): Wasm => [0x0c, unsigned(depth)];
export const leaveIf = (condition: Wasm, depth: number): Wasm => [condition, 0x0d, unsigned(depth)];
/** Ends the function. */
export const result = (value: Wasm): Wasm => [value, 0x0f];
export const call = (func: WasmFunction, ...values: Wasm): Wasm => [values, 0x10, unsigned(func.index)];

/** A function of 32-bit parameters that returns a 32-bit number. */
export class WasmFunction {
  readonly index: number;
  readonly parameters: readonly Local[];
  body: Wasm = [];
  readonly #types: Type[] = [];

  constructor(index: number, parameters: number) {
    this.index = index;
    this.parameters = Array.from({ length: parameters }, (_, i): Local => [0x20, i]);
  }

  local(type: Type): Local {
    this.#types.push(type);
    return [0x20, this.parameters.length + this.#types.length - 1];
  }

  /** The function's entry in the code section. */
  code(): number[] {
    const locals = this.#types.map((type) => [1, typeCodes[type]]);
    return sized([unsigned(locals.length), locals, this.body, 0x0b]);
  }
}

function flatten(code: Wasm, into: number[]): number[] {
  for (const part of code) {
    if (typeof part === "number") into.push(part);
    else flatten(part, into);
  }
  return into;
}

/** Bytes behind their number. */
function sized(code: Wasm): number[] {
  const bytes = flatten(code, []);
  return [...unsigned(bytes.length), ...bytes];
}

const list = (entries: readonly Wasm[]): Wasm => [unsigned(entries.length), ...entries];
const text = (name: string): Wasm => [name.length, Array.from(name, (letter) => letter.charCodeAt(0))];

/** What is used of the platform's WebAssembly. */
interface Platform {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Record<string, unknown> };
}

export interface WasmInstance {
  readonly memory: Uint8Array;
  /** The last of the functions. */
  readonly run: (...values: number[]) => number;
}

/**
 * A module of these functions with `pages` pages of 64 KiB of memory, which never grows; undefined where the platform has no
 * WebAssembly, or does not allow it: whoever calls needs another way.
 */
export function instantiate(functions: readonly WasmFunction[], pages: number): WasmInstance | undefined {
  const sections: [number, Wasm][] = [
    [1, list(functions.map(({ parameters }) => [0x60, list(parameters.map(() => [typeCodes.i32])), 1, typeCodes.i32]))],
    [3, list(functions.map((_, i) => [i]))],
    [5, list([[0x01, unsigned(pages), unsigned(pages)]])],
    [
      7,
      list([
        [text("memory"), 2, 0],
        [text("run"), 0, functions.length - 1],
      ]),
    ],
    [10, list(functions.map((each) => each.code()))],
  ];
  const bytes = [0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0, ...sections.flatMap(([id, body]) => [id, ...sized(body)])];
  const { WebAssembly: platform } = globalThis as { readonly WebAssembly?: Platform };
  if (platform === undefined) return undefined;
  try {
    const { memory, run } = new platform.Instance(new platform.Module(Uint8Array.from(bytes))).exports as {
      readonly memory: { readonly buffer: ArrayBuffer };
      readonly run: WasmInstance["run"];
    };
    return { memory: new Uint8Array(memory.buffer), run };
  } catch {
    return undefined;
  }
}
