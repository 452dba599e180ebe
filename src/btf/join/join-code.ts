import { instantiate, type WasmInstance } from "../../wasm/index.js";
import { kindBytes, kindFacts } from "./join-layout.js";
import { joinModule } from "./join-wasm.js";

let module: string | undefined;

/** The code with a memory of `bytes` bytes; undefined where the platform has no WebAssembly. */
export function joinCode(bytes: number): WasmInstance | undefined {
  const code = instantiate((module ??= joinModule()), Math.ceil(bytes / 65_536));
  code?.memory.set(kindBytes(), kindFacts);
  return code;
}
