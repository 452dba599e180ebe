import { expect, test } from "vitest";
import { decodeSlot, newSlot, ProgramType } from "../../src/isa/index.js";
import { loadImage, segmentMapName, VerifierError } from "../../src/kernel/index.js";
import { processorTime } from "../support/patience.js";
import { FakeSyscalls, thrown, type Recorded } from "./fake.js";
import {
  addReg,
  call,
  encode,
  exit,
  helper,
  imageOf,
  mapOf,
  movImm,
  movReg,
  patchOf,
  wide,
  type Insn,
  type Part,
} from "./image.js";

const u32 = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);

function slotsOf(code: Uint8Array): Insn[] {
  return Array.from({ length: code.length / 8 }, (_, i) => {
    const { opcode, dst, src, off, imm } = decodeSlot(code, 8 * i, "little", newSlot());
    return [opcode, dst, src, off, imm];
  });
}

const programsOf = (calls: readonly Recorded[]): Insn[][] =>
  calls.filter(({ command }) => command === "BPF_PROG_LOAD").map(({ buffers }) => slotsOf(buffers.get(8)!));

/**
 * Slots: shared 0-1, unused 2-3, first 4-7 (calls left, right), left 8-10 (calls shared), right 11-14 (calls shared, takes its address),
 * second 15-17 (calls shared).
 */
const parts: readonly Part[] = [
  { name: "shared", section: ".text", insns: [movImm(0, 1), exit] },
  { name: "unused", section: ".text", insns: [movImm(0, 9), exit] },
  { name: "first", section: "xdp", insns: [call(3), call(5), movImm(0, 2), exit] },
  { name: "left", section: ".text", insns: [movImm(1, 3), call(-10), exit] },
  { name: "right", section: ".text", insns: [call(-12), [0x18, 2, 4, 0, -13], [0, 0, 0, 0, 0], exit] },
  { name: "second", section: "tc", insns: [movImm(0, 5), call(-17), exit] },
];

test("a program is its entry and each function it reaches once, with distances counted anew", () => {
  const port = new FakeSyscalls();
  loadImage(imageOf(parts, ["first", "second"]), port);
  const [first, second] = programsOf(port.calls);
  // first 0-3, left 4-6, right 7-10, shared 11-12
  expect(first).toEqual([
    call(3),
    call(5),
    movImm(0, 2),
    exit,
    movImm(1, 3),
    call(5),
    exit,
    call(3),
    [0x18, 2, 4, 0, 2],
    [0, 0, 0, 0, 0],
    exit,
    movImm(0, 1),
    exit,
  ]);
  expect(second).toEqual([movImm(0, 5), call(1), exit, movImm(0, 1), exit]);
});

test("calls of functions in the patch table are resolved like resolved calls; recursion ends", () => {
  const again: readonly Part[] = [
    { name: "main", section: "xdp", insns: [[0x85, 0, 0, 0, 0], ...wide(1), exit] },
    { name: "self", section: ".text", insns: [[0x85, 0, 0, 0, 0], exit] },
  ];
  const port = new FakeSyscalls();
  const patches = [
    { ...patchOf(0, "function", 1), field: "imm32" as const },
    patchOf(1, "function", 0),
    { ...patchOf(4, "function", 1), field: "imm32" as const },
  ];
  loadImage(imageOf(again, ["main"], { patches }), port);
  expect(programsOf(port.calls)[0]).toEqual([call(3), [0x18, 1, 4, 0, -2], [0, 0, 0, 0, 0], exit, call(-1), exit]);
});

