/** XDP programs: context, frame limits, maps from a program, helpers; what the kernel's sources say they do. */
import { expect, test } from "vitest";
import { helperId, helperNames, MapType } from "../../src/isa/index.js";
import type { ImageMap, Patch } from "../../src/object/index.js";
import { createVm, describeFrame, type Fault, type Vm, type VmOptions, type XdpDone } from "../../src/vm/index.js";
import { helpers } from "../../src/vm/helpers.js";
import { encodeAll, imageOf, mapOf, type Fields } from "../support/image.js";

const exit: Fields = [0x95, 0, 0, 0, 0];
const mov = (dst: number, src: number): Fields => [0xbf, dst, src, 0, 0];
const set = (dst: number, imm: number): Fields => [0xb7, dst, 0, 0, imm];
const add = (dst: number, imm: number): Fields => [0x07, dst, 0, 0, imm];
const call = (name: string): Fields => [0x85, 0, 0, 0, helperId(`bpf_${name}`)!];
const ldw = (dst: number, src: number, off: number): Fields => [0x61, dst, src, off, 0];
const stw = (dst: number, off: number, imm: number): Fields => [0x62, dst, 0, off, imm];
/** A load of the address of map `index` (by index, as the kernel's BPF_PSEUDO_MAP_IDX). */
const map = (dst: number, index = 0): Fields[] => [
  [0x18, dst, 5, 0, index],
  [0, 0, 0, 0, 0],
];

function vmOf(code: readonly Fields[], maps: readonly ImageMap[] = [], options: VmOptions = {}): Vm {
  return createVm(imageOf(encodeAll(code), { maps }), options);
}

function done(result: XdpDone | Fault): XdpDone {
  if (result.kind === "fault") throw new Error(result.diagnostic.message);
  return result;
}

const frame = Uint8Array.from({ length: 60 }, (_, i) => i);
const runOn = (code: readonly Fields[], packet = frame): XdpDone => done(vmOf(code).runXdp("main", packet));

/** The verdict as the signed number a helper returned. */
const result = (code: readonly Fields[]): number => runOn([...code, exit]).verdict | 0;

test("the context has the frame's limits and the interface numbers", () => {
  const field = (off: number): number =>
    done(vmOf([ldw(0, 1, off), exit]).runXdp("main", frame, { ingressIfindex: 7, rxQueueIndex: 8, egressIfindex: 9 }))
      .verdict;
  expect(field(4) - field(0)).toBe(60);
  expect(field(8)).toBe(field(0));
  expect([field(12), field(16), field(20)]).toEqual([7, 8, 9]);
  expect(vmOf([stw(1, 0, 1), set(0, 0), exit]).runXdp("main", frame)).toMatchObject({
    kind: "fault",
    detail: { slot: 0, region: "context", size: 4 },
  });
  expect(vmOf([ldw(0, 1, 24), exit]).runXdp("main", frame)).toMatchObject({
    diagnostic: { message: expect.stringContaining("4 bytes at context+24 run past its end (len 24)") as string },
  });
});

test("adjust_head grows and shrinks the frame within the kernel's limits", () => {
  const head = (delta: number): Fields[] => [mov(6, 1), set(2, delta), call("xdp_adjust_head")];
  const grown = runOn([...head(-20), ldw(7, 6, 0), [0x72, 7, 0, 0, 0xaa], set(0, 3), exit]);
  expect(grown.verdict).toBe(3);
  expect(grown.packet.length).toBe(80);
  expect(grown.packet[0]).toBe(0xaa);
  expect(grown.packet.subarray(20)).toEqual(frame);
  expect(runOn([...head(46), exit]).packet).toEqual(frame.subarray(46));
  // The kernel keeps 40 of the 256 bytes before the frame, and at least an Ethernet header of the frame.
  expect([-216, -217, 46, 47].map((delta) => result(head(delta)))).toEqual([0, -22, 0, -22]);
});

test("adjust_tail zeroes what it adds and keeps to the page", () => {
  const tail = (delta: number): Fields[] => [set(2, delta), call("xdp_adjust_tail")];
  const longer = runOn([...tail(4), exit]).packet;
  expect(longer).toEqual(Uint8Array.of(...frame, 0, 0, 0, 0));
  expect(runOn([...tail(-46), exit]).packet).toEqual(frame.subarray(0, 14));
  expect([-46, -47, 3460, 3461].map((delta) => result(tail(delta)))).toEqual([0, -22, 0, -22]);
});

