/** XDP programs of clang and gcc: the verdicts and frames the real kernel gave (`run-expected.tsv`). */
import { expect, test } from "vitest";
import { BpfkitError } from "../../src/diag/index.js";
import { equalBytes, fromHex } from "../../src/bytes/index.js";
import { imageOf, readObject } from "../../src/object/index.js";
import { createVm, type Vm } from "../../src/vm/index.js";
import { corpusMissing, readCorpus, readCorpusText } from "../support/corpus.js";

/** The inputs of `run-expected.tsv`, as its README tells them. */
function inputs(): Uint8Array[] {
  const pairs: readonly (readonly [bigint, bigint])[] = [
    [0x1122334455667788n, 3n],
    [0xfffffffffffffff8n, 5n],
    [5n, 0xfffffffffffffff9n],
    [0x8000000000000000n, 0xffffffffffffffffn],
    [0xffffffffn, 0x100000004n],
  ];
  const filled = pairs.map(([first, second], i) => {
    const bytes = Uint8Array.from({ length: 64 }, (_, k) => (7 * k + i + 2) & 255);
    const view = new DataView(bytes.buffer);
    view.setBigUint64(0, first, true);
    view.setBigUint64(8, second, true);
    return bytes;
  });
  const udp = new Uint8Array(64);
  // To 10.0.0.2, as the kernel's outputs show; the README's text has 10.0.2.2.
  udp.set(fromHex("ffffffffffff02000000000108004500003200010000401100000a0000010a00000212340050001e0000"));
  return [new Uint8Array(64), Uint8Array.from({ length: 64 }, (_, i) => i), ...filled, udp];
}

/** One VM an object, made when it is first asked for; the reason where that is not possible. */
function vmOf(object: string): Vm | string {
  try {
    return createVm(imageOf(readObject(readCorpus(`objects/own/obj/${object}`), { file: object })));
  } catch (error) {
    if (error instanceof BpfkitError) return error.message;
    throw error;
  }
}

test.skipIf(corpusMissing !== "")(`XDP results are the kernel's${corpusMissing}`, () => {
  const packets = inputs();
  const vms = new Map<string, Vm | string>();
  const failed: string[] = [];
  const unloaded = new Set<string>();
  let count = 0;
  let lacking = 0;
  for (const line of readCorpusText("run-expected.tsv").trimEnd().split("\n")) {
    const [object, program, section, input, returned, output] = line.split("\t") as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    if (section !== "xdp") continue;
    if (!vms.has(object)) vms.set(object, vmOf(object));
    const vm = vms.get(object)!;
    if (typeof vm === "string") {
      unloaded.add(`${object}: ${vm}`);
      continue;
    }
    count++;
    const packet = packets[Number(input)]!;
    const result = vm.runXdp(program, packet);
    const expected = output === "same" ? packet : fromHex(output);
    if (result.kind === "fault" && result.diagnostic.code === "vm-helper") lacking++;
    else if (result.kind === "fault") failed.push(`${object} ${program} ${input}: ${result.diagnostic.message}`);
    else if (result.verdict !== Number(returned))
      failed.push(`${object} ${program} ${input}: ${result.verdict} instead of ${returned}`);
    else if (!equalBytes(result.packet, expected)) failed.push(`${object} ${program} ${input}: another frame`);
  }
  const rest = `${lacking} need helpers the VM lacks`;
  console.log(`kernel XDP results: ${count - lacking - failed.length} of ${count} equal, ${rest}`);
  expect([...unloaded]).toEqual([]);
  expect(failed).toEqual([]);
  // bpf_map_push_elem in maps_btf.c.
  expect(lacking).toBeLessThan(100);
  expect(count).toBeGreaterThan(9000);
});
