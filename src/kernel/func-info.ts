/**
 * The least BTF that programs with callbacks need: the kernel takes a function's address only where BTF says that the
 * function is static.
 *
 * All functions get one prototype, `int f()`, and static linkage, with which the verifier follows calls into them as it does
 * without BTF. Source: Documentation/bpf/btf.rst (2.2 type encoding, 3.2 bpf_func_info).
 */
import { ByteWriter, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { bpfRequest, type AttrFields } from "./attr.js";
import type { PlacedFunction } from "./closure.js";
import { errnoName } from "./errno.js";
import { generalRefusal } from "./refusal.js";
import type { Syscalls } from "./syscalls.js";

const BTF_KIND_INT = 1;
const BTF_KIND_FUNC = 12;
const BTF_KIND_FUNC_PROTO = 13;
/** Bytes of the header, and of one `struct bpf_func_info`. */
const headerSize = 24;
const recordSize = 8;

export interface FunctionInfo {
  readonly fields: AttrFields<"BPF_PROG_LOAD">;
  /** To be called when the program is loaded or refused: the program keeps the BTF alive. */
  close(): void;
}

/** A name as BTF takes one: a C identifier that may have dots. */
function identifier(name: string): string {
  const clean = name.replace(/[^A-Za-z0-9_.$]/g, "_").slice(0, 127);
  return /^[A-Za-z_]/.test(clean) ? clean : `_${clean}`;
}

/** BTF with an `int`, the prototype, and the functions as types 3 and up. */
export function functionBtf(functions: readonly PlacedFunction[], endian: Endian): Uint8Array {
  const strings = new ByteWriter(endian);
  strings.cstring("");
  const name = (text: string): number => {
    const at = strings.length;
    strings.cstring(text);
    return at;
  };
  const types = new ByteWriter(endian);
  const type = (nameOffset: number, kind: number, sizeOrType: number): void => {
    types.u32(nameOffset);
    types.u32(kind << 24);
    types.u32(sizeOrType);
  };
  type(name("int"), BTF_KIND_INT, 4);
  // Signed, 32 bits.
  types.u32((1 << 24) | 32);
  type(0, BTF_KIND_FUNC_PROTO, 1);
  for (const placed of functions) type(name(identifier(placed.function.name)), BTF_KIND_FUNC, 2);
  const btf = new ByteWriter(endian, headerSize + types.length + strings.length);
  btf.u16(0xeb9f);
  btf.u8(1);
  btf.u8(0);
  btf.u32(headerSize);
  btf.u32(0);
  btf.u32(types.length);
  btf.u32(types.length);
  btf.u32(strings.length);
  btf.write(types.bytes());
  btf.write(strings.bytes());
  return btf.bytes();
}

/** Gives the kernel BTF for the functions of a program, and the fields that name it when the program is loaded. */
export function loadFunctionInfo(syscalls: Syscalls, name: string, functions: readonly PlacedFunction[]): FunctionInfo {
  const btf = functionBtf(functions, syscalls.endian);
  const fd = syscalls.bpf(bpfRequest("BPF_BTF_LOAD", { btf, btf_size: btf.length }, syscalls.endian));
  if (fd < 0) {
    throw (
      generalRefusal(-fd, `load the BTF of program ${name}`) ??
      failure("kernel-btf-refused", { name, errno: errnoName(-fd) })
    );
  }
  const records = new ByteWriter(syscalls.endian, recordSize * functions.length);
  functions.forEach(({ start }, i) => {
    records.u32(start);
    records.u32(3 + i);
  });
  const fields = {
    prog_btf_fd: fd,
    func_info_rec_size: recordSize,
    func_info: records.bytes(),
    func_info_cnt: functions.length,
  };
  return { fields, close: () => void syscalls.close(fd) };
}
