import { encodeUtf8 } from "../bytes/index.js";
import { instantiate, type WasmInstance } from "../wasm/index.js";
import { Layout } from "./raw-layout.js";
import { rawModule } from "./raw-wasm.js";
import { btfKinds } from "./table.js";

/** The code with a memory of `pages` pages of 64 KiB, as `Layout` says; undefined where the platform has no WebAssembly. */
export function rawCode(pages: number): WasmInstance | undefined {
  const code = instantiate(rawModule(), pages);
  if (code === undefined) return undefined;
  btfKinds.forEach((kind, number) => {
    const head = encodeUtf8(`] ${kind.name.toUpperCase()} '`);
    const at = Layout.kinds + 32 * number;
    code.memory.set(head, at);
    code.memory[at + 16] = head.length;
  });
  return code;
}
