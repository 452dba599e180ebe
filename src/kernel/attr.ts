/**
 * `union bpf_attr`: where each command's fields stand, and the encoder that reads it.
 *
 * Source: linux/bpf.h, kernel 6.18; the layout is the same on all 64-bit machines.
 */
import { encodeUtf8, type Endian } from "../bytes/index.js";
import type { BpfRequest, Pointer } from "./syscalls.js";

/** Commands of bpf() (`enum bpf_cmd`), those this room uses. */
export const BpfCommand = {
  BPF_MAP_CREATE: 0,
  BPF_MAP_LOOKUP_ELEM: 1,
  BPF_MAP_UPDATE_ELEM: 2,
  BPF_MAP_DELETE_ELEM: 3,
  BPF_MAP_GET_NEXT_KEY: 4,
  BPF_PROG_LOAD: 5,
  BPF_OBJ_GET: 7,
  BPF_PROG_TEST_RUN: 10,
  BPF_PROG_GET_NEXT_ID: 11,
  BPF_MAP_GET_NEXT_ID: 12,
  BPF_PROG_GET_FD_BY_ID: 13,
  BPF_MAP_GET_FD_BY_ID: 14,
  BPF_OBJ_GET_INFO_BY_FD: 15,
  BPF_BTF_LOAD: 18,
  BPF_BTF_GET_FD_BY_ID: 19,
  BPF_MAP_FREEZE: 22,
  BPF_BTF_GET_NEXT_ID: 23,
} as const;
export type BpfCommand = keyof typeof BpfCommand;

/** Offset and size in bytes; eight-byte fields take pointers, fields of sixteen take names. */
interface Field {
  readonly at: number;
  readonly size: number;
}

/** The fields of each command, by the header's names (without `test.`). */
export const attrLayouts = {
  BPF_MAP_CREATE: {
    map_type: { at: 0, size: 4 },
    key_size: { at: 4, size: 4 },
    value_size: { at: 8, size: 4 },
    max_entries: { at: 12, size: 4 },
    map_flags: { at: 16, size: 4 },
    inner_map_fd: { at: 20, size: 4 },
    numa_node: { at: 24, size: 4 },
    map_name: { at: 28, size: 16 },
    map_ifindex: { at: 44, size: 4 },
    btf_fd: { at: 48, size: 4 },
    btf_key_type_id: { at: 52, size: 4 },
    btf_value_type_id: { at: 56, size: 4 },
    btf_vmlinux_value_type_id: { at: 60, size: 4 },
    map_extra: { at: 64, size: 8 },
    value_type_btf_obj_fd: { at: 72, size: 4 },
    map_token_fd: { at: 76, size: 4 },
  },
  BPF_MAP_LOOKUP_ELEM: {
    map_fd: { at: 0, size: 4 },
    key: { at: 8, size: 8 },
    value: { at: 16, size: 8 },
    flags: { at: 24, size: 8 },
  },
  BPF_MAP_UPDATE_ELEM: {
    map_fd: { at: 0, size: 4 },
    key: { at: 8, size: 8 },
    value: { at: 16, size: 8 },
    flags: { at: 24, size: 8 },
  },
  BPF_MAP_DELETE_ELEM: {
    map_fd: { at: 0, size: 4 },
    key: { at: 8, size: 8 },
  },
  BPF_MAP_GET_NEXT_KEY: {
    map_fd: { at: 0, size: 4 },
    key: { at: 8, size: 8 },
    next_key: { at: 16, size: 8 },
  },
  BPF_MAP_FREEZE: {
    map_fd: { at: 0, size: 4 },
  },
  BPF_PROG_LOAD: {
    prog_type: { at: 0, size: 4 },
    insn_cnt: { at: 4, size: 4 },
    insns: { at: 8, size: 8 },
    license: { at: 16, size: 8 },
    log_level: { at: 24, size: 4 },
    log_size: { at: 28, size: 4 },
    log_buf: { at: 32, size: 8 },
    kern_version: { at: 40, size: 4 },
    prog_flags: { at: 44, size: 4 },
    prog_name: { at: 48, size: 16 },
    prog_ifindex: { at: 64, size: 4 },
    expected_attach_type: { at: 68, size: 4 },
    prog_btf_fd: { at: 72, size: 4 },
    func_info_rec_size: { at: 76, size: 4 },
    func_info: { at: 80, size: 8 },
    func_info_cnt: { at: 88, size: 4 },
    line_info_rec_size: { at: 92, size: 4 },
    line_info: { at: 96, size: 8 },
    line_info_cnt: { at: 104, size: 4 },
    attach_btf_id: { at: 108, size: 4 },
    attach_prog_fd: { at: 112, size: 4 },
    core_relo_cnt: { at: 116, size: 4 },
    fd_array: { at: 120, size: 8 },
    core_relos: { at: 128, size: 8 },
    core_relo_rec_size: { at: 136, size: 4 },
    log_true_size: { at: 140, size: 4 },
    prog_token_fd: { at: 144, size: 4 },
  },
  BPF_OBJ_GET: {
    pathname: { at: 0, size: 8 },
    bpf_fd: { at: 8, size: 4 },
    file_flags: { at: 12, size: 4 },
  },
  BPF_OBJ_GET_INFO_BY_FD: {
    bpf_fd: { at: 0, size: 4 },
    info_len: { at: 4, size: 4 },
    info: { at: 8, size: 8 },
  },
  BPF_PROG_GET_NEXT_ID: { start_id: { at: 0, size: 4 }, next_id: { at: 4, size: 4 } },
  BPF_MAP_GET_NEXT_ID: { start_id: { at: 0, size: 4 }, next_id: { at: 4, size: 4 } },
  BPF_BTF_GET_NEXT_ID: { start_id: { at: 0, size: 4 }, next_id: { at: 4, size: 4 } },
  BPF_PROG_GET_FD_BY_ID: { id: { at: 0, size: 4 } },
  BPF_MAP_GET_FD_BY_ID: { id: { at: 0, size: 4 } },
  BPF_BTF_GET_FD_BY_ID: { id: { at: 0, size: 4 } },
  BPF_BTF_LOAD: {
    btf: { at: 0, size: 8 },
    btf_log_buf: { at: 8, size: 8 },
    btf_size: { at: 16, size: 4 },
    btf_log_size: { at: 20, size: 4 },
    btf_log_level: { at: 24, size: 4 },
  },
  BPF_PROG_TEST_RUN: {
    prog_fd: { at: 0, size: 4 },
    retval: { at: 4, size: 4 },
    data_size_in: { at: 8, size: 4 },
    data_size_out: { at: 12, size: 4 },
    data_in: { at: 16, size: 8 },
    data_out: { at: 24, size: 8 },
    repeat: { at: 32, size: 4 },
    duration: { at: 36, size: 4 },
    ctx_size_in: { at: 40, size: 4 },
    ctx_size_out: { at: 44, size: 4 },
    ctx_in: { at: 48, size: 8 },
    ctx_out: { at: 56, size: 8 },
    flags: { at: 64, size: 4 },
    cpu: { at: 68, size: 4 },
    batch_size: { at: 72, size: 4 },
  },
} as const;

