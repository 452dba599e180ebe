/**
 * Maps in guest memory. Source of truth: kernel/bpf/arraymap.c and hashtab.c for results and their order.
 *
 * Keys, values and the hash index lie in the linear memory (values are regions a program may access, keys and index are
 * not), so that a compiled lookup can work without leaving it. A value has `valueSize` accessible bytes; the kernel's
 * rounding up to 8 bytes and a gap follow it, so that an access one past its end is not one to the next value.
 */
import { failure } from "../diag/index.js";
import { abiName, MapType } from "../isa/index.js";
import type { ImageMap } from "../object/index.js";
import { Errno } from "./errno.js";
import { GAP, MEMORY_LIMIT, type Memory } from "./memory.js";

const BPF_NOEXIST = 1;
const BPF_EXIST = 2;
const BPF_F_RDONLY_PROG = 0x80;

const round8 = (size: number): number => Math.ceil(size / 8) * 8;

type Kind = "array" | "hash" | "programs" | "other";

const kinds: ReadonlyMap<number, readonly [Kind, boolean]> = new Map<number, readonly [Kind, boolean]>([
  [MapType.BPF_MAP_TYPE_ARRAY, ["array", false]],
  [MapType.BPF_MAP_TYPE_PERCPU_ARRAY, ["array", true]],
  [MapType.BPF_MAP_TYPE_HASH, ["hash", false]],
  [MapType.BPF_MAP_TYPE_PERCPU_HASH, ["hash", true]],
  [MapType.BPF_MAP_TYPE_PROG_ARRAY, ["programs", false]],
]);

/**
 * A map of a running image. The methods that take bytes are the host's side (what `bpf()` is to the kernel): results are
 * copies, errors are the kernel's negative numbers. The ones that take offsets are the program's side.
 */
export class VmMap {
  readonly definition: ImageMap;
  readonly kind: Kind;
  readonly perCpu: boolean;
  /** Slot a program array's entry starts at, plus one; 0 for none. Empty for other maps. */
  readonly programs: Int32Array;
  readonly #memory: Memory;
  readonly #cpus: number;
  /** Bytes of a value in the host's per-CPU layout, bytes from one value to the next, buffer offset of the first. */
  readonly #padded: number;
  readonly #step: number;
  #values = 0;
  #keys = 0;
  #keyStep = 0;
  /** Word indexes of the hash index: chain heads and, by element, the next of the chain; elements count from 1. */
  #heads = 0;
  #next = 0;
  #mask = 0;
  /** First free element of the chain of freed ones, and number of elements ever used. */
  #free = 0;
  #fresh = 0;
  #used: Uint8Array = new Uint8Array(0);
  /** Buffer offset of room for one key and one value of each CPU. */
  #scratch = 0;

  constructor(definition: ImageMap, memory: Memory, cpus: number) {
    this.definition = definition;
    const [kind, perCpu] = kinds.get(definition.type) ?? ["other", false];
    this.kind = kind;
    this.perCpu = perCpu;
    this.#memory = memory;
    this.#cpus = perCpu ? cpus : 1;
    this.#padded = round8(definition.valueSize);
    this.#step = this.#padded + GAP;
    this.programs = new Int32Array(kind === "programs" ? this.#checked(4) : 0);
    if (kind === "array" || kind === "hash") this.#allocate();
  }

  /** `maxEntries` once definition and memory allow them, each of `bytes`. */
  #checked(bytes: number): number {
    const { name, maxEntries } = this.definition;
    const size = bytes * maxEntries;
    const limit = MEMORY_LIMIT - this.#memory.used;
    if (size > limit) throw failure("vm-too-large", { what: `map ${name}`, size, limit });
    return maxEntries;
  }