test("maps come first, segments are filled and frozen, programs carry their descriptors", () => {
  const insns = [...wide(1), ...wide(2), ...wide(3), helper, exit];
  const image = imageOf([{ name: "a_program_with_a_name", section: "xdp.frags", insns }], ["a_program_with_a_name"], {
    maps: [mapOf("hashmap", 1, 4, 8, 16), mapOf("per_cpu", 6, 4, 4, 1)],
    segments: [
      { name: ".bss", readOnly: false, align: 8, size: 16, data: new Uint8Array(0) },
      { name: ".rodata", readOnly: true, align: 8, size: 8, data: Uint8Array.of(1, 2, 3) },
      { name: ".data.empty", readOnly: false, align: 1, size: 0, data: new Uint8Array(0) },
    ],
    names: ["bpf_map_lookup_elem"],
    patches: [patchOf(0, "map", 1), patchOf(2, "segment", 0, 12), patchOf(4, "segment", 1, 4), patchOf(6, "helper", 0)],
  });
  const port = new FakeSyscalls();
  const loaded = loadImage(image, port);
  expect(port.calls.map(({ command }) => command)).toEqual([
    "BPF_MAP_CREATE",
    "BPF_MAP_CREATE",
    "BPF_MAP_CREATE",
    "BPF_MAP_CREATE",
    "BPF_MAP_UPDATE_ELEM",
    "BPF_MAP_FREEZE",
    "BPF_PROG_LOAD",
  ]);
  const [, , bss, rodata, update, , program] = port.calls;
  // type, key size, value size, entries, flags
  const shape = ({ attr }: Recorded): number[] => [0, 4, 8, 12, 16].map((at) => u32(attr, at));
  expect(shape(bss!)).toEqual([2, 4, 16, 1, 0]);
  expect(shape(rodata!)).toEqual([2, 4, 8, 1, 128]);
  expect(new TextDecoder().decode(rodata!.attr.subarray(28, 44))).toBe("first-li.rodata".replace("-", "_") + "\0");
  expect(update!.buffers.get(16)).toEqual(Uint8Array.of(1, 2, 3, 0, 0, 0, 0, 0));
  expect(slotsOf(program!.buffers.get(8)!)).toEqual([
    [0x18, 1, 1, 0, 101] as Insn,
    [0, 0, 0, 0, 0] as Insn,
    [0x18, 2, 2, 0, 102] as Insn,
    [0, 0, 0, 0, 12] as Insn,
    [0x18, 3, 2, 0, 103] as Insn,
    [0, 0, 0, 0, 4] as Insn,
    [0x85, 0, 0, 0, 1] as Insn,
    exit,
  ]);
  // program type, instructions, flags (frags), expected attach type (BPF_XDP), license, name
  expect([0, 4, 44, 68].map((at) => u32(program!.attr, at))).toEqual([6, 8, 32, 37]);
  expect(program!.buffers.get(16)).toEqual(Uint8Array.of(0x47, 0x50, 0x4c, 0));
  expect(new TextDecoder().decode(program!.attr.subarray(48, 64))).toBe("a_program_with_\0");
  expect(loaded.map("per_cpu").fd).toBe(101);
  expect([...loaded.segments.keys()]).toEqual([".bss", ".rodata"]);
  expect(loaded.program("a_program_with_a_name").fd).toBe(104);
  expect(port.open.size).toBe(5);
  loaded.close();
  loaded.close();
  expect(port.open.size).toBe(0);
  // The image is as it was.
  expect(image.code).toEqual(encode(insns));
});

test("segment maps are named as libbpf names them", () => {
  expect(segmentMapName("dir/xdp_tx_iptunnel.bpf.o", ".rodata")).toBe("xdp_tx_i.rodata");
  expect(segmentMapName("a.o", ".bss")).toBe("a.bss");
  expect(segmentMapName("xdp_tx_iptunnel.o", ".data")).toBe("xdp_tx_i.data");
  expect(segmentMapName("a.o", ".rodata.str1.1")).toBe(".rodata.str1.1");
});

test("only the programs asked for are loaded, with the type asked for", () => {
  const port = new FakeSyscalls();
  const loaded = loadImage(imageOf(parts, ["first", "second"]), port, {
    programs: ["second"],
    type: ProgramType.BPF_PROG_TYPE_SOCKET_FILTER,
  });
  expect(loaded.programs.map(({ name }) => name)).toEqual(["second"]);
  expect(port.calls).toHaveLength(1);
  // The attribute ends behind the name: no attach type.
  expect([u32(port.calls[0]!.attr, 0), port.calls[0]!.attr.length]).toEqual([1, 64]);
  const image = imageOf(parts, ["first", "second"]);
  expect(thrown(() => loadImage(image, port, { programs: ["secnd"] }))).toMatchObject({
    code: "kernel-no-program",
    message: "there is no program secnd; did you mean second?",
  });
});

test("a rejected program is sent again with a log buffer that grows, and the log comes whole", () => {
  const log = `func#0 @0\n0: R1=ctx() R10=fp0\n0: (b7) r0 = 1\n5: (85) call pc+5\n11: (bf) r0 = r3\nR3 !read_ok\n${"x".repeat(100_000)}`;
  const whole = `${log.slice(-100_000)}\n${log.slice(0, -100_000)}processed 3 insns (limit 1000000)\n`;
  const sizes: number[] = [];
  const port = new FakeSyscalls((request, command) => {
    if (command !== "BPF_PROG_LOAD") return undefined;
    const buffer = request.pointers.find(({ at }) => at === 32)?.buffer;
    sizes.push(buffer?.length ?? 0);
    if (buffer === undefined) return -13;
    const bytes = new TextEncoder().encode(whole);
    buffer.set(bytes.subarray(0, buffer.length - 1));
    return bytes.length < buffer.length ? -13 : -28;
  });
  const image = imageOf(parts, ["first"], { maps: [mapOf("m", 1, 4, 4, 1)] });
  const facts = thrown(() => loadImage(image, port));
  expect(sizes).toEqual([0, 65536, 131072]);
  expect(facts.code).toBe("kernel-program-rejected");
  expect(facts.message).toBe("the kernel rejected program first (section xdp): R3 !read_ok (at shared+0: r0 = r3)");
  expect(facts.notes).toEqual([`the verifier's log:\n${whole}`]);
  expect(port.open.size).toBe(0);
  try {
    loadImage(image, port);
    expect.unreachable();
  } catch (error) {
    expect(error).toBeInstanceOf(VerifierError);
    expect((error as VerifierError).log).toBe(whole);
  }
});

