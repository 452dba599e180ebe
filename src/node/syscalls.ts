/**
 * The port to the kernel over libc's `syscall()`, called through koffi.
 *
 * koffi is an optional dependency and costs some 20 ms to load, so it is imported only when the kernel is asked for.
 * System call numbers: asm/unistd.h of each machine.
 */
import { readFileSync } from "node:fs";
import { endianness } from "node:os";
import { failure } from "../diag/index.js";
import type { BpfRequest, Pointer, Syscalls } from "../kernel/index.js";

/** The number of bpf() by `process.arch`. 32-bit machines are missing: their pointers are not 8 bytes. */
const bpfNumbers: ReadonlyMap<string, number> = new Map([
  ["x64", 321],
  ["arm64", 280],
  ["riscv64", 280],
  ["loong64", 280],
  ["ppc64", 361],
  ["s390x", 351],
]);

/** What is used of koffi. */
export interface Ffi {
  load(library: null): { func(prototype: string): (...args: (number | Uint8Array)[]) => number };
  /** The address of a typed array's bytes, which stay where they are. */
  address(buffer: Uint8Array): bigint;
  /** `errno` of the last call. */
  errno(): number;
}

export interface OpenOptions {
  /** `process.platform`, `process.arch` and the import of koffi, unless a test says otherwise. */
  readonly platform?: string;
  readonly arch?: string;
  readonly importFfi?: () => Promise<{ readonly default: Ffi }>;
}

async function importKoffi(): Promise<{ readonly default: Ffi }> {
  const koffi = await import("koffi");
  return koffi as unknown as { readonly default: Ffi };
}

/** Opens the way to the kernel. Throws `kernel-not-linux`, `kernel-unknown-machine` or `kernel-no-koffi`. */
export async function openSyscalls(options: OpenOptions = {}): Promise<Syscalls> {
  const platform = options.platform ?? process.platform;
  const machine = options.arch ?? process.arch;
  if (platform !== "linux") throw failure("kernel-not-linux", { platform });
  const number = bpfNumbers.get(machine);
  if (number === undefined) {
    throw failure("kernel-unknown-machine", { machine, known: [...bpfNumbers.keys()].join(", ") });
  }
  try {
    const { default: ffi } = await (options.importFfi ?? importKoffi)();
    return new NodeSyscalls(ffi, number);
  } catch (error) {
    const [reason] = String(error instanceof Error ? error.message : error).split("\n");
    throw failure("kernel-no-koffi", { reason: reason! });
  }
}

class NodeSyscalls implements Syscalls {
  readonly endian: "little" | "big" = endianness() === "LE" ? "little" : "big";
  readonly #ffi: Ffi;
  readonly #number: number;
  readonly #syscall: (...args: (number | Uint8Array)[]) => number;
  readonly #close: (...args: number[]) => number;
  #cpus = 0;

  constructor(ffi: Ffi, number: number) {
    const libc = ffi.load(null);
    this.#ffi = ffi;
    this.#number = number;
    // syscall() is variadic in C; on these machines fixed arguments are passed the same way.
    this.#syscall = libc.func("long syscall(long number, long command, void *attr, long size)");
    this.#close = libc.func("int close(int fd)");
  }

  bpf(request: BpfRequest): number {
    const { command, attr, pointers } = request;
    const put = ({ at, within = attr }: Pointer, address: bigint): void =>
      new DataView(within.buffer, within.byteOffset).setBigUint64(at, address, this.endian === "little");
    for (const pointer of pointers) put(pointer, this.#ffi.address(pointer.buffer));
    const result = this.#syscall(this.#number, command, attr, attr.length);
    const answer = result < 0 ? -this.#ffi.errno() : result;
    // Walking the pointers again also keeps their buffers from the garbage collector until here.
    for (const pointer of pointers) put(pointer, 0n);
    return answer;
  }

  close(fd: number): number {
    return this.#close(fd) < 0 ? -this.#ffi.errno() : 0;
  }

  possibleCpus(): number {
    if (this.#cpus === 0) this.#cpus = countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8"));
    return this.#cpus;
  }
}

/** The CPUs in a list of the kernel's: `0-3,8` are 5. At least 1. */
export function countCpus(list: string): number {
  let count = 0;
  for (const range of list.trim().split(",")) {
    const [from = Number.NaN, to = from] = range.split("-").map(Number);
    if (to >= from) count += to - from + 1;
  }
  return Math.max(1, count);
}
