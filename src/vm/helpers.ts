/**
 * Helper functions by the kernel's names. Source of truth: include/uapi/linux/bpf.h (documentation of each helper) and
 * kernel/bpf/helpers.c, kernel/trace/bpf_trace.c, net/core/filter.c for results and errors.
 *
 * A helper reads its arguments from the machine and returns what r0 gets; `undefined` leaves r0 as it is.
 */
import { decodeUtf8 } from "../bytes/index.js";
import { helperId } from "../isa/index.js";
import { checksumDifference } from "./checksum.js";
import { Errno } from "./errno.js";
import { formatTrace } from "./format-trace.js";
import { MAX_LOOPS, type Machine } from "./machine.js";
import { BASE } from "./memory.js";
import type { VmMap } from "./maps.js";
import { adjustHead, adjustMeta, adjustTail, loadBytes, storeBytes } from "./xdp.js";

export type Helper = (m: Machine) => number | bigint | undefined;

/** MAX_TAIL_CALL_CNT of the kernel. */
const TAIL_CALLS = 33;
/** Results of bpf_redirect in an XDP program (`enum xdp_action`). */
const XDP_ABORTED = 0;
const XDP_REDIRECT = 4;
/** TASK_COMM_LEN of the kernel. */
const COMM = "bpfkit";

/** Argument 1 as a map with bytes as keys and values. */
function byteMap(m: Machine): VmMap {
  const map = m.map(1);
  if (map.kind === "array" || map.kind === "hash") return map;
  throw m.badArgument(`the VM cannot look into map ${map.definition.name} of type ${map.definition.type}`);
}

function lookup(m: Machine, cpu: number): number {
  const map = byteMap(m);
  const at = map.lookupAt(m.pointer(2, map.definition.keySize, false), cpu);
  return at < 0 ? 0 : BASE + at;
}

function tailCall(m: Machine): undefined {
  const map = m.map(2);
  if (map.kind !== "programs") throw m.badArgument(`map ${map.definition.name} is no program array`);
  const start = map.programs[m.int(3) >>> 0] ?? 0;
  if (start === 0 || m.tailCalls >= TAIL_CALLS) return;
  m.tailCalls++;
  m.mayGoto[m.memory.depth] = MAX_LOOPS;
  m.tail = start - 1;
}

function traceText(m: Machine): string | undefined {
  const size = m.size(2);
  const at = m.pointer(1, size, false);
  const end = m.memory.bytes.subarray(at, at + size).indexOf(0);
  if (end < 0) return undefined;
  return formatTrace(m, at, end, [m.u64(3), m.u64(4), m.u64(5)]);
}

function tracePrintk(m: Machine): number {
  const text = traceText(m);
  if (text === undefined) return -Errno.EINVAL;
  const bytes = Uint8Array.from(text, (char) => char.charCodeAt(0));
  m.trace(decodeUtf8(bytes));
  return bytes.length;
}

function loop(m: Machine): number {
  const [count, callback, context, flags] = [m.int(1) >>> 0, m.functionAt(m.u64(2)), m.u64(3), m.u64(4)];
  if (flags !== 0n) return -Errno.EINVAL;
  if (count > MAX_LOOPS) return -Errno.E2BIG;
  if (callback < 0) throw m.badArgument(`argument 2 is no function: 0x${m.u64(2).toString(16)}`);
  for (let i = 0; i < count; i++) {
    if (m.callBack(callback, [BigInt(i), context]) !== 0n) return i + 1;
  }
  return count;
}

function forEach(m: Machine): number {
  const map = byteMap(m);
  const [handle, callback, context, flags] = [m.u64(1), m.functionAt(m.u64(2)), m.u64(3), m.u64(4)];
  if (flags !== 0n) return -Errno.EINVAL;
  if (callback < 0) throw m.badArgument(`argument 2 is no function: 0x${m.u64(2).toString(16)}`);
  return map.visit(
    m.cpu,
    (key, value) => m.callBack(callback, [handle, BigInt(BASE + key), BigInt(BASE + value), context]) === 0n,
  );
}

/** The kernel's strncmp: -1, 0 or 1. Both strings must be readable up to their difference or their end. */
function compare(m: Machine): number {
  const size = m.size(2);
  const first = m.pointer(1, size, false);
  const bytes = m.memory.bytes;
  for (let i = 0; i < size; i++) {
    const a = bytes[first + i]!;
    const b = bytes[m.pointer(3, i + 1, false) + i]!;
    if (a !== b) return a < b ? -1 : 1;
    if (a === 0) return 0;
  }
  return 0;
}

function currentComm(m: Machine): number {
  const size = m.size(2);
  const at = m.pointer(1, size, true);
  if (size === 0) return 0;
  m.memory.bytes.fill(0, at, at + size);
  for (let i = 0; i < Math.min(COMM.length, size - 1); i++) m.memory.bytes[at + i] = COMM.charCodeAt(i);
  return 0;
}

const table: Readonly<Record<string, Helper>> = {
  map_lookup_elem: (m) => lookup(m, m.cpu),
  map_lookup_percpu_elem: (m) => lookup(m, m.int(3) >>> 0),
  map_update_elem: (m) => {
    const map = byteMap(m);
    const key = m.pointer(2, map.definition.keySize, false);
    const value = m.pointer(3, map.definition.valueSize, false);
    const flags = m.u64(4);
    return map.updateAt(key, value, flags > 2n ? -1 : Number(flags), m.cpu);
  },
  map_delete_elem: (m) => {
    const map = byteMap(m);
    return map.deleteAt(m.pointer(2, map.definition.keySize, false));
  },
  ktime_get_ns: (m) => m.clock(),
  ktime_get_boot_ns: (m) => m.clock(),
  trace_printk: tracePrintk,
  get_prandom_u32: (m) => m.random(),
  get_smp_processor_id: (m) => m.cpu,
  tail_call: tailCall,
  get_current_pid_tgid: () => (1n << 32n) | 1n,
  get_current_uid_gid: () => 0n,
  get_current_comm: currentComm,
  redirect: (m) => {
    if (m.u64(2) !== 0n) return XDP_ABORTED;
    m.redirect = { ifindex: m.int(1) >>> 0 };
    return XDP_REDIRECT;
  },
  csum_diff: (m) => {
    const [fromSize, toSize] = [m.size(2), m.size(4)];
    const from = m.pointer(1, fromSize, false);
    const to = m.pointer(3, toSize, false);
    return checksumDifference(m.memory, from, fromSize, to, toSize, m.int(5) >>> 0);
  },
  xdp_adjust_head: adjustHead,
  xdp_adjust_meta: adjustMeta,
  xdp_adjust_tail: adjustTail,
  xdp_load_bytes: loadBytes,
  xdp_store_bytes: storeBytes,
  loop,
  for_each_map_elem: forEach,
  strncmp: compare,
};

/** The helpers the VM has, by id. */
export const helpers: ReadonlyMap<number, Helper> = new Map(
  Object.entries(table).map(([name, helper]) => [helperId(`bpf_${name}`)!, helper]),
);
