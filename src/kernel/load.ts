/**
 * Image → kernel: maps first, then data segments as one-entry array maps, then the programs that name them.
 *
 * Source: bpf(2); the shapes and names of segment maps are libbpf's, so that other tools recognize them. Whatever fails, no
 * descriptor stays open.
 */
import { readBtf, type Btf } from "../btf/index.js";
import { failure } from "../diag/index.js";
import { ByteWriter, encodeUtf8 } from "../bytes/index.js";
import { helperId, MapType, opcodes, writeImm, writeOff, writeSrc, type ProgramType } from "../isa/index.js";
import {
  noFunction,
  programType,
  type Image,
  type ImageProgram,
  type ImageSegment,
  type Patch,
} from "../object/index.js";
import { maxName, objectName, type AttrFields } from "./attr.js";
import { ProgramBuilder, type ProgramCode } from "./closure.js";
import { DebugInfo, exceptionCallbacks, hasCore } from "./debug-info.js";
import { loadFunctionInfo } from "./func-info.js";
import { KernelProgram, LoadedImage, missing } from "./loaded.js";
import { createMap, type KernelMap } from "./maps.js";
import type { Syscalls } from "./syscalls.js";
import { loadProgram, type LoadAnswer } from "./verifier.js";

const { BPF_PSEUDO_BTF_ID, BPF_PSEUDO_KFUNC_CALL, BPF_PSEUDO_MAP_FD, BPF_PSEUDO_MAP_VALUE, SLOT } = opcodes;

/** Flags of maps and programs (linux/bpf.h). */
const BPF_F_RDONLY_PROG = 128;
const BPF_F_SLEEPABLE = 16;
const BPF_F_XDP_HAS_FRAGS = 32;

export interface LoadOptions {
  /** Names of the programs to load. Default: all. */
  readonly programs?: readonly string[];
  /** The type of all programs, instead of what their sections' names say. */
  readonly type?: ProgramType | number;
  /** The expected attach type of all programs, instead of what their sections' names say. */
  readonly attachType?: number;
  /** Ask for the verifier's log of programs that are accepted: 1 its steps, 2 more, 4 statistics. Default 0: none. */
  readonly logLevel?: number;
  /** The kernel's own BTF (`/sys/kernel/btf/vmlinux`), for programs that call kernel functions: asked for when one does. */
  readonly kernelBtf?: () => Uint8Array;
}

/** Loads an image. Throws a `BpfkitError`: `VerifierError` where the verifier rejects a program. */
export function loadImage(image: Image, syscalls: Syscalls, options: LoadOptions = {}): LoadedImage {
  if (image.endian !== syscalls.endian) {
    throw failure("kernel-endian", { image: image.endian, host: syscalls.endian });
  }
  const wanted = [...choosePrograms(image, options.programs)];
  refuseDataPatches(image);
  // Everything that can be found wrong without the kernel is found before it is asked.
  const builder = new ProgramBuilder(image);
  const callbacksOf = exceptionCallbacks(image);
  const built: { program: ImageProgram; code: ProgramCode; fields: AttrFields<"BPF_PROG_LOAD"> }[] = [];
  // The list grows by the programs that its programs jump to through arrays.
  for (const program of wanted) {
    const code = builder.build(program.function, callbacksOf(program));
    built.push({ program, code, fields: typeFields(program, options) });
    for (const each of inArrays(image, code)) if (!wanted.includes(each)) wanted.push(each);
  }
  const idOf = kernelIds(options.kernelBtf, syscalls);
  const open: { close(): void }[] = [];
  // Loaded programs keep the BTF alive.
  const debug = DebugInfo.open(syscalls, image);
  const keep = <Item extends { close(): void }>(item: Item): Item => {
    open.push(item);
    return item;
  };
  try {
    const maps = image.maps.map((map) => keep(createMap(syscalls, map)));
    for (const map of maps)
      if (map.definition.inner !== undefined) putValues(syscalls, map, (target) => maps[target]!.fd);
    const segments = new Map<string, KernelMap>();
    const segmentMaps = image.segments.map((segment) => {
      if (segment.size === 0) return undefined;
      const map = keep(createSegment(syscalls, image, segment));
      segments.set(segment.name, map);
      return map;
    });
    const programs = built.map(({ program, code, fields }) => {
      fill(image, code, maps, segmentMaps, idOf);
      const { name, section } = program;
      const answer = loadOne(syscalls, image, program, code, fields, options.logLevel ?? 0, debug);
      return keep(new KernelProgram(syscalls, answer.fd, name, section, answer.log));
    });
    for (const map of maps) {
      if (map.definition.inner !== undefined) continue;
      putValues(syscalls, map, (target) => programs[wanted.indexOf(image.programs[target]!)]?.fd);
    }
    return new LoadedImage(maps, segments, programs);
  } catch (error) {
    for (const each of open.toReversed()) each.close();
    throw error;
  } finally {
    debug?.close();
  }
}

