/** BTF that this machine's kernel holds, by id and as the types of programs and maps. */
import { readFileSync } from "node:fs";
import { expect, test as vitest } from "vitest";
import { assemble } from "../../src/asm/index.js";
import { readBtf } from "../../src/btf/index.js";
import { loadImage, readLoadedBtf, type LoadedName } from "../../src/kernel/index.js";
import { imageOf } from "../../src/object/index.js";
import { kernel, kernelMissing } from "../support/kernel.js";
import { FakeSyscalls, thrown } from "./fake.js";

const test = vitest.skipIf(kernelMissing !== "");

const source = `
	.license "GPL"
	.map hux_hits, type=array, key=u32, value=u64, max_entries=4
	.program xdp
	.func int hux_count(struct xdp_md *ctx)
	ldimm64 r1, hux_hits
	mov r0, 2
	exit
	.endfunc
`;

test(`the kernel's own types, and those of a program and a map${kernelMissing}`, () => {
  const own = readLoadedBtf(kernel(), { of: "btf", by: "id", value: "1" });
  expect(own).toMatchObject({ id: 1, name: "vmlinux", ofKernel: true, keyTypes: [], valueTypes: [] });
  expect(Buffer.compare(own.bytes, readFileSync("/sys/kernel/btf/vmlinux"))).toBe(0);

  const { object, diagnostics } = assemble(source);
  expect(diagnostics).toEqual([]);
  const loaded = loadImage(imageOf(object!), kernel(), {});
  try {
    const program = readLoadedBtf(kernel(), { of: "prog", by: "name", value: "hux_count" });
    expect(program).toMatchObject({ name: "", ofKernel: false });
    expect(readBtf(program.bytes).findByName("hux_count", "func")).toBeGreaterThan(0);
    const missing = (name: LoadedName): string => thrown(() => readLoadedBtf(kernel(), name)).message;
    expect(missing({ of: "prog", by: "tag", value: "00" })).toMatch(/no types for prog tag 00: there is none/);
    expect(missing({ of: "map", by: "pinned", value: "/nowhere" })).toMatch(/map pinned \/nowhere: ENOENT/);
    expect(missing({ of: "btf", by: "id", value: "4000000000" })).toMatch(/BTF id 4000000000: ENOENT/);
  } finally {
    loaded.close();
  }
});

vitest("a map tells the types of its keys and values, and one without types says so; nothing stays open", () => {
  const bytes = Uint8Array.of(1, 2, 3, 4);
  const info = (words: Readonly<Record<number, number>>) =>
    new FakeSyscalls(({ command, pointers }) => {
      if ([13, 14, 19].includes(command)) {
        fake.open.add(50 + command);
        return 50 + command;
      }
      const [facts, blob] = [
        pointers.find(({ within }) => within === undefined)!.buffer,
        pointers.find(({ at }) => at === 0),
      ];
      const view = new DataView(facts.buffer);
      if (facts.length === 76) for (const [at, word] of Object.entries(words)) view.setUint32(Number(at), word, true);
      else view.setUint32(8, bytes.length, true);
      blob?.buffer.set(bytes);
      return 0;
    });
  let fake = info({ 64: 9, 68: 3, 72: 4 });
  const map = { of: "map", by: "id", value: "7" } as const;
  expect(readLoadedBtf(fake, map)).toEqual({ id: 9, name: "", ofKernel: false, bytes, keyTypes: [3], valueTypes: [4] });
  expect(fake.open.size).toBe(0);
  fake = info({});
  expect(thrown(() => readLoadedBtf(fake, map)).message).toMatch(/map id 7: it was loaded without types/);
  expect(fake.open.size).toBe(0);
});
