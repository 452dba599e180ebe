/**
 * The XDP context and the helpers that move a frame's limits. Source of truth: `struct xdp_md` of linux/bpf.h,
 * net/core/filter.c, and net/bpf/test_run.c for the room around the frame.
 */
import { Errno } from "./errno.js";
import type { Machine } from "./machine.js";
import { BASE, CONTEXT, type Memory, type Region } from "./memory.js";

/** Bytes before the frame (XDP_PACKET_HEADROOM), and those of them the kernel keeps for its `struct xdp_frame`. */
export const HEADROOM = 256;
const XDP_FRAME = 40;
/** Bytes behind the frame that the kernel keeps for its `struct skb_shared_info`, and the room of one frame (a page). */
const SHARED_INFO = 320;
const PAGE = 4096;
/** Bytes of `struct xdp_md`. */
const XDP_MD = 24;
/** ETH_HLEN: a frame may not become shorter. */
const ETHERNET = 14;
/** Metadata is a multiple of 4 bytes and at most this long (`xdp_metalen_invalid`). */
const META_LIMIT = 255;

/** A frame in guest memory; all limits are buffer offsets. */
export interface Frame {
  readonly hardStart: number;
  readonly hardEnd: number;
  meta: number;
  data: number;
  end: number;
  readonly region: Region;
}

/** Bytes of memory that a frame of `length` bytes takes. A frame that does not fit a page has no tail room. */
export function frameRoom(length: number): number {
  return Math.max(PAGE, HEADROOM + length + SHARED_INFO);
}

/** Puts `packet` into the room at buffer offset `start`, with its region and the context. */
export function openFrame(
  memory: Memory,
  start: number,
  packet: Uint8Array,
  context: { readonly ingress: number; readonly queue: number; readonly egress: number },
): Frame {
  const data = start + HEADROOM;
  memory.bytes.set(packet, data);
  const step = frameRoom(packet.length);
  const region: Region = {
    kind: "packet",
    name: "packet",
    start: data,
    size: packet.length,
    step,
    count: 1,
    writable: true,
  };
  const frame: Frame = {
    hardStart: start,
    hardEnd: start + step - SHARED_INFO,
    meta: data,
    data,
    end: data + packet.length,
    region,
  };
  memory.context.size = XDP_MD;
  memory.add(region);
  memory.view.setUint32(CONTEXT + 12, context.ingress, memory.little);
  memory.view.setUint32(CONTEXT + 16, context.queue, memory.little);
  memory.view.setUint32(CONTEXT + 20, context.egress, memory.little);
  refresh(memory, frame);
  return frame;
}

/** Brings the region and the context's pointers in line with the frame's limits. */
function refresh(memory: Memory, frame: Frame): void {
  frame.region.start = frame.meta;
  frame.region.size = frame.end - frame.meta;
  memory.forget();
  memory.view.setUint32(CONTEXT, BASE + frame.data, memory.little);
  memory.view.setUint32(CONTEXT + 4, BASE + frame.end, memory.little);
  memory.view.setUint32(CONTEXT + 8, BASE + frame.meta, memory.little);
}

/** The frame of the context in r1, or a fault. */
function frameOf(m: Machine): Frame {
  if (m.frame !== undefined && m.u64(1) === BigInt(BASE + CONTEXT)) return m.frame;
  throw m.badArgument("argument 1 is not the XDP context");
}

export function adjustHead(m: Machine): number {
  const frame = frameOf(m);
  const delta = m.int(2);
  const meta = frame.data - frame.meta;
  const data = frame.data + delta;
  if (data < frame.hardStart + XDP_FRAME + meta || data > frame.end - ETHERNET) return -Errno.EINVAL;
  m.memory.bytes.copyWithin(frame.meta + delta, frame.meta, frame.data);
  frame.meta += delta;
  frame.data = data;
  refresh(m.memory, frame);
  return 0;
}

export function adjustTail(m: Machine): number {
  const frame = frameOf(m);
  const end = frame.end + m.int(2);
  if (end > frame.hardEnd || end < frame.data + ETHERNET) return -Errno.EINVAL;
  if (end > frame.end) m.memory.bytes.fill(0, frame.end, end);
  frame.end = end;
  refresh(m.memory, frame);
  return 0;
}

export function adjustMeta(m: Machine): number {
  const frame = frameOf(m);
  const meta = frame.meta + m.int(2);
  if (meta < frame.hardStart + XDP_FRAME || meta > frame.data) return -Errno.EINVAL;
  const length = frame.data - meta;
  if (length % 4 !== 0 || length > META_LIMIT) return -Errno.EACCES;
  frame.meta = meta;
  refresh(m.memory, frame);
  return 0;
}

/** Buffer offset of `length` bytes at `offset` of the frame, or the kernel's negative error number. */
function part(frame: Frame, offset: number, length: number): number {
  if (offset > 0xffff || length > 0xffff) return -Errno.EFAULT;
  return frame.data + offset + length > frame.end ? -Errno.EINVAL : frame.data + offset;
}

export function loadBytes(m: Machine): number {
  const frame = frameOf(m);
  const length = m.size(4);
  const to = m.pointer(3, length, true);
  const from = part(frame, m.int(2) >>> 0, length);
  if (from < 0) return from;
  m.memory.bytes.copyWithin(to, from, from + length);
  return 0;
}

export function storeBytes(m: Machine): number {
  const frame = frameOf(m);
  const length = m.size(4);
  const from = m.pointer(3, length, false);
  const to = part(frame, m.int(2) >>> 0, length);
  if (to < 0) return to;
  m.memory.bytes.copyWithin(to, from, from + length);
  return 0;
}
