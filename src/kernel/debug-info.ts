/**
 * The object's own BTF for its programs: types of functions, the source lines that the verifier's log shows, and CO-RE records,
 * which the kernel applies itself.
 *
 * What the kernel does not take from a program is left out the way libbpf does it, ids unchanged: variables and data sections
 * become other types, declarations of kernel functions pointers. Source: Documentation/bpf/btf.rst (3.2, 3.3), libbpf.
 */
import {
  BtfBuilder,
  BtfFuncLinkage,
  exceptionCallback,
  readBtf,
  readBtfExt,
  type Btf,
  type BtfType,
} from "../btf/index.js";
import { countBefore, ByteWriter } from "../bytes/index.js";
import { BpfkitError } from "../diag/index.js";
import { opcodes } from "../isa/index.js";
import type { Image, ImageDebug, ImageProgram } from "../object/index.js";
import { bpfRequest, type AttrFields } from "./attr.js";
import type { ProgramCode } from "./closure.js";
import type { Syscalls } from "./syscalls.js";

const { SLOT } = opcodes;
const funcRecord = 8;
const lineRecord = 16;
const coreRecord = 16;

interface Line {
  /** Slot of `Image.code`. */
  readonly slot: number;
  readonly fileNameOff: number;
  readonly lineOff: number;
  readonly place: number;
}

interface Core {
  /** Slot of `Image.code`. */
  readonly slot: number;
  readonly typeId: number;
  readonly accessStrOff: number;
  readonly kind: number;
}

interface Tables {
  readonly btf: Uint8Array;
  /** Ids of functions by their first slots. */
  readonly functions: ReadonlyMap<number, number>;
  /** By slot. */
  readonly lines: readonly Line[];
  readonly cores: readonly Core[];
}

export class DebugInfo {
  readonly #syscalls: Syscalls;
  readonly #fd: number;
  readonly #tables: Tables;

  private constructor(syscalls: Syscalls, fd: number, tables: Tables) {
    this.#syscalls = syscalls;
    this.#fd = fd;
    this.#tables = tables;
  }

  /** Gives the kernel the BTF of `image`; undefined where there is none, or none that this kernel takes: programs load without. */
  static open(syscalls: Syscalls, image: Image): DebugInfo | undefined {
    if (image.debug === undefined) return undefined;
    try {
      const tables = kernelBtf(image, image.debug);
      const { btf } = tables;
      const fd = syscalls.bpf(bpfRequest("BPF_BTF_LOAD", { btf, btf_size: btf.length }, syscalls.endian));
      return fd < 0 ? undefined : new DebugInfo(syscalls, fd, tables);
    } catch (error) {
      // Debug information that is broken is no reason not to run a program.
      if (error instanceof BpfkitError) return undefined;
      throw error;
    }
  }

  close(): void {
    this.#syscalls.close(this.#fd);
  }

  /** The fields that tell the kernel of a program's functions and lines; undefined where a function has no type. */
  fields({ functions }: ProgramCode): AttrFields<"BPF_PROG_LOAD"> | undefined {
    const { endian } = this.#syscalls;
    const { functions: ids, lines: allLines, cores: allCores } = this.#tables;
    const types = new ByteWriter(endian, funcRecord * functions.length);
    const lines = new ByteWriter(endian);
    const cores = new ByteWriter(endian);
    // The kernel wants the lines of all functions, or none.
    let complete = true;
    for (const placed of functions) {
      const { start, slots } = placed.function;
      const id = ids.get(start);
      if (id === undefined) return undefined;
      types.u32(placed.start);
      types.u32(id);
      const own = within(allLines, start, slots);
      if (own[0]?.slot !== start) complete = false;
      for (const { slot, fileNameOff, lineOff, place } of own) {
        lines.u32(placed.start + slot - start);
        lines.u32(fileNameOff);
        lines.u32(lineOff);
        lines.u32(place);
      }
      for (const { slot, typeId, accessStrOff, kind } of within(allCores, start, slots)) {
        cores.u32(SLOT * (placed.start + slot - start));
        cores.u32(typeId);
        cores.u32(accessStrOff);
        cores.u32(kind);
      }
    }
    const known: AttrFields<"BPF_PROG_LOAD"> = {
      prog_btf_fd: this.#fd,
      func_info_rec_size: funcRecord,
      func_info: types.bytes(),
      func_info_cnt: functions.length,
    };
    const relocated: AttrFields<"BPF_PROG_LOAD"> =
      cores.length === 0
        ? {}
        : { core_relo_rec_size: coreRecord, core_relos: cores.bytes(), core_relo_cnt: cores.length / coreRecord };
    if (!complete) return { ...known, ...relocated };
    const records = lines.bytes();
    return {
      ...known,
      ...relocated,
      line_info_rec_size: lineRecord,
      line_info: records,
      line_info_cnt: records.length / lineRecord,
    };
  }
}

