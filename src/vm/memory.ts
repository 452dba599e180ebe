/**
 * The guest's memory: one linear buffer, a table of the regions in it, and the exact check of every access.
 *
 * A guest address is `BASE` plus an offset into the buffer, so NULL and small integers are never valid. Addresses of code
 * and of map handles lie outside of the buffer: a program can hold and pass them, not read them. The layout is the one a
 * Wasm linear memory can take over unchanged: stack at 0, context, segments and maps, the packet last.
 * Unlike other rooms this one reads through a `DataView` of its own: the check is here, a second one would cost as much.
 */
import { failure } from "../diag/index.js";

/** Guest address of offset 0. */
export const BASE = 0x1000_0000;
/** Guest address of code slot 0; slot `n` is `8 * n` further. Below 2^31, so that a 32-bit immediate can hold it. */
export const CODE_BASE = 0x6000_0000;
/** Guest "address" of map 0, a handle; map `n` is `16 * n` further. */
export const MAP_BASE = 0x0f00_0000;
/** The most bytes the buffer may have. */
export const MEMORY_LIMIT = 0x4000_0000;

/** Frames of a program and its functions (MAX_CALL_FRAMES of the kernel), and bytes of one (MAX_BPF_STACK). */
export const FRAMES = 8;
export const FRAME = 512;
/** Frames have a gap of one frame below each, so that running over one's end is not an access to its neighbour. */
const FRAME_STEP = 2 * FRAME;
export const CONTEXT: number = FRAMES * FRAME_STEP + FRAME;
/** Bytes at least between regions, so that an access one past the end of one is not an access to the next. */
export const GAP = 8;
/** Bytes kept for the context. */
export const CONTEXT_ROOM = 256;

export type RegionKind = "stack" | "context" | "packet" | "memory" | "segment" | "map";

/**
 * A stretch of the buffer made of `count` equal elements, `step` bytes apart, of which `size` bytes at the start may be
 * accessed. All in bytes; `start` is a buffer offset.
 */
export interface Region {
  readonly kind: RegionKind;
  readonly name: string;
  start: number;
  size: number;
  readonly step: number;
  readonly count: number;
  readonly writable: boolean;
}

/** The buffer offset of the lowest byte of frame `depth`; the outermost frame is 0 and lies highest. */
export function frameStart(depth: number): number {
  return FRAME + (FRAMES - 1 - depth) * FRAME_STEP;
}

/** A zeroed buffer; that the machine has none left is the image's fault, not a crash. */
function allocate(size: number): Uint8Array<ArrayBuffer> {
  try {
    return new Uint8Array(size);
  } catch {
    throw failure("vm-too-large", { what: "the image", size, limit: "fewer" });
  }
}

export class Memory {
  bytes: Uint8Array<ArrayBuffer>;
  view: DataView<ArrayBuffer>;
  /** 32-bit words of the buffer in the host's byte order, for indexes of maps. */
  words: Int32Array<ArrayBuffer>;
  readonly little: boolean;
  /** Sorted by start; the packet or plain memory of a run, if any, comes last. */
  readonly regions: Region[] = [];
  /** Empty unless a run has a context. */
  readonly context: Region;
  /** Frames in use; -1 when nothing runs. */
  depth = -1;
  /**
   * The last region hit: first and one past the last byte for reads, and the same for writes. Kept so that the
   * interpreter's common case is two comparisons.
   */
  readonly hit: Int32Array = new Int32Array(4);
  #used: number = CONTEXT + CONTEXT_ROOM;
  #fixed = 0;

