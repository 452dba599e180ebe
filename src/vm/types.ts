/** What the VM is given and what a run gives back. */
import type { Diagnostic } from "../diag/index.js";
import type { FaultDetail } from "./machine.js";
import type { VmMap } from "./maps.js";

/** A helper of the host: arguments r1 to r5 as unsigned 64-bit numbers, the result is r0 (modulo 2^64). */
export type HostHelper = (r1: bigint, r2: bigint, r3: bigint, r4: bigint, r5: bigint, vm: Vm) => bigint;

export interface VmOptions {
  /** Number of CPUs a per-CPU map has values for; default 1. */
  readonly cpus?: number;
  /** The CPU programs run on; default 0. */
  readonly cpu?: number;
  /** Instructions a run may execute; default 100 million. */
  readonly budget?: number;
  /** Helpers beside the kernel's, or instead of them: by id, or by the name a program calls. */
  readonly helpers?: ReadonlyMap<number | string, HostHelper>;
  /** May `callx` call a helper whose id the register holds, as bpf_conformance has it? Default: functions only. */
  readonly callxHelpers?: boolean;
  /** Nanoseconds for the ktime helpers. Default: starts at 1 s and moves 1 µs a call, the same in every VM. */
  readonly clock?: () => bigint;
  /** Seed of bpf_get_prandom_u32; default 1. */
  readonly seed?: number;
  /** Gets each line of bpf_trace_printk; default: lines are dropped. */
  readonly trace?: (line: string) => void;
}

/** A run that was stopped. */
export interface Fault {
  readonly kind: "fault";
  readonly diagnostic: Diagnostic;
  readonly detail: FaultDetail;
  /** Instructions begun. */
  readonly insns: number;
}

export interface RunDone {
  readonly kind: "ok";
  /** Unsigned. */
  readonly r0: bigint;
  /** Instructions executed; a two-slot load counts once. */
  readonly insns: number;
  /** The memory given to the run as the program left it. */
  readonly memory: Uint8Array;
}

/** Plain memory for a run: r1 points to it, r2 is its length. Without memory both are 0. */
export interface RunInput {
  readonly memory?: Uint8Array;
}

export interface XdpInput {
  readonly ingressIfindex?: number;
  readonly rxQueueIndex?: number;
  readonly egressIfindex?: number;
}

export interface XdpDone {
  readonly kind: "ok";
  /** The low 32 bits of r0: `enum xdp_action`. */
  readonly verdict: number;
  /** The frame from `data` to `data_end`. */
  readonly packet: Uint8Array;
  /** The bytes from `data_meta` to `data`. */
  readonly metadata: Uint8Array;
  /** Where bpf_redirect sends the frame; undefined where it was not called. */
  readonly redirect: { readonly ifindex: number } | undefined;
  readonly insns: number;
}

/** A loaded image with its maps and data, which live on from run to run. */
export interface Vm {
  /** Names of the programs, in the image's order. */
  readonly programs: readonly string[];
  /** Names of the maps, in the image's order. */
  readonly maps: readonly string[];
  /** Throws a `BpfkitError` where there is no such map. */
  map(name: string): VmMap;
  /** Sets an entry of a program array, which tail_call goes to. Throws where map, index or program do not exist. */
  setTailCall(map: string, index: number, program: string): void;
  /** Runs a program (or any function, by name) on plain memory. Throws where there is none of that name. */
  run(program: string, input?: RunInput): RunDone | Fault;
  /** Runs an XDP program on a frame; `packet` itself stays as it is. */
  runXdp(program: string, packet: Uint8Array, input?: XdpInput): XdpDone | Fault;
  /** A copy of guest memory, for host helpers; undefined where not all of it is accessible. */
  read(address: bigint, size: number): Uint8Array | undefined;
  /** Writes guest memory, for host helpers; false where not all of it may be written. */
  write(address: bigint, bytes: Uint8Array): boolean;
}
