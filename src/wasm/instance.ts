/** Modules at work. */

/** What is used of the platform's WebAssembly. */
interface Platform {
  readonly Memory: new (size: { readonly initial: number; readonly maximum: number }) => {
    readonly buffer: ArrayBuffer;
  };
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object, imports: object) => { readonly exports: Record<string, unknown> };
}

export interface WasmInstance {
  readonly memory: Uint8Array;
  /** The last of the functions. */
  readonly run: (...values: number[]) => number;
}

/**
 * The module of `moduleOf` with `pages` pages of 64 KiB of memory, which never grows; undefined where the platform has no
 * WebAssembly, or does not allow it: whoever calls needs another way.
 */
export function instantiate(module: string, pages: number): WasmInstance | undefined {
  const { WebAssembly: platform } = globalThis as { readonly WebAssembly?: Platform };
  if (platform === undefined) return undefined;
  const bytes = new Uint8Array(module.length);
  for (let i = 0; i < bytes.length; i++) bytes[i] = module.charCodeAt(i);
  try {
    const memory = new platform.Memory({ initial: pages, maximum: pages });
    const { run } = new platform.Instance(new platform.Module(bytes), { "": { memory } }).exports as {
      readonly run: WasmInstance["run"];
    };
    return { memory: new Uint8Array(memory.buffer), run };
  } catch {
    return undefined;
  }
}