/** Puts a map's initial contents in: file descriptors of maps or programs. Programs that nobody asked for stay out. */
function putValues({ endian }: Syscalls, map: KernelMap, fdOf: (target: number) => number | undefined): void {
  for (const { index, target } of map.definition.values ?? []) {
    const fd = fdOf(target);
    if (fd === undefined) continue;
    const [key, value] = [new ByteWriter(endian, 4), new ByteWriter(endian, 4)];
    key.u32(index);
    value.u32(fd);
    map.update(key.bytes(), value.bytes());
  }
}

/** The programs in the arrays that a program's code refers to. */
function inArrays({ maps, programs }: Image, { patches }: ProgramCode): ImageProgram[] {
  return patches.flatMap(({ kind, target }) => {
    const map = kind === "map" ? maps[target] : undefined;
    if (map?.values === undefined || map.inner !== undefined) return [];
    return map.values.flatMap((value) => programs[value.target] ?? []);
  });
}

type KernelIds = (name: string, kind: "func" | "var") => number | undefined;

/** The BTF ids of the kernel's functions and variables, by name. */
function kernelIds(read: LoadOptions["kernelBtf"], { endian }: Syscalls): KernelIds {
  let btf: Btf | undefined;
  return (name, kind) => {
    if (read === undefined) return undefined;
    btf ??= readBtf(read(), { file: "the kernel's BTF", endian });
    return btf.findByName(name, kind);
  };
}

/** Loads one program whose places are filled. */
function loadOne(
  syscalls: Syscalls,
  image: Image,
  { name, section }: ImageProgram,
  built: ProgramCode,
  fields: AttrFields<"BPF_PROG_LOAD">,
  logLevel: number,
  debug: DebugInfo | undefined,
): LoadAnswer {
  const { code, functions, callbacks } = built;
  const known = debug?.fields(built);
  // With the local numbers it would read from wrong places.
  if (known === undefined && hasCore(image, built)) throw failure("kernel-core", { name });
  const info = callbacks && known === undefined ? loadFunctionInfo(syscalls, name, functions) : undefined;
  const all = {
    ...fields,
    insn_cnt: code.length / SLOT,
    insns: code,
    license: encodeUtf8(`${image.license}\0`),
    prog_name: objectName(name),
    ...(known ?? info?.fields),
  };
  try {
    return loadProgram(syscalls, { name, section, fields: all, functions, logLevel });
  } finally {
    info?.close();
  }
}

function choosePrograms(image: Image, names: readonly string[] | undefined): readonly ImageProgram[] {
  if (names === undefined) return image.programs;
  for (const name of names) {
    if (!image.programs.some((program) => program.name === name)) missing("kernel-no-program", image.programs, name);
  }
  return image.programs.filter((program) => names.includes(program.name));
}

/** The kernel fills in no addresses in map values, and none of instructions, so an image that needs them cannot be loaded. */
function refuseDataPatches(image: Image): void {
  const patch = image.patches.find(({ segment, kind }) => segment >= 0 || kind === "instruction");
  if (patch === undefined) return;
  const segment = patch.segment < 0 ? "code" : (image.segments[patch.segment]?.name ?? `segment ${patch.segment}`);
  if (patch.kind === "instruction") throw failure("kernel-jump-table", { where: segment });
  throw failure("kernel-data-address", { segment, kind: patch.kind, offset: patch.at });
}

function typeFields(program: ImageProgram, options: LoadOptions): AttrFields<"BPF_PROG_LOAD"> {
  const { name, section, rule } = program;
  const type = options.type ?? programType(program);
  if (type === undefined) throw failure("kernel-program-type", { name, section });
  if (options.type === undefined && rule?.needsBtfId === true) throw failure("kernel-needs-btf", { name, section });
  const flags = (rule?.sleepable === true ? BPF_F_SLEEPABLE : 0) | (rule?.frags === true ? BPF_F_XDP_HAS_FRAGS : 0);
  const attachType = options.attachType ?? (options.type === undefined ? rule?.attachType : undefined);
  return { prog_type: type, prog_flags: flags, expected_attach_type: attachType };
}

