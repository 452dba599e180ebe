/** Room `wasm`: WebAssembly modules written as expressions. */
export { instantiate, type WasmInstance } from "./instance.js";
export {
  block,
  bump,
  call,
  i32,
  i64,
  leave,
  leaveIf,
  moduleOf,
  repeat,
  result,
  select,
  set,
  v128,
  WasmFunction,
  when,
  type Local,
  type Wasm,
} from "./module.js";
export { ascii, decimalFunction, eightDigits, hexDigits, hexFunction, leadingZeros, swapBytes } from "./numbers.js";
