/** Maps of the kernel: create, look up, update, delete, list. Source: bpf(2), linux/bpf.h. */
import { alignUp, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { abiName, MapType } from "../isa/index.js";
import type { ImageMap } from "../object/index.js";
import { bpfRequest, objectName } from "./attr.js";
import { Errno, errnoName } from "./errno.js";
import { generalRefusal } from "./refusal.js";
import type { BpfRequest, Syscalls } from "./syscalls.js";

/** What an update may do: write in any case, only a new key, only one that is there. */
export type UpdateMode = "any" | "new" | "existing";

type MapRequests = Readonly<Record<UpdateMode | "lookup" | "delete" | "first" | "next" | "freeze", BpfRequest>>;

/** The requests of one map, made once: they share a buffer for keys and one for values. The next key overwrites the key. */
function mapRequests(map_fd: number, key: Uint8Array, value: Uint8Array, endian: Endian): MapRequests {
  const update = (flags: number): BpfRequest =>
    bpfRequest("BPF_MAP_UPDATE_ELEM", { map_fd, key, value, flags }, endian);
  return {
    lookup: bpfRequest("BPF_MAP_LOOKUP_ELEM", { map_fd, key, value, flags: 0 }, endian),
    any: update(0),
    new: update(1),
    existing: update(2),
    delete: bpfRequest("BPF_MAP_DELETE_ELEM", { map_fd, key }, endian),
    first: bpfRequest("BPF_MAP_GET_NEXT_KEY", { map_fd, next_key: key }, endian),
    next: bpfRequest("BPF_MAP_GET_NEXT_KEY", { map_fd, key, next_key: key }, endian),
    freeze: bpfRequest("BPF_MAP_FREEZE", { map_fd }, endian),
  };
}

const perCpuTypes: ReadonlySet<number> = new Set([
  MapType.BPF_MAP_TYPE_PERCPU_HASH,
  MapType.BPF_MAP_TYPE_PERCPU_ARRAY,
  MapType.BPF_MAP_TYPE_LRU_PERCPU_HASH,
  MapType.BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE,
]);

/** An open map. Its file descriptor lives until `close`. */
export class KernelMap {
  readonly fd: number;
  readonly definition: ImageMap;
  /** Is there one value for each possible CPU? */
  readonly perCpu: boolean;
  /** Bytes of a value as `lookup` gives and `update` takes it: all CPUs' values, each rounded up to 8, in a per-CPU map. */
  readonly valueBytes: number;
  readonly #syscalls: Syscalls;
  readonly #key: Uint8Array;
  readonly #value: Uint8Array;
  readonly #requests: MapRequests;
  #open = true;

  constructor(syscalls: Syscalls, fd: number, definition: ImageMap) {
    this.#syscalls = syscalls;
    this.fd = fd;
    this.definition = definition;
    this.perCpu = perCpuTypes.has(definition.type);
    this.valueBytes = this.perCpu ? alignUp(definition.valueSize, 8) * syscalls.possibleCpus() : definition.valueSize;
    this.#key = new Uint8Array(definition.keySize);
    this.#value = new Uint8Array(this.valueBytes);
    this.#requests = mapRequests(fd, this.#key, this.#value, syscalls.endian);
  }

  get name(): string {
    return this.definition.name;
  }

  /** The value of `key`, or undefined where there is none. */
  lookup(key: Uint8Array): Uint8Array | undefined {
    this.#setKey(key);
    const errno = this.#call(this.#requests.lookup);
    if (errno === Errno.ENOENT) return undefined;
    if (errno !== 0) throw this.#refused("look up a key in", errno);
    return this.#value.slice();
  }

  update(key: Uint8Array, value: Uint8Array, mode: UpdateMode = "any"): void {
    this.#setKey(key);
    this.#check("value", value, this.valueBytes);
    this.#value.set(value);
    const errno = this.#call(this.#requests[mode]);
    if (errno !== 0) throw this.#refused("update", errno);
  }

  /** Deletes `key`; false where there is none. */
  delete(key: Uint8Array): boolean {
    this.#setKey(key);
    const errno = this.#call(this.#requests.delete);
    if (errno === Errno.ENOENT) return false;
    if (errno !== 0) throw this.#refused("delete a key of", errno);
    return true;
  }

  /** The key behind `key` in the map's own order, the first one without `key`; undefined at the end. */
  nextKey(key?: Uint8Array): Uint8Array | undefined {
    if (key !== undefined) this.#setKey(key);
    const errno = this.#call(key === undefined ? this.#requests.first : this.#requests.next);
    if (errno === Errno.ENOENT) return undefined;
    if (errno !== 0) throw this.#refused("list the keys of", errno);
    return this.#key.slice();
  }

  /**
   * All keys with their values. Keys deleted meanwhile are left out; a key may come twice when others are deleted. Throws
   * `kernel-map-changing` instead of going round for ever.
   */
  *entries(): Generator<readonly [key: Uint8Array, value: Uint8Array], void, undefined> {
    const limit = 2 * this.definition.maxEntries + 64;
    let key = this.nextKey();
    for (let count = 0; key !== undefined; count++) {
      if (count === limit) throw failure("kernel-map-changing", { name: this.name, limit });
      const value = this.lookup(key);
      if (value !== undefined) yield [key, value];
      key = this.nextKey(key);
    }
  }

  /** The values of `key` in a per-CPU map, one of `valueSize` bytes for each possible CPU; undefined where there are none. */
  lookupPerCpu(key: Uint8Array): Uint8Array[] | undefined {
    const all = this.lookup(key);
    if (all === undefined) return undefined;
    const { valueSize } = this.definition;
    const step = this.perCpu ? alignUp(valueSize, 8) : this.valueBytes;
    const count = step === 0 ? 0 : this.valueBytes / step;
    return Array.from({ length: count }, (_, cpu) => all.subarray(cpu * step, cpu * step + valueSize));
  }

  /** No more writes from user space (`BPF_MAP_FREEZE`): the verifier then takes a read-only map's values as constants. */
  freeze(): void {
    const errno = this.#call(this.#requests.freeze);
    if (errno !== 0) throw this.#refused("freeze", errno);
  }

  /** Gives the descriptor back; the kernel keeps the map while a program uses it. Further calls do nothing. */
  close(): void {
    if (this.#open) this.#syscalls.close(this.fd);
    this.#open = false;
  }

  #call(request: BpfRequest): number {
    return this.#open ? -Math.min(0, this.#syscalls.bpf(request)) : Errno.EBADF;
  }

  #setKey(key: Uint8Array): void {
    this.#check("key", key, this.definition.keySize);
    this.#key.set(key);
  }

  #check(what: "key" | "value", bytes: Uint8Array, expected: number): void {
    if (bytes.length === expected) return;
    throw failure("kernel-map-length", { what, name: this.name, actual: bytes.length, expected });
  }

  #refused(action: string, errno: number): Error {
    const general = errno === Errno.EPERM ? undefined : generalRefusal(errno, `${action} map ${this.name}`);
    return general ?? failure("kernel-map-access", { action, name: this.name, errno: errnoName(errno) });
  }
}

