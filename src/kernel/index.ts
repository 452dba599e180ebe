/** Room `kernel`: images into the Linux kernel over a port: maps, programs, test runs. */
export { attrLayouts, BpfCommand, bpfRequest, objectName, type AttrFields } from "./attr.js";
export { ProgramBuilder, type PlacedFunction, type ProgramCode } from "./closure.js";
export { Errno, errnoName } from "./errno.js";
export { readLoadedBtf, type LoadedBtf, type LoadedName } from "./loaded-btf.js";
export { loadImage, segmentMapName, type LoadOptions } from "./load.js";
export { KernelProgram, LoadedImage } from "./loaded.js";
export { createMap, KernelMap, type UpdateMode } from "./maps.js";
export type { BpfRequest, Pointer, Syscalls } from "./syscalls.js";
export { testRun, type TestRunOptions, type TestRunResult } from "./test-run.js";
export { VerifierError } from "./verifier.js";
