/**
 * BTF that the kernel holds: by its id, or as the types of a program or a map that is loaded.
 *
 * Source: linux/bpf.h (`struct bpf_btf_info`, `bpf_prog_info`, `bpf_map_info`), kernel 6.18.
 */
import { decodeUtf8, encodeUtf8, toHex } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { attrField, bpfRequest } from "./attr.js";
import { errnoName } from "./errno.js";
import { generalRefusal } from "./refusal.js";
import type { Syscalls } from "./syscalls.js";

/** Which object of the kernel: a program by its tag, too. */
export interface LoadedName {
  readonly of: "btf" | "prog" | "map";
  readonly by: "id" | "name" | "pinned" | "tag";
  readonly value: string;
}

export interface LoadedBtf {
  readonly id: number;
  /** `vmlinux`, a module's name, or empty for BTF of programs. */
  readonly name: string;
  /** The kernel's own or a module's, which stands on the kernel's. */
  readonly ofKernel: boolean;
  readonly bytes: Uint8Array;
  /** Of a map: the types of its keys and values; empty for others. */
  readonly keyTypes: readonly number[];
  readonly valueTypes: readonly number[];
}

const next = { btf: "BPF_BTF_GET_NEXT_ID", prog: "BPF_PROG_GET_NEXT_ID", map: "BPF_MAP_GET_NEXT_ID" } as const;
const open = { btf: "BPF_BTF_GET_FD_BY_ID", prog: "BPF_PROG_GET_FD_BY_ID", map: "BPF_MAP_GET_FD_BY_ID" } as const;

/** Where the facts stand that are read here, in bytes; `size` covers the last of them. */
const btfInfo = { size: 32, btf: 0, btfSize: 8, id: 12, name: 16, nameLength: 24, ofKernel: 28 };
const progInfo = { size: 132, tag: 8, name: 64, btf: 128 };
const mapInfo = { size: 76, name: 24, vmlinuxValue: 44, btf: 64, key: 68, value: 72 };

class Asker {
  readonly #kernel: Syscalls;
  readonly #what: string;

  constructor(kernel: Syscalls, what: string) {
    this.#kernel = kernel;
    this.#what = what;
  }

  refuse(errno: number): never {
    throw generalRefusal(errno, `look at ${this.#what}`) ?? this.missing(errnoName(errno));
  }

  missing(reason: string): Error {
    return failure("kernel-not-found", { what: this.#what, reason });
  }

  #opened(answer: number): number {
    return answer < 0 ? this.refuse(-answer) : answer;
  }

  byId(of: LoadedName["of"], id: number): number {
    return this.#opened(this.#kernel.bpf(bpfRequest(open[of], { id }, this.#kernel.endian)));
  }

  pinned(path: string): number {
    const pathname = encodeUtf8(`${path}\0`);
    return this.#opened(this.#kernel.bpf(bpfRequest("BPF_OBJ_GET", { pathname, bpf_fd: 0 }, this.#kernel.endian)));
  }

  /** The ids of all objects of a kind. */
  *ids(of: LoadedName["of"]): Generator<number> {
    for (let id = 0; ;) {
      const request = bpfRequest(next[of], { start_id: id, next_id: 0 }, this.#kernel.endian);
      const answer = this.#kernel.bpf(request);
      if (answer === -2) return;
      if (answer < 0) this.refuse(-answer);
      id = attrField(next[of], "next_id", request, this.#kernel.endian);
      yield id;
    }
  }

  /** The first `info.length` bytes of what the kernel tells of `fd`; `pointers` stand in `info`. */
  info(
    fd: number,
    info: Uint8Array,
    pointers: readonly { readonly at: number; readonly buffer: Uint8Array }[] = [],
  ): DataView {
    const fields = { bpf_fd: fd, info_len: info.length, info };
    const request = bpfRequest("BPF_OBJ_GET_INFO_BY_FD", fields, this.#kernel.endian);
    const nested = pointers.map((pointer) => ({ ...pointer, within: info }));
    this.#opened(this.#kernel.bpf({ ...request, pointers: [...request.pointers, ...nested] }));
    return new DataView(info.buffer);
  }

  close(fd: number): void {
    this.#kernel.close(fd);
  }
}

function nameAt(info: Uint8Array, at: number): string {
  const bytes = info.subarray(at, at + 16);
  const end = bytes.indexOf(0);
  return decodeUtf8(bytes.subarray(0, end < 0 ? 16 : end));
}

/** The id of the program or map that `name` means. Throws where none or several do. */
function idOf(asker: Asker, { of, by, value }: LoadedName): number {
  if (by === "id") return Number(value);
  const found: number[] = [];
  for (const id of asker.ids(of)) {
    let fd: number;
    try {
      fd = asker.byId(of, id);
    } catch {
      // Gone since it was listed.
      continue;
    }
    const info = new Uint8Array(of === "prog" ? progInfo.size : mapInfo.size);
    asker.info(fd, info);
    asker.close(fd);
    const tag = toHex(info.subarray(progInfo.tag, progInfo.tag + 8));
    const shown = by === "tag" ? tag : nameAt(info, of === "prog" ? progInfo.name : mapInfo.name);
    if (shown === value) found.push(id);
  }
  if (found.length === 1) return found[0]!;
  throw asker.missing(found.length === 0 ? "there is none" : `there are several: ids ${found.join(", ")}`);
}

/**
 * The BTF that `name` means, of the kernel that `kernel` asks. Throws `kernel-not-found` where there is no such object, or none
 * that has types.
 */
export function readLoadedBtf(kernel: Syscalls, name: LoadedName): LoadedBtf {
  const asker = new Asker(kernel, `${name.of === "btf" ? "BTF" : name.of} ${name.by} ${name.value}`);
  const little = kernel.endian === "little";
  let id = Number(name.value);
  let keyTypes: number[] = [];
  let valueTypes: number[] = [];
  if (name.of !== "btf") {
    const fd = name.by === "pinned" ? asker.pinned(name.value) : asker.byId(name.of, idOf(asker, name));
    try {
      if (name.of === "prog") id = asker.info(fd, new Uint8Array(progInfo.size)).getUint32(progInfo.btf, little);
      else {
        const info = asker.info(fd, new Uint8Array(mapInfo.size));
        const word = (at: number): number => info.getUint32(at, little);
        id = word(mapInfo.btf);
        keyTypes = [word(mapInfo.key)].filter((type) => type > 0);
        valueTypes = [word(mapInfo.vmlinuxValue) || word(mapInfo.value)].filter((type) => type > 0);
      }
    } finally {
      asker.close(fd);
    }
    if (id === 0) throw asker.missing("it was loaded without types");
  }
  const fd = asker.byId("btf", id);
  try {
    const size = asker.info(fd, new Uint8Array(btfInfo.size)).getUint32(btfInfo.btfSize, little);
    const bytes = new Uint8Array(size);
    const text = new Uint8Array(64);
    const info = new Uint8Array(btfInfo.size);
    const view = new DataView(info.buffer);
    view.setUint32(btfInfo.btfSize, size, little);
    view.setUint32(btfInfo.nameLength, text.length, little);
    const pointers = [
      { at: btfInfo.btf, buffer: bytes },
      { at: btfInfo.name, buffer: text },
    ];
    const ofKernel = asker.info(fd, info, pointers).getUint32(btfInfo.ofKernel, little) !== 0;
    const end = text.indexOf(0);
    return { id, name: decodeUtf8(text.subarray(0, Math.max(0, end))), ofKernel, bytes, keyTypes, valueTypes };
  } finally {
    asker.close(fd);
  }
}