test("a log level asked for gives the log of an accepted program", () => {
  const port = new FakeSyscalls((request, command) => {
    if (command === "BPF_PROG_LOAD") request.pointers.find(({ at }) => at === 32)!.buffer.set([0x6f, 0x6b]);
    return undefined;
  });
  const loaded = loadImage(imageOf(parts, ["second"]), port, { logLevel: 2 });
  expect(loaded.program("second").log).toBe("ok");
  expect(u32(port.calls[0]!.attr, 24)).toBe(2);
});

test("EAGAIN is tried again, a few times", () => {
  let left = 3;
  const patient = new FakeSyscalls(() => (left-- > 0 ? -11 : undefined));
  expect(loadImage(imageOf(parts, ["second"]), patient).programs).toHaveLength(1);
  const never = new FakeSyscalls(() => -11);
  expect(thrown(() => loadImage(imageOf(parts, ["second"]), never))).toMatchObject({
    code: "kernel-program-refused",
    message: "the kernel refused program second (section tc) without a word: EAGAIN",
  });
  expect(never.calls).toHaveLength(10);
});

test("a test run that a signal interrupts is done again, with a request of its own, a limited number of times", () => {
  let left = 2;
  const port = new FakeSyscalls((request, command) => {
    if (command !== "BPF_PROG_TEST_RUN") return undefined;
    const view = new DataView(request.attr.buffer);
    const room = view.getUint32(12, true);
    view.setUint32(12, 0, true);
    if (left-- > 0) return -4;
    view.setUint32(4, room, true);
    return 0;
  });
  const program = loadImage(imageOf(parts, ["second"]), port).program("second");
  expect(program.testRun({ data: new Uint8Array(20), repeat: 9, dataOutSize: 50 }).retval).toBe(50);
  left = Infinity;
  expect(thrown(() => program.testRun({ repeat: 9 })).message).toBe("the kernel cannot test-run program second: EINTR");
});

test("a program with callbacks is given BTF for its functions, closed after the load", () => {
  const port = new FakeSyscalls();
  const loaded = loadImage(imageOf(parts, ["first"]), port);
  const [btf, program] = port.calls;
  expect([btf!.command, program!.command]).toEqual(["BPF_BTF_LOAD", "BPF_PROG_LOAD"]);
  const bytes = btf!.buffers.get(0)!;
  expect(bytes.length).toBe(u32(btf!.attr, 16));
  expect(new TextDecoder().decode(bytes.subarray(-32))).toContain("\0first\0left\0right\0shared\0");
  // prog_btf_fd, func_info_rec_size, func_info_cnt
  expect([72, 76, 88].map((at) => u32(program!.attr, at))).toEqual([100, 8, 4]);
  const records = program!.buffers.get(80)!;
  expect(Array.from({ length: 8 }, (_, i) => u32(records, 4 * i))).toEqual([0, 3, 4, 4, 7, 5, 11, 6]);
  expect([...port.open]).toEqual([loaded.program("first").fd]);
  const refused = new FakeSyscalls((_, command) => (command === "BPF_BTF_LOAD" ? -22 : undefined));
  expect(thrown(() => loadImage(imageOf(parts, ["first"]), refused)).code).toBe("kernel-btf-refused");
});

const withMap = imageOf(parts, ["first"], { maps: [mapOf("hashmap", 1, 4, 4, 1)] });

test.each([
  [1, "kernel-not-permitted", "the kernel does not permit this process to create map hashmap (EPERM)"],
  [38, "kernel-no-bpf", "this kernel has no bpf() system call (ENOSYS), so it cannot create map hashmap"],
  [12, "kernel-no-memory", "the kernel has no memory left to create map hashmap (ENOMEM)"],
  [
    22,
    "kernel-map-refused",
    "the kernel refused to create map hashmap (type BPF_MAP_TYPE_HASH, key 4 bytes, value 4 bytes, 1 entries, flags 0): EINVAL",
  ],
])("errno %i at map creation is %s", (errno, code, message) => {
  expect(thrown(() => loadImage(withMap, new FakeSyscalls(() => -errno)))).toMatchObject({ code, message });
});

