/** Programs with known results: bpf_conformance, uBPF, rbpf, the kernel's test_bpf, and random ones the kernel ran. */
import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { assemble } from "../../src/asm/index.js";
import { fromHex, toHex } from "../../src/bytes/index.js";
import { createVm, type HostHelper } from "../../src/vm/index.js";
import { corpusFiles, corpusMissing, readCorpusText } from "../support/corpus.js";
import { imageOf } from "../support/image.js";

const u8 = (value: bigint): bigint => value & 0xffn;

/** The code of a program in text. */
function codeOf(text: string): string {
  const { object, diagnostics } = assemble(text);
  if (object === undefined) throw new BpfkitError(diagnostics);
  return toHex(object.sections.find(({ flags, data }) => flags.exec && data.length > 0)?.data ?? new Uint8Array(0));
}

/** The helpers of uBPF's and bpf_conformance's test programs. */
const conformanceHelpers: ReadonlyMap<number, HostHelper> = new Map<number, HostHelper>([
  [0, (a, b, c, d, e) => (u8(a) << 32n) | (u8(b) << 24n) | (u8(c) << 16n) | (u8(d) << 8n) | u8(e)],
  [
    1,
    (address, size, _c, _d, _e, vm) => {
      const bytes = vm.read(address, Number(size))!;
      vm.write(
        address,
        bytes.map((byte) => byte ^ 42),
      );
      return address;
    },
  ],
  [2, () => 0n],
  [3, (a) => BigInt(Math.floor(Math.sqrt(Number(a))))],
  [
    4,
    (a, b, _c, _d, _e, vm) => {
      for (let i = 0n; ; i++) {
        const [x, y] = [vm.read(a + i, 1)![0]!, vm.read(b + i, 1)![0]!];
        if (x !== y) return BigInt(x - y);
        if (x === 0) return 0n;
      }
    },
  ],
  // uBPF's test host ends the program when unwind's result is 0; no case here gives 0.
  [5, (a) => a],
]);

/** r0 as unsigned 64-bit number, or the message of the fault or refusal. `code` in hex, or `text` to assemble. */
function outcome(code: string | { readonly text: string }, mem: string): bigint | string {
  try {
    if (typeof code !== "string") return outcome(codeOf(code.text), mem);
    const vm = createVm(imageOf(fromHex(code)!), {
      helpers: conformanceHelpers,
      callxHelpers: true,
      budget: 10_000_000,
    });
    const result = vm.run("main", { memory: fromHex(mem)! });
    return result.kind === "ok" ? result.r0 : result.diagnostic.message;
  } catch (error) {
    if (error instanceof BpfkitError) return error.message;
    throw error;
  }
}

interface GoldenCase {
  readonly file: string;
  readonly mem: string;
  readonly expect: string;
  readonly code: string;
}

const lines = <Case>(name: string): Case[] =>
  readCorpusText(name)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Case);

test.skipIf(corpusMissing !== "")(`bpf_conformance: every case passes${corpusMissing}`, () => {
  const cases = lines<GoldenCase>("bpf_conformance/golden.jsonl");
  const failed: string[] = [];
  for (const each of cases) {
    const r0 = outcome(each.code, each.mem);
    if (r0 !== BigInt(each.expect)) failed.push(`${each.file}: ${String(r0)} instead of ${each.expect}`);
  }
  console.log(`bpf_conformance: ${cases.length - failed.length} of ${cases.length} passed`);
  expect(failed).toEqual([]);
  expect(cases.length).toBeGreaterThan(180);
});

test.skipIf(corpusMissing !== "")(`random programs give the r0 the kernel computed${corpusMissing}`, () => {
  const failed: string[] = [];
  let count = 0;
  for (const name of corpusFiles("fuzz", ".jsonl")) {
    for (const { i, code, r0 } of lines<{ i: number; code: string; r0: string }>(name)) {
      count++;
      const got = outcome(code, "");
      if (got !== BigInt(r0)) failed.push(`${name} ${i}: ${String(got)} instead of ${r0}`);
    }
  }
  console.log(`kernel fuzz programs: ${count - failed.length} of ${count} passed`);
  expect(failed).toEqual([]);
  expect(count).toBeGreaterThan(0);
});

interface KernelCase {
  readonly descr: string;
  readonly type: string;
  readonly insns: string;
  readonly data: string;
  readonly expected_errcode: number;
  readonly tests: readonly { readonly size: number; readonly result: number }[];
}

/** The module runs its programs without the verifier, which refuses these four; so does the VM. */
const refusedByVerifier = new Map([
  ["JMP_EXIT", "its last instruction is no exit"],
  ["Short relative jump: offset=1", "its last instruction is no exit"],
  ["Short relative jump: offset=2", "its last instruction is no exit"],
  ["ATOMIC_W_CMPXCHG: register combinations", "a move has a number in its unused immediate"],
]);

