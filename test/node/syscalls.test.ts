import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { countCpus, openSyscalls, type OpenOptions } from "../../src/node/index.js";

async function codeOf(options: OpenOptions): Promise<string> {
  try {
    await openSyscalls(options);
  } catch (error) {
    if (error instanceof BpfkitError) return `${error.diagnostics[0]!.code}: ${error.message}`;
    throw error;
  }
  return "opened";
}

test("another system, an unknown machine and a missing koffi are told apart", async () => {
  const missing = Object.assign(new Error("Cannot find package 'koffi'\nimported from here"), {
    code: "ERR_MODULE_NOT_FOUND",
  });
  expect(await codeOf({ platform: "darwin" })).toBe(
    "kernel-not-linux: the kernel can be asked on Linux only, and this is darwin",
  );
  expect(await codeOf({ platform: "linux", arch: "ia32" })).toBe(
    "kernel-unknown-machine: the number of the bpf() system call on ia32 is not known here",
  );
  expect(await codeOf({ platform: "linux", arch: "x64", importFfi: () => Promise.reject(missing) })).toBe(
    "kernel-no-koffi: the package koffi, which calls the kernel, cannot be loaded: Cannot find package 'koffi'",
  );
});

test("addresses, byte order and error numbers pass through", async () => {
  const seen: (readonly (number | string)[])[] = [];
  const ffi = {
    load: () => ({
      func: (prototype: string) => {
        return (...args: (number | Uint8Array)[]): number => {
          const hex = args.map((arg) => (typeof arg === "number" ? arg : Buffer.from(arg).toString("hex")));
          seen.push([/(\w+)\(/.exec(prototype)![1]!, ...hex]);
          return -1;
        };
      },
    }),
    address: (buffer: Uint8Array) => 0x1122_3344_5566_0000n + BigInt(buffer.length),
    errno: () => 7,
  };
  const importFfi = (): Promise<{ default: typeof ffi }> => Promise.resolve({ default: ffi });
  const syscalls = await openSyscalls({ platform: "linux", arch: "arm64", importFfi });
  const attr = new Uint8Array(16);
  expect(syscalls.bpf({ command: 3, attr, pointers: [{ at: 8, buffer: new Uint8Array(5) }] })).toBe(-7);
  expect(syscalls.close(9)).toBe(-7);
  const pointer = syscalls.endian === "little" ? "0500665544332211" : "1122334455660005";
  expect(seen).toEqual([
    ["syscall", 280, 3, "0000000000000000" + pointer, 16],
    ["close", 9],
  ]);
});

test.each([
  ["0", 1],
  ["0-1\n", 2],
  ["0-3,8,10-11\n", 7],
  ["", 1],
])("the CPU list %j has %i CPUs", (list, count) => {
  expect(countCpus(list)).toBe(count);
});