test("adjust_meta makes room before the frame that adjust_head moves along", () => {
  const meta = (delta: number): Fields[] => [set(2, delta), call("xdp_adjust_meta")];
  expect([-4, -3, -252, -256, 4].map((delta) => result(meta(delta)))).toEqual([0, -13, -22, -22, -22]);
  const moved = runOn([
    mov(6, 1),
    ...meta(-4),
    ldw(7, 6, 8),
    stw(7, 0, 0x04030201),
    mov(1, 6),
    set(2, -8),
    call("xdp_adjust_head"),
    exit,
  ]);
  expect(moved.metadata).toEqual(Uint8Array.of(1, 2, 3, 4));
  expect(moved.packet.length).toBe(68);
});

test("load_bytes and store_bytes copy, and refuse what is outside of the frame", () => {
  const copy = (name: string, offset: number, length: number): Fields[] => [
    set(2, offset),
    mov(3, 10),
    add(3, -8),
    [0x7a, 10, 0, -8, 0x11],
    set(4, length),
    call(name),
  ];
  const loaded = runOn([...copy("xdp_load_bytes", 4, 8), ldw(0, 10, -8), exit]);
  expect(loaded.verdict).toBe(0x07060504);
  expect(runOn([...copy("xdp_store_bytes", 52, 8), exit]).packet.subarray(52)).toEqual(
    Uint8Array.of(0x11, 0, 0, 0, 0, 0, 0, 0),
  );
  for (const name of ["xdp_load_bytes", "xdp_store_bytes"]) {
    expect(
      [52, 53, 0x10000, -1].map((offset) => result(copy(name, offset, 8))),
      name,
    ).toEqual([0, -22, -14, -14]);
  }
});

test("a packet access is exact at both ends, and an old pointer dies with adjust_tail", () => {
  const at = (off: number): Fault | XdpDone => vmOf([ldw(2, 1, 0), [0x79, 0, 2, off, 0], exit]).runXdp("main", frame);
  expect(at(52).kind).toBe("ok");
  expect(at(53)).toMatchObject({
    kind: "fault",
    diagnostic: {
      code: "vm-access",
      message: expect.stringMatching(
        /slot 1 of main: read of 8 bytes at 0x\w+: 8 bytes at packet\+53 run past its end \(len 60\)/,
      ),
    },
    detail: { slot: 1, functionName: "main", size: 8, region: "packet" },
    insns: 2,
  });
  expect(at(-1)).toMatchObject({
    diagnostic: { message: expect.stringContaining("packet-1 begin before it") as string },
  });
  const stale: Fields[] = [ldw(6, 1, 0), ldw(0, 6, 56), set(2, -1), call("xdp_adjust_tail"), ldw(0, 6, 56), exit];
  expect(vmOf(stale).runXdp("main", frame)).toMatchObject({ kind: "fault", detail: { slot: 4 } });
});

const hash = mapOf("h", MapType.BPF_MAP_TYPE_HASH, 4, 8, 2);
const perCpu = mapOf("c", MapType.BPF_MAP_TYPE_PERCPU_ARRAY, 4, 8, 3);
const key = (number: number): Uint8Array => Uint8Array.of(number, 0, 0, 0);
const value = (number: number): Uint8Array => Uint8Array.of(number, 0, 0, 0, 0, 0, 0, 0);

test("a hash lookup from a program and a per-CPU counter", () => {
  const keyAt: Fields[] = [stw(10, -4, 5), mov(2, 10), add(2, -4)];
  const counter: Fields[] = [
    stw(10, -4, 1),
    mov(2, 10),
    add(2, -4),
    ...map(1, 1),
    call("map_lookup_elem"),
    [0x15, 0, 0, 2, 0],
    set(1, 1),
    [0xdb, 0, 1, 0, 0],
    set(0, 2),
    exit,
  ];
  const code = [
    ...map(1),
    ...keyAt,
    call("map_lookup_elem"),
    [0x55, 0, 0, 2, 0] as Fields,
    set(0, 1),
    exit,
    ...counter,
  ];
  const vm = vmOf(code, [hash, perCpu], { cpus: 3, cpu: 1 });
  expect(done(vm.runXdp("main", frame)).verdict).toBe(1);
  expect(vm.map("h").update(key(5), value(1))).toBe(0);
  expect(done(vm.runXdp("main", frame)).verdict).toBe(2);
  expect(done(vm.runXdp("main", frame)).verdict).toBe(2);
  expect(vm.map("c").lookupAll(key(1))).toEqual([value(0), value(2), value(0)]);
  expect(vm.map("c").lookup(key(3))).toBeUndefined();
});