test.skipIf(corpusMissing !== "")(`test_bpf: the kernel module's eBPF cases${corpusMissing}`, () => {
  const cases = lines<KernelCase>("test_bpf/cases.jsonl").filter(({ type }) => type === "internal");
  const failed: string[] = [];
  let count = 0;
  for (const { descr, insns, data, tests } of cases) {
    for (const { size, result } of tests) {
      count++;
      const got = outcome(insns, data.slice(0, 2 * size).padEnd(2 * size, "0"));
      const ok = typeof got === "bigint" && Number(BigInt.asUintN(32, got)) === result;
      if (ok === refusedByVerifier.has(descr)) failed.push(`${descr} (${size}): ${String(got)} instead of ${result}`);
    }
  }
  const refused = refusedByVerifier.size;
  console.log(`test_bpf: ${count - failed.length - refused} of ${count} passed, ${refused} refused as by the verifier`);
  expect(failed).toEqual([]);
});

/** The sections of a uBPF `.data` file by name. */
function sectionsOf(text: string): ReadonlyMap<string, string> {
  const parts = text.split(/^-- *(\S+).*$/m);
  return new Map(parts.slice(1).flatMap((part, i) => (i % 2 === 0 ? [[part, parts[i + 2] ?? ""]] : [])));
}

test.skipIf(corpusMissing !== "")(`uBPF: every case with text and a result${corpusMissing}`, () => {
  const failed: string[] = [];
  let count = 0;
  for (const name of corpusFiles("ubpf/tests", ".data")) {
    const sections = sectionsOf(readCorpusText(name).replaceAll(/#.*$/gm, ""));
    const [text, expected] = [sections.get("asm"), sections.get("result")];
    // Some cases keep their text in a file that is not part of the corpus.
    if (text === undefined || expected === undefined || text.trim() === "") continue;
    count++;
    const got = outcome({ text }, (sections.get("mem") ?? "").replaceAll(/\s/g, ""));
    // uBPF has no fault but the result -1.
    const faults = name.includes("/errors/") && BigInt(expected.trim()) === 0xffff_ffff_ffff_ffffn;
    if (faults ? typeof got === "bigint" : got !== BigInt(expected.trim()))
      failed.push(`${name}: ${String(got)} instead of ${expected.trim()}`);
  }
  console.log(`uBPF: ${count - failed.length} of ${count} passed`);
  expect(failed).toEqual([]);
  expect(count).toBeGreaterThan(0);
});

interface RbpfCase {
  readonly name: string;
  readonly asm: string | null;
  readonly raw: string | null;
  readonly mem: string | null;
  readonly expect: string | null;
}

/** Cases about what only rbpf does. */
const rbpfOnly = new Map([
  ["test_vm_mbuff", "r1 points to a buffer of pointers"],
  ["test_jit_mbuff", "r1 points to a buffer of pointers"],
  ["test_vm_jit_ldabsdw", "packet loads in host order; RFC 9669 has network order"],
  ["test_vm_err_ldabsb_oob", "a fault out of range; the kernel's packet loads end the program with 0"],
  ["test_vm_jit_ldindh", "packet loads in host order; RFC 9669 has network order"],
  ["test_vm_jit_ldindw", "packet loads in host order; RFC 9669 has network order"],
  ["test_cranelift_ldabsh", "packet loads in host order; RFC 9669 has network order"],
  ["test_cranelift_ldabsw", "packet loads in host order; RFC 9669 has network order"],
  ["test_cranelift_ldindw", "packet loads in host order; RFC 9669 has network order"],
  ["test_stack_overflow", "a stack limit that the test's host computes"],
]);

test.skipIf(corpusMissing !== "")(`rbpf: every case${corpusMissing}`, () => {
  const failed: string[] = [];
  const cases = lines<RbpfCase>("rbpf/vm-cases.jsonl").filter(({ name }) => !rbpfOnly.has(name));
  for (const { name, asm, raw, mem, expect: expected } of cases) {
    const got = outcome(raw ?? { text: (asm ?? "").replaceAll(/callx (0x\w+)/g, "call local +$1") }, mem ?? "");
    const ok = expected === null ? typeof got === "string" : got === BigInt(expected);
    if (!ok) failed.push(`${name}: ${String(got)} instead of ${expected ?? "a fault"}`);
  }
  const passed = `${cases.length - failed.length} of ${cases.length} passed`;
  console.log(`rbpf: ${passed}, ${rbpfOnly.size} left out: they test what only rbpf does`);
  expect(failed).toEqual([]);
});