/** Creates the map, empty; a map of maps by a template that goes away again. A perf event array without a size gets an entry for each possible CPU, as other loaders do. */
export function createMap(syscalls: Syscalls, asked: ImageMap): KernelMap {
  if (asked.pinning !== "none") throw failure("kernel-map-pinning", { name: asked.name });
  const perCpuEntries = asked.type === MapType.BPF_MAP_TYPE_PERF_EVENT_ARRAY && asked.maxEntries === 0;
  const definition = perCpuEntries ? { ...asked, maxEntries: syscalls.possibleCpus() } : asked;
  const template = definition.inner === undefined ? undefined : createMap(syscalls, definition.inner);
  const fields = {
    map_type: definition.type,
    key_size: definition.keySize,
    value_size: definition.valueSize,
    max_entries: definition.maxEntries,
    map_flags: definition.flags,
    map_name: objectName(definition.name),
    map_extra: definition.extra === 0n ? undefined : definition.extra,
    inner_map_fd: template?.fd,
  };
  const fd = syscalls.bpf(bpfRequest("BPF_MAP_CREATE", fields, syscalls.endian));
  template?.close();
  if (fd >= 0) return new KernelMap(syscalls, fd, definition);
  const { name, keySize, valueSize, maxEntries, flags } = definition;
  const facts = { name, keySize, valueSize, maxEntries, flags, type: abiName(MapType, definition.type) };
  throw generalRefusal(-fd, `create map ${name}`) ?? failure("kernel-map-refused", { ...facts, errno: errnoName(-fd) });
}
