/**
 * The least BTF that programs with callbacks need: the kernel takes a function's address only where BTF says that the
 * function is static.
 *
 * All functions get one prototype, `int f()`, and static linkage, with which the verifier follows calls into them as it does
 * without BTF. Source: Documentation/bpf/btf.rst (2.2 type encoding, 3.2 bpf_func_info).
 */
import { BtfBuilder, BtfIntEncoding } from "../btf/index.js";
import { ByteWriter, type Endian } from "../bytes/index.js";
import { failure } from "../diag/index.js";
import { bpfRequest, type AttrFields } from "./attr.js";
import type { PlacedFunction } from "./closure.js";
import { errnoName } from "./errno.js";
import { generalRefusal } from "./refusal.js";
import type { Syscalls } from "./syscalls.js";

/** Bytes of one `struct bpf_func_info`. */
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

/** BTF with the functions, and the id of each. */
export function functionBtf(functions: readonly PlacedFunction[], endian: Endian): { btf: Uint8Array; ids: number[] } {
  const builder = new BtfBuilder();
  const int = builder.add({
    kind: "int",
    name: "int",
    size: 4,
    encoding: BtfIntEncoding.BTF_INT_SIGNED,
    offset: 0,
    bits: 32,
  });
  const type = builder.add({ kind: "func_proto", type: int, params: [] });
  const ids = functions.map(({ function: { name } }) =>
    builder.add({ kind: "func", name: identifier(name), type, linkage: 0 }),
  );
  return { btf: builder.bytes(endian), ids };
}

/** Gives the kernel BTF for the functions of a program, and the fields that name it when the program is loaded. */
export function loadFunctionInfo(syscalls: Syscalls, name: string, functions: readonly PlacedFunction[]): FunctionInfo {
  const { btf, ids } = functionBtf(functions, syscalls.endian);
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
    records.u32(ids[i]!);
  });
  const fields = {
    prog_btf_fd: fd,
    func_info_rec_size: recordSize,
    func_info: records.bytes(),
    func_info_cnt: functions.length,
  };
  return { fields, close: () => void syscalls.close(fd) };
}