  constructor(little: boolean) {
    this.little = little;
    this.bytes = new Uint8Array(this.#used);
    this.view = new DataView(this.bytes.buffer);
    this.words = new Int32Array(this.bytes.buffer);
    const stack = { kind: "stack", name: "stack", start: FRAME, size: FRAME, step: FRAME_STEP } as const;
    this.regions.push({ ...stack, count: FRAMES, writable: true });
    const step = CONTEXT_ROOM;
    this.context = { kind: "context", name: "context", start: CONTEXT, size: 0, step, count: 1, writable: false };
    this.regions.push(this.context);
    this.forget();
  }

  /** Bytes taken so far. */
  get used(): number {
    return this.#used;
  }

  /**
   * Takes `size` bytes at a multiple of `align`, after a gap, and returns their offset. The caller has checked the limit.
   */
  take(size: number, align = 8): number {
    const start = Math.ceil((this.#used + GAP) / align) * align;
    this.#used = start + size;
    return start;
  }

  add(region: Region): void {
    this.regions.push(region);
  }

  /** Ends the setup: the buffer gets its size, and what comes after this point is a run's own. */
  settle(): void {
    this.#used = Math.ceil((this.#used + GAP) / 4096) * 4096;
    this.#fixed = this.regions.length;
    this.#grow(this.#used);
  }

  #grow(size: number): void {
    if (size <= this.bytes.length) return;
    const bytes = allocate(Math.ceil(size / 65536) * 65536);
    bytes.set(this.bytes);
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer);
    this.words = new Int32Array(bytes.buffer);
  }

  /**
   * Begins a run: zeroed frames and context, only fixed regions, `room` zeroed bytes at the end of memory.
   * Returns the offset of that room.
   */
  begin(room: number): number {
    this.#grow(this.#used + room);
    this.bytes.fill(0, 0, CONTEXT + CONTEXT_ROOM);
    this.bytes.fill(0, this.#used, this.#used + room);
    this.regions.length = this.#fixed;
    this.context.size = 0;
    this.depth = 0;
    this.forget();
    return this.#used;
  }

  /** Forgets the last hit; needed whenever a region changes or a frame ends. */
  forget(): void {
    const hit = this.hit;
    hit[0] = hit[2] = 1;
    hit[1] = hit[3] = 0;
  }

  /**
   * Is all of `size` bytes at buffer offset `at` one region's, and live? Remembers the region on success.
   * `at` may be any number, also negative or beyond the buffer.
   */
  reach(at: number, size: number, write: boolean): boolean {
    const regions = this.regions;
    for (let i = regions.length - 1; i >= 0; i--) {
      const region = regions[i]!;
      if (at < region.start) continue;
      const index = Math.floor((at - region.start) / region.step);
      if (index >= region.count) return false;
      const start = region.start + index * region.step;
      if (at + size > start + region.size || (write && !region.writable)) return false;
      if (region.kind === "stack") {
        const depth = FRAMES - 1 - index;
        if (depth > this.depth) return false;
        // The running frame is compared first by the interpreter; the others may be kept.
        if (depth === this.depth) return true;
      }
      const hit = this.hit;
      hit[0] = start;
      hit[1] = start + region.size;
      if (region.writable) {
        hit[2] = start;
        hit[3] = start + region.size;
      }
      return true;
    }
    return false;
  }

  /** Why `size` bytes at `address` may not be accessed, in words, and the region nearest to it. */
  explain(address: bigint, size: number, write: boolean): { readonly reason: string; readonly region: string } {
    if (address < 0x1_0000n) return { reason: `the address is NULL or a small number`, region: "none" };
    if (address >= BigInt(CODE_BASE) && address < 0x8000_0000n) {
      return { reason: "the address is a function's", region: "code" };
    }
    if (address >= BigInt(MAP_BASE) && address < BigInt(BASE)) {
      return { reason: "the address is a map's, not a value's", region: "map" };
    }
    const offset = address - BigInt(BASE);
    if (offset < 0n || offset > BigInt(this.bytes.length) + 0x1_0000n) {
      return { reason: "the address is in no region", region: "none" };
    }
    const at = Number(offset);
    let best: { region: Region; start: number; index: number; distance: number } | undefined;
    for (const region of this.regions) {
      if (region.size === 0) continue;
      const near = Math.floor((at - region.start) / region.step);
      for (const wanted of [near, near + 1]) {
        const index = Math.min(Math.max(wanted, 0), region.count - 1);
        const start = region.start + index * region.step;
        const distance = at < start ? start - at : Math.max(0, at - (start + region.size));
        // At equal distance an access that begins at a region's end is one past that end.
        if (best === undefined || distance < best.distance) best = { region, start, index, distance };
      }
    }
    if (best === undefined) return { reason: "there is no memory", region: "none" };
    const { region, start, index } = best;
    const depth = FRAMES - 1 - index;
    const label =
      region.kind === "stack" ? `stack frame ${depth}` : region.count > 1 ? `${region.name}[${index}]` : region.name;
    const delta = at - start;
    const place = `${size} bytes at ${label}${delta < 0 ? delta : `+${delta}`}`;
    if (delta < 0) return { reason: `${place} begin before it`, region: label };
    if (delta + size > region.size) return { reason: `${place} run past its end (len ${region.size})`, region: label };
    if (write && !region.writable) return { reason: `${place} are read-only`, region: label };
    return { reason: `${place} belong to a function that has returned`, region: label };
  }
}
