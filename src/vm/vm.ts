/** Loading an image and running its programs. The memory's layout is told in `memory.ts`, the loop is in `interpret.ts`. */
import { BpfkitError, failure } from "../diag/index.js";
import type { Image } from "../object/index.js";
import { decodeImage, patchValue, type Addresses } from "./code.js";
import { helpers } from "./helpers.js";
import { Machine } from "./machine.js";
import { VmMap } from "./maps.js";
import { BASE, CONTEXT, MAP_BASE, Memory, MEMORY_LIMIT } from "./memory.js";
import type { Fault, HostHelper, RunDone, RunInput, Vm, VmOptions, XdpDone, XdpInput } from "./types.js";
import { frameRoom, openFrame } from "./xdp.js";

const DEFAULT_BUDGET = 100_000_000;
/** Ids given to host helpers that are known by name only; the kernel's are far below. */
const NAMED_HELPERS = 0x4000_0000;

/** More CPUs than this no kernel has (CONFIG_NR_CPUS). */
const CPU_LIMIT = 8192;

/** The value of a numeric option, checked. */
function option(name: string, given: number | undefined, fallback: number, least: number, most: number): number {
  const value = given ?? fallback;
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw failure("vm-option", { name, value, least, most });
}

/** A clock that only depends on how often it was asked. */
function defaultClock(): () => bigint {
  let now = 1_000_000_000n;
  return () => (now += 1_000n);
}

/** Host helpers by id, and the ids of those given by name. */
function hostHelpers(given: ReadonlyMap<number | string, HostHelper> = new Map()): {
  readonly byId: ReadonlyMap<number, HostHelper>;
  readonly ids: ReadonlyMap<string, number>;
} {
  const byId = new Map<number, HostHelper>();
  const ids = new Map<string, number>();
  for (const [key, helper] of given) {
    const id = typeof key === "number" ? key : NAMED_HELPERS + ids.size;
    if (typeof key === "string") ids.set(key, id);
    byId.set(id, helper);
  }
  return { byId, ids };
}

/** Takes room for the data segments and returns their buffer offsets. */
function placeSegments(image: Image, memory: Memory): number[] {
  return image.segments.map(({ name, size, align, readOnly }) => {
    const limit = MEMORY_LIMIT - memory.used;
    if (size + align > limit) throw failure("vm-too-large", { what: `section ${name}`, size, limit });
    const start = memory.take(size, Math.max(8, align));
    if (size > 0) memory.add({ kind: "segment", name, start, size, step: size, count: 1, writable: !readOnly });
    return start;
  });
}

/** Writes the segments' contents and the addresses their patches ask for. */
function fillSegments(image: Image, memory: Memory, starts: readonly number[], addresses: Addresses): void {
  image.segments.forEach(({ data, size }, i) => memory.bytes.set(data.subarray(0, size), starts[i]!));
  image.patches.forEach((patch, number) => {
    if (patch.segment === -1) return;
    const segment = image.segments[patch.segment];
    const size = patch.field === "data64" ? 8 : 4;
    if (segment === undefined || patch.field === "imm64" || patch.at < 0 || patch.at + size > segment.size) {
      throw failure("vm-patch", { number, kind: patch.kind, reason: "its field is not in a segment" });
    }
    const at = starts[patch.segment]! + patch.at;
    const value = BigInt(patchValue(image, patch, number, addresses));
    if (size === 8) memory.view.setBigInt64(at, value, memory.little);
    else memory.view.setInt32(at, Number(BigInt.asIntN(32, value)), memory.little);
  });
}

/**
 * Loads `image`: checks its code, creates its maps, places its data. Throws a `BpfkitError` for code that is no code,
 * patches that fit nothing, and maps the kernel would refuse.
 */
