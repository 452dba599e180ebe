import { expect, test } from "vitest";
import { formatRaw, readBtf, writeRaw, type Btf } from "../../src/btf/index.js";
import { equalBytes } from "../../src/bytes/index.js";
import { corpusBtf, readVmlinux, vmlinuxMissing, vmlinuxPath } from "../support/btf.js";
import { corpusMissing } from "../support/corpus.js";
import { runTool, toolMissing } from "../support/tools.js";

function bytesOf(btf: Btf): Uint8Array {
  const chunks: Uint8Array[] = [];
  writeRaw(btf, (chunk) => chunks.push(chunk));
  return new Uint8Array(Buffer.concat(chunks));
}

test.skipIf(corpusMissing !== "")(`the bytes are those of the text, for every corpus object${corpusMissing}`, () => {
  for (const { name, btf: bytes } of corpusBtf()) {
    const btf = readBtf(bytes);
    expect(new TextDecoder().decode(bytesOf(btf)), name).toBe(formatRaw(btf));
  }
});

const skipped = vmlinuxMissing + toolMissing("bpftool");

test.skipIf(skipped !== "")(`the running kernel's types are printed as by bpftool${skipped}`, () => {
  const { stdout } = runTool("bpftool", ["btf", "dump", "file", vmlinuxPath, "format", "raw"]);
  const btf = readBtf(readVmlinux());
  expect(equalBytes(bytesOf(btf), new TextEncoder().encode(stdout))).toBe(true);
});
