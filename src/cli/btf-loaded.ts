/** Opening BTF that the kernel holds. Loaded when it is asked for: files need no system calls of BPF. */
import { readBtf, type Btf } from "../btf/index.js";
import { readLoadedBtf, type LoadedBtf, type LoadedName } from "../kernel/index.js";
import { openSyscalls } from "../node/index.js";
import { kernelBase, openBtf } from "./btf-open.js";

/** A module's BTF stands on the kernel's, without a word. */
export async function openLoaded(
  name: LoadedName,
  base: string | undefined,
): Promise<{ readonly btf: Btf; readonly loaded: LoadedBtf }> {
  const loaded = readLoadedBtf(await openSyscalls(), name);
  const isModule = loaded.ofKernel && loaded.name !== "vmlinux";
  const below = base ?? (isModule ? kernelBase : undefined);
  const on = below === undefined ? undefined : await openBtf(below);
  return { btf: readBtf(loaded.bytes, { file: `${name.of} ${name.value}`, base: on }), loaded };
}