/** An array map of one entry that holds the segment. */
function createSegment(syscalls: Syscalls, image: Image, segment: ImageSegment): KernelMap {
  const map = createMap(syscalls, {
    name: segmentMapName(image.file, segment.name),
    type: MapType.BPF_MAP_TYPE_ARRAY,
    keySize: 4,
    valueSize: segment.size,
    maxEntries: 1,
    flags: segment.readOnly ? BPF_F_RDONLY_PROG : 0,
    extra: 0n,
    pinning: "none",
  });
  try {
    // A new map is all zero.
    if (segment.data.some((byte) => byte !== 0)) {
      const value = new Uint8Array(segment.size);
      value.set(segment.data.subarray(0, segment.size));
      map.update(new Uint8Array(4), value);
    }
    if (segment.readOnly) map.freeze();
  } catch (error) {
    map.close();
    throw error;
  }
  return map;
}

/** libbpf's name: the object's first letters before `.rodata` and its like, other sections as they are. */
export function segmentMapName(file: string, section: string): string {
  const plain = section.startsWith(".") && !section.slice(1).includes(".");
  if (!plain) return objectName(section);
  const stem = file.slice(file.lastIndexOf("/") + 1).split(".")[0]!;
  const room = maxName - Math.min(maxName, Math.max(7, section.length));
  return objectName(stem.slice(0, room) + section);
}

/** Writes file descriptors and helper ids into the open places of a program. */
function fill(
  image: Image,
  { code, functions, patches }: ProgramCode,
  maps: readonly KernelMap[],
  segments: readonly (KernelMap | undefined)[],
  idOf: KernelIds,
): void {
  for (const patch of patches) {
    const at = patch.at * SLOT;
    const place = (): { name: string; slot: number } => {
      const home = functions.findLast(({ start }) => start <= patch.at)!;
      return { name: home.function.name, slot: patch.at - home.start };
    };
    if (patch.kind === "map") {
      const map = maps[patch.target] ?? broken(patch, image.maps.length);
      writeSrc(code, at, image.endian, BPF_PSEUDO_MAP_FD);
      writeImm(code, at, image.endian, map.fd);
      writeImm(code, at + SLOT, image.endian, 0);
    } else if (patch.kind === "segment") {
      const segment = image.segments[patch.target] ?? broken(patch, image.segments.length);
      const map = segments[patch.target];
      if (map === undefined || patch.addend < 0 || patch.addend >= segment.size) {
        const what = `the address ${patch.addend} of ${segment.name} is outside of its ${segment.size} bytes`;
        throw failure("kernel-patch", { ...place(), what });
      }
      writeSrc(code, at, image.endian, BPF_PSEUDO_MAP_VALUE);
      writeImm(code, at, image.endian, map.fd);
      writeImm(code, at + SLOT, image.endian, patch.addend);
    } else {
      const called = image.names[patch.target] ?? broken(patch, image.names.length);
      const { name } = place();
      if (patch.kind === "kfunc") {
        const id = idOf(called, "func");
        if (id === undefined && patch.optional !== true) throw failure("kernel-kfunc", { name, kfunc: called });
        writeSrc(code, at, image.endian, id === undefined ? 0 : BPF_PSEUDO_KFUNC_CALL);
        writeOff(code, at, image.endian, 0);
        writeImm(code, at, image.endian, id ?? Number(noFunction));
        continue;
      }
      if (patch.kind === "kernel") {
        const id = idOf(called, "func") ?? idOf(called, "var");
        if (id === undefined && patch.optional !== true) throw failure("kernel-symbol", { name, symbol: called });
        writeSrc(code, at, image.endian, id === undefined ? 0 : BPF_PSEUDO_BTF_ID);
        writeImm(code, at, image.endian, id ?? 0);
        writeImm(code, at + SLOT, image.endian, 0);
        continue;
      }
      const id = helperId(called);
      if (id === undefined) throw failure("kernel-unknown-helper", { name, helper: called });
      writeSrc(code, at, image.endian, 0);
      writeImm(code, at, image.endian, id);
    }
  }
}

function broken(patch: Patch, count: number): never {
  throw failure("kernel-image", { what: `a patch names ${patch.kind} number ${patch.target} of ${count}` });
}
