/** Programs with known results: bpf_conformance, uBPF, rbpf, the kernel's test_bpf, and random ones the kernel ran. */
import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { fromHex } from "../../src/bytes/index.js";
import { createVm, type HostHelper } from "../../src/vm/index.js";
import { corpusFiles, corpusMissing, readCorpusText } from "../support/corpus.js";
import { imageOf } from "../support/image.js";

const u8 = (value: bigint): bigint => value & 0xffn;

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
  // uBPF's test host ends the program when unwind's result is 0; no case here gives 0.
  [5, (a) => a],
]);

/** r0 as unsigned 64-bit number, or the message of the fault or refusal. */
function outcome(code: string, mem: string): bigint | string {
  try {
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