  #allocate(): void {
    const { name, keySize, valueSize, maxEntries, flags } = this.definition;
    const wrong = (reason: string): Error => failure("vm-map-definition", { name, reason });
    if (maxEntries < 1) throw wrong("max_entries is 0");
    if (valueSize < 1) throw wrong("value_size is 0");
    if (keySize < 1) throw wrong("key_size is 0");
    if (this.kind === "array" && keySize !== 4) throw wrong(`key_size of an array is ${keySize}, not 4`);
    const memory = this.#memory;
    const hash = this.kind === "hash";
    this.#keyStep = hash ? round8(keySize) + GAP : 0;
    // At most 8 bytes of chain heads an element; 128 covers alignment and gaps and the scratch room is one element more.
    this.#checked(
      (this.#step * this.#cpus + (hash ? this.#keyStep + 12 : 0)) * (1 + 1 / maxEntries) + 128 / maxEntries,
    );
    const count = maxEntries * this.#cpus;
    this.#values = memory.take(this.#step * count);
    memory.add({
      kind: "map",
      name,
      start: this.#values,
      size: valueSize,
      step: this.#step,
      count,
      writable: (flags & BPF_F_RDONLY_PROG) === 0,
    });
    if (hash) {
      let heads = 1;
      while (heads < maxEntries) heads *= 2;
      this.#mask = heads - 1;
      this.#keys = memory.take(this.#keyStep * maxEntries);
      this.#heads = memory.take(4 * heads) / 4;
      this.#next = memory.take(4 * maxEntries) / 4;
      this.#used = new Uint8Array(maxEntries);
    }
    const key = { kind: "map", name: `${name} (key)`, size: keySize, writable: false } as const;
    if (hash) memory.add({ ...key, start: this.#keys, step: this.#keyStep, count: maxEntries });
    this.#scratch = memory.take(round8(keySize) + this.#padded * this.#cpus);
    if (!hash) memory.add({ ...key, start: this.#scratch, step: keySize, count: 1 });
  }

  /** The number of values and the offset of the first, for addresses of map values in code. */
  get firstValue(): number {
    return this.#values;
  }

  #hash(key: number): number {
    const bytes = this.#memory.bytes;
    let hash = 0x811c_9dc5;
    for (let i = key; i < key + this.definition.keySize; i++) hash = Math.imul(hash ^ bytes[i]!, 0x0100_0193);
    hash ^= hash >>> 15;
    return hash & this.#mask;
  }

  #sameKey(key: number, element: number): boolean {
    const bytes = this.#memory.bytes;
    const at = this.#keys + (element - 1) * this.#keyStep;
    for (let i = 0; i < this.definition.keySize; i++) if (bytes[key + i] !== bytes[at + i]) return false;
    return true;
  }

  /** The element (from 1) with the key at buffer offset `key`, or 0. */
  #find(key: number): number {
    if (this.kind === "array") {
      const index = this.#memory.view.getUint32(key, this.#memory.little);
      return index < this.definition.maxEntries ? index + 1 : 0;
    }
    const words = this.#memory.words;
    let element = words[this.#heads + this.#hash(key)]!;
    while (element !== 0 && !this.#sameKey(key, element)) element = words[this.#next + element - 1]!;
    return element;
  }

  #valueAt(element: number, cpu: number): number {
    return this.#values + ((element - 1) * this.#cpus + (this.perCpu ? cpu : 0)) * this.#step;
  }

  /** Buffer offset of the value on `cpu` for the key at buffer offset `key`, or -1. */
  lookupAt(key: number, cpu: number): number {
    if (this.perCpu && cpu >= this.#cpus) return -1;
    const element = this.#find(key);
    return element === 0 ? -1 : this.#valueAt(element, cpu);
  }

  /** Like the kernel's update: 0 or a negative error number. Offsets into the buffer; `cpu` -1 sets every CPU's value. */
  updateAt(key: number, value: number, flags: number, cpu: number): number {
    if (flags < 0 || flags > BPF_EXIST) return -Errno.EINVAL;
    let element = this.#find(key);
    if (this.kind === "array") {
      if (element === 0) return -Errno.E2BIG;
      if (flags === BPF_NOEXIST) return -Errno.EEXIST;
    } else if (element === 0) {
      if (flags === BPF_EXIST) return -Errno.ENOENT;
      element = this.#insert(key);
      if (element === 0) return -Errno.E2BIG;
    } else if (flags === BPF_NOEXIST) return -Errno.EEXIST;
    const { bytes } = this.#memory;
    const size = this.definition.valueSize;
    if (!this.perCpu || cpu >= 0) {
      bytes.copyWithin(this.#valueAt(element, cpu), value, value + size);
      return 0;
    }
    for (let each = 0; each < this.#cpus; each++) {
      bytes.copyWithin(this.#valueAt(element, each), value + each * this.#padded, value + each * this.#padded + size);
    }
    return 0;
  }

  /** A new element with the key at buffer offset `key` and zeroed values, or 0 when the map is full. */
  #insert(key: number): number {
    const { bytes, words } = this.#memory;
    let element = this.#free;
    if (element !== 0) this.#free = words[this.#next + element - 1]!;
    else if (this.#fresh < this.definition.maxEntries) element = ++this.#fresh;
    else return 0;
    bytes.copyWithin(this.#keys + (element - 1) * this.#keyStep, key, key + this.definition.keySize);
    const value = this.#valueAt(element, 0);
    bytes.fill(0, value, value + this.#step * this.#cpus);
    const head = this.#heads + this.#hash(key);
    words[this.#next + element - 1] = words[head]!;
    words[head] = element;
    this.#used[element - 1] = 1;
    return element;
  }

  /** Like the kernel's delete: 0 or a negative error number. */
  deleteAt(key: number): number {
    if (this.kind === "array") return -Errno.EINVAL;
    const words = this.#memory.words;
    let link = this.#heads + this.#hash(key);
    for (let element = words[link]!; element !== 0; element = words[link]!) {
      const next = this.#next + element - 1;
      if (this.#sameKey(key, element)) {
        words[link] = words[next]!;
        words[next] = this.#free;
        this.#free = element;
        this.#used[element - 1] = 0;
        return 0;
      }
      link = next;
    }
    return -Errno.ENOENT;
  }

  /**
   * Calls `visit` with the buffer offsets of each element's key and its value on `cpu`, until it returns false.
   * An array's key lives until the next call. Returns the number of elements visited.
   */
  visit(cpu: number, visit: (key: number, value: number) => boolean): number {
    const array = this.kind === "array";
    const last = array ? this.definition.maxEntries : this.#fresh;
    let count = 0;
    for (let i = 0; i < last; i++) {
      if (!array && this.#used[i] !== 1) continue;
      count++;
      if (array) this.#memory.view.setUint32(this.#scratch, i, this.#memory.little);
      if (!visit(array ? this.#scratch : this.#keys + i * this.#keyStep, this.#valueAt(i + 1, cpu))) break;
    }
    return count;
  }

  /** Throws unless this map has keys and values of bytes. */
  #demand(): void {
    if (this.kind === "array" || this.kind === "hash") return;
    const { name, type } = this.definition;
    const what = this.kind === "programs" ? "holds programs, not bytes" : "the VM does not support";
    throw failure("vm-map-kind", { name, type: abiName(MapType, type) ?? type, what });
  }

  #put(what: string, bytes: Uint8Array, expected: number, at: number): number {
    this.#demand();
    if (bytes.length !== expected) {
      throw failure("vm-bytes", { what, name: this.definition.name, size: bytes.length, expected });
    }
    this.#memory.bytes.set(bytes, at);
    return at;
  }

  #putKey(key: Uint8Array): number {
    return this.#put("a key", key, this.definition.keySize, this.#scratch);
  }

  #copy(at: number): Uint8Array {
    return this.#memory.bytes.slice(at, at + this.definition.valueSize);
  }

  /** The value of `key` (of a per-CPU map: the first CPU's), or undefined (ENOENT). */
  lookup(key: Uint8Array): Uint8Array | undefined {
    const at = this.lookupAt(this.#putKey(key), 0);
    return at < 0 ? undefined : this.#copy(at);
  }

  /** The values of `key` on every CPU (one value for other maps), or undefined (ENOENT). */
  lookupAll(key: Uint8Array): Uint8Array[] | undefined {
    const element = this.#find(this.#putKey(key));
    if (element === 0) return undefined;
    return Array.from({ length: this.#cpus }, (_, cpu) => this.#copy(this.#valueAt(element, cpu)));
  }

  /**
   * Sets the value of `key`. A per-CPU map takes one value for every CPU, or, like `bpf()`, all CPUs' values padded to
   * multiples of 8 bytes. `flags`: 0 any, 1 BPF_NOEXIST, 2 BPF_EXIST. Returns 0 or -EINVAL, -ENOENT, -EEXIST, -E2BIG.
   */
  update(key: Uint8Array, value: Uint8Array, flags = 0): number {
    const keyAt = this.#putKey(key);
    const valueAt = keyAt + round8(this.definition.keySize);
    const { valueSize } = this.definition;
    if (this.perCpu && value.length === this.#padded * this.#cpus && value.length !== valueSize) {
      this.#put("a value", value, value.length, valueAt);
    } else {
      for (let cpu = 0; cpu < this.#cpus; cpu++) this.#put("a value", value, valueSize, valueAt + cpu * this.#padded);
    }
    return this.updateAt(keyAt, valueAt, flags, -1);
  }

  /** Returns 0, -ENOENT, or -EINVAL for arrays. */
  delete(key: Uint8Array): number {
    return this.deleteAt(this.#putKey(key));
  }

  /** Keys and values: an array's in order of index, a hash's in the order its room was taken. */
  *entries(): Generator<readonly [key: Uint8Array, value: Uint8Array]> {
    for (const key of this.keys()) yield [key, this.lookup(key)!];
  }

  *keys(): Generator<Uint8Array> {
    this.#demand();
    const { keySize, maxEntries } = this.definition;
    if (this.kind === "array") {
      for (let index = 0; index < maxEntries; index++) {
        const key = new Uint8Array(4);
        new DataView(key.buffer).setUint32(0, index, this.#memory.little);
        yield key;
      }
      return;
    }
    for (let i = 0; i < this.#fresh; i++) {
      const at = this.#keys + i * this.#keyStep;
      if (this.#used[i] === 1) yield this.#memory.bytes.slice(at, at + keySize);
    }
  }
}