/** Longest object name in bytes, without its NUL (`BPF_OBJ_NAME_LEN` - 1). */
export const maxName = 15;

/** `name` as the kernel takes one: letters, digits, `_` and `.`, cut to 15. */
export function objectName(name: string): string {
  return name.replace(/[^A-Za-z0-9_.]/g, "_").slice(0, maxName);
}

/** Values of a command's fields: a number, a name, or the buffer a pointer points to (empty or undefined: null). */
export type AttrFields<Command extends BpfCommand> = {
  readonly [Name in keyof (typeof attrLayouts)[Command]]?: number | bigint | string | Uint8Array | undefined;
};

/**
 * The request for `command`. Its attribute ends behind the last field given, because old kernels refuse bytes they do
 * not know; fields that the kernel only writes must be given too (as 0) to be there.
 */
export function bpfRequest<Command extends BpfCommand>(
  command: Command,
  fields: AttrFields<Command>,
  endian: Endian,
): BpfRequest {
  const layout: Readonly<Record<string, Field>> = attrLayouts[command];
  const values = Object.entries<number | bigint | string | Uint8Array | undefined>(fields);
  let end = 0;
  for (const [name, value] of values) {
    const { at, size } = layout[name]!;
    if (value !== undefined) end = Math.max(end, at + size);
  }
  const attr = new Uint8Array(end);
  const view = new DataView(attr.buffer);
  const pointers: Pointer[] = [];
  for (const [name, value] of values) {
    const { at, size } = layout[name]!;
    if (value === undefined) continue;
    if (value instanceof Uint8Array) {
      if (value.length > 0) pointers.push({ at, buffer: value });
    } else if (typeof value === "string") {
      attr.set(encodeUtf8(value).subarray(0, size - 1), at);
    } else if (size === 8) {
      view.setBigUint64(at, BigInt.asUintN(64, BigInt(value)), endian === "little");
    } else {
      view.setUint32(at, Number(value), endian === "little");
    }
  }
  return { command: BpfCommand[command], attr, pointers };
}

/** Reads back a 4-byte field that the kernel wrote. */
export function attrField<Command extends BpfCommand>(
  command: Command,
  name: keyof (typeof attrLayouts)[Command] & string,
  request: BpfRequest,
  endian: Endian,
): number {
  const layout: Readonly<Record<string, Field>> = attrLayouts[command];
  const { attr } = request;
  return new DataView(attr.buffer, attr.byteOffset).getUint32(layout[name]!.at, endian === "little");
}