export function createVm(image: Image, options: VmOptions = {}): Vm {
  const memory = new Memory(image.endian === "little");
  const cpus = option("cpus", options.cpus, 1, 1, CPU_LIMIT);
  const cpu = option("cpu", options.cpu, 0, 0, cpus - 1);
  const budget = option("budget", options.budget, DEFAULT_BUDGET, 1, Number.MAX_SAFE_INTEGER);
  const starts = placeSegments(image, memory);
  const maps = image.maps.map((definition) => new VmMap(definition, memory, cpus));
  const host = hostHelpers(options.helpers);
  const addresses: Addresses = {
    map: (index) => MAP_BASE + 16 * index,
    segment: (index) => BASE + starts[index]!,
    named: (name) => host.ids.get(name),
    value: (index) => (maps[index] === undefined ? undefined : BASE + maps[index].firstValue),
  };
  const code = decodeImage(image, addresses);
  for (const { kind, definition, programs } of maps) {
    if (kind !== "programs") continue;
    for (const { index, target } of definition.values ?? []) {
      const start = image.functions[image.programs[target]?.function ?? -1]?.start;
      if (start !== undefined) programs[index] = start + 1;
    }
  }
  memory.settle();
  fillSegments(image, memory, starts, addresses);
  const machine = new Machine(image, code, memory, maps, helpers, {
    helpers: host.byId,
    callxHelpers: options.callxHelpers ?? false,
    cpu,
    cpus,
    clock: options.clock ?? defaultClock(),
    trace: options.trace ?? (() => {}),
    seed: options.seed ?? 1,
  });
  const known = (names: readonly string[]): string => (names.length === 0 ? "none" : names.join(", "));

  /** The slot a program or function starts at. */
  const startOf = (name: string): number => {
    const program = image.programs.find((each) => each.name === name);
    const fn = program === undefined ? undefined : image.functions[program.function];
    const found = fn ?? image.functions.find((each) => each.name === name);
    if (found !== undefined) return found.start;
    throw failure("vm-no-program", { name, known: known(image.programs.map((each) => each.name)) });
  };
  const map = (name: string): VmMap => {
    const found = maps.find((each) => each.definition.name === name);
    if (found !== undefined) return found;
    throw failure("vm-no-map", { name, known: known(image.maps.map((each) => each.name)) });
  };
  /** Runs what `prepare` sets up; faults become results. */
  const guarded = <Done>(room: number, run: (start: number) => Done): Done | Fault => {
    if (memory.depth >= 0) throw failure("vm-busy", {});
    const limit = MEMORY_LIMIT - memory.used;
    if (room > limit) throw failure("vm-too-large", { what: "the input", size: room, limit });
    const start = memory.begin(room);
    machine.left = machine.budget = budget;
    machine.detail = undefined;
    try {
      return run(start);
    } catch (error) {
      if (!(error instanceof BpfkitError) || machine.detail === undefined) throw error;
      const insns = machine.budget - machine.left;
      return { kind: "fault", diagnostic: error.diagnostics[0]!, detail: machine.detail, insns };
    } finally {
      machine.frame = undefined;
      memory.depth = -1;
    }
  };

  const vm: Vm = {
    programs: image.programs.map((each) => each.name),
    maps: image.maps.map((each) => each.name),
    map,
    setTailCall(name, index, program) {
      const entries = map(name).programs;
      if (!Number.isInteger(index) || index < 0 || index >= entries.length) {
        throw failure("vm-map-kind", {
          name,
          type: `${map(name).definition.type}`,
          what: `has no program entry ${index}`,
        });
      }
      entries[index] = startOf(program) + 1;
    },
    run(program: string, input: RunInput = {}): RunDone | Fault {
      const entry = startOf(program);
      const given = input.memory;
      const size = given?.length ?? 0;
      return guarded(size, (start): RunDone => {
        if (given !== undefined) memory.bytes.set(given, start);
        if (size > 0) memory.add({ kind: "memory", name: "memory", start, size, step: size, count: 1, writable: true });
        machine.packetStart = start;
        machine.packetEnd = start + size;
        const r0 = machine.run(entry, size === 0 ? 0 : BASE + start, size, budget);
        const left = memory.bytes.slice(start, start + size);
        return { kind: "ok", r0, insns: budget - machine.left, memory: left };
      });
    },
    runXdp(program: string, packet: Uint8Array, input: XdpInput = {}): XdpDone | Fault {
      const entry = startOf(program);
      return guarded(frameRoom(packet.length), (start): XdpDone => {
        const frame = openFrame(memory, start, packet, {
          ingress: input.ingressIfindex ?? 1,
          queue: input.rxQueueIndex ?? 0,
          egress: input.egressIfindex ?? 0,
        });
        machine.frame = frame;
        const r0 = machine.run(entry, BASE + CONTEXT, 0, budget);
        return {
          kind: "ok",
          verdict: Number(BigInt.asUintN(32, r0)),
          packet: memory.bytes.slice(frame.data, frame.end),
          metadata: memory.bytes.slice(frame.meta, frame.data),
          redirect: machine.redirect,
          insns: budget - machine.left,
        };
      });
    },
    read(address, size) {
      const at = Number(address) - BASE;
      return memory.reach(at, size, false) ? memory.bytes.slice(at, at + size) : undefined;
    },
    write(address, bytes) {
      const at = Number(address) - BASE;
      if (!memory.reach(at, bytes.length, true)) return false;
      memory.bytes.set(bytes, at);
      return true;
    },
  };
  machine.vm = vm;
  return vm;
}
