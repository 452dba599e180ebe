import type { Endian } from "../../bytes/index.js";
import { instantiate, type WasmInstance } from "../../wasm/index.js";
import { classes } from "../text/scan.js";
import { pages, Place } from "./kernel-layout.js";
import { bigModule, littleModule } from "./kernel-wasm.js";

/** The loop for files of byte order `endian`, its memory empty but for the classes; undefined where there is no WebAssembly. */
export function startKernel(endian: Endian): WasmInstance | undefined {
  const made = instantiate(endian === "little" ? littleModule() : bigModule(), pages);
  made?.memory.set(classes, Place.classes);
  return made;
}
