/** WebAssembly of expressions: what the engine makes of them. */
import { expect, test } from "vitest";
import {
  block,
  bump,
  i32,
  i64,
  instantiate,
  leave,
  leaveIf,
  moduleOf,
  repeat,
  result,
  select,
  set,
  WasmFunction,
  when,
  type Local,
  type Wasm,
} from "../src/wasm/index.js";

/** What a function of this body, made of its two parameters, returns for `values`. */
function run(body: (a: Local, b: Local, func: WasmFunction) => Wasm, ...values: number[]): number {
  const func = new WasmFunction(0, 2);
  const [a, b] = func.parameters as [Local, Local];
  func.body = body(a, b, func);
  return instantiate(moduleOf([func]), 1)!.run(...values);
}

const edges = [0, 1, -1, 63, 64, -64, -65, 127, 128, 8191, 8192, -8193, 2 ** 31 - 1, -(2 ** 31)];

test.each(edges)("the constant %i", (value) => {
  expect(run(() => i32.const(value), 0, 0)).toBe(value);
  expect(run(() => i32.wrap(i64.shrUnsigned(i64.const(BigInt(value) << 32n), i64.const(32n))), 0, 0)).toBe(value);
});

test("loops, branches and locals", () => {
  // The sum of a to b, or -1 where a is greater.
  const sum = (a: Local, b: Local, func: WasmFunction): Wasm => {
    const total = func.local("i32");
    return [
      when(i32.gt(a, b), [result(i32.const(-1))]),
      block(repeat(leaveIf(i32.gt(a, b), 1), bump(total, a), bump(a, i32.const(1)), leave(0))),
      total,
    ];
  };
  expect(run(sum, 3, 6)).toBe(18);
  expect(run(sum, 6, 3)).toBe(-1);
  expect(run((a, b) => select(i32.lt(a, b), a, b), 5, -5)).toBe(-5);
});

test("memory is what was asked for, and zero", () => {
  const func = new WasmFunction(0, 1);
  const [at] = func.parameters as [Local];
  const value = func.local("i32");
  func.body = [set(value, i32.load(at, 300)), i32.store8(at, i32.const(0x1ff), 70_000), value];
  const { memory, run: go } = instantiate(moduleOf([func]), 2)!;
  expect(memory.length).toBe(2 * 65_536);
  memory.set([1, 2, 3, 4], 301);
  expect(go(1)).toBe(0x0403_0201);
  expect(memory[70_001]).toBe(0xff);
  expect(() => go(2 * 65_536)).toThrow(/out of bounds/);
});