/** Those of `rows`, which are in order, that are about the `slots` slots from `start` on. */
function within<Row extends { readonly slot: number }>(
  rows: readonly Row[],
  start: number,
  slots: number,
): readonly Row[] {
  const first = countBefore(rows.length, (at) => rows[at]!.slot < start);
  return rows.slice(
    first,
    countBefore(rows.length, (at) => rows[at]!.slot < start + slots),
  );
}

/** Has `image` CO-RE records for these functions? */
export function hasCore({ debug, file, endian }: Image, { functions }: ProgramCode): boolean {
  if (debug === undefined) return false;
  try {
    const btf = readBtf(debug.btf, { file, section: ".BTF", endian });
    const { coreRelos } = readBtfExt(debug.ext, btf, { file, section: ".BTF.ext", endian });
    const rows = coreRelos.flatMap(({ section, records }) => {
      const base = debug.starts.get(section);
      return base === undefined ? [] : records.map(({ insnOff }) => ({ slot: base + insnOff / SLOT }));
    });
    rows.sort((a, b) => a.slot - b.slot);
    return functions.some(({ function: { start, slots } }) => within(rows, start, slots).length > 0);
  } catch (error) {
    if (error instanceof BpfkitError) return false;
    throw error;
  }
}

function kernelBtf(image: Image, debug: ImageDebug): Tables {
  const { file, endian } = image;
  const btf = readBtf(debug.btf, { file, section: ".BTF", endian });
  const ext = readBtfExt(debug.ext, btf, { file, section: ".BTF.ext", endian });
  const functions = new Map<number, number>();
  const hidden = new Set<number>();
  for (const { section, records } of ext.funcInfo) {
    const base = debug.starts.get(section);
    if (base === undefined) continue;
    for (const { insnOff, typeId } of records) {
      functions.set(base + insnOff / SLOT, typeId);
      if (debug.hidden.has(base + insnOff / SLOT)) hidden.add(typeId);
    }
  }
  const builder = new BtfBuilder();
  for (const [id, type] of btf.types()) builder.add(taken(btf, type, hidden.has(id)));
  const string = (offset: number): number => builder.string(btf.string(offset));
  const lines: Line[] = [];
  for (const { section, records } of ext.lineInfo) {
    const base = debug.starts.get(section);
    if (base === undefined) continue;
    for (const { insnOff, fileNameOff, lineOff, line, column } of records) {
      const place = line * 1024 + column;
      lines.push({ slot: base + insnOff / SLOT, fileNameOff: string(fileNameOff), lineOff: string(lineOff), place });
    }
  }
  lines.sort((a, b) => a.slot - b.slot);
  const cores: Core[] = [];
  for (const { section, records } of ext.coreRelos) {
    const base = debug.starts.get(section);
    if (base === undefined) continue;
    for (const { insnOff, typeId, accessStrOff, kind } of records)
      cores.push({ slot: base + insnOff / SLOT, typeId, accessStrOff: string(accessStrOff), kind });
  }
  cores.sort((a, b) => a.slot - b.slot);
  return { btf: builder.bytes(endian), functions, lines, cores };
}

/** Takes the place of what the kernel wants no part of, and can be pointed at. */
const nothing: BtfType = { kind: "struct", name: "", size: 0, kindFlag: false, members: [] };

/** `type` as the kernel takes it from a program. */
function taken(btf: Btf, type: BtfType, hidden: boolean): BtfType {
  switch (type.kind) {
    case "var":
      return { kind: "ptr", type: type.type };
    case "datasec":
      return nothing;
    case "func":
      if (type.linkage === BtfFuncLinkage.BTF_FUNC_EXTERN) return { kind: "ptr", type: type.type };
      return hidden ? { ...type, linkage: BtfFuncLinkage.BTF_FUNC_STATIC } : type;
    case "decl_tag": {
      const on = btf.type(type.type);
      const gone = on.kind === "var" || (on.kind === "func" && on.linkage === BtfFuncLinkage.BTF_FUNC_EXTERN);
      return gone ? nothing : type;
    }
    default:
      return type;
  }
}

/** For a program, the functions that its types say exceptions go to: no code refers to them. Source: libbpf. */
export function exceptionCallbacks(image: Image): (program: ImageProgram) => readonly number[] {
  const { debug, file, endian, functions } = image;
  const callbacks = new Map<string, string>();
  try {
    const btf = debug === undefined ? undefined : readBtf(debug.btf, { file, section: ".BTF", endian });
    for (const [, tag] of btf?.types() ?? []) {
      const callback = tag.kind === "decl_tag" ? exceptionCallback(tag.name) : undefined;
      if (tag.kind === "decl_tag" && callback !== undefined) callbacks.set(btf!.name(tag.type), callback);
    }
  } catch (error) {
    // Programs load without what nobody can read.
    if (!(error instanceof BpfkitError)) throw error;
  }
  return ({ name }) => {
    const callback = callbacks.get(name);
    return functions.flatMap((each, number) => (callback !== undefined && each.name === callback ? [number] : []));
  };
}
