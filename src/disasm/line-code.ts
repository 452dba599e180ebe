import { instantiate, type WasmInstance } from "../wasm/index.js";
import { Layout } from "./line-layout.js";
import { lineModule } from "./line-wasm.js";

/** The code with its memory, as `Layout` says; undefined where the platform has no WebAssembly. */
export function lineCode(): WasmInstance | undefined {
  return instantiate(lineModule(), Math.ceil(Layout.end / 65_536));
}
