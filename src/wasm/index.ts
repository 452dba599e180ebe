/** Room `wasm`: WebAssembly modules written as expressions. */
export {
  block,
  bump,
  call,
  i32,
  i64,
  instantiate,
  leave,
  leaveIf,
  repeat,
  result,
  select,
  set,
  v128,
  WasmFunction,
  when,
  type Local,
  type Wasm,
  type WasmInstance,
} from "./module.js";
export { ascii, decimalFunction, eightDigits, hexDigits, hexFunction, leadingZeros, swapBytes } from "./numbers.js";
