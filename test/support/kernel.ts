/**
 * The machine's own kernel, for tests that load programs. They need Linux, root (or CAP_BPF) and koffi.
 *
 * Usage: `test.skipIf(kernelMissing !== "")(`loads${kernelMissing}`, () => { … kernel() … })`.
 */
import { BpfkitError } from "../../src/diag/index.js";
import { createMap, type Syscalls } from "../../src/kernel/index.js";
import { openSyscalls } from "../../src/node/index.js";

let opened: Syscalls | undefined;

async function probe(): Promise<string> {
  try {
    const syscalls = await openSyscalls();
    const probed = { name: "probe", type: 2, keySize: 4, valueSize: 4, maxEntries: 1, flags: 0, extra: 0n };
    createMap(syscalls, { ...probed, pinning: "none" }).close();
    opened = syscalls;
    return "";
  } catch (error) {
    if (error instanceof BpfkitError) return ` (skipped: ${error.message})`;
    throw error;
  }
}

/** Empty when the kernel can be asked, else the reason to skip, to be put after a test's name. */
export const kernelMissing: string = await probe();
if (kernelMissing !== "") console.warn(`tests in the kernel${kernelMissing}`);

/** The port to this machine's kernel. Only for tests that are skipped where there is none. */
export function kernel(): Syscalls {
  if (opened === undefined) throw new Error(`no kernel${kernelMissing}`);
  return opened;
}
