/** bpfkit: the doors most programs need. Each room has a sub-path of its own with everything it offers. */
export { assemble, type AssembleOptions, type AssembleResult } from "./asm/index.js";
export { BpfkitError, formatDiagnostic, type Diagnostic } from "./diag/index.js";
export { disassemble, formatDisassembly } from "./disasm/index.js";
export { link, type LinkOptions, type LinkResult } from "./link/index.js";
export { imageOf, readObject, writeObject, type Image, type ObjectFile } from "./object/index.js";
export { createVm, type Vm, type VmOptions } from "./vm/index.js";
