/** Room `node`: files, standard streams and system calls of the machine. The only room with `node:*` and FFI. */
export {
  isSameFile,
  isThere,
  keepBytes,
  keepingTimes,
  lendFile,
  modifiedAt,
  readInput,
  readKernelBtf,
  setTime,
  writeChanged,
  writeOutput,
  writeStandard,
} from "./files.js";
export { includeReader } from "./includes.js";
export { countCpus, openSyscalls, type Ffi, type OpenOptions } from "./syscalls.js";