test("every helper has an id, and one the VM lacks is a fault that names it", () => {
  for (const id of helpers.keys()) expect(helperNames[id]).toBeDefined();
  expect(vmOf([call("fib_lookup"), exit]).runXdp("main", frame)).toMatchObject({
    kind: "fault",
    diagnostic: { code: "vm-helper", message: "slot 0 of main: helper bpf_fib_lookup is not supported by the VM" },
  });
});

test("update and delete from a program give the kernel's errors", () => {
  const update = (number: number, flags: number): Fields[] => [
    stw(10, -4, number),
    [0x7a, 10, 0, -16, 42],
    ...map(1),
    mov(2, 10),
    add(2, -4),
    mov(3, 10),
    add(3, -16),
    set(4, flags),
    call("map_update_elem"),
  ];
  const last = (code: readonly Fields[], maps = [hash]): number =>
    done(vmOf([...code, exit], maps).runXdp("main", frame)).verdict | 0;
  expect(last(update(1, 0))).toBe(0);
  expect(last(update(1, 2))).toBe(-2);
  expect(last(update(1, 3))).toBe(-22);
  expect(last([...update(1, 1), ...update(1, 1)])).toBe(-17);
  expect(last([...update(1, 0), ...update(2, 0), ...update(3, 0)])).toBe(-7);
  const array = [mapOf("a", MapType.BPF_MAP_TYPE_ARRAY, 4, 8, 2)];
  expect([update(2, 0), update(1, 1), update(1, 0)].map((code) => last(code, array))).toEqual([-7, -17, 0]);
  const remove: Fields[] = [stw(10, -4, 1), ...map(1), mov(2, 10), add(2, -4), call("map_delete_elem")];
  expect(last(remove)).toBe(-2);
  expect(last([...update(1, 0), ...remove])).toBe(0);
  expect(last(remove, array)).toBe(-22);
});

test("csum_diff folds to 16 bits and can be a sum, a difference or a negated sum", () => {
  const bytes: Fields[] = [stw(10, -8, 0x0002_ffff), stw(10, -4, 0x0001_0001)];
  const diff = (from: number, to: number, seed: number): Fields[] => [
    ...bytes,
    mov(1, 10),
    add(1, -8),
    set(2, from),
    mov(3, 10),
    add(3, -4),
    set(4, to),
    set(5, seed),
    call("csum_diff"),
  ];
  // Ones' complement sums of 16-bit words: 0xffff + 2 = 2, 1 + 1 = 2.
  expect(result(diff(0, 4, 0))).toBe(2);
  expect(result(diff(0, 4, 5))).toBe(7);
  expect(result(diff(4, 0, 0))).toBe(0xfffd);
  expect(result(diff(4, 4, 9))).toBe(9);
  // Sizes need not be multiples of 4 since kernel 6.13.
  expect(result(diff(0, 3, 0))).toBe(2);
});

test("redirect, clock, random numbers and the current task are what the host decides", () => {
  const redirect: Fields[] = [set(1, 4), set(2, 0), call("redirect"), exit];
  expect(runOn(redirect)).toMatchObject({ verdict: 4, redirect: { ifindex: 4 } });
  expect(runOn([set(1, 4), set(2, 1), call("redirect"), exit])).toMatchObject({ verdict: 0, redirect: undefined });
  const clocked = vmOf([call("ktime_get_ns"), exit], [], { clock: () => (1n << 40n) + 3n });
  expect(clocked.run("main")).toMatchObject({ r0: (1n << 40n) + 3n });
  const [first, second] = [1, 1].map((seed) => vmOf([call("get_prandom_u32"), exit], [], { seed }).run("main"));
  expect(first).toEqual(second);
  expect(vmOf([call("get_smp_processor_id"), exit], [], { cpu: 2, cpus: 4 }).run("main")).toMatchObject({ r0: 2n });
});

