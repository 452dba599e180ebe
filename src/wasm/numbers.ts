/** Numbers as characters, in WebAssembly: functions and pieces of code that write several digits at once. */
import { bump, i32, i64, result, set, v128, WasmFunction, when, type Local, type Wasm } from "./module.js";

export const ascii = (text: string): number[] => Array.from(text, (letter) => letter.charCodeAt(0));
const c = i32.const;

const hundredMillion = 10 ** 8;
const zeros = i64.const(0x3030_3030_3030_3030n);

/**
 * The decimal digits of `value` (below 10^8) as numbers in the bytes of `into`, the first in the lowest: halves, then pairs,
 * then digits, the quotients by multiplication.
 */
export function eightDigits(value: Wasm, into: Local, part: Local): Wasm {
  /** `into` = quotients | remainders << shift, by lanes: `factor` / 2^`scale` is 1 / `divisor`. */
  const split = (factor: bigint, scale: bigint, lanes: bigint, divisor: bigint, shift: bigint): Wasm => [
    set(part, i64.and(i64.shrUnsigned(i64.mul(into, i64.const(factor)), i64.const(scale)), i64.const(lanes))),
    set(into, i64.or(part, i64.shl(i64.sub(into, i64.mul(part, i64.const(divisor))), i64.const(shift)))),
  ];
  return [
    set(into, i64.extendUnsigned(value)),
    split(3_518_437_209n, 45n, 0xffff_ffffn, 10_000n, 32n),
    split(10_486n, 20n, 0x7f_0000_007fn, 100n, 16n),
    split(103n, 10n, 0x000f_000f_000f_000fn, 10n, 8n),
  ];
}

/** Eight bits for each leading zero of the eight digits in `number`, of which the last one counts as none. */
export const leadingZeros = (number: Wasm): Wasm =>
  i64.and(i64.ctz(i64.or(number, i64.const(1n << 56n))), i64.const(~7n));

/** The hex digits of the first eight bytes of `bytes`. */
export function hexDigits(bytes: Local): Wasm {
  const low = v128.const(Array.from({ length: 16 }, () => 0x0f));
  const pairs = [0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23];
  return v128.swizzle(
    v128.const(ascii("0123456789abcdef")),
    v128.shuffle(v128.shr8(bytes, c(4)), v128.and(bytes, low), pairs),
  );
}

/** The bytes of `value` in the other order. */
export const swapBytes = (value: Local): Wasm =>
  i32.or(i32.and(i32.rotl(value, c(8)), c(0x00ff_00ff)), i32.and(i32.rotl(value, c(24)), c(0xff00_ff00)));

/** `(at, value) → end`: `value` in hex, unsigned. */
export function hexFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [at, value] = func.parameters as [Local, Local];
  const missing = func.local("i32");
  const bytes = func.local("v128");
  func.body = [
    set(missing, i32.shrUnsigned(i32.clz(i32.or(value, c(1))), c(2))),
    set(value, i32.shl(value, i32.shl(missing, c(2)))),
    set(bytes, v128.splat32(swapBytes(value))),
    v128.store64(at, hexDigits(bytes)),
    i32.sub(i32.add(at, c(8)), missing),
  ];
  return func;
}

/** `(at, value) → end`: `value` in decimal, unsigned. May overwrite seven bytes behind it. */
export function decimalFunction(index: number): WasmFunction {
  const func = new WasmFunction(index, 2);
  const [at, value] = func.parameters as [Local, Local];
  const high = func.local("i32");
  const tens = func.local("i32");
  const digits = func.local("i64");
  const part = func.local("i64");
  const missing = func.local("i64");
  func.body = [
    when(i32.geUnsigned(value, c(hundredMillion)), [
      // At most 42: one or two digits before the other eight.
      set(high, i32.divUnsigned(value, c(hundredMillion))),
      set(value, i32.sub(value, i32.mul(high, c(hundredMillion)))),
      set(tens, i32.divUnsigned(high, c(10))),
      i32.store8(at, i32.add(tens, c(0x30))),
      bump(at, i32.ne(tens, c(0))),
      i32.store8(at, i32.add(i32.sub(high, i32.mul(tens, c(10))), c(0x30))),
      bump(at, c(1)),
      eightDigits(value, digits, part),
      i64.store(at, i64.or(digits, zeros)),
      result(i32.add(at, c(8))),
    ]),
    eightDigits(value, digits, part),
    set(missing, leadingZeros(digits)),
    i64.store(at, i64.shrUnsigned(i64.or(digits, zeros), missing)),
    i32.sub(i32.add(at, c(8)), i32.shrUnsigned(i32.wrap(missing), c(3))),
  ];
  return func;
}