test("a program that is not permitted says so, and nothing stays open", () => {
  const port = new FakeSyscalls((_, command) => (command === "BPF_PROG_LOAD" ? -1 : undefined));
  const facts = thrown(() => loadImage(withMap, port));
  expect(facts).toMatchObject({ code: "kernel-not-permitted" });
  expect(facts.message).toContain("load program first");
  expect(facts.help).toContain("CAP_BPF");
  expect(port.open.size).toBe(0);
});

test("a segment that cannot be filled leaves nothing open", () => {
  const port = new FakeSyscalls((_, command) => (command === "BPF_MAP_UPDATE_ELEM" ? -7 : undefined));
  const segments = [{ name: ".data", readOnly: false, align: 1, size: 4, data: Uint8Array.of(1) }];
  const image = { ...withMap, segments };
  expect(thrown(() => loadImage(image, port)).code).toBe("kernel-map-access");
  expect(port.open.size).toBe(0);
});

const oneProgram = (insns: readonly Insn[], section = "xdp"): readonly Part[] => [{ name: "main", section, insns }];

test.each([
  ["a program of unknown type", imageOf(oneProgram([exit], "mystery"), ["main"]), "kernel-program-type"],
  ["a program that needs a BTF id", imageOf(oneProgram([exit], "fentry/do_exit"), ["main"]), "kernel-needs-btf"],
  ["another byte order", { ...withMap, endian: "big" as const }, "kernel-endian"],
  ["a call into nowhere", imageOf(oneProgram([call(0), exit]), ["main"]), "kernel-image"],
  ["half a wide load", imageOf(oneProgram([[0x18, 1, 0, 0, 0]]), ["main"]), "kernel-image"],
  [
    "a patch in the second slot",
    imageOf(oneProgram([...wide(1), exit]), ["main"], { patches: [patchOf(1, "map", 0)] }),
    "kernel-image",
  ],
  [
    "a map in a short move",
    imageOf(oneProgram([movImm(1, 0), exit]), ["main"], { patches: [patchOf(0, "map", 0)] }),
    "kernel-patch",
  ],
  [
    "a helper of no known name",
    imageOf(oneProgram([helper, exit]), ["main"], { names: ["bpf_nope"], patches: [patchOf(0, "helper", 0)] }),
    "kernel-unknown-helper",
  ],
  [
    "a kernel function",
    imageOf(oneProgram([helper, exit]), ["main"], { names: ["bpf_kfunc"], patches: [patchOf(0, "kfunc", 0)] }),
    "kernel-kfunc",
  ],
  [
    "a map that is not there",
    imageOf(oneProgram([...wide(1), exit]), ["main"], { patches: [patchOf(0, "map", 3)] }),
    "kernel-image",
  ],
  [
    "an address behind a segment",
    imageOf(oneProgram([...wide(1), exit]), ["main"], {
      segments: [{ name: ".data", readOnly: false, align: 1, size: 4, data: new Uint8Array(0) }],
      patches: [patchOf(0, "segment", 0, 4)],
    }),
    "kernel-patch",
  ],
  [
    "an address in data",
    imageOf(oneProgram([exit]), ["main"], {
      segments: [{ name: ".data", readOnly: false, align: 1, size: 8, data: new Uint8Array(8) }],
      patches: [{ ...patchOf(0, "function", 0), field: "data64", segment: 0 }],
    }),
    "kernel-data-address",
  ],
  ["a function that is not there", { ...withMap, functions: [] }, "kernel-image"],
  ["code that is too short", { ...withMap, code: new Uint8Array(16) }, "kernel-image"],
  [
    "a map to be pinned",
    { ...withMap, maps: [{ ...withMap.maps[0]!, pinning: "by-name" as const }] },
    "kernel-map-pinning",
  ],
])("%s is an error with nothing left open", (_, image, code) => {
  const port = new FakeSyscalls();
  expect(thrown(() => loadImage(image, port)).code).toBe(code);
  expect(port.open.size).toBe(0);
});

test("ten thousand functions in a chain take linear time", () => {
  const count = 10_000;
  const chain = Array.from({ length: count }, (_, i): Part => {
    const insns = i === count - 1 ? [movImm(0, 0), movReg(1, 0), exit] : [call(2), addReg(0, 0), exit];
    return { name: `f${i}`, section: i === 0 ? "xdp" : ".text", insns };
  });
  const start = processorTime();
  const port = new FakeSyscalls();
  loadImage(imageOf(chain, ["f0"]), port);
  expect(port.calls[0]!.buffers.get(8)!.length).toBe(count * 24);
  expect(processorTime() - start).toBeLessThan(2_000);
});
