/**
 * The port to the kernel: all that this room asks of the machine it runs on. `node` implements it with FFI; tests with a recorder.
 *
 * Source: bpf(2).
 */
import type { Endian } from "../bytes/index.js";

/** A pointer field of a request: the port writes the address of `buffer` at byte `at` of the attribute, or of `within`. */
export interface Pointer {
  readonly at: number;
  /** Another buffer of the request that holds the pointer. */
  readonly within?: Uint8Array;
  /** The kernel reads or writes it during the call. Not empty: a null pointer is a field left zero. */
  readonly buffer: Uint8Array;
}

/** One call of bpf(): the command and its `union bpf_attr`. */
export interface BpfRequest {
  readonly command: number;
  /** As many bytes as the command's used fields take. The kernel may write into it. */
  readonly attr: Uint8Array;
  readonly pointers: readonly Pointer[];
}

export interface Syscalls {
  /** The byte order of the machine. */
  readonly endian: Endian;
  /** Calls bpf(). Gives what it returns, or the negative error number. Keeps the buffers alive until it returns. */
  bpf(request: BpfRequest): number;
  /** Closes a file descriptor; 0 or the negative error number. */
  close(fd: number): number;
  /** How many CPUs the kernel counts as possible: the number of values in a per-CPU map's entry. */
  possibleCpus(): number;
}
