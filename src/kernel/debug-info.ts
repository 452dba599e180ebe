/**
 * The object's own BTF for its programs: types of functions, and the source lines that the verifier's log shows.
 *
 * What the kernel does not take from a program is left out the way libbpf does it, ids unchanged: variables and data sections
 * become other types, declarations of kernel functions pointers. Source: Documentation/bpf/btf.rst (3.2, 3.3), libbpf.
 */
import { BtfBuilder, BtfFuncLinkage, readBtf, readBtfExt, type Btf, type BtfType } from "../btf/index.js";
import { countBefore, ByteWriter } from "../bytes/index.js";
import { BpfkitError } from "../diag/index.js";
import { opcodes } from "../isa/index.js";
import type { Image, ImageDebug } from "../object/index.js";
import { bpfRequest, type AttrFields } from "./attr.js";
import type { ProgramCode } from "./closure.js";
import type { Syscalls } from "./syscalls.js";

const { SLOT } = opcodes;
const funcRecord = 8;
const lineRecord = 16;

interface Line {
  /** Slot of `Image.code`. */
  readonly slot: number;
  readonly fileNameOff: number;
  readonly lineOff: number;
  readonly place: number;
}

export class DebugInfo {
  readonly #syscalls: Syscalls;
  readonly #fd: number;
  /** Ids of functions by their first slots. */
  readonly #functions: ReadonlyMap<number, number>;
  /** By slot. */
  readonly #lines: readonly Line[];

  private constructor(syscalls: Syscalls, fd: number, functions: ReadonlyMap<number, number>, lines: readonly Line[]) {
    this.#syscalls = syscalls;
    this.#fd = fd;
    this.#functions = functions;
    this.#lines = lines;
  }

  /** Gives the kernel the BTF of `image`; undefined where there is none, or none that this kernel takes: programs load without. */
  static open(syscalls: Syscalls, image: Image): DebugInfo | undefined {
    if (image.debug === undefined) return undefined;
    try {
      const { btf, functions, lines } = kernelBtf(image, image.debug);
      const fd = syscalls.bpf(bpfRequest("BPF_BTF_LOAD", { btf, btf_size: btf.length }, syscalls.endian));
      return fd < 0 ? undefined : new DebugInfo(syscalls, fd, functions, lines);
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
    const types = new ByteWriter(endian, funcRecord * functions.length);
    const lines = new ByteWriter(endian);
    // The kernel wants the lines of all functions, or none.
    let complete = true;
    for (const placed of functions) {
      const { start, slots } = placed.function;
      const id = this.#functions.get(start);
      if (id === undefined) return undefined;
      types.u32(placed.start);
      types.u32(id);
      let at = this.#firstLine(start);
      if (this.#lines[at]?.slot !== start) complete = false;
      for (; at < this.#lines.length && this.#lines[at]!.slot < start + slots; at++) {
        const { slot, fileNameOff, lineOff, place } = this.#lines[at]!;
        lines.u32(placed.start + slot - start);
        lines.u32(fileNameOff);
        lines.u32(lineOff);
        lines.u32(place);
      }
    }
    const known = {
      prog_btf_fd: this.#fd,
      func_info_rec_size: funcRecord,
      func_info: types.bytes(),
      func_info_cnt: functions.length,
    };
    if (!complete) return known;
    const records = lines.bytes();
    return {
      ...known,
      line_info_rec_size: lineRecord,
      line_info: records,
      line_info_cnt: records.length / lineRecord,
    };
  }

  /** Index of the first line at `slot` or behind it. */
  #firstLine(slot: number): number {
    return countBefore(this.#lines.length, (at) => this.#lines[at]!.slot < slot);
  }
}

function kernelBtf(
  image: Image,
  debug: ImageDebug,
): { readonly btf: Uint8Array; readonly functions: ReadonlyMap<number, number>; readonly lines: readonly Line[] } {
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
  return { btf: builder.bytes(endian), functions, lines };
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
