/** One run of a loaded program on data of the caller's: `BPF_PROG_TEST_RUN`. Source: Documentation/bpf/bpf_prog_run.rst. */
import { failure } from "../diag/index.js";
import { attrField, bpfRequest } from "./attr.js";
import { Errno, errnoName } from "./errno.js";
import { generalRefusal } from "./refusal.js";
import type { BpfRequest, Syscalls } from "./syscalls.js";

export interface TestRunOptions {
  /** The packet, from the Ethernet header on. XDP and tc want at least 14 bytes. */
  readonly data?: Uint8Array;
  /** The context structure of the program type (`struct xdp_md`, `struct __sk_buff`, …), in the machine's byte order. */
  readonly ctx?: Uint8Array;
  /** How often to run. Default 1. When a signal interrupts the repetition, all of it is done again: maps may see more runs. */
  readonly repeat?: number;
  /** Run on this CPU (raw tracepoints only). */
  readonly cpu?: number;
  /** Room for the packet that comes out, in bytes. Default: the packet's size and a page. */
  readonly dataOutSize?: number;
}

export interface TestRunResult {
  /** Unsigned: XDP_TX is 3, -1 is 4294967295. */
  readonly retval: number;
  /** The packet after the (last) run. */
  readonly data: Uint8Array;
  /** The context after the run; empty unless one was given. */
  readonly ctx: Uint8Array;
  /** Nanoseconds, the mean of the runs. */
  readonly duration: number;
}

/** Programs grow a packet by at most its headroom and tailroom, which share a page with it. */
const growth = 4096;
/** A repetition stops with EINTR when a signal is pending, which in Node may be work of its event loop. */
const attempts = 100;
/** `BPF_F_TEST_RUN_ON_CPU` */
const onCpu = 1;
const none: Uint8Array = new Uint8Array(0);

/** Runs the program behind `fd`; `name` is for the messages. */
export function testRun(syscalls: Syscalls, fd: number, name: string, options: TestRunOptions): TestRunResult {
  const { endian } = syscalls;
  const dataIn = options.data ?? none;
  const ctxIn = options.ctx ?? none;
  // A program without data (a raw tracepoint, say) must not be given room for any.
  const room = options.dataOutSize ?? (dataIn.length === 0 ? 0 : dataIn.length + growth);
  const dataOut = new Uint8Array(room);
  const ctxOut = new Uint8Array(ctxIn.length);
  const fields = {
    prog_fd: fd,
    retval: 0,
    data_size_in: dataIn.length,
    data_size_out: room,
    data_in: dataIn,
    data_out: dataOut,
    repeat: options.repeat ?? 1,
    duration: 0,
    ctx_size_in: ctxIn.length,
    ctx_size_out: ctxOut.length,
    ctx_in: ctxIn,
    ctx_out: ctxOut,
    flags: options.cpu === undefined ? 0 : onCpu,
    cpu: options.cpu ?? 0,
  };
  let request: BpfRequest;
  let result: number;
  let left = attempts;
  do {
    // The kernel writes into the request, so each attempt has one of its own.
    request = bpfRequest("BPF_PROG_TEST_RUN", fields, endian);
    result = syscalls.bpf(request);
  } while (result === -Errno.EINTR && --left > 0);
  const errno = -Math.min(0, result);
  const answer = (field: "retval" | "data_size_out" | "ctx_size_out" | "duration"): number =>
    attrField("BPF_PROG_TEST_RUN", field, request, endian);
  const needed = answer("data_size_out");
  if (errno === Errno.ENOSPC) throw failure("kernel-test-run-room", { name, needed, room });
  if (errno !== 0) {
    throw (
      generalRefusal(errno, `test-run program ${name}`) ?? failure("kernel-test-run", { name, errno: errnoName(errno) })
    );
  }
  return {
    retval: answer("retval"),
    data: dataOut.subarray(0, Math.min(needed, room)),
    ctx: ctxOut.subarray(0, Math.min(answer("ctx_size_out"), ctxOut.length)),
    duration: answer("duration"),
  };
}