test("trace_printk formats like the kernel", () => {
  const lines: string[] = [];
  const print = (text: string, args: readonly number[]): void => {
    const data = new TextEncoder().encode(`${text}\0name\0`);
    const segments = [{ name: ".rodata", readOnly: true, align: 1, size: data.length, data }];
    const patch = (at: number, addend: number): Patch => ({
      kind: "segment",
      target: 0,
      addend,
      field: "imm64",
      segment: -1,
      at,
    });
    const wide = (dst: number): Fields[] => [
      [0x18, dst, 0, 0, 0],
      [0, 0, 0, 0, 0],
    ];
    const sets = args.map((arg, i) => set(3 + i, arg));
    const string = args.length === 0 ? wide(3) : [set(6, 0), set(6, 0)];
    const code = encodeAll([...wide(1), ...string, set(2, text.length + 1), ...sets, call("trace_printk"), exit]);
    const patches = args.length === 0 ? [patch(0, 0), patch(2, text.length + 1)] : [patch(0, 0)];
    createVm(imageOf(code, { segments, patches }), { trace: (line) => lines.push(line) }).run("main");
  };
  print("a %d %u %x", [-1, -1, -1]);
  print("%lld %llu %lx", [-1, -1, -1]);
  print("%5d|%-5d|%05d%%", [7, 7, -7]);
  print("<%s>", []);
  print("%pI4", []);
  print("%pX", []);
  print("%n", [1]);
  print("%p %c", [0x1234, 65]);
  expect(lines).toEqual([
    "a -1 4294967295 ffffffff",
    "-1 18446744073709551615 ffffffffffffffff",
    "    7|7    |-0007%",
    "<name>",
    "110.97.109.101",
    "0000000000001234 A",
  ]);
});

test("loop calls back until told to stop; each call is a frame of its own", () => {
  const body = (stop: number): Fields[] => [
    set(1, 10),
    [0x18, 2, 4, 0, 7],
    [0, 0, 0, 0, 0],
    mov(3, 10),
    add(3, -8),
    [0x7a, 10, 0, -8, 0],
    set(4, 0),
    call("loop"),
    exit,
    // callback(index, context): counts into the caller's frame, stops behind index `stop`.
    [0x79, 3, 2, 0, 0],
    add(3, 1),
    [0x7b, 2, 3, 0, 0],
    set(0, 0),
    [0x55, 1, 0, 1, stop],
    set(0, 1),
    exit,
  ];
  const run = (stop: number): unknown => {
    const code = encodeAll(body(stop));
    const whole = imageOf(code).functions[0]!;
    const functions = [
      { ...whole, slots: 9 },
      { ...whole, name: "callback", start: 9, slots: 7 },
    ];
    return createVm(imageOf(code, { functions })).run("main");
  };
  expect(run(99)).toMatchObject({ kind: "ok", r0: 10n });
  expect(run(3)).toMatchObject({ kind: "ok", r0: 4n });
});

test("tail_call goes to the program in the array and stops after 33", () => {
  const programs = [mapOf("p", MapType.BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 2)];
  const vm = vmOf([add(6, 1), ...map(2), set(3, 1), call("tail_call"), mov(0, 6), exit], programs);
  expect(vm.run("main")).toMatchObject({ kind: "ok", r0: 1n });
  vm.setTailCall("p", 1, "main");
  expect(vm.run("main")).toMatchObject({ kind: "ok", r0: 34n });
});

test("a frame is told in words, however broken it is", () => {
  const ip = (...changes: readonly (readonly [at: number, byte: number])[]): Uint8Array => {
    const bytes = new Uint8Array(42);
    bytes.set([8, 0, 0x45], 12);
    bytes.set([17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x10, 0, 0, 80], 23);
    for (const [at, byte] of changes) bytes[at] = byte;
    return bytes;
  };
  expect(describeFrame(ip())).toBe("IPv4 UDP 10.0.0.1:4096 > 10.0.0.2:80");
  expect(describeFrame(ip([14, 0x40], [23, 4]))).toBe("IPv4, bad header");
  expect(describeFrame(ip([23, 1]))).toBe("IPv4 ICMP 10.0.0.1 > 10.0.0.2");
  expect(describeFrame(new Uint8Array(13))).toBe("truncated Ethernet header");
});
